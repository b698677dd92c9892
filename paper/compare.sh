#!/bin/sh
# usage: paper/compare.sh SWEEP...    For sweeps below results/reference (sst2/pretrained) whose
# predictions are there: holds every method against full and writes paper/compared/SWEEP.tsv, from which
# paper/generate.sh makes the table. Predictions are not committed; these files are.
set -eu
tunemark=${TUNEMARK:-build/tunemark}
mkdir -p paper/compared
for sweep; do
    folder=results/reference/$sweep
    to=paper/compared/$(echo "$sweep" | tr / -).tsv
    part=$to.part
    trap 'rm -f "$part"' EXIT
    trap 'exit 130' INT TERM
    "$tunemark" table "$folder" --csv 2>/dev/null | awk -f paper/tsv.awk | awk -F '\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "letters\tmodel\tmethod\tletters"; next }
        { print "letters\t" $at["model"] "\t" $at["method"] "\t" $at["letters"] }' >"$part"
    awk -F '\t' 'NR > 1 && $3 != "full" && $3 != "null" && !seen[$3]++ { print $3 }' "$part" >"$part.methods"
    while read -r method; do
        "$tunemark" compare "$method" full "$folder" --csv | awk -f paper/tsv.awk
    done <"$part.methods" | awk -F '\t' 'NR == 1 || $1 != "task"' >>"$part"
    rm "$part.methods"
    mv "$part" "$to"
done
