# What the tests of probes share (bench/probe): experiments with a raw file, a table and a plot by their own name. Read by
# them, not run.
# shellcheck shell=bash
. tests/campaign.bash

# $work/b is $work/a, without what can be derived.
report_again() { # EXPERIMENT
    cp -r "$work/a" "$work/b" && rm -r "$work/b/$1.csv" "$work/b/plots/"* &&
        "$bench" report "$work/b" >"$work/table_again" && cmp "$work/a/$1.csv" "$work/b/$1.csv" &&
        diff <(grep -v Files "$work/table") <(grep -v Files "$work/table_again") && [ -s "$work/b/plots/$1.png" ]
}

# $work/b goes on behind a last row that is cut in its middle.
resume_torn() { # EXPERIMENT
    head -c -40 "$work/a/$1_raw.csv" >"$work/b/$1_raw.csv" && "$bench" run --resume -q -o "$work/b" >/dev/null
}

# One result of $work/a is said to be wrong.
planted_wrong() { # EXPERIMENT
    local status=0
    cp -r "$work/a" "$work/wrong" && sed -i '0,/,ok,/s//,wrong,/' "$work/wrong/$1_raw.csv" &&
        "$bench" report "$work/wrong" >/dev/null 2>"$work/stderr" || status=$?
    [ "$status" -eq 3 ] && grep -q 'some results were wrong' "$work/stderr"
}

# Nothing of ours runs: it inherits this script's mark, and others may run the same tests.
export MARK_OF_THIS_TEST=$work
nothing_left() {
    local environment
    for environment in /proc/[0-9]*/environ; do
        if grep -qa "MARK_OF_THIS_TEST=$work" "$environment" 2>/dev/null &&
            readlink "${environment%environ}exe" | grep -q '/mandelbench$'; then
            echo "left: $environment"
            return 1
        fi
    done
}

# Takes samples into DIRECTORY, and is ended by a signal when it has some; everything ends with it. Its exit STATUS.
ended() { # EXPERIMENT SIGNAL STATUS DIRECTORY OPTION...
    local experiment=$1 signal=$2 expected=$3 directory=$4 raw=$4/$1_raw.csv status=0
    shift 4
    "$bench" run "$experiment" "$@" -q -o "$directory" >/dev/null 2>"$work/stderr" &
    local pid=$!
    for _ in $(seq 200); do
        [ -e "$raw" ] && [ "$(wc -l <"$raw")" -gt 3 ] && break
        sleep 0.05
    done
    kill -s "$signal" $pid
    wait $pid 2>/dev/null || status=$?
    cat "$work/stderr"
    echo "status $status"
    sleep 0.5
    [ "$status" -eq "$expected" ] && [ "$(wc -l <"$raw")" -gt 3 ] && nothing_left
}

# By Ctrl-C, which it says; and rows are whole.
interrupted() { # EXPERIMENT
    ended "$1" INT 130 "$work/i" --seed 2 && tail -n 1 "$work/stderr" | grep -q ': stopped; ' &&
        [ "$(tail -c 1 "$work/i/$1_raw.csv" | od -An -tx1 | tr -d ' ')" = 0a ]
}
