# A sweep's cells, and its comparisons with full (generate.sh, compared) -> a table of the
# differences. Comparisons that are not of all runs of these cells are refused. Holm's adjustment is over all
# lines of the table.
FNR == 1 {
    file++
    for (i = 1; i <= NF; i++) at[$i] = i
    next
}
file == 1 { mean[$at["model"], $at["method"]] = $at["mean"]; runs[$at["model"], $at["method"]] = $at["n"]; next }
$1 == "task" { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    model[++n] = $at["model"]; method[n] = $at["a"]
    difference[n] = $at["difference"]; lo[n] = $at["lo"]; hi[n] = $at["hi"]; mdd[n] = $at["mdd"]; p[n] = $at["p"]
    expected = mean[model[n], method[n]] - mean[model[n], "full"]
    off = expected - difference[n]
    if ($at["seeds"] != runs[model[n], method[n]] || off > 1e-6 || off < -1e-6) {
        printf "generate.sh: %s on %s: runs have no predictions; should have all of them\n",
            method[n], model[n] >"/dev/stderr"
        wrong = 1
        exit 1
    }
}
END {
    if (wrong) exit 1
    k = 0
    for (i = 1; i <= n; i++) if (p[i] != "") k++
    for (i = 1; i <= n; i++) { # adjusted: the largest of (k - rank + 1) p over the smaller ones
        for (j = 1; j <= n && p[i] != ""; j++) {
            if (p[j] == "" || p[j] + 0 > p[i] + 0) continue
            smaller = 0
            for (l = 1; l <= n; l++) smaller += p[l] != "" && p[l] + 0 < p[j] + 0
            holm = (k - smaller) * p[j]
            if (holm > 1) holm = 1
            if (holm > adjusted[i]) adjusted[i] = holm
        }
    }
    print "\\begin{tabular}{llrrrr}\n\\toprule"
    print " & & difference & \\multicolumn{1}{c}{its} & & \\\\"
    print "model & method & to full & \\multicolumn{1}{c}{interval} & detectable & $p$, Holm \\\\\n\\midrule"
    for (i = 1; i <= n; i++) order[i] = i
    for (i = 2; i <= n; i++) # by model, as they came
        for (j = i; j > 1 && place(order[j]) < place(order[j - 1]); j--) { swap = order[j]; order[j] = order[j - 1]; order[j - 1] = swap }
    for (r = 1; r <= n; r++) {
        i = order[r]
        first = r == 1 || model[i] != model[order[r - 1]]
        if (first && r > 1) print "\\addlinespace"
        adjusted_p = p[i] == "" ? "" : adjusted[i] < 0.001 ? "$<$ 0.001" : sprintf("%.3f", adjusted[i])
        printf "%s & %s & %s & %s to %s & %.1f & %s \\\\\n", first ? model[i] : "", method[i],
            points(difference[i]), points(lo[i]), points(hi[i]), 100 * mdd[i], adjusted_p
    }
    print "\\bottomrule\n\\end{tabular}"
}
function place(i,    m) { # of a line's model: where it first came
    for (m = 1; model[m] != model[i];) m++
    return m * n + i
}
function points(x,    text) {
    text = sprintf("%.1f", 100 * x)
    sub(/^-/, "$-$", text)
    return text
}
