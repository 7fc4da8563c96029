# The figure of CPU time against wall time, a mark for every case, as SVG and PNG.
# gnuplot -c cpu.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE USABLE_CPUS "KERNEL SHORTCUTS VIEW"
# Reads DIRECTORY/summary.csv, writes DIRECTORY/plots/cpu.{svg,png,page.svg}. Colours: Okabe and Ito.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
cpus      = ARG4 + 0
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
table     = directory . '/summary.csv'
here      = ARG0[:strlen(ARG0) - strlen('/cpu.gp')]

load here . '/series.gp'

case_of(k) = (strcol('role') eq 'case' || strcol('role') eq 'baseline') && strcol('kernel') eq k && strcol('shortcuts') eq shortcuts && \
             strcol('view') eq view && column('cpu_s') > 0 && column('cpu_s') < 1e15
mine(i) = strcol('backend') eq word(backends, i) && case_of(kernel)
wall(i) = mine(i) ? column('median_s') * 1e3 : NaN
used(i) = mine(i) ? column('cpu_s') * 1e3 : NaN

# No CPU time, no figure.
shown_cases = 0
stats table using (case_of(kernel) ? (shown_cases = shown_cases + 1) : 0) nooutput
if (shown_cases == 0) {
    exit
}
stats table using (case_of(kernel) ? column('median_s') * 1e3 : NaN) nooutput
least = STATS_min / 1.15
most = STATS_max * 1.15
stats table using (case_of(kernel) ? column('cpu_s') * 1e3 : NaN) nooutput

lowest = STATS_min / 1.3
highest = STATS_max * 1.3

set xrange [least:most]
set yrange [lowest:highest]
if (most / least > 10) {
    set logscale xy
    set format '%g'
    set tics ()
    do for [decade = -4:5:step(least, most)] {
        do for [digit in digits(least, most)] { set xtics add (digit * 10.0 ** decade) }
    }
    do for [decade = -4:5:step(lowest, highest)] {
        do for [digit in digits(lowest, highest)] { set ytics add (digit * 10.0 ** decade) }
    }
}
set xlabel 'wall time per render (ms)'
set ylabel 'CPU time per render (ms)'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

# The diagonals: 1, 2, 4 ... CPUs at work all the time, up to the usable ones.
diagonals = ''
k = 1
while (k < cpus) {
    diagonals = diagonals . ' ' . k
    k = 2 * k
}
diagonals = diagonals . ' ' . cpus

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('CPU time against wall time') at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/cpu' . ending
    plot for [k = 1:words(diagonals)] word(diagonals, k) * x with lines dt k lc rgb '#777777' title 'CPUs: ' . word(diagonals, k), \
         for [i = 1:words(backends)] table using (wall(i)):(used(i)) with points lc rgb colour(i) pt marker(i) ps 0.9 title word(backends, i)
    set output
}
