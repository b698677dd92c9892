#!/usr/bin/env python3
"""The lengths of public texts as bench.py draws them, so that it needs none of the texts.

    TUNEMARK_DATA=folder tests/bench/lengths.py [sst2] [imdb]

Writes tests/bench/lengths-NAME.csv: a number of tokens, [CLS] and [SEP] counted, and how many training
texts have it, by the vocabulary of models/bundled/tiny, cut to 128 tokens. SST-2: the training rows as
`tunemark rows` gives them. IMDB: the 25,000 texts of aclImdb/train in a folder imdb of TUNEMARK_DATA.
"""
import collections
import csv
import io
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent.parent / 'build' / 'tunemark'


def tunemark(*words, text=None):
    done = subprocess.run([PROGRAM, *words], input=text, stdout=subprocess.PIPE, encoding='utf-8')
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def sst2():
    return [row['text'] for row in csv.DictReader(io.StringIO(tunemark('rows', '--task', 'sst2')))]


def imdb():
    for folder in os.environ.get('TUNEMARK_DATA', '').split(':'):
        files = sorted(pathlib.Path(folder, 'imdb', 'aclImdb', 'train').glob('[np][eo][gs]/*.txt'))
        if files:
            return [file.read_text(encoding='utf-8') for file in files]
    sys.exit('lengths.py: imdb/aclImdb/train is not found; should be in a folder of TUNEMARK_DATA')


SOURCES = {'sst2': sst2, 'imdb': imdb}


def main():
    for name in sys.argv[1:] or SOURCES:
        if name not in SOURCES:
            sys.exit(f"lengths.py: '{name}' is unknown; should be {' or '.join(SOURCES)}")
        texts = [' '.join(text.split()) for text in SOURCES[name]()]
        ids = tunemark('tokens', '--ids', '--max-length', '128', text='\n'.join(texts) + '\n').splitlines()
        if len(ids) != len(texts):
            sys.exit(f'lengths.py: {name}: {len(texts)} texts, but {len(ids)} lines of tokens')
        count = collections.Counter(len(line.split()) for line in ids)
        with open(HERE / f'lengths-{name}.csv', 'w', encoding='utf-8') as out:
            out.write('tokens,texts\n')
            out.writelines(f'{length},{count[length]}\n' for length in sorted(count))


main()
