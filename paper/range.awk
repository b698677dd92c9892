# label, columns...: the smallest and largest of each column, and how many lines there are.
{
    for (i = 2; i <= NF; i++) {
        if (NR == 1 || $i < least[i]) least[i] = $i
        if (NR == 1 || $i > most[i]) most[i] = $i
    }
}
END {
    print name "/cells\t" NR
    for (i = 2; i <= NF; i++) {
        print name "/" i - 1 "/least\t" least[i]
        print name "/" i - 1 "/most\t" most[i]
    }
}
