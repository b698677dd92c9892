# sources.awk: a table of sources, datasets/sources.txt or models/sources.txt (which explain themselves), as lines
# of NAME FILE ADDRESS BYTES SUM MEMBER FILE-SUM, tabs between, "-" for what is not said.
# usage: awk -v kind=task -f datasets/sources.awk TABLE    What is wrong goes to stderr; status 2.

BEGIN { OFS = "\t" }

function wrong(what) {
    print FILENAME ":" NR ": " what >"/dev/stderr"
    failed = 1
    exit 2
}

function path(name) { # stays below its folder, and means itself to sh, unzip and tar
    if (name !~ /^[A-Za-z0-9_][A-Za-z0-9._\/-]*$/ || name ~ /(^|\/)\.\.?(\/|$)/ || name ~ /\/\//)
        wrong("\"" name "\" cannot be a file's name; should be of letters, digits, . _ - and /")
    return name
}

function file(name) {
    if (name ~ /\/$/)
        wrong("\"" name "\" is a folder, which an archive alone can give")
    return path(name)
}

function known(value, pattern, what) {
    if (value == "" || value == "-")
        return "-"
    if (value !~ pattern)
        wrong("\"" value "\" is no " what)
    return value
}

function bytes(value) { return known(value, "^[0-9]+$", "number of bytes") }

function sum(value) {
    value = known(value, "^[0-9a-f]+$", "SHA-256")
    if (value != "-" && length(value) != 64)
        wrong("\"" value "\" is no SHA-256, which has 64 digits")
    return value
}

/^[ \t]*(#|$)/ { next }
$1 == kind && NF > 1 { name = path($2); how = ""; next }
name == "" { wrong("stands before any " kind) }
$1 == "from" || $1 == "at" {
    if ($2 !~ /^https?:\/\/[!-~]+$/ || ($1 == "at") != ($2 ~ /\/$/))
        wrong("\"" $2 "\" is no address; should be http:// or https://, with / at the end after \"at\"")
    how = $1; address = $2; of = bytes($3) OFS sum($4)
    next
}
$1 == "made" { print name, file($2), "made", "-", "-", "-", sum($3); next }
/^[^ \t]/ || how == "" { wrong("\"" $1 "\" is unknown; should be " kind ", from, at or made, or a file below one") }
how == "at" { print name, file($1), address $1, bytes($2), sum($3), "-", sum($3); next }
NF == 1 { split(of, part, OFS); print name, file($1), address, of, "-", part[2]; next }
{ member = $2; sub(/^[*]/, "", member); path(member); print name, path($1), address, of, $2, sum($3) }
END { if (!failed && name == "") wrong("has no " kind) }
