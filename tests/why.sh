#!/usr/bin/env bash
# Proves the numbers that say why on a small campaign that is really measured: what batches cost, the hard bounds, the
# factors, the losses, and the Gantt plots.
set -u
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

pixels=40000 # of 200 x 200
measure() {
    "$bench" run scaling --blocks 1 --repeats 0 --pixels 200 --kernels scalar --batches 100,1 --backends "pool,bands,shared-array" \
        --workers "1,2" --no-hyperfine -q -o "$work/a" >"$work/table"
}

# columns FILE NAME...: these columns of a CSV file, by name, without the header. None may stand behind a quoted field.
columns() {
    local file=$1
    shift
    awk -F, -v names="$*" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " ")
                  for (i = 1; i <= n; i++) if (!(name[i] in at)) { print "no column " name[i]; exit 1 }; next }
        { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? "," : "\n" }' "$file"
}

batches_header() {
    [ "$(head -n 1 "$work/a/batches.csv")" = \
        schema,kernel,shortcuts,view,center_re,center_im,extent,width,height,max_iter,batch,index,iterations,cost_s,batches ]
}

# Every batch once, in order: a row each, or where there are more than 4096 an equal number of them in each row.
every_batch() { # BATCH ROWS
    columns "$work/a/batches.csv" batch index batches cost_s | awk -F, -v batch="$1" -v rows="$2" -v pixels=$pixels '
        $1 == batch { if ($2 != next_one || !($4 > 0)) bad = 1; next_one = $2 + $3; n++ }
        END { print n " rows, " next_one " batches"; exit bad || n != rows || next_one != pixels / batch }'
}

# The iterations of all batches are those of the frame, for either batch size.
all_work() {
    local frame
    frame=$(columns "$work/a/raw.csv" kernel iterations | sed -n 's/^scalar,//p' | sort -u)
    columns "$work/a/batches.csv" batch iterations | awk -F, -v frame="$frame" '
        { sum[$1] += $2 } END { print sum[1], sum[100], frame; exit sum[1] != frame || sum[100] != frame }'
}

# A bound is at least the sum over the workers that can run at once; of serial it is the sum.
bounds() {
    local cpus
    cpus=$(columns "$work/a/raw.csv" usable_cpus | head -n 1)
    { columns "$work/a/batches.csv" batch cost_s && echo and &&
        columns "$work/a/speedup.csv" kernel backend batch workers median_s bound_s pct_of_bound; } |
        awk -F, -v cpus="$cpus" '
        function off(a, b) { return a < b * (1 - 1e-9) || a > b * (1 + 1e-9) }
        $1 == "and" { behind = 1; next }
        !behind { sum[$1] += $2; next }
        $1 == "null" { if ($6 != "") bad = 1; next }
        { at_once = $4 < cpus ? $4 : cpus; n++
          if ($6 < sum[$3] / at_once * (1 - 1e-9) || off($7, $6 / $5 * 100)) { bad = 1; print "bad: " $0 }
          if ($2 == "serial" && off($6, sum[$3])) { bad = 1; print "not the sum " sum[$3] ": " $0 } }
        END { print n " bounds"; exit bad || n != 2 * 8 }'
}

losses_add_up() {
    columns "$work/a/loss.csv" backend workers ideal_pct extra_pct wait_pct send_pct end_wait_pct descheduled_pct start_pct residual_pct |
        awk -F, '{ sum = 0; for (i = 3; i <= NF; i++) sum += $i; n++
                   if (sum < 99.999 || sum > 100.001) { bad = 1; print sum ": " $0 } }
                 END { print n " rows"; exit bad || n < 16 }'
}

# With one block, a median is the value itself, so that products are exact.
factors_multiply() {
    columns "$work/a/factors.csv" kernel load_balance communication_efficiency parallel_efficiency computational_scaling global_efficiency |
        awk -F, 'function off(a, b) { return a < b * (1 - 1e-9) || a > b * (1 + 1e-9) }
                 $1 != "null" { n++; if (off($2 * $3, $4) || off($4 * $5, $6) || $2 > 1 + 1e-9 || $3 > 1 + 1e-9) { bad = 1; print } }
                 END { print n " rows"; exit bad || n != 16 }'
}

# One sentence for each backend and serial, and each stands in loss.csv.
sentences() {
    local sentence n=0
    while IFS= read -r sentence; do
        n=$((n + 1))
        grep -qF "$sentence" "$work/a/loss.csv" || return 1
    done < <(sed -n 's/^  \(.* loses most, .*\)\.\( (x [0-9.]*)\)\?$/\1/p' "$work/table")
    echo "$n sentences"
    [ "$n" -eq 8 ]
}

# A figure has at most 500 marks, and times lie within the trace.
gantt() {
    columns "$work/a/gantt.csv" backend begin_s end_s low high | awk -F, '
        { n[$1]++; if ($2 < 0 || $3 <= $2 || $4 < 0 || $5 > 1.000001 || $5 <= $4) { bad = 1; print } }
        END { for (b in n) { count++; print b, n[b]; if (n[b] > 500) bad = 1 } exit bad || count < 3 }'
}

plots() {
    local plot
    for plot in loss gantt-pool gantt-bands gantt-shared-array; do
        grep -q '</svg>' "$work/a/plots/$plot.svg" && [ -s "$work/a/plots/$plot.png" ] || return 1
    done
}

# From raw.csv, manifest.json, batches.csv and trace/ alone.
report_again() {
    mkdir "$work/b" && cp -r "$work/a/"{raw.csv,manifest.json,batches.csv,trace} "$work/b" && mkdir "$work/b/plots" &&
        "$bench" report "$work/b" >/dev/null && for table in speedup factors loss gantt; do
            cmp "$work/a/$table.csv" "$work/b/$table.csv" || return 1
        done
}

# Costs are taken once: going on leaves them.
resumed() {
    cp "$work/b/batches.csv" "$work/kept" &&
        "$bench" run --resume -q --no-hyperfine -o "$work/b" >/dev/null && cmp "$work/kept" "$work/b/batches.csv"
}

without_batches() {
    rm "$work/b/batches.csv" && "$bench" report "$work/b" >/dev/null &&
        [ -z "$(columns "$work/b/speedup.csv" bound_s pct_of_bound | tr -d ',\n')" ]
}

broken_trace() {
    echo '{"traceEvents": []}' >"$work/b/trace/pool.json"
    "$bench" report "$work/b" >/dev/null 2>"$work/stderr" &&
        grep -q "trace/pool.json' is no trace that this version can read" "$work/stderr" &&
        ! grep -q ',pool,' "$work/b/gantt.csv" && grep -q ',bands,' "$work/b/gantt.csv"
}

broken_batches() {
    local status=0
    { head -n 3 "$work/a/batches.csv" && echo 1,scalar,true; } >"$work/b/batches.csv"
    "$bench" report "$work/b" >"$work/stdout" 2>"$work/stderr" || status=$?
    cat "$work/stderr"
    [ "$status" -eq 2 ] && [ ! -s "$work/stdout" ] && grep -q "batches.csv', line 4: malformed" "$work/stderr" &&
        [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

ok "measures a small campaign" measure
ok "batches.csv has the agreed columns" batches_header
ok "holds the cost of every batch once" every_batch 100 400
ok "puts batches together where there are too many" every_batch 1 4000
ok "counts all work in them" all_work
ok "bounds every case" bounds
ok "losses add up to 100 %" losses_add_up
ok "factors are products" factors_multiply
ok "says what each backend loses most" sentences
ok "marks what was done when" gantt
ok "draws losses and timelines" plots
ok "derives the same again from the raw records alone" report_again
ok "takes the costs of batches once" resumed
ok "reports without them" without_batches
ok "reports without a trace that is broken" broken_trace
ok "refuses a batches.csv that is malformed" broken_batches

echo "1..$number"
