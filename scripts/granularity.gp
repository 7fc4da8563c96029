# Figures of an experiment along batches: render time and efficiency, one line per backend and one for serial, as SVG and
# PNG. Both are held against the best that serial can do with any size of batch, not against serial with the same one: that
# pays for small batches too.
# gnuplot -c granularity.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE WORKERS "KERNEL SHORTCUTS VIEW"
# Reads the rows with that many WORKERS, and serial's, of DIRECTORY/granularity.csv; writes
# DIRECTORY/plots/batch-time.{svg,png,page.svg} and batch.{svg,png,page.svg}.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
workers   = ARG4 + 0 # or, where serial is alone, 1
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
table     = directory . '/granularity.csv'
here      = ARG0[:strlen(ARG0) - strlen('/granularity.gp')]
load here . '/series.gp'

beside(i) = 10 ** (0.16 * (i - (words(backends) + 1) / 2.0) / words(backends))
is_kind(x) = strcol('kernel') eq kernel && strcol('shortcuts') eq shortcuts && strcol('view') eq view
is_case(x) = is_kind(0) && strcol('role') eq 'case' && column('workers') == workers
is_serial(x) = is_kind(0) && strcol('role') eq 'baseline'
alone = words(backends) == 0 # serial: then the intervals are its own
mine(i) = is_case(0) && strcol('backend') eq word(backends, i)
across(i) = mine(i) ? column('batch') * beside(i) : NaN
field(i, name) = mine(i) ? column(name) : NaN
end(i, name) = mine(i) ? maybe(name) : NaN
of_serial(name) = is_serial(0) ? column(name) : NaN

known_times = 0
known_ratios = 0
best = 0
judged(x) = alone ? is_serial(0) : is_case(0)
stats table using (judged(0) ? (known_times = known_times + (strcol('ci_lo_s') ne ''), known_ratios = known_ratios + (strcol('efficiency_lo') ne ''), \
                                best = column('serial_s'), column('batch')) : NaN) nooutput
least = STATS_min
most = STATS_max

reach(end) = !is_serial(0) && !is_case(0) ? NaN : (strcol(end) eq '' ? column('median_s') : column(end)) * 1e3
stats table using (reach('ci_lo_s')) nooutput
least_ms = STATS_min
stats table using (reach('ci_hi_s')) nooutput
most_ms = STATS_max

# A tic for each size, where there are few, with its name unless the last one is too near; else one for each decade.
sizes = ''
place(size) = sum [k = 1:words(sizes)] (word(sizes, k) eq size)
stats table using (is_serial(0) && !place(strcol('batch')) ? (sizes = sizes . ' ' . strcol('batch'), 1) : NaN) nooutput
set logscale x 10
set format x '10^{%L}'
if (words(sizes) <= 8) {
    set xtics ()
    named = 0
    do for [size in sizes] {
        is_near = size < named * (most / least) ** (0.01 + 0.03 * strlen(size))
        set xtics add (is_near ? '' : size size + 0)
        named = is_near ? named : size + 0
    }
}
set xrange [least / 1.6:most * 1.6]
set xlabel 'pixels per batch'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

serial_bars(value, low, high, scale) = sprintf("table using (is_serial(0) ? column('batch') : NaN):(of_serial('%s') * %g):(maybe('%s') * %g):(maybe('%s') * %g) with yerrorbars lc rgb '#777777'", value, scale, low, scale, high, scale)
bars = bars_if(known_times, alone ? serial_bars('median_s', 'ci_lo_s', 'ci_hi_s', 1e3) : "for [i = 1:words(backends)] table using (across(i)):(field(i, 'median_s') * 1e3):(end(i, 'ci_lo_s') * 1e3):(end(i, 'ci_hi_s') * 1e3) with yerrorbars lc rgb colour(i)")
bars_2 = bars_if(known_ratios, alone ? serial_bars('efficiency', 'efficiency_lo', 'efficiency_hi', 1) : "for [i = 1:words(backends)] table using (across(i)):(field(i, 'efficiency')):(end(i, 'efficiency_lo')):(end(i, 'efficiency_hi')) with yerrorbars lc rgb colour(i)")

style = "with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 title word(backends, i)"
points(name, scale) = sprintf("table using (is_serial(0) ? column('batch') : NaN):(of_serial('%s') * %g) with points pt 7 ps 0.9 lc rgb '#777777' notitle", name, scale)
lines = alone ? points('median_s', 1e3) : "for [i = 1:words(backends)] table using (across(i)):(field(i, 'median_s') * 1e3) " . style
lines_2 = alone ? points('efficiency', 1) : "for [i = 1:words(backends)] table using (across(i)):(field(i, 'efficiency')) " . style

crew = alone ? '' : sprintf(', %d worker%s', workers, workers == 1 ? '' : 's')
wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    set label 3 shown(subtitle . claim(known_times)) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown('Render time against granularity' . crew) at graph 0, graph 1.15 left font ',14'
    set ylabel 'render time (ms)'
    set logscale y 10
    set yrange [*:*] noextend
    set offsets 0, 0, graph 0.05, graph 0.05
    set format y '%g'
    set ytics ()
    do for [decade = -6:6:step(least_ms, most_ms)] {
        do for [digit in digits(least_ms, most_ms)] { set ytics add (digit * 10.0 ** decade) }
    }
    set output directory . '/plots/batch-time' . ending
    plot best * 1e3 / workers with lines dt 2 lc rgb '#777777' title alone ? 'best serial' : 'best serial / workers', \
         table using (is_serial(0) ? column('batch') : NaN):(of_serial('median_s') * 1e3) with lines lw 1.6 lc rgb '#777777' title 'serial', \
         @bars \
         @lines
    unset logscale y
    set ytics autofreq

    set label 3 shown(subtitle . claim(known_ratios))
    set label 4 shown('Efficiency against granularity' . crew)
    set ylabel 'best serial time / (workers × time)'
    set yrange [0:1.1<*]
    set offsets 0, 0, graph 0.03, 0
    set output directory . '/plots/batch' . ending
    plot 1 with lines dt 2 lc rgb '#777777' notitle, \
         table using (is_serial(0) ? column('batch') : NaN):(of_serial('efficiency')) with lines lw 1.6 lc rgb '#777777' title 'serial', \
         @bars_2 \
         @lines_2
    unset offsets
    set output
}
