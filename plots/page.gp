# page.gp: begins a page: title, caption and legend, which hold for all panels.
#
# harness/report/page.c sets page_title, caption[] and for each entry of the legend its kind (0 a point,
# 1 a line with points, 2 a dashed line, 3 a box, 4 a tick), style, text and place.
set multiplot
set lmargin at screen 0
set rmargin at screen 1
set tmargin at screen 1
set bmargin at screen 0
unset border
unset tics
unset grid
at_x(points) = points / real(width)
at_y(points) = points / real(height)
set label 1 "{/:Bold ".page_title."}" at screen at_x(12),(1 - at_y(16)) font font.",13" enhanced
set for [l=1:captions] label 1+l caption[l] at screen at_x(12),(1 - at_y(36 + 15 * (l - 1))) \
    font font.",10" tc rgb "#444444" noenhanced
across(kind) = kind == 2 ? 2 : 3 # dashes of null, dots of a floor
do for [i=1:entries] {
    x = entry_x[i]
    y = entry_y[i]
    set label 100+i entry_text[i] at screen (x + at_x(30)),y font font.",11" noenhanced
    if (entry_kind[i] == 0 || entry_kind[i] == 1) {
        s = entry_style[i] % 100
        if (s > words(methods)) {
            set label 500+i letter[s-words(methods)] at screen (x + at_x(14)),y center tc lt entry_style[i]
        } else {
            set label 500+i "" at screen (x + at_x(14)),y point lt entry_style[i]
        }
    }
    if (entry_kind[i] == 1) {
        set arrow i from screen (x + at_x(2)),y to screen (x + at_x(26)),y nohead lt entry_style[i] dt dash(entry_style[i], entry_setting[i])
    }
    if (entry_kind[i] == 2 || entry_kind[i] == 5) {
        set arrow i from screen (x + at_x(2)),y to screen (x + at_x(26)),y nohead lt entry_style[i] \
            dt across(entry_kind[i])
    }
    if (entry_kind[i] == 3) {
        set object i rectangle from screen (x + at_x(4)),(y - at_y(5)) to screen (x + at_x(24)),(y + at_y(5)) \
            fc rgb piece_colour(entry_style[i]) fs pattern piece_pattern(entry_style[i]) border lc rgb "#333333"
    }
    if (entry_kind[i] == 4) {
        set arrow i from screen (x + at_x(14)),(y - at_y(6)) to screen (x + at_x(14)),(y + at_y(6)) nohead \
            lc rgb "#000000" lw 2.5
    }
}
plot [0:1] [0:1] -1 with lines lt nodraw
unset label
unset arrow
unset object
set border
set tics
set grid
