#!/bin/sh
# usage: docs/memory.sh by_method | by_batch MODEL | published FILE.csv    Prints a table of
# docs/memory.md: from plans, without a step being computed, by method or by batch; or what is published,
# of a file with columns method,model,size,...,memory,memory_unit as papers' results are kept.
set -eu
tunemark=${TUNEMARK:-build/tunemark}

explain() { # A B MODEL TASK BATCH [MORE]: as CSV
    a=$1 b=$2 model=$3 task=$4 batch=$5
    shift 5
    "$tunemark" explain "$a" "$b" --model "$model" --task "$task" --batch "$batch" --cache 0 --steps 0 "$@"
}

sums() { # awk: bytes of either side by class, and within activations by what they are kept for
    cat <<'AWK'
BEGIN { FS = "," }
NR == 1 { next }
{
    class = $2
    if (class ~ /^kept|way|^gaps/) class = "activations"
    a[class] += $8; b[class] += $9; peak_a += $8; peak_b += $9
    within_a[$2] += $8; within_b[$2] += $9
}
function mb(x) { return sprintf("%.1f", x / 1e6) }
function share(x, y) { return sprintf("%.0f %%", 100 * x / y) }
function states(of) { return of["weights"] + of["gradients"] + of["optimizer"] }
function line(name, of, within, peak) {
    printf "| `%s` | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, mb(peak), share(peak, peak_a),
        mb(of["weights"]), mb(of["gradients"]), mb(of["optimizer"]), mb(of["activations"]),
        share(of["activations"], a["activations"]), mb(within["kept for gradients of parameters"]),
        mb(within["kept to pass gradients down"])
}
AWK
}

by_method() {
    set -- mini topics 32
    echo "| $1, $2, batch $3 | peak, MB | of full | weights | gradients | optimizer | activations | of full | for dW | for dX |"
    echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
    first=yes
    for method in full:embeddings=no prompt ia3 adapter dora lora prefix lntune bitfit topk head; do
        explain full "$method" "$1" "$2" "$3" --csv | awk -v name="$method" -v first="$first" "$(sums)"'
            END { if (first == "yes") line("full", a, within_a, peak_a); line(name, b, within_b, peak_b) }'
        first=no
    done
}

by_batch() { # MODEL
    set -- "$1" reviews
    echo "| $1, $2 | tokens at most | full, MB | lora, MB | full / lora | of states alone | of activations alone |"
    echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
    for batch in 1 4 16 32 128; do
        tokens=$(explain full lora "$1" "$2" "$batch" | sed -n 's/.* and \([0-9]*\) tokens at most$/\1/p')
        explain full lora "$1" "$2" "$batch" --csv | awk -v batch="$batch" -v tokens="$tokens" "$(sums)"'
            END {
                printf "| batch %d | %d | %s | %s | %.2f | %.2f | %.2f |\n", batch, tokens, mb(peak_a), mb(peak_b),
                    peak_a / peak_b, states(a) / states(b), a["activations"] / b["activations"]
            }'
    done
}

published() { # FILE
    echo '| published | model | memory of training | full / it | source | as |'
    echo '| --- | --- | ---: | ---: | --- | --- |'
    sed 's/"[^"]*"//g' "$1" | awk -F, '
        $11 && $2 ~ /T0_3B|GPT-3|t5-base|stable/ && $12 !~ /storage|checkpoint/ {
            unit = $12
            sub(/;.*| VRAM.*| training.*| GPU.*/, "", unit)
            gb = $11 * (unit == "TB" ? 1000 : 1)
            if ($1 ~ /^full/) full[$2] = gb
            printf "| %s | %s | %s %s | %.2f | %s | %s |\n", $1, $2, $11, unit, full[$2] / gb, $16, $18
        }'
}

case ${1:-} in
by_method | by_batch | published) "$@" ;;
*)
    echo "docs/memory.sh: '${1:-}' is no table; should be by_method, by_batch MODEL or published FILE.csv" >&2
    exit 2
    ;;
esac
