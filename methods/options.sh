#!/bin/sh
# usage: methods/options.sh FILE.c...    Refuses a table of options without OPTION_END: whoever walks
# it would read on behind it.
set -eu
awk '
/const Option .*\{/ { table = FILENAME ":" FNR }
/OPTION_END/ { table = "" }
/\};/ && table {
    print table ": a table of options has no end; should be OPTION_END, as its last line" | "cat >&2"
    table = ""
    wrong = 1
}
END { exit wrong }' "$@"
