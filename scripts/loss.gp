# Where the workers' time went, apart from computing as fast as serial: one stacked bar per backend, as SVG and PNG.
# gnuplot -c loss.gp DIRECTORY "NAME NAME ..." SUBTITLE WORKERS "ROW ROW ..."
# The lists belong together, one bar each, from the top; rows of the table count from 0. Reads DIRECTORY/loss.csv, writes
# DIRECTORY/plots/loss.{svg,png,page.svg}. A part below 0 (computing faster than serial did) lies left of 0, so that a bar
# shows all that the table has; the number is lost_pct.

directory = ARG1
names     = ARG2
subtitle  = ARG3
workers   = ARG4
rows      = ARG5
table     = directory . '/loss.csv'
here      = ARG0[:strlen(ARG0) - strlen('/loss.gp')]

load here . '/series.gp'

parts   = 'wait end_wait send extra start descheduled residual'
colours = '#E69F00 #F0E442 #CC79A7 #0072B2 #56B4E9 #D55E00 #999999'
array title[7] = ['waiting for work', 'waiting for the end', 'sending counts', 'computing more slowly', 'starting', 'off the CPU', 'not accounted for']

bars = words(names)
bar_of(x) = sum [i = 1:bars] (column(0) == word(rows, i) ? i : 0)
part(k) = column(word(parts, k) . '_pct')
side(k, sign) = sign * part(k) > 0 ? part(k) : 0
upto(k, sign) = k < 1 ? 0 : sum [j = 1:k] side(j, sign)
# Where part k begins: behind those before it on its side of 0.
begin(k) = upto(k - 1, part(k) < 0 ? -1 : 1)

# A part that no bar shows has no place in the key.
array seen[7]
do for [k = 1:7] {
    stats table using (bar_of(0) ? abs(part(k)) : 0) nooutput
    seen[k] = STATS_max >= 0.05
}
shown_parts = ''
do for [k = 1:7] { if (seen[k]) { shown_parts = shown_parts . ' ' . k } }
shown_parts = shown_parts eq '' ? '1' : shown_parts

stats table using (bar_of(0) ? upto(7, 1) : 0) nooutput
most = STATS_max > 0 ? STATS_max : 1
stats table using (bar_of(0) ? upto(7, -1) : 0) nooutput
least = STATS_min

set xrange [least * 1.05:most + 0.12 * (most - least)]
set yrange [bars + 0.6:0.4]
set ytics (word(names, 1) 1) noenhanced scale 0
do for [i = 2:bars] { set ytics add (word(names, i) i) }
set border 3 lc rgb '#555555'
set xtics nomirror scale 0.5
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#555555' back
set grid xtics lc rgb '#c8c8c8' lw 0.6
set style fill solid 1 noborder
set key outside right top Left reverse samplen 1 spacing 1.3
set bmargin 4.2
set tmargin 5.2

wide = 900
high = 540
page_high = 180 + 30 * bars # with less, a key of seven parts lies over the tics
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set xlabel '% of workers × wall time' . shown(', beyond computing as fast as serial')
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('What ' . workers . ' worker' . (workers eq '1' ? '' : 's') . ' lose, and to what') at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/loss' . ending
    plot for [k in shown_parts] table using (begin(k + 0)):(bar_of(0) ? bar_of(0) : NaN):(begin(k + 0)):(begin(k + 0) + part(k + 0)):(bar_of(0) - 0.32):(bar_of(0) + 0.32) \
             with boxxyerror lc rgb word(colours, k + 0) title title[k + 0], \
         table using (upto(7, 1)):(bar_of(0) ? bar_of(0) : NaN):(sprintf('%.1f %%', column('lost_pct'))) \
             with labels left offset 0.5, 0 noenhanced tc rgb '#333333' font number_font notitle
    set output
}
