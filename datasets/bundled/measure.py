#!/usr/bin/env python3
"""Baselines of the bundled tasks on tune, dev and test. Needs numpy, scipy and scikit-learn (for the data itself: check.py).

    python3 measure.py [TASK ...]     prints them; with no task named, also writes baselines.csv

majority    the label that train has most of (similarity: the mean score of train)
bow         logistic regression (similarity: ridge) over words and word pairs, those of each text apart
second      the same over the second text alone
overlap     over what the two texts share
frame       sees only which frames the generator used: must stay at chance
bow probe, overlap probe
            the same with the strength of regularisation fixed, so that nothing is chosen: it must do on tune
            what it does on dev and test. The last two columns say how far off tune is, in standard errors;
            more than 3 is an error.

In the other rows the strength is chosen on tune, as the harness chooses, and so tune is a little flattered there.
"""
import csv
import importlib
import os
import re
import sys

for _name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):       # small matrices: more threads only get in each other's way
    os.environ.setdefault(_name, '1')

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.stats import pearsonr, spearmanr
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from check import LIMIT, correlation_gap, share_gap
from common import HERE, SPLITS, asked, read

EVALUATED = ('tune', 'dev', 'test')
STRENGTHS = {'classify': (0.01, 0.1, 1, 10), 'regress': (0.1, 1, 10, 100)}     # those of ../floor.py


def counted(data, column):
    v = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w[\w'-]*").fit([r[column] for r in data['train']])
    return {s: v.transform([r[column] for r in data[s]]) for s in SPLITS}


def features(kind, data):
    """Split -> matrix."""
    if kind == 'second':
        return counted(data, 1)
    if kind == 'bow':
        sides = [counted(data, c) for c in (0, 1) if data['train'][0][c] is not None]
        return {s: hstack([side[s] for side in sides]).tocsr() for s in SPLITS}
    out = {}
    for s in SPLITS:
        rows = []
        for a, b, _ in data[s]:
            x, y = re.findall(r"[\w'-]+", a.lower()), re.findall(r"[\w'-]+", b.lower())
            both = len(set(x) & set(y))
            rows.append([both / len(set(x) | set(y)), both / len(set(x)), both / len(set(y)), len(x) - len(y), len(x), len(y)])
        out[s] = csr_matrix(np.array(rows))
    return out


def classify(xs, ys, strengths=STRENGTHS['classify']):
    """{'accuracy': (tune, dev, test)} of the strength that is best on tune."""
    models = [LogisticRegression(C=c, max_iter=2000).fit(xs['train'], ys['train']) for c in strengths]
    best = max(models, key=lambda m: m.score(xs['tune'], ys['tune']))
    return {'accuracy': tuple(best.score(xs[s], ys[s]) for s in EVALUATED)}


def regress(xs, ys, strengths=STRENGTHS['regress']):
    models = [Ridge(alpha=a).fit(xs['train'], ys['train']) for a in strengths]
    best = max(models, key=lambda m: pearsonr(m.predict(xs['tune']), ys['tune'])[0])
    return {name: tuple(f(best.predict(xs[s]), ys[s])[0] for s in EVALUATED) for name, f in (('pearson', pearsonr), ('spearman', spearmanr))}


def measure(task):
    """Rows: task, baseline, metric, tune, dev, test, and of a probe the distance of tune from dev and from test."""
    data = {s: read(task, s) for s in SPLITS}
    pairs = data['train'][0][1] is not None
    sizes = [len(data[s]) for s in EVALUATED]
    print('%s: %s rows, %.1f words a row' % (task, ' '.join('%s %d' % (s, len(data[s])) for s in ('train',) + EVALUATED),
                                              np.mean([len((a + ' ' + (b or '')).split()) for s in SPLITS for a, b, _ in data[s]])))
    out = []

    def add(name, scores, gap=None):
        for metric, v in scores.items():
            out.append([task, name, metric] + list(v) + ([gap(v[0], sizes[0], v[i], sizes[i]) for i in (1, 2)] if gap else [None, None]))

    if task == 'similarity':
        ys = {s: np.array([float(r[2]) for r in data[s]]) for s in SPLITS}
        add('mean of train', {'rmse': tuple(np.sqrt(np.mean((ys[s] - ys['train'].mean()) ** 2)) for s in EVALUATED)})
        for kind in ('bow', 'overlap'):
            add(kind + ' ridge', regress(features(kind, data), ys))
        for kind in ('bow', 'overlap'):
            add(kind + ' probe', {'pearson': regress(features(kind, data), ys, (1,))['pearson']}, correlation_gap)
        return out
    ys = {s: [r[2] for r in data[s]] for s in SPLITS}
    major = max(sorted(set(ys['train'])), key=ys['train'].count)
    add('majority', {'accuracy': tuple(float(np.mean([y == major for y in ys[s]])) for s in EVALUATED)})
    for kind in ('bow', 'second', 'overlap') if pairs else ('bow',):
        add(kind + ' lr', classify(features(kind, data), ys))
    rows = importlib.import_module(task.replace('-', '_')).generate()
    for s in SPLITS:
        if [(r.text, r.text_b, r.label) for r in rows[s]] != data[s]:
            raise SystemExit('%s/%s.csv is not what its generator writes' % (task, s))
    v = DictVectorizer().fit([{f: 1 for f in r.frame.split('|')} for r in rows['train']])
    add('frame lr', classify({s: v.transform([{f: 1 for f in r.frame.split('|')} for r in rows[s]]) for s in SPLITS}, ys))
    add('bow probe', classify(features('bow', data), ys, (1,)), share_gap)
    return out


def main():
    rows, off = [], 0
    for task in asked(sys.argv[1:]):
        for r in measure(task):
            rows.append(r)
            wrong = r[6] is not None and max(map(abs, r[6:])) > LIMIT
            off += wrong
            print('  %-14s %-9s tune %6.3f dev %6.3f test %6.3f' % tuple(r[1:6]) +
                  ('' if r[6] is None else '   tune less dev %+.1f SE, less test %+.1f SE%s' % (r[6], r[7], ' WRONG' if wrong else '')))
    if not sys.argv[1:]:
        with open(os.path.join(HERE, 'baselines.csv'), 'w', encoding='utf-8', newline='') as f:
            out = csv.writer(f, lineterminator='\n')
            out.writerow(['task', 'baseline', 'metric', 'tune', 'dev', 'test', 'tune_less_dev_se', 'tune_less_test_se'])
            out.writerows(r[:3] + ['%.4f' % v for v in r[3:6]] + ['' if v is None else '%.2f' % v for v in r[6:]] for r in rows)
    sys.exit(1 if off else 0)


if __name__ == '__main__':
    main()
