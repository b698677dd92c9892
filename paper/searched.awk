# defaults/given, trials, defaults/equal, defaults/searched -> a table of reviews: each method at its
# default rate, at the rate that its search found at the same steps, and at rate and steps found; how
# the trials scored on tune; and numbers, to a file.
function score(mean, lo, hi) { return sprintf("%.1f $\\pm$ %.1f", 100 * mean, 50 * (hi - lo)) }
FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; file++; next }
$at["task"] != "reviews" { next }
{ method = $at["method"] }
file == 1 {
    default_rate[method] = $at["lr"]
    default_epochs[method] = $at["epochs"]
    default_mean[method] = $at["mean"]
    default_score[method] = score($at["mean"], $at["lo"], $at["hi"])
    next
}
file == 2 {
    if ($at["epochs"] != default_epochs[method]) next
    if (!(method in worst) || $at["mean"] < worst[method]) worst[method] = $at["mean"]
    if (!(method in best) || $at["mean"] > best[method]) best[method] = $at["mean"]
    next
}
file == 3 {
    gain = 100 * ($at["mean"] - default_mean[method])
    if (!(method in equal_score)) alike++
    if (alike == 1 || gain < even_least) { even_least = gain; even_least_of = method }
    if (alike == 1 || gain > even_most) { even_most = gain; even_most_of = method }
    equal_score[method] = score($at["mean"], $at["lo"], $at["hi"])
    next
}
{
    if (!started++) {
        print "\\begin{tabular}{lrlrrrlrl}\n\\toprule"
        print " & \\multicolumn{2}{c}{default} & \\multicolumn{2}{c}{trials, tune} & \\multicolumn{4}{c}{found} \\\\"
        print "\\cmidrule(lr){2-3}\\cmidrule(lr){4-5}\\cmidrule(lr){6-9}"
        print "method & rate & dev & worst & best & rate & dev, equal steps & steps & dev \\\\\n\\midrule"
    }
    printf "%s & %s & %s & %.1f & %.1f & %s%s & %s & %s & %s \\\\\n", method, default_rate[method], default_score[method],
        100 * worst[method], 100 * best[method], $at["lr"],
        $at["winner_on_edge"] == "yes" ? " \\textsuperscript{\\textdaggerdbl}" : "",
        equal_score[method], $at["steps"], score($at["mean"], $at["lo"], $at["hi"])
    gain = 100 * ($at["mean"] - default_mean[method])
    spread = 100 * (best[method] - worst[method])
    if (started == 1 || gain < least) { least = gain; least_of = method }
    if (started == 1 || gain > most) { most = gain; most_of = method }
    if (started == 1 || spread < narrow) { narrow = spread; narrow_of = method }
    if (started == 1 || spread > wide) { wide = spread; wide_of = method }
    found = 100 * $at["mean"]
    if (started == 1 || found < lowest) lowest = found
    if (started == 1 || found > highest) highest = found
    longer += $at["epochs"] > default_epochs[method]
}
END {
    print "\\bottomrule\n\\end{tabular}"
    printf "searched/methods\t%d\nsearched/longer\t%d\n", started, longer >numbers
    printf "searched/found/least\t%.1f\nsearched/found/most\t%.1f\n", lowest, highest >numbers
    printf "searched/even/least\t%.1f\nsearched/even/least of\t%s\n", even_least, even_least_of >numbers
    printf "searched/even/most\t%.1f\nsearched/even/most of\t%s\n", even_most, even_most_of >numbers
    printf "searched/gain/least\t%.1f\nsearched/gain/least of\t%s\n", least, least_of >numbers
    printf "searched/gain/most\t%.1f\nsearched/gain/most of\t%s\n", most, most_of >numbers
    printf "searched/spread/least\t%.1f\nsearched/spread/least of\t%s\n", narrow, narrow_of >numbers
    printf "searched/spread/most\t%.1f\nsearched/spread/most of\t%s\n", wide, wide_of >numbers
}
