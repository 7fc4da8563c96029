# Where the two plots of one figure lie: side by side, the key to their right; on a page below each other, the key below
# both. Load it with `form`, and `part` 1 or 2, before each; the second has the key.

if (form eq 'page') {
    set lmargin at screen 0.16
    set rmargin at screen 0.97
    set tmargin at screen (part == 1 ? 0.965 : 0.545)
    set bmargin at screen (part == 1 ? 0.64 : 0.22)
    set key at screen 0.5, screen 0.172 center top horizontal Left reverse samplen 1.2 spacing 1.15 width 0 maxcols 3 noenhanced
} else {
    set lmargin at screen (part == 1 ? 0.075 : 0.495)
    set rmargin at screen (part == 1 ? 0.415 : 0.815)
    set tmargin at screen 0.80
    set bmargin at screen 0.13
    set key at screen 0.995, screen 0.80 right top Left reverse samplen 1.5 spacing 1.3 noenhanced
}
if (part == 1) { unset key }
