# Figures of a scaling campaign: render time, speedup and efficiency against workers, each as SVG and PNG.
# gnuplot -c scaling.gp DIRECTORY "BACKEND BACKEND ..." SUBTITLE USABLE_CPUS "KERNEL SHORTCUTS VIEW" SERIAL_SECONDS CORES
# Reads DIRECTORY/speedup.csv, writes DIRECTORY/plots/. A number of workers is a category: its series stand side by side,
# and the ideal is one level over all of them.

directory = ARG1
backends  = ARG2
subtitle  = ARG3
cpus      = ARG4 + 0
kernel    = word(ARG5, 1)
shortcuts = word(ARG5, 2) # true or false
view      = word(ARG5, 3)
serial    = ARG6 + 0
cores     = ARG7 + 0 # whole ones behind the usable CPUs
table     = directory . '/speedup.csv'
here      = ARG0[:strlen(ARG0) - strlen('/scaling.gp')]

load here . '/series.gp'

# Rows that are drawn, and those of one backend; anything else is missing.
is_drawn(x) = strcol('role') eq 'case' && strcol('kernel') eq kernel && strcol('shortcuts') eq shortcuts && strcol('view') eq view
mine(i)     = is_drawn(0) && strcol('backend') eq word(backends, i)
field(i, name) = mine(i) ? column(name) : NaN
end(i, name)   = mine(i) ? maybe(name) : NaN

# The numbers of workers in ascending order, and the place of each.
is_case(x) = strcol('role') eq 'case'
crews = ''
last = 0
stats table using (is_case(0) ? column('workers') : NaN) nooutput
most = int(STATS_max)
while (last < most) {
    stats table using (is_case(0) && column('workers') > last ? column('workers') : NaN) nooutput
    last = int(STATS_min)
    crews = crews . ' ' . last
}
place(w) = sum [k = 1:words(crews)] (word(crews, k) <= w)
half = 0.36 # of a category is for its series
beside(i) = words(backends) < 2 ? 0 : 2 * half * ((i - 1) / (words(backends) - 1.0) - 0.5)
across(i) = mine(i) ? place(column('workers')) + beside(i) : NaN

known_times = 0
known_ratios = 0
stats table using (is_case(0) ? (known_times = known_times + (strcol('ci_lo_s') ne ''), \
                                 known_ratios = known_ratios + (strcol('speedup_lo') ne '')) : NaN) nooutput

# What the axes span.
reach(name, end) = is_drawn(0) ? (strcol(end) eq '' ? column(name) : column(end)) : NaN # not of an end in the last column
stats table using (reach('median_s', 'ci_lo_s')) nooutput
least_ms = STATS_min * 1e3
stats table using (reach('median_s', 'ci_hi_s')) nooutput
most_ms = (STATS_max > serial ? STATS_max : serial) * 1e3
stats table using (reach('speedup', 'speedup_hi') * column('efficiency') / column('speedup')) nooutput
most_efficient = STATS_max

set xrange [1 - 0.5:words(crews) + 0.5]
set xtics ()
do for [k = 1:words(crews)] { set xtics add (word(crews, k) k) }
set xlabel 'workers'
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid ytics lc rgb '#c8c8c8' lw 0.6
set key outside right top Left reverse samplen 1.5 spacing 1.3 noenhanced
set bmargin 4.2
set tmargin 5.2

# Shaded: beyond the cores two workers share one, beyond the usable CPUs they take turns.
crowded = place(cores) + 0.5
oversubscribed = place(cpus) + 0.5
right = words(crews) + 0.5
if (oversubscribed < right) {
    set object 1 rectangle from first oversubscribed, graph 0 to graph 1, graph 1 behind fc rgb '#f0f0f0' fs noborder
    set label 2 'more workers than CPUs' at first (oversubscribed + right) / 2, graph 1.025 center tc rgb '#777777'
}
if (crowded < oversubscribed) {
    set object 2 rectangle from first crowded, graph 0 to first oversubscribed, graph 1 behind fc rgb '#f8f2dc' fs noborder
    set label 5 'two workers on a core' at first (crowded + oversubscribed) / 2, graph 1.025 center tc rgb '#777777'
}

# The most that so many workers can give, as a level over their category.
ideal(w) = w < cpus ? w : cpus
set print $levels
print 'place,ideal,workers'
do for [k = 1:words(crews)] {
    do for [side in '-1 1'] {
        print sprintf('%g,%d,%s', k + side * (half + 0.06), ideal(word(crews, k) + 0), word(crews, k))
    }
    print ''
}
unset print
level = "with lines dt 2 lw 1.4 lc rgb '#777777'"

bars = bars_if(known_times, "for [i = 1:words(backends)] table using (across(i)):(field(i, 'median_s') * 1e3):(end(i, 'ci_lo_s') * 1e3):(end(i, 'ci_hi_s') * 1e3) with yerrorbars lc rgb colour(i)")
bars_2 = bars_if(known_ratios, "for [i = 1:words(backends)] table using (across(i)):(field(i, 'speedup')):(end(i, 'speedup_lo')):(end(i, 'speedup_hi')) with yerrorbars lc rgb colour(i)")
bars_3 = bars_if(known_ratios, "for [i = 1:words(backends)] table using (across(i)):(field(i, 'efficiency')):(end(i, 'efficiency_lo')):(end(i, 'efficiency_hi')) with yerrorbars lc rgb colour(i)")

wide = 900
high = 540
do for [form in 'svg png page'] {
    load here . '/form.gp'
    if (oversubscribed < right) { set label 2 font small }
    if (crowded < oversubscribed) { set label 5 font small }
    set label 3 shown(subtitle . claim(known_times)) at graph 0, graph 1.085 left noenhanced tc rgb '#555555' font ',9'

    set label 4 shown('Render time against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'render time (ms)'
    set yrange [*:*] noextend
    set offsets 0, 0, graph 0.05, graph 0.05
    set logscale y
    set ytics ()
    do for [decade = -6:6:step(least_ms, most_ms)] {
        do for [digit in digits(least_ms, most_ms)] { set ytics add (digit * 10.0 ** decade) }
    }
    set output directory . '/plots/time' . ending
    plot $levels using 1:(serial * 1e3 / $2) @level title 'serial / workers', \
         @bars \
         for [i = 1:words(backends)] table using (across(i)):(field(i, 'median_s') * 1e3) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 title word(backends, i)
    unset logscale y
    set offsets 0, 0, graph 0.03, 0
    set ytics autofreq

    set label 3 shown(subtitle . claim(known_ratios))
    set label 4 shown('Speedup over serial against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'speedup (times serial)'
    set yrange [0:1.1<*]
    set output directory . '/plots/speedup' . ending
    plot $levels using 1:2 @level title 'ideal', \
         @bars_2 \
         for [i = 1:words(backends)] table using (across(i)):(field(i, 'speedup')) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 title word(backends, i)

    set label 4 shown('Efficiency against workers') at graph 0, graph 1.15 left font ',14'
    set ylabel 'efficiency (speedup / workers)'
    if (most_efficient < 2.5) { set ytics (0, 0.2, 0.5, 0.8, 1) }
    set output directory . '/plots/efficiency' . ending
    plot $levels using 1:($2 / $3) @level title 'ideal', \
         0.8 with lines dt 3 lc rgb '#777777' notitle, 0.5 with lines dt 3 lc rgb '#777777' notitle, \
         @bars_3 \
         for [i = 1:words(backends)] table using (across(i)):(field(i, 'efficiency')) \
             with linespoints lc rgb colour(i) dt dash(i) pt marker(i) ps 0.9 title word(backends, i)
    set autoscale y
    set ytics autofreq
    set output
}
