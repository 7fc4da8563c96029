# What the tests in bash share: a folder of their own, and tests that are commands. Read by them, not run.
# shellcheck shell=bash
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
# ok NAME COMMAND...: a test that passes when the command succeeds; if not, the end of what it wrote is told.
ok() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/out" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/out" | tail -n 20
    fi
}
