#!/usr/bin/env bash
# Proves the labs: each runs, ends, writes its table, and shows what it is there to show.
set -u
bench=${BUILD:-build}/mandelbench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
# ok NAME COMMAND...: a test that passes when the command succeeds.
ok() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/out" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/out" | tail -n 20
    fi
}

run_lab() { timeout 60 "$bench" lab "$1" "$work/lab" >"$work/$1.txt" && [ -s "$work/lab/$1.csv" ]; }

# The values of column $2 in the rows of lab $1 whose first column is $3.
column() {
    awk -F, -v column="$2" -v first="$3" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == column) c = i}
        NR > 1 && $1 == first {print $c}' "$work/lab/$1.csv"
}

fork_shows_copies() {
    [ "$(column fork parent_sees 'a variable')" = 1 ] &&
        [ "$(column fork parent_sees 'a struct through a pipe')" = 1001 ] &&
        [ "$(column fork parent_sees 'a shared value')" = 1001 ]
}

# With a lock or atomically nothing may be lost; without, it depends on the machine.
race_is_exact() {
    local way
    for way in 'lock per operation' 'lock per block of 1000' 'atomic addition'; do
        [ "$(column race balance "$way")" = 1000000 ] || return 1
    done
}

deadlocks_are_found() {
    [ "$(tail -n +2 "$work/lab/deadlock.csv" | cut -d, -f5 | sort -u)" = yes ] &&
        grep -q 'the lock of worker 1' "$work/lab/deadlock.csv"
}

dice_are_counted() { [ "$(tail -n +2 "$work/lab/dice.csv" | wc -l)" -eq 16 ]; }

# Never more than two inside, and all pass the barrier after the last has arrived.
signals_are_in_order() {
    awk -F, 'NR > 1 {
            if ($3 ~ /^enters/ && ++inside > 2) bad = 1
            if ($3 == "leaves") inside--
            if ($3 ~ /^arrives/) arrived++
            if ($3 ~ /^passes/ && arrived < 5) bad = 1
            if ($3 == "sets the event") set = 1
            if ($3 == "saw the event" && !set) bad = 1
            if ($3 == "had its turn") turns++
            if ($3 == "notifies all" && turns != 1) bad = 1
        }
        END {exit bad || arrived != 5 || turns != 4}' "$work/lab/signals.csv"
}

sums_agree() { [ "$(tail -n +2 "$work/lab/spawn.csv" | cut -d, -f3 | sort -u | wc -l)" -eq 1 ]; }

refused() {
    local status=0
    "$bench" lab "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" -eq 2 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

unwritable() {
    local status=0
    "$bench" lab fork "$work/no/such/place" >/dev/null 2>"$work/stderr" || status=$?
    [ "$status" -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

for lab in fork race deadlock dice signals spawn; do
    ok "runs the lab $lab" run_lab "$lab"
    ok "tells the lesson of $lab" grep -q '^  [A-Z].*\.$' "$work/$lab.txt"
done
ok "fork: a child works on a copy" fork_shows_copies
ok "race: locks and atomics lose nothing" race_is_exact
ok "deadlock: both circles are found" deadlocks_are_found
ok "dice: every way counts every throw" dice_are_counted
ok "signals: the order is as promised" signals_are_in_order
ok "spawn: every way has the same sum" sums_agree
ok "draws figures" test -s "$work/lab/dice.png" -a -s "$work/lab/spawn.svg"
ok "helps" "$bench" lab --help
ok "refuses no name" refused
ok "refuses an unknown lab" refused nothing
ok "refuses two directories" refused fork a b
ok "says that a directory cannot be made" unwritable

echo "1..$number"
