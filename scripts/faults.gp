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

load here . '/series.gp'

beside(i) = 0.42 * (i - (words(backends) + 1) / 2.0) / words(backends)
spread(x) = log(1 + x) / log(2) # 0 has a place too

# Rows of one backend; anything else is missing. Kills are those that came in time, per render.
mine(i)   = strcol('backend') eq word(backends, i)
across(i) = mine(i) ? spread(column('kills') / column('n')) + beside(i) : NaN
up(i, value) = mine(i) ? column(value) / 1e-3 : NaN
end(i, which) = mine(i) ? maybe(which) / 1e-3 : NaN
known = 0
stats table using (known = known + (strcol('render_lo_s') ne '')) nooutput

set xrange [-0.3:spread(16) + 0.3]
set yrange [0:*]
set xtics ('0' 0, '1' spread(1), '2' spread(2), '4' spread(4), '8' spread(8), '16' spread(16))
set xlabel 'workers killed during a render'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6

bars = bars_if(known, "for [i = 1:words(backends)] table using (across(i)):(up(i, 'render_s')):(end(i, 'render_lo_s')):(end(i, 'render_hi_s')) with yerrorbars lc rgb colour(i) lw 1.4")
bars_2 = bars_if(known, "for [i = 1:words(backends)] table using (across(i)):(up(i, 'recovery_s')):(end(i, 'recovery_lo_s')):(end(i, 'recovery_hi_s')) with yerrorbars lc rgb colour(i) lw 1.4")

wide = 1080
high = 540
page_high = 800
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set output directory . '/plots/faults' . ending
    set multiplot
    set label 3 shown(subtitle . claim(known)) at screen 0.075, screen 0.90 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('What it costs when workers are killed') at screen 0.075, screen 0.95 left noenhanced font ',14'
    set label 5 'one render' at graph 0, graph 1.04 left
    part = 1
    load here . '/pair.gp'
    set ylabel offset 1 'milliseconds per render'
    plot @bars \
         for [i = 1:words(backends)] table using (across(i)):(up(i, 'render_s')) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 lw 1.4 title word(backends, i)
    unset label 3
    unset label 4
    set label 5 'recovery: from a kill until the replacement computes'
    part = 2
    load here . '/pair.gp'
    set ylabel offset 1 'milliseconds'
    plot @bars_2 \
         for [i = 1:words(backends)] table using (across(i)):(up(i, 'recovery_s')) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 lw 1.4 title word(backends, i)
    unset multiplot
    set output
}
