# The figure of the experiment schedule: the efficiency of every schedule and chunk of openmp, a panel for each view, beside
# the backends that have no schedule, as SVG and PNG.
# gnuplot -c schedule.gp DIRECTORY "SCHEDULE ..." SUBTITLE WORKERS "VIEW VIEW" "ROW ..." "BACKEND ..." "ROW ..."
# ROWs are those of DIRECTORY/speedup.csv, from 0, or -1: of the first view for each schedule (each backend), then of the
# second. Writes DIRECTORY/plots/schedule.{svg,png,page.svg}.

directory = ARG1
schedules = ARG2
subtitle  = ARG3
workers   = ARG4 + 0
views     = ARG5
rows      = ARG6
others    = ARG7
levels    = ARG8
table     = directory . '/speedup.csv'
here      = ARG0[:strlen(ARG0) - strlen('/schedule.gp')]
load here . '/series.gp'

count = words(schedules)
panels = words(views)
nth(list, v, size, k) = word(list, (v - 1) * size + k) + 0
place(v) = sum [k = 1:count] (column(0) == nth(rows, v, count, k) ? k : 0)
is_level(v, j) = column(0) == nth(levels, v, words(others), j)
kinds = 'static dynamic guided auto'
is_kind(v, kind) = place(v) > 0 && strstrt(word(schedules, int(place(v))), kind) == 1
across(v, kind) = is_kind(v, kind) ? column('efficiency') : NaN
end(v, kind, name) = is_kind(v, kind) ? maybe(name) / workers : NaN

# How far all of it reaches, and what is known.
known = 0
lowest = 1
highest = 1.02
is_shown(v) = place(v) > 0 || (words(others) ? sum [j = 1:words(others)] is_level(v, j) : 0)
reach(low, high) = (lowest = low < lowest ? low : lowest, highest = high > highest ? high : highest, 0)
ends(x) = strcol('speedup_lo') eq '' ? reach(column('efficiency'), column('efficiency')) : \
          (known = known + 1, reach(column('speedup_lo') / workers, column('speedup_hi') / workers))
do for [v = 1:panels] { stats table using (is_shown(v) ? ends(0) : 0) nooutput }

# The levels, view by view, before ranges are set that stats would keep to; and what of the kinds there is.
array level[16]
do for [v = 1:panels] {
    do for [j = 1:words(others)] {
        found = NaN
        stats table using (is_level(v, j) ? (found = column('efficiency'), 0) : 0) nooutput
        level[(v - 1) * words(others) + j] = found
    }
}
present = ''
do for [kind in kinds] { if (strstrt(' ' . schedules, ' ' . kind) > 0) { present = present . ' ' . kind } }
hue(kind) = sum [k = 1:words(kinds)] (word(kinds, k) eq kind ? k : 0)

set yrange [count + 0.6:0.4]
set xrange [lowest > 0.5 ? lowest - 0.03 : 0:highest]
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid xtics lc rgb '#c8c8c8' lw 0.6
panel_high = 60 + 20 * count
bars = bars_if(known, "for [kind in present] table using (across(v, kind)):(place(v)):(end(v, kind, 'speedup_lo')):(end(v, kind, 'speedup_hi')) with xerrorbars lc rgb colour(hue(kind))")

wide = 1080
high = 150 + 34 * count
page_high = 90 + panels * panel_high
do for [form in 'svg png page'] {
    load here . '/form.gp'
    paged = form eq 'page'
    set output directory . '/plots/schedule' . ending
    set multiplot
    set label 3 shown(subtitle . claim(known)) at screen 0.10, screen 0.88 left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(sprintf('Efficiency of each schedule, %d workers', workers)) at screen 0.10, screen 0.945 left font ',14'
    do for [v = 1:panels] {
        set lmargin at screen (paged ? 0.17 : 0.10 + (v - 1) * 0.385)
        set rmargin at screen (paged ? 0.97 : 0.10 + v * 0.385 - 0.03)
        set tmargin at screen (paged ? 1 - (26.0 + (v - 1) * panel_high) / page_high : 0.78)
        set bmargin at screen (paged ? 1 - (26.0 + (v - 1) * panel_high + 20 * count) / page_high : 0.15)
        set label 5 word(views, v) at graph 0, graph 1.04 left noenhanced
        set ytics scale 0 noenhanced ('' 0)
        do for [k = 1:count] { set ytics add ((v == 1 || paged ? word(schedules, k) : '') k) }
        set xlabel 'efficiency (speedup / workers)'
        if (v == panels) {
            if (paged) {
                set key at screen 0.5, screen 50.0 / page_high center top horizontal Left reverse samplen 1.2 width 0 maxcols 4 noenhanced
            } else {
                set key at screen 0.995, screen 0.78 right top Left reverse vertical samplen 1.5 spacing 1.3 noenhanced
            }
        } else {
            unset key
        }
        plot for [j = 1:words(others)] '+' using (level[(v - 1) * words(others) + j]):($0 < 1 ? 0.4 : count + 0.6) with lines dt j + 1 lw 1.4 lc rgb colour(4 + 3 * j) title word(others, j), \
             @bars \
             for [kind in present] table using (across(v, kind)):(place(v)) with points lc rgb colour(hue(kind)) pt marker(hue(kind)) ps 1 title kind
        unset label 3
        unset label 4
    }
    unset multiplot
    set output
}
