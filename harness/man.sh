#!/bin/sh
# usage: harness/man.sh PROGRAM FOLDER    Writes FOLDER/tunemark.1 and a page for each command, which
# help2man makes of what --help says; that of run has the options of all methods, too.
set -eu
program=$1 folder=$2
version=$("$program" --version | sed 's/,.*//; s/ with changes//')
commands=$("$program" list options | awk -F , '$4 == "operand" { print $1 }')
mkdir -p "$folder"

page() { # tunemark-run, the command line that it is about, what else to see
    summary=$($2 --help | sed -n '1s/^[^:]*: //p')
    help2man --no-info --section 1 --name "$summary" --version-string=- --source="$version" "$2" |
        awk -v page="$1" '
        /^\.TH / { sub(/ [^ ]+/, " " toupper(page)); print; print ".nh\n.ad l"; next }
        /^\.S[HS] / { section = $2 }
        section == "NAME" && sub(/^tunemark.* \\- /, "") { $0 = page " \\- " $0 }
        # What it is about stands in NAME; beside that the page of a command describes nothing.
        /^\.SH DESCRIPTION/ && page != "tunemark" || section == "DESCRIPTION" && /^tunemark[a-z ]*: / { next }
        # An example is a line, which wraps on its own; a text after them is no example.
        /^\.(PP|SH)/ { text = /^\.PP/ }
        section == "EXAMPLES" && !text && !/^\./ { print example++ ? ".IP\n" $0 : $0; next }
        { print }'
    [ "$1" != tunemark-run ] || methods
    printf '.SH "SEE ALSO"\n%s\n' "$3"
}

# What `run --method NAME --help` says of each method: a line about it, then "  --option VALUE  help", whose
# help may go on in lines of its own.
methods() {
    echo '.SH "OPTIONS OF METHODS"'
    for method in $("$program" list methods | awk '{ print $1 }'); do
        "$program" run --method "$method" --help | sed -n "/^$method: /,\$p"
    done | awk '
        { gsub(/-/, "\\-") }
        /^[^ ]/ { sub(/: /, "\n"); print ".SS " $0; next }
        match($0, /^  \\-\\-[^ ]+( [^ ]+)?  +/) {
            option = substr($0, 3, RLENGTH - 2)
            sub(/ +$/, "", option)
            print ".TP\n.B " option
            $0 = substr($0, RLENGTH)
        }
        { sub(/^ +/, ""); print }'
}

see=
for command in $commands; do
    [ "$command" = run ] && run= || run=',
.BR tunemark\-run (1)'
    page "tunemark-$command" "$program $command" ".BR tunemark (1)$run" >"$folder/tunemark-$command.1"
    see="$see${see:+,
}.BR tunemark\\-$command (1)"
done
page tunemark "$program" "$see" >"$folder/tunemark.1"
