# Figures of a scaling campaign: render time, speedup and efficiency against workers, each as SVG and PNG.
# gnuplot -c scaling.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE USABLE_CPUS "KERNEL SHORTCUTS VIEW" SERIAL_SECONDS CORES
# Reads DIRECTORY/speedup.csv, writes DIRECTORY/plots/. Colours: Okabe and Ito; every series has its own marker
# too, and stands a little aside, so that intervals at the same number of workers can be told apart.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
cpus      = ARG4 + 0
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
serial    = ARG6 + 0
cores     = ARG7 + 0 # whole ones behind the usable CPUs
table     = directory . '/speedup.csv'
here      = ARG0[:strlen(ARG0) - strlen('/scaling.gp')]

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10' # of another period than the colours
colour(i) = word(colours, (i - 1) % words(colours) + 1)
marker(i) = word(markers, (i - 1) % words(markers) + 1) + 0
beside(i) = 2 ** (0.4 * (i - (words(backends) + 1) / 2.0) / words(backends))

# Rows of one backend, in the role of a case; anything else is missing.
mine(i)   = strcol('role') eq 'case' && strcol('backend') eq word(backends, i) && strcol('kernel') eq kernel && \
            strcol('shortcuts') eq shortcuts && strcol('view') eq view
field(i, name) = mine(i) ? column(name) : NaN
# An end of an interval, or the value itself where there is no interval (too few blocks).
end(i, name, value) = mine(i) ? (strcol(name) eq '' ? column(value) : column(name)) : NaN

stats table using (strcol('role') eq 'case' ? column('workers') : NaN) nooutput
most = int(STATS_max)
left = 0.80
right = most * 1.25

set logscale x 2
set xrange [left:right]
set xtics 1, 2, most
set xtics add (sprintf('%d', cpus) cpus)
set xlabel 'workers'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

# Shaded from between two numbers of workers on: beyond the cores two share one, beyond the usable CPUs they take turns.
if (most > cores) {
    stats table using (strcol('role') eq 'case' && column('workers') > cores ? column('workers') : NaN) nooutput
    crowded = sqrt(cores * STATS_min)
}
if (most > cpus) {
    stats table using (strcol('role') eq 'case' && column('workers') > cpus ? column('workers') : NaN) nooutput
    oversubscribed = sqrt(cpus * STATS_min)
    set object 1 rectangle from first oversubscribed, graph 0 to graph 1, graph 1 behind fc rgb '#f0f0f0' fs noborder
    set label 2 'more workers than CPUs' at first sqrt(oversubscribed * right), graph 1.025 center tc rgb '#777777' font ',9'
} else {
    oversubscribed = right
}
if (most > cores && cores < cpus) {
    set object 2 rectangle from first crowded, graph 0 to first oversubscribed, graph 1 behind fc rgb '#f8f2dc' fs noborder
    set label 5 'two workers on a core' at first sqrt(crowded * oversubscribed), graph 1.025 center tc rgb '#777777' font ',9'
}

ideal(x) = x < cpus ? x : cpus

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'

    set label 4 shown('Render time against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'render time (ms)'
    set logscale y 2
    set autoscale y
    set output directory . '/plots/time' . ending
    plot serial * 1e3 / ideal(x) with lines dt 2 lc rgb '#777777' title 'serial / workers', \
         for [i = 1:words(backends)] table using (column('workers') * beside(i)):(field(i, 'median_s') * 1e3):(end(i, 'ci_lo_s', 'median_s') * 1e3):(end(i, 'ci_hi_s', 'median_s') * 1e3) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 title word(backends, i)
    unset logscale y

    set label 4 shown('Speedup over serial against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'speedup (times serial)'
    set yrange [0:cpus * 1.1 < 1.1 ? 1.1 : cpus * 1.1]
    set output directory . '/plots/speedup' . ending
    plot ideal(x) with lines dt 2 lc rgb '#777777' title 'ideal', \
         for [i = 1:words(backends)] table using (column('workers') * beside(i)):(field(i, 'speedup')):(end(i, 'speedup_lo', 'speedup')):(end(i, 'speedup_hi', 'speedup')) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 title word(backends, i)

    set label 4 shown('Efficiency against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'efficiency (speedup / workers)'
    set yrange [0:1.1<*]
    set ytics (0, 0.2, 0.5, 0.8, 1)
    set output directory . '/plots/efficiency' . ending
    plot ideal(x) / x with lines dt 2 lc rgb '#777777' title 'ideal', \
         0.8 with lines dt 3 lc rgb '#777777' notitle, 0.5 with lines dt 3 lc rgb '#777777' notitle, \
         for [i = 1:words(backends)] table using (column('workers') * beside(i)):(field(i, 'efficiency')):(end(i, 'speedup_lo', 'speedup') / column('workers')):(end(i, 'speedup_hi', 'speedup') / column('workers')) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 title word(backends, i)
    set autoscale y
    set ytics autofreq
    set output
}
