# The figure of a lab: one line per series, both axes logarithmic, as SVG and PNG.
# gnuplot -c lab.gp DIRECTORY NAME "X Y SERIES" TITLE XLABEL YLABEL
# Reads DIRECTORY/NAME.csv, writes DIRECTORY/NAME.{svg,png}. Colours: Okabe and Ito.

directory = ARG1
name      = ARG2
across    = word(ARG3, 1)
up        = word(ARG3, 2)
by        = word(ARG3, 3)
table     = directory . '/' . name . '.csv'

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

# The series, in the order of their first rows, separated by '|' (names may hold blanks).
series = '|'
note(s) = (strstrt(series, '|' . s . '|') ? 0 : (series = series . s . '|', 1))
stats table using (note(strcol(by))) nooutput
nth(i) = (rest = series[2:], sum [k = 2:i] (rest = rest[strstrt(rest, '|') + 1:], 0), rest[1:strstrt(rest, '|') - 1])
count = 0
do for [k = 2:strlen(series)] { if (series[k:k] eq '|') { count = count + 1 } }

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10' # of another period than the colours

set logscale xy
set logscale x 2
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

do for [form in 'svg png'] {
    if (form eq 'svg') {
        set terminal svg size 900, 540 font 'DejaVu Sans,12' background 'white' name 'mandelbench'
    } else {
        set terminal pngcairo size 1350, 810 fontscale 1.35 linewidth 1.5 pointscale 1.4 background 'white'
    }
    set output directory . '/' . name . '.' . form
    plot for [i = 1:count] table using (strcol(by) eq nth(i) ? column(across) : NaN):(column(up)) \
        with linespoints lc rgb word(colours, (i - 1) % words(colours) + 1) pt (word(markers, (i - 1) % words(markers) + 1) + 0) ps 0.9 title nth(i)
    set output
}
