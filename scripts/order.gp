# The figure of a campaign's samples in the order they were taken, each against its case's median, as SVG and PNG.
# gnuplot -c order.gp DIRECTORY SUBTITLE
# Reads DIRECTORY/order.csv, writes DIRECTORY/plots/order.{svg,png,page.svg}.

directory = ARG1
subtitle  = ARG2
table     = directory . '/order.csv'
here      = ARG0[:strlen(ARG0) - strlen('/order.gp')]

load here . '/series.gp'

noisy(x)  = strcol('noisy') eq 'true' ? x : NaN
serial(x) = strcol('role') eq 'baseline' || strcol('role') eq 'control' ? x : NaN
other(x)  = strcol('role') eq 'baseline' || strcol('role') eq 'control' ? NaN : x

# What is drawn to scale: up to three times as fast or as slow. What lies beyond stands at the edge, with the farthest in
# the key: one stalled sample would flatten all others.
outmost = 3.0
stats table using (column('relative')) nooutput
fastest = STATS_min
slowest = STATS_max
low  = fastest < 1 / outmost ? 1 / outmost : fastest
high_end = slowest > outmost ? outmost : slowest
low  = (low > 0.95 ? 0.95 : low) / 1.05
top  = (high_end < 1.05 ? 1.05 : high_end) * 1.05
inside(x) = x < low || x > top ? NaN : x
has_noisy = 0
stats table using (noisy(inside(column('relative'))) > 0 ? (has_noisy = 1) : 0) nooutput
above = 0
below = 0
stats table using (column('relative') > top ? (above = above + 1) : column('relative') < low ? (below = below + 1) : 0) nooutput

set logscale y
set yrange [low:top]
set format y '%g'
set ytics (0.3, 0.5, 0.7, 1, 1.5, 2, 3)
if (top / low < 2) { set ytics add (0.8, 0.9, 1.1, 1.2) }
if (top / low < 1.3) { set ytics add (0.95, 1.05) }
set xrange [0:*]
set xlabel 'sample'
set ylabel 'time / median of its case'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

farthest = sprintf(slowest < 100 ? '%.3g' : '%.0f', slowest)
beyond_top = part_if(above, "table using (column('place')):(column('relative') > top ? top : NaN) with points pt 8 ps 1 lc rgb '#000000' title sprintf('%d above: up to %s times', above, farthest)")
beyond_low = part_if(below, "table using (column('place')):(column('relative') < low ? low : NaN) with points pt 10 ps 1 lc rgb '#000000' title sprintf('%d below: down to %.2g times', below, fastest)")
disturbed  = part_if(has_noisy, "table using (column('place')):(noisy(inside(column('relative')))) with points pt 6 ps 1.1 lc rgb '#D55E00' title 'disturbed'")

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('Samples in the order they were taken') at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/order' . ending
    plot 1 with lines lc rgb '#777777' notitle, \
         @beyond_top \
         @beyond_low \
         table using (column('place')):(other(inside(column('relative')))) with points pt 7 ps 0.35 lc rgb '#56B4E9' title 'all others', \
         @disturbed \
         table using (column('place')):(serial(inside(column('relative')))) with points pt 7 ps 0.55 lc rgb '#0072B2' title 'serial'
    set output
}
