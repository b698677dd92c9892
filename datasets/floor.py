#!/usr/bin/env python3
"""The bag-of-words floor of a task with labels, on the very rows that runs see.

    python3 datasets/floor.py TASK [--fold K] [--train-limit N] [--seeds K] [--csv FOLDER/floors.csv]

Logistic regression over words and word pairs, its strength chosen on tune, as the harness chooses; one
line a data seed on standard output (only with --train-limit do they differ). With --csv their mean
accuracy on each split also goes to a file that `tunemark table FOLDER` reads, in place of what it says of
this task and limit. Rows come from `build/tunemark rows`. Needs numpy, scipy and scikit-learn (Debian:
python3-sklearn).
"""
import argparse
import csv
import io
import os
import subprocess
import sys

for _name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ.setdefault(_name, '1')

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from scipy.sparse import hstack

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'build', 'tunemark')
STRENGTHS = (0.01, 0.1, 1, 10)
FLOORS = ('task', 'train_limit', 'split', 'metric', 'floor', 'seeds', 'score')


def rows(task, split, *more):
    """The rows of a split; none where the task has no such split, or one without labels."""
    done = subprocess.run([PROGRAM, 'rows', '--task', task, '--split', split, *more], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    said = done.stderr.decode('utf-8')
    if done.returncode == 2 and split in ('dev', 'test') and ('no such split' in said or 'to be scored' in said):
        return []
    sys.stderr.write(said)
    if done.returncode:
        sys.exit(done.returncode)
    return list(csv.DictReader(io.StringIO(done.stdout.decode('utf-8'))))


def counted(train, data):
    parts = []
    for column in ('text', 'text_b'):
        if column in train[0]:
            v = CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w[\w'-]*").fit([r[column] for r in train])
            parts.append([v.transform([r[column] for r in d]) if d else None for d in data])
    return [hstack(side).tocsr() if side[0] is not None else None for side in zip(*parts)]


def keep(path, lines):
    """Puts lines into a file of floors: its other tasks and limits stay."""
    old = []
    if os.path.exists(path):
        with open(path, newline='') as file:
            old = list(csv.DictReader(file))
    replaced = {(line['task'], line['train_limit'], line['floor']) for line in lines}
    lines += [line for line in old if (line['task'], line['train_limit'], line['floor']) not in replaced]
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
    splits = ('tune', 'dev', 'test')
    fold = ['--fold', asked.fold] if asked.fold else []
    held = [rows(asked.task, s, *fold) for s in splits]
    found = {s: [] for s in splits}
    print('task,train_limit,data_seed,train_n,strength,tune,dev,test')
    for seed in range(1, asked.seeds + 1):
        train = rows(asked.task, 'train', *fold, '--train-limit', asked.train_limit, '--data-seed', str(seed))
        x = counted(train, [train] + held)
        y = [[r['label'] for r in d] for d in [train] + held]
        best = max((LogisticRegression(C=c, max_iter=2000).fit(x[0], y[0]) for c in STRENGTHS),
                   key=lambda model: model.score(x[1], y[1]))
        scores = []
        for i, split in enumerate(splits, 1):
            if y[i]:
                found[split].append(best.score(x[i], y[i]))
            scores.append('%.4f' % found[split][-1] if y[i] else '')
        print(','.join([asked.task, asked.train_limit, str(seed), str(len(train)), '%g' % best.C] + scores), flush=True)
    if asked.csv:
        keep(asked.csv, [dict(zip(FLOORS, (asked.task, asked.train_limit, split, 'accuracy', 'bag of words',
                                           str(asked.seeds), '%.6g' % (sum(f) / len(f)))))
                         for split, f in found.items() if f])


if __name__ == '__main__':
    main()
