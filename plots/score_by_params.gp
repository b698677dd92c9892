# score_by_params.gp: score against trained parameters, a panel a task and model, a point a method
# with its 95 % interval over seeds; null is the dashed line.
#
# harness/report/figure.c sets what is used here: the file `data`, the panels' places, ranges and
# names, and for each series of `data` its method. Scores are drawn in points (x 100); no other
# number is computed here.
load plots."/style.gp"
set multiplot
set label 100 "Score against trained parameters" at screen title_x,title_y font font.":Bold,13"
set for [l=1:captions] label l caption[l] at screen title_x,caption_y[l] \
    font font.",9" tc rgb "#444444" noenhanced
set logscale x
set xrange [xlow:xhigh]
set format x "%.0s%c"
if (zero > 0) set xtics add ("0" zero) # nothing trained: beside the axis of logarithms
unset key
do for [p=1:panels] {
    set lmargin at screen left[p]
    set rmargin at screen right[p]
    set tmargin at screen top[p]
    set bmargin at screen bottom[p]
    set yrange [ylow[p]:yhigh[p]]
    set title name[p] font font.":Bold,11" offset 0,-0.6 noenhanced
    set ylabel ylabel[p] font font.",10" noenhanced
    set xlabel xlabel[p] font font.",10" noenhanced
    set label 101 last[p] < first[p] ? "no score" : "" at graph 0.5,0.5 center
    plot -1e9 with lines lt nodraw, \
        for [i=1:lines[p]] null[p] with lines lt 1, \
        for [s=first[p]:last[p]] data using (column("series") == s ? column("x") : NaN) \
            :(100 * column("score")):(100 * column("low")):(100 * column("high")) \
            with yerrorbars lt (100 * grey[s] + number(method[s])) ps 0, \
        for [s=first[p]:last[p]] data using (column("series") == s ? column("x") : NaN) \
            :(100 * column("score")) with points lt (100 * grey[s] + number(method[s]))
    unset label
}
# The legend: what was drawn, each once.
set lmargin at screen legend_left
set rmargin at screen 1
set tmargin at screen legend_top
set bmargin at screen 0
unset logscale
unset border
unset tics
unset grid
unset title
unset xlabel
unset ylabel
set xrange [0:1]
set yrange [0:1]
set key inside left top Left reverse samplen 1.6 spacing 1.25 font font.",10" noenhanced
plot for [i=1:entries] -1 with points lt (100 * entry_grey[i] + number(entry[i])) \
         title entry[i].(entry_grey[i] ? " (untrained)" : ""), \
     for [i=1:lines_drawn] -1 with lines lt 1 title "null"
unset multiplot
