# first, first-untrained -> differences of means in points, the least and the most over the blocks of
# task and model; and of each method in how many blocks its mean is above the bag of words.
function range(name, block, difference) {
    if (!(name in least) || difference < least[name]) least[name] = difference
    if (!(name in most) || difference > most[name]) most[name] = difference
}
FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; file++; next }
$at["method"] == "null" { next }
{
    block = $at["task"] "/" $at["model"]
    if (file == 1) {
        blocks[block] = 1
        mean[block, $at["method"]] = 100 * $at["mean"]
        methods[$at["method"]] = 1
        floor[block] = $at["floor_score"] + 0
        above[$at["method"]] += $at["mean"] + 0 > floor[block]
    } else {
        untrained[block] = 100 * $at["mean"]
        untrained_above += $at["mean"] + 0 > floor[block] # of the same rows
    }
}
END {
    for (block in blocks) {
        n++
        range("pretraining", block, mean[block, "full"] - untrained[block])
        for (m in methods)
            if (m != "full") range("first/full less " m, block, mean[block, "full"] - mean[block, m])
        range("first/lora less bitfit", block, mean[block, "lora"] - mean[block, "bitfit"])
    }
    print "first/blocks\t" n
    print "first-untrained/above\t" untrained_above
    for (m in methods) print "first/" m "/above\t" above[m]
    for (name in least) {
        printf "%s/least\t%.1f\n", name, least[name]
        printf "%s/most\t%.1f\n", name, most[name]
    }
}
