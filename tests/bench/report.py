#!/usr/bin/env python3
"""From what bench.py measured to ratios.csv, targets.csv, the table and the figure.

    tests/bench/report.py [FOLDER]               as bench.py left it [build/bench]
    tests/bench/report.py --print FOLDER         only prints: the tables
    tests/bench/report.py --markdown sst2 FOLDER only prints: times PyTorch's speed, for a page
"""
import argparse
import csv
import functools
import itertools
import pathlib
import statistics
import textwrap

import targets
from figures import MARGIN, WIDTH, box, draw, page, quoted
from work import METHODS, ROOT, SIZES, TEXTS, batch_tokens

# Which products of its linear layers a step needs: y = x W^T, dx = dy W, dW = dy^T x.
FORMS = {'full': ('NT', 'NN', 'TN'), 'head': ('NT',), 'feature': ('NT',)}
FORMS_ON_FROZEN = 'NT', 'NN'
PEERS = 'shuffled', 'sorted'
# What the nodes of a step do: those of these operators, and all others.
PARTS = {'products': ('linear', 'product', 'add_product'), 'attention': ('attention', 'attention_grad'),
         'optimizer': ('optimizer',), 'the rest': ()}
PROFILE = 'size', 'texts', 'method', 'part', 'seconds', 'share', 'gflops_per_s'
RATIOS = ('size', 'texts', 'method', 'peer', 'rounds', 'tokens_per_s', 'peer_tokens_per_s', 'ratio', 'low', 'high',
          'cpu_ratio', 'cpu_low', 'cpu_high', 'gflops_per_s', 'roof_gflops_per_s', 'roof_share', 'fma_share',
          'optimizer_share', 'padding',
          'best_threads', 'best_tokens_per_s', 'peer_best_threads', 'peer_best_tokens_per_s', 'rss', 'peer_rss',
          'peer_rss_rest', 'ways')


def read(path):
    with open(path, encoding='utf-8') as file:
        return list(csv.DictReader(file))


def write(path, columns, rows):
    with open(path, 'w', encoding='utf-8') as file:
        out = csv.DictWriter(file, columns, lineterminator='\n')
        out.writeheader()
        out.writerows({name: f'{value:.6g}' if isinstance(value, float) else value for name, value in row.items()}
                      for row in rows)


def part_of(operator):
    return next((part for part, operators in PARTS.items() if operator in operators), 'the rest')


def roof(limits, tokens, hidden, method, which='best'):
    """GFLOP/s of a step that is nothing but its linear layers' products, each at its measured speed."""
    work, seconds = 0, 0
    of_a_layer = {(hidden, hidden): 4, (4 * hidden, hidden): 1, (hidden, 4 * hidden): 1}
    for row in limits:
        if row['what'] in FORMS.get(method, FORMS_ON_FROZEN) and int(row['tokens']) == tokens:
            shape = int(row['outputs']), int(row['inputs'])
            flops = shape[0] * shape[1] * of_a_layer.get(shape, 0)
            work, seconds = work + flops, seconds + flops / float(row[which])
    return work / seconds


def fma_peak(limits):
    return next(float(row['best']) for row in limits if row['what'] == 'fma')


def rates(measured, clock='wall_s'):
    return [float(m['tokens']) / float(m[clock]) for m in measured]


def ratio(ours, theirs, clock='wall_s'):
    return targets.paired(rates(ours, clock), rates(theirs, clock))


def best(measured, side):
    """(threads, tokens/s) where a side is fastest."""
    by_threads = {}
    for m in measured:
        if m['side'] == side:
            by_threads.setdefault(int(m['threads']), []).append(m)
    return max(((n, statistics.median(rates(its))) for n, its in by_threads.items()), key=lambda pair: pair[1])


def by_side(measured):
    """Of one cell, on one thread."""
    return {name: [m for m in measured if m['side'] == name and m['threads'] == '1'] for name in ('limit', 'here', *PEERS)}


def summary(limits, measured):
    """Of one cell: a line of ratios.csv for each peer; one without a peer where there is none."""
    side = by_side(measured)
    cell = {name: measured[0][name] for name in ('size', 'texts', 'method')}
    here = side['here']
    cell['rounds'], cell['tokens_per_s'] = len(here), statistics.median(rates(here))
    cell['gflops_per_s'] = statistics.median(float(m['gflops_per_s']) for m in here)
    cell['roof_gflops_per_s'] = statistics.median(float(m['gflops_per_s']) for m in side['limit'])
    cell['roof_share'] = cell['gflops_per_s'] / cell['roof_gflops_per_s']
    cell['fma_share'] = cell['gflops_per_s'] / fma_peak(limits)
    shares = [float(m['optimizer_share']) for m in here if m['optimizer_share']]
    cell['optimizer_share'] = statistics.median(shares) if shares else ''
    cell['best_threads'], cell['best_tokens_per_s'] = best(measured, 'here')
    cell['rss'] = max(int(m['rss']) for m in here)
    if not side['shuffled']:
        yield cell
    for peer in PEERS:
        its = side[peer]
        if not its:
            continue
        line = {**cell, 'peer': peer, 'peer_tokens_per_s': statistics.median(rates(its)), 'ways': its[0]['ways'],
                'padding': float(its[0]['padding']), 'peer_rss': max(int(m['rss']) for m in its),
                'peer_rss_rest': int(its[0]['rss_rest'])}
        line['ratio'], line['low'], line['high'] = ratio(here, its)
        line['cpu_ratio'], line['cpu_low'], line['cpu_high'] = ratio(here, its, 'cpu_s')
        line['peer_best_threads'], line['peer_best_tokens_per_s'] = best(measured, peer)
        yield line


def in_cells(measured):
    """The measurements of each (size, texts, method), in their order."""
    cells = {}
    for m in measured:
        cells.setdefault((m['size'], m['texts'], m['method']), []).append(m)
    return cells


# ---- the table

def of(lines, size, kind):
    """method -> its lines by peer ('' where there is none)."""
    methods = {}
    for line in lines:
        if (line['size'], line['texts']) == (size, kind):
            methods.setdefault(line['method'], {})[line.get('peer', '')] = line
    return methods


def thousands(rate):
    return f'{rate / 1e3:.3g}k' if rate < 1e6 else f'{rate / 1e6:.3g}M'


def times(line):
    return f"{line['ratio']:.1f} x ({line['low']:.1f}-{line['high']:.1f})"


def at_best(line, whose=''):
    return f"{thousands(line[whose + 'best_tokens_per_s'])}/{line[whose + 'best_threads']}"


HEAD_ALONE = """\
method     tokens/s  of limit/peak           best/threads  peak, MB"""
HEAD_BESIDE = """\
           tokens/s  of limit   times PyTorch, whose batches are     best/threads        peak, MB
method         here     /peak    in random order    of like length      here    PyTorch   here PyTorch"""


def line_of(method, by_peer):
    one = next(iter(by_peer.values()))
    shares = f"{100 * one['roof_share']:.0f}/{100 * one['fma_share']:.0f} %"
    left = f"{method:8}{thousands(one['tokens_per_s']):>11}{shares:>10}"
    if '' in by_peer:
        return f"{left}{at_best(one):>28}{one['rss'] / 1e6:>10.0f}"
    return (f"{left}{times(by_peer['shuffled']):>19}{times(by_peer['sorted']):>18}{at_best(one):>10}"
            f"{at_best(one, 'peer_'):>11}{one['rss'] / 1e6:>7.0f}{one['peer_rss'] / 1e6:>8.0f}")


def table(lines):
    """A block for each size and texts, at most 100 columns wide."""
    for size, kind in itertools.product(SIZES, TEXTS):
        methods = of(lines, size, kind)
        if methods:
            print(f'\n{size}, texts as long as {TEXTS[kind]}: ~{batch_tokens(kind)} tokens a batch')
            print(HEAD_ALONE if '' in next(iter(methods.values())) else HEAD_BESIDE)
        for method, by_peer in methods.items():
            print(line_of(method, by_peer))


def markdown(lines, kind):
    """Times PyTorch's speed: a row a method, for each size both kinds of PyTorch's batches."""
    sizes = {size: of(lines, size, kind) for size in SIZES}
    sizes = {size: methods for size, methods in sizes.items() if len(methods) == len(METHODS)}
    print(f"| method | {' | '.join(f'{size} | of like length' for size in sizes)} |\n| --- |{' --- |' * 2 * len(sizes)}")
    for method in METHODS:
        print(f"| {method} | {' | '.join(times(methods[method][peer]) for methods in sizes.values() for peer in PEERS)} |")


def where_time_goes(profile):
    """Of profile.csv: a line for each size and texts."""
    cells = {}
    for line in profile:
        cells.setdefault((line['size'], line['texts'], line['method']), {})[line['part']] = line
    if cells:
        print("\nWhere the time of a step goes, in a run of its own: shares, and GFLOP/s of what are products\n"
              f"{'':25}{'products':>18}{'attention':>18}{'optimizer':>12}{'the rest':>12}")
    for name, parts in cells.items():
        def share(part, parts=parts):
            rate = parts[part]['gflops_per_s']
            return f"{100 * float(parts[part]['share']):.0f} %" + (f' at {float(rate):.0f}' if rate else '')
        print(f"{name[0]:11}{name[1]:8}{name[2]:6}{share('products'):>18}{share('attention'):>18}"
              f"{share('optimizer'):>12}{share('the rest'):>12}")


def spread(values):
    return f'{min(values):.2f}-{max(values):.2f}'


def notes(about, limits, measured):
    one = {row['what']: f"{float(row['best']):.0f} {row['unit']}" for row in limits}
    here = [m for m in measured if m['side'] == 'here' and m['threads'] == '1']
    there = [m for m in measured if m['side'] in PEERS and m['threads'] == '1']
    probes = [float(m['probe_gflops']) for m in here]

    def shares(its):
        return spread([float(m['cpu_s']) / float(m['wall_s']) for m in its])

    print()
    for text in (
            'One thread, wall clock; medians, with the lowest and highest of two that were measured in turn.',
            *(f'{name}: {text}' for name, text in about.items()),
            f"limits of a core: multiply-adds {one['fma']} (peak), memory {one['bandwidth']}; the limit of a step is the "
            "speed of its linear layers' products of these shapes by themselves, measured in turn with it",
            f'512 x 512 products beside the runs: {min(probes):.0f}-{max(probes):.0f} GFLOP/s; processor time / wall '
            f'clock: here {shares(here)}' + (f', PyTorch {shares(there)}' if there else '')):
        print(textwrap.fill(text, 100, subsequent_indent='  ', break_on_hyphens=False))


# ---- the figure

# Of a side: how it is named, and its line type of plots/style.gp.
SIDES = {'here': ('tunemark', 3), 'shuffled': ('PyTorch, batches in random order', 5),
         'sorted': ('PyTorch, batches of like length', 11)}
# In points from the upper left, as harness/report/page.c lays its pages out.
LEFT, BESIDE, TOP, BELOW, LINE = 66, 66, 112, 66, 19


def figure_rows(measured):
    """GFLOP/s of products on real tokens: those of a run over its tokens/s are both sides' measure."""
    for (size, kind, method), its in in_cells(measured).items():
        cell = {'size': size, 'texts': kind, 'method': method}
        here = [m for m in its if m['side'] == 'here'][0]
        a_token = float(here['gflops_per_s']) / rates([here])[0]
        limit = statistics.median(float(m['gflops_per_s']) for m in its if m['side'] == 'limit')
        yield {**cell, 'side': 'limit', 'gflops': limit}
        for side in SIDES:
            speeds = [a_token * rate for rate in rates(m for m in its if m['side'] == side and m['threads'] == '1')]
            if speeds:
                yield {**cell, 'side': side, 'gflops': statistics.median(speeds), 'low': min(speeds),
                       'high': max(speeds)}


def script(folder, about, measured, peak, path, kind):
    cells = in_cells(measured)
    panels = [(size, texts) for texts in TEXTS for size in SIZES if any(c[:2] == (size, texts) for c in cells)]
    sides = [side for side in SIDES if any(m['side'] == side for m in measured)]
    across = min(3, len({size for size, _ in panels}))
    lines = [panels[first:first + across] for first in range(0, len(panels), across)]
    drawn = [[method for method in METHODS if any((*panel, method) in cells for panel in line)] for line in lines]
    height = TOP + sum(LINE * len(methods) + BELOW for methods in drawn)
    wide = (WIDTH - LEFT - 2 * MARGIN - (across - 1) * BESIDE) / across
    yield from page(path, kind, height, 'Speed of training on one thread',
                    ('Products on real tokens a second: median, lowest and highest. The axis ends at the peak of '
                     'multiply-adds.',
                     '; '.join(f'{name}: {about[name]}' for name in ('machine', 'PyTorch') if name in about)),
                    [(0, SIDES[side][1], SIDES[side][0]) for side in sides] + [(4, 0, "the layers' products alone")])
    yield f'data = {quoted(folder / "figure.csv")}; xlow = 0; xhigh = {peak}; ylabel = ""'
    yield f'sides = {quoted(" ".join(sides))}; styles = {quoted(" ".join(str(SIDES[side][1]) for side in sides))}'
    top = TOP
    for line, methods in zip(lines, drawn):
        yield f'drawn = {quoted(" ".join(methods))}; ylow = {len(methods)} + 0.6; yhigh = 0.4'
        yield f'xlabel = {quoted("GFLOP/s" if line is lines[-1] else "")}'
        for number, (size, texts) in enumerate(line):
            yield box(LEFT + number * (wide + BESIDE), top, wide, LINE * len(methods), height)
            yield f'size = {quoted(size)}; texts = {quoted(texts)}'
            yield f"name = {quoted(size + ', ' + TEXTS[texts])}; load plots.'/panel.gp'; load plots.'/bench.gp'"
        top += LINE * len(methods) + BELOW
    yield 'unset multiplot'


def figure(folder, about, limits, measured):
    rows = list(figure_rows(measured))
    write(folder / 'figure.csv', ('size', 'texts', 'method', 'side', 'gflops', 'low', 'high'), rows)
    peak = max(fma_peak(limits), *(row.get('high', 0) for row in rows))  # more is a disturbed measurement, and seen
    draw(functools.partial(script, folder, about, measured, peak), folder / 'bench')


class Report:
    """All that a folder's measurements say."""

    def __init__(self, folder):
        self.folder, self.measured, self.limits = folder, read(folder / 'measurements.csv'), read(folder / 'limits.csv')
        self.profile = read(folder / 'profile.csv') if (folder / 'profile.csv').exists() else []
        self.about = {row['name']: row['value'] for row in read(folder / 'about.csv')}
        cells = in_cells(self.measured)
        self.lines = [line for cell in cells.values() for line in summary(self.limits, cell)]
        self.held = list(targets.judged(targets.Measured({cell: by_side(its) for cell, its in cells.items()})))

    def show(self):
        table(self.lines)
        targets.show(self.held)
        where_time_goes(self.profile)
        notes(self.about, self.limits, self.measured)

    def write(self):
        write(self.folder / 'ratios.csv', RATIOS, self.lines)
        write(self.folder / 'targets.csv', targets.COLUMNS, self.held)
        figure(self.folder, self.about, self.limits, self.measured)


def report(folder):
    done = Report(folder)
    done.show()
    done.write()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    only = parser.add_mutually_exclusive_group()
    only.add_argument('--print', action='store_true', help='the tables, and nothing is written')
    only.add_argument('--markdown', choices=TEXTS, help="times PyTorch's speed, and nothing is written")
    parser.add_argument('folder', nargs='?', type=pathlib.Path, default=ROOT / 'build' / 'bench')
    options = parser.parse_args()
    if options.markdown:
        markdown(Report(options.folder).lines, options.markdown)
    elif options.print:
        Report(options.folder).show()
    else:
        report(options.folder)


if __name__ == '__main__':
    main()
