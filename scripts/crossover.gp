# The figure of an experiment along picture sizes: speedup over serial, one line per backend, as SVG and PNG.
# gnuplot -c crossover.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE WORKERS "KERNEL SHORTCUTS VIEW"
# Reads the rows with that many WORKERS of DIRECTORY/speedup.csv, writes DIRECTORY/plots/crossover.{svg,png,page.svg}.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
workers   = ARG4 + 0
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
table     = directory . '/speedup.csv'
here      = ARG0[:strlen(ARG0) - strlen('/crossover.gp')]
load here . '/series.gp'

beside(i) = 10 ** (0.16 * (i - (words(backends) + 1) / 2.0) / words(backends))
shown_row(x) = strcol('role') eq 'case' && strcol('kernel') eq kernel && strcol('shortcuts') eq shortcuts && strcol('view') eq view && \
               column('workers') == workers
mine(i) = shown_row(0) && strcol('backend') eq word(backends, i)
pixels(x) = column('width') * column('height')
across(i) = mine(i) ? pixels(0) * beside(i) : NaN
up(i) = mine(i) ? column('speedup') : NaN
end(i, name) = mine(i) ? maybe(name) : NaN

known = 0
stats table using (shown_row(0) ? (known = known + (strcol('speedup_lo') ne ''), pixels(0)) : NaN) nooutput

set logscale x 10
set format x '10^{%L}'
set xrange [STATS_min / 1.8:STATS_max * 1.8]
set yrange [0:1.1<*]
set xlabel 'pixels per picture'
set ylabel 'speedup (times serial)'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

bars = bars_if(known, "for [i = 1:words(backends)] table using (across(i)):(up(i)):(end(i, 'speedup_lo')):(end(i, 'speedup_hi')) with yerrorbars lc rgb colour(i)")

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle . claim(known)) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(sprintf('Speedup over serial against picture size, %d workers', workers)) at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/crossover' . ending
    plot 1 with lines dt 2 lc rgb '#777777' notitle, \
         @bars \
         for [i = 1:words(backends)] table using (across(i)):(up(i)) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 title word(backends, i)
    set output
}
