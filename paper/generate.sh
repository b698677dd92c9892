#!/bin/sh
# usage: paper/generate.sh [--check]    Makes paper/generated anew, from the root: every table of the
# paper and numbers.tex, every number of its text, by tunemark's commands from committed rows and
# descriptions alone. With --check nothing is written: status 1 if anything would change.
#
# The text knows which sweeps have all their final runs, which have any, and which have predictions
# (\ifrun, \ifrows of paper.tex), and says nothing of others.
set -eu
tunemark=${TUNEMARK:-build/tunemark}
reference=results/reference
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
new=$work/generated
mkdir -p "$new" "$work/configs"

# folder below results/reference, spec: sweeps that the text speaks of
sweeps='first results/reference/first/spec.yaml
first-untrained results/reference/first-untrained/spec.yaml
defaults/given results/reference/defaults/given/spec.yaml
defaults/equal results/reference/defaults/equal/spec.yaml
defaults/searched results/reference/defaults/searched/spec.yaml
sst2/pretrained results/specs/sst2.yaml
sst2/untrained results/specs/sst2-untrained.yaml
sst2/untrained-long results/specs/sst2-untrained-long.yaml
sst2/all results/specs/sst2-all.yaml
sst2/minilm results/specs/sst2-minilm.yaml'

table() { # as TSV: OPTIONS...; nothing where no row is
    "$tunemark" table "$@" --csv 2>/dev/null | awk -f paper/tsv.awk
}

tabular() { # as LaTeX, without the float and the notes: OPTIONS...
    "$tunemark" table "$@" --latex | sed -n '/^\\begin{tabular}/,/^\\end{tabular}/p'
}

name_of() { # FOLDER: sst2/pretrained -> sst2-pretrained
    echo "$1" | tr / -
}

configs() { # of published models, two of them made from their smaller relatives
    cp -R models/configs/. "$work/configs"
    mkdir "$work/configs/roberta-large" "$work/configs/gpt2-medium"
    sed 's/\("hidden_size": \)768/\11024/; s/\("intermediate_size": \)3072/\14096/
         s/\("num_[a-z_]*": \)12/\124/; s/\("num_attention_heads": \)24/\116/' \
        models/configs/roberta-base/config.json >"$work/configs/roberta-large/config.json"
    sed 's/\("n_embd": \)768/\11024/; s/\("n_layer": \)12/\124/; s/\("n_head": \)12/\116/' \
        models/configs/gpt2/config.json >"$work/configs/gpt2-medium/config.json"
}

counted() { # MODEL ARGUMENTS...: parameters without the head and with it; shares of the encoder, of it
    # without embeddings, and of all with the head
    "$tunemark" params --model "$@" --csv | awk -f paper/tsv.awk | awk -F '\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        {
            print $at["trained_without_head"], $at["trained"], $at["method_share"],
                $at["method_share_nonembedding"], $at["trained_share"]
        }'
}

published() { # what papers print of their models, and what is counted here of the same and of ours
    awk -f paper/tsv.awk paper/published.csv | tail -n +2 |
        while IFS="$(printf '\t')" read -r cite method model printed where config arguments trained; do
            printf '%s\t%s\t%s\t%s\t%s\t%s' "$cite" "$method" "$model" "$printed" "$where" "$trained"
            # shellcheck disable=SC2086 # arguments are words
            for of in "$work/configs/$config" tiny mini; do
                printf '\t%s' "$(counted "$of" $arguments)"
            done
            echo
        done
}

planned() { # SPEC: final runs = models x tasks x methods x seeds
    awk '
        function many(list) { sub(/^[^[]*\[/, "", list); return split(list, parts, ",") }
        /^models:/ { models = many($0) }
        /^methods:/ { methods = many($0) }
        /^tasks: *\[/ { tasks = many($0) }
        /^[a-z]/ { inside = /^tasks:$/ }
        inside && /^  / { tasks++ }
        /^seeds:/ { seeds = $2 }
        END { print models * tasks * methods * seeds }' "$1"
}

compared() { # A B FOLDER...: each of A held against B on test, as TSV
    "$tunemark" compare "$@" --split test --csv | awk -f paper/tsv.awk
}

numbers() { # key, value: of all sweeps and commands
    "$tunemark" run --help | awk -f paper/defaults.awk
    for model in tiny mini; do
        awk -v model="$model" -F '[:,]' '
            /"num_hidden_layers"/ { print "model/" model "/layers\t" $2 + 0 }
            /"hidden_size"/ { print "model/" model "/hidden\t" $2 + 0 }
            /"vocab_size"/ { print "model/" model "/vocabulary\t" $2 + 0 }' "models/bundled/$model/config.json"
        "$tunemark" params --model "$model" --method full --csv | awk -v model="$model" -F , '
            NR == 2 { printf "model/%s/embedding share\t%.1f\n", model, 100 * $3 / $2 }'
    done
    echo "methods	$("$tunemark" list methods | awk '$1 != "null"' | wc -l)"
    awk '{ print $4 " " $6 "\t" $9 "\t" $12 "\t" $16 }' paper/calibration.txt | awk -F '\t' -f paper/range.awk -v name=calibration
    echo "$sweeps" | while read -r sweep spec; do
        echo "$sweep/planned	$(planned "$spec")"
        awk -v sweep="$sweep" '/^seeds:/ { print sweep "/seeds\t" $2 }
            match($0, /trials: [0-9]+/) { print sweep "/trials\t" substr($0, RSTART + 8, RLENGTH - 8) }
            match($0, /train_limit: [0-9]+/) { print sweep "/train_limit\t" substr($0, RSTART + 13, RLENGTH - 13) }' "$spec"
        awk -F '\t' -v sweep="$sweep" -f paper/scores.awk "$work/$(name_of "$sweep").tsv"
    done
    awk -F '\t' -f paper/pairs.awk "$work/first.tsv" "$work/first-untrained.tsv"
    awk -F '\t' -f paper/ledger.awk "$work/ledger.tsv"
    compared "each@$reference/sst2/pretrained" "full@$reference/levers" --model mini | awk -F '\t' -f paper/given.awk
    cat "$work/searched.numbers"
}

ledger() { # planned, predicted and measured peaks of every run that has all three
    find "$reference" -name runs.csv | LC_ALL=C sort | while read -r runs; do awk -f paper/tsv.awk "$runs"; done
}

marks() { # which sweeps are whole, and which have any rows
    echo "$sweeps" | while read -r sweep spec; do
        runs=$(awk -F '\t' -v key="$sweep/runs" '$1 == key { print $2 }' "$work/numbers")
        if [ "$runs" = "$(planned "$spec")" ]; then
            echo "\\setrun{$sweep}"
        fi
        if [ "$runs" -gt 0 ]; then
            echo "\\setrows{$sweep}"
        fi
        if [ -e "$work/$(name_of "$sweep").compared" ]; then
            echo "\\setrows{$sweep compared}"
        fi
    done
}

numbers_of_text() { # those that paper.tex asks for; of a sweep that is not whole there may be none
    sed 's/^%.*//; s/\([^\\]\)%.*/\1/' paper/paper.tex | grep -o '\\num{[^}]*}' | sed 's/.*{\(.*\)}/\1/' |
        awk -v sweeps="$sweeps" '
            !sub(/^#1/, "") { print; next } # of a macro that is given a sweep
            { for (n = split(sweeps, line, "\n"); n > 0; n--) { split(line[n], word, " "); print word[1] $0 } }' |
        sort -u >"$work/asked"
    marks >"$work/whole"
    awk -F '\t' -v sweeps="$sweeps" '
        FILENAME ~ /numbers$/ { value[$1] = $2; next }
        FILENAME ~ /whole$/ { if (sub(/^.setrun\{/, "") && sub(/\}$/, "")) whole[$0] = 1; next }
        $1 in value { sub(/^-/, "$-$", value[$1]); printf "\\setnumber{%s}{%s}\n", $1, value[$1]; next }
        {
            n = split(sweeps, line, "\n")
            for (i = 1; i <= n; i++) {
                split(line[i], word, " ")
                if (index($1, word[1] "/") == 1 && !(word[1] in whole))
                    next
            }
            printf "generate.sh: paper/paper.tex: \\num{%s}: no command gives it\n", $1 >"/dev/stderr"
            wrong = 1
        }
        END { exit wrong }' "$work/numbers" "$work/whole" "$work/asked"
    cat "$work/whole"
}

markdown_to_tabular() { # a table of numbers with `code` in its first column
    awk -F ' *[|] *' '
        /^[|] ---/ { next }
        {
            if (!started++) {
                printf "\\begin{tabular}{l"
                for (i = 3; i < NF; i++) printf "r"
                print "}\n\\toprule"
            }
            for (i = 2; i < NF; i++) {
                gsub(/`/, "", $i); gsub(/%/, "\\%", $i); gsub(/_/, "\\_", $i)
                printf "%s%s", started == 1 && i == 2 ? "method" : $i, i + 1 < NF ? " & " : " \\\\\n"
            }
            if (started == 1) print "\\midrule"
        }
        END { print "\\bottomrule\n\\end{tabular}" }'
}

settings() { # the table of methods -> their options and rates as they are where nothing is given
    awk -F ' *[|] *' '
        NR == 1 {
            sub(/default rate at /, "", $5)
            print "\\begin{tabular}{l>{\\raggedright\\arraybackslash}p{0.56\\linewidth}l}\n\\toprule\nmethod & options & rate at $H=$ " $5 " \\\\\n\\midrule"
        }
        NR < 3 || $2 == "`null`" { next }
        {
            gsub(/`/, ""); gsub(/_/, "\\_"); gsub(/;/, ", ", $4)
            print $2 " & " $4 " & " $5 " \\\\"
        }
        END { print "\\bottomrule\n\\end{tabular}" }'
}

echo "$sweeps" | while read -r sweep spec; do
    case $sweep in # SST-2's test is twice its dev
    sst2/*) split='--split test' ;;
    *) split= ;;
    esac
    if [ -d "$reference/$sweep/rows" ]; then
        # shellcheck disable=SC2086 # two words, or none
        table "$reference/$sweep" $split --columns score,n,params_trained,trained_share,trained_share_nonembedding,lr,dropout,epochs,steps,winner_on_edge,train_n,tune_n,max_length
    fi >"$work/$(name_of "$sweep").tsv"
done
configs
ledger >"$work/ledger.tsv"

tabular "$reference/first" "$reference/first-untrained" --rows model,method --across task >"$new/first.tex"
table "$reference/defaults/searched" --stage trial --columns lr,epochs,score >"$work/trials.tsv"
awk -F '\t' -v numbers="$work/searched.numbers" -f paper/searched.awk \
    "$work/defaults-given.tsv" "$work/trials.tsv" "$work/defaults-equal.tsv" "$work/defaults-searched.tsv" >"$new/searched.tex"
"$tunemark" list methods --markdown | settings >"$new/settings.tex"
docs/memory.sh by_method | markdown_to_tabular >"$new/memory.tex"
published | awk -F '\t' -f paper/grouped.awk -f paper/published.awk >"$new/published.tex"
for model in tiny mini; do
    "$tunemark" list methods | while read -r method rest; do
        [ "$method" = null ] || echo "$model $method $(counted "$model" --method "$method")"
    done
done | awk -f paper/grouped.awk -f paper/counts.awk >"$new/counts.tex"
echo "$sweeps" | grep '^sst2/' | while read -r sweep spec; do
    name=$(name_of "$sweep")
    if [ "$(wc -l <"$work/$name.tsv")" -gt 1 ]; then
        tabular "$reference/$sweep" --rows model,method --columns score,n,lr,steps --split dev,test >"$new/$name.tex"
    fi
done
if [ -d "$reference/sst2/pretrained/predictions" ]; then
    compared each full "$reference/sst2/pretrained" >"$work/sst2-pretrained.compared"
    awk -F '\t' -f paper/compared.awk "$work/sst2-pretrained.tsv" "$work/sst2-pretrained.compared" \
        >"$new/sst2-pretrained-compared.tex"
fi
numbers >"$work/numbers"
numbers_of_text >"$new/numbers.tex"

if [ "${1:-}" = --check ]; then
    diff -r "$new" paper/generated >"$work/diff" || {
        echo "generate.sh: paper/generated is not what the commands give; should be as by: make paper-numbers" >&2
        head -n 5 "$work/diff" >&2
        exit 1
    }
else
    rm -rf paper/generated
    cp -R "$new" paper/generated
fi
