#!/bin/sh
# Fetches public checkpoints. usage: models/fetch.sh --help
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck disable=SC2034 # download.sh reads them
shared=$here/../datasets tool=models/fetch.sh kind=model table=$here/sources.txt folder=checkpoints \
    standard='BERT-Tiny BERT-Mini BERT-Small BERT-Medium'

help() {
    cat <<'END'
Fetch public checkpoints into FOLDER/MODEL, where TUNEMARK_MODELS=FOLDER lets tunemark find them.
  models/fetch.sh checkpoints BERT-Mini     this one into checkpoints/BERT-Mini
  models/fetch.sh                           BERT-Tiny, -Mini, -Small and -Medium into checkpoints
  models/fetch.sh --list                    what there is: size to fetch where known, and licence

usage: models/fetch.sh [--table FILE] [FOLDER [MODEL...]]     (a MODEL may be: all)

  --table FILE   other addresses, laid out as models/sources.txt is (a mirror)
  --list         the models, and no more
  --help         this

Some come as pytorch_model.bin; `tunemark convert FOLDER/MODEL` makes model.safetensors of it.
END
}

made() { return 1; }

after() { # model
    [ ! -f "$folder/$1/pytorch_model.bin" ] || [ -f "$folder/$1/model.safetensors" ] ||
        complain "$1: next: build/tunemark convert $folder/$1"
}

# shellcheck source=datasets/download.sh
. "$shared/download.sh"
fetch "$@"
