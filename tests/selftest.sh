#!/usr/bin/env bash
# Proves that the harness catches every planted fault, that mandelbench selftest says so, and that it
# leaves nothing behind.
set -u
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

export TMPDIR=$work
mine() { find /dev/shm -name 'mandelbench-planted-*' 2>/dev/null | sort; }
before=$(mine)

# 5 % cannot be told from noise where more processes run than there are CPUs: then the self-test must say so, and
# how many blocks it would take.
too_busy() {
    awk -v cpus="$(nproc)" '{ exit !($1 > cpus) }' /proc/loadavg &&
        grep -A 1 '^  slower .* NOT CAUGHT silent ' "$work/table" | grep -q 'not resolved (needs'
}

run() {
    local status=0
    "$bench" selftest >"$work/table" 2>"$work/stderr" || status=$?
    cat "$work/table" "$work/stderr"
    [ "$status" -eq 0 ] || { [ "$status" -eq 1 ] && too_busy && grep -q '12 of 13 planted' "$work/table"; }
}

caught() { grep -E "^  $1 +.* caught +silent +[0-9.]+ s$" "$work/table"; }

caught_slower() { caught slower || too_busy; }

one_alone() {
    "$bench" selftest doubled >"$work/one" && grep -q '1 of 1 planted faults' "$work/one" &&
        ! grep -q '^  dropped ' "$work/one"
}

nothing_left() {
    [ "$(mine)" = "$before" ] && [ -z "$(find "$work" -name 'mandelbench-selftest-*')" ]
}

# What is planted is on no list, and nobody can ask for it.
unlisted() {
    ! "$bench" list | grep -q planted && ! "$bench" run --backends planted -o "$work/c" &&
        ! "${BUILD:-build}/mandel" -b planted-dropped -s 10
}

refuses() {
    local status=0
    "$bench" selftest "$1" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" -eq 2 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ]
}

interrupted() {
    local status=0
    "$bench" selftest hang >"$work/stdout" 2>&1 &
    local pid=$!
    sleep 1
    kill -TERM $pid
    wait $pid || status=$?
    [ "$status" -eq 143 ]
}

ok "catches all, without a false alarm" run
for fault in dropped doubled miscounted covered swapped shorthanded hang crash orphan segment mapping tardy; do
    ok "catches $fault" caught $fault
done
ok "catches slower, or says that the machine is too busy for it" caught_slower
ok "runs one fault alone" one_alone
ok "leaves nothing behind" nothing_left
ok "keeps the planted backends off the lists" unlisted
ok "ends on SIGTERM with 143" interrupted
ok "refuses an unknown fault" refuses frobnicate
ok "refuses an unknown option" refuses --frobnicate
ok "helps" "$bench" selftest --help

echo "1..$number"
