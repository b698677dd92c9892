# completion.bash: what bash proposes after `tunemark`: commands, options, their values, names.
# All of it comes from the program that is typed: `tunemark list options`, methods, models, ...
# shellcheck shell=bash

_tunemark_names() { # program, methods|models|specs|tasks
    "$1" list "$2" 2>/dev/null | awk -v what="$2" 'NR > (what ~ /^(tasks|specs)$/) { print $1 }' # a head
}

# What an option or an operand takes -> the words to choose from, or nothing: bash then proposes files.
_tunemark_values() { # program, what it takes, its name, its type
    case ${3:-$2} in
    --method | *METHOD*) _tunemark_names "$1" methods ;;
    --model) _tunemark_names "$1" models ;;
    --task | *TASK*) _tunemark_names "$1" tasks ;;
    *SPEC*) _tunemark_names "$1" specs ;;
    esac
    if [[ $2 == *'|'* ]]; then
        echo "${2//|/ }"
        [[ $4 != set ]] || echo all
    fi
}

_tunemark() {
    local program=${COMP_WORDS[0]/#\~/$HOME} command=${COMP_WORDS[1]} method='' i
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} options name type takes
    COMPREPLY=()
    options=$("$program" list options 2>/dev/null) || return
    if ((COMP_CWORD == 1)) || [[ $command == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "help --help --version $(awk -F, \
            '$4 == "operand" { print $1 }' <<<"$options")" -- "$word")
        return
    fi
    # bash takes --option=value for three words
    [[ $word != = ]] || word=''
    [[ $option != = ]] || option=${COMP_WORDS[COMP_CWORD - 2]}
    for ((i = 2; i < COMP_CWORD; i++)); do
        case $command,${COMP_WORDS[i]} in
        *,--method) method=${COMP_WORDS[i + 1]} && [[ $method != = ]] || method=${COMP_WORDS[i + 2]} ;;
        verify,[a-z]*) method=${method:-${COMP_WORDS[i]}} ;;
        esac
    done
    # The lines of this command and this method, as name,letter,type,takes. An option that both have
    # is the command's; the method's is typed with its prefix.
    options=$(awk -F, -v OFS=, -v command="$command" -v method="$method" '
        NR == 1 || ($1 != command && $1 != method) { next }
        $1 == command { seen[$2] = 1 }
        $1 != command && seen[$2] { $2 = "--" method "." substr($2, 3) }
        { print $2, $3, $4, $5 }' <<<"$options")
    IFS=, read -r name type takes <<<"$(awk -F, -v OFS=, -v option="${option/#--$method./--}" '
        option != "" && $3 != "switch" && ($1 == option || $2 == option) { print $1, $3, $4; exit }' \
        <<<"$options")"
    if [[ ! $name && $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--help $(cut -d, -f1 <<<"$options")" -- "$word")
        return
    fi
    [[ $name ]] || takes=$(awk -F, '$3 == "operand" { print $4 }' <<<"$options")
    local before=''
    [[ $type != set ]] || before=${word%"${word##*+}"} # q+v: what stands is kept
    mapfile -t COMPREPLY < <(compgen -P "$before" -W \
        "$(_tunemark_values "$program" "$takes" "$name" "$type")" -- "${word#"$before"}")
    case $type in whole | real | bytes) compopt +o bashdefault +o default 2>/dev/null ;; esac
}

complete -o bashdefault -o default -F _tunemark tunemark
