#!/usr/bin/env bash
# Proves the experiment faults from outside: what a campaign holds, what is derived again, how it goes on and how it ends.
set -u
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

measure() { "$bench" run faults --blocks 1 --seed 1 -q -o "$work/a" >"$work/table"; }

raw_header() {
    local expected='schema,campaign,experiment,block,order,attempt,seed,status,backend,workers,batch,kernel,width,height,kills_planned,kills,workers_lost,batches_reissued,open_s,render_s,close_s,recovery_median_s,recovery_max_s,recoveries,expected_s,view,max_iter,iterations,sha256,user_s,sys_s,other_cpu_s,steal_s,load1,usable_cpus'
    [ "$(head -n 1 "$work/a/faults_raw.csv")" = "$expected" ]
}

table_header() {
    local expected='schema,campaign,backend,kernel,view,width,height,max_iter,batch,workers,kills_planned,n,kills,workers_lost,batches_reissued,render_s,render_lo_s,render_hi_s,slowdown,slowdown_lo,slowdown_hi,cost_per_kill_s,cost_per_kill_lo_s,cost_per_kill_hi_s,recovery_s,recovery_lo_s,recovery_hi_s,recovery_max_s,cpu_per_kill_s,cpu_per_kill_lo_s,cpu_per_kill_hi_s'
    [ "$(head -n 1 "$work/a/faults.csv")" = "$expected" ]
}

# The backends of processes, a line each.
backends() { grep -l 'flags = BACKEND_PROCESSES' "$(dirname "$0")"/../src/backends/*.c | sed 's|.*/||; s|\.c$||'; }
rows=$(($(backends | wc -l) * 6))

# What a block must hold: status, backend, kills; a line each.
expected_samples() {
    local backend kills
    for backend in $(backends); do
        for kills in 0 1 2 4 8 16; do
            echo "ok,$backend,$kills"
        done
    done | sort
}

# Every sample of one block once in campaign $1, none wrong or failed.
complete() {
    diff <(expected_samples) \
        <(paste -d, <(column status "$1/faults_raw.csv") <(column backend "$1/faults_raw.csv") \
            <(column kills_planned "$1/faults_raw.csv") | sort)
}

same_picture() { [ "$(column sha256 "$work/a/faults_raw.csv" | sort -u | wc -l)" -eq 1 ]; }

# Nobody dies where nobody is killed; who is killed is noticed; and most kills come in time.
kills_arrive() {
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        $c["workers_lost"] < $c["kills"] || $c["kills"] > $c["kills_planned"] {exit 1}
        $c["kills_planned"] == 0 && $c["workers_lost"] > 0 {exit 1}
        $c["recoveries"] > 0 && !($c["recovery_median_s"] > 0 && $c["recovery_max_s"] >= $c["recovery_median_s"]) {exit 1}
        {kills += $c["kills"]; recoveries += $c["recoveries"]}
        END {print kills, recoveries; exit !(kills >= 40 && recoveries >= kills / 2)}' "$work/a/faults_raw.csv"
}

table_is_whole() {
    [ "$(column n "$work/a/faults.csv" | sort -u)" = 1 ] && [ "$(column n "$work/a/faults.csv" | wc -l)" -eq "$rows" ] &&
        [ "$(awk -F, '$11 == 0 {print $19}' "$work/a/faults.csv" | sort -u)" = 1 ]
}

plot() {
    [ "$(head -c 8 "$work/a/plots/faults.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] &&
        grep -q '</svg>' "$work/a/plots/faults.svg"
}

prints_rows() {
    local backend
    for backend in $(backends); do
        grep -q "^  $backend " "$work/table" || return 1
    done
}

report_again() {
    cp -r "$work/a" "$work/b" && rm -r "$work/b/faults.csv" "$work/b/plots/"* &&
        "$bench" report "$work/b" >"$work/table_again" && cmp "$work/a/faults.csv" "$work/b/faults.csv" &&
        diff <(grep -v Files "$work/table") <(grep -v Files "$work/table_again") && [ -s "$work/b/plots/faults.png" ]
}

# The last row is cut in its middle.
resume_torn() {
    head -c -40 "$work/a/faults_raw.csv" >"$work/b/faults_raw.csv" &&
        "$bench" run --resume -q -o "$work/b" >/dev/null && complete "$work/b"
}

# Waits until the campaign in $1 has more than $2 lines.
wait_for_rows() {
    for _ in $(seq 200); do
        [ -e "$1/faults_raw.csv" ] && [ "$(wc -l <"$1/faults_raw.csv")" -gt "$2" ] && return 0
        sleep 0.05
    done
    return 1
}

# No process of ours is left: they inherit this script's mark, and others may run the same tests.
export MARK_OF_THIS_TEST=$work
nothing_left() {
    local environment
    for environment in /proc/[0-9]*/environ; do
        if grep -qa "MARK_OF_THIS_TEST=$work" "$environment" 2>/dev/null &&
            readlink "${environment%environ}exe" | grep -q '/mandelbench$'; then
            echo "left: $environment"
            return 1
        fi
    done
}

# ended SIGNAL STATUS: by a signal in the middle, and everything with it.
ended() {
    local status=0
    "$bench" run faults --seed 2 -q -o "$work/$1" >/dev/null 2>"$work/stderr" &
    local pid=$!
    wait_for_rows "$work/$1" 3 && kill -s "$1" $pid
    wait $pid 2>/dev/null || status=$?
    cat "$work/stderr"
    echo "status $status"
    sleep 0.3
    [ "$status" -eq "$2" ] && nothing_left
}

interrupted() {
    ended INT 130 && tail -n 1 "$work/stderr" | grep -q ': stopped; ' &&
        [ "$(tail -c 1 "$work/INT/faults_raw.csv" | od -An -tx1 | tr -d ' ')" = 0a ]
}

broken() { # FILE TEXT
    rm -rf "$work/broken" && cp -r "$work/a" "$work/broken" && printf '%s\n' "$2" >"$work/broken/$1" &&
        is_refused report "$work/broken" && is_refused run --resume -q -o "$work/broken"
}

planted_wrong() {
    local status=0
    cp -r "$work/a" "$work/wrong" && sed -i '0,/,ok,/s//,wrong,/' "$work/wrong/faults_raw.csv" &&
        "$bench" report "$work/wrong" >/dev/null 2>"$work/stderr" || status=$?
    [ "$status" -eq 3 ] && grep -q 'some results were wrong' "$work/stderr" &&
        [ "$(column n "$work/wrong/faults.csv" | wc -l)" -eq $((rows - 1)) ]
}

ok "measures a small campaign" measure
ok "faults_raw.csv has the agreed columns" raw_header
ok "faults.csv has the agreed columns" table_header
ok "holds every backend of processes with every number of kills, all right" complete "$work/a"
ok "gets the same picture from all" same_picture
ok "kills, counts the dead and sees them replaced" kills_arrive
ok "derives a row for each" table_is_whole
ok "draws the plot" plot
ok "prints a row for each backend" prints_rows
ok "derives the same tables from the raw records" report_again
ok "goes on behind a torn row" resume_torn
ok "ends on SIGINT with 130, keeping whole rows" interrupted
ok "leaves nothing behind when it is killed" ended KILL 137
ok "keeps a wrong result out of the table, and says so" planted_wrong
ok "leaves nothing behind" nothing_left
ok "is listed" grep -q '^faults	available	' <("$bench" list)
for axis in --backends=pool --pixels=64; do
    ok "refuses the axis $axis" is_refused run faults "$axis" -o "$work/refused"
done
ok "refuses a raw file with other columns" broken faults_raw.csv 'a,b,c'
ok "refuses a raw file with an impossible row" broken faults_raw.csv \
    "$(awk 'BEGIN {FS = OFS = ","} NR == 3 {$16 = 17} {print}' "$work/a/faults_raw.csv")"
ok "makes nothing when it refuses" test ! -e "$work/refused"

echo "1..$number"
