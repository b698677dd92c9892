# stack.gp: a panel of bars, one a method, made of pieces; a tick is what was measured of all of it.
set grid noytics
set grid xtics back lc rgb "#bbbbbb" lw 0.7 dt 1
set xtics 0,distance(xhigh)
set format x "%g"
plot for [c=1:classes] data using \
        (column("panel") == panel && column("number") == c ? column("from") : NaN):"line" \
        :"from":"to":(column("line") - 0.36):(column("line") + 0.36) \
        with boxxyerror fc rgb piece_colour(c) fs pattern piece_pattern(c) border lc rgb "#333333" lw 0.6, \
    data using (column("panel") == panel && column("number") == 0 ? column("to") : NaN) \
        :(column("line") - 0.45):(0):(0.9) with vectors nohead lc rgb "#000000" lw 2.5
