# What each worker and coordinator of a backend did, and when: one lane each, as SVG and PNG.
# gnuplot -c gantt.gp DIRECTORY BACKEND SUBTITLE
# Reads the rows of one BACKEND of DIRECTORY/gantt.csv, writes DIRECTORY/plots/gantt-BACKEND.{svg,png,page.svg}.
# Colours: Okabe and Ito.

directory = ARG1
backend   = ARG2
subtitle  = ARG3
table     = directory . '/gantt.csv'
here      = ARG0[:strlen(ARG0) - strlen('/gantt.gp')]

load here . '/series.gp'

phases  = 'compute send collect dispatch wait start idle'
colours = '#0072B2 #CC79A7 #009E73 #D55E00 #E69F00 #56B4E9 #d9d9d9'
array title[7] = ['computing', 'sending counts', 'collecting', 'handing out', 'waiting', 'starting', 'idle']

# Lanes by their numbers, and which phases there are.
array lane[32]
tracks = 0
shared = 0
seen = ''
mine(x) = strcol('backend') eq backend
number(phase) = sum [k = 1:7] (word(phases, k) eq phase ? k : 0)
keep(k) = strstrt(seen, sprintf('%d', k)) ? 0 : (seen = seen . sprintf('%d', k), 1)
note(track) = (lane[track] = strcol('name'), tracks = track > tracks ? track : tracks, \
               shared = column('high') < 1 ? 1 : shared, keep(number(strcol('phase'))))
stats table using (mine(0) ? note(int(column('track'))) : 0) nooutput
stats table using (mine(0) ? column('end_s') * 1e3 : NaN) nooutput

present = ''
do for [k = 1:7] { if (strstrt(seen, sprintf('%d', k))) { present = present . sprintf(' %d', k) } }

is(k) = mine(0) && number(strcol('phase')) == k
height(share) = column('track') + 0.38 - 0.76 * share
middle(k) = is(k) ? (column('begin_s') + column('end_s')) / 2 * 1e3 : NaN

set xrange [0:STATS_max]
set yrange [tracks + 0.6:0.4]
set xlabel 'milliseconds'
set ytics (lane[1] 1) noenhanced scale 0
do for [i = 2:tracks] { set ytics add (lane[i] i) }
set border 1 lc rgb '#555555'
set xtics nomirror scale 0.5
set style fill solid 1 noborder
set key outside right top Left reverse samplen 1 spacing 1.3
set bmargin 4.2
set tmargin 5.2

wide = 900
high = 540
page_high = 130 + (tracks < 4 ? 52 : 36) * tracks
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle . (shared ? '; heights are shares of each interval' : '')) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(backend . ': who did what, and when') at graph 0, graph 1.15 left noenhanced font ',14'
    set output directory . '/plots/gantt-' . backend . ending
    plot for [k in present] table using (middle(k + 0)):(column('track')):(column('begin_s') * 1e3):(column('end_s') * 1e3):(height(column('low'))):(height(column('high'))) \
             with boxxyerror lc rgb word(colours, k + 0) title title[k + 0]
    set output
}
