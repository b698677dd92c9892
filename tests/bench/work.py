"""What bench.py trains: models by size, and texts of words that are as long as public ones."""
import bisect
import csv
import itertools
import json
import pathlib
import random
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUNDLED = ROOT / 'models' / 'bundled' / 'tiny'
VOCABULARY = BUNDLED / 'vocab.txt'
BATCH = 32
SIZES = {'2x128': (2, 128, 2), '4x256': (4, 256, 4), '12x768': (12, 768, 12)}  # layers, hidden, heads
TEXTS = {'sst2': 'SST-2', 'imdb': 'IMDB, cut to 128 tokens', 'len128': '128 tokens each'}
METHODS = 'full', 'lora', 'bitfit', 'adapter', 'prefix', 'head', 'feature'


def config_of(size):
    layers, hidden, heads = SIZES[size]
    config = json.loads((BUNDLED / 'config.json').read_text(encoding='utf-8'))
    return {**config, 'num_hidden_layers': layers, 'hidden_size': hidden, 'intermediate_size': 4 * hidden,
            'num_attention_heads': heads}


def model_folder(folder, size):
    """A model of that size without a checkpoint: it has initial weights. Returns its folder."""
    own = folder / 'models' / size
    own.mkdir(parents=True, exist_ok=True)
    (own / 'config.json').write_text(json.dumps(config_of(size), indent=1), encoding='utf-8')
    shutil.copy(VOCABULARY, own)
    (own / 'model.safetensors').write_bytes(struct.pack('<Q', 2) + b'{}')
    return own


def length_counts(kind):
    """(tokens, texts that have them), [CLS] and [SEP] counted."""
    if kind == 'len128':
        return [(128, 1)]
    with open(HERE / f'lengths-{kind}.csv', encoding='utf-8') as file:
        return [(int(row['tokens']), int(row['texts'])) for row in csv.DictReader(file)]


def batch_tokens(kind):
    """Of a batch, on average."""
    counts = length_counts(kind)
    return round(BATCH * sum(length * texts for length, texts in counts) / sum(texts for _, texts in counts))


def quantiles(kind, count):
    """So many lengths, from the shortest to the longest, distributed as the texts' are."""
    counts = length_counts(kind)
    upto = list(itertools.accumulate(texts for _, texts in counts))
    return [counts[bisect.bisect_left(upto, (place + 0.5) / count * upto[-1])][0] for place in range(count)]


def task_folder(folder, kind, batches):
    """A task whose texts are whole words of the vocabulary, frequent ones more often (Zipf's law).

    train.csv has its lengths in random order. sorted.csv is what a large data set sorted by length comes to:
    batches of one length each, and nothing to pad. Returns the folder and the tokens of train.csv."""
    words = [word for word in VOCABULARY.read_text(encoding='utf-8').split() if word.isascii() and word.isalpha()]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    lengths, levels, draw = quantiles(kind, BATCH * batches), quantiles(kind, batches), random.Random(1)
    draw.shuffle(lengths)
    draw.shuffle(levels)
    own = folder / 'texts' / f'{kind}-{BATCH * batches}'
    own.mkdir(parents=True, exist_ok=True)
    splits = {'train': lengths, 'tune': lengths[:4], 'dev': lengths[:8],
              'sorted': [length for length in levels for _ in range(BATCH)]}
    for split, its in splits.items():
        with open(own / f'{split}.csv', 'w', encoding='utf-8') as out:
            out.write('text,label\n')
            for number, length in enumerate(its):
                out.write(f"{' '.join(draw.choices(words, weights, k=length - 2))},{number % 2}\n")
    return own, sum(lengths)
