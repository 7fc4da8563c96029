# A figure of the experiment ipc: what a message costs and what a round trip takes against the message's size, side by
# side, one line per transport, as SVG and PNG.
# gnuplot -c ipc.gp DIRECTORY "TRANSPORT TRANSPORT ..." "OURS OURS ..." SUBTITLE KIND NAME TITLE
# Reads the rows of one KIND of DIRECTORY/ipc.csv, writes DIRECTORY/plots/NAME.{svg,png,page.svg}. Colours: Okabe and Ito;
# every series has its own marker too, and stands a little aside, so that intervals at the same size can be told apart.

directory  = ARG1
transports = ARG2
ours       = ARG3 # of the transports, drawn bold
subtitle   = ARG4
kind       = ARG5
name       = ARG6
table      = directory . '/ipc.csv'
here      = ARG0[:strlen(ARG0) - strlen('/ipc.gp')]

load here . '/series.gp'

is_ours(i) = strstrt(' ' . ours . ' ', ' ' . word(transports, i) . ' ') > 0
width(i)  = is_ours(i) ? 2.2 : 1
beside(i) = 2 ** (0.7 * (i - (words(transports) + 1) / 2.0) / words(transports))

# Rows of one transport; anything else is missing.
mine(i)   = strcol('kind') eq kind && strcol('transport') eq word(transports, i)
across(i) = mine(i) ? column('bytes') * beside(i) : NaN
up(i, value, unit) = mine(i) ? column(value) / unit : NaN
end(i, which, unit) = mine(i) ? maybe(which) / unit : NaN
known = 0
stats table using (known = known + (strcol('kind') eq kind && strcol('message_lo_s') ne '')) nooutput

set logscale x 2
set logscale y 10
set xtics ('16 B' 16, '128 B' 128, '1 KiB' 1024, '8 KiB' 8192, '32 KiB' 32768)
set xrange [10:52000]
set xlabel 'bytes per message'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6

bars = bars_if(known, "for [i = 1:words(transports)] table using (across(i)):(up(i, 'message_s', 1e-6)):(end(i, 'message_lo_s', 1e-6)):(end(i, 'message_hi_s', 1e-6)) with yerrorbars lc rgb colour(i) lw width(i)")
bars_2 = bars_if(known, "for [i = 1:words(transports)] table using (across(i)):(up(i, 'round_trip_s', 1e-6)):(end(i, 'round_trip_lo_s', 1e-6)):(end(i, 'round_trip_hi_s', 1e-6)) with yerrorbars lc rgb colour(i) lw width(i)")

wide = 1080
high = 540
page_high = 800
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set output directory . '/plots/' . name . ending
    set multiplot
    set label 3 shown(subtitle . claim(known)) at screen 0.075, screen 0.90 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(ARG7) at screen 0.075, screen 0.95 left noenhanced font ',14'
    set label 5 'a stream of messages' at graph 0, graph 1.04 left
    part = 1
    load here . '/pair.gp'
    set ylabel offset 1 'microseconds per message'
    plot @bars \
         for [i = 1:words(transports)] table using (across(i)):(up(i, 'message_s', 1e-6)) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 lw width(i) title word(transports, i) . (is_ours(i) ? ' (ours)' : '')
    unset label 3
    unset label 4
    set label 5 'one message there and back'
    part = 2
    load here . '/pair.gp'
    set ylabel offset 1 'microseconds per round trip'
    plot @bars_2 \
         for [i = 1:words(transports)] table using (across(i)):(up(i, 'round_trip_s', 1e-6)) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 lw width(i) title word(transports, i) . (is_ours(i) ? ' (ours)' : '')
    unset multiplot
    set output
}
