#!/usr/bin/env python3
"""Dicts of tensors as torch.save writes them, for tests/test_torch.c.

    tests/torch_files.py FOLDER [MODEL]

Writes FOLDER/views-zip.bin and FOLDER/views-legacy.bin: a few tensors with made-up numbers, one of
each kind that the reader must tell apart. They are committed as seeds (tests/fuzz/seeds/torch), made
by Debian 12's python3-torch 1.13.1. With MODEL, a folder with model.safetensors, also its tensors as
FOLDER/zip/pytorch_model.bin and FOLDER/legacy/pytorch_model.bin, with config.json.
"""
import collections
import json
import os
import shutil
import struct
import sys

import torch

TYPES = {'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16, 'I64': torch.int64}


def numbers(count, kind):
    return (torch.arange(count, dtype=torch.float32) / 4 - 1).to(kind)


def views():
    shared = numbers(12, torch.float32)
    of = collections.OrderedDict()
    of['embeddings.word.weight'] = shared[:6].reshape(3, 2)
    of['decoder.weight'] = of['embeddings.word.weight']
    of['rest.bias'] = shared[9:]
    of['every.third'] = shared[1::3]
    of['query.weight'] = numbers(6, torch.float16).reshape(3, 2).t()
    of['LayerNorm.gamma'] = torch.nn.Parameter(numbers(2, torch.bfloat16))
    of['scale'] = torch.tensor(0.5)
    of['empty'] = torch.zeros(0, 3)
    of['position_ids'] = torch.arange(4).expand((1, -1))
    of._metadata = {'': {'version': 1}}
    return of


def model(path):
    with open(os.path.join(path, 'model.safetensors'), 'rb') as file:
        data = file.read()
    length, = struct.unpack('<Q', data[:8])
    of = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != '__metadata__':
            begin, end = (8 + length + at for at in entry['data_offsets'])
            raw = torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[entry['dtype']])
            of[name] = raw.reshape(entry['shape'])
    for name in list(of):
        if name.endswith('query.weight'):  # as of a TensorFlow checkpoint, whose kernels are turned
            of[name] = of[name].t().contiguous().t()
        elif name.endswith('LayerNorm.bias'):
            of[name.replace('bias', 'beta')] = of.pop(name)
    return of


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for kind in 'zip', 'legacy':
        how = {'_use_new_zipfile_serialization': kind == 'zip'}
        torch.save(views(), os.path.join(folder, f'views-{kind}.bin'), **how)
        for path in sys.argv[2:]:
            os.makedirs(os.path.join(folder, kind), exist_ok=True)
            torch.save(model(path), os.path.join(folder, kind, 'pytorch_model.bin'), **how)
            shutil.copy(os.path.join(path, 'config.json'), os.path.join(folder, kind))


main()
