#!/bin/sh
# Fetches public data sets. usage: datasets/fetch.sh --help
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC2034 # download.sh reads them
shared=$here tool=datasets/fetch.sh kind=task table=$here/sources.txt folder=data standard=all

help() {
    cat <<'END'
Fetch public data sets into FOLDER/TASK, where TUNEMARK_DATA=FOLDER lets tunemark find them.
  datasets/fetch.sh data sst2 rte      these tasks into data/sst2 and data/rte
  datasets/fetch.sh                    all of them into data
  datasets/fetch.sh --list             what there is: size to fetch, and on what terms

usage: datasets/fetch.sh [--table FILE] [FOLDER [TASK...]]

  --table FILE   other addresses, laid out as datasets/sources.txt is (a mirror)
  --list         the tasks, and no more
  --help         this

END
}

# MRPC as GLUE splits it: dev is the pairs that mrpc_dev_ids.tsv names; test has no labels.
made() { # task, file
    (
        cd "$folder/$1" || exit 1
        case $2 in
        test.tsv)
            awk -F '\t' -v OFS='\t' '
            FNR == 1 { print "index", "#1 ID", "#2 ID", "#1 String", "#2 String"; next }
            { sub(/[ \t\r]+$/, ""); print FNR - 2, $2, $3, $4, $5 }' msr_paraphrase_test.txt
            ;;
        *)
            awk -F '\t' -v OFS='\t' -v dev="$([ "$2" != dev.tsv ] || echo 1)" '
            { sub(/[ \t\r]+$/, "") }
            NR == FNR { is[$1, $2]; next }
            FNR == 1 || (($2, $3) in is) == dev + 0' mrpc_dev_ids.tsv msr_paraphrase_train.txt
            ;;
        esac
    )
}

after() { :; }

# shellcheck source=datasets/download.sh
. "$shared/download.sh"
fetch "$@"
