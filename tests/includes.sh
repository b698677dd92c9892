#!/bin/sh
# usage: tests/includes.sh    Reads every #include "..." of harness/ and methods/ and names each that
# points back: base <- engine <- model <- data <- train <- run <- sweep; cost beside sweep, verify on
# train; report on base alone; methods on engine and model, and nobody on methods; command on all, and
# only main.c on command. Status 1 if any does.
set -eu
grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' harness methods |
awk '
BEGIN {
    allowed["base"] = "base"
    allowed["engine"] = "base engine"
    allowed["model"] = "base engine model"
    allowed["methods"] = "base engine model methods"
    allowed["data"] = "base engine model data"
    allowed["train"] = "base engine model data train"
    allowed["verify"] = "base engine model data train verify"
    allowed["run"] = "base engine model data train run"
    allowed["cost"] = "base engine model data train run cost"
    allowed["sweep"] = "base engine model data train run sweep"
    allowed["report"] = "base report"
    allowed["command"] = "base engine model data train verify run cost sweep report command"
    allowed["main.c"] = "base engine model run command"
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
