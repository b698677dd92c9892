#!/bin/sh
# usage: docs/unlink.sh FOLDER PAGE...    In pages of FOLDER, a part of this tree that is installed
# somewhere, makes their text of links, and of figures, that lead to no file there.
set -eu
cd "$1"
shift
for page; do
    text=$(cd "$(dirname "$page")" && awk '
    /^ *```/ { code = !code }
    !code && /^<img / && !there($0, "src=\"", "\"") { $0 = between($0, "alt=\"", "\"") "." }
    {
        for (rest = $0; !code && match(rest, /`[^`]*`|!?\[([^][`]|`[^`]*`)*\]\([^)]*\)/); ) {
            found = substr(rest, RSTART, RLENGTH)
            printf "%s", substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            printf "%s", found ~ /^`/ || there(found, "](", ")") ? found : between(found, "[", "](")
        }
        print code ? $0 : rest
    }
    function between(text, from, to) {
        text = substr(text, index(text, from) + length(from))
        return substr(text, 1, index(text, to) - 1)
    }
    function there(text, from, to) {
        text = between(text, from, to)
        sub(/#.*/, "", text)
        return text == "" || text ~ /^[a-z]+:/ || system("[ -e '\''" text "'\'' ]") == 0
    }' "${page##*/}")
    printf '%s\n' "$text" >"$page"
done
