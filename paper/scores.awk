# A sweep's cells -> SWEEP/runs, SWEEP/TASK/MODEL/METHOD/..., and of each model the best method that
# is not full. Scores in points, on test where the table has it.
NR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    test = "score_test" in at
    next
}
{
    cell = sweep "/" $at["task"] "/" $at["model"]
    method = $at["method"]
    runs += $at["runs"]
    dead += method == "null" ? 0 : $at[test ? "score_test_dead" : "dead"]
    lost += $at["failed"] + $at["diverged"] + $at["timeout"] + $at["unscored"]
    mean = $at[test ? "score_test" : "mean"]
    if (mean == "") next
    mean *= 100
    printf "%s/%s/score\t%.1f\n", cell, method, mean
    printf "%s/%s/half\t%.1f\n", cell, method, 50 * ($at[test ? "score_test_hi" : "hi"] - $at[test ? "score_test_lo" : "lo"])
    print cell "/" method "/lr\t" $at["lr"]
    print sweep "/dropout\t" $at["dropout"]
    printf "%s/%s/share\t%.3g\n", cell, method, 100 * $at["trained_share"]
    print sweep "/" $at["task"] "/items\t" $at["eval_n"]
    print sweep "/" $at["task"] "/train_n\t" $at["train_n"]
    print sweep "/" $at["task"] "/tune_n\t" $at["tune_n"]
    if (method != "full" && method != "null" && (!(cell in best) || mean > best[cell])) {
        best[cell] = mean
        which[cell] = method
    }
}
END {
    print sweep "/runs\t" runs + 0
    print sweep "/dead\t" dead + 0
    print sweep "/lost\t" lost + 0
    for (cell in best) {
        print cell "/best\t" which[cell]
        printf "%s/best/score\t%.1f\n", cell, best[cell]
    }
}
