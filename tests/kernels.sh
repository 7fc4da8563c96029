#!/usr/bin/env bash
# Proves the experiment kernels from outside: what a campaign holds, what is derived again, and how it goes on.
set -u
. tests/campaign.bash

# The kernels that can be measured, a line each.
kernels() { listed kernels available | grep -vx null; }

measure() {
    "$bench" run kernels --blocks 2 --pixels 48 --views lesson,whole --workers 1 --repeats 0 --seed 1 -q -o "$work/a" >"$work/table"
}

# What $2 blocks must hold: every kernel without and with shortcuts on each view; scalar, the baseline, without.
expected_samples() {
    local block view kernel
    for ((block = 0; block < $1; block++)); do
        for view in lesson whole; do
            for kernel in $(kernels); do
                if [ "$kernel" = scalar ]; then
                    echo "$block,baseline,ok,serial,$view,scalar,false"
                else
                    echo "$block,case,ok,serial,$view,$kernel,false"
                    echo "$block,case,ok,serial,$view,$kernel,true"
                fi
            done
        done
    done | sort
}

complete() { # DIRECTORY BLOCKS
    local names=(block role status backend view kernel shortcuts) name columns=()
    for name in "${names[@]}"; do
        column "$name" "$1/raw.csv" >"$work/$name"
        columns+=("$work/$name")
    done
    diff <(expected_samples "$2") <(paste -d, "${columns[@]}" | sort -u)
}

# Each block has each calibration once.
calibrated() { # DIRECTORY BLOCKS
    local each
    each=$(paste -d, <(column block "$1/peak_raw.csv") <(column width "$1/peak_raw.csv") <(column chain "$1/peak_raw.csv") |
        sort -u | cut -d, -f2,3 | sort | uniq -c | awk '{print $1}')
    echo "$each"
    [ "$(sort -u <<<"$each")" = "$2" ] && [ "$(column block "$1/peak_raw.csv" | sort -u | wc -l)" -eq "$2" ]
}

# Bounds stand where kernels are compared with them, and nowhere else; nobody is faster than the machine.
bounds_are_right() {
    paste -d, <(column shortcuts "$work/a/kernels.csv") <(column bound_giterations_per_s "$work/a/kernels.csv") \
        <(column pct_of_bound "$work/a/kernels.csv") >"$work/bounds"
    cat "$work/bounds"
    ! grep -v -e '^true,,$' -e '^false,[0-9.e+-]*,[0-9.e+-]*$' "$work/bounds" &&
        awk -F, '$1 == "false" && ($2 <= 0 || $3 <= 0 || $3 > 100) {bad = 1} END {exit bad}' "$work/bounds"
}

table_is_whole() {
    local rows=$((2 * (2 * $(kernels | wc -l) - 1)))
    [ "$(column n "$work/a/kernels.csv" | sort -u)" = 2 ] && [ "$(column n "$work/a/kernels.csv" | wc -l)" -eq "$rows" ] &&
        [ "$(paste -d, <(column kernel "$work/a/kernels.csv") <(column ratio_to_scalar "$work/a/kernels.csv") |
            grep -c ',$')" -eq 2 ]
}

# Each inexact kernel under a heading of its own, with the number of pixels that differ.
inexact_labelled() {
    local kernel
    for kernel in $("$bench" list | awk -F'\t' '$2 == "available" && $3 ~ /^inexact/ && $1 != "null" {print $1}'); do
        echo "$kernel"
        [ "$(grep -cE "^  $kernel .* [0-9]+ pixels differ" "$work/table")" -eq 4 ] &&
            grep -q '^  inexact: other counts than scalar' "$work/table" || return 1
    done
}

report_again() {
    cp -r "$work/a" "$work/b" && rm -r "$work/b/"{kernels,peak}.csv "$work/b/plots/"* &&
        "$bench" report "$work/b" >"$work/table_again" && cmp "$work/a/kernels.csv" "$work/b/kernels.csv" &&
        cmp "$work/a/peak.csv" "$work/b/peak.csv" && [ -s "$work/b/plots/kernels.png" ] &&
        diff <(grep -v Files "$work/table") <(grep -v Files "$work/table_again")
}

# Killed in the middle of a calibration's row: its block has no samples yet.
resume_torn() {
    awk -F, '$4 < 1 || NR == 1' "$work/a/raw.csv" >"$work/b/raw.csv" &&
        head -c -30 "$work/a/peak_raw.csv" >"$work/b/peak_raw.csv" &&
        "$bench" run --resume -q -o "$work/b" >/dev/null && complete "$work/b" 2 && calibrated "$work/b" 2
}

interrupted() {
    local status=0
    "$bench" run kernels --pixels 400 --seed 2 -q -o "$work/i" >/dev/null 2>"$work/stderr" &
    local pid=$!
    for _ in $(seq 200); do
        [ -e "$work/i/raw.csv" ] && [ "$(wc -l <"$work/i/raw.csv")" -gt 1 ] && break
        sleep 0.1
    done
    kill -s INT $pid
    wait $pid || status=$?
    cat "$work/stderr"
    [ "$status" -eq 130 ] && [ "$(tail -c 1 "$work/i/peak_raw.csv" | od -An -tx1 | tr -d ' ')" = 0a ]
}

more_cores() {
    "$bench" run kernels --blocks 1 --repeats 0 --pixels 48 --views lesson --workers 1,2,9 --kernels scalar,fastest --shortcuts off \
        --seed 3 -q -o "$work/cores" >"$work/table" || return 1
    local kernels=1
    [ "$(kernels | wc -l)" -gt 1 ] && kernels=2
    [ "$(column workers "$work/cores/kernels.csv" | sort | uniq -c | tr -s ' \n' ' ')" = \
        " $kernels 1 $kernels 2 $kernels 9 " ] && [ ! -e "$work/cores/plots/kernels-shortcuts.png" ]
}

every_view() {
    "$bench" run kernels --blocks 1 --views all --pixels 16 --workers 1 --kernels scalar --shortcuts off --repeats 0 \
        --seed 5 -q -o "$work/views" >/dev/null &&
        diff <("${BUILD:-build}/mandel" --list views | cut -f1 | sort) <(column view "$work/views/kernels.csv" | sort)
}

without_avx() {
    MANDEL_CPU_DISABLE=avx512f,fma "$bench" run kernels --blocks 1 --repeats 0 --pixels 48 --views lesson --workers 1 --shortcuts off \
        --seed 4 -q -o "$work/less" >/dev/null && ! column width "$work/less/peak_raw.csv" | grep avx512 &&
        ! column chain "$work/less/peak_raw.csv" | grep -e fma -e six
}

planted_wrong() {
    local status=0
    cp -r "$work/a" "$work/wrong" && sed -i '$ s/,ok,/,wrong,/' "$work/wrong/raw.csv" &&
        "$bench" report "$work/wrong" >/dev/null 2>"$work/stderr" || status=$?
    [ "$status" -eq 3 ] && grep -q 'some results were wrong' "$work/stderr" &&
        [ "$(column n "$work/wrong/kernels.csv" | grep -c '^1$')" -eq 1 ]
}

key='schema,campaign,experiment,role,backend,kernel,shortcuts,schedule,view,width,height,max_iter,batch,workers'

ok "measures a small campaign" measure
ok "peak_raw.csv has the agreed columns" header peak_raw.csv \
    'schema,campaign,experiment,block,attempt,width,lanes,chain,threads,fastest_operations_per_s,mean_operations_per_s,usable_cpus'
ok "peak.csv has the agreed columns" header peak.csv \
    'schema,campaign,width,lanes,chain,threads,n,goperations_per_s,goperations_lo_per_s,goperations_hi_per_s,slowest_goperations_per_s,fastest_goperations_per_s,undisturbed'
ok "kernels.csv has the agreed columns" header kernels.csv \
    "$key,exact,pixels_differing,n,giterations_per_s,giterations_lo_per_s,giterations_hi_per_s,ratio_to_scalar,ratio_lo,ratio_hi,vectors,operations,bound_giterations_per_s,pct_of_bound,pct_lo,pct_hi,best_giterations_per_s,best_ratio_to_scalar"
ok "holds every kernel on every view in each block, all right" complete "$work/a" 2
ok "calibrates before each block" calibrated "$work/a" 2
ok "derives a row for each, and a ratio for all but scalar" table_is_whole
ok "compares with bounds where they apply" bounds_are_right
ok "draws plots" is_drawn kernels kernels-shortcuts
ok "says of shortcuts that rates are effective" grep -q '^  exact, with shortcuts: effective' "$work/table"
ok "labels what is inexact" inexact_labelled
ok "derives the same tables from the raw records" report_again
ok "goes on behind a torn calibration" resume_torn
ok "measures more cores, and more workers than cores" more_cores
ok "measures every named view" every_view
ok "does without features that are switched off" without_avx
ok "ends on SIGINT with 130, keeping whole rows" interrupted
ok "keeps a wrong result out of the table, and says so" planted_wrong
ok "refuses calibrations with other columns" broken peak_raw.csv 'a,b,c'
ok "refuses a malformed calibration" broken peak_raw.csv "$(sed '3s/,mul,/,mul,"/;3s/,add,/,add,"/' "$work/a/peak_raw.csv")"
ok "refuses an impossible calibration" broken peak_raw.csv \
    "$(awk 'BEGIN {FS = OFS = ","} NR == 3 {$10 = 0} {print}' "$work/a/peak_raw.csv")"
ok "refuses an axis of another kind" is_refused run kernels --kernels null -o "$work/refused"

echo "1..$number"
