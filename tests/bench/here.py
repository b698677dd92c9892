"""This program's side, by its command line, and what measuring takes on either side."""
import csv
import os
import pathlib
import shutil
import subprocess
import sys

from report import fma_peak, read, write
from work import ROOT


def stop(message, status):
    print(f'bench: {message}', file=sys.stderr)
    sys.exit(status)


def tell(message):
    print(message, file=sys.stderr, flush=True)


class Run:
    """A `tunemark run` that goes on, in a folder of its own."""

    def __init__(self, program, out, *words):
        shutil.rmtree(out, ignore_errors=True)
        self.out, self.command = out, list(map(str, [program, 'run', '--out', out, *words]))
        self.child = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)

    def row(self):
        """Waits. The row, as a dictionary of texts."""
        if self.child.wait():
            stop(f'status {self.child.returncode} of: {" ".join(self.command)}', 1)
        row, = (self.out / 'rows').glob('*.csv')
        return read(row)[0]

    def _beside(self, folder):
        """What else the run wrote; after row()."""
        path, = (self.out / folder).glob('*.csv')
        return read(path)

    def curve(self):
        """The points of the loss's curve."""
        return self._beside('curves')

    def profile(self):
        """Its nodes; where --profile is among its words."""
        return self._beside('profiles')


def warn_of_surroundings():
    for name in 'OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE':
        if name in os.environ:
            tell(f'bench: {name} is set: these are not the speeds of this machine')
    if os.getloadavg()[0] > 0.5:
        tell(f'bench: the machine is busy (load average {os.getloadavg()[0]:.1f}): do not believe these seconds')


def about_here(row):
    return {'machine': f"{row['cpu']}, {row['cores']} cores",
            'tunemark': f"{row['commit']}{' with changes' if row['dirty'] == 'yes' else ''}, {row['blas']} "
                        f"{row['blas_core']}, {row['compiler']}, {row['flags']}"}


def write_about(folder, lines):
    write(folder / 'about.csv', ('name', 'value'), [{'name': n, 'value': v} for n, v in lines.items()])


def turns(sides, rounds):
    """(round, side) in turn, every second round backwards: A B B A."""
    for number in range(rounds):
        for side in sides if number % 2 == 0 else sides[::-1]:
            yield number, side


def limits_now(program, steps):
    """Those of a core; or, where there are any, of steps of these (tokens, hidden)."""
    shapes = dict.fromkeys(f'{tokens}x{hidden}x{4 * hidden}' for tokens, hidden in steps)
    done = subprocess.run([program, *shapes], stdout=subprocess.PIPE, encoding='utf-8', check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return list(csv.DictReader(done.stdout.splitlines()))


def limits(program, folder, steps=()):
    """limits.csv of a core and these steps; where it is there, what is higher now replaces what was lower then.
    Returns FMA's peak in GFLOP/s."""
    rows, path = limits_now(program, []) + (limits_now(program, steps) if steps else []), folder / 'limits.csv'
    for row, before in zip(rows, read(path) if path.exists() else []):
        row['best'] = max(row['best'], before['best'], key=float)
    write(path, rows[0].keys(), rows)
    return fma_peak(rows)


def program_options(parser):
    parser.add_argument('--program', type=pathlib.Path, default=ROOT / 'build' / 'tunemark', help='build/tunemark')
    parser.add_argument('--limits', type=pathlib.Path, default=ROOT / 'build' / 'gcc' / 'limits',
                        help='build/gcc/limits')
