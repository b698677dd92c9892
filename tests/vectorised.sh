#!/bin/sh
# usage: tests/vectorised.sh COMPILER FLAG...    Compiles every source file that says "// vectorised" and
# names each such line whose loop GCC does not report as vectorised. Status 1 if any is not.
set -eu
report=$(mktemp)
trap 'rm -f "$report"' EXIT
trap 'exit 130' INT TERM
marked=$(grep -rlE --include='*.c' '// vectorised' harness methods) || exit 0
for file in $marked; do
    "$@" -fopt-info-vec-optimized -c -o /dev/null "$file"
done 2>"$report" || { cat "$report" >&2; exit 1; }
# shellcheck disable=SC2086 # file names of ours: no blanks in them
grep -nE '// vectorised' /dev/null $marked | awk -F: '
FNR == NR { if (/loop vectorized/) done[$1 ":" $2] = 1; next }
!($1 ":" $2 in done) { print $1 ":" $2 ": says vectorised; GCC does not report that it is"; wrong = 1 }
END { exit wrong }' "$report" - >&2
