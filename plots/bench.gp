# bench.gp: a panel of speeds, a line a method: a point a side with its lowest and highest, and a tick where
# the products by themselves would be. tests/bench/report.py sets size, texts, data, drawn (methods), sides.
line_of(name) = sum [i=1:words(drawn)] (word(drawn, i) eq name ? i : 0)
here(side) = stringcolumn("size") eq size && stringcolumn("texts") eq texts && stringcolumn("side") eq side
set ytics (word(drawn, 1) 1) scale 0
set for [i=2:words(drawn)] ytics add (word(drawn, i) i)
set grid noytics
set grid xtics back lc rgb "#bbbbbb" lw 0.7 dt 1
plot data using (here("limit") ? column("gflops") : NaN):(line_of(stringcolumn("method")) - 0.45):(0):(0.9) \
        with vectors nohead lc rgb "#000000" lw 2.5, \
    for [i=1:words(sides)] data using (here(word(sides, i)) ? column("gflops") : NaN) \
        :(line_of(stringcolumn("method"))):(column("low")):(column("high")) \
        with xerrorbars lt int(word(styles, i)) pt -1, \
    for [i=1:words(sides)] data using (here(word(sides, i)) ? column("gflops") : NaN) \
        :(line_of(stringcolumn("method"))) with points lt int(word(styles, i))
