# The figure of the experiment faults: how long a render takes against how many of its workers are killed meanwhile, and
# how soon a replacement computes, side by side, one line per backend, as SVG and PNG.
# gnuplot -c faults.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE
# Reads DIRECTORY/faults.csv, writes DIRECTORY/plots/faults.{svg,png,page.svg}. Colours: Okabe and Ito; every series has its
# own marker too, and stands a little aside, so that intervals at the same number of kills can be told apart.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
table     = directory . '/faults.csv'
here      = ARG0[:strlen(ARG0) - strlen('/faults.gp')]

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10' # of another period than the colours
colour(i) = word(colours, (i - 1) % words(colours) + 1)
marker(i) = word(markers, (i - 1) % words(markers) + 1) + 0
beside(i) = 0.42 * (i - (words(backends) + 1) / 2.0) / words(backends)
spread(x) = log(1 + x) / log(2) # 0 has a place too

# Rows of one backend; anything else is missing. Kills are those that came in time, per render.
mine(i)   = strcol('backend') eq word(backends, i)
across(i) = mine(i) ? spread(column('kills') / column('n')) + beside(i) : NaN
up(i, value) = mine(i) ? column(value) / 1e-3 : NaN
# An end of an interval, or the value itself where there is no interval (too few blocks).
end(i, which, value) = mine(i) ? (strcol(which) eq '' ? column(value) : column(which)) / 1e-3 : NaN

set xrange [-0.3:spread(16) + 0.3]
set yrange [0:*]
set xtics ('0' 0, '1' spread(1), '2' spread(2), '4' spread(4), '8' spread(8), '16' spread(16))
set xlabel 'workers killed during a render'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6

wide = 1080
high = 540
page_high = 800
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set output directory . '/plots/faults' . ending
    set multiplot
    set label 3 shown(subtitle) at screen 0.075, screen 0.90 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('What it costs when workers are killed') at screen 0.075, screen 0.95 left noenhanced font ',14'
    set label 5 'one render' at graph 0, graph 1.04 left
    part = 1
    load here . '/pair.gp'
    set ylabel offset 1 'milliseconds per render'
    plot for [i = 1:words(backends)] table using (across(i)):(up(i, 'render_s')):(end(i, 'render_lo_s', 'render_s')):(end(i, 'render_hi_s', 'render_s')) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 lw 1.4 title word(backends, i)
    unset label 3
    unset label 4
    set label 5 'recovery: from a kill until the replacement computes'
    part = 2
    load here . '/pair.gp'
    set ylabel offset 1 'milliseconds'
    plot for [i = 1:words(backends)] table using (across(i)):(up(i, 'recovery_s')):(end(i, 'recovery_lo_s', 'recovery_s')):(end(i, 'recovery_hi_s', 'recovery_s')) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 lw 1.4 title word(backends, i)
    unset multiplot
    set output
}
