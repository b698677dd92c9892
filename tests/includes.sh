#!/bin/sh
# usage: tests/includes.sh    Reads every #include "..." of harness/ and methods/ and names each that
# points back: base <- engine <- model <- data <- run <- sweep; report on base alone; methods on engine
# and model, and only run, sweep and main.c on methods. Status 1 if any does.
set -eu
grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' harness methods |
awk '
BEGIN {
    allowed["base"] = "base"
    allowed["engine"] = "base engine"
    allowed["model"] = "base engine model"
    allowed["methods"] = "base engine model methods"
    allowed["data"] = "base engine model data"
    allowed["run"] = "base engine model methods data run"
    allowed["sweep"] = "base engine model methods data run sweep"
    allowed["report"] = "base report"
    allowed["main.c"] = "base engine model methods data run sweep report"
}
{
    split($0, at, ":")           # file:line:#include "folder/name.h"
    split($0, quoted, "\"")
    split(at[1], step, "/")
    from = step[1] == "harness" ? step[2] : step[1]
    to = quoted[2]
    if (!sub("/.*", "", to))     # a header of the same folder
        next
    if (index(" " allowed[from] " ", " " to " ") == 0) {
        printf "%s:%s: %s includes \"%s\"; should be of %s\n", at[1], at[2], from, quoted[2], allowed[from]
        wrong = 1
    }
}
END { exit wrong }' >&2
