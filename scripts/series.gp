# What series look like, and how far their intervals are known. Load it after `table` is set. Ten colours, from Okabe and
# Ito and two more; markers have another period, and beyond ten lines are dashed, so that no two series are alike.

set encoding utf8
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

colours = '#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #7A4FB5 #8A5A1C #999999'
markers = '7 5 9 13 11 15 4 6 8 12 10'
colour(i) = word(colours, (i - 1) % words(colours) + 1)
marker(i) = word(markers, (i - 1) % words(markers) + 1) + 0
dash(i)   = (i - 1) / words(colours) + 1

# A cell that may be empty. A point without an interval gets none: drawn as one of no width it would promise much.
maybe(name) = strcol(name) eq '' ? NaN : column(name)

# Tics of a logarithmic axis: some digits of each decade, the fewer the more there are of them; beyond two decades 1 alone,
# beyond eight every second one.
digits(from, to) = to / from > 100 ? '1' : to / from > 20 ? '1 2 5' : to / from > 4 ? '1 1.5 2 3 5 7' : \
    to / from > 1.6 ? '1 1.2 1.5 2 2.5 3 4 5 6 7 8 9' : \
    '1 1.1 1.2 1.3 1.4 1.6 1.8 2 2.2 2.5 2.8 3 3.5 4 4.5 5 5.5 6 6.5 7 7.5 8 8.5 9 9.5'
step(from, to) = to / from > 1e8 ? 2 : 1

# A part of a plot command, as a macro before others: nothing where there is nothing to draw, since gnuplot would complain.
part_if(known, code) = known > 0 ? code . ', ' : ''
# Bars have no points: those are the series' own.
bars_if(known, code) = part_if(known, code . ' pt 0 ps 0 notitle')

# What a subtitle may say of intervals: `known` rows have one, of those that are shown.
claim(known) = known > 0 ? ', 95 % intervals' : ', no intervals: too few blocks'
