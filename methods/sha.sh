#!/bin/sh
# usage: methods/sha.sh FILE.c    SHA-256 of what decides a method's results: its text without
# comments and without its default rates, since the rate of a run is in the run's key by itself.
set -eu
text=$(gcc -fpreprocessed -dD -E -P "$1")
printf '%s\n' "$text" | sed 's/\.rate = {[^}]*},*//' | sha256sum | cut -d ' ' -f 1
