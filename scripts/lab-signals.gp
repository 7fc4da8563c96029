# The figure of lab signals: a lane for each worker, what it waited for, and when it did what, as SVG and PNG.
# gnuplot -c lab-signals.gp DIRECTORY NAME "AT WHO WHAT" TITLE XLABEL YLABEL
# Reads DIRECTORY/NAME.csv, whose rows are in the order of time, writes DIRECTORY/NAME.{svg,png}. Colours: Okabe and Ito.

directory = ARG1
name      = ARG2
table     = directory . '/' . name . '.csv'

set encoding utf8
set datafile separator comma
set datafile columnheaders

array at[256]
array who[256]
array what[256]
rows = 0
lanes = 0
note(t, w) = (rows = rows + 1, at[rows] = t, who[rows] = int(w) + 1, what[rows] = strcol(word(ARG3, 3)), \
              lanes = who[rows] > lanes ? who[rows] : lanes, 0)
stats table using (note(column(word(ARG3, 1)), column(word(ARG3, 2)))) nooutput
unset datafile columnheaders
set datafile separator whitespace

# What a worker did until something happened to it.
states  = '"waits for the event" "waits for the condition" "waits at the barrier" "waits for the semaphore" "has a permit" "is on its way"'
colours = '#E69F00 #CC79A7 #56B4E9 #D55E00 #009E73 #d9d9d9'
begins(text, with) = text[:strlen(with)] eq with
state(text) = begins(text, 'saw') ? 1 : begins(text, 'had') ? 2 : begins(text, 'passes') ? 3 : begins(text, 'enters') ? 4 \
            : begins(text, 'leaves') ? 5 : 6
brief(text) = begins(text, 'arrives') ? 'arrives' : begins(text, 'passes') ? 'passes' : begins(text, 'enters') ? 'enters' \
            : begins(text, 'saw') ? 'sees it' : begins(text, 'had') ? 'its turn' : text

# Happenings of one worker that are closer than `close` milliseconds share a label.
close = 3
array since[64]
array before[64]
do for [i = 1:lanes] { since[i] = 0; before[i] = 0 }
array said[256]
do for [i = 1:rows] {
    w = who[i]
    said[i] = brief(what[i])
    if (before[w] > 0 && at[i] - at[before[w]] < close) {
        said[i] = said[before[w]] . ', ' . said[i]
        said[before[w]] = ''
    }
    before[w] = i
}
set print $boxes
do for [i = 1:rows] {
    print sprintf('%d %g %g %d', state(what[i]), since[who[i]], at[i], who[i])
    since[who[i]] = at[i]
}
unset print
set print $happenings
do for [i = 1:rows] { print sprintf('%g %d "%s"', at[i], who[i], said[i]) }
unset print

set xrange [-2:at[rows] * 1.04]
set yrange [lanes + 0.5:0.3]
set xlabel ARG5
set border 1 lc rgb '#555555'
set ytics (ARG6 . ' 0' 1) noenhanced scale 0
do for [i = 2:lanes] { set ytics add (sprintf('%s %d', ARG6, i - 1) i) }
set xtics nomirror scale 0.5
set style fill solid 1 noborder
set key outside right top Left reverse samplen 1 spacing 1.3
set bmargin 4.2
set tmargin 4
set label 4 ARG4 at graph 0, graph 1.08 left noenhanced font ',14'

do for [form in 'svg png'] {
    if (form eq 'svg') {
        set terminal svg size 1080, 640 font 'DejaVu Sans,12' background 'white' name 'mandelbench'
    } else {
        set terminal pngcairo size 1620, 960 fontscale 1.35 linewidth 1.5 pointscale 1.4 background 'white'
    }
    set output directory . '/' . name . '.' . form
    plot for [k = 1:6] $boxes using ($1 == k ? ($2 + $3) / 2 : NaN):4:2:3:($4 + 0.1):($4 + 0.3) with boxxyerror lc rgb word(colours, k) title word(states, k), \
         $happenings using 1:($2 + 0.1) with points pt 7 ps 0.4 lc rgb '#000000' notitle, \
         $happenings using 1:($2 + 0.04):3 with labels left rotate by 30 font ',9' noenhanced notitle
    set output
}
