#!/bin/sh
# usage: tests/links.sh [FOLDER]    Reads every page (*.md) of this folder, or of another, and names each
# link to a file that is not there, and each to a heading that its page does not have. Links to other
# sites are left alone. Status 1 if any is.
set -eu
cd "${1:-.}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tab=$(printf '\t')
pages=$(find . \( -path ./build -o -path ./data -o -path ./checkpoints -o -path ./.git \) -prune -o -name '*.md' -print)
# shellcheck disable=SC2086 # file names of ours: no blanks in them
awk -v headings="$work/headings" '
function anchor(heading) { # as GitHub makes it of a heading in ASCII
    heading = tolower(heading)
    gsub(/\]\([^)]*\)|[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}
FNR == 1 { code = 0; folder = FILENAME; sub(/[^\/]*$/, "", folder) }
/^ *```/ { code = !code }
code { next }
/^##* / {
    name = FILENAME "#" anchor(substr($0, index($0, " ") + 1))
    print name (there[name]++ ? "-" there[name] - 1 : "") >headings
}
{
    gsub(/`[^`]*`/, "")
    for (rest = $0; match(rest, /\]\([^)]*\)/); rest = substr(rest, RSTART + RLENGTH)) {
        link = substr(rest, RSTART + 2, RLENGTH - 3)
        if (link ~ /^[a-z]+:/)
            continue
        path = link ~ /^#/ ? FILENAME : folder link
        sub(/#.*/, "", path)
        while (sub(/[^\/.]+\/\.\.\//, "", path)) { }
        print FILENAME ":" FNR "\t" link "\t" path (link ~ /#/ ? "\t" path substr(link, index(link, "#")) : "")
    }
}' $pages >"$work/links"
status=0
while IFS=$tab read -r at link path heading; do
    if [ ! -e "$path" ]; then
        echo "$at: ($link) leads to no file" >&2
    elif [ "$heading" ] && ! grep -qxF -- "$heading" "$work/headings"; then
        echo "$at: ($link) leads to no heading of ${heading%%#*}" >&2
    else
        continue
    fi
    status=1
done <"$work/links"
exit "$status"
