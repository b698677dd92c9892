"""What is trained: models by size, and texts of words that are as long as public ones."""
import array
import bisect
import collections
import csv
import itertools
import json
import math
import pathlib
import random
import struct

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUNDLED = ROOT / 'models' / 'bundled' / 'tiny'
BATCH = 32
Size = collections.namedtuple('Size', 'layers hidden heads vocabulary')
SIZES = {'2x128': Size(2, 128, 2, 8192), '4x256': Size(4, 256, 4, 8192), '12x768': Size(12, 768, 12, 8192),
         '2x128-30k': Size(2, 128, 2, 30522)}  # BERT's vocabulary
TEXTS = {'sst2': 'SST-2', 'imdb': 'IMDB, cut to 128 tokens', 'len128': '128 tokens each'}
# How the parameters of an encoder and its layers are named.
EMBEDDINGS, QUERY, KEY = 'bert.embeddings.', 'attention.self.query.', 'attention.self.key.'
VALUE, ATTENDED, MIDDLE, OUT = 'attention.self.value.', 'attention.output.', 'intermediate.', 'output.'
HEADS = {'linear': 'the first token', 'mean': 'the mean of all tokens'}  # what they read
METHODS = 'full', 'lora', 'bitfit', 'adapter', 'prefix', 'head', 'feature'


def config_of(size):
    config = json.loads((BUNDLED / 'config.json').read_text(encoding='utf-8'))
    return {**config, 'num_hidden_layers': size.layers, 'hidden_size': size.hidden,
            'intermediate_size': 4 * size.hidden, 'num_attention_heads': size.heads, 'vocab_size': size.vocabulary}


def encoder_shapes(config):
    """Parameter -> shape, as BERT's checkpoints name them."""
    hidden, middle = config['hidden_size'], config['intermediate_size']
    shapes = {EMBEDDINGS + 'word_embeddings.weight': (config['vocab_size'], hidden),
              EMBEDDINGS + 'position_embeddings.weight': (config['max_position_embeddings'], hidden),
              EMBEDDINGS + 'token_type_embeddings.weight': (config['type_vocab_size'], hidden)}
    norms, linears = [EMBEDDINGS], {}
    for layer in range(config['num_hidden_layers']):
        at = f'bert.encoder.layer.{layer}.'
        norms += [at + ATTENDED, at + OUT]
        linears.update({at + name: (hidden, hidden) for name in (QUERY, KEY, VALUE, ATTENDED + 'dense.')})
        linears[at + MIDDLE + 'dense.'] = middle, hidden
        linears[at + OUT + 'dense.'] = hidden, middle
    shapes.update({f'{at}LayerNorm.{part}': (hidden,) for at in norms for part in ('weight', 'bias')})
    shapes.update({at + 'weight': shape for at, shape in linears.items()})
    shapes.update({at + 'bias': shape[:1] for at, shape in linears.items()})
    return shapes


def vocabulary(count):
    """The bundled words, and made-up ones up to so many."""
    words = (BUNDLED / 'vocab.txt').read_text(encoding='utf-8').splitlines()
    letters = str.maketrans('0123456789', 'ghijklmnop')
    return words + ['q' + format(number, 'x').translate(letters) for number in range(count - len(words))]


def model_folder(folder, name, size):
    """A model of that size without a checkpoint: it has initial weights. Returns its folder."""
    own = folder / 'models' / name
    own.mkdir(parents=True, exist_ok=True)
    (own / 'config.json').write_text(json.dumps(config_of(size), indent=1), encoding='utf-8')
    (own / 'vocab.txt').write_text('\n'.join(vocabulary(size.vocabulary)) + '\n', encoding='utf-8')
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


def write_split(path, lengths, words, weights, draw):
    with open(path, 'w', encoding='utf-8') as out:
        out.write('text,label\n')
        for number, length in enumerate(lengths):
            out.write(f"{' '.join(draw.choices(words, weights, k=length - 2))},{number % 2}\n")


def words_of(count):
    """Whole words of a vocabulary and how often each is drawn (Zipf's law)."""
    words = [word for word in vocabulary(count) if word.isascii() and word.isalpha()]
    return words, [1 / rank for rank in range(1, len(words) + 1)]


def task_folder(folder, kind, batches, vocabulary_size):
    """A task whose texts are whole words of the vocabulary, frequent ones more often.

    train.csv has its lengths in random order. sorted.csv is what a large data set sorted by length comes to:
    batches of one length each, and nothing to pad. Returns the folder and the tokens of train.csv."""
    words, weights = words_of(vocabulary_size)
    lengths, levels, draw = quantiles(kind, BATCH * batches), quantiles(kind, batches), random.Random(1)
    draw.shuffle(lengths)
    draw.shuffle(levels)
    own = folder / 'texts' / f'{kind}-{BATCH * batches}-{vocabulary_size}'
    own.mkdir(parents=True, exist_ok=True)
    splits = {'train': lengths, 'tune': lengths[:4], 'dev': lengths[:8],
              'sorted': [length for length in levels for _ in range(BATCH)]}
    for split, its in splits.items():
        write_split(own / f'{split}.csv', its, words, weights, draw)
    return own, sum(lengths)


# ---- what scale.py trains: checkpoints with weights, and texts of one length

def checkpoint_folder(folder, name, size):
    """A model of that size with a checkpoint: to draw weights anew for each run would take longer than its steps.
    Weights are 2^16 normal numbers over and over, from another place on for each tensor. Returns its folder."""
    own = folder / 'models' / name
    if (own / 'model.safetensors').exists():
        return own
    config, draw, entries, end = config_of(size), random.Random(1), {}, 0
    shapes = encoder_shapes(config)
    for tensor, shape in shapes.items():
        entries[tensor] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [end, end + 4 * math.prod(shape)]}
        end += 4 * math.prod(shape)
    normal = array.array('f', (draw.gauss(0, 0.02) for _ in range(1 << 16))) * 2
    header = json.dumps(entries).encode()
    header += b' ' * (-len(header) % 8)
    model_folder(folder, name, size)
    with open(own / 'part', 'wb') as out:
        out.write(struct.pack('<Q', len(header)) + header)
        for tensor, shape in shapes.items():
            count = math.prod(shape)
            for start in range(0, count, 1 << 16):
                part = min(count - start, 1 << 16)
                first = 0 if start else draw.randrange(1 << 16)
                ones = tensor.endswith('LayerNorm.weight')
                (array.array('f', [1]) * part if ones else normal[first:first + part]).tofile(out)
    (own / 'part').rename(own / 'model.safetensors')
    return own


def texts_folder(folder, length, count, vocabulary_size):
    """A task of so many texts of `length` tokens; what is scored is short. Returns its folder."""
    own = folder / 'texts' / f'{length}x{count}-{vocabulary_size}'
    words, weights = words_of(vocabulary_size)
    own.mkdir(parents=True, exist_ok=True)
    for split, its in {'train': [length] * count, 'tune': [8] * 2, 'dev': [8] * 2}.items():
        write_split(own / f'{split}.csv', its, words, weights, random.Random(1))
    return own
