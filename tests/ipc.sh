#!/usr/bin/env bash
# Proves the experiment ipc from outside: what a campaign holds, what is derived again, how it goes on and how it ends.
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

# The transports of one availability, a line each.
transports() {
    "$bench" list | awk -F'\t' -v is="$1" '/^[a-z]*:$/ {here = $1 == "transports:"} here && $2 == is {print $1}'
}

# The value of column NAME in rows of a CSV file without quotes.
column() { awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i; next} {print $c}' "$2"; }

measure() { "$bench" run ipc --blocks 2 --seed 1 -q -o "$work/a" >"$work/table"; }

raw_header() {
    local expected='schema,campaign,experiment,block,order,attempt,seed,status,transport,kind,bytes,capacity,messages,stream_s,rounds,round_trip_mean_s,round_trip_median_s,round_trip_p99_s,user_s,sys_s,nvcsw,nivcsw,other_cpu_s,steal_s,load1,usable_cpus,first_cpu,second_cpu'
    [ "$(head -n 1 "$work/a/ipc_raw.csv")" = "$expected" ]
}

table_header() {
    local expected='schema,campaign,transport,kind,bytes,n,message_s,message_lo_s,message_hi_s,round_trip_s,round_trip_lo_s,round_trip_hi_s,bytes_per_s,ratio_to_queue,ratio_lo,ratio_hi,round_trip_ratio_to_queue,round_trip_ratio_lo,round_trip_ratio_hi,round_trip_p99_s,capacity'
    [ "$(head -n 1 "$work/a/ipc.csv")" = "$expected" ]
}

# What $2 blocks must hold: block, status, transport, kind, bytes; a line each.
expected_samples() {
    local block status transport kind bytes
    for ((block = 0; block < $2; block++)); do
        for status in ok unavailable; do
            for transport in $(transports "${status/ok/available}"); do
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
    rows=$(($(transports available | wc -l) * 6))
    [ "$(column n "$work/a/ipc.csv" | sort -u)" = 2 ] && [ "$(column n "$work/a/ipc.csv" | wc -l)" -eq "$rows" ] &&
        [ "$(awk -F, '$3 == "queue" {print $14}' "$work/a/ipc.csv" | sort -u)" = 1 ]
}

plots() {
    local plot
    for plot in ipc ipc-threads; do
        [ "$(head -c 8 "$work/a/plots/$plot.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] &&
            grep -q '</svg>' "$work/a/plots/$plot.svg" || return 1
    done
}

no_cases() { grep -q '"cases": \[\]' "$work/a/manifest.json" && [ ! -e "$work/a/images" ]; }

report_again() {
    cp -r "$work/a" "$work/b" && rm -r "$work/b/ipc.csv" "$work/b/plots/"* &&
        "$bench" report "$work/b" >"$work/table_again" && cmp "$work/a/ipc.csv" "$work/b/ipc.csv" &&
        diff <(grep -v Files "$work/table") <(grep -v Files "$work/table_again") && [ -s "$work/b/plots/ipc.png" ]
}

# The last row is cut in its middle.
resume_torn() {
    head -c -40 "$work/a/ipc_raw.csv" >"$work/b/ipc_raw.csv" &&
        "$bench" run --resume -q -o "$work/b" >/dev/null && complete "$work/b" 2
}

# Waits until the campaign in $1 has more than $2 lines.
wait_for_rows() {
    for _ in $(seq 200); do
        [ -e "$1/ipc_raw.csv" ] && [ "$(wc -l <"$1/ipc_raw.csv")" -gt "$2" ] && return 0
        sleep 0.05
    done
    return 1
}

# No worker of ours is left: they inherit this script's mark, and others may run the same tests.
export MARK_OF_THIS_TEST=$work
no_workers() {
    local environment
    for environment in /proc/[0-9]*/environ; do
        if grep -qa "MARK_OF_THIS_TEST=$work" "$environment" 2>/dev/null &&
            grep -q '^ipc ' "${environment%environ}comm" 2>/dev/null; then
            echo "left: $environment"
            return 1
        fi
    done
}

no_message_queue() { [ ! -d /dev/mqueue ] || ! find /dev/mqueue -name 'mandelbench.*' | grep .; }

interrupted() {
    local status=0
    "$bench" run ipc --seed 2 -q -o "$work/i" >/dev/null 2>"$work/stderr" &
    local pid=$!
    wait_for_rows "$work/i" 3 && kill -s INT $pid
    wait $pid || status=$?
    cat "$work/stderr"
    echo "status $status"
    sleep 0.2
    [ "$status" -eq 130 ] && tail -n 1 "$work/stderr" | grep -q ': stopped; ' && no_workers &&
        [ "$(tail -c 1 "$work/i/ipc_raw.csv" | od -An -tx1 | tr -d ' ')" = 0a ]
}

killed_and_resumed() {
    "$bench" run ipc --blocks 1 --seed 3 -q -o "$work/k" >/dev/null 2>&1 &
    local pid=$!
    wait_for_rows "$work/k" 4 && kill -KILL $pid
    wait $pid 2>/dev/null
    sleep 0.5
    no_workers && "$bench" run --resume -q -o "$work/k" >/dev/null && complete "$work/k" 1
}

budget() {
    "$bench" run ipc --blocks 50 --budget 0.1 --seed 4 -q -o "$work/budget" >/dev/null 2>"$work/stderr" &&
        grep -q 'the budget of 0 s is spent after 1 of 50 blocks' "$work/stderr" && complete "$work/budget" 1
}

broken() { # FILE TEXT
    rm -rf "$work/broken" && cp -r "$work/a" "$work/broken" && printf '%s\n' "$2" >"$work/broken/$1" &&
        is_refused report "$work/broken" && is_refused run --resume -q -o "$work/broken"
}

planted_wrong() {
    local status=0
    cp -r "$work/a" "$work/wrong" && sed -i '0,/,ok,/s//,wrong,/' "$work/wrong/ipc_raw.csv" &&
        "$bench" report "$work/wrong" >/dev/null 2>"$work/stderr" || status=$?
    [ "$status" -eq 3 ] && grep -q 'some results were wrong' "$work/stderr" &&
        [ "$(column n "$work/wrong/ipc.csv" | grep -c 1)" -eq 1 ]
}

ok "measures a small campaign" measure
ok "ipc_raw.csv has the agreed columns" raw_header
ok "ipc.csv has the agreed columns" table_header
ok "holds every transport, kind and size in each block, all right" complete "$work/a" 2
ok "derives a row for each" table_is_whole
ok "draws plots" plots
ok "has no cases of renders" no_cases
ok "prints a row for each transport" grep -q '^  queue .* 1\.00  |' "$work/table"
ok "derives the same tables from the raw records" report_again
ok "goes on behind a torn row" resume_torn
ok "goes on after kill -9, losing and repeating nothing" killed_and_resumed
ok "ends on SIGINT with 130, keeping whole rows" interrupted
ok "keeps to its budget" budget
ok "keeps a wrong result out of the table, and says so" planted_wrong
ok "leaves no worker behind" no_workers
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
