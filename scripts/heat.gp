# The heat map of efficiency over batches and workers, as SVG and PNG.
# gnuplot -c heat.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE "KERNEL SHORTCUTS VIEW"
# Reads DIRECTORY/granularity.csv, writes DIRECTORY/plots/heat.{svg,png,page.svg}. A row for each backend and number of
# workers, a column for each size of batch.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
kernel    = word(ARG4, 1)
shortcuts = word(ARG4, 2) # true or false
view      = word(ARG4, 3)
table     = directory . '/granularity.csv'
here      = ARG0[:strlen(ARG0) - strlen('/heat.gp')]

load here . '/series.gp'

# Lists of what occurs, in the order of the rows, and the places in them.
batches = ''
crews   = ''
place(list, what) = sum [k = 1:words(list)] (word(list, k) eq what ? k : 0)
note(b, w) = (place(batches, b) ? 0 : (batches = batches . ' ' . b), place(crews, w) ? 0 : (crews = crews . ' ' . w), 1)
mine(k) = strcol('role') eq 'case' && strcol('kernel') eq k && strcol('shortcuts') eq shortcuts && strcol('view') eq view && \
          place(backends, strcol('backend')) > 0
stats table using (mine(kernel) ? note(strcol('batch'), strcol('workers')) : NaN) nooutput

rows  = words(backends) * words(crews)
across(k) = mine(k) ? place(batches, strcol('batch')) : NaN
down(k)   = mine(k) ? (place(backends, strcol('backend')) - 1) * words(crews) + place(crews, strcol('workers')) : NaN
share(v) = v < 0 ? 0 : v > 1 ? 1 : v
ramp(v)  = int(236 - 216 * share(v)) * 65536 + int(242 - 142 * share(v)) * 256 + int(248 - 93 * share(v))
ink(v)   = v > 0.65 ? 0xfefefe : 0x101010 # legible on the ramp, by day and by night

set xrange [0.5:words(batches) + 0.5]
set yrange [rows + 0.5:0.5]
set xtics () scale 0 noenhanced
set ytics () scale 0 noenhanced
do for [k = 1:words(batches)] { set xtics add (word(batches, k) k) }
do for [i = 1:words(backends)] {
    do for [k = 1:words(crews)] { set ytics add (word(backends, i) . ' ' . word(crews, k) (i - 1) * words(crews) + k) }
}
set xlabel 'pixels per batch'
set border 0
set style fill solid noborder

wide = 900
high = 160 + 20 * rows
page_high = 90 + 18 * rows
do for [form in 'svg png page'] {
    set lmargin 18
    set bmargin 4.2
    set tmargin 5.2
    load here . '/form.gp'
    set label 3 shown(subtitle) at graph 0, screen 1 offset 0, -3.4 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('Efficiency over batches and workers, in per cent of the best serial') at graph 0, screen 1 offset 0, -1.8 left font ',14'
    set output directory . '/plots/heat' . ending
    plot table using (across(kernel)):(down(kernel)):(across(kernel) - 0.48):(across(kernel) + 0.48):(down(kernel) - 0.46):(down(kernel) + 0.46):(ramp(column('efficiency'))) \
             with boxxyerror lc rgb variable notitle, \
         table using (across(kernel)):(down(kernel)):(sprintf('%.0f', 100 * column('efficiency'))):(ink(column('efficiency'))) \
             with labels tc rgb variable notitle
    set output
}
