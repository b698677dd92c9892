# panel.gp: begins a panel: its place, ranges and names, as harness/report/page.c sets them.
unset label
unset logscale
set format
set lmargin at screen left
set rmargin at screen right
set tmargin at screen top
set bmargin at screen bottom
set border 3 lc rgb "#444444"
set xtics autofreq nomirror out scale 0.5 textcolor rgb "#222222" font font.",10" noenhanced
set ytics autofreq nomirror out scale 0.5 textcolor rgb "#222222" font font.",10" noenhanced
unset grid
set grid ytics back lc rgb "#bbbbbb" lw 0.7 dt 1
set xrange [xlow:xhigh]
set yrange [ylow:yhigh]
set title name font font.",12" offset 0,-0.6 noenhanced # bold is lost without enhanced text
set xlabel xlabel font font.",11" noenhanced
# where ylabel would be follows the width of the tics' numbers, and can be beyond the page
set label 99 ylabel at screen (left - at_x(50)),(bottom + top) / 2 center rotate by 90 \
    font font.",11" noenhanced
