#!/usr/bin/env bash
# Fuzzes every target in $BUILD/tests/fuzz for some seconds each, from its corpus and from what earlier runs found
# interesting (kept in $BUILD/corpus): how often each ran, and the input where one ended.
# Usage: tests/fuzz/run.sh SECONDS [TARGET...]
set -uo pipefail
seconds=${1:-10}
[ $# -eq 0 ] || shift
kept=$(cd "$(dirname "$0")" && pwd)/corpus
build=${BUILD:-build/fuzz}
[ $# -gt 0 ] || set -- "$build"/tests/fuzz/fuzz_*

# Targets write files: in memory, where there is such a place.
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
failed=0
for target in "$@"; do
    name=${target##*/fuzz_}
    found=$build/corpus/$name
    mkdir -p "$found" "$kept/$name"
    if "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$found-" "$found" "$kept/$name" >"$found.log" 2>&1; then
        awk -v name="$name" '/number_of_executed_units/ { runs = $2 } /average_exec_per_sec/ { rate = $2 }
            END { printf "%-10s %10d executions, %7d a second\n", name, runs, rate }' "$found.log"
    else
        failed=1
        echo "$name: FAILED, see $found.log; the last lines:"
        grep -v '^#' "$found.log" | tail -n 25
    fi
done
exit $failed
