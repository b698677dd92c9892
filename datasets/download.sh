# download.sh: what datasets/fetch.sh and models/fetch.sh share; they source it and call `fetch "$@"`.
#
# The caller has set: shared (the folder of this file), tool (its name, for messages), kind (task or model), table
# (its sources.txt), folder and standard (the folder, and the names that are fetched, where none is given), and
# defines help, made NAME FILE (makes a file of those that are there) and after NAME (what to say then).
#
# FOLDER/NAME/FILE appears whole, by rename, once its sum is right. What is on its way lies in FOLDER/.fetch,
# where the next run finds it and, where its sum is known, resumes it. A sum that nobody knew is kept in
# FOLDER/SHA256SUMS.
# Status: 0 all is there; 1 something could not be had; 2 a wrong command or table; 3 this machine lacks
# something; 130 interrupted.
# shellcheck shell=sh disable=SC2154 # the caller's variables

complain() { echo "$tool: $*" >&2; }
refuse() { # status, message
    complain "$2"
    exit "$1"
}
# A step without which nothing can go on.
must() {
    why=$("$@" 2>&1) || refuse 3 "${why#*: }"
}
has_room() { { echo >"$work/room"; } 2>/dev/null || refuse 3 "$work: cannot be written to: is there no space?"; }

human() { awk -v b="$1" 'BEGIN { if (b >= 1e6) printf "%.1f MB", b / 1e6; else printf "%.1f kB", b / 1e3 }'; }
sum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }
size_of() { if [ -f "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }
recorded() { [ ! -f "$folder/SHA256SUMS" ] || awk -v f="$1" '$2 == f { s = $1 } END { print s }' "$folder/SHA256SUMS"; }

# What a name takes: bytes of all its downloads, and what it is.
describe() {
    about=$(awk -v kind="$kind" -v n="$1" '$1 == kind && $2 == n { sub(/^[^ ]+ +[^ ]+ +/, ""); print; exit }' "$table")
    size=$(printf '%s\n' "$lines" | awk -F '\t' -v n="$1" '
        $1 == n && $3 != "made" && !seen[$3]++ { all += $4; unknown += $4 == "-" }
        END { print all (unknown ? " +" : "") }')
    case $size in
    '0 +') size='?' ;;
    *+) size="$(human "${size% +}") +" ;;
    *) size=$(human "$size") ;;
    esac
    printf '%-17s %10s  %s\n' "$1" "$size" "$about"
}

# Is FILE of NAME there, as its sum or the recorded one says? A folder: as its archive's stamp says.
there() { # name, file, sum, sum of the archive
    case $2 in
    */) [ -d "$folder/$1/$2" ] && [ -f "$folder/$1/.unpacked" ] && [ "$(cat "$folder/$1/.unpacked")" = "$4" ] ;;
    *)
        [ -f "$folder/$1/$2" ] || return 1
        right=$3
        [ "$right" != - ] || right=$(recorded "$1/$2")
        [ "$right" ] && [ "$(sum_of "$folder/$1/$2")" = "$right" ]
        ;;
    esac
}

# One try with curl, in the background so that a signal to us is heard at once: the whole, or what is behind a
# part that is there; of more than is wanted only the beginning. Sets `code` and `failure`, and `said`.
get() { # address, file, whether to go on, bytes
    rm -f "$work/code" "$work/said"
    [ "$3" ] || rm -f "$2"
    failure=0
    to_redirect='=http,https'
    case $1 in https:*) to_redirect='=https' ;; esac
    (
        trap '' XFSZ # curl ends with 23, as where the disk is full
        [ "$4" = - ] || ulimit -f $(($4 / 512 + 8))
        exec curl -sS -f -L --proto '=http,https' --proto-redir "$to_redirect" --max-redirs 10 --connect-timeout 20 \
            --speed-limit 1000 --speed-time "$FETCH_STALL" ${3:+-C -} -o "$2" -w '%{http_code}' "$1"
    ) >"$work/code" 2>"$work/said" &
    child=$!
    wait "$child" || failure=$?
    child=
    code=$(cat "$work/code" 2>/dev/null) || :
    said=$(sed -n 's/^curl: ([0-9]*) //p' "$work/said" 2>/dev/null | tail -n 1) || :
}

# Is a file as the table has it? Else `said` tells the difference.
is_right() { # file, bytes, sum
    if [ "$3" != - ]; then
        found=$(sum_of "$1")
        said="has the wrong sum $found; should be $3"
        [ "$found" = "$3" ]
    else
        size=$(size_of "$1")
        said="has $size bytes; should have $2"
        [ "$2" = - ] || [ "$size" = "$2" ]
    fi
}

# Brings what lies at an address to $part, whole and right. Only under a known sum does it go on where an earlier
# try or run ended: without one nobody would see that two versions were put together. Status 1: it cannot be had.
download() { # address, bytes, sum
    part=$work/$(printf %s "$1" | sha256sum | cut -c 1-16)-$(basename "$1").part
    try=1
    pause=$FETCH_WAIT
    while :; do
        going_on=
        if [ "$3" != - ] && [ -f "$part" ]; then
            ! is_right "$part" "$2" "$3" || return 0
            [ "$2" != - ] && [ "$(size_of "$part")" -ge "$2" ] || going_on=yes
        fi
        get "$1" "$part" "$going_on" "$2"
        if [ "$2" != - ] && [ "$(size_of "$part")" -gt "$2" ]; then
            said="sends more than the $2 bytes that it should"
            rm -f "$part"
            [ "$going_on" ] || try=$FETCH_TRIES
        elif [ "$failure" = 0 ]; then
            ! is_right "$part" "$2" "$3" || return 0
            rm -f "$part"
            [ "$going_on" ] || try=$FETCH_TRIES # it came in one piece: the same would come again
        else
            has_room
            case $failure,$code in
            23,*) refuse 3 "$part: cannot be written: $said" ;;
            33,* | *,416) rm -f "$part" ;; # the server gives no parts: from the start
            *,408 | *,429) ;;
            *,4?? | 1,* | 3,*) try=$FETCH_TRIES ;;
            esac
        fi
        if [ "$try" -ge "$FETCH_TRIES" ]; then
            complain "$1: ${said:-curl failed with $failure}"
            return 1
        fi
        complain "$1: ${said:-curl failed with $failure}; again in $pause s"
        sleep "$pause" &
        child=$!
        wait "$child" || :
        child=
        try=$((try + 1))
        pause=$((pause * 2))
    done
}

# A tar archive has relative names without .. and holds files and folders alone.
tar_is_safe() {
    [ "$safe" != "$1" ] || return 0
    said='it has links or devices, or names that lead out of a folder'
    tar -tzf "$1" 2>/dev/null | grep -qE '^/|(^|/)\.\.(/|$)' && return 1
    tar -tvzf "$1" 2>/dev/null | grep -q '^[^-d]' && return 1
    safe=$1
}

# One member of $part to a file or folder of that name in $work. Member names that do not come from the archive
# but from the table decide where anything is written. Status 1: `said` says why not.
unpack() { # address, member, to
    must rm -rf "$3"
    case $1,$2 in
    *.zip,*/) said='a zip archive gives files alone' && return 1 ;;
    *.zip,*) said=$(unzip -p "$part" "$2" 2>&1 >"$3" </dev/null) ;;
    *.tar.gz,*/ | *.tgz,*/)
        must mkdir "$3"
        tar_is_safe "$part" &&
            said=$(tar -xzf "$part" -C "$3" --strip-components "$(printf %s "$2" | tr -cd / | wc -c)" \
                --no-same-owner --no-same-permissions -- "${2%/}" 2>&1)
        ;;
    *.tar.gz,* | *.tgz,*) said=$(tar -xzOf "$part" --wildcards -- "$2" 2>&1 >"$3") ;;
    *) said='it is no .zip, .tar.gz or .tgz' && return 1 ;;
    esac
}

# A new file or folder becomes FOLDER/NAME/FILE. Status 1: its sum is wrong.
put() { # new, name, file, sum of the table
    to=$folder/$2/${3%/}
    right=$4
    case $3 in
    */) must rm -rf "$work/old" ;;
    *)
        found=$(sum_of "$1")
        [ "$right" != - ] || right=$(recorded "$2/$3")
        if [ "$right" ] && [ "$found" != "$right" ]; then
            complain "$2/$3: has the wrong sum $found; should be $right"
            rm -f "$1"
            return 1
        fi
        ;;
    esac
    must mkdir -p "$(dirname "$to")"
    case $3 in */) [ ! -e "$to" ] || must mv -T "$to" "$work/old" ;; esac
    must mv -T "$1" "$to"
    new=$((new + 1))
    [ -z "$right" ] || return 0
    { { [ ! -f "$folder/SHA256SUMS" ] || cat "$folder/SHA256SUMS"; } &&
        printf '%s  %s\n' "$found" "$2/$3"; } >"$work/sums" 2>/dev/null ||
        refuse 3 "$work/sums: cannot be written"
    must mv -T "$work/sums" "$folder/SHA256SUMS"
    [ "$whole" != - ] || complain "$2/$3: no sum is known; that of what came is kept in $folder/SHA256SUMS"
}

# A line of the plan: what was downloaded, a member of it, or what is made of others. Status 1: it could not be had.
place() { # name, file, address, member, sum
    from=$work/new
    said=
    lacking=
    case $3,$4 in
    made,*) { made "$1" "$2" >"$from"; } 2>/dev/null || lacking='cannot be made of the others' ;;
    *,-) from=$part ;;
    *) unpack "$3" "$4" "$from" || lacking="cannot be unpacked from $3: ${said%%"$newline"*}" ;;
    esac
    has_room # not every program says that it had none
    if [ "$lacking" ]; then
        complain "$1/$2: $lacking"
        return 1
    fi
    put "$from" "$1" "$2" "$5"
}

# What one address gives to NAME: its lines of the plan. Status 1: some of it could not be had.
fetch_address() { # name, address
    wanted=$(printf '%s\n' "$lines" | awk -F '\t' -v n="$1" -v a="$2" '$1 == n && $3 == a')
    [ "$wanted" ] || refuse 3 "$1: awk does not say what is wanted of $2"
    IFS="$tab" read -r _ _ _ bytes whole _ <<END
$wanted
END
    missing=
    folders=
    while IFS="$tab" read -r _ file _ _ _ _ sum; do
        there "$1" "$file" "$sum" "$whole" || missing=yes
        case $file in */) folders=yes ;; esac
    done <<END
$wanted
END
    [ "$missing" ] || return 0
    if [ "$2" != made ]; then
        size='size not known'
        [ "$bytes" = - ] || size=$(human "$bytes")
        complain "$1: $2, $size"
        download "$2" "$bytes" "$whole" || return 1
    fi
    lacks=0
    safe=
    while IFS="$tab" read -r _ file _ _ _ member sum; do
        place "$1" "$file" "$2" "$member" "$sum" || lacks=1
    done <<END
$wanted
END
    if [ "$folders" ] && [ "$lacks" = 0 ]; then
        { echo "$whole" >"$folder/$1/.unpacked"; } 2>/dev/null || refuse 3 "$folder/$1/.unpacked: cannot be written"
    fi
    [ "$2" = made ] || must rm -f "$part"
    return "$lacks"
}

# No function is left by `set -e` where its status is asked for, so each step that could fail is looked at itself.
fetch_name() {
    lacking_of_name=0
    addresses=$(printf '%s\n' "$lines" | awk -F '\t' -v n="$1" '$1 == n && !seen[$3]++ { print $3 }')
    [ "$addresses" ] || refuse 3 "$1: awk does not say where it lies"
    while read -r address; do
        fetch_address "$1" "$address" || lacking_of_name=1
    done <<END
$addresses
END
    return "$lacking_of_name"
}

stop() {
    trap '' INT TERM HUP
    [ -z "$child" ] || kill "$child" 2>/dev/null || :
    rm -rf "$work/new" "$work/old" "$work/sums"
    [ -z "$(find "$work" -name '*.part' 2>/dev/null)" ] || complain "interrupted; the same command goes on from here"
    exit 130
}

numbers() { # variable, what it is when not set, the lowest that it may be
    eval "value=\${$1:-$2}"
    case $value in
    *[!0-9]* | ??????*) value=-1 ;;
    esac
    [ "$value" -ge "$3" ] || refuse 2 "$1: should be a whole number from $3 to 99999"
    eval "$1=$(printf %s "$value" | sed 's/^0*\(.\)/\1/')" # 08 would be octal
}

# The names that are asked for, each known.
choose() {
    all=$(printf '%s\n' "$lines" | awk -F '\t' '!seen[$1]++ { print $1 }')
    names=
    for name in "$@"; do
        [ "$name" != all ] || { names=$all && continue; }
        printf '%s\n' "$all" | grep -qxF -- "$name" ||
            refuse 2 "$name: is no $kind; should be all, or one of: $tool --list"
        names="$names $name"
    done
}

programs() {
    need='curl sha256sum awk flock'
    case $lines in *.zip"$tab"*) need="$need unzip" ;; esac
    case $lines in *.gz"$tab"*) need="$need tar gzip" ;; esac
    for program in $need; do
        command -v "$program" >/dev/null 2>&1 || refuse 3 "$program is missing; Debian's package of that name has it"
    done
}

# Ends the help of each.
help_on_fetching() {
    cat <<'END'
What is there with the right SHA-256 is left alone; what an interrupted fetch has left is resumed by
the same command, where its SHA-256 is known. FETCH_TRIES, FETCH_STALL and FETCH_WAIT in the
environment: tries for a download [5], seconds below 1 kB/s that end one [30], seconds before the second
one, doubled from then on [2].
Exit status: 0 all is there, 1 something could not be had, 2 a wrong command, 3 a program or the room
is missing, 130 interrupted.
END
}

fetch() {
    tab=$(printf '\t')
    newline=$(printf '\n.')
    newline=${newline%.}
    child=
    said=
    new=0
    not_whole=
    list=
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) help && help_on_fetching && exit 0 ;;
        --list) list=yes ;;
        --table)
            [ $# -gt 1 ] || refuse 2 '--table has no value; should be followed by a file'
            table=$2
            shift
            ;;
        --table=*) table=${1#*=} ;;
        --) shift && break ;;
        -*) refuse 2 "$1 is unknown; should be --list, --table FILE or --help" ;;
        *) break ;;
        esac
        shift
    done
    [ -r "$table" ] || refuse 2 "$table: cannot be read"
    lines=$(awk -v kind="$kind" -f "$shared/sources.awk" "$table") || exit 2
    numbers FETCH_TRIES 5 1
    numbers FETCH_STALL 30 1
    numbers FETCH_WAIT 2 0
    if [ "$list" ]; then
        choose all
        for name in $names; do describe "$name"; done
        exit 0
    fi
    [ $# -eq 0 ] || { folder=$1 && shift; }
    [ "$folder" ] || refuse 2 "the folder's name is empty; should be a folder, or left out"
    # shellcheck disable=SC2086 # names have no blanks
    [ $# -gt 0 ] || set -- $standard
    choose "$@"
    programs
    work=$folder/.fetch
    mkdir -p "$work" 2>/dev/null || refuse 3 "$work: cannot be made"
    # shellcheck disable=SC2188 # only whether it can be
    { >"$work/lock"; } 2>/dev/null || refuse 3 "$work: cannot be written to"
    exec 9>"$work/lock"
    flock -n 9 || refuse 3 "$folder: another fetch is at work there"
    trap stop INT HUP TERM
    rm -rf "$work/new" "$work/old"
    for name in $names; do describe "$name" >&2; done
    status=0
    for name in $names; do
        if fetch_name "$name"; then
            after "$name"
        else
            status=1
            not_whole="$not_whole${not_whole:+, }$name"
        fi
    done
    echo "$tool: new in $folder: $new${not_whole:+; not whole: $not_whole}"
    rm -rf "$work/new" "$work/old" "$work/code" "$work/said" "$work/room"
    [ "$(find "$work" -name '*.part')" ] || rm -rf "$work" # a part may be another name's
    exit "$status"
}
