#!/usr/bin/env bash
# Proves that the system's own limits are met with the right picture or with one sentence: on processes, descriptors,
# address space, the size of files, on what a control group may hold, and on a full disk; each from hopeless to enough.
# Limits that this user or machine cannot set are skipped, with the reason.
# shellcheck disable=SC2016 # what bash -c is given, it is to expand
set -u
build=${BUILD:-build}
# The search for leaks at the end of a sanitized process wants a descriptor and a process of its own.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
. tests/tap.bash
chmod 755 "$work"
cp "$build/mandel" "$work/mandel" # where any user can run it
mandel=$work/mandel
mkdir -m 777 "$work/place"
picture=$work/place/p.png
options=(-s 64x48 -k scalar -B 500 -j 2 --lease 1)
mapfile -t backends < <(grep -l 'flags = BACKEND_PROCESSES' "$(dirname "$0")"/../src/backends/*.c | sed 's|.*/||; s|\.c$||')

skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

if ldd "$mandel" | grep -q libomp; then
    skip "OpenMP" "LLVM's ends the program itself where something runs out"
else
    mapfile -t -O ${#backends[@]} backends < <("$mandel" --list backends | awk -F '\t' '$1 ~ /^openmp/ && $2 == "available" {print $1}')
fi

# What was wrong with the last run, which ended with this status; nothing if nothing.
fault() {
    local status=$1 said
    said=$(wc -l <"$work/err")
    case $status in
    0) cmp -s "$picture" "$work/reference.png" || echo "another picture" ;;
    1 | 2)
        [ ! -e "$picture" ] || echo "status $status, and a picture"
        [ "$said" -ge 1 ] || echo "status $status without a word"
        [ "$said" -le 5 ] || echo "$said lines"
        ! grep -qv '^mandel: ' "$work/err" || echo "somebody else's words"
        ;;
    *) echo "status $status" ;;
    esac
    [ -z "$(pgrep -f "$picture")" ] || echo "processes are left"
    [ "$(find "$work/place" -type f ! -name p.png | wc -l)" -eq 0 ] || echo "a partial file is left"
}

# climb FROM STEP TO COMMAND...: the backend runs as COMMAND LIMIT mandel ..., with ever more allowed, until it has
# drawn its picture; it must have been refused before, and succeed at last.
climb() {
    local limit=$1 step=$2 to=$3 status faults refused=0
    shift 3
    for (( ; limit <= to; limit += step)); do
        rm -f "$picture"
        timeout -k 1 20 "$@" "$limit" "$mandel" -b "$backend" "${options[@]}" -o "$picture" \
            2>&1 >/dev/null </dev/null | cat >"$work/err" # its own output is no file that a limit holds for
        status=${PIPESTATUS[0]}
        faults=$(fault "$status")
        if [ -n "$faults" ]; then
            echo "$backend, limit $limit: $faults"
            head -n 5 "$work/err"
            return 1
        fi
        [ "$status" -ne 0 ] || break
        refused=$((refused + 1))
    done
    echo "$backend: refused $refused times, drawn with $limit"
    [ "$status" -eq 0 ] && [ "$refused" -gt 0 ]
}

climb_all() {
    local name=$1
    shift
    for backend in "${backends[@]}"; do
        ok "$backend: $name" climb "$@"
    done
}

# Programs that take a limit and a command: under ulimit -X, and in a control group by writing into its FILE.
limited=(bash -c 'ulimit "$0" "$1" || exit 99; shift; exec "$@"')
grouped=(bash -c 'echo "$1" >"$0" && echo $$ >"${0%/*}/cgroup.procs" || exit 99; shift; exec "$@"')
# As somebody who runs nothing else, since the system counts a user's processes, and root has no limit.
nobody=(setpriv --reuid=54321 --regid=54321 --clear-groups)

# A group of that controller in /sys/fs/cgroup (version 1, or 2 where it may be delegated): its path.
make_group() {
    local controller=$1 root
    for root in "/sys/fs/cgroup/$controller" /sys/fs/cgroup; do
        group=$root/mandelbench-test-$$
        mkdir "$group" 2>/dev/null || continue
        [ -e "$group/$2" ] && return 0
        rmdir "$group"
    done
    return 1
}

"$mandel" -b serial "${options[@]}" -o "$work/reference.png" || exit 1

climb_all "descriptors run out" 4 1 64 "${limited[@]}" -n
# A sanitizer may write a file before the program starts. Only then: there is no shim in such a build.
if [ -e "$build/tests/starve.so" ] || "${limited[@]}" -f 0 "$mandel" --version >/dev/null 2>&1; then
    climb_all "a file may not grow so long" 0 1 64 "${limited[@]}" -f
else
    skip "a file may not grow so long" "a sanitizer writes one before the program starts"
fi

least=2000 # KiB in which the program itself can be loaded
until "${limited[@]}" -v "$least" "$mandel" --version >/dev/null 2>&1 || [ "$least" -ge 1000000 ]; do
    least=$((least + 100))
done
if [ "$least" -lt 1000000 ]; then
    climb_all "the address space is too small" "$least" 50 1000000 "${limited[@]}" -v
else
    skip "the address space is too small" "a sanitizer needs much of it"
fi

if [ "$(id -u)" -eq 0 ] && "${nobody[@]}" "$mandel" --version >/dev/null 2>&1; then
    climb_all "the user may have no more processes" 1 1 16 "${nobody[@]}" "${limited[@]}" -u
else
    skip "the user may have no more processes" "takes root and setpriv, to be a user who runs nothing else"
fi

if make_group pids pids.max; then
    climb_all "the control group may have no more processes" 1 1 16 "${grouped[@]}" "$group/pids.max"
    rmdir "$group"
else
    skip "the control group may have no more processes" "no control group can be made here"
fi

# A frame of 64 MiB in a group that may hold 48: refused before any work. And a limit that lets the work begin.
is_refused_by_group() {
    local status=0
    rm -f "$picture"
    "${grouped[@]}" "$group/$memory" 48M "$mandel" -s 4096 -k null --max-iter 1 -b "$backend" -o "$picture" \
        >"$work/stdout" 2>"$work/err" </dev/null || status=$?
    cat "$work/err"
    [ "$status" -eq 2 ] && [ ! -e "$picture" ] && [ "$(wc -l <"$work/err")" -eq 1 ]
}

# Out of memory in the middle, by 16 MiB of pages beside the frame: the kernel kills whom it likes, even the original
# process. Then nothing may be left of the others.
is_killed_cleanly() {
    local status=0
    rm -f "$picture"
    timeout -k 1 60 "${grouped[@]}" "$group/$memory" 17M "$mandel" -s 2048 -k scalar -j 2 -b "$backend" \
        -o "$picture" >"$work/stdout" 2>"$work/err" </dev/null || status=$?
    echo "status $status"
    cat "$work/err"
    sleep 0.2
    [ -z "$(pgrep -f "$picture")" ] || return 1
    [ "$(find "$work/place" -type f ! -name p.png | wc -l)" -eq 0 ] || return 1
    case $status in
    0) [ -s "$picture" ] ;;
    1 | 2) [ ! -e "$picture" ] && [ -s "$work/err" ] && [ "$(wc -l <"$work/err")" -le 40 ] ;;
    137) [ ! -e "$picture" ] ;;
    *) false ;;
    esac
}

memory=memory.max
make_group memory "$memory" || { memory=memory.limit_in_bytes && make_group memory "$memory"; } || memory=
if [ -n "$memory" ]; then
    for backend in "${backends[@]}"; do
        ok "$backend: the control group may hold less than the frame" is_refused_by_group
        ok "$backend: the control group's memory runs out" is_killed_cleanly
    done
    rmdir "$group"
else
    skip "the control group's memory runs out" "no control group can be made here"
fi

# --- A full disk ---

disk=$work/disk
mkdir "$disk"

# A picture, counts and a record that the disk has no room for.
is_full() {
    local status=0
    "$mandel" -b serial -s 400 -o "$disk/p.png" --counts "$disk/p.npy" >/dev/null 2>"$work/err" || status=$?
    cat "$work/err"
    [ "$status" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && [ -z "$(ls -A "$disk")" ]
}

bench=$build/mandelbench
campaign=(run scaling --backends shared-array --workers 2 --kernels scalar --pixels 16 --batches 16 --repeats 0 --no-hyperfine -q)

# A campaign that the disk has no room to end: status 1, and whole rows remain.
fills() {
    local status=0
    "$bench" "${campaign[@]}" --blocks 400 -o "$disk/c" >"$work/stdout" 2>"$work/err" || status=$?
    cat "$work/err"
    cp "$disk/c/raw.csv" "$work/kept.csv"
    [ "$status" -eq 1 ] && grep -q 'No space left on device' "$work/err" && [ "$(wc -l <"$work/kept.csv")" -gt 10 ]
}

# With room again it goes on, behind the whole rows that it had.
goes_on() {
    rm "$disk/ballast"
    timeout 5 "$bench" run -o "$disk/c" --resume -q >"$work/stdout" 2>"$work/err" # until it is stopped
    cat "$work/err"
    [ "$(wc -l <"$disk/c/raw.csv")" -gt "$(wc -l <"$work/kept.csv")" ] &&
        cmp <(head -n 10 "$work/kept.csv") <(head -n 10 "$disk/c/raw.csv") &&
        awk -F, 'NR > 1 && seen[$4, $5, $6]++ {exit 1}' "$disk/c/raw.csv"
}

if mount -t tmpfs -o size=256k none "$disk" 2>/dev/null; then
    trap 'umount -l "$disk"; rm -rf "$work"' EXIT
    head -c 188k /dev/zero >"$work/ballast"
    cp "$work/ballast" "$disk/.ballast" 2>/dev/null
    mv "$disk/.ballast" "$disk/ballast"
    ok "a campaign fills the disk: one sentence, and what was measured stays" fills
    ok "with room again it goes on without losing or repeating a sample" goes_on
    rm -rf "${disk:?}/c"
    head -c 256k /dev/zero >"$disk/ballast" 2>/dev/null
    mount -o remount,size=256k "$disk"
    rm -f "$disk/ballast"
    mount -o remount,size=8k "$disk"
    ok "a picture and counts on a full disk" is_full
else
    skip "a full disk" "takes root, to mount a small one"
fi
echo "1..$number"
