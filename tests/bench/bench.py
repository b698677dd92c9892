#!/usr/bin/env python3
"""How fast training is here, beside PyTorch on the same processor, in one run: `make bench`.

    tests/bench/bench.py [--full | --targets] [--compare REV] [--out FOLDER]
    tests/bench/bench.py --sizes 2x128 --texts sst2 --methods full,lora --rounds 4

For each size, kind of texts and method the sides take turns, here and there and there and here: tunemark
through `tunemark run`, and peer.py, the same work in PyTorch, with batches in random order and with batches
of texts of like length; limits.c has its turn, too: what the same core does with the products of such a step
alone. Texts are as long as public ones are (lengths-*.csv, work.py). Models have initial weights, a vocabulary
of 8,192 and dropout 0.1; a batch is 32 texts. Tokens are real ones: padding counts for nothing.

The head reads the first token, as BERT's classifiers do, and tunemark leaves out what nothing reads then of the
last layer, which PyTorch's libraries compute; with --head mean both compute all of it.

Before a clock runs, both sides train from the same tensors for a few steps without dropout, and their logits
have to agree. Times are of the training loop; of `feature`, of the pass of the frozen encoder over all texts.

FOLDER [build/bench] has about.csv, limits.csv, measurements.csv (a line each, as they come), profile.csv (where
the time of full's steps goes, in a run of its own), ratios.csv (what the table shows), targets.csv (targets.py: what is held against what is to be reached), and bench.svg and
bench.png with the numbers in figure.csv; report.py makes all from ratios.csv on anew. Without PyTorch its side is left out.

--compare measures this program and that of another commit in place of PyTorch; exit status 1 if a step takes
more than 5 % longer than it did.
"""
import argparse
import csv
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

import report
import targets
from here import (Run, about_here, limits, limits_now, program_options, stop, tell, turns, warn_of_surroundings,
                  write_about)
from work import BATCH, HEADS, HERE, METHODS, ROOT, SIZES, TEXTS, batch_tokens, config_of, model_folder, task_folder

RATE, DROPOUT = 1e-3, 0.1
AGREE_STEPS, AGREE_WITHIN = 4, 1e-4  # training steps; of logits that are about 0.1 to 1
PEER_SHARE = 0.15  # of the machine's peak that PyTorch is thought to reach: says how much is a second's work
MANY_TOKENS = 2000  # of a batch: a step then takes long, and texts are nearly all as long as they may be
SLOWER = 1.05
MEASURED = ('side', 'size', 'texts', 'method', 'threads', 'round', 'tokens', 'wall_s', 'cpu_s', 'gflops_per_s',
            'optimizer_share', 'rss', 'rss_rest', 'padding', 'probe_gflops', 'ways')


# ---- the sides

class Here:
    """A tunemark, by its command line."""

    def __init__(self, program, folder, head):
        self.program, self.out, self.head = program, folder / 'run', head

    def begin(self, *words):
        return Run(self.program, self.out, '--pretrained', 'no', '--head', self.head, '--batch', BATCH,
                   '--min-steps', 0, *words)

    def run(self, *words):
        """The row, as a dictionary of texts."""
        row = self.begin(*words).row()
        self.kernels = row['blas_core']
        return row

    @staticmethod
    def words(cell):
        return ('--model', cell.model, '--task', cell.task, '--method', 'head' if cell.passes else cell.method,
                '--cache', 1000000 if cell.passes else 0, '--epochs', cell.epochs, '--lr', RATE, '--dropout', DROPOUT,
                '--stage', 'trial')

    def profile(self, cell):
        run = self.begin(*self.words(cell), '--profile', 'yes')
        run.row()
        return run.profile()

    def measure(self, cell, threads):
        row = self.run(*self.words(cell), '--threads', threads)
        if int(row['tokens']) != cell.tokens * cell.epochs:
            stop(f"tunemark read {row['tokens']} tokens; should be {cell.tokens * cell.epochs}", 1)
        seconds = float(row['feature_s' if cell.passes else 'train_s'])
        # A run's processor time is of all its phases; this one's is its share by the wall clock.
        return {'tokens': cell.tokens * (1 if cell.passes else cell.epochs), 'wall_s': seconds,
                'cpu_s': float(row['cpu_s']) * seconds / float(row['wall_s']),
                'gflops_per_s': float(row['flops']) / seconds / 1e9,
                'optimizer_share': float(row['optimizer_s']) / seconds if row['optimizer_s'] else '',
                'rss': row['rss_train_peak'],
                'rss_rest': row['rss_start'], 'probe_gflops': row['probe_gflops']}


class Peer:
    """PyTorch, in a process of its own: see peer.py."""

    def __init__(self, python, here):
        self.head = here.head
        # OpenBLAS by itself may not know this processor (engine/product.h): both sides have the same kernels.
        environment = {**os.environ, 'OPENBLAS_CORETYPE': here.kernels}
        for folder in pathlib.Path('/usr/lib').glob('*/openblas-openmp'):  # else Debian may take a slower one
            environment['LD_LIBRARY_PATH'] = f"{folder}:{environment.get('LD_LIBRARY_PATH', '')}".rstrip(':')
        self.child = subprocess.Popen([python, HERE / 'peer.py'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      encoding='utf-8', env=environment)

    def job(self, cell):
        """What the questions that follow are about."""
        texts = {'shuffled': str(cell.task / 'train.csv'), 'sorted': str(cell.task / 'sorted.csv')}
        self.tell('job', method=cell.method, config=config_of(SIZES[cell.size]), texts=texts, batch=BATCH, head=self.head,
                  vocabulary=str(cell.model / 'vocab.txt'), lr=RATE, dropout=DROPOUT)

    def tell(self, what, **more):
        self.child.stdin.write(json.dumps({'do': what, **more}) + '\n')
        self.child.stdin.flush()

    def ask(self, what, **more):
        self.tell(what, **more)
        answer = self.child.stdout.readline()
        if not answer:
            stop(f'peer.py ended with status {self.child.wait()}', 1)
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait()


def peer_python():
    """An interpreter that has PyTorch, or None."""
    for python in sys.executable, '/usr/bin/python3':
        try:
            subprocess.run([python, '-c', 'import torch'], stderr=subprocess.DEVNULL, check=True)
            return python
        except (OSError, subprocess.CalledProcessError):
            pass
    return None


class Cell:
    """A size, texts and a method, and how much of it is measured."""

    def __init__(self, folder, size, kind, method, batches):
        self.size, self.kind, self.method = size, kind, method
        self.model = model_folder(folder, size, SIZES[size])
        # So that sides of different speed take about as long: what PyTorch trains on once tunemark does some
        # times, and a pass is over more than that.
        long = batch_tokens(kind) > MANY_TOKENS
        self.epochs = 1 if long and not self.passes else 4
        self.task, self.tokens = task_folder(folder, kind, batches * (1 if not self.passes else 2 if long else 4),
                                             SIZES[size].vocabulary)

    @property
    def passes(self):
        """The pass of a frozen encoder is timed, which is what a head is trained on where it is kept."""
        return self.method == 'feature'


def batches_for(size, kind, peak, seconds):
    """How many keep PyTorch busy for so long; more than a few where their lengths differ."""
    flops = 6 * 12 * SIZES[size].hidden**2 * SIZES[size].layers * batch_tokens(kind)
    fewest = 2 if batch_tokens(kind) > MANY_TOKENS else 4
    return max(fewest, min(64, round(seconds * PEER_SHARE * peak * 1e9 / flops)))


# ---- do both compute the same?

def agree(here, python, folder):
    """Both sides train from the same tensors, all texts in each batch; then their logits are compared."""
    cell = Cell(folder, '2x128', 'sst2', 'full', 1)
    common = ('--model', cell.model, '--task', cell.task, '--dropout', 0, '--schedule', 'constant', '--warmup', 0,
              '--epochs', AGREE_STEPS)

    def saved(method):
        """The file of what it trains, as it starts."""
        to = folder / 'saved' / method
        shutil.rmtree(to, ignore_errors=True)
        here.run(*common, '--method', method, '--lr', 0, '--save', to)
        return str(to / 'method.safetensors')

    encoder = saved('full')
    tell('both sides train from the same tensors; how far their logits are apart then, at most:')
    with Peer(python, here) as peer:
        for cell.method in METHODS:
            method = 'head' if cell.passes else cell.method  # of passes: what a head reads as it starts
            start = saved(method)
            here.run(*common, '--method', method, '--lr', 0 if cell.passes else RATE)
            predictions, = (here.out / 'predictions').glob('*.csv')
            ours = [float(z) for row in report.read(predictions) for z in row['logits'].split()]
            peer.job(cell)
            for ways in peer.ask('ways'):
                theirs = peer.ask('agree', start=[encoder, start], dev=str(cell.task / 'dev.csv'),
                                  steps=AGREE_STEPS, ways=ways)
                apart = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
                tell(f"  {cell.method:8} {apart:.1e}  ({', '.join(ways.values())})")
                if not apart <= AGREE_WITHIN:
                    stop(f'{cell.method}: PyTorch computes something else; should be within {AGREE_WITHIN:g}', 1)


# ---- measuring

class Measurements:
    """Each is in the file once it is there."""

    def __init__(self, path):
        self.file = open(path, 'w', encoding='utf-8')
        self.csv = csv.DictWriter(self.file, MEASURED, lineterminator='\n')
        self.csv.writeheader()

    def add(self, cell, side, threads, number, measured):
        self.csv.writerow({'side': side, 'size': cell.size, 'texts': cell.kind, 'method': cell.method,
                           'threads': threads, 'round': number, **measured})
        self.file.flush()


def more_threads():
    most = os.cpu_count()
    return [n for n in sorted({2, 4, 8, 16, 32, 64, 128, most}) if 1 < n <= most]


def measure(cell, here, peer, ways, options, results):
    """One cell: by turns on one thread, then once on each other number of threads."""
    sides = ['here', *(report.PEERS if peer else ())]

    def once(side, threads, number):
        if side == 'limit':
            step = batch_tokens(cell.kind), SIZES[cell.size].hidden
            measured = {'gflops_per_s': report.roof(limits_now(options.limits, [step]), *step, cell.method, 'mean')}
        elif side == 'here':
            measured = here.measure(cell, threads)
        else:
            measured = {**peer.ask('measure', batches=side, threads=threads, ways=ways[side]),
                        'ways': ' '.join(ways[side].values())}
        results.add(cell, side, threads, number, measured)

    for number, side in turns(['limit', *sides], options.rounds):
        once(side, 1, number)
    for threads in [] if options.one_thread else more_threads():
        for side in sides:
            once(side, threads, 0)


def profiles(here, cells, folder):
    """profile.csv: full's steps by what their nodes do, on one thread."""
    lines = []
    for cell in cells:
        if cell.method != 'full':
            continue
        parts = {part: [0, 0] for part in report.PARTS}
        for node in here.profile(cell):
            sums = parts[report.part_of(node['operator'])]
            sums[0] += float(node['seconds'])
            sums[1] += float(node['flops'])
        whole = sum(seconds for seconds, _ in parts.values())
        lines += [{'size': cell.size, 'texts': cell.kind, 'method': cell.method, 'part': part, 'seconds': seconds,
                   'share': seconds / whole, 'gflops_per_s': flops / seconds / 1e9 if flops else ''}
                  for part, (seconds, flops) in parts.items()]
    report.write(folder / 'profile.csv', report.PROFILE, lines)


def measure_beside(python, cell, here, options, results):
    """The same beside PyTorch in its fastest ways."""
    with Peer(python, here) as peer:
        peer.job(cell)
        ways = {side: peer.ask('fastest', batches=side) for side in report.PEERS}
        measure(cell, here, peer, ways, options, results)


def about(here, python, cell, folder):
    """about.csv: what was measured on and with."""
    row = here.run('--model', cell.model, '--task', cell.task, '--method', 'null', '--stage', 'trial')
    lines = about_here(row)
    if python:
        with Peer(python, here) as peer:
            peer.job(cell)
            is_ = peer.ask('about')
            lines['PyTorch'] = f"{is_['torch']}, {is_['blas']}, {is_['simd']}"
    lines['head'] = HEADS[here.head]
    lines['load average'] = f'{os.getloadavg()[0]:.2f} at the start'
    write_about(folder, lines)


def beside_torch(options, folder, here, cells_of):
    python = None if options.alone else peer_python()
    if python:
        agree(here, python, folder)
    elif not options.alone:
        tell('bench: PyTorch is not here (Debian: apt install python3-torch): its side is left out')
    if options.agree:
        sys.exit(0 if python else 3)
    for name in 'limits.csv', 'profile.csv':  # of another time
        (folder / name).unlink(missing_ok=True)
    cells = cells_of(limits(options.limits, folder))
    about(here, python, cells[0], folder)
    results = Measurements(folder / 'measurements.csv')
    for number, cell in enumerate(cells, 1):
        tell(f'[{number:3}/{len(cells)}] {cell.size} {cell.kind} {cell.method}')
        if python:
            measure_beside(python, cell, here, options, results)
        else:
            measure(cell, here, None, None, options, results)
    profiles(here, cells, folder)
    limits(options.limits, folder)  # again, since either may have been disturbed
    report.report(folder)


# ---- beside another commit

def built(revision, folder):
    """The program of another commit; a program is itself."""
    if os.path.isfile(revision):
        return os.path.abspath(revision)

    def run(*command, **more):
        done = subprocess.run(command, check=False, **more)
        if done.returncode:
            stop(f'{revision} could not be built: status {done.returncode} of {" ".join(map(str, command))}', 2)
        return done

    sha = run('git', '-C', ROOT, 'rev-parse', '--verify', '--quiet', revision + '^{commit}', stdout=subprocess.PIPE,
              encoding='ascii').stdout.strip()
    tree = folder / 'commits' / sha[:12]
    tree.mkdir(parents=True, exist_ok=True)
    archive = run('git', '-C', ROOT, 'archive', sha, 'Makefile', 'harness', 'methods', stdout=subprocess.PIPE)
    run('tar', '-x', '-C', tree, input=archive.stdout)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(('MAKE', 'MFLAGS'))}
    run('make', '-C', tree, 'DEPS=no', 'all', stdout=subprocess.DEVNULL, env=plain)
    return tree / 'build' / 'tunemark'


def beside_commit(options, folder, here, cells):
    other = Here(built(options.compare, folder), folder, options.head)
    slower = []
    print(f'times what {options.compare} takes, processor time (wall clock), {options.rounds} rounds')
    for cell in cells:
        side = {'here': here, 'there': other}
        took = {name: [] for name in side}
        for _, name in turns(list(side), options.rounds):
            took[name].append(side[name].measure(cell, 1))
        cpu, wall = ([h[clock] / t[clock] for h, t in zip(took['here'], took['there'])]
                     for clock in ('cpu_s', 'wall_s'))
        middle = statistics.median(cpu)
        is_slower = middle > SLOWER
        slower += [cell] if is_slower else []
        print(f'{cell.size:8}{cell.kind:8}{cell.method:9}{middle:6.3f} ({min(cpu):.3f}-{max(cpu):.3f})'
              f'{statistics.median(wall):8.3f}{"  slower" if is_slower else ""}', flush=True)
    for cell in slower:
        tell(f'bench: {cell.method} {cell.size} {cell.kind}: a step takes more than {SLOWER:g} times what it took')
    sys.exit(1 if slower else 0)


# ---- the command line

def some_of(names):
    def read(text):
        chosen = text.split(',')
        for name in chosen:
            if name not in names:
                raise argparse.ArgumentTypeError(f"'{name}' is unknown; should be of {','.join(names)}")
        return chosen
    return read


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--full', action='store_true', help='also 12x768 and texts of 128 tokens, and more rounds')
    parser.add_argument('--targets', action='store_true', help='what targets are set for, on one thread')
    parser.add_argument('--compare', metavar='REV', help='a commit, or a tunemark, in place of PyTorch')
    parser.add_argument('--out', metavar='FOLDER', type=pathlib.Path, default=ROOT / 'build' / 'bench')
    parser.add_argument('--sizes', type=some_of(SIZES), help=','.join(SIZES))
    parser.add_argument('--texts', type=some_of(TEXTS), help=','.join(TEXTS))
    parser.add_argument('--methods', type=some_of(METHODS), default=METHODS, help=','.join(METHODS))
    parser.add_argument('--head', choices=HEADS, default='linear', help='reads the first token, or all [linear]')
    parser.add_argument('--rounds', type=int, help='each two are A B B A [2, with --full and --targets 4, --compare 6]')
    parser.add_argument('--seconds', type=float, default=0.5, help='about how long PyTorch takes for each [0.5]')
    parser.add_argument('--agree', action='store_true', help='only look whether both sides compute the same')
    parser.add_argument('--alone', action='store_true', help='leave PyTorch out')
    parser.add_argument('--one-thread', action='store_true', help='leave other numbers of threads out')
    program_options(parser)
    options = parser.parse_args()
    options.sizes = options.sizes or list(SIZES)[:3 if options.full else 2]
    options.texts = options.texts or list(TEXTS)[:3 if options.full else 2]
    options.cells = targets.cells() if options.targets else list(
        itertools.product(options.sizes, options.texts, options.methods))
    options.one_thread |= options.targets
    options.rounds = options.rounds or (6 if options.compare else 4 if options.full or options.targets else 2)
    options.out = options.out.resolve()
    return options


def main():
    options = command_line()
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    warn_of_surroundings()
    here = Here(options.program, folder, options.head)

    def cells_of(peak):
        return [Cell(folder, size, kind, method, batches_for(size, kind, peak, options.seconds))
                for size, kind, method in options.cells]

    if options.compare:
        beside_commit(options, folder, here, cells_of(limits(options.limits, folder)))
    else:
        beside_torch(options, folder, here, cells_of)


try:
    main()
except KeyboardInterrupt:
    stop('interrupted; what was measured is in the folder', 130)
