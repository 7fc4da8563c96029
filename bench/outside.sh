#!/usr/bin/env bash
# The view from outside: hyperfine times whole `mandel` processes, each backend with each number of workers.
# Usage: outside.sh DIRECTORY MANDEL "OPTIONS" "BACKEND:WORKERS ..."
# Writes DIRECTORY/mandel.json and mandel.csv (hyperfine's exports) and inside.jsonl (what each of those
# processes said of itself, in the order of their runs).
set -euo pipefail

directory=$1 mandel=$(realpath -- "$2") options=$3
read -ra cases <<<"$4"
runs=10 warmup=1

if ! command -v hyperfine >/dev/null; then
    echo "hyperfine is not installed (make deps installs it)" >&2
    exit 1
fi
mkdir -p -- "$directory"
cd -- "$directory" # whose name may be anything, so nobody else is told it
rm -f mandel.json # the export of earlier runs would not fit what follows
: >inside.jsonl

# One word for the shell that hyperfine starts, which need not be bash.
quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# hyperfine's shell, which dies with it, as does the mandel that it becomes, and with that the workers: hyperfine itself
# ends with whoever started this script, so that nothing of a run that is killed goes on measuring.
shell='sh'
if setpriv --pdeathsig KILL true 2>/dev/null; then
    shell='setpriv --pdeathsig KILL sh'
fi

commands=()
for case in "${cases[@]}"; do
    backend=${case%%:*} workers=${case##*:}
    commands+=(--command-name "$backend $workers"
        "exec $(quote "$mandel") -b $(quote "$backend") -j $(quote "$workers") $options --json >>inside.jsonl")
done
# exec: so that whoever ends this script ends hyperfine.
exec hyperfine --shell "$shell" --style basic --runs "$runs" --warmup "$warmup" --export-json mandel.json \
    --export-csv mandel.csv "${commands[@]}" >hyperfine.log 2>&1
