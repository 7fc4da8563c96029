#!/usr/bin/env bash
# Model-checks why nothing is lost when a worker is killed: Spin visits every state of every model, and must find
# nothing; then every way that a model offers to make it wrong, and must find that it is.
# MODEL=long checks larger ones too, which takes some minutes.
set -u
cd "$(dirname "$0")" || exit 1
for tool in spin gcc; do
    command -v "$tool" >/dev/null || {
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# MODEL, its options, and what is to be found: "right"; or "sleeps" (somebody, for ever: an invalid end state);
# or "loses" (an assertion fails: a task was lost, or done or committed twice).
checks=(
    "lock right"
    "lock sleeps -DNO_LOCK_WAKE -DKILLS=1"
    "lock sleeps -DNO_ROBUST_LIST -DKILLS=1"
    "lease right -DKILLS=1"
    "lease right -DTASKS=1 -DRESULTS_QUEUED=3 -DKILLS=1"
    "lease sleeps -DCLAIM_AFTER_REMOVAL -DKILLS=1"
    "lease loses -DREPLACE_BEFORE_WAIT -DTASKS=1 -DKILLS=1"
    "lease sleeps -DFORGET_INHERITANCE -DKILLS=1"
    "lease sleeps -DNO_WAKE_AFTER_DEATH -DKILLS=1"
    "lease loses -DCOMMIT_WITHOUT_LEASE -DKILLS=1"
    "lease sleeps -DDEAL_ONCE -DKILLS=1"
    "lease sleeps -DNO_BELL_WHEN_EMPTY -DTASKS=1 -DRESULTS_QUEUED=3 -DKILLS=0"
    "lease right -DTASKS_QUEUED=2 -DRESULTS_QUEUED=2 -DKILLS=1"
    "lease sleeps -DDROP_LATER -DKILLS=0"
    "inplace right"
    "inplace loses -DMOVE_BEFORE_CLAIM"
    "inplace loses -DFORGET_INHERITANCE"
    "inplace sleeps -DDEATH_IS_NO_NEWS"
    "bands right"
    "bands sleeps -DACTION_TELLS"
    "bands sleeps -DNO_WAKE_AFTER_DEATH"
    "bands sleeps -DNO_WAKE_AT_END"
    "bands loses -DCOUNT_ARRIVALS -DKILLS=1"
    "bands sleeps -DLAST_ONE_PASSES"
)
if [ "${MODEL:-}" = long ]; then
    checks+=(
        "lease right -DTASKS=1 -DKILLS=2"
        "lease right -DKILLS=2"
        "lease right -DTASKS=1 -DKILLS=3"
        "inplace right -DTASKS=3 -DROUNDS=3 -DKILLS=3"
        "bands right -DRENDERS=3 -DKILLS=4"
    )
fi

# Sets `found` (as above, or "nothing" when the check itself failed) and `states`.
check() {
    local model=$1
    shift
    states=0
    found=nothing
    rm -rf "$work/pan" && mkdir "$work/pan"
    (cd "$work/pan" && spin -a "$@" "$OLDPWD/$model.pml" && gcc -O1 -w -DSAFETY -DNOBOUNDCHECK -o pan pan.c) \
        >"$work/built" 2>&1 || return
    (cd "$work/pan" && ./pan -m100000) >"$work/report" 2>&1 || return
    states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/report")
    if grep -q "assertion violated" "$work/report"; then
        found=loses
    elif grep -q "invalid end state (" "$work/report"; then
        found=sleeps
    elif grep -q "errors: 0" "$work/report" && ! grep -q "max search depth too small\|out of memory" "$work/report"; then
        found=right
    fi
}

echo "1..${#checks[@]}"
number=0
for line in "${checks[@]}"; do
    read -r model expected options <<<"$line"
    # shellcheck disable=SC2086 # words on purpose
    check "$model" $options
    ok=ok
    [ "$found" = "$expected" ] || ok="not ok"
    echo "$ok $((++number)) - $model${options:+ ${options//-D/}}: $found, $states states"
    [ "$ok" = ok ] || sed 's/^/# /' "$work/built" "$work/report" 2>/dev/null | tail -20
done
