# model, method, parameters and shares as `counted` has them -> a table: method by model.
{
    if (!($2 in line)) order[++n] = $2
    line[$2] = line[$2] sprintf(" & %s & %.3g & %.3g", grouped($3), 100 * $5, 100 * $6)
    if (!($1 in seen)) { seen[$1] = 1; name[++m] = $1 }
}
END {
    print "\\begin{tabular}{lrrrrrr}\n\\toprule"
    for (i = 1; i <= m; i++) printf " & \\multicolumn{3}{c}{%s}", name[i]
    print " \\\\\n\\cmidrule(lr){2-4}\\cmidrule(lr){5-7}"
    print " & & \\% of & without & & \\% of & without \\\\"
    print "method & parameters & encoder & embeddings & parameters & encoder & embeddings \\\\\n\\midrule"
    for (i = 1; i <= n; i++) print order[i] line[order[i]] " \\\\"
    print "\\bottomrule\n\\end{tabular}"
}
