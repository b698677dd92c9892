#!/usr/bin/env bash
# usage: tests/completion.sh [PROGRAM]    Asks harness/completion.bash what it proposes at the end of
# command lines, as bash does. Status 1 if something else comes than should.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-build/tunemark}
status=0
# shellcheck source=harness/completion.bash
source harness/completion.bash

# "the command line so far" (its last word is unfinished; "." for none), then words that must be
# proposed (+word) and words that must not be (-word).
ask() {
    local words word there
    IFS=' ' read -ra words <<<"$1"
    [[ ${words[-1]} != . ]] || words[-1]=''
    COMP_WORDS=("$program" "${words[@]}") COMP_CWORD=${#words[@]}
    _tunemark || : # compopt is for bash's own calls
    for word in "${@:2}"; do
        [[ " ${COMPREPLY[*]} " == *" ${word#?} "* ]] && there=+ || there=-
        if [[ $there != "${word:0:1}" ]]; then
            echo "completion.sh: '$1': proposes ${COMPREPLY[*]}; should be $word" >&2
            status=1
        fi
    done
}

complete -p tunemark >/dev/null || status=1
ask '.' +run +sweep +table +help +--version
ask 'sw' +sweep -run
ask 'help ta' +table -run
ask 'run --' +--model +--epochs +--quiet +--help ---rank ---dry-run
ask 'run --method lora --' +--rank +--targets +--lora.dropout +--dropout ---length
ask 'run --method = lora --r' +--rank +--rslora +--recompute ---model
ask 'run --method .' +lora +full +null -reviews
ask 'run --method = l' +lora +lntune -full
ask 'run --model .' +tiny +mini -lora
ask 'run --task re' +reviews +reviews-hard -topics
ask 'run --schedule .' +linear +constant +cosine -yes
ask 'run --recompute y' +yes -no
ask 'run --method lora --targets .' +q +all
ask 'run --method lora --targets q+v+a' +q+v+attn_out -all
ask 'run --method lora --lora.targets .' +q
ask 'run --epochs .' -tiny
ask 'sweep .' +quick +sweep -tiny -spec
ask 'sweep quick -' +--dry-run +--jobs ---model
ask 'list .' +methods +columns +options -tiny
ask 'check .' +reviews -lora
ask 'verify .' +lora +full
ask 'verify lora --' +--rank ---length
ask 'estimate --weights .' +f32 +bf16
ask 'predict folder --split = t' +train +test -dev
ask 'table .' -tiny

# Quick enough to wait for: processor seconds of one proposal.
TIMEFORMAT='%U %S'
took=$({ time ask 'run --method lora --' >&2; } 2>&1)
awk '{ exit $1 + $2 > 0.2 }' <<<"$took" || { echo "completion.sh: takes $took s" >&2; status=1; }
exit "$status"
