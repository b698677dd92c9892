#!/usr/bin/env python3
"""The bag-of-words floor of a task in the task's own metric, on the very rows that runs see.

    python3 datasets/floor.py TASK [--fold K] [--train-limit N] [--seeds K] [--csv FOLDER/floors.csv]

Logistic regression (of scores: ridge regression) over words and word pairs, its strength chosen on tune,
as the harness chooses; one line a data seed on standard output (only with --train-limit do they differ).
With --csv their mean score on each split also goes to a file that `tunemark table FOLDER` reads, in place
of what it says of this task, fold and limit. Rows, metric and splits come from `build/tunemark rows`. Needs
numpy, scipy and scikit-learn (Debian: python3-sklearn).
"""
import argparse
import csv
import io
import os
import subprocess
import sys

for _name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ.setdefault(_name, '1')

try:
    import numpy
    from scipy.sparse import hstack
    from scipy.stats import pearsonr, spearmanr
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
except ImportError as missing:
    print(f'floor.py: {missing}; should be there: apt-get install python3-sklearn', file=sys.stderr)
    sys.exit(3)

HOME = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
PROGRAMS = [os.path.normpath(os.path.join(HOME, path)) for path in ('build/tunemark', '../../bin/tunemark')]
STRENGTHS = (0.01, 0.1, 1, 10)      # scikit-learn's C of logistic regression, 1 / alpha of ridge
FLOORS = ('task', 'train_limit', 'fold', 'split', 'metric', 'floor', 'seeds', 'score', 'data_sha')


def refuse(text):
    """Wrong input: one line, status 2."""
    print(f'floor.py: {text}', file=sys.stderr)
    sys.exit(2)


def tunemark(*words):
    """The lines of CSV that a command prints."""
    program = next(filter(os.path.exists, PROGRAMS), None)
    if not program:
        print(f'floor.py: {" and ".join(PROGRAMS)} are not there; should be built: make', file=sys.stderr)
        sys.exit(3)
    done = subprocess.run([program, *words], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.returncode)
    return list(csv.DictReader(io.StringIO(done.stdout.decode('utf-8'))))


def about(task, *more):
    """What `rows --about` says, and the metric as a function of gold and answers, as harness/base/metric.h has it."""
    said, = tunemark('rows', '--task', task, '--about', *more)

    def correlation(of):
        return lambda y, a: 0 if min(a) == max(a) or min(y) == max(y) else of(y, a)[0]

    return said, {
        'accuracy': accuracy_score,
        'f1': lambda y, a: f1_score(y, a, pos_label=said['positive'], zero_division=0),
        'f1_macro': lambda y, a: f1_score(y, a, average='macro', zero_division=0),
        'matthews': matthews_corrcoef,
        'spearman': correlation(spearmanr),
        'pearson': correlation(pearsonr),
    }[said['metric']]


def rows(task, split, *more):
    return tunemark('rows', '--task', task, '--split', split, *more)


def answers(data):
    return [r['label'] for r in data] if 'label' in data[0] else numpy.array([float(r['score']) for r in data])


def counted(train, data):
    parts = []
    for column in ('text', 'text_b'):
        if column in train[0]:
            v = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w[\w'-]*").fit([r[column] for r in train])
            parts.append([v.transform([r[column] for r in d]) if d else None for d in data])
    return [hstack(side).tocsr() if side[0] is not None else None for side in zip(*parts)]


def kept(path):
    """The lines of a file of floors; none where it is not there yet. What could not be written to is refused."""
    folder = os.path.dirname(path) or '.'
    if not os.path.isdir(folder):
        refuse(f"--csv: '{folder}' is no folder; should be one that is there")
    if not os.path.exists(path):
        return []
    try:
        with open(path, newline='') as file:
            lines = [{'fold': '', 'data_sha': '', **line} for line in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        refuse(f'--csv: {path} cannot be read: {getattr(wrong, "strerror", None) or wrong}')
    if any(set(line) != set(FLOORS) or None in line.values() for line in lines):
        refuse(f'--csv: {path} has other columns; should be a file of floors, {",".join(FLOORS)}')
    return lines


def keep(path, lines):
    """Puts lines into a file of floors: its other tasks and limits stay."""
    def of(line):
        return line['task'], line['train_limit'], line['fold'], line['floor']

    replaced = {of(line) for line in lines}
    lines += [line for line in kept(path) if of(line) not in replaced]
    with open(path + '.part', 'w', newline='') as file:
        table = csv.DictWriter(file, FLOORS, lineterminator='\n')
        table.writeheader()
        table.writerows(sorted(lines, key=lambda line: [line[name] for name in FLOORS]))
    os.replace(path + '.part', path)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('task')
    options.add_argument('--fold')
    options.add_argument('--train-limit', default='0')
    options.add_argument('--seeds', type=int, default=1)
    options.add_argument('--csv', metavar='FILE')
    asked = options.parse_args()
    if asked.seeds < 1:
        refuse(f'--seeds: {asked.seeds} is out of range; should be 1 or more')
    if asked.csv:
        kept(asked.csv)     # what is wrong with it is told before the work
    fold = ['--fold', asked.fold] if asked.fold else []
    task, worth = about(asked.task, *fold)
    splits = [split for split in task['splits'].split() if split != 'train']
    if 'tune' not in splits:
        refuse(f'{asked.task} has no tune; should be a task with one: a strength is chosen on nothing else')
    held = [rows(asked.task, s, *fold) for s in splits]
    found = {s: [] for s in splits}
    print('task,train_limit,data_seed,train_n,strength,tune,dev,test')
    for seed in range(1, asked.seeds + 1):
        train = rows(asked.task, 'train', *fold, '--train-limit', asked.train_limit, '--data-seed', str(seed))
        x = counted(train, [train] + held)
        y = [answers(d) for d in [train] + held]
        models = {c: (LogisticRegression(C=c, max_iter=2000) if 'label' in train[0] else Ridge(alpha=1 / c)).fit(x[0], y[0])
                  for c in STRENGTHS}
        tune = 1 + splits.index('tune')
        strength = max(STRENGTHS, key=lambda c: worth(y[tune], models[c].predict(x[tune])))
        for split, gold, counts in zip(splits, y[1:], x[1:]):
            found[split].append(worth(gold, models[strength].predict(counts)))
        scores = ['%.4f' % found[s][-1] if s in found else '' for s in ('tune', 'dev', 'test')]
        print(','.join([task['task'], asked.train_limit, str(seed), str(len(train)), '%g' % strength] + scores), flush=True)
    if asked.csv:
        keep(asked.csv, [dict(zip(FLOORS, (task['task'], asked.train_limit, task['fold'], split, task['metric'],
                                           'bag of words', str(asked.seeds), '%.6g' % (sum(f) / len(f)), task['data_sha'])))
                         for split, f in found.items()])


if __name__ == '__main__':
    main()
