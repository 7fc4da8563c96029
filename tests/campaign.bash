# What the tests of campaigns share, besides tap.bash: looking into them, and breaking them. Read by them, not run.
# shellcheck shell=bash
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

# Exit status 2, exactly one line on stderr, nothing on stdout.
is_refused() {
    local status=0
    "$bench" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    cat "$work/stderr"
    [ "$status" -eq 2 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

# The value of column NAME in rows of a CSV file without quotes.
column() { awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i; next} {print $c}' "$2"; }

# What `list` has of one KIND (backends, kernels, transports) and AVAILABILITY, a line each.
listed() {
    "$bench" list | awk -F'\t' -v kind="$1:" -v is="$2" '/^[a-z]*:$/ {here = $1 == kind} here && $2 == is {print $1}'
}

header() { # FILE COLUMNS
    [ "$(head -n 1 "$work/a/$1")" = "$2" ]
}

is_drawn() { # PLOT...
    local plot
    for plot; do
        [ "$(head -c 8 "$work/a/plots/$plot.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] &&
            grep -q '</svg>' "$work/a/plots/$plot.svg" || return 1
    done
}

# A campaign like $work/a with a FILE of that TEXT.
broken() {
    rm -rf "$work/broken" && cp -r "$work/a" "$work/broken" && printf '%s\n' "$2" >"$work/broken/$1" &&
        is_refused report "$work/broken" && is_refused run --resume -q -o "$work/broken"
}
