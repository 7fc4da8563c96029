# The figure of a lab that compares a few ways by two numbers: two plots of bars side by side, each number at its bar's
# end, as SVG and PNG.
# gnuplot -c lab-bars.gp DIRECTORY NAME "LABEL LEFT RIGHT" TITLE LEFT-TITLE RIGHT-TITLE
# LABEL names the rows; those that lack a number are left out. Reads DIRECTORY/NAME.csv, writes
# DIRECTORY/NAME.{svg,png}. Colours: Okabe and Ito.

directory = ARG1
name      = ARG2
label     = word(ARG3, 1)
table     = directory . '/' . name . '.csv'

set encoding utf8
set datafile separator comma
set datafile columnheaders

array who[64]
array left[64]
array right[64]
rows = 0
least = 0
note(l, r) = (l == l && r == r) ? (rows = rows + 1, who[rows] = strcol(label), left[rows] = l, right[rows] = r, 0) : 0
stats table using (note(column(word(ARG3, 2)), column(word(ARG3, 3)))) nooutput
unset datafile columnheaders # which would take the first bar for one

number(part, i) = part == 1 ? left[i] : right[i]
most(part) = (m = 0, sum [i = 1:rows] (m = number(part, i) > m ? number(part, i) : m, 0), m > 0 ? m : 1)
is_whole(part) = (sum [i = 1:rows] (number(part, i) == floor(number(part, i)))) == rows
# Three digits are enough; where all numbers are whole they stay so, in groups of three.
digits(x) = x < 1000 ? gprintf('%.0f', x) : x < 1e6 ? sprintf('%d,%03d', int(x) / 1000, int(x) % 1000) \
          : sprintf('%d,%03d,%03d', int(x) / 1000000, int(x) / 1000 % 1000, int(x) % 1000)
shown(part, x) = is_whole(part) || x >= 100 ? digits(x) : x >= 10 ? sprintf('%.1f', x) : sprintf('%.2f', x)

longest = 0
do for [i = 1:rows] { if (strlen(who[i]) > longest) { longest = strlen(who[i]) } }
from = 0.03 + 0.0085 * longest
wide_part = (0.98 - from) / 2

set yrange [rows + 0.6:0.4]
set border 2 lc rgb '#555555'
unset key
unset xtics
set style fill solid 1 noborder
wide = 900
high = 130 + 52 * rows

do for [form in 'svg png'] {
    if (form eq 'svg') {
        set terminal svg size wide, high font 'DejaVu Sans,12' background 'white' name 'mandelbench'
    } else {
        set terminal pngcairo size 1.5 * wide, 1.5 * high fontscale 1.35 linewidth 1.5 background 'white'
    }
    set output directory . '/' . name . '.' . form
    set multiplot
    set label 4 ARG4 at screen 0.02, screen 1 - 26.0 / high left noenhanced font ',14'
    do for [part = 1:2] {
        set lmargin at screen from + (part - 1) * wide_part
        set rmargin at screen from + part * wide_part - 0.03
        set tmargin at screen 1 - 96.0 / high
        set bmargin at screen 18.0 / high
        set xrange [0:1.4 * most(part)]
        set label 5 (part == 1 ? ARG5 : ARG6) at graph 0, screen 1 - 70.0 / high left noenhanced
        unset ytics
        if (part == 1) {
            set ytics (who[1] 1) noenhanced scale 0
            do for [i = 2:rows] { set ytics add (who[i] i) }
        }
        plot sample [i = 1:rows:1] '+' using (0):(i):(0):(number(part, int(i))):(i - 0.32):(i + 0.32) \
                 with boxxyerror lc rgb (part == 1 ? '#0072B2' : '#D55E00'), \
             [i = 1:rows:1] '+' using (number(part, int(i))):(i):(shown(part, number(part, int(i)))) \
                 with labels left offset 0.6, 0
        unset label 4
    }
    unset multiplot
    set output
}
