"""Figures in the one look of plots/: what its gnuplot files are told, as harness/report/page.c tells them."""
import os
import subprocess
import sys

from work import ROOT

WIDTH, MARGIN, LEGEND = 830, 12, 78  # in points, from the left and from the top


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def array(name, values):
    yield f'array {name}[{max(1, len(values))}]'
    yield from (f'{name}[{number}] = {value}' for number, value in enumerate(values, 1))


def page(path, kind, height, title, captions, entries):
    """Title, captions and legend. An entry is (kind, line type, text), page.gp says which kinds there are."""
    yield f'kind = {quoted(kind)}; out = {quoted(path)}; plots = {quoted(ROOT / "plots")}'
    yield f"width = {WIDTH}; height = {height}; uses = 0; array used[1]; load plots.'/style.gp'"
    yield f'page_title = {quoted(title)}; captions = {len(captions)}; entries = {len(entries)}'
    yield from array('caption', list(map(quoted, captions)))
    yield from array('entry_kind', [how for how, _, _ in entries])
    yield from array('entry_style', [style for _, style, _ in entries])
    yield from array('entry_setting', [0 for _ in entries])
    yield from array('entry_text', [quoted(text) for _, _, text in entries])
    places = [MARGIN + sum(46 + 5.5 * len(text) for _, _, text in entries[:n]) for n in range(len(entries))]
    yield from array('entry_x', [x / WIDTH for x in places])
    yield from array('entry_y', [1 - LEGEND / height] * len(entries))
    yield "load plots.'/page.gp'"


def box(x, y, wide, high, height):
    """A panel's place."""
    return (f'left = {x / WIDTH}; right = {(x + wide) / WIDTH}; top = {1 - y / height}; '
            f'bottom = {1 - (y + high) / height}')


def draw(script, path):
    """path.svg and path.png of what script(file, kind) yields."""
    for kind in 'svg', 'png':
        text = '\n'.join(script(path.with_name(f'{path.name}.{kind}'), kind))
        done = subprocess.run(['gnuplot', '--default-settings'], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding='utf-8', check=False,
                              env={**os.environ, 'LC_ALL': 'C.UTF-8'})
        if done.returncode or done.stdout.strip():
            sys.exit(f'bench: gnuplot: {done.stdout.strip()}')
