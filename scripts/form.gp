# The forms of a figure: `svg` and `png` are files of their own; `page` becomes a part of report.html, which gives it its
# title, its font, and its colours in the dark. Load it with `form`, and `wide` and `high` of the svg; then print titles
# through shown(), and write to <name><ending>.

shown(text) = form eq 'page' ? '' : text
# Small texts; on a page, which may be narrow, a drawing shrinks to 0.88 of its size.
small = form eq 'page' ? ',11' : ',9'
number_font = form eq 'page' ? ',11' : ',10'
ending = form eq 'page' ? '.page.svg' : '.' . form

if (form eq 'svg') {
    set terminal svg size wide, high font 'DejaVu Sans,12' background 'white' name 'mandelbench'
}
if (form eq 'png') {
    set terminal pngcairo size 1.5 * wide, 1.5 * high fontscale 1.35 linewidth 1.5 pointscale 1.4 background 'white'
}
if (form eq 'page') {
    set terminal svg size 560, (exists('page_high') ? page_high : 400) font 'DejaVu Sans,13' name 'mandelbench'
    set key bmargin center horizontal Left reverse samplen 1.2 spacing 1.15 width 0 maxcols 4 title ' ' font ',6' # a gap
    set bmargin -1
    set tmargin 1.6
    set lmargin -1
    set rmargin 2.5
    set xlabel offset 0, 0.6
}
