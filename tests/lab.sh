#!/usr/bin/env bash
# Proves the labs: each runs, ends, writes its table, and shows what it is there to show.
set -u
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

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

# Each n has one smallest multiple, of 7, never larger than that of a smaller n; and n covers five decades.
multiples_agree() {
    awk -F, 'NR == 1 {next}
            !($2 in least) {least[$2] = $3; if (from == "" || $2 + 0 < from) from = $2 + 0; if ($2 + 0 > to) to = $2 + 0}
            least[$2] != $3 || $3 % 7 || ($1 == way && $3 + 0 > last) {bad = 1}
            {way = $1; last = $3 + 0; ways[$1] = 1}
            END {for (i in ways) count++; exit bad || count != 5 || to < 1e5 * from}' "$work/lab/crossover.csv"
}

# Where processes are said to win they do, up to the largest n; where they clearly do there, it is said.
crossings_are_right() {
    awk -F, 'NR == 1 {next}
            $1 == "serially" {serial[$2] = $5; bad += $6 != "none"; next}
            $6 != "none" && $2 + 0 > $6 && $5 >= serial[$2] {bad = 1}
            $2 == 1e7 && $6 == "none" && serial[$2] > 1.06 * $5 {bad = 1}
            $4 < 5 {bad = 1}
            END {exit bad}' "$work/lab/crossover.csv"
}

# Remainders by the prime 67108859 < 2^26, whose products doubles hold exactly.
digits_are_right() {
    awk -F, 'function remainder(what, n,    i, r) {
            r = what == "factorial"
            for (i = 1; i <= n; i++)
                r = (what == "factorial" ? r * i : r + i * i) % 67108859
            return r
        }
        NR == 1 {bad = $7 != "modulo_67108859"; next}
        !(($2, $3) in expected) {expected[$2, $3] = remainder($2, $3)}
        $7 != expected[$2, $3] {print "wrong:", $0; bad = 1}
        {ways[$1] = 1; rows++}
        END {for (i in ways) count++; exit bad || count != 6 || rows != 30}' "$work/lab/share.csv"
}

# How many digits, and which first, as tables of factorials and n(n+1)(2n+1)/6 have them.
digits_are_known() {
    [ "$(tail -n +2 "$work/lab/share.csv" | cut -d, -f2,3,5,6 | sort -u)" = "$(sort <<'END'
factorial,100,158,933262154439
factorial,1000,2568,402387260077
factorial,10000,35660,284625968091
factorial,50000,213237,334732050959
sum of squares,1000000,18,333333833333
END
)" ]
}

# Nothing comes home from one loop; of a factorial of some size at least its bytes come home by each way.
parts_come_home() {
    awk -F, 'NR > 1 {
            if ($1 == "serially" ? $8 != 0 || $10 != "NaN" : $8 + 0 == 0 || $10 + 0 <= 0) bad = 1
            if ($1 != "serially" && $8 < $5 * log(10) / log(256) - 1) bad = 1
        }
        END {exit bad}' "$work/lab/share.csv"
}

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

for lab in fork race deadlock dice signals spawn crossover share; do
    ok "runs the lab $lab" run_lab "$lab"
    ok "tells the lesson of $lab" grep -q '^  [A-Z].*\.$' "$work/$lab.txt"
done
ok "fork: a child works on a copy" fork_shows_copies
ok "race: locks and atomics lose nothing" race_is_exact
ok "deadlock: both circles are found" deadlocks_are_found
ok "dice: every way counts every throw" dice_are_counted
ok "signals: the order is as promised" signals_are_in_order
ok "spawn: every way has the same sum" sums_agree
ok "crossover: all find the same multiples" multiples_agree
ok "crossover: processes win where it says so" crossings_are_right
ok "share: remainders as awk computes them" digits_are_right
ok "share: known digits" digits_are_known
ok "share: as many bytes come home as digits need" parts_come_home
for figure in dice.png spawn.svg crossover.png share.svg; do
    ok "draws $figure" test -s "$work/lab/$figure"
done
ok "helps" "$bench" lab --help
ok "refuses no name" refused
ok "refuses an unknown lab" refused nothing
ok "refuses two directories" refused fork a b
ok "says that a directory cannot be made" unwritable

echo "1..$number"
