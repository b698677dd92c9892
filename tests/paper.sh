#!/bin/sh
# usage: tests/paper.sh [FILE]    Refuses a number typed by hand into paper/paper.tex: every number of
# its text is \num{key}, from paper/generate.sh. Status 1, with file and line, where
#
#   a digit stands in running text other than in a name (SST-2, int8: a letter comes before it),
#   a formula has a decimal point, or one within a line more than one digit together,
#   a command of the preamble brings digits in by a name of its own (lengths and #1 apart).
#
# Free are comments, whole numbers of displayed equations, and what cites, refers, loads or chooses a key.
set -eu
file=${1:-paper/paper.tex}
awk -v file="$file" '
function blank(text) { gsub(/[^\n]/, " ", text); return text }
function clear(start, length_of) { # in body, keeping the lines
    body = substr(body, 1, start - 1) blank(substr(body, start, length_of)) substr(body, start + length_of)
}
function cut_display(from, to,    i, j, long, formula) {
    while (i = index(body, from)) {
        j = index(substr(body, i + length(from)), to)
        long = j ? length(from) + j - 1 + length(to) : length(body) - i + 1
        formula = substr(body, i, long)
        while (match(formula, /[0-9]*\.[0-9]+/)) {
            complain(i + RSTART, "\"" substr(formula, RSTART, RLENGTH) "\"")
            formula = substr(formula, 1, RSTART - 1) blank(substr(formula, RSTART, RLENGTH)) substr(formula, RSTART + RLENGTH)
        }
        clear(i, long)
    }
}
function cut_all(regex) { while (match(body, regex)) clear(RSTART, RLENGTH) }
function complain(at, what,    before) {
    before = substr(body, 1, at)
    printf "%s:%d: %s is a number typed by hand; should be \\num{key} of paper/generate.sh\n", file,
        gsub(/\n/, "", before) + 1, what
    wrong = 1
}
function refuse_all(regex) {
    while (match(body, regex)) {
        complain(RSTART, "\"" substr(body, RSTART, RLENGTH) "\"")
        clear(RSTART, RLENGTH)
    }
}
{ gsub(/\\%/, "  "); sub(/%.*/, ""); gsub(/\\\$/, "  "); text = text $0 "\n" }
END {
    start = index(text, "\\begin{document}")
    if (!start) { printf "%s: has no \\begin{document}\n", file; exit 1 }
    body = substr(text, 1, start - 1)
    cut_all("\\[[^]]*\\]")
    cut_all("#[0-9]")
    cut_all("[0-9.]+(pt|mm|em)")
    refuse_all("[0-9][0-9.,]*")
    body = blank(substr(text, 1, start - 1)) substr(text, start)
    n = split("equation align gather", display, " ")
    for (i = 1; i <= n; i++) cut_display("\\begin{" display[i] "}", "\\end{" display[i] "}")
    cut_display("\\[", "\\]")
    cut_all("\\\\(num|cite[a-z]*|ref|eqref|label|input|includegraphics|begin|end|ifrun|ifrows|there|bibliography)(\\[[^]]*\\])?\\{[^}]*\\}")
    cut_all("\\\\setlength\\{[^}]*\\}\\{[^}]*\\}")
    cut_all("\\\\seetable\\{[^}]*\\}\\{[^}]*\\}")
    cut_all("\\\\sweeptable\\{[^}]*\\}\\{[^}]*\\}\\{[^}]*\\}")
    rest = body
    while (match(body, /\$[^$]*\$/)) { # mathematics within a line
        at = RSTART; long = RLENGTH
        formula = substr(body, at, long)
        if (match(formula, /[0-9][0-9]+|[0-9]*\.[0-9]+/)) complain(at, "\"" substr(formula, RSTART, RLENGTH) "\"")
        clear(at, long)
    }
    cut_all("[A-Za-z][A-Za-z]*(-?[A-Za-z]*[0-9]+)+")
    refuse_all("[0-9][0-9.,]*")
    exit wrong
}' "$file" >&2
