#!/bin/sh
# usage: harness/man.sh PROGRAM FOLDER    Writes FOLDER/tunemark.1 and a page for each command, which
# help2man makes of what --help says.
set -eu
program=$1 folder=$2
version=$("$program" --version | sed 's/,.*//; s/ with changes//')
commands=$("$program" list options | awk -F , '$4 == "operand" { print $1 }')
mkdir -p "$folder"

page() { # tunemark-run, the command line that it is about, what else to see
    summary=$($2 --help | sed -n '1s/^[^:]*: //p')
    help2man --no-info --section 1 --name "$summary" --version-string=- --source="$version" "$2" |
        awk -v page="$1" -v see="$3" '
        /^\.TH / { sub(/ [^ ]+/, " " toupper(page)); print; print ".nh\n.ad l"; next }
        /^\.S[HS] / { section = $2 }
        section == "NAME" && sub(/^tunemark.* \\- /, "") { $0 = page " \\- " $0 }
        # What it is about stands in NAME; beside that the page of a command describes nothing.
        /^\.SH DESCRIPTION/ && page != "tunemark" || section == "DESCRIPTION" && /^tunemark[a-z ]*: / { next }
        # An example is a line, which wraps on its own; a text after them is no example.
        /^\.(PP|SH)/ { text = /^\.PP/ }
        section == "EXAMPLES" && !text && !/^\./ { print example++ ? ".IP\n" $0 : $0; next }
        { print }
        END { print ".SH \"SEE ALSO\"\n" see }' >"$folder/$1.1"
}

see=
for command in $commands; do
    page "tunemark-$command" "$program $command" '.BR tunemark (1)'
    see="$see${see:+,
}.BR tunemark\\-$command (1)"
done
page tunemark "$program" "$see"
