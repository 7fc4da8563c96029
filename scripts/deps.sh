#!/usr/bin/env bash
# Installs the Debian packages that the named groups need, where they are missing and where it may (as root or
# with passwordless sudo); otherwise prints the one command that would. --check never installs.
# Usage: scripts/deps.sh [--check] GROUP...   groups: build test browser bench python lint clang fuzz
set -euo pipefail

check_only=false
if [ "${1:-}" = --check ]; then
    check_only=true
    shift
fi

# need PACKAGE TEST...: the package is missing when the test fails.
missing=()
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

cc=${CC:-cc}
has() { command -v "$1"; }
library() { has pkg-config && pkg-config --exists "$1"; }

for group in "$@"; do
    case $group in
    build)
        need gcc has "${cc%% *}"
        need make has make
        need libc6-dev test -e /usr/include/stdio.h
        need pkg-config has pkg-config
        need libpng-dev library libpng
        need zlib1g-dev library zlib
        need nettle-dev library nettle
        need libjansson-dev library jansson
        need libgmp-dev library gmp
        ;;
    test)
        need libcmocka-dev library cmocka
        need perl perl -MTAP::Harness -e 1
        need python3 has python3
        need gnuplot-nox has gnuplot
        need spin has spin
        need python3 has python3
        ;;
    bench)
        need hyperfine has hyperfine
        need gnuplot-nox has gnuplot
        ;;
    browser) need chromium sh -c 'command -v chromium || command -v chromium-browser || command -v google-chrome' ;;
    python) need python3 has python3 ;;
    lint)
        need shellcheck has shellcheck
        need clang-format has clang-format
        ;;
    clang)
        need clang has clang
        need libomp-dev sh -c 'ls /usr/lib/llvm-*/lib/libomp.so'
        ;;
    fuzz)
        need clang has clang
        need libclang-rt-dev sh -c 'ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a /usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer.a 2>&1 | grep -qv "No such"'
        ;;
    *)
        echo "deps.sh: unknown group '$group'" >&2
        exit 2
        ;;
    esac
done

[ ${#missing[@]} -eq 0 ] && exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
command="apt-get install -y --no-install-recommends ${missing[*]}"
if $check_only || ! has apt-get >/dev/null || { [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; }; then
    echo "Missing packages: ${missing[*]}. Install them with:" >&2
    echo "    sudo sh -c 'apt-get update && $command'" >&2
    exit 1
fi

echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words on purpose
{ $sudo apt-get update -q && $sudo $command -q; } >/dev/null </dev/null
