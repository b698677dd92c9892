#!/bin/sh
# usage: methods/sha.sh FILE.c    SHA-256 of what decides a method's results: its text without
# comments and without its default rates, since the rate of a run is in the run's key by itself.
# Refuses a file that the registry could not name.
set -eu
name=$(basename "$1" .c)
case $name in
*[!a-z0-9_]* | [!a-z]*)
    echo "$1: a method's name has other letters; should be of a-z, 0-9 and _, a letter first" >&2
    exit 1
    ;;
esac
if ! grep -q "^const Method method_$name = {" "$1"; then
    echo "$1: defines no method of its name; should have a line: const Method method_$name = {" >&2
    exit 1
fi
if grep '\.rate = {' "$1" | grep -qv '}'; then
    echo "$1: .rate has several lines; should be one, which a hash leaves out" >&2
    exit 1
fi
text=$(gcc -fpreprocessed -dD -E -P "$1")
printf '%s\n' "$text" | sed 's/\.rate = {[^}]*},*//' | sha256sum | cut -d ' ' -f 1
