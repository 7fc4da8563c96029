# Where the workers' time went, apart from computing as fast as serial: one stacked bar per backend, as SVG and PNG.
# gnuplot -c loss.gp DIRECTORY "NAME NAME ..." SUBTITLE "WORKERS WORKERS ..." "ROW ROW ..."
# The lists belong together, one bar each, from the top; rows of the table count from 0. Reads DIRECTORY/loss.csv, writes
# DIRECTORY/plots/loss.{svg,png,page.svg}. A part below 0 is not drawn. Colours: Okabe and Ito.

directory = ARG1
names     = ARG2
subtitle  = ARG3
workers   = ARG4
rows      = ARG5
table     = directory . '/loss.csv'
here      = ARG0[:strlen(ARG0) - strlen('/loss.gp')]

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

parts   = 'wait end_wait send extra start descheduled residual'
colours = '#E69F00 #F0E442 #CC79A7 #0072B2 #56B4E9 #D55E00 #999999'
array title[7] = ['waiting for work', 'waiting for the end', 'sending counts', 'computing more slowly', 'starting', 'off the CPU', 'not accounted for']

bars = words(names)
bar(x) = sum [i = 1:bars] (column(0) == word(rows, i) ? i : 0)
drawn(k) = column(word(parts, k) . '_pct') > 0 ? column(word(parts, k) . '_pct') : 0
upto(k) = k < 1 ? 0 : sum [j = 1:k] drawn(j)

stats table using (bar(0) ? upto(7) : 0) nooutput
most = STATS_max > 0 ? STATS_max : 1

set xrange [0:most * 1.12]
set yrange [bars + 0.6:0.4]
name(i) = sprintf('%s × %s', word(names, i), word(workers, i))
set ytics (name(1) 1) noenhanced scale 0
do for [i = 2:bars] { set ytics add (name(i) i) }
set border 3 lc rgb '#555555'
set xtics nomirror scale 0.5
set grid xtics lc rgb '#c8c8c8' lw 0.6
set style fill solid 1 noborder
set key outside right top Left reverse samplen 1 spacing 1.3
set bmargin 4.2
set tmargin 5.2

wide = 900
high = 540
page_high = 150 + 30 * bars
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set xlabel '% of workers × wall time' . shown(', beyond computing as fast as serial')
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('What the workers lose, and to what') at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/loss' . ending
    plot for [k = 1:7] table using (upto(k - 1)):(bar(0) ? bar(0) : NaN):(upto(k - 1)):(upto(k)):(bar(0) - 0.32):(bar(0) + 0.32) \
             with boxxyerror lc rgb word(colours, k) title title[k], \
         table using (upto(7)):(bar(0) ? bar(0) : NaN):(sprintf('%.1f %%', upto(7))) \
             with labels left offset 0.5, 0 noenhanced tc rgb '#333333' font ',10' notitle
    set output
}
