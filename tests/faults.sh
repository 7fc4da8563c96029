#!/usr/bin/env bash
# Proves the experiment faults from outside: what a campaign holds, what is derived again, how it goes on and how it ends.
set -u
. tests/probe.bash

measure() { "$bench" run faults --blocks 1 --seed 1 -q -o "$work/a" >"$work/table"; }

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

prints_rows() {
    local backend
    for backend in $(backends); do
        grep -q "^  $backend " "$work/table" || return 1
    done
}

goes_on() { resume_torn faults && complete "$work/b"; }

without_the_wrong() { planted_wrong faults && [ "$(column n "$work/wrong/faults.csv" | wc -l)" -eq $((rows - 1)) ]; }

ok "measures a small campaign" measure
ok "faults_raw.csv has the agreed columns" header faults_raw.csv \
    schema,campaign,experiment,block,order,attempt,seed,status,backend,workers,batch,kernel,width,height,kills_planned,kills,workers_lost,batches_reissued,open_s,render_s,close_s,recovery_median_s,recovery_max_s,recoveries,expected_s,view,max_iter,iterations,sha256,user_s,sys_s,other_cpu_s,steal_s,load1,usable_cpus
ok "faults.csv has the agreed columns" header faults.csv \
    schema,campaign,backend,kernel,view,width,height,max_iter,batch,workers,kills_planned,n,kills,workers_lost,batches_reissued,render_s,render_lo_s,render_hi_s,slowdown,slowdown_lo,slowdown_hi,cost_per_kill_s,cost_per_kill_lo_s,cost_per_kill_hi_s,recovery_s,recovery_lo_s,recovery_hi_s,recovery_max_s,cpu_per_kill_s,cpu_per_kill_lo_s,cpu_per_kill_hi_s,batch_s,recovery_bound_s,cost_bound_s
ok "holds every backend of processes with every number of kills, all right" complete "$work/a"
ok "gets the same picture from all" same_picture
ok "kills, counts the dead and sees them replaced" kills_arrive
ok "derives a row for each" table_is_whole
ok "draws the plot" is_drawn faults
ok "prints a row for each backend" prints_rows
ok "derives the same tables from the raw records" report_again faults
ok "goes on behind a torn row" goes_on
ok "ends on SIGINT with 130, keeping whole rows" interrupted faults
ok "leaves nothing behind when it is killed" ended faults KILL 137 "$work/k" --seed 2
ok "keeps a wrong result out of the table, and says so" without_the_wrong
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
