# cite, method, model, printed, where, what counts; then for the paper's model, tiny and mini:
# parameters and shares as `counted` has them -> a table.
function share(numbers) { split(numbers, part, " "); return sprintf("%.3g", 100 * ($6 ~ /^without/ ? part[3] : part[5])) }
function count(numbers) { split(numbers, part, " "); return grouped($6 ~ /^without/ ? part[1] : part[2]) }
NR == 1 {
    print "\\begin{tabular}{lllrrrrr}\n\\toprule"
    print " & & & & \\multicolumn{2}{c}{counted here} & tiny & mini \\\\\n\\cmidrule(lr){5-6}"
    print "source & method & model & printed & parameters & \\% & \\% & \\% \\\\\n\\midrule"
}
$4 ~ /^[0-9]+,[0-9,]+$/ { # printed to the last digit
    whole = count($7)
    gsub(/\{,\}/, ",", whole)
    if (whole != $4) {
        printf "generate.sh: paper/published.csv: %s, %s: %s is printed, and counted is %s\n", $2, $3, $4, whole >"/dev/stderr"
        exit 1
    }
}
{
    printf "%s & %s & %s & %s & %s & %s & %s & %s \\\\\n", $1 == last ? "" : "\\citet{" $1 "}", $2, $3, $4, count($7),
        share($7), share($8), share($9)
    last = $1
}
END { print "\\bottomrule\n\\end{tabular}" }
