# A figure along batches or picture sizes: one line per backend, logarithmic across, as SVG and PNG.
# gnuplot -c along.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE WORKERS "KERNEL SHORTCUTS VIEW" "NAME XCOLUMN YCOLUMN LEVEL" TITLE XLABEL YLABEL
# XCOLUMN is a column of speedup.csv, or "pixels" for width times height; YCOLUMN is efficiency or speedup; at LEVEL
# lies a line to compare with. Reads DIRECTORY/speedup.csv, writes DIRECTORY/plots/NAME.{svg,png}.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
workers   = ARG4 + 0
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
table     = directory . '/speedup.csv'
name      = word(ARG6, 1)
xcolumn   = word(ARG6, 2)
ycolumn   = word(ARG6, 3)
level     = word(ARG6, 4) + 0
title     = ARG7
here      = ARG0[:strlen(ARG0) - strlen('/along.gp')]

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10' # of another period than the colours
colour(i) = word(colours, (i - 1) % words(colours) + 1)
marker(i) = word(markers, (i - 1) % words(markers) + 1) + 0
beside(i) = 10 ** (0.3 * (i - (words(backends) + 1) / 2.0) / words(backends))

mine(i) = strcol('role') eq 'case' && strcol('backend') eq word(backends, i) && strcol('kernel') eq kernel && strcol('shortcuts') eq shortcuts && strcol('view') eq view && column('workers') == workers
across(i) = mine(i) ? (xcolumn eq 'pixels' ? column('width') * column('height') : column(xcolumn)) * beside(i) : NaN
scale(i) = ycolumn eq 'efficiency' ? column('workers') : 1
up(i) = mine(i) ? column(ycolumn) : NaN
end(i, which) = mine(i) ? (strcol(which) eq '' ? column('speedup') : column(which)) / scale(i) : NaN

set logscale x 10
set format x '10^{%L}'
set xlabel ARG8
set ylabel ARG9
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2
set yrange [0:*]

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(title) at graph 0, graph 1.15 left font ',14'
    set output directory . '/plots/' . name . ending
    plot level with lines dt 2 lc rgb '#777777' notitle, \
         for [i = 1:words(backends)] table using (across(i)):(up(i)):(end(i, 'speedup_lo')):(end(i, 'speedup_hi')) \
             with yerrorlines lc rgb colour(i) pt marker(i) ps 0.9 title word(backends, i)
    set output
}
