# scale.gp: a panel of a measure over sizes: a line a method where they are connected, with the lowest and highest
# of each point. A dashed series has no points. tests/bench/scale_report.py sets data, series with from[], to[],
# style[] and dashed[], ticks with their labels, and whether the measure's axis is logarithmic.
line_dash(s) = dashed[s] ? 2 : dash(style[s], 0)
if (connected) set logscale x 2
if (logarithms) set logscale y 10
if (logarithms) set format y "%.0s%c"
set xtics (word(labels, 1) real(word(ticks, 1)))
set for [i=2:words(ticks)] xtics add (word(labels, i) real(word(ticks, i)))
plot -1 with lines lt nodraw, \
    for [s=1:connected*series] data every ::from[s]::to[s] using "x":"middle" with lines lt style[s] dt line_dash(s), \
    for [s=1:series] data every ::from[s]::to[s] using "x":(dashed[s] ? NaN : column("middle")) \
        :"low":"high" with yerrorbars lt style[s] pt -1, \
    for [s=1:series] data every ::from[s]::to[s] using "x":(dashed[s] ? NaN : column("middle")) \
        with points lt style[s]
