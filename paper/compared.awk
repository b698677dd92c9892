# A sweep's cells, and its comparisons with full (generate.sh, compared) -> a table of the
# differences, by model as they came. Comparisons that are not of all runs of these cells are refused.
FNR == 1 {
    file++
    for (i = 1; i <= NF; i++) at[$i] = i
    next
}
file == 1 {
    line = $at["model"] SUBSEP $at["label"]
    name[line] = $at["method"]; mean[line] = $at["score_test"]; runs[line] = $at["score_test_n"]
    if ($at["method"] == "full") full[$at["model"]] = mean[line]
    next
}
{
    line = $at["model"] SUBSEP $at["a"]
    model[++n] = $at["model"]; method[n] = name[line]
    difference[n] = $at["difference"]; lo[n] = $at["lo"]; hi[n] = $at["hi"]; mdd[n] = $at["mdd"]; p[n] = $at["holm_p"]
    off = mean[line] - full[model[n]] - difference[n]
    if ($at["seeds"] != runs[line] || off > 1e-6 || off < -1e-6) {
        printf "generate.sh: %s on %s: runs have no predictions; should have all of them\n",
            method[n], model[n] >"/dev/stderr"
        wrong = 1
        exit 1
    }
}
END {
    if (wrong) exit 1
    print "\\begin{tabular}{llrrrr}\n\\toprule"
    print " & & difference & \\multicolumn{1}{c}{its} & & \\\\"
    print "model & method & to full & \\multicolumn{1}{c}{interval} & detectable & $p$, Holm \\\\\n\\midrule"
    for (i = 1; i <= n; i++) {
        first = model[i] != model[i - 1]
        if (first && i > 1) print "\\addlinespace"
        printf "%s & %s & %s & %s to %s & %.1f & %s \\\\\n", first ? model[i] : "", method[i],
            points(difference[i]), points(lo[i]), points(hi[i]), 100 * mdd[i],
            p[i] == "" ? "" : p[i] < 0.001 ? "$<$ 0.001" : sprintf("%.3f", p[i])
    }
    print "\\bottomrule\n\\end{tabular}"
}
function points(x,    text) {
    text = sprintf("%.1f", 100 * x)
    sub(/^-/, "$-$", text)
    return text
}
