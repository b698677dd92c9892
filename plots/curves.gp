# curves.gp: a panel of curves over steps: a line a method, its mean over seeds in its range.
set xtics 0,distance(xhigh)
plot for [s=first:last] data every ::from[s]::to[s] using "step":"low":"high" \
        with filledcurves lt style[s] fs transparent solid 0.15 noborder, \
    for [s=first:last] data every ::from[s]::to[s] using "step":"mean" \
        with linespoints lt style[s] dt dash(style[s], setting[s]) pi points_apart ps 0.8
