# Of runs with predicted and measured peaks, each once -> how far off the prediction was, in % of what was
# measured; of feature, too, whose fit no plan holds.
$1 == "key" { for (i = 1; i <= NF; i++) at[$i] = i; next }
$at["predicted_peak"] != "" && $at["rss_peak"] != "" && !seen[$at["key"]]++ {
    measured = $at["rss_peak"] - $at["rss_start"]
    off = 100 * ($at["predicted_peak"] / measured - 1)
    if (!n || off < least) least = off
    if (!n || off > most) most = off
    n++
    near = off > -5 && off < 5
    within += near
    if ($at["method"] == "feature") {
        fits += !near
        if (off < fit) fit = off
    }
}
END {
    print "ledger/runs\t" n + 0 "\nledger/within\t" within + 0
    printf "ledger/fits\t%d\nledger/fit\t%.1f\n", fits, fit
    printf "ledger/least\t%.1f\nledger/most\t%.1f\n", least, most
}
