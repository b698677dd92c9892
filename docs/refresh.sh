#!/bin/sh
# usage: docs/refresh.sh [--check] FILE.md...    Runs the commands that a page shows, from the root and
# with build/ in front of PATH, and puts what they print in place of what stood there: each "$ command"
# of a console block, and each <!-- $ command --> whose output, as a table, goes up to <!-- end -->.
# With --check nothing is written: status 1 if a file would change.
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
    function run(command) {
        print
        fflush()
        if (system(command) != 0)
            exit 1
    }
    /^```console$/ { inside = 1 }
    inside && /^```$/ { inside = 0 }
    inside && /^\$ / { run(substr($0, 3)); next }
    /^<!-- end -->$/ { marked = 0 }
    /^<!-- \$ .* -->$/ { run(substr($0, 8, length($0) - 11)); marked = 1; next }
    !marked && (!inside || /^```console$/)
    END { if (marked) exit 1 }' "$file" >"$new" || {
        echo "refresh.sh: $file: a command failed, or <!-- end --> is missing behind one" >&2
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
