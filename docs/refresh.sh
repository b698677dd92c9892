#!/bin/sh
# usage: docs/refresh.sh [--check] FILE.md...    Runs each "$ command" of a file's console blocks, from
# the root and with build/ in front of PATH, and writes what it prints behind it in place of what stood
# there. With --check nothing is written: status 1 if a file would change.
set -eu
check=
if [ "${1:-}" = --check ]; then
    check=yes
    shift
fi
PATH="$PWD/build:$PATH"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
trap 'exit 130' INT TERM
status=0
for file; do
    awk '
    /^```console$/ { inside = 1 }
    inside && /^```$/ { inside = 0 }
    inside && /^\$ / { print; fflush(); if (system(substr($0, 3)) != 0) exit 1; next }
    !inside || /^```console$/' "$file" >"$new" || {
        echo "refresh.sh: $file: a command failed" >&2
        exit 1
    }
    cmp -s "$new" "$file" && continue
    if [ "$check" ]; then
        echo "refresh.sh: $file is not what its commands print; should be as by: make docs" >&2
        status=1
    else
        cat "$new" >"$file"
    fi
done
exit "$status"
