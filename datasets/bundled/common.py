"""What all generators share: chance, word lists with a held-out part, templates, CSV.

Only random() of Python's generator is used, which Python keeps the same from
version to version, so a seed gives the same files everywhere.
"""
import csv
import os
import random
import re
import sys
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20240
SPLITS = ('train', 'dev', 'test', 'tune')     # in the order of drawing: tune is last, the others do not depend on it
TASKS = ('reviews', 'reviews-hard', 'topics', 'entail', 'similarity')
Row = namedtuple('Row', 'text text_b label kind frame')


class Chance:
    """A stream of random draws named by its seed."""

    def __init__(self, *names):
        self._next = random.Random('/'.join(str(n) for n in (SEED,) + names)).random

    def below(self, n):
        return int(self._next() * n)

    def yes(self, share):
        return self._next() < share

    def pick(self, items):
        return items[self.below(len(items))]

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def sample(self, items, n):
        return self.shuffled(items)[:n]


class Words:
    """A word list cut in two: `seen` serves every split, `held` only dev and test.

    tune: words that only the split tune shows, as many as are held, so that
    tune is to train what dev is, and shares no new word with dev or test.
    """

    def __init__(self, items, held_share, *names, tune=()):
        items = sorted(set(items))
        held = int(round(len(items) * held_share))
        order = Chance('words', *names).shuffled(items)
        self.held, self.seen, self.tune = order[:held], order[held:], list(tune)
        self.names = names

    def new(self, split):
        """The words that `split` may show and train does not."""
        return [] if split == 'train' else self.tune if split == 'tune' else self.held

    def draw(self, chance, split, new_share):
        """new_share: how often tune, dev and test take a word that train never shows."""
        new = self.new(split)
        if new and chance.yes(new_share):
            return chance.pick(new)
        return chance.pick(self.seen)


def words(text):
    """'a, b; c' -> ['a', 'b', 'c']: lists are written as prose, split at commas and line ends."""
    return [w.strip() for w in re.split(r'[,\n]', text) if w.strip()]


def fill(template, slot):
    """Replaces each {name} by slot(name), from left to right."""
    return re.sub(r'\{([^{}]+)\}', lambda m: slot(m.group(1)), template)


AN = re.compile(r'\b([Aa])\* (\W?)(\w+)(-?)')
SOUNDS_LIKE_CONSONANT = re.compile(r'(uni[^nm]|us[abeu]|eu|one|once|ut[ei]|ubi)', re.I)
SILENT_H = re.compile(r'(hour|hones|honou?r|heir|X-)', re.I)


def polish(text):
    """Writes a* as a or an, starts sentences with a capital, tidies spaces."""
    def article(m):
        word = m.group(3) + m.group(4)
        vowel = (word[0] in 'aeiouAEIOU' and not SOUNDS_LIKE_CONSONANT.match(word)) or SILENT_H.match(word)
        return '%s%s %s%s' % (m.group(1), 'n' if vowel else '', m.group(2), word)
    text = AN.sub(article, re.sub(r'\s+', ' ', text).strip().replace(' .', '.'))
    return re.sub(r'(^|[.!?] )([a-z])', lambda m: m.group(1) + m.group(2).upper(), text)


def asked(names):
    """The tasks that a command line names; all where it names none."""
    for name in names:
        if name not in TASKS:
            print("%s: task '%s' is unknown; should be one of %s" % (os.path.basename(sys.argv[0]), name, ', '.join(TASKS)),
                  file=sys.stderr)
            sys.exit(2)
    return names or TASKS


def make(sizes, labels, draw):
    """Rows by split: draw(split, label) is asked until each label has its share of new texts."""
    seen, out = set(), {}
    for split in SPLITS:
        rows = []
        for label in labels:
            wanted = sizes[split] // len(labels)
            tries = 0
            while wanted:
                tries += 1
                if tries > 200 * sizes[split]:
                    raise RuntimeError('too few different texts for %s %s' % (split, label))
                row = draw(split, label)
                if row is None:
                    continue
                key = (row.text.lower(), (row.text_b or '').lower())
                if key not in seen:
                    seen.add(key)
                    rows.append(row)
                    wanted -= 1
        out[split] = Chance('order', split).shuffled(rows)
    return out


def read(task, split, folder=HERE):
    """The rows of a file as (text, text_b or None, label or score)."""
    with open(os.path.join(folder, task, split + '.csv'), encoding='utf-8', newline='') as f:
        rows = csv.reader(f, strict=True)
        header = next(rows)
        return [(r[0], r[1] if len(header) == 3 else None, r[-1]) for r in rows]


def write(name, splits, pairs=False, target='label', kinds=False):
    """NAME/train.csv, tune.csv, dev.csv, test.csv (quoting of RFC 4180, UTF-8, lines end in LF)."""
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    for split, rows in splits.items():
        with open(os.path.join(folder, split + '.csv'), 'w', encoding='utf-8', newline='') as f:
            out = csv.writer(f, lineterminator='\n')
            out.writerow(['text', 'text_b', target] if pairs else ['text', target])
            for r in rows:
                out.writerow([r.text, r.text_b, r.label] if pairs else [r.text, r.label])
    if kinds:
        with open(os.path.join(folder, 'kinds.csv'), 'w', encoding='utf-8', newline='') as f:
            out = csv.writer(f, lineterminator='\n')
            out.writerow(['split', 'row', 'kind'])
            for split, rows in splits.items():
                out.writerows([split, i + 1, r.kind] for i, r in enumerate(rows))
    print(name, ' '.join('%s %d' % (s, len(splits[s])) for s in SPLITS))
