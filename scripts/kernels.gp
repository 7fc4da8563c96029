# A figure of the experiment kernels: iterations per second of every kernel on one core, a panel for each view, as SVG and
# PNG. A bar is a kernel, its whisker the interval; the mark behind it is the bound that its vector units set.
# gnuplot -c kernels.gp DIRECTORY "KERNEL KERNEL ..." "VIEW VIEW ..." SUBTITLE SHORTCUTS NAME TITLE
# Reads the rows with SHORTCUTS (true or false) of DIRECTORY/kernels.csv, writes DIRECTORY/plots/NAME.{svg,png,page.svg}. The
# first kernel is the lowest, at most three views are shown. Colours: Okabe and Ito.

directory = ARG1
kernels   = ARG2
views     = ARG3
subtitle  = ARG4
shortcuts = ARG5
name      = ARG6
table     = directory . '/kernels.csv'
here      = ARG0[:strlen(ARG0) - strlen('/kernels.gp')]
panels    = words(views) < 3 ? words(views) : 3

load here . '/series.gp'

exact_colour   = 0x0072B2
inexact_colour = 0xE69F00

# Rows of one view on one core; anything else is missing. Each kernel has its place on the way up.
mine(v) = strcol('view') eq word(views, v) && strcol('workers') eq '1' && strcol('shortcuts') eq shortcuts
place(v) = mine(v) ? sum [k = 1:words(kernels)] (strcol('kernel') eq word(kernels, k) ? k : 0) : NaN
colour(v) = strcol('exact') eq 'true' ? exact_colour : inexact_colour
rate(v) = mine(v) ? column('giterations_per_s') : NaN
end(v, which) = mine(v) ? maybe(which) : NaN
known = 0
stats table using (known = known + (strcol('giterations_lo_per_s') ne '')) nooutput
has_bound(v) = mine(v) && strcol('bound_giterations_per_s') ne ''
# With shortcuts there is none: a mark of no length at 0.
bound(v) = mine(v) ? (has_bound(v) ? column('bound_giterations_per_s') : 0) : NaN
label(v) = (column('giterations_per_s') < 9.95 ? '%.2f' : '%.1f') . (has_bound(v) ? ' · %.0f %%' : '')
text(v) = mine(v) ? sprintf(label(v), column('giterations_per_s'), has_bound(v) ? column('pct_of_bound') : 0) : ''
# As far as the bars and bounds of a panel reach.
furthest(v) = strcol('giterations_hi_per_s') eq '' ? rate(v) : column('giterations_hi_per_s')
reach(v) = mine(v) ? (has_bound(v) && bound(v) > furthest(v) ? bound(v) : furthest(v)) : NaN

set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid xtics lc rgb '#c8c8c8' lw 0.6
unset key

# Panels beside each other; on a page below each other, each with the kernels' names.
left(v)  = 0.09 + (v - 1) * (0.90 / panels)
right(v) = left(v) + 0.90 / panels - 0.03
panel_high = 70 + 20 * words(kernels)
top(v)   = 1 - (55.0 + (v - 1) * panel_high) / page_high

bars = bars_if(known, "table using (rate(v)):(place(v)):(end(v, 'giterations_lo_per_s')):(end(v, 'giterations_hi_per_s')) with xerrorbars lw 1.2 lc rgb '#333333'")

wide = 1080
high = 540
page_high = 55 + panels * panel_high
do for [form in 'svg png page'] {
    load here . '/form.gp'
    unset key
    set output directory . '/plots/' . name . ending
    set multiplot
    do for [v = 1:panels] {
        unset label
        key_at = form eq 'page' ? 1 - 12.0 / page_high : 0.945
        if (v == 1) {
            set label 3 shown(subtitle . claim(known)) at screen 0.09, screen 0.885 left noenhanced tc rgb '#555555' font ',9'
            set label 4 shown(ARG7) at screen 0.09, screen 0.945 left noenhanced font ',14'
            set label 6 'exact' at screen (form eq 'page' ? 0.52 : 0.74), screen key_at right tc rgb exact_colour
            set label 7 'inexact' at screen (form eq 'page' ? 0.68 : 0.83), screen key_at right tc rgb inexact_colour
            set label 8 (shortcuts eq 'false' ? '| bound (100 %)' : '') at screen 0.975, screen key_at right
        }
        set label 5 word(views, v) at graph 0, graph 1.05 left noenhanced
        set lmargin at screen (form eq 'page' ? 0.17 : left(v))
        set rmargin at screen (form eq 'page' ? 0.97 : right(v))
        set tmargin at screen (form eq 'page' ? top(v) : 0.78)
        set bmargin at screen (form eq 'page' ? top(v) - 20.0 * words(kernels) / page_high : 0.15)
        set xlabel '10^9 iterations per second'
        set ytics scale 0 noenhanced ('' 0)
        if (v == 1 || form eq 'page') {
            do for [k = 1:words(kernels)] { set ytics add (word(kernels, k) k) }
        }
        set autoscale # for stats, which looks at nothing beyond a range
        stats table using (reach(v)) nooutput
        # Numbers are a column to the right: beside the bars they would lie on the bounds.
        set xrange [0:STATS_max * (form eq 'page' ? 1.3 : 1.5)]
        set yrange [0.4:words(kernels) + 0.6]
        plot table using (rate(v)):(place(v)):(0):(rate(v)):(place(v) - 0.32):(place(v) + 0.32):(colour(v)) \
                 with boxxyerror fs solid 0.85 noborder lc rgb variable, \
             @bars \
             table using (bound(v)):(place(v) - 0.36):(0):(has_bound(v) ? 0.72 : 0) with vectors nohead lw 2 lc rgb '#000000', \
             table using (STATS_max * 1.04):(place(v)):(text(v)) with labels left noenhanced offset 0.6, 0 font number_font
    }
    unset multiplot
    set output
}
