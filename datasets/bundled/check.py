#!/usr/bin/env python3
"""Checks of the bundled tasks. Standard library only.

    python3 check.py [TASK ...]     says what it checks; exit status 1 if something is wrong

files       UTF-8, lines end in LF, as RFC 4180 quotes, the right header and number of rows, no empty cell
labels      as many rows of each label in tune as in dev and test; scores spread alike
copies      no text twice, in one split or in two
fresh       the rows that show a word which train never shows are as many in tune as in dev and test,
            and tune's new words are none of dev's or test's
lists       tune's word lists are as long as what dev and test hold out, and share no entry with any list
probe       a bag-of-words model trained on train (naive Bayes; similarity: correlation with the overlap of
            the two texts) does on tune what it does on dev and test, within 3 standard errors
again       the generator, run twice under different hash seeds, writes the files that are here
"""
import csv
import importlib
import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

from common import HERE, SPLITS, asked, read

ROWS = {'similarity': (2000, 500, 500, 250)}                                         # in the order of SPLITS
EVALUATED = SPLITS[1:]
LIMIT = 3                                                                            # standard errors
TOKEN = re.compile(r"\w[\w'-]*")


def tokens(row):
    return TOKEN.findall((row[0] + ' ' + (row[1] or '')).lower())


def grams(row):
    """The words and word pairs of a row, those of its second text apart."""
    out = []
    for side, text in enumerate(row[:2]):
        w = TOKEN.findall((text or '').lower())
        out += [(side, g) for g in w + list(zip(w, w[1:]))]
    return out


def bayes(train):
    """Multinomial naive Bayes with add-one smoothing: row -> label."""
    counts, rows = defaultdict(Counter), Counter(r[2] for r in train)
    for r in train:
        counts[r[2]].update(grams(r))
    known = set().union(*counts.values())
    total = {k: sum(c.values()) + len(known) for k, c in counts.items()}

    def guess(row):
        g = [x for x in grams(row) if x in known]
        return max(sorted(rows), key=lambda k: math.log(rows[k]) + sum(math.log((counts[k][x] + 1) / total[k]) for x in g))
    return guess


def share_gap(a, n, b, m):
    """Two shares a of n and b of m, in standard errors of their difference."""
    p = (a * n + b * m) / (n + m)
    return (a - b) / math.sqrt(max(p * (1 - p), 1e-9) * (1 / n + 1 / m))


def correlation(xs, ys):
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    cov = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    return cov / math.sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


def correlation_gap(a, n, b, m):
    return (math.atanh(a) - math.atanh(b)) / math.sqrt(1 / (n - 3) + 1 / (m - 3))


def overlap(row):
    a, b = (set(TOKEN.findall(t.lower())) for t in row[:2])
    return len(a & b) / len(a | b)


def compare(shares, sizes, gap=share_gap):
    """'tune 0.604 dev 0.615 test 0.614' and whether tune agrees with the others."""
    gaps = {s: gap(shares['tune'], sizes['tune'], shares[s], sizes[s]) for s in ('dev', 'test')}
    text = 'tune %.3f dev %.3f test %.3f; tune less dev %+.1f SE, less test %+.1f SE' % (
        tuple(shares[s] for s in ('tune', 'dev', 'test')) + (gaps['dev'], gaps['test']))
    return all(abs(g) <= LIMIT for g in gaps.values()), text


# ---- the checks: each returns (right?, what was seen)
def files(task, data):
    pairs = data['train'][0][1] is not None
    header = (['text', 'text_b'] if pairs else ['text']) + ['score' if task == 'similarity' else 'label']
    wanted = dict(zip(SPLITS, ROWS.get(task, (4000, 1000, 1000, 500))))
    names = {s + '.csv': (header, wanted[s]) for s in SPLITS}
    if task in ('reviews-hard', 'entail'):
        names['kinds.csv'] = ['split', 'row', 'kind'], sum(wanted.values())
    for name, (columns, rows) in names.items():
        with open(os.path.join(HERE, task, name), 'rb') as f:
            raw = f.read()
        text = raw.decode('utf-8')
        got = list(csv.reader(io.StringIO(text, newline=''), strict=True))
        again = io.StringIO(newline='')
        csv.writer(again, lineterminator='\n').writerows(got)
        for wrong, why in ((b'\r' in raw, 'has a CR'), (b'\0' in raw, 'has a NUL'), (raw[:3] == b'\xef\xbb\xbf', 'starts with a BOM'),
                           (not raw.endswith(b'\n'), 'ends without LF'), (again.getvalue() != text, 'is not quoted as the csv module does'),
                           (got[0] != columns, 'has header %s' % got[0]), (len(got) - 1 != rows, 'has %d rows, not %d' % (len(got) - 1, rows)),
                           (any(len(r) != len(columns) for r in got), 'has rows of another width'),
                           (any(c.strip() != c or not c or '\n' in c for r in got for c in r), 'has empty cells, line ends or spaces at the ends of cells')):
            if wrong:
                return False, '%s %s' % (name, why)
    if task in ('reviews-hard', 'entail'):
        with open(os.path.join(HERE, task, 'kinds.csv'), encoding='utf-8', newline='') as f:
            rows = [(r['split'], r['row']) for r in csv.DictReader(f)]
        if rows != [(s, str(i + 1)) for s in SPLITS for i in range(wanted[s])]:
            return False, 'kinds.csv does not follow the rows of the splits'
    return True, ', '.join(sorted(names))


def labels(task, data):
    counts = {s: Counter(r[2] for r in data[s]) for s in SPLITS}
    if task == 'similarity':
        ends = {s: (sum(float(r[2]) for r in data[s]) / len(data[s]), len(counts[s])) for s in SPLITS}
        return (all(n == 11 and abs(mean - 2.5) < LIMIT * math.sqrt(2.5 / len(data[s])) for s, (mean, n) in ends.items()),
                'mean score ' + ' '.join('%s %.2f' % (s, ends[s][0]) for s in SPLITS))
    return all(len(set(c.values())) == 1 and set(c) == set(counts['train']) for c in counts.values()), '%d labels, equal shares in each split' % len(counts['train'])


def copies(task, data):
    seen, twice = {}, []
    for s in SPLITS:
        for r in data[s]:
            key = tuple(sorted(t.lower() for t in r[:2] if t is not None)) if task == 'similarity' else (r[0].lower(), (r[1] or '').lower())
            if key in seen:
                twice.append((seen[key], s, r[0]))
            seen[key] = s
    return not twice, twice[:3] or '%d rows' % len(seen)


def writer_lists(task):
    writer = importlib.import_module(task.replace('-', '_')).Writer()
    return list(writer.words.values()) if hasattr(writer, 'words') else list(writer.members.values()) + list(writer.lists.values())


def fresh(task, data):
    known = {t for r in data['train'] for t in tokens(r)}
    new = {s: {t for r in data[s] for t in tokens(r)} - known for s in EVALUATED}
    good, text = compare({s: sum(any(t not in known for t in tokens(r)) for r in data[s]) / len(data[s]) for s in EVALUATED}, {s: len(data[s]) for s in EVALUATED})
    shared = {t for w in writer_lists(task) for x in w.seen for t in TOKEN.findall(str(x).lower())}     # train may miss these by chance
    both = sorted(new['tune'] & (new['dev'] | new['test']) - shared)
    return good and not both, 'rows with a new word: %s%s' % (text, '; new in tune and in dev or test: ' + ', '.join(both) if both else '')


def lists(task, data):
    every = writer_lists(task)
    uneven = [w.names for w in every if len(w.held) != len(w.tune) or len(set(w.tune)) != len(w.tune)]
    spoken = [w for w in every if not isinstance((w.seen + w.held)[0], int)]
    taken = {x for w in spoken for x in w.seen + w.held}
    shared = [x for w in spoken for x in w.tune if x in taken] + [w.names for w in every if set(w.tune) & set(w.seen + w.held)]
    return not uneven and not shared, 'uneven %s, shared %s' % (uneven, shared) if uneven or shared else '%d lists, %d entries for tune alone' % (len(every), sum(len(w.tune) for w in every))


def probe(task, data):
    sizes = {s: len(data[s]) for s in EVALUATED}
    if task == 'similarity':
        return compare({s: correlation([overlap(r) for r in data[s]], [float(r[2]) for r in data[s]]) for s in EVALUATED}, sizes, correlation_gap)
    def accuracy(guess, rows):
        return sum(guess(r) == r[2] for r in rows) / len(rows)

    train = data['train']
    guess = bayes(train)
    good, text = compare({s: accuracy(guess, data[s]) for s in EVALUATED}, sizes)
    cut = accuracy(bayes([r for i, r in enumerate(train) if i % 10]), train[::10])
    return good, '%s (a tenth of train, left out of it: %.3f)' % (text, cut)


def again(task, data):
    with tempfile.TemporaryDirectory() as base:
        for run in ('1', '2'):
            folder = os.path.join(base, run)
            os.makedirs(folder)
            for name in os.listdir(HERE):
                if name.endswith('.py'):
                    shutil.copy(os.path.join(HERE, name), folder)
            subprocess.run([sys.executable, '-B', task.replace('-', '_') + '.py'], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                           env=dict(os.environ, PYTHONHASHSEED=run))
            for name in sorted(os.listdir(os.path.join(HERE, task))):
                with open(os.path.join(HERE, task, name), 'rb') as a, open(os.path.join(folder, task, name), 'rb') as b:
                    if a.read() != b.read():
                        return False, '%s: run %s wrote another one' % (name, run)
    return True, 'twice the same'


CHECKS = (files, labels, copies, fresh, lists, probe, again)


def main():
    passed = failed = 0
    for task in asked(sys.argv[1:]):
        data = {s: read(task, s) for s in SPLITS}
        for check in CHECKS:
            got = check(task, data)
            passed, failed = passed + bool(got[0]), failed + (not got[0])
            print('%-12s %-7s %s %s' % (task, check.__name__, 'ok  ' if got[0] else 'WRONG', got[1]))
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
