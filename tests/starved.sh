#!/usr/bin/env bash
# Proves that a system with no more to give is told of in one sentence: every n-th allocation, mapping, fork, thread,
# descriptor and write of a render fails once, for n from 1 until the render does not come so far. Each time it must
# end in time, with the right picture and status 0, or with one sentence and status 1 and no picture, and nothing may be left.
set -u
build=${BUILD:-build}
mandel=$build/mandel
shim=$PWD/$build/tests/starve.so
case $build in /*) shim=$build/tests/starve.so ;; esac
most=${STARVE_MOST:-400} # failures of one kind and backend

if [ ! -e "$shim" ]; then
    echo "1..0 # SKIP no shim in a build under a sanitizer, which replaces the same calls"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

options=(-s 64x48 -k scalar -B 500 -j 2 --lease 1)
number=0

# One run whose n-th call of a kind fails: whether it came so far; $fault says what was wrong.
run() {
    local backend=$1 kind=$2 n=$3 status=0 said
    rm -f "$work"/*.png "$work/hit"
    timeout -k 1 20 env STARVE="$kind" STARVE_AT="$n" STARVE_FD=9 LD_PRELOAD="$shim" \
        "$mandel" -b "$backend" "${options[@]}" -o "$work/p.png" 9>"$work/hit" >"$work/out" 2>"$work/err" || status=$?
    said=$(wc -l <"$work/err")
    fault=
    case $status in
    0) cmp -s "$work/p.png" "$reference" || fault+=" another picture;" ;;
    1)
        [ ! -e "$work/p.png" ] || fault+=" status 1, and a picture;"
        [ "$said" -ge 1 ] || fault+=" status 1 without a word;"
        [ "$said" -le 5 ] || fault+=" $said lines;"
        ;;
    *) fault+=" status $status;" ;;
    esac
    [ -z "$(pgrep -f "$work/p.png")" ] || fault+=" processes are left;"
    [ "$(find "$work" -name '.*' -type f | wc -l)" -eq 0 ] || fault+=" a partial file is left;"
    [ -s "$work/hit" ]
}

starve() {
    local backend=$1 kind=$2 n=1 faults=
    while [ "$n" -le "$most" ] && run "$backend" "$kind" "$n"; do
        [ -z "$fault" ] || faults+="# $kind $n:$fault $(head -n 2 "$work/err" | tr '\n' '|')"$'\n'
        n=$((n + 1))
    done
    number=$((number + 1))
    if [ -z "$faults" ]; then
        echo "ok $number - $backend: $kind fails at each of $((n - 1)) calls"
    else
        echo "not ok $number - $backend: $kind fails at each of $((n - 1)) calls"
        printf '%s' "$faults" | head -n 20
    fi
}

reference=$work.reference.png
trap 'rm -rf "$work" "$reference"' EXIT
"$mandel" -b serial "${options[@]}" -o "$reference" || exit 1
mapfile -t backends < <("$mandel" --list backends | awk -F '\t' '$2 == "available" {print $1}')
llvm=$(ldd "$mandel" | grep -c libomp) # whose OpenMP ends the program itself where something runs out
for backend in "${backends[@]}"; do
    for kind in heap pages fork thread descriptor write; do
        case $llvm,$backend,$kind in
        1,openmp*,heap | 1,openmp*,pages | 1,openmp*,thread)
            number=$((number + 1))
            echo "ok $number - $backend: $kind fails # SKIP LLVM's OpenMP ends the program itself"
            ;;
        *) starve "$backend" "$kind" ;;
        esac
    done
done
echo "1..$number"
