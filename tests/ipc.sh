#!/usr/bin/env bash
# Proves the experiment ipc from outside: what a campaign holds, what is derived again, how it goes on and how it ends.
set -u
. tests/probe.bash

measure() { "$bench" run ipc --blocks 2 --seed 1 -q -o "$work/a" >"$work/table"; }

# What $2 blocks must hold: block, status, transport, kind, bytes; a line each.
expected_samples() {
    local block status transport kind bytes
    for ((block = 0; block < $2; block++)); do
        for status in ok unavailable; do
            for transport in $(listed transports "${status/ok/available}"); do
                for kind in process thread; do
                    for bytes in 16 1024 32768; do
                        echo "$block,$status,$transport,$kind,$bytes"
                    done
                done
            done
        done
    done | sort
}

# Every sample of $2 blocks once in campaign $1, none wrong or failed.
complete() {
    diff <(expected_samples "$1" "$2") \
        <(paste -d, <(column block "$1/ipc_raw.csv") <(column status "$1/ipc_raw.csv") \
            <(column transport "$1/ipc_raw.csv") <(column kind "$1/ipc_raw.csv") <(column bytes "$1/ipc_raw.csv") | sort)
}

table_is_whole() {
    local rows
    rows=$(($(listed transports available | wc -l) * 6))
    [ "$(column n "$work/a/ipc.csv" | sort -u)" = 2 ] && [ "$(column n "$work/a/ipc.csv" | wc -l)" -eq "$rows" ] &&
        [ "$(awk -F, '$3 == "queue" {print $14}' "$work/a/ipc.csv" | sort -u)" = 1 ]
}

no_cases() { grep -q '"cases": \[\]' "$work/a/manifest.json" && [ ! -e "$work/a/images" ]; }

goes_on() { resume_torn ipc && complete "$work/b" 2; }

killed_and_resumed() {
    ended ipc KILL 137 "$work/k" --blocks 1 --seed 3 && "$bench" run --resume -q -o "$work/k" >/dev/null &&
        complete "$work/k" 1
}

without_the_wrong() { planted_wrong ipc && [ "$(column n "$work/wrong/ipc.csv" | grep -c 1)" -eq 1 ]; }

no_message_queue() { [ ! -d /dev/mqueue ] || ! find /dev/mqueue -name 'mandelbench.*' | grep .; }

budget() {
    "$bench" run ipc --blocks 50 --budget 0.1 --seed 4 -q -o "$work/budget" >/dev/null 2>"$work/stderr" &&
        grep -q 'the budget of 0 s is spent after 1 of 50 blocks' "$work/stderr" && complete "$work/budget" 1
}

ok "measures a small campaign" measure
ok "ipc_raw.csv has the agreed columns" header ipc_raw.csv \
    schema,campaign,experiment,block,order,attempt,seed,status,transport,kind,bytes,capacity,messages,stream_s,rounds,round_trip_mean_s,round_trip_median_s,round_trip_p99_s,user_s,sys_s,nvcsw,nivcsw,other_cpu_s,steal_s,load1,usable_cpus,first_cpu,second_cpu
ok "ipc.csv has the agreed columns" header ipc.csv \
    schema,campaign,transport,kind,bytes,n,message_s,message_lo_s,message_hi_s,round_trip_s,round_trip_lo_s,round_trip_hi_s,bytes_per_s,ratio_to_queue,ratio_lo,ratio_hi,round_trip_ratio_to_queue,round_trip_ratio_lo,round_trip_ratio_hi,round_trip_p99_s,capacity
ok "holds every transport, kind and size in each block, all right" complete "$work/a" 2
ok "derives a row for each" table_is_whole
ok "draws plots" is_drawn ipc ipc-threads
ok "has no cases of renders" no_cases
ok "prints a row for each transport" grep -q '^  queue .* 1\.00  |' "$work/table"
ok "derives the same tables from the raw records" report_again ipc
ok "goes on behind a torn row" goes_on
ok "goes on after kill -9, losing and repeating nothing" killed_and_resumed
ok "ends on SIGINT with 130, keeping whole rows" interrupted ipc
ok "keeps to its budget" budget
ok "keeps a wrong result out of the table, and says so" without_the_wrong
ok "leaves no worker behind" nothing_left
ok "leaves no message queue behind" no_message_queue
ok "is listed" grep -q '^ipc	available	' <("$bench" list)
for axis in --backends=pool --kernels=scalar --workers=1 --batches=1 --schedules=static --views=whole --pixels=64 \
    --max-iter=9; do
    ok "refuses the axis $axis" is_refused run ipc "$axis" -o "$work/refused"
done
ok "refuses a raw file with other columns" broken ipc_raw.csv 'a,b,c'
ok "refuses a raw file with a malformed row" broken ipc_raw.csv "$(sed '3s/,ok,/,ok,"/' "$work/a/ipc_raw.csv")"
ok "refuses a raw file with an impossible row" broken ipc_raw.csv \
    "$(awk 'BEGIN {FS = OFS = ","} NR == 3 {$8 = "ok"; $14 = 0} {print}' "$work/a/ipc_raw.csv")"
ok "refuses a manifest with cases of renders" broken manifest.json \
    '{"schema": 1, "experiment": "ipc", "cases": [{"role": "case"}]}'
ok "makes nothing when it refuses" test ! -e "$work/refused"

echo "1..$number"
