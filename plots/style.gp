# style.gp: the one look of all figures. The caller sets `out` (a file), `kind` (svg, png, pdf), width
# and height (in points of the svg; a png has twice), and the methods of the rows: uses, used[] (sorted).
font = "DejaVu Sans"
if (kind eq "svg") set terminal svg size width,height dynamic font font.",11" enhanced background "white"
if (kind eq "png") set terminal pngcairo size 2*width,2*height font font.",11" fontscale 1.5 linewidth 2 pointscale 1.9 enhanced
if (kind eq "pdf") set terminal pdfcairo size width/96.0,height/96.0 font font.",11" fontscale 0.7 linewidth 1.5 enhanced
set output out

# Okabe and Ito's colours, told apart by the colour-blind; no two methods share a shape, so that they
# are told apart in grey. A method keeps its number, so its colour and shape, in every figure.
methods = "null head full bitfit lora feature topk adapter prefix prompt ia3 lntune dora"
set linetype 1  lc rgb "#333333" pt 2  ps 1.0 lw 1.4 # null: a dashed line
set linetype 2  lc rgb "#E69F00" pt 5  ps 1.0 lw 1.4 # head
set linetype 3  lc rgb "#0072B2" pt 7  ps 1.1 lw 1.4 # full
set linetype 4  lc rgb "#CC79A7" pt 13 ps 1.3 lw 1.4 # bitfit
set linetype 5  lc rgb "#D55E00" pt 9  ps 1.2 lw 1.4 # lora
set linetype 6  lc rgb "#56B4E9" pt 11 ps 1.2 lw 1.4 # feature
set linetype 7  lc rgb "#000000" pt 15 ps 1.1 lw 1.4 # topk
set linetype 8  lc rgb "#009E73" pt 4  ps 1.0 lw 1.4 # adapter
set linetype 9  lc rgb "#0072B2" pt 6  ps 1.1 lw 1.4 # prefix
set linetype 10 lc rgb "#CC79A7" pt 12 ps 1.3 lw 1.4 # prompt
set linetype 11 lc rgb "#D55E00" pt 8  ps 1.2 lw 1.4 # ia3
set linetype 12 lc rgb "#56B4E9" pt 10 ps 1.2 lw 1.4 # lntune
set linetype 13 lc rgb "#E69F00" pt 14 ps 1.1 lw 1.4 # dora
# A method that this list does not know is drawn as a letter: the first of its name that no other has,
# and no O, which is a circle.
colours = "#009E73 #000000 #D55E00 #0072B2 #A0527A #A86A00"
small = "abcdefghijklmnopqrstuvwxyz"
large = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
capital(c) = strstrt(small, c) ? large[strstrt(small, c):strstrt(small, c)] : c
known(name) = sum [i=1:words(methods)] (word(methods, i) eq name ? i : 0)
place(name) = sum [i=1:uses] (used[i] eq name ? i : 0)
number(name) = known(name) ? known(name) : words(methods) + place(name)
array letter[uses+1]
taken = "O"
do for [i=1:uses] {
    letter[i] = ""
    wishes = known(used[i]) ? "" : used[i].small."?"
    do for [k=1:strlen(wishes)] {
        c = capital(wishes[k:k])
        if (letter[i] eq "" && (strstrt(large, c) || c eq "?") && !strstrt(taken, c)) { letter[i] = c }
    }
    taken = taken.letter[i]
    if (letter[i] ne "") {
        set linetype words(methods)+i lc rgb word(colours, (i - 1) % words(colours) + 1) pt letter[i] lw 1.4
        set linetype 100+words(methods)+i lc rgb "#888888" pt letter[i] lw 1.2
    }
}
# Without pretraining: the open shape of the method, in grey, as linetype 100 + its number; those whose
# shape is open with pretraining, too, have a darker one.
open = "2 4 6 12 8 10 14 4 6 12 8 10 14"
do for [i=1:words(open)] {
    set linetype 100+i lc rgb (i > 7 ? "#444444" : "#999999") pt int(word(open, i)) ps 1.1 lw 1.2
}
# Of two methods of one colour the second is dashed, and so are further settings of one method.
set dashtype 1 solid
set dashtype 2 (9,4)
set dashtype 3 (3,3)
set dashtype 4 (9,3,2,3)
second(number) = number == 1 || (number >= 9 && number <= words(methods))
dash(style, setting) = (second(style % 100) + setting) % 4 + 1

# Pieces of a bar: colour and hatching by their place. Neighbours differ in both.
piece_colour(c) = word("#0072B2 #A86A00 #B34700 #9AD0F5 #007A58 #A0527A #56B4E9 #555555", c)
piece_pattern(c) = int(word("3 4 2 3 5 1 3 7", c))

# A distance of tics that leaves three to five of them from 0 to `high`.
power(high) = 10**floor(log10(high))
distance(high) = high <= 0 ? 1 : power(high) * (high > 5 * power(high) ? 2 : high > 2 * power(high) ? 1 : 0.5)

set datafile separator comma
set datafile columnheaders
set encoding utf8
set border 3 lc rgb "#444444"
set tics nomirror out scale 0.5 textcolor rgb "#222222" font font.",10"
set grid ytics back lc rgb "#bbbbbb" lw 0.7 dt 1
set errorbars 0.5
unset key
