#!/usr/bin/env python3
"""What a step costs here against batch size, length of texts, width and depth, and what running several at once
or on several threads brings: `make bench BENCH=scale`.

    tests/bench/scale.py [--minutes N] [--out FOLDER]

full, lora and head (a forward through the frozen encoder and a trained head above it), of 4 layers of 256 with a
vocabulary of 8,192 and of BERT-base with its own of 30,522; width and depth are those of BERT-base changed.
Weights are random, the head is `mean`, dropout 0.1; all texts of a point are of one length.

A measurement is one `tunemark run` of a few steps, of which the first is left out. Rounds go through all points,
every second one backwards, until the time is up; the first may take longer. What is shown is the median of the
steps of all rounds, with the lowest and highest. The same command goes on where the last one ended, unless the
program is another.

FOLDER [build/bench/scale] has about.csv, limits.csv, measurements.csv (a line each, as they come), scale.csv (what
the table shows: a line a point of an axis), and a figure for each axis, scale-AXIS.svg and .png, with the numbers
in figure-AXIS.csv. Bytes are of all runs at once together; the peak of products is one core's times the cores in
use (limits.c).
"""
import argparse
import collections
import csv
import hashlib
import itertools
import os
import pathlib
import shutil
import time

import report
import scale_report
from here import Run, about_here, limits, program_options, stop, tell, warn_of_surroundings, write_about
from work import ROOT, SIZES, Size, checkpoint_folder, texts_folder

METHODS = 'full', 'lora', 'head'
WORK = {'full': 6, 'lora': 4, 'head': 2}  # multiply-adds of a weight and token, twice: only to choose how many steps
SHARE = 0.6  # of the peak that a step is thought to reach, for the same
SECONDS, FEWEST, MOST = 0.5, 2, 60  # of the steps that count in a measurement
TEXTS = 128  # of a task: as many as the largest batch
BERT_BASE = Size(12, 768, 12, 30522)  # models/configs/bert-base
POSITIONS = 512
MEASURED = ('layers', 'hidden', 'heads', 'vocabulary', 'batch', 'length', 'method', 'threads', 'jobs', 'round',
            'steps_s', 'flops', 'plan_peak', 'arena_peak', 'rss_peak', 'probe_gflops')

# What is measured, once, whatever number of axes it lies on.
Point = collections.namedtuple('Point', 'size batch length method threads jobs', defaults=(1, 1))
# A point as an axis shows it, in the panel of that name.
Place = collections.namedtuple('Place', 'axis panel value point')


def powers(low, high):
    return [low << n for n in range((high // low).bit_length())]


def side_by_side(cores):
    """(jobs, threads): each way to fill the cores, one alone, and one step too far."""
    ways = [(jobs, threads) for jobs, threads in itertools.product(powers(1, cores), repeat=2) if jobs * threads <= cores]
    return ways + [(cores, cores)] * (cores > 1)


def sizes_of(short):
    """Name -> size; the last is the one that width and depth are changed of."""
    if short:
        return {'2 layers of 128': SIZES['2x128']}
    return {'2 layers of 128': SIZES['2x128'], '4 layers of 256': SIZES['4x256'], 'BERT-base': BERT_BASE}


def of_axes(short):
    """(axis, panel, value, size, batch, length). `short`: the least that shows something, for tests."""
    sizes = sizes_of(short)
    length, batch, longest = (8, 2, 16) if short else (32, 8, POSITIONS)
    for name, size in list(sizes.items())[-2:]:
        large = size == BERT_BASE  # whose steps are to take seconds at most
        for value in powers(1, 4 if short else 32 if large else TEXTS):
            yield 'batch', f'{name}, {length} tokens a text', value, size, value, length
        for value in powers(8, longest):
            yield 'length', f'{name}, batches of {batch // 4 if large else batch}', value, size, \
                batch // 4 if large else batch, value
    name, size = list(sizes.items())[-1]
    for hidden in (64, 128) if short else (128, 256, 384, 512, 768):
        yield 'width', f'{size.layers} layers, {batch} texts of {length} tokens', hidden, \
            size._replace(hidden=hidden, heads=hidden // 64), batch, length
    for layers in (1, 2) if short else (1, 2, 4, 8, 12):
        yield 'depth', f'width {size.hidden}, {batch} texts of {length} tokens', layers, \
            size._replace(layers=layers), batch, length


def places(short, cores):
    methods = METHODS[:2] if short else METHODS
    for (axis, panel, value, size, batch, length), method in itertools.product(of_axes(short), methods):
        yield Place(axis, panel, value, Point(size, batch, length, method))
    for (name, size), (jobs, threads), method in itertools.product(sizes_of(short).items(), side_by_side(cores),
                                                                   methods):
        yield Place('jobs', name, f'{jobs}x{threads}', Point(size, 8, 8 if short else 32, method, threads, jobs))


# ---- measuring

class Bench:
    def __init__(self, options):
        self.options, self.folder, self.peak = options, options.out, 100.0
        self.path = self.folder / 'measurements.csv'

    def steps(self, point):
        """How many take about as long as a measurement should."""
        size = point.size
        flops = WORK[point.method] * 12 * size.hidden**2 * size.layers * point.batch * point.length
        wanted = 0 if self.options.short else SECONDS * SHARE * self.peak * 1e9 / flops
        return 1 + max(FEWEST, min(MOST, round(wanted)))

    def begin(self, point):
        size = point.size
        model = checkpoint_folder(self.folder, 'x'.join(map(str, size)), size)
        task = texts_folder(self.folder, point.length, TEXTS, size.vocabulary)
        return [Run(self.options.program, self.folder / 'run' / str(job), '--model', model, '--task', task, '--head',
                    'mean', '--method', point.method, '--cache', 0, '--dropout', 0.1, '--batch', point.batch,
                    '--epochs', 0, '--min-steps', self.steps(point), '--max-length', POSITIONS, '--stage', 'trial',
                    '--threads', point.threads, '--jobs', point.jobs, '--seed', 1 + job)
                for job in range(point.jobs)]

    def measure(self, point):
        runs = self.begin(point)
        rows, steps = [run.row() for run in runs], []
        for run in runs:
            ends = [float(at['seconds']) for at in run.curve()]
            steps += [end - start for start, end in zip(ends, ends[1:])]
        return {'steps_s': ' '.join(f'{step:.6g}' for step in steps),
                'flops': float(rows[0]['flops']) / int(rows[0]['steps']),  # of a step of one
                'probe_gflops': rows[0]['probe_gflops'],
                **{name: sum(int(row[name]) for row in rows) for name in ('plan_peak', 'arena_peak', 'rss_peak')}}

    def about(self, point):
        """What is measured on and with; whether that is what the folder is of."""
        run, = self.begin(point._replace(jobs=1))
        lines = about_here(run.row())
        lines['program'] = hashlib.sha256(pathlib.Path(self.options.program).read_bytes()).hexdigest()
        path = self.folder / 'about.csv'
        before = {row['name']: row['value'] for row in report.read(path)} if path.exists() else lines
        if lines != before:
            tell('bench: what is there is of another program or machine: begins anew')
            self.path.unlink(missing_ok=True)
            (self.folder / 'limits.csv').unlink(missing_ok=True)
        write_about(self.folder, lines)

    def lines(self):
        """(point, line) of what is in the file."""
        lines = report.read(self.path) if self.path.exists() else []
        return [(point_of(line), line) for line in lines]

    def there(self):
        """(point, round) of what is in the file; a line that was cut short is taken out of it."""
        lines = report.read(self.path) if self.path.exists() else []
        report.write(self.path, MEASURED, [line for line in lines if all(line.get(name) for name in MEASURED)])
        return {(point, int(line['round'])) for point, line in self.lines()}

    def add(self, point, number, measured):
        size = point.size
        with open(self.path, 'a', encoding='utf-8') as file:
            csv.DictWriter(file, MEASURED, lineterminator='\n').writerow(
                {**size._asdict(), 'batch': point.batch, 'length': point.length, 'method': point.method,
                 'threads': point.threads, 'jobs': point.jobs, 'round': number, **measured})


def point_of(line):
    """The point that a line of measurements.csv is of."""
    return Point(Size(*(int(line[name]) for name in Size._fields)), int(line['batch']), int(line['length']),
                 line['method'], int(line['threads']), int(line['jobs']))


def told(place, points, number, point, measured):
    steps = sorted(map(float, measured['steps_s'].split()))
    at = f'{point.size.layers}x{point.size.hidden}, {point.batch} x {point.length} tokens, {point.method}'
    more = f', {point.jobs} at once, {point.threads} threads' if (point.jobs, point.threads) != (1, 1) else ''
    tell(f'[{place:3}/{points}] round {number + 1}: {at}{more}: {1e3 * steps[len(steps) // 2]:.3g} ms a step')


def rounds(bench, points):
    """Until the time is up: after the first, a round begins where it will end in time by what the last took."""
    there, started, took = bench.there(), time.monotonic(), 0
    for number in itertools.count():
        left = [point for point in points[::-1 if number % 2 else 1] if (point, number) not in there]
        begun, until = time.monotonic(), started + 60 * bench.options.minutes
        if number > 0 and (bench.options.short or begun + took * len(left) > until):
            return
        for place, point in enumerate(left, 1):
            measured = bench.measure(point)
            bench.add(point, number, measured)
            told(place, len(left), number, point, measured)
        took = (time.monotonic() - begun) / len(left) if left else took


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=13, help='after which no further round begins [13]')
    parser.add_argument('--out', metavar='FOLDER', type=pathlib.Path, default=ROOT / 'build' / 'bench' / 'scale')
    parser.add_argument('--short', action='store_true', help='a few small points, once, in seconds: for tests')
    program_options(parser)
    options = parser.parse_args()
    options.out = options.out.resolve()
    return options


def main():
    options = command_line()
    options.out.mkdir(parents=True, exist_ok=True)
    warn_of_surroundings()
    bench, at = Bench(options), list(places(options.short, os.cpu_count()))
    points = list(dict.fromkeys(place.point for place in at))
    bench.about(points[0])
    shapes = sorted({(point.batch * point.length, point.size.hidden) for point in points})
    try:
        bench.peak = limits(options.limits, options.out, shapes)
        rounds(bench, points)
        if not options.short:
            limits(options.limits, options.out, shapes)  # again, since either may have been disturbed
    finally:
        shutil.rmtree(options.out / 'models', ignore_errors=True)  # gigabytes, made again in seconds
    scale_report.report(options.out, at, bench.lines(), os.cpu_count())


try:
    main()
except KeyboardInterrupt:
    stop('interrupted; the same command goes on', 130)
