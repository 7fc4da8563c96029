#!/usr/bin/env bash
# mandel --trace: what a trace must be, so that Perfetto shows it, for every backend; and that its
# file is written as all others are. Prints TAP. Environment: BUILD.
set -u
. tests/tap.bash

mandel=${BUILD:-build}/mandel
mapfile -t backends < <("$mandel" --list backends | awk -F '\t' '$2 == "available" { print $1 }')

# is_trace FILE BATCHES: tracks, phases, counters, and every batch computed exactly once.
is_trace() {
    python3 - "$@" <<'END'
import collections, json, sys

trace = json.load(open(sys.argv[1], encoding="utf-8"))
events, other, batches = trace["traceEvents"], trace["otherData"], int(sys.argv[2])
phases = {"start", "wait", "compute", "send", "dispatch", "collect", "idle"}
tracks, computed = collections.defaultdict(list), collections.Counter()
names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
for e in events:
    assert type(e["pid"]) is int and type(e["tid"]) is int, e
    assert e["ph"] in "MXCi", e
    assert e["ph"] == "M" or e["ts"] >= 0, e
    if e["ph"] == "X":
        assert e["name"] in phases and e["dur"] >= 0 and e["tid"] in names, e
        tracks[e["tid"]].append(e)
    if e["ph"] == "C":
        assert e["args"]["length"] >= 0, e
    if e["ph"] == "X" and e["name"] == "compute":
        computed[e["args"]["batch"]] += 1
assert computed == {batch: 1 for batch in range(batches)}, computed
for track in tracks.values():
    track.sort(key=lambda e: e["ts"])
    for one, next_one in zip(track, track[1:]):
        assert one["ts"] + one["dur"] <= next_one["ts"] + 0.0005, (one, next_one)
assert {f"worker {i}" for i in range(other["workers"])} <= set(names.values()), names
assert sorted(names) == [track["tid"] for track in other["tracks"]]
assert sum(e["ph"] != "M" for e in events) == other["events"] and other["events_dropped"] == 0
assert 0 < other["event_cost_s"] < 1e-4
for track in other["tracks"]:
    total = sum(value for key, value in track.items() if key.endswith("_s"))
    assert abs(total - other["render_s"]) < 1e-6, track
END
}

traces_all() {
    "$mandel" -b "$1" -j 2 -s 100x60 -B 77 --trace "$work/$1.json" && is_trace "$work/$1.json" 78
}

has_tracks() { # FILE NAME...
    local file=$1 name
    shift
    for name in "$@"; do
        grep -q "\"thread_name\".*\"name\":\"$name\"" "$file" || return 1
    done
}

has_counters() { grep -q '"ph":"C","name":"tasks"' "$1" && grep -q '"ph":"C","name":"results"' "$1"; }

# The record tells the same sums, and null without a trace.
record_has_sums() {
    "$mandel" -b pool -j 2 -s 50 --json --trace "$work/record.json" >"$work/record" &&
        grep -q '"accounted_s":[0-9].*"compute_s":[0-9].*"residual_s":' "$work/record" &&
        "$mandel" -b pool -j 2 -s 50 --json | grep -q '"compute_s":null.*"residual_s":null'
}

on_stdout() {
    "$mandel" -b serial -s 20 -B 100 --trace - >"$work/stdout.json" && is_trace "$work/stdout.json" 4
}

fails_with() { # STATUS ARGUMENT...
    local expected=$1
    shift
    "$mandel" -b serial -s 20 "$@" >/dev/null 2>"$work/refusal"
    [ $? -eq "$expected" ] && [ "$(wc -l <"$work/refusal")" -eq 1 ]
}

# A run that fails leaves the file that was there, and no other.
keeps_old() {
    mkdir "$work/old" && echo old >"$work/old/trace.json" || return 1
    "$mandel" -b serial -k null -s 20 --verify --trace "$work/old/trace.json" 2>/dev/null
    [ $? -eq 3 ] && [ "$(cat "$work/old/trace.json")" = old ] && [ "$(ls -A "$work/old")" = trace.json ]
}

follows_links() {
    ln -s target.json "$work/link.json" && "$mandel" -b serial -s 20 -q --trace "$work/link.json" &&
        [ -L "$work/link.json" ] && is_trace "$work/link.json" 1
}

# Millions of events do not fit: it says so, and what is there is still a trace.
overflows() {
    "$mandel" -b serial -k null -s 2000 -B 1 --trace "$work/full.json" 2>"$work/said" &&
        grep -q 'the trace lacks [0-9]* events' "$work/said" && [ "$(wc -l <"$work/said")" -eq 1 ] &&
        grep -q '"events_dropped":[1-9]' "$work/full.json"
}

for backend in "${backends[@]}"; do
    ok "$backend: a trace with every batch once" traces_all "$backend"
done
ok "fork-queue: producer and collector are tracks" has_tracks "$work/fork-queue.json" producer collector
ok "manager: the server is a track" has_tracks "$work/manager.json" server
ok "fork-queue: its queues are counters" has_counters "$work/fork-queue.json"
ok "--json tells the sums" record_has_sums
ok "--trace - is standard output" on_stdout
ok "a full device is an error" fails_with 1 --trace /dev/full
ok "a folder is refused" fails_with 2 --trace "$work"
ok "-o and --trace cannot be one file" fails_with 2 -o "$work/one" --trace "$work/one"
ok "--trace - and --json cannot share standard output" fails_with 2 --json --trace -
ok "a failed run leaves the old trace" keeps_old
ok "a link is followed" follows_links
ok "what does not fit is counted and said" overflows
echo "1..$number"
