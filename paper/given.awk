# Each method at the rate that its search found, against full at its default rate, on mini -> numbers:
# full's own difference, and the least of the others'; the largest p of all, by Holm.
NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    difference = -100 * $at["difference"]
    if ($at["holm_p"] > p) p = $at["holm_p"]
    if ($at["a"] == "full") printf "given/full\t%.1f\n", difference
    else if (least == "" || difference < least) { least = difference; least_of = $at["a"] }
    score = $at["score_b"]
    seeds = $at["runs_b"]
}
END {
    printf "given/least\t%.1f\ngiven/least of\t%s\n", least, least_of
    printf "given/p\t%.3f\ngiven/score\t%.1f\ngiven/seeds\t%d\n", p, 100 * score, seeds
}
