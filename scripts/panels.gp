# Figures of efficiencies: a row for each schedule or backend, a panel for each view or kernel, as SVG and PNG. Upright lines
# are backends that have no schedule; a bar in grey is the bound, what a case could reach at best.
# gnuplot -c panels.gp DIRECTORY "ROW ROW ..." SUBTITLE NAME "PANEL PANEL" "CELL ..." "LEVEL ..." "CELL ..."
# CELLs are rows of DIRECTORY/speedup.csv, from 0, or -1: of the first panel for each ROW (each LEVEL), then of the second.
# NAME is schedule or targets. Writes DIRECTORY/plots/NAME.{svg,png,page.svg}.

directory = ARG1
schedules = ARG2
subtitle  = ARG3
name      = ARG4
views     = ARG5
rows      = ARG6
others    = ARG7
levels    = ARG8
table     = directory . '/speedup.csv'
here      = ARG0[:strlen(ARG0) - strlen('/panels.gp')]
load here . '/series.gp'

count = words(schedules)
panels = words(views)
nth(list, v, size, k) = word(list, (v - 1) * size + k) + 0
place(v) = sum [k = 1:count] (column(0) == nth(rows, v, count, k) ? k : 0)
is_level(v, j) = column(0) == nth(levels, v, words(others), j)
# Schedules have their kind's colour, backends have none.
kinds = name eq 'schedule' ? 'static dynamic guided auto' : 'backend'
is_kind(v, kind) = place(v) > 0 && (kind eq 'backend' || strstrt(word(schedules, int(place(v))), kind) == 1)
across(v, kind) = is_kind(v, kind) ? column('efficiency') : NaN
end(v, kind, field) = is_kind(v, kind) ? maybe(field) : NaN

# How far all of it reaches, and what is known.
known = 0
bounds = 0
workers = 0
# What a case could reach. Costs were taken at another time than serial, so that it might come out above 1, which is one.
at_best(x) = column('efficiency') / column('pct_of_bound') * 100
bound(v) = place(v) > 0 && strcol('pct_of_bound') ne '' ? (at_best(0) < 1 ? at_best(0) : 1) : NaN
lowest = 1
highest = 1.02
is_shown(v) = place(v) > 0 || (words(others) ? (sum [j = 1:words(others)] is_level(v, j)) : 0)
further(low, high) = (lowest = low < lowest ? low : lowest, highest = high > highest ? high : highest, 0)
reach(low, high) = (workers = column('workers'), strcol('pct_of_bound') eq '' ? 0 : (bounds = bounds + 1), \
                    further(low, high))
ends(x) = strcol('speedup_lo') eq '' ? reach(column('efficiency'), column('efficiency')) : \
          (known = known + 1, reach(column('efficiency_lo'), column('efficiency_hi')))
do for [v = 1:panels] { stats table using (is_shown(v) ? ends(0) : 0) nooutput }

# The levels, view by view, before ranges are set that stats would keep to; and what of the kinds there is.
array level[16]
do for [v = 1:panels] {
    if (words(others) == 0) { break }
    do for [j = 1:words(others)] {
        found = NaN
        stats table using (is_level(v, j) ? (found = column('efficiency'), 0) : 0) nooutput
        level[(v - 1) * words(others) + j] = found
    }
}
present = ''
do for [kind in kinds] { if (kind eq 'backend' || strstrt(' ' . schedules, ' ' . kind) > 0) { present = present . ' ' . kind } }
hue(kind) = sum [k = 1:words(kinds)] (word(kinds, k) eq kind ? k : 0)

set yrange [count + 0.6:0.4]
set xrange [lowest > 0.5 ? lowest - 0.03 : 0:highest + 0.01]
set border 3 lc rgb '#555555'
set tics nomirror scale 0.5
set grid xtics lc rgb '#c8c8c8' lw 0.6
panel_high = 60 + 20 * count
bars = bars_if(known, "for [kind in present] table using (across(v, kind)):(place(v)):(end(v, kind, 'efficiency_lo')):(end(v, kind, 'efficiency_hi')) with xerrorbars lc rgb colour(hue(kind))")
level_lines = part_if(words(others), "for [j = 1:words(others)] '+' using (level[(v - 1) * words(others) + j]):($0 < 1 ? 0.4 : count + 0.6) with lines dt j + 1 lw 1.4 lc rgb colour(4 + 3 * j) title word(others, j)")
bound_marks = part_if(bounds, "table using (bound(v)):(place(v) - 0.36):(0):(0.72) with vectors nohead lw 1.6 lc rgb '#999999' title 'bound'")

wide = 1080
high = 185 + 32 * count
page_high = 90 + panels * panel_high
do for [form in 'svg png page'] {
    load here . '/form.gp'
    paged = form eq 'page'
    set output directory . '/plots/' . name . ending
    set multiplot
    set label 3 shown(subtitle . claim(known)) at screen 0.115, screen 1 - 64.0 / high left noenhanced tc rgb '#555555' font ',9'
    set label 4 shown(sprintf('Efficiency of each %s, %d workers', name eq 'schedule' ? name : 'backend', workers)) at screen 0.115, screen 1 - 32.0 / high left font ',14'
    do for [v = 1:panels] {
        set lmargin at screen (paged ? 0.20 : 0.115 + (v - 1) * 0.38)
        set rmargin at screen (paged ? 0.97 : 0.115 + v * 0.38 - 0.03)
        set tmargin at screen (paged ? 1 - (26.0 + (v - 1) * panel_high) / page_high : 1 - 105.0 / high)
        set bmargin at screen (paged ? 1 - (26.0 + (v - 1) * panel_high + 20 * count) / page_high : 66.0 / high)
        set label 5 word(views, v) at graph 0, graph 1.04 left noenhanced
        set ytics scale 0 noenhanced ('' 0)
        do for [k = 1:count] { set ytics add ((v == 1 || paged ? word(schedules, k) : '') k) }
        set xlabel 'efficiency (speedup / workers)'
        if (v == panels) {
            if (paged) {
                set key at screen 0.5, screen 50.0 / page_high center top horizontal Left reverse samplen 1.2 width 0 maxcols 4 noenhanced
            } else {
                set key at screen 0.995, screen 1 - 105.0 / high right top Left reverse vertical samplen 1.5 spacing 1.3 noenhanced
            }
        } else {
            unset key
        }
        plot @level_lines \
             @bound_marks \
             @bars \
             for [kind in present] table using (across(v, kind)):(place(v)) with points lc rgb colour(hue(kind)) pt marker(hue(kind)) ps 1 title (kind eq 'backend' ? 'measured' : kind)
        unset label 3
        unset label 4
    }
    unset multiplot
    set output
}
