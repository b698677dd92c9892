#!/bin/sh
# usage: tests/install.sh [MAKE]    Installs to a temporary folder, uses what is there from another folder
# and, where a mount namespace may be had, with this tree out of sight; then installs again, and uninstalls.
# Status 1 where a command fails, something is written elsewhere or something is left behind.
set -eu
cd "$(dirname "$0")/.."
make=${1:-make} tree=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
complain() { echo "install.sh: $1" >&2; status=1; }
status=0
into=$work/stage/opt/tunemark
tell() { "$make" -s DEPS=no DESTDIR="$work/stage" PREFIX=/opt/tunemark "$1" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}; }

tell install
[ -e "$into/share/man/man1/tunemark-run.1" ] || ! command -v help2man >/dev/null || complain 'no man pages'
[ ! -e "$into/share/man/man1/tunemark-run.1" ] || grep -q '^\.B \\-\\-rslora ' "$into/share/man/man1/tunemark-run.1" ||
    complain 'tunemark-run.1 lacks the options of methods'
for page in "$into"/share/man/man1/*.1; do
    [ ! -e "$page" ] || ! command -v groff >/dev/null || [ ! "$(groff -man -ww -Tutf8 "$page" 2>&1 >/dev/null)" ] ||
        complain "groff warns of $page"
done
tests/links.sh "$into/share/doc/tunemark/" || complain 'the pages that are installed have dead links'
grep -qF '](docs/methods.md)' "$into/share/doc/tunemark/README.md" || complain 'README.md lacks a link that it could have'
! grep -q '<img ' "$into/share/doc/tunemark/README.md" || complain 'README.md has a figure that is not installed'
tests/completion.sh "$into/bin/tunemark" || status=1
files() { (cd "$work/stage" && find . -type f | sort | xargs sha256sum); }
files >"$work/before"

mkdir "$work/elsewhere" "$work/elsewhere/own"
awk 'BEGIN { print "text,label"; for (i = 0; i < 48; i++) print (i % 2 ? "a good film " : "a bad film ") i "," i % 2 }' |
    tee "$work/elsewhere/own/dev.csv" >"$work/elsewhere/own/train.csv"
cat >"$work/elsewhere/own.yaml" <<'END'
name: own
models: [tiny]
tasks: [./own]
methods: [head, bitfit]
seeds: 2
train: {epochs: 0, min_steps: 2}
END
cat >"$work/use" <<'END'
cd "$work/elsewhere"
PATH=$into/bin:$PATH
home=$into/share/tunemark
of() { # part, command line: it ends well and says the part
    part=$1
    shift
    "$@" >"$work/out" 2>&1 && grep -qF -e "$part" "$work/out" || {
        echo "install.sh: $*: does not say '$part':" >&2
        tail -n 3 "$work/out" | cut -c 1-200 >&2
        failed=1
    }
}
failed=0
of 'reviews,accuracy' tunemark list tasks --csv
of "$home/models/bundled/tiny" tunemark list models
of "NAME.yaml in $home/results/specs" tunemark list specs
short='--epochs 0 --min-steps 2'
of '' tunemark run --model tiny --task reviews --method lora --rank 2 $short --save reviews.lora
of 'positive' tunemark predict reviews.lora --file own/train.csv
of 'lora.rank=2' cat results/single/rows/*.csv
of 'reviews' tunemark sweep quick --set methods=lora --set tasks=reviews --commands
of '' tunemark sweep own.yaml -j 1
of 'bitfit' tunemark table results/own
of 'score_by_params' tunemark plots results/own
of 'bitfit' tunemark compare head bitfit results/own
of 'lora' tunemark estimate --model tiny --gflops 100
of 'falcon' tunemark estimate --model "$home/models/configs/falcon-7b" --method lora --gflops 100
of 'rows' tunemark check ./own
of "$home/results/specs/schema.json" ls "$home/results/specs/schema.json"
exit $failed
END
export work into
if unshare -rm true 2>/dev/null; then # this tree is an empty folder
    unshare -rm sh -c "mount -t tmpfs none '$tree' && exec sh '$work/use'" || status=1
else
    sh "$work/use" || status=1
fi
files | cmp -s "$work/before" - || complain 'an installed file has changed, or one has come'

# As if the tree had once had a page that it has no more: the next install takes it away, and so does
# uninstall.
leave() { mkdir -p "$into/share/tunemark/gone" && : >"$into/share/tunemark/gone/page" &&
    echo share/tunemark/gone/page >>"$into/share/tunemark/installed"; }
leave
tell install
files | cmp -s "$work/before" - || complain 'a second install leaves what the first alone had, or lacks something'
[ ! -e "$into/share/tunemark/gone" ] || complain 'a second install leaves an empty folder behind'
leave
: >"$into/share/tunemark/mine"
tell uninstall
[ "$(find "$into" ! -type d)" = "$into/share/tunemark/mine" ] ||
    complain "leaves behind: $(find "$into" ! -type d)"
[ ! -e "$into/share/tunemark/gone" ] || complain 'leaves an empty folder behind'
exit "$status"
