# CSV with quotes -> tab-separated fields.
{
    out = ""
    quoted = 0
    for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        if (c == "\"" && quoted && substr($0, i + 1, 1) == "\"") { out = out c; i++ }
        else if (c == "\"") quoted = !quoted
        else out = out (c == "," && !quoted ? "\t" : c)
    }
    print out
}
