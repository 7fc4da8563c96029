# The figure of lab deadlock: for each case who waits for whom, as SVG and PNG.
# gnuplot -c lab-deadlock.gp DIRECTORY NAME "CASE WHO HOLDS WAITS_FOR FOUND_MS" TITLE
# WHO is a worker by name, and WAITS_FOR a thing whose last two words are such a name; two of them in each case. Reads
# DIRECTORY/NAME.csv, writes DIRECTORY/NAME.{svg,png}. Colours: Okabe and Ito.

directory = ARG1
name      = ARG2
table     = directory . '/' . name . '.csv'
column_of(i) = word(ARG3, i)

set encoding utf8
set datafile separator comma
set datafile columnheaders

array case[16]
array who[16]
array holds[16]
array wants[16]
array found[16]
rows = 0
note(ms) = (rows = rows + 1, case[rows] = strcol(column_of(1)), who[rows] = strcol(column_of(2)), \
            holds[rows] = strcol(column_of(3)), wants[rows] = strcol(column_of(4)), found[rows] = ms, 0)
stats table using (note(column(column_of(5)))) nooutput

# Two workers side by side in each case, cases beside each other. An edge goes from who waits to whom it waits for: the
# first's above, the second's below.
last_two(text) = word(text, words(text) - 1) . ' ' . word(text, words(text))
cases = rows / 2
across(i) = 4 * int((i - 1) / 2) + 2 * ((i - 1) % 2)
target(i) = (j = i % 2 ? i + 1 : i - 1, last_two(wants[i]) eq who[j] ? j : i)

set xrange [-1:4 * cases - 1]
set yrange [-1.6:2.1]
unset border
unset tics
unset key
set lmargin 0
set rmargin 0
set bmargin 0
set tmargin 0
set label 100 ARG4 at screen 0.02, screen 0.94 left noenhanced font ',14'
do for [i = 1:rows] {
    up = i % 2 ? 1 : -1
    x = across(i)
    to = across(target(i))
    set object i circle at x, 0 size 0.42 fc rgb '#56B4E9' fs solid 0.35 border lc rgb '#0072B2' lw 1.5
    set label 2 * i who[i] at x, 0.1 center noenhanced front
    set label 2 * i + 1 'has ' . holds[i] at x, -0.12 center noenhanced font ',9' tc rgb '#555555' front
    # Three straight pieces, up, across and down again.
    way = to > x ? 1 : -1
    set arrow 3 * i     from x, up * 0.45 to x, up * 0.75 nohead lc rgb '#D55E00' lw 2
    set arrow 3 * i + 1 from x, up * 0.75 to to, up * 0.75 nohead lc rgb '#D55E00' lw 2
    set arrow 3 * i + 2 from to, up * 0.75 to to, up * 0.47 lc rgb '#D55E00' lw 2
    set label 50 + i 'waits for ' . wants[i] at (x + to) / 2.0, up * 0.88 center noenhanced tc rgb '#D55E00'
    if (i % 2) {
        set label 80 + i case[i] at x + 1, 1.35 center noenhanced font ',12'
        set label (i + 60) (found[i] < 0 ? 'no circle seen' : sprintf('a circle, found after %.0f ms', found[i])) \
            at x + 1, -1.3 center noenhanced tc rgb '#555555'
    }
}

do for [form in 'svg png'] {
    if (form eq 'svg') {
        set terminal svg size 900, 480 font 'DejaVu Sans,12' background 'white' name 'mandelbench'
    } else {
        set terminal pngcairo size 1350, 720 fontscale 1.35 linewidth 1.5 background 'white'
    }
    set output directory . '/' . name . '.' . form
    plot NaN notitle
    set output
}
