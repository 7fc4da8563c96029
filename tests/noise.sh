#!/usr/bin/env bash
# Proves that noise is seen: what every sample tells of it, a sample that is disturbed on purpose, and doctor.
set -u
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

# values NAME WHERE FILE: a column of raw.csv, by its name, of the rows that the awk condition selects.
values() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } '"$2"' { print $at[name] }' "$3"
}

one_cpu=$(taskset -p -c $$ | sed 's/.*: \([0-9]*\).*/\1/')

# Everything on one CPU, so that whoever else computes there takes it from the sample.
measure() { # DIRECTORY
    taskset -c "$one_cpu" "$bench" run scaling --blocks 1 --pixels 400 --backends shared-array,openmp/threads \
        --workers 1 --seed 5 --repeats 0 --no-hyperfine -q -o "$1" >/dev/null 2>&1
}

measure_disturbed() {
    taskset -c "$one_cpu" sh -c 'while :; do :; done' &
    local pid=$! status=0
    measure "$work/disturbed" || status=$?
    kill $pid
    wait $pid 2>/dev/null
    return $status
}

marked() { [ "$(values noisy 1 "$work/disturbed/raw.csv" | sort -u)" = true ]; }

# Serial had to share: what it waited for is about what the other got.
delay_is_of_the_sample() {
    local row
    for row in baseline control; do
        values run_delay_s "\$at[\"role\"] == \"$row\"" "$work/disturbed/raw.csv"
    done | awk '{ print; if ($1 < 0.05) bad = 1 } END { exit bad || NR != 2 }'
}

cpus_of_the_mask() { [ "$(values usable_cpus 1 "$work/disturbed/raw.csv" | sort -u)" = 1 ]; }

cores_of_the_mask() { grep -q '"physical_cores": 1,' "$work/disturbed/manifest.json"; }

# A number, or nothing where the kernel does not tell; and what the kernel tells, the row does.
told() { # COLUMN FILE
    local kinds
    kinds=$(values "$1" 1 "$work/quiet/raw.csv" | sed 's/^[0-9][0-9.e-]*$/number/' | sort -u)
    echo "$1: $kinds"
    if [ -r "$2" ]; then [ "$kinds" = number ]; else [ -z "$kinds" ]; fi
}

noisy_is_judged() { values noisy 1 "$work/quiet/raw.csv" | awk '!/^(true|false)$/ { bad = 1 } END { exit bad || NR < 5 }'; }

shape() {
    "$bench" doctor >"$work/findings" 2>"$work/summary" && [ "$(wc -l <"$work/summary")" -eq 1 ] &&
        awk -F '\t' 'NF != 5 || $2 !~ /^(ok|warn|unknown)$/ || $3 == "" || $5 == "" { print; bad = 1 }
            $2 == "ok" && $4 != "" { print; bad = 1 } seen[$1]++ { bad = 1 } END { exit bad || NR < 20 }' "$work/findings"
}

says() { # CHECK VALUE
    echo "$1 is '$(awk -F '\t' -v check="$1" '$1 == check { print $3 }' "$work/findings")', not '$2'"
    [ "$(awk -F '\t' -v check="$1" '$1 == check { print $3 }' "$work/findings")" = "$2" ]
}

without_tools() {
    PATH=/nowhere "$bench" doctor 2>/dev/null >"$work/poor" &&
        [ "$(awk -F '\t' '$1 == "gnuplot" || $1 == "hyperfine" { print $2 }' "$work/poor" | sort -u)" = warn ]
}

on_one_cpu() { taskset -c "$one_cpu" "$bench" doctor 2>/dev/null | grep -q "^affinity	\(warn	1 of $(nproc --all)\|ok	1 of 1\) CPUs"; }

refused() {
    local status=0
    "$bench" doctor "$1" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ $status -eq 2 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

interrupted() {
    local status=0
    "$bench" doctor >/dev/null 2>&1 &
    local pid=$!
    sleep 0.2
    kill -TERM $pid
    wait $pid || status=$?
    [ $status -eq 143 ]
}

ok "measures beside a busy process" measure_disturbed
ok "every sample of it is marked noisy" marked
ok "serial waited for its CPU" delay_is_of_the_sample
ok "usable CPUs are those of the affinity mask" cpus_of_the_mask
ok "so are the cores" cores_of_the_mask
ok "measures" measure "$work/quiet"
ok "every sample is judged" noisy_is_judged
ok "run delay" told run_delay_s /proc/self/schedstat
ok "migrations" told migrations /proc/self/sched
ok "steal" told steal_s /proc/stat
ok "pressure" told psi_cpu_s /proc/pressure/cpu
ok "the sample's wall time" told sample_s /proc/self/stat
ok "doctor's findings have five fields each" shape
ok "doctor knows the clock source" says clocksource "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
ok "doctor knows how addresses are chosen" says aslr "$(cat /proc/sys/kernel/randomize_va_space)"
ok "doctor misses tools" without_tools
ok "doctor sees an affinity mask" on_one_cpu
ok "doctor takes no argument" refused --json
ok "doctor ends when told to" interrupted
echo "1..$number"
