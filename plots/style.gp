# style.gp: the one look of all figures. The caller sets `out` (a file), `kind` (svg, png, pdf), and
# width and height where a figure needs other than these (in points of the svg; a png has twice).
if (!exists("width")) width = 640
if (!exists("height")) height = 420
font = "DejaVu Sans"
if (kind eq "svg") set terminal svg size width,height dynamic font font.",11" enhanced background "white"
if (kind eq "png") set terminal pngcairo size 2*width,2*height font font.",11" fontscale 1.5 linewidth 2 pointscale 1.9 enhanced
if (kind eq "pdf") set terminal pdfcairo size width/72.0,height/72.0 font font.",8" enhanced
set output out

# Okabe and Ito's colours, told apart by the colour-blind; no two methods share a shape, so that they
# are told apart in grey. A method keeps its number, so its colour and shape, in every figure.
# Methods that this list does not know (`used`, sorted, names all that are drawn) come after it.
methods = "null head full bitfit lora feature topk adapter prefix prompt ia3 lntune dora"
set linetype 1  lc rgb "#333333" pt 2  ps 1.0 lw 1.4 dt (6,4) # null: a line, not a point
set linetype 2  lc rgb "#E69F00" pt 5  ps 1.0 lw 1.4          # head
set linetype 3  lc rgb "#0072B2" pt 7  ps 1.1 lw 1.4          # full
set linetype 4  lc rgb "#CC79A7" pt 13 ps 1.3 lw 1.4          # bitfit
set linetype 5  lc rgb "#D55E00" pt 9  ps 1.2 lw 1.4          # lora
set linetype 6  lc rgb "#56B4E9" pt 11 ps 1.2 lw 1.4          # feature
set linetype 7  lc rgb "#000000" pt 15 ps 1.1 lw 1.4          # topk
set linetype 8  lc rgb "#009E73" pt 4  ps 1.0 lw 1.4          # adapter
set linetype 9  lc rgb "#0072B2" pt 6  ps 1.1 lw 1.4          # prefix
set linetype 10 lc rgb "#CC79A7" pt 12 ps 1.3 lw 1.4          # prompt
set linetype 11 lc rgb "#D55E00" pt 8  ps 1.2 lw 1.4          # ia3
set linetype 12 lc rgb "#56B4E9" pt 10 ps 1.2 lw 1.4          # lntune
set linetype 13 lc rgb "#E69F00" pt 14 ps 1.1 lw 1.4          # dora
set linetype 14 lc rgb "#009E73" pt 1  ps 1.1 lw 1.4          # a method of your own,
set linetype 15 lc rgb "#000000" pt 3  ps 1.1 lw 1.4          # and another
known(name) = sum [i=1:words(methods)] (word(methods, i) eq name ? i : 0)
place(name) = sum [i=1:uses] (used[i] eq name ? i : 0)
extra(name) = sum [i=1:place(name)] !known(used[i])
number(name) = known(name) ? known(name) : words(methods) + extra(name)

# Without pretraining: the open shape of the method, in grey, as linetype 100 + its number.
open = "2 4 6 12 8 10 14 4 6 12 8 10 14 1 3"
do for [i=1:words(open)] {
    set linetype 100+i lc rgb "#999999" pt int(word(open, i)) ps 1.1 lw 1.2
}

set datafile separator comma
set datafile columnheaders
set encoding utf8
set border 3 lc rgb "#444444"
set tics nomirror out scale 0.5 textcolor rgb "#222222" font font.",9"
set grid ytics back lc rgb "#bbbbbb" lw 0.7 dt 1
set errorbars 0.5
set key noenhanced
