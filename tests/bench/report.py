#!/usr/bin/env python3
"""From what bench.py measured to ratios.csv, the table and the figure.

    tests/bench/report.py [FOLDER]      as bench.py left it [build/bench]
"""
import csv
import itertools
import os
import pathlib
import statistics
import subprocess
import sys
import textwrap

from work import METHODS, ROOT, SIZES, TEXTS, batch_tokens

# Which products of its linear layers a step needs: y = x W^T, dx = dy W, dW = dy^T x.
FORMS = {'full': ('NT', 'NN', 'TN'), 'head': ('NT',), 'feature': ('NT',)}
FORMS_ON_FROZEN = 'NT', 'NN'
PEERS = 'shuffled', 'sorted'
RATIOS = ('size', 'texts', 'method', 'peer', 'rounds', 'tokens_per_s', 'peer_tokens_per_s', 'ratio', 'low', 'high',
          'cpu_ratio', 'cpu_low', 'cpu_high', 'gflops_per_s', 'roof_gflops_per_s', 'roof_share', 'padding',
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


def roof(limits, size, kind, method):
    """GFLOP/s of a step that is nothing but its linear layers' products, each at its measured speed."""
    hidden, tokens, work, seconds = SIZES[size][1], batch_tokens(kind), 0, 0
    of_a_layer = {(hidden, hidden): 4, (4 * hidden, hidden): 1, (hidden, 4 * hidden): 1}
    for row in limits:
        if row['what'] in FORMS.get(method, FORMS_ON_FROZEN) and int(row['tokens']) == tokens:
            shape = int(row['outputs']), int(row['inputs'])
            flops = shape[0] * shape[1] * of_a_layer.get(shape, 0)
            work, seconds = work + flops, seconds + flops / float(row['value'])
    return work / seconds


def rates(measured, clock='wall_s'):
    return [float(m['tokens']) / float(m[clock]) for m in measured]


def ratio(ours, theirs, clock='wall_s'):
    """Of the medians; the lowest and highest of two that were measured one after the other."""
    a, b = rates(ours, clock), rates(theirs, clock)
    pairs = [x / y for x, y in zip(a, b)]
    return statistics.median(a) / statistics.median(b), min(pairs), max(pairs)


def best(measured, side):
    """(threads, tokens/s) where a side is fastest."""
    by_threads = {}
    for m in measured:
        if m['side'] == side:
            by_threads.setdefault(int(m['threads']), []).append(m)
    return max(((n, statistics.median(rates(its))) for n, its in by_threads.items()), key=lambda pair: pair[1])


def summary(limits, measured):
    """Of one cell: a line of ratios.csv for each peer; one without a peer where there is none."""
    side = {name: [m for m in measured if m['side'] == name and m['threads'] == '1'] for name in ('here', *PEERS)}
    cell = {name: measured[0][name] for name in ('size', 'texts', 'method')}
    here, roof_is = side['here'], roof(limits, cell['size'], cell['texts'], cell['method'])
    cell['rounds'], cell['tokens_per_s'] = len(here), statistics.median(rates(here))
    cell['gflops_per_s'] = statistics.median(float(m['gflops_per_s']) for m in here)
    cell['roof_gflops_per_s'], cell['roof_share'] = roof_is, cell['gflops_per_s'] / roof_is
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
method      tokens/s  of the limit          best/threads  peak, MB"""
HEAD_BESIDE = """\
            tokens/s  of the   times PyTorch, whose batches are     best/threads        peak, MB
method          here   limit    in random order    of like length      here    PyTorch   here PyTorch"""


def line_of(method, by_peer):
    one = next(iter(by_peer.values()))
    left = f"{method:8}{thousands(one['tokens_per_s']):>12}{100 * one['roof_share']:>7.0f} %"
    if '' in by_peer:
        return f"{left}{at_best(one):>27}{one['rss'] / 1e6:>10.0f}"
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


def spread(values):
    return f'{min(values):.2f}-{max(values):.2f}'


def notes(about, limits, measured):
    one = {row['what']: f"{float(row['value']):.0f} {row['unit']}" for row in limits if not row['tokens']}
    here = [m for m in measured if m['side'] == 'here' and m['threads'] == '1']
    there = [m for m in measured if m['side'] in PEERS and m['threads'] == '1']
    probes = [float(m['probe_gflops']) for m in here]

    def shares(its):
        return spread([float(m['cpu_s']) / float(m['wall_s']) for m in its])

    print()
    for text in (
            'One thread, wall clock; medians, with the lowest and highest of two that were measured in turn.',
            *(f'{name}: {text}' for name, text in about.items()),
            f"limits of a core: multiply-adds {one['fma']}, memory {one['bandwidth']}; the limit of a step is the "
            "speed of its linear layers' products of these shapes, measured by themselves (limits.csv)",
            f'512 x 512 products beside the runs: {min(probes):.0f}-{max(probes):.0f} GFLOP/s; processor time / wall '
            f'clock: here {shares(here)}' + (f', PyTorch {shares(there)}' if there else '')):
        print(textwrap.fill(text, 100, subsequent_indent='  ', break_on_hyphens=False))


# ---- the figure

# Of a side: how it is named, and its line type of plots/style.gp.
SIDES = {'here': ('tunemark', 3), 'shuffled': ('PyTorch, batches in random order', 5),
         'sorted': ('PyTorch, batches of like length', 11)}
# In points from the upper left, as harness/report/page.c lays its pages out.
WIDTH, MARGIN, LEFT, BESIDE, TOP, BELOW, LINE = 830, 12, 66, 66, 112, 66, 19


def figure_rows(limits, measured):
    """GFLOP/s of products on real tokens: those of a run over its tokens/s are both sides' measure."""
    for (size, kind, method), its in in_cells(measured).items():
        cell = {'size': size, 'texts': kind, 'method': method}
        here = [m for m in its if m['side'] == 'here'][0]
        a_token = float(here['gflops_per_s']) / rates([here])[0]
        yield {**cell, 'side': 'limit', 'gflops': roof(limits, size, kind, method)}
        for side in SIDES:
            speeds = [a_token * rate for rate in rates(m for m in its if m['side'] == side and m['threads'] == '1')]
            if speeds:
                yield {**cell, 'side': side, 'gflops': statistics.median(speeds), 'low': min(speeds),
                       'high': max(speeds)}


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def page(folder, kind, about, sides, height):
    """What plots/style.gp and page.gp are told."""
    yield f'kind = {quoted(kind)}; out = {quoted(folder / ("bench." + kind))}; plots = {quoted(ROOT / "plots")}'
    yield f"width = {WIDTH}; height = {height}; uses = 0; array used[1]; load plots.'/style.gp'"
    yield f'page_title = {quoted("Speed of training on one thread")}; captions = 2; array caption[2]'
    yield 'caption[1] = ' + quoted('Products on real tokens a second: median, lowest and highest. The axis ends at '
                                   'the peak of multiply-adds.')
    yield 'caption[2] = ' + quoted('; '.join(f'{name}: {about[name]}' for name in ('machine', 'PyTorch')
                                             if name in about))
    entries = [(0, SIDES[side][1], SIDES[side][0]) for side in sides] + [(4, 0, 'the layers\' products alone')]
    yield f'entries = {len(entries)}; array entry_kind[4]; array entry_style[4]; array entry_text[4]'
    yield 'array entry_x[4]; array entry_y[4]'
    x = MARGIN
    for number, (how, style, name) in enumerate(entries, 1):
        yield f'entry_kind[{number}] = {how}; entry_style[{number}] = {style}; entry_text[{number}] = {quoted(name)}'
        yield f'entry_x[{number}] = {x / WIDTH}; entry_y[{number}] = {1 - 78 / height}'
        x += 46 + 5.5 * len(name)
    yield "load plots.'/page.gp'"


def script(folder, kind, about, measured, peak):
    cells = in_cells(measured)
    panels = [(size, texts) for texts in TEXTS for size in SIZES if any(c[:2] == (size, texts) for c in cells)]
    drawn = [method for method in METHODS if any(c[2] == method for c in cells)]
    sides = [side for side in SIDES if any(m['side'] == side for m in measured)]
    across, high = len({size for size, _ in panels}), LINE * len(drawn)
    height = TOP + -(-len(panels) // across) * (high + BELOW)
    wide = (WIDTH - LEFT - 2 * MARGIN - (across - 1) * BESIDE) / across
    yield from page(folder, kind, about, sides, height)
    yield f'data = {quoted(folder / "figure.csv")}; drawn = {quoted(" ".join(drawn))}; xlow = 0; xhigh = {peak}'
    yield f'sides = {quoted(" ".join(sides))}; styles = {quoted(" ".join(str(SIDES[side][1]) for side in sides))}'
    yield f'ylow = {len(drawn)} + 0.6; yhigh = 0.4; xlabel = "GFLOP/s"; ylabel = ""'
    for number, (size, texts) in enumerate(panels):
        x, y = LEFT + number % across * (wide + BESIDE), TOP + number // across * (high + BELOW)
        yield f'left = {x / WIDTH}; right = {(x + wide) / WIDTH}; top = {1 - y / height}'
        yield f'bottom = {1 - (y + high) / height}; size = {quoted(size)}; texts = {quoted(texts)}'
        yield f"name = {quoted(size + ', ' + TEXTS[texts])}; load plots.'/panel.gp'; load plots.'/bench.gp'"
    yield 'unset multiplot'


def figure(folder, about, limits, measured):
    rows = list(figure_rows(limits, measured))
    write(folder / 'figure.csv', ('size', 'texts', 'method', 'side', 'gflops', 'low', 'high'), rows)
    peak = max(*(float(row['value']) for row in limits if row['what'] == 'fma'),
               *(row.get('high', 0) for row in rows))  # more than the peak is a disturbed measurement, and seen
    for kind in 'svg', 'png':
        text = '\n'.join(script(folder, kind, about, measured, peak))
        done = subprocess.run(['gnuplot', '--default-settings'], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding='utf-8', check=False,
                              env={**os.environ, 'LC_ALL': 'C.UTF-8'})
        if done.returncode or done.stdout.strip():
            sys.exit(f'report.py: gnuplot: {done.stdout.strip()}')


def report(folder):
    measured, limits = read(folder / 'measurements.csv'), read(folder / 'limits.csv')
    about = {row['name']: row['value'] for row in read(folder / 'about.csv')}
    lines = [line for cell in in_cells(measured).values() for line in summary(limits, cell)]
    write(folder / 'ratios.csv', RATIOS, lines)
    table(lines)
    notes(about, limits, measured)
    figure(folder, about, limits, measured)


if __name__ == '__main__':
    report(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / 'build' / 'bench'))
