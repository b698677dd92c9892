# score_by_cost.gp: a panel of score against what training takes: a point a method with its 95 %
# interval; null is the dashed line, a floor the dotted one. Scores are drawn in points (x 100); no other number is made here.
interval(end) = column("low") < column("high") ? 100 * column(end) : NaN # one run has none
set label 1 last < first ? "no score" : "" at graph 0.5,0.5 center
plot -1e9 with lines lt nodraw, \
    for [i=1:null_drawn] null with lines lt 1 dt 2, \
    for [i=1:floor_drawn] floor_score with lines lt 1 dt 3, \
    for [s=first:last] data every ::from[s]::to[s] using "x":(interval("score")) \
        :(interval("low")):(interval("high")) with yerrorbars lt style[s] pt -1, \
    for [s=first:last] data every ::from[s]::to[s] using "x":(100 * column("score")) with points lt style[s]
