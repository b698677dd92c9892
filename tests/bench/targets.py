"""What is to be reached here, and whether it is: `make bench BENCH=targets` measures all of it."""
import collections
import statistics

from work import METHODS, SIZES

# `measure` is one of MEASURES below; `bounds` are by size, `texts` those of work.py.
Target = collections.namedtuple('Target', 'measure texts methods bounds')
BERTS = '2x128', '4x256', '12x768'
TARGETS = (
    Target('speed', 'sst2', ('full',), {'2x128': 6, '4x256': 4.5, '12x768': 3.8}),
    Target('speed', 'sst2', ('lora',), {'2x128': 8, '4x256': 5, '12x768': 4}),
    Target('speed', 'sst2', ('feature',), dict.fromkeys(BERTS, 3)),
    Target('behind lora', 'sst2', ('adapter', 'bitfit', 'prefix'), dict.fromkeys(BERTS, 0.9)),
    Target('speed', 'len128', ('full',), {'4x256': 1.5, '12x768': 1.2}),
    Target('speed sorted', 'sst2', METHODS, dict.fromkeys(BERTS, 1)),
    Target('sgemm', 'sst2', ('full',), {'2x128': 0.70, '4x256': 0.80, '12x768': 0.87}),
    Target('optimizer', 'sst2', ('full',), {'2x128': 0.10, '2x128-30k': 0.10}),
    Target('memory', 'sst2', METHODS, {'4x256': 0.5}),
    Target('memory of full', 'sst2', ('lora',), {'12x768': 0.6}),
)
COLUMNS = 'measure', 'size', 'texts', 'method', 'sense', 'target', 'value', 'low', 'high', 'reached', 'sure'


def cells():
    """(size, texts, method) of all that is measured for them, small models first."""
    wanted = {(size, target.texts, method) for target in TARGETS for size in target.bounds
              for method in (*target.methods, *MEASURES[target.measure].beside)}
    return sorted(wanted, key=lambda cell: (list(SIZES).index(cell[0]), cell[1] != 'sst2', METHODS.index(cell[2])))


# ---- what is measured: of a table of cells, or None where they lack it

def paired(ours, theirs):
    """Of the medians; the lowest and highest of two that were measured one after the other."""
    pairs = [a / b for a, b in zip(ours, theirs)]
    return statistics.median(ours) / statistics.median(theirs), min(pairs), max(pairs)


def of_all(values):
    return statistics.median(values), min(values), max(values)


class Measured:
    """What report.py knows of the cells: on one thread, the measurements of each by side."""

    def __init__(self, sides):
        self.sides = sides

    def numbers(self, cell, side, number):
        return [number(m) for m in self.sides.get(cell, {}).get(side, ())]

    def beside(self, cell, peer, number):
        ours, theirs = self.numbers(cell, 'here', number), self.numbers(cell, peer, number)
        return paired(ours, theirs) if ours and theirs else None


def rate(m):
    return float(m['tokens']) / float(m['wall_s'])


def rss(m):
    return float(m['rss'])


def speed(measured, cell):
    return measured.beside(cell, 'shuffled', rate)


def speed_sorted(measured, cell):
    return measured.beside(cell, 'sorted', rate)


def behind_lora(measured, cell):
    """Measured in turn with PyTorch, not with each other: so the range is the widest that there may be."""
    its, lora = speed(measured, cell), speed(measured, (*cell[:2], 'lora'))
    return (its[0] / lora[0], its[1] / lora[2], its[2] / lora[1]) if its and lora else None


def sgemm(measured, cell):
    return measured.beside(cell, 'limit', lambda m: float(m['gflops_per_s']))


def optimizer(measured, cell):
    shares = measured.numbers(cell, 'here', lambda m: float(m['optimizer_share']))
    return of_all(shares) if shares else None


def memory(measured, cell):
    return measured.beside(cell, 'shuffled', rss)


def memory_of_full(measured, cell):
    its, full = (measured.numbers((*cell[:2], method), 'here', rss) for method in (cell[2], 'full'))
    return paired(its, full) if its and full else None


# How it is named, whether the target is the least or the most, and the method that it is held beside.
Measure = collections.namedtuple('Measure', 'title sense of percent beside', defaults=((),))
MEASURES = {
    'speed': Measure('times PyTorch, in random order', '>=', speed, False),
    'speed sorted': Measure('times PyTorch, of like length', '>=', speed_sorted, False),
    'behind lora': Measure("these, over lora's", '>=', behind_lora, False, ('lora',)),
    'sgemm': Measure("of its layers' products' peak", '>=', sgemm, True),
    'optimizer': Measure("the optimizer's share of a step", '<=', optimizer, True),
    'memory': Measure("peak of memory, over PyTorch's", '<=', memory, False),
    'memory of full': Measure("peak of memory, over full's", '<=', memory_of_full, False, ('full',)),
}


# ---- held against it

def meets(sense, value, bound):
    return value >= bound if sense == '>=' else value <= bound


def judged(measured):
    """A line for each target; without a value where it was not measured."""
    for target in TARGETS:
        measure = MEASURES[target.measure]
        for method in target.methods:
            for size, bound in target.bounds.items():
                line = {'measure': target.measure, 'size': size, 'texts': target.texts, 'method': method,
                        'sense': measure.sense, 'target': bound}
                found = measure.of(measured, (size, target.texts, method))
                if found:
                    line['value'], line['low'], line['high'] = found
                    met = [meets(measure.sense, value, bound) for value in found]
                    line['reached'], line['sure'] = ('yes' if one else 'no' for one in (met[0], len(set(met)) == 1))
                yield line


def shown(value, percent):
    return f'{100 * value:.0f}' if percent else f'{value:.2f}'


def bound_of(line):
    percent = MEASURES[line['measure']].percent
    return f"{line['sense']} {100 * line['target']:.0f} %" if percent else f"{line['sense']} {line['target']:g}"


def show(lines):
    """Those that were measured, and how many were not."""
    there = [line for line in lines if 'value' in line]
    if there:
        print('\nTargets: the median (lowest-highest) is to reach them. ?: the range reaches and misses')
        print(f"{'':34}{'texts':8}{'size':11}{'method':9}{'target':>8}{'measured':>20}")
    before = None
    for line in there:
        measure = MEASURES[line['measure']]
        value, low, high = (shown(line[name], measure.percent) for name in ('value', 'low', 'high'))
        text = f"{value}{' %' if measure.percent else ''} ({low}-{high})"
        title = measure.title if line['measure'] != before else ''
        before = line['measure']
        said = {'yes': 'reached', 'no': 'missed'}[line['reached']] + ('' if line['sure'] == 'yes' else ' ?')
        print(f"{title:34}{line['texts']:8}{line['size']:11}{line['method']:9}{bound_of(line):>8}{text:>20}  {said}")
    if len(there) < len(lines):
        print(f'{len(lines) - len(there)} of {len(lines)} targets were not measured: '
              'make bench BENCH=targets measures all')
    elif there:
        print(f"{sum(line['reached'] == 'yes' for line in lines)} of {len(lines)} reached")
