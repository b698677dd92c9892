# tunemark run --help -> default/OPTION and its default, the last [...] of its text.
function done() {
    if (option != "" && match(text, /\[[^][]*\]$/))
        print "default/" option "\t" substr(text, RSTART + 1, RLENGTH - 2)
}
/^  --/ { done(); option = substr($1, 3); text = $0; next }
/^    / { text = text $0; next }
{ done(); option = "" }
END { done() }
