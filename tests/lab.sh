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

# With a lock or atomically nothing may be lost; without, it depends on the machine. The lesson says what was seen.
race_is_exact() {
    local way lost said='Without a lock no loss showed'
    for way in 'lock per operation' 'lock per block of 1000' 'atomic addition'; do
        [ "$(column race balance "$way")" = 1000000 ] || return 1
    done
    lost=$(column race lost_at_least 'no lock')
    [ "$lost" = 0 ] || said="Without a lock at least $lost of "
    grep -q "^  $said" "$work/race.txt"
}

# Locks that lock nothing, but for the first hundred, which start the workers together: the balance is wrong, and that
# is an error.
lost_is_wrong() {
    local status=0
    cat >"$work/unlocked.c" <<'END'
#include <dlfcn.h>
#include <pthread.h>

static int calls;

static int call(const char *name, pthread_mutex_t *mutex) {
    int (*real)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, name);
    return real(mutex);
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
    return ++calls > 100 ? 0 : call("pthread_mutex_lock", mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    return calls > 100 ? 0 : call("pthread_mutex_unlock", mutex);
}
END
    "${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$work/unlocked.so" "$work/unlocked.c" || return 1
    LD_PRELOAD=$work/unlocked.so "$bench" lab race "$work/unlocked" >"$work/stdout" 2>"$work/stderr" || status=$?
    cat "$work/stderr"
    [ "$status" -eq 3 ] && [ ! -s "$work/stdout" ] && [ ! -e "$work/unlocked/race.csv" ] &&
        grep -q '^mandelbench: wrong result: lab race ' "$work/stderr"
}

deadlocks_are_found() {
    [ "$(tail -n +2 "$work/lab/deadlock.csv" | cut -d, -f5 | sort -u)" = yes ] &&
        grep -q 'the lock of worker 1' "$work/lab/deadlock.csv"
}

# Throws 0 … 959999 as SplitMix64 gives them, counted by another program.
dice_are_counted() {
    awk -F, 'NR > 1 {
            rows++
            if ($6 + $7 + $8 + $9 + $10 + $11 != $3 || $5 < 3 || $4 <= 0) bad = 1
            if ($6 "," $7 "," $8 "," $9 "," $10 "," $11 != "159880,159552,159648,160305,160186,160429") bad = 1
        }
        END {exit bad || rows != 16}' "$work/lab/dice.csv"
}

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

# The sum as another program computes it; a start costs something wherever there is one.
sums_are_right() {
    awk -F, 'NR > 1 {
            rows++
            if ($3 != 2549554 || $5 < 3) bad = 1
            starts = $1 == "serially" ? 0 : $1 == "a pool of two" ? 2 : $2
            if ($6 != starts || (starts ? $7 + 0 <= 0 : $7 != "")) bad = 1
        }
        END {exit bad || rows != 20}' "$work/lab/spawn.csv"
}

# The sums of the squares of 1 … 64, of which the first takes long; one that is given up has fewer.
pool_is_right() {
    awk -F, 'NR > 1 {
            home = $1 == "apply" ? 1 : $1 == "two apply_async" ? 2 : 64
            if ($1 == "map then terminate") bad += $4 >= 64
            else if ($4 != home || $5 != (home == 64 ? 89440 : home)) bad++
            if ($8 != ($1 == "imap_unordered" ? "no" : "yes")) bad++
            if ($1 == "map with 8 tasks per child" ? $6 < 8 || $7 < $6 : $6 > 2 || $7 > 2) bad++
            if ($1 == "map in one chunk" && $6 != 1) bad++
            if ($9 > $10 + 0) bad++
            rows++
        }
        END {exit bad || rows != 9}' "$work/lab/pool.csv"
}

# Whatever waits in vain says so, and not before its time; then one worker ends, and leaves a lock, but no permit.
timeouts_are_kept() {
    awk -F, 'NR > 1 && NR <= 11 {bad += $2 != 20 || $3 != "timed out" || $4 < 20 || $5 < 0 || $6 < $5}
        NR > 11 {
            said = said $3 ","
            bad += $2 != ($1 ~ /_until/ ? 20 : "") || ($1 ~ /_terminate/ ? $4 + 0 <= 0 : $4 != "") || $5 != "" || $6 != ""
        }
        END {exit bad || NR != 16 || said != "true,exit code -15,false,recovered,timed out,"}' "$work/lab/timeout.csv"
}

# What there is no number for is an empty cell, and nothing else.
has_no_nan() { ! grep -iE '(^|,)[-+]?(nan|inf)' "$work/lab/$1.csv"; }

# The last column stands below its name, beside empty cells too.
is_aligned() {
    awk 'NR == 3 {at = index($0, "repeats")}
        NR > 3 && !NF {exit}
        NR > 3 {rows++; bad += substr($0, at - 1) !~ /^ [0-9]+$/}
        END {exit bad || rows != 15}' "$work/timeout.txt"
}

# Each client brings 1 … n.
totals_are_exact() {
    awk -F, 'NR > 1 {
            n = $3 / $2
            if ($4 != $2 * n * (n + 1) / 2 || $5 < 3 || $6 <= 0) bad = 1
            objects[$1]++
        }
        END {for (i in objects) {count++; bad += objects[i] != 3} exit bad || count != 5}' "$work/lab/manager.csv"
}

# An SVG that has all that it is to say, and a PNG.
drawn() {
    local lab=$1 words
    shift
    for words; do
        grep -qF "$words" "$work/lab/$lab.svg" || return 1
    done
    grep -q '</svg>' "$work/lab/$lab.svg" && [ "$(head -c 4 "$work/lab/$lab.png" | tail -c 3)" = PNG ]
}

# A row or a series without numbers has no place in a figure.
is_left_out() { ! grep -F "$2" "$work/lab/$1.svg"; }

# What the figure says of crossings is what the table says, drawn from tables with and without.
crossings_are_marked() {
    local from text
    mkdir -p "$work/figure"
    for from in none 5000; do
        text='2 processes: from 5.0k'
        [ "$from" = none ] && text='no crossing: none is clearly faster than'
        printf 'way,n,time_ms,wins_from\n' >"$work/figure/marks.csv"
        printf '%s\n' "serially,1000,1,none" "serially,10000,10,none" "2 processes,1000,4,$from" \
            "2 processes,10000,6,$from" >>"$work/figure/marks.csv"
        gnuplot -c scripts/lab.gp "$work/figure" marks 'n time_ms way wins_from' title n ms || return 1
        grep -qF "$text" "$work/figure/marks.svg" || return 1
    done
}

# The children of process $1, in the order of their starts; without a process, whose start would take too long.
workers_of() {
    children=()
    read -r -a children <"/proc/$1/task/$1/children" || : # whose line has no end
}

# Runs lab $1 and kills one of its workers, number $2 of those there (-1: the last), $3 seconds after there are some.
# $died: whether the lab ended with one sentence about it; else it must have ended as ever, in time.
kill_worker() {
    local lab=$1 which=$2 delay=$3 children=() line status=0 end=$((SECONDS + 30)) victim=
    rm -rf "$work/killed"
    PATH=$work "$bench" lab "$lab" "$work/killed" >"$work/stdout" 2>"$work/stderr" &
    local parent=$!
    while [ -z "$victim" ] && kill -0 "$parent"; do
        workers_of "$parent"
        [ "${#children[@]}" -gt 0 ] || continue
        [ "$delay" = 0 ] || sleep "$delay"
        [ "$delay" = 0 ] || workers_of "$parent"
        [ "${#children[@]}" -gt 0 ] || continue
        victim=${children[$which]}
        read -r line <"/proc/$victim/stat" || line='has ended) Z '
        case $line in *') Z '*) victim= ;; esac
        [ -z "$victim" ] || kill -9 "$victim" || victim=
    done
    while kill -0 "$parent" && [ $SECONDS -lt $end ]; do sleep 0.05; done
    kill -9 "$parent" && echo "lab $lab hangs without its worker"
    wait "$parent" || status=$?
    case $status in
    0) died=0 && [ -s "$work/killed/$lab.csv" ] ;;
    1) died=1 && [ "$(cat "$work/stderr")" = "mandelbench: lab $lab: a worker died or failed, and the others were ended" ] &&
        [ ! -s "$work/stdout" ] && [ ! -e "$work/killed/$lab.csv" ] ;;
    *) echo "status $status" && false ;;
    esac
}

# At some instants; at least one of the kills must be in time, for which a short lab takes several tries.
ends_without_worker() {
    local lab=$1 instant deaths=0 end=$((SECONDS + 60))
    for instant in '0 0' '-1 0' '0 0.03' '-1 0.1'; do
        # shellcheck disable=SC2086
        kill_worker "$lab" $instant || return 1
        deaths=$((deaths + died))
    done
    until [ $deaths -gt 0 ] || [ $SECONDS -gt $end ]; do
        kill_worker "$lab" -1 0 || return 1
        deaths=$((deaths + died))
    done
    echo "$deaths deaths"
    [ $deaths -gt 0 ]
}

# A pool replaces its workers, and its results are right all the same.
pool_outlives_worker() {
    kill_worker pool -1 0.01 && [ "$died" = 0 ] &&
        kill_worker pool 0 0.08 && [ "$died" = 0 ] && kill_worker pool -1 0.2 && [ "$died" = 0 ]
}

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
            if ($1 == "serially" ? $8 != 0 || $10 != "" : $8 + 0 == 0 || $10 + 0 <= 0) bad = 1
            if ($1 != "serially" && $8 < $5 * log(10) / log(256) - 1) bad = 1
        }
        END {exit bad}' "$work/lab/share.csv"
}

# Five figures of every backend but serial, three of those that only deal numbers, and what is said of a bound is what
# the numbers say.
bounds_are_judged() {
    awk -F, 'NR == 1 {next}
            {rows[$1]++; promised += $8 != "none"; if ($7 < 7 || $5 > $4 || $4 > $6) bad = 1}
            $3 !~ ($2 == "a batch over ideal" ? "^(5|10|20)$" : "^$") {bad = 1}
            $9 != ($8 == "none" ? "" : $4 + 0 <= $8 + 0 ? "yes" : "no") {bad = 1}
            END {for (i in rows) {count++; bad += rows[i] != (i ~ / in place$/ ? 3 : 5)}
                exit bad || ("serial" in rows) || count < 9 || promised != 16}' "$work/lab/dispatch.csv"
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

# An ignored SIGCHLD is inherited; then the kernel forgets children before they can be waited for.
with_ignored_children() {
    timeout 60 env --ignore-signal=CHLD "$bench" lab "$1" "$work/ignored" && [ -s "$work/ignored/$1.csv" ]
}

labs="fork race deadlock dice signals spawn crossover share pool timeout manager dispatch"
for lab in $labs; do
    ok "runs the lab $lab" run_lab "$lab"
    ok "tells the lesson of $lab" grep -q '^  [A-Z].*\.$' "$work/$lab.txt"
    ok "writes no NaN into the table of $lab" has_no_nan "$lab"
done
ok "fork: a child works on a copy" fork_shows_copies
ok "race: locks and atomics lose nothing" race_is_exact
if [ -e "${BUILD:-build}/tests/starve.so" ]; then # no sanitizer, which replaces the same calls
    ok "race: what is lost behind a lock is an error" lost_is_wrong
fi
ok "deadlock: both circles are found" deadlocks_are_found
ok "dice: every way counts every throw" dice_are_counted
ok "signals: the order is as promised" signals_are_in_order
ok "spawn: every way has the right sum" sums_are_right
ok "crossover: all find the same multiples" multiples_agree
ok "crossover: processes win where it says so" crossings_are_right
ok "share: remainders as awk computes them" digits_are_right
ok "share: known digits" digits_are_known
ok "share: as many bytes come home as digits need" parts_come_home
ok "pool: every verb has its results" pool_is_right
ok "timeout: every verb keeps its deadline" timeouts_are_kept
ok "timeout: what is printed is aligned" is_aligned
ok "manager: every total is exact" totals_are_exact
ok "dispatch: every backend, and bounds as the numbers say" bounds_are_judged
ok "draws fork" drawn fork 'a struct through a pipe' 'the parent sees' '1,001'
ok "draws race" drawn race 'lock per operation' 'updates lost' 'nanoseconds'
ok "draws deadlock" drawn deadlock 'waits for the lock of worker 1' 'waits for a message of worker 0' 'found after'
ok "draws dice" drawn dice 'private then merged' 'nanoseconds per throw'
ok "draws signals" drawn signals 'sets the event' 'notifies all' 'passes' 'enters' 'worker 4' 'milliseconds'
ok "draws spawn" drawn spawn 'a thread each' 'milliseconds for the whole'
ok "draws crossover" drawn crossover '8 processes' 'milliseconds'
ok "draws share" drawn share 'value and lock' 'milliseconds'
ok "leaves out of share what brings nothing home" is_left_out share serially
ok "draws pool" drawn pool 'imap_unordered' 'milliseconds to the last'
ok "draws timeout" drawn timeout 'pipe_send_until' 'microseconds late'
ok "leaves out of timeout what has no deadline" is_left_out timeout worker_is_alive
ok "draws manager" drawn manager 'a value in shared memory' 'microseconds per call'
ok "draws dispatch" drawn dispatch 'shared-array' 'microseconds of a batch'
ok "marks where lines cross, and says if none do" crossings_are_marked
for lab in ${labs/pool/}; do
    ok "ends lab $lab when a worker is killed" ends_without_worker "$lab"
done
ok "goes on in lab pool when a worker is killed" pool_outlives_worker
for lab in spawn share; do
    ok "runs the lab $lab where SIGCHLD is ignored" with_ignored_children "$lab"
done
ok "helps" "$bench" lab --help
ok "refuses no name" refused
ok "refuses an unknown lab" refused nothing
ok "refuses two directories" refused fork a b
ok "says that a directory cannot be made" unwritable

echo "1..$number"
