#!/usr/bin/env python3
"""Holds the schemas for programs against what they describe.

    tests/schemas.py [PROGRAM]

results/schema.json (Frictionless Table Schema): every committed row of results/reference.
results/specs/schema.json (JSON Schema): every committed spec is right, and of the specs below both the
schema and the program take the right ones and refuse the wrong ones. Status 1 where something differs.
"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = 'name: s\nmodels: [tiny]\ntasks: [reviews]\n'
HEAD = BEGIN + 'methods: [head]\n'
RIGHT = [
    HEAD,
    HEAD + 'seeds: [3, 7]\nstudy: 1.5\n',
    HEAD + 'train: {min-steps: 5, head_lr: 1e-3, recompute: yes, head: mean}\n',
    HEAD + 'train: {max_memory: 200MB, frozen_dtype: int8}\n',
    HEAD + 'train: {max_memory: 40M}\n',
    HEAD + 'train: {max_memory: 1.5 GiB}\n',
    HEAD + 'search: {trials: 4, seed: 9}\n',
    HEAD + 'search:\ntrain:\n',
    BEGIN + 'methods: [null, head]\n',
    BEGIN + 'methods: lora\n',
    BEGIN + 'methods:\n  null:\n  lora: {lora.rank: [4, 8], targets: q+v, dropout: 0.1, lr: 0.01}\n',
    BEGIN + 'methods: {adapter: {init-sd: 0.02, size: auto}, dora: {targets: all, rslora: true}}\n',
    'name: s\nmodels: tiny\ntasks: {reviews: {epochs: [20, 30]}}\nmethods: {prefix: {prefix.init_sd: 0.5}}\n',
]
WRONG = [
    '[]\n',
    BEGIN,
    HEAD + 'modles: [tiny]\n',
    HEAD + 'name-2: s\n',
    'name: a/b\nmodels: [tiny]\ntasks: [reviews]\nmethods: [head]\n',
    'name: s\nmodels: {tiny: }\ntasks: [reviews]\nmethods: [head]\n',
    'name: s\nmodels: []\ntasks: [reviews]\nmethods: [head]\n',
    'name: s\nmodels: [tiny, tiny]\ntasks: [reviews]\nmethods: [head]\n',
    'name: s\nmodels: [tiny]\ntasks: {reviews: 3}\nmethods: [head]\n',
    'name: s\nmodels: [tiny]\ntasks: {reviews: {rank: 3}}\nmethods: [head]\n',
    BEGIN + 'methods: [lroa]\n',
    BEGIN + 'methods: {lroa: }\n',
    BEGIN + 'methods: {lora: {rank: 0}}\n',
    BEGIN + 'methods: {lora: {lora.rank: 0}}\n',
    BEGIN + 'methods: {lora: {rank: 4.5}}\n',
    BEGIN + 'methods: {lora: {rank: []}}\n',
    BEGIN + 'methods: {lora: {rank: [4, 0]}}\n',
    BEGIN + 'methods: {lora: {targets: q+x}}\n',
    BEGIN + 'methods: {lora: {dropout: 1}}\n',
    BEGIN + 'methods: {lora: {length: 4}}\n',
    BEGIN + 'methods: {lora: {full.embeddings: no}}\n',
    BEGIN + 'methods: {prefix: {reparam: mpl}}\n',
    HEAD + 'train: 3\n',
    HEAD + 'train: {epochs: -1}\n',
    HEAD + 'train: {epochs: }\n',
    HEAD + 'train: {min-steps: many}\n',
    HEAD + 'train: {epcohs: 1}\n',
    HEAD + 'train: {seed: 1}\n',
    HEAD + 'train: {out: x}\n',
    HEAD + 'train: {recompute: maybe}\n',
    HEAD + 'train: {max_memory: 200XB}\n',
    HEAD + 'train: {max_memory: 40Mi}\n',
    HEAD + 'train: {dropout: 1}\n',
    HEAD + 'seeds: 0\n',
    HEAD + 'seeds: []\n',
    HEAD + 'seeds: [1, x]\n',
    HEAD + 'seeds: [2, 2]\n',
    HEAD + 'search: 8\n',
    HEAD + 'search: {trials: 9}\n',
    HEAD + 'search: {trails: 8}\n',
    HEAD + 'search: {from: results/x, trials: 8}\n',
]


def complain(text):
    print(f'schemas.py: {text}', file=sys.stderr)
    complain.status = 1


complain.status = 0
CASTS = {'string': str, 'integer': int, 'number': float}


def within(value, limits):
    return not ('minimum' in limits and not limits['minimum'] <= value <= limits['maximum'])


def check_rows(path, schema):
    with open(path, encoding='utf-8', newline='') as file:
        rows = csv.reader(file)
        names, keys = next(rows), set()
        if names != [field['name'] for field in schema['fields']]:
            complain(f'{path}: has other columns than the schema')
            return
        for row in rows:
            for field, cell in zip(schema['fields'], row, strict=True):
                limits = field.get('constraints', {})
                among = limits.get('enum')
                try:
                    right = cell in schema['missingValues'] or within(CASTS[field['type']](cell), limits)
                except ValueError:
                    right = False
                if not right or (cell and among and cell not in among):
                    complain(f"{path}:{rows.line_num}: {field['name']}: '{cell}'; should be {among or limits or field['type']}")
            key = tuple(row[names.index(name)] for name in schema['primaryKey'])
            if key in keys:
                complain(f'{path}:{rows.line_num}: key {key[0]} stands twice')
            keys.add(key)


def loader():
    """Of YAML 1.2 (core schema), as editors read a spec: yes and no are texts, 1e-3 is a number."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {}

    for tag, pattern, first in [
            ('null', r'~|null|Null|NULL|', ['~', 'n', 'N', '']),
            ('bool', r'true|True|TRUE|false|False|FALSE', list('tTfF')),
            ('int', r'[-+]?[0-9]+', list('-+0123456789')),
            ('float', r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?', list('-+.0123456789'))]:
        Loader.add_implicit_resolver(f'tag:yaml.org,2002:{tag}', re.compile(f'^({pattern})$'), first)
    return lambda text: json.loads(json.dumps(yaml.load(text, Loader)))  # keys become texts


def check_specs(program):
    try:
        import jsonschema
        read = loader()
    except ImportError as missing:
        print(f'schemas.py: skipped the specs: no Python module {missing.name}', file=sys.stderr)
        return
    with open(ROOT / 'results/specs/schema.json', encoding='utf-8') as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted(ROOT.glob('results/specs/*.yaml')):
        for error in validator.iter_errors(read(path.read_text(encoding='utf-8'))):
            complain(f'{path.name}: {error.json_path}: {error.message}')
    with tempfile.TemporaryDirectory() as folder:
        for text, right in [(text, True) for text in RIGHT] + [(text, False) for text in WRONG]:
            path = pathlib.Path(folder) / 'spec.yaml'
            path.write_text(text, encoding='utf-8')
            said = subprocess.run([program, 'sweep', path, '--commands', '--out', folder], check=False,
                                  capture_output=True, text=True)
            for who, takes in [('the schema', validator.is_valid(read(text))), (program, said.returncode == 0)]:
                if takes != right:
                    complain(f"{who} {'takes' if takes else 'refuses'} {text!r} {said.stderr}")


def main():
    with open(ROOT / 'results/schema.json', encoding='utf-8') as file:
        schema = json.load(file)
    paths = sorted(ROOT.glob('results/reference/**/runs.csv'))
    if not paths:
        complain('no rows in results/reference')
    for path in paths:
        check_rows(path, schema)
    check_specs(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / 'build/tunemark'))
    return complain.status


if __name__ == '__main__':
    sys.exit(main())
