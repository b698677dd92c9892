# Digits with what sets thousands apart in LaTeX; of counts.awk and published.awk.
function grouped(n,    text) {
    for (text = ""; length(n) > 3; n = substr(n, 1, length(n) - 3))
        text = "{,}" substr(n, length(n) - 2) text
    return n text
}
