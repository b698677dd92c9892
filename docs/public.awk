# public.awk: the table of every public task, from `tunemark table FOLDER --columns score --csv`: a line a task, its
# best constant answer and bag of words (floors.csv) beside the methods' scores, in points.
BEGIN { FS = ","; print "| task | score | on | constant | bag of words | `feature` | `full` |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |" }

function points(share) { return share == "" ? "" : sprintf("%.1f", 100 * share) }

NR == 1 { for (i = 1; i <= NF; i++) if (!($i in at)) at[$i] = i; next }
{
    task = $at["task"]
    if (!(task in metric)) order[++tasks] = task
    metric[task] = $at["metric"]
    on[task] = $at["eval_n"] " of " $at["eval_split"]
    constant[task] = $at["majority_score"]
    floor[task] = $at["floor_score"]
    mean[task, $at["method"]] = $at["mean"]
}
END {
    for (t = 1; t <= tasks; t++) {
        task = order[t]
        printf "| %s | %s | %s | %s | %s | %s | %s |\n", task, metric[task], on[task], points(constant[task]),
            points(floor[task]), points(mean[task, "feature"]), points(mean[task, "full"])
    }
}
