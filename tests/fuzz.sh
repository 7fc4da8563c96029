#!/usr/bin/env bash
# Gives every fuzz target the inputs that are kept for it: seeds, and all that ever ended one.
set -u
cd "$(dirname "$0")/fuzz/corpus" || exit 1
build=${BUILD:-build}
case $build in
/*) ;;
*) build=../../../$build ;;
esac

number=0
for target in ../fuzz_*.c; do
    name=$(basename "$target" .c)
    number=$((number + 1))
    if output=$("$build/tests/fuzz/$name" "${name#fuzz_}"/* 2>&1) && ! grep -q '^not ok' <<<"$output"; then
        echo "ok $number - $name ($(grep -c '^ok' <<<"$output") inputs)"
    else
        echo "not ok $number - $name"
        tail -n 20 <<<"$output" | sed 's/^/# /'
    fi
done
echo "1..$number"
