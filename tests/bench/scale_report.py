"""From what scale.py measured to scale.csv, the tables and the figures."""
import collections
import functools
import itertools
import math
import statistics
import textwrap

from figures import MARGIN, WIDTH, array, box, draw, page, quoted
from report import fma_peak, read, roof, write

COLUMNS = ('axis', 'panel', 'value', 'layers', 'hidden', 'vocabulary', 'batch', 'length', 'method', 'threads', 'jobs',
           'rounds', 'steps', 'step_s', 'step_s_low', 'step_s_high', 'tokens_per_s', 'tokens_per_s_low', 'tokens_per_s_high',
           'gflops_per_s', 'sgemm_gflops_per_s', 'sgemm_share', 'sgemm_share_low', 'sgemm_share_high', 'plan_peak', 'arena_peak',
           'rss_peak')


def summary(place, measured, limits, cores):
    """A line of scale.csv."""
    point = place.point
    steps = [float(step) for line in measured for step in line['steps_s'].split()]
    middle, low, high = statistics.median(steps), min(steps), max(steps)
    tokens, flops = point.batch * point.length, float(measured[0]['flops'])
    peak = roof(limits, tokens, point.size.hidden, point.method) * min(cores, point.jobs * point.threads)

    def share(step):
        return point.jobs * flops / step / 1e9 / peak

    return {'axis': place.axis, 'panel': place.panel, 'value': place.value, 'layers': point.size.layers,
            'hidden': point.size.hidden, 'vocabulary': point.size.vocabulary, 'batch': point.batch,
            'length': point.length, 'method': point.method, 'threads': point.threads, 'jobs': point.jobs,
            'rounds': len(measured), 'steps': len(steps), 'step_s': middle, 'step_s_low': low, 'step_s_high': high,
            'tokens_per_s': point.jobs * tokens / middle, 'tokens_per_s_low': point.jobs * tokens / high,
            'tokens_per_s_high': point.jobs * tokens / low, 'gflops_per_s': point.jobs * flops / middle / 1e9,
            'sgemm_gflops_per_s': peak, 'sgemm_share': share(middle), 'sgemm_share_low': share(high),
            'sgemm_share_high': share(low),
            **{name: max(int(line[name]) for line in measured) for name in ('plan_peak', 'arena_peak', 'rss_peak')}}


# ---- the tables

AXES = {'batch': 'batch size', 'length': 'tokens a text', 'width': 'hidden size', 'depth': 'layers',
        'jobs': 'runs at once x threads of each'}
HEAD = 'method  ms a step (lowest-highest)  tokens/s  GFLOP/s  of sgemm  plan MB   rss MB'


def line_of(line):
    step, low, high = (f'{1e3 * line[name]:.3g}' for name in ('step_s', 'step_s_low', 'step_s_high'))
    rate = line['tokens_per_s']
    return (f"{line['method']:8}{f'{step} ({low}-{high})':>26}{f'{rate:.3g}' if rate < 1e3 else f'{rate / 1e3:.3g}k':>10}"
            f"{line['gflops_per_s']:>9.3g}{100 * line['sgemm_share']:>8.0f} %{line['plan_peak'] / 1e6:>9.3g}"
            f"{line['rss_peak'] / 1e6:>9.3g}")


def table(lines):
    for (axis, panel), its in itertools.groupby(lines, lambda line: (line['axis'], line['panel'])):
        name = AXES[axis]
        print(f'\n{name}; {panel}')
        print(f"{axis:>8}  {HEAD}")
        before = None
        for line in its:
            print(f"{str(line['value']) if line['value'] != before else '':>8}  {line_of(line)}")
            before = line['value']


def notes(about, limits, lines):
    fewest, most = (pick(line['rounds'] for line in lines) for pick in (min, max))
    print()
    for text in (
            f"Of the steps of {fewest if fewest == most else f'{fewest} to {most}'} "
            f"round{'s' if most > 1 else ''}, the first of each run left out. MB: 10^6 bytes, of all runs at once "
            'together.',
            "of sgemm: of the speed of its linear layers' products of these shapes by themselves, a core's times the "
            f'cores in use (limits.csv); multiply-adds of a core: {fma_peak(limits):.0f} GFLOP/s',
            *(f'{name}: {about[name]}' for name in ('machine', 'tunemark'))):
        print(textwrap.fill(text, 100, subsequent_indent='  ', break_on_hyphens=False))


# ---- the figures

# A row of panels: what its axis is named, columns of scale.csv with their lowest and highest, the factor to that
# unit, whether logarithmic. A second triple is drawn with dashes and without points.
Row = collections.namedtuple('Row', 'name columns factor logarithms')
TIME = Row('ms a step', (('step_s', 'step_s_low', 'step_s_high'),), 1e3, True)
RATE = Row('tokens/s of all', (('tokens_per_s', 'tokens_per_s_low', 'tokens_per_s_high'),), 1, True)
SHARE = Row('% of sgemm', (('sgemm_share', 'sgemm_share_low', 'sgemm_share_high'),), 100, False)
MEMORY = Row('peak, MB', (('plan_peak',) * 3, ('rss_peak',) * 3), 1e-6, True)
RESIDENT = Row('peak rss, MB', (('rss_peak',) * 3,), 1e-6, True)
ROWS = {axis: (TIME, SHARE, MEMORY) for axis in AXES} | {'jobs': (RATE, SHARE, RESIDENT)}
STYLES = {'head': 2, 'full': 3, 'lora': 5}  # line types of plots/style.gp
LEFT, BESIDE, TOP, HIGH, BETWEEN, BELOW = 72, 52, 122, 140, 30, 56
APART = 0.12  # of methods beside each other where no line connects them
FIGURE = 'panel', 'row', 'column', 'method', 'value', 'x', 'middle', 'low', 'high'


def figure_rows(axis, lines):
    """Each series in one piece, so that a line connects its points."""
    panels = dict.fromkeys(line['panel'] for line in lines)
    methods = dict.fromkeys(line['method'] for line in lines)
    values = list(dict.fromkeys(line['value'] for line in lines))
    for panel, (number, row), method in itertools.product(panels, enumerate(ROWS[axis]), methods):
        for dashed, columns in enumerate(row.columns):
            for line in lines:
                if (line['panel'], line['method']) == (panel, method):
                    x = line['value']
                    if axis == 'jobs':
                        x = 1 + values.index(x) + APART * (list(methods).index(method) - (len(methods) - 1) / 2)
                    middle, low, high = (row.factor * line[column] for column in columns)
                    yield {'panel': panel, 'row': number, 'column': dashed, 'method': method, 'value': line['value'],
                           'x': x, 'middle': middle, 'low': low, 'high': high}


def span(row, points):
    """The axis: whole powers of ten, or from 0 on."""
    low, high = min(point['low'] for point in points), max(point['high'] for point in points)
    if not row.logarithms:
        return 0, max(100, high)
    return 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))


def series_of(points, chosen):
    """(first, last, method, dashed) of each series among points that are chosen, by their places."""
    series = []
    for place, point in enumerate(points):
        name = point['method'], point['column']
        if not chosen(point):
            continue
        if series and series[-1][2:] == name and series[-1][1] == place - 1:
            series[-1] = (series[-1][0], place, *name)
        else:
            series.append((place, place, *name))
    return series


def ticks(axis, points):
    """Place -> label, and the ends of the axis with some room."""
    if axis == 'jobs':
        at = {round(point['x']): point['value'] for point in points}
        return at, min(at) - 0.4, max(at) + 0.4
    at = {point['x']: point['value'] for point in points}
    return at, min(at) / 1.15, max(at) * 1.15


def panel(axis, row, points, chosen, ends):
    """What scale.gp is told of one panel."""
    series = series_of(points, chosen)
    at, xlow, xhigh = ticks(axis, list(filter(chosen, points)))
    yield f'xlow = {xlow}; xhigh = {xhigh}; ylow = {ends[0]}; yhigh = {ends[1]}'
    yield f"series = {len(series)}; logarithms = {int(row.logarithms)}; connected = {int(axis != 'jobs')}"
    yield from array('from', [first for first, *_ in series])
    yield from array('to', [last for _, last, *_ in series])
    yield from array('style', [STYLES[method] for *_, method, _ in series])
    yield from array('dashed', [dashed for *_, dashed in series])
    yield f"ticks = {quoted(' '.join(map(str, at)))}; labels = {quoted(' '.join(map(str, at.values())))}"


def script(data, axis, points, about, path, kind):
    panels, rows = list(dict.fromkeys(point['panel'] for point in points)), ROWS[axis]
    methods = list(dict.fromkeys(point['method'] for point in points))
    wide = (WIDTH - LEFT - 2 * MARGIN - (len(panels) - 1) * BESIDE) / len(panels)
    height = TOP + len(rows) * (HIGH + BETWEEN) - BETWEEN + BELOW
    entries = [(int(axis != 'jobs'), STYLES[method], method) for method in methods]
    if MEMORY in rows:
        entries.append((2, 1, 'of memory dashed: resident (rss); with points: planned'))
    yield from page(path, kind, height, f'{"Speed" if axis == "jobs" else "Cost of a step"} against {AXES[axis]}',
                    ("Medians of steps, with the lowest and highest. % of sgemm: of the speed of the linear layers' "
                     'products by themselves' + (', in all cores in use.' if axis == 'jobs' else '.'),
                     f"machine: {about['machine']}"), entries)
    yield f'data = {quoted(data)}'
    for (r, row), (p, name) in itertools.product(enumerate(rows), enumerate(panels)):
        its = [point for point in points if point['row'] == r]
        yield box(LEFT + p * (wide + BESIDE), TOP + r * (HIGH + BETWEEN), wide, HIGH, height)
        yield f"name = {quoted(name if r == 0 else '')}; ylabel = {quoted(row.name if p == 0 else '')}"
        yield f"xlabel = {quoted(AXES[axis] if r == len(rows) - 1 else '')}"
        yield from panel(axis, row, points, lambda point: (point['row'], point['panel']) == (r, name), span(row, its))
        yield "load plots.'/panel.gp'; load plots.'/scale.gp'"
    yield 'unset multiplot'


def figure(folder, axis, lines, about):
    points, data = list(figure_rows(axis, lines)), folder / f'figure-{axis}.csv'
    write(data, FIGURE, points)
    draw(functools.partial(script, data, axis, points, about), folder / f'scale-{axis}')


def report(folder, places, measured, cores):
    """places: of all axes; measured: (point, line) of measurements.csv."""
    limits, of_point = read(folder / 'limits.csv'), {}
    about = {row['name']: row['value'] for row in read(folder / 'about.csv')}
    for point, line in measured:
        of_point.setdefault(point, []).append(line)
    lines = [summary(place, of_point[place.point], limits, cores) for place in places]
    write(folder / 'scale.csv', COLUMNS, lines)
    table(lines)
    notes(about, limits, lines)
    for axis in AXES:
        figure(folder, axis, [line for line in lines if line['axis'] == axis], about)
