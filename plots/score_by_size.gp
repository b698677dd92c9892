# score_by_size.gp: a panel of score against the size of the model: a line a method, with the 95 %
# interval of each point but of null's; a floor is the dotted line. Scores are drawn in points (x 100); no other number is made here.
set logscale x
interval(end) = column("low") < column("high") ? 100 * column(end) : NaN # one run has none
set xlabel xlabel offset 0,-0.9 font font.",11" noenhanced # below the tics of two lines
plot for [i=1:floor_drawn] floor_score with lines lt 1 dt 3, \
    for [s=first:last] data every ::from[s]::to[s] using "x":(100 * column("score")) \
        with lines lt style[s] dt dash(style[s], setting[s]), \
    for [s=first:last] data every ::from[s]::to[s] using "x":(style[s] == 1 ? NaN : interval("score")) \
        :(interval("low")):(interval("high")) with yerrorbars lt style[s] pt -1, \
    for [s=first:last] data every ::from[s]::to[s] using "x":(style[s] == 1 ? NaN : 100 * column("score")) \
        with points lt style[s]
