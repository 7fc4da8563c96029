# The figure of a lab: one line per series, both axes logarithmic, as SVG and PNG.
# gnuplot -c lab.gp DIRECTORY NAME "X Y SERIES [MARK]" TITLE XLABEL YLABEL
# MARK is a column that says for each series at which X it crosses the first, or none. Reads DIRECTORY/NAME.csv, writes
# DIRECTORY/NAME.{svg,png}. Colours: Okabe and Ito.

directory = ARG1
name      = ARG2
across    = word(ARG3, 1)
up        = word(ARG3, 2)
by        = word(ARG3, 3)
mark      = word(ARG3, 4)
table     = directory . '/' . name . '.csv'

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

# The series that have something to show, in the order of their first rows, separated by '|' (names may hold blanks),
# and their marks.
series = '|'
marks = ''
note(s, m) = (strstrt(series, '|' . s . '|') ? 0 : (series = series . s . '|', marks = marks . m . ' ', 1))
stats table using (column(up) > 0 ? note(strcol(by), mark eq '' ? 'none' : strcol(mark)) : 0) nooutput
stats table using (column(across)) nooutput
nth(i) = (rest = series[2:], sum [k = 2:i] (rest = rest[strstrt(rest, '|') + 1:], 0), rest[1:strstrt(rest, '|') - 1])
count = 0
do for [k = 2:strlen(series)] { if (series[k:k] eq '|') { count = count + 1 } }

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10' # of another period than the colours
colour(i) = word(colours, (i - 1) % words(colours) + 1)
marker(i) = word(markers, (i - 1) % words(markers) + 1) + 0

set logscale xy
set logscale x 2
if (STATS_max > 1000 * STATS_min) {
    set logscale x 10
    set format x '10^{%L}'
}
set xlabel ARG5
set ylabel ARG6
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 4
set offsets graph 0.05, graph 0.05, 0, 0
set label 4 ARG4 at graph 0, graph 1.09 left noenhanced font ',14'

# A mark's line ends at its label, which leans to the left; those further left are lower, so that none crosses another.
is_marked(i) = word(marks, i) ne 'none'
place(i) = word(marks, i) + 0
short(x) = gprintf(gprintf('%s', x) + 0 < 10 ? '%.1s%c' : '%.0s%c', x)
is_before(k, i) = is_marked(k) && (place(k) < place(i) || (place(k) == place(i) && k < i))
height(i) = 0.8 + 0.055 * sum [k = 1:count] is_before(k, i)
do for [i = 1:count] {
    if (is_marked(i)) {
        set arrow from first place(i), graph 0 to first place(i), graph height(i) nohead dt 2 lc rgb colour(i)
        set label nth(i) . ': from ' . short(place(i)) at first place(i), graph height(i) right offset -0.5, 0 noenhanced tc rgb colour(i)
    }
}

if (mark ne '' && (sum [i = 1:count] is_marked(i)) == 0) {
    set label 'no crossing: none is clearly faster than "' . nth(1) . '"' at graph 0.03, graph 0.96 left noenhanced tc rgb '#555555'
}

do for [form in 'svg png'] {
    if (form eq 'svg') {
        set terminal svg size 900, 540 font 'DejaVu Sans,12' background 'white' name 'mandelbench'
    } else {
        set terminal pngcairo size 1350, 810 fontscale 1.35 linewidth 1.5 pointscale 1.4 background 'white'
    }
    set output directory . '/' . name . '.' . form
    plot for [i = 1:count] table using (strcol(by) eq nth(i) ? column(across) : NaN):(column(up)) \
        with linespoints lc rgb colour(i) pt marker(i) ps 0.9 title nth(i)
    set output
}
