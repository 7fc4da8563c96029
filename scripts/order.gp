# The figure of a campaign's samples in the order they were taken, each against its case's median, as SVG and PNG.
# gnuplot -c order.gp DIRECTORY SUBTITLE
# Reads DIRECTORY/order.csv, writes DIRECTORY/plots/order.{svg,png,page.svg}.

directory = ARG1
subtitle  = ARG2
table     = directory . '/order.csv'
here      = ARG0[:strlen(ARG0) - strlen('/order.gp')]

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

noisy(x)  = strcol('noisy') eq 'true' ? x : NaN
serial(x) = strcol('role') eq 'baseline' || strcol('role') eq 'control' ? x : NaN
other(x)  = strcol('role') eq 'baseline' || strcol('role') eq 'control' ? NaN : x

has_noisy = 0
stats table using (strcol('noisy') eq 'true' ? (has_noisy = 1) : 0) nooutput

# Some room around all of them, the same above and below.
stats table using (column('relative')) nooutput
reach(low, high) = (low < 1 / high ? 1 / low : high) * 1.1
most = reach(STATS_min, STATS_max) < 1.25 ? 1.25 : reach(STATS_min, STATS_max)

set logscale y
set yrange [1 / most:most]
if (most < 3) {
    set ytics (0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3)
} else { if (most < 20) {
    set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10)
} else {
    set ytics 10
} }
set xrange [0:*]
set xlabel 'sample'
set ylabel 'time / median of its case'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('Samples in the order they were taken') at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/order' . ending
    if (has_noisy) {
        plot 1 with lines lc rgb '#777777' notitle, \
             table using (column('place')):(other(column('relative'))) with points pt 7 ps 0.35 lc rgb '#56B4E9' title 'all others', \
             table using (column('place')):(serial(column('relative'))) with points pt 7 ps 0.55 lc rgb '#0072B2' title 'serial', \
             table using (column('place')):(noisy(column('relative'))) with points pt 6 ps 1.1 lc rgb '#D55E00' title 'disturbed'
    } else {
        plot 1 with lines lc rgb '#777777' notitle, \
             table using (column('place')):(other(column('relative'))) with points pt 7 ps 0.35 lc rgb '#56B4E9' title 'all others', \
             table using (column('place')):(serial(column('relative'))) with points pt 7 ps 0.55 lc rgb '#0072B2' title 'serial'
    }
    set output
}
