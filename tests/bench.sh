#!/usr/bin/env bash
# Proves mandelbench from outside: campaigns, what is kept of broken ones, reports, and every refusal.
set -u
. tests/campaign.bash

# refused NAME ARGUMENT...: exit status 2, exactly one line on stderr, nothing on stdout.
refused() {
    local name=$1
    shift
    ok "refuses $name" is_refused "$@"
}

small=(run scaling --blocks 2 --pixels 64 --kernels scalar --backends "pool,shared-array" --workers "1,2"
    --seed 5 --repeats 0 --no-hyperfine -q)
cases=9 # baseline, control, two backends at 1 and 2 workers, null on serial and both

# An ignored SIGCHLD is inherited; the program must not let the kernel forget its samples.
measure() { env --ignore-signal=CHLD "$bench" "${small[@]}" -o "$work/a" >"$work/table"; }

raw_header() {
    local expected='schema,campaign,experiment,block,order,attempt,seed,role,status,noisy,backend,kernel,exact,shortcuts,schedule,workers,workers_started,workers_seen,usable_cpus,batch,view,center_re,center_im,extent,width,height,max_iter,renders,iterations,sha256,pixels_differing,open_s,render_s,close_s,encode_s,write_s,user_s,sys_s,max_rss_bytes,messages,bytes_moved,workers_lost,batches_reissued,compute_s,wait_s,send_s,collect_s,descheduled_s,residual_s,run_delay_s,other_cpu_s,steal_s,throttled_s,nvcsw,nivcsw,migrations,minflt,majflt,load1,mhz_start,mhz_end,env_pad'
    [[ $(head -n 1 "$work/a/raw.csv") == "$expected"* ]]
}

speedup_header() {
    local expected='schema,campaign,experiment,role,backend,kernel,shortcuts,schedule,view,width,height,max_iter,batch,workers,n,median_s,ci_lo_s,ci_hi_s,speedup,speedup_lo,speedup_hi,speedup_self,efficiency,karp_flatt,bound_s,pct_of_bound,verdict,detectable,exact,pixels_differing,efficiency_lo,efficiency_hi'
    [ "$(head -n 1 "$work/a/speedup.csv")" = "$expected" ]
}

summary_header() {
    local expected='schema,campaign,experiment,role,backend,kernel,shortcuts,schedule,view,width,height,max_iter,batch,workers,n,median_s,ci_lo_s,ci_hi_s,min_s,q25_s,q75_s,max_s,mad_s,outliers,noisy,cpu_s,mpixels_per_s,giterations_per_s,half_width,bimodal,exact,pixels_differing'
    [ "$(head -n 1 "$work/a/summary.csv")" = "$expected" ]
}

# Every sample once, all right, in whole rows.
complete() {
    local rows
    rows=$(tail -n +2 "$1/raw.csv" | cut -d, -f4,5 | sort -u | wc -l)
    echo "$rows different samples, $(tail -n +2 "$1/raw.csv" | wc -l) rows"
    [ "$rows" -eq $((2 * cases)) ] && [ "$(tail -n +2 "$1/raw.csv" | wc -l)" -eq "$rows" ] &&
        [ "$(tail -n +2 "$1/raw.csv" | cut -d, -f9 | sort -u)" = ok ]
}

same_seed_same_order() {
    "$bench" "${small[@]}" --blocks 1 -o "$work/same" >/dev/null &&
        diff <(awk -F, '$4 == 0 {print $8, $11, $12, $16}' "$work/a/raw.csv") \
            <(awk -F, '$4 == 0 {print $8, $11, $12, $16}' "$work/same/raw.csv")
}

pictures() {
    local picture
    for picture in serial pool shared-array; do
        cmp "$work/a/images/serial.png" "$work/a/images/$picture.png" || return 1
    done
    [ "$(head -c 8 "$work/a/images/serial.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
}

# Nobody can use more CPU time than there are threads for, and computing uses some. Between its renders the harness
# has none of it; a worker may still be on its way to sleep.
cpu_time() {
    perl -F, -lane '
        if ($. == 1) { @column{@F} = 0 .. $#F; next }
        sub value { $F[$column{$_[0]}] }
        my $most = (value("workers") + value("coordinators")) * value("render_s");
        die "$_: too much" if value("render_cpu_s") > $most * 1.03 + 20e-6;
        die "$_: too little" if value("render_cpu_s") < 0.5 * value("compute_s") / 4 || value("render_cpu_s") <= 0;
    ' "$work/a/raw.csv" && perl -F, -lane '
        if ($. == 1) { @column{@F} = 0 .. $#F; next }
        next unless $F[$column{backend}] eq "serial" && $F[$column{role}] ne "null";
        die "$_: serial on more than one CPU" if $F[$column{cpu_s}] > $F[$column{median_s}] * 1.03;
    ' "$work/a/summary.csv"
}

# Of each backend a trace; and the terms of each sample add up to workers × wall.
accounts() {
    local backend
    for backend in serial pool shared-array; do
        grep -q '"traceEvents"' "$work/a/trace/$backend.json" || return 1
    done
    perl -F, -lane '
        if ($. == 1) { @column{@F} = 0 .. $#F; next }
        sub value { $F[$column{"$_[0]_s"}] }
        my ($sum, $all) = (0, $F[$column{workers}] * value("accounted"));
        $sum += value($_) for qw(compute wait send descheduled start end_wait residual);
        die "$sum is not $all" if abs($sum - $all) > 1e-6 || value("compute") <= 0;
    ' "$work/a/raw.csv"
}

plots() {
    local plot
    for plot in time speedup efficiency; do
        grep -q '</svg>' "$work/a/plots/$plot.svg" && [ -s "$work/a/plots/$plot.png" ] || return 1
    done
}

report_again() {
    cp -r "$work/a" "$work/b" && rm "$work/b/"{summary,speedup,ranking,plumbing}.csv &&
        "$bench" report "$work/b" >/dev/null && for table in summary speedup ranking plumbing; do
            cmp "$work/a/$table.csv" "$work/b/$table.csv" || return 1
        done
}

# Committed before the last columns were added.
# Columns are only ever added at the end.
report_earlier() {
    local columns
    columns=$(head -n 1 results/reference-batch/summary.csv | tr ',' '\n' | wc -l)
    cp -r results/reference-batch "$work/earlier" && "$bench" report "$work/earlier" >/dev/null &&
        cmp results/reference-batch/summary.csv <(cut -d, -f "1-$columns" "$work/earlier/summary.csv")
}

resume_torn() {
    head -n 8 "$work/a/raw.csv" >"$work/b/raw.csv" && printf '1,torn,"sca' >>"$work/b/raw.csv" &&
        "$bench" run --resume -q --no-hyperfine -o "$work/b" >/dev/null && complete "$work/b"
}

# resumed_elsewhere WORDS COMMAND: a manifest that sed's COMMAND changes is not that of this machine and program, so
# that no sample is added to it.
resumed_elsewhere() {
    rm -rf "$work/elsewhere" && cp -r "$work/a" "$work/elsewhere" && head -n 8 "$work/a/raw.csv" >"$work/elsewhere/raw.csv" &&
        sed -i "$2" "$work/elsewhere/manifest.json" && ! cmp -s "$work/a/manifest.json" "$work/elsewhere/manifest.json" &&
        is_refused run --resume -q --no-hyperfine -o "$work/elsewhere" && grep -q "differ in $1 ('" "$work/stderr" &&
        [ "$(wc -l <"$work/elsewhere/raw.csv")" -eq 8 ]
}

# Waits until the campaign in $1 has more than $2 lines.
wait_for_rows() {
    for _ in $(seq 200); do
        [ -e "$1/raw.csv" ] && [ "$(wc -l <"$1/raw.csv")" -gt "$2" ] && return 0
        sleep 0.1
    done
    return 1
}

# No measured process of ours is left: they inherit this script's mark, and others may run the same tests.
export MARK_OF_THIS_TEST=$work
no_children() {
    local environment
    for environment in /proc/[0-9]*/environ; do
        if grep -qa "MARK_OF_THIS_TEST=$work" "$environment" 2>/dev/null &&
            tr '\0' ' ' <"${environment%environ}cmdline" 2>/dev/null | grep -q '^mandelbench sample '; then
            echo "left: $environment"
            return 1
        fi
    done
}

# What was planned for each row: block, order, seed, padding, and which case.
planned() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        { print $4, $5, $7, $at["env_pad"], $8, $11, $12, $16 }' "$1/raw.csv"
}

# Killed in the first block, at its end, and in the second one.
killed_and_resumed() {
    local rows command=("${small[@]}")
    for rows in 3 8 13; do
        "$bench" "${command[@]}" -o "$work/k" >/dev/null 2>&1 &
        local pid=$!
        wait_for_rows "$work/k" "$rows" && kill -KILL $pid
        wait $pid 2>/dev/null
        sleep 0.5
        no_children || return 1
        command=(run --resume -q --no-hyperfine)
    done
    "$bench" "${command[@]}" -o "$work/k" >/dev/null && complete "$work/k" &&
        diff <(planned "$work/a") <(planned "$work/k")
}

padding() {
    planned "$work/a" | tail -n +2 | cut -d' ' -f4 | sort -nu >"$work/paddings"
    cat "$work/paddings"
    [ "$(wc -l <"$work/paddings")" -gt 6 ] && [ "$(head -n 1 "$work/paddings")" -ge 0 ] &&
        [ "$(tail -n 1 "$work/paddings")" -le 4095 ]
}

# forge DIR CONTROL SPREAD: 10 of at most 20 blocks as if measured: each case always takes as long as in the first
# block of a, the control CONTROL times as long as serial, every other sample SPREAD times as long. All are quiet.
forge() {
    cp -r "$work/a" "$1" && sed -i 's/"blocks": 2,/"blocks": 20,/; s/^    2$/    10, 20/' "$1/manifest.json" &&
        awk -F, -v OFS=, -v control="$2" -v spread="$3" '
            NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print; next }
            $4 == 0 { row[++rows] = $0; if ($8 == "baseline") serial = $at["render_s"] }
            END {
                for (block = 0; block < 10; block++)
                    for (i = 1; i <= rows; i++) {
                        $0 = row[i]
                        $4 = block
                        $at["noisy"] = "false"
                        if ($8 == "control") $at["render_s"] = serial * control
                        $at["render_s"] = sprintf("%.17g", $at["render_s"] * ((block + i) % 2 ? spread : 1))
                        print
                    }
            }' "$work/a/raw.csv" >"$1/raw.csv"
}

go_on() { "$bench" run --resume -q --no-hyperfine -o "$@"; }
rows() { tail -n +2 "$1/raw.csv" | wc -l; }

stops_when_precise() {
    forge "$work/precise" 1 1.001 && go_on "$work/precise" >"$work/stdout" && cat "$work/stdout" &&
        [ "$(rows "$work/precise")" -eq $((10 * cases)) ] && grep -q '10 of at most 20 blocks' "$work/stdout" &&
        grep -q 'Every interval is within 2 %' "$work/stdout"
}

goes_on_when_not() {
    forge "$work/wide" 1 1.1 && go_on "$work/wide" --budget 0.001 >"$work/stdout" 2>"$work/stderr"
    cat "$work/stdout" "$work/stderr"
    [ "$(rows "$work/wide")" -gt $((10 * cases)) ] && grep -q 'cells that fell short' "$work/stderr" &&
        grep -q 'Interval not within 2 % of the median: [1-9]' "$work/stdout" && grep -q 'pool 2 ±' "$work/stdout"
}

# ends STATUS COMMAND...
ends() {
    local status=0 expected=$1
    shift
    "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    cat "$work/stdout" "$work/stderr"
    echo "status $status"
    [ "$status" -eq "$expected" ]
}

suspect() { # CONTROL SPREAD WORD
    rm -rf "$work/suspect"
    forge "$work/suspect" "$1" "$2" && sed -i 's/10, 20/20/' "$work/suspect/manifest.json" &&
        ends 0 "$bench" report "$work/suspect" && head -n 4 "$work/stdout" | grep -q SUSPECT &&
        grep -q ",$3\$" "$work/suspect/control.csv" && ends 4 "$bench" report "$work/suspect" --strict &&
        ends 4 "$bench" report --strict "$work/suspect"
}

strict_run() {
    forge "$work/strict" 1.2 1 && sed -i 's/"blocks": 20/"blocks": 10/; s/10, 20/10/' "$work/strict/manifest.json" &&
        ends 4 go_on "$work/strict" --strict && ends 0 go_on "$work/strict"
}

# Two blocks have no interval: nothing shows that they are sound.
unknown_is_not_sound() {
    grep -q ',not known$' "$work/a/control.csv" && ends 4 "$bench" report --strict "$work/a" &&
        ends 0 "$bench" report "$work/a"
}

sound_is_not_suspect() {
    ends 0 "$bench" report --strict "$work/precise" && ! grep -q SUSPECT "$work/stdout" &&
        grep -q ',sound$' "$work/precise/control.csv"
}

# attempts DIR BLOCK: how often each sample of the block was taken; one number when all were taken alike.
attempts() { awk -F, -v block="$2" '$4 == block {n[$5]++} END {for (i in n) print n[i]}' "$1/raw.csv" | sort -u; }

# round ATTEMPT: the cases of block 1 of $work/r in their order.
round() {
    awk -F, -v attempt="$1" '$4 == 1 && $6 == attempt {print $5, $8, $11, $16}' "$work/r/raw.csv" | sort -n
}

# A disturbed block is taken again as a whole, and what was disturbed stays in the file. What this machine does
# meanwhile may disturb it again.
repeats() {
    cp -r "$work/a" "$work/r" && sed -i 's/"repeats": 0/"repeats": 2/' "$work/r/manifest.json" &&
        awk -F, -v OFS=, 'NR > 1 {$10 = $4 == 1 && $5 == 3 ? "true" : "false"} {print}' "$work/a/raw.csv" \
            >"$work/r/raw.csv"
    if [ "${1:-}" = killed ]; then # in the second round of block 1
        go_on "$work/r" >"$work/stdout" && head -n $((1 + 2 * cases + 4)) "$work/r/raw.csv" >"$work/raw" &&
            mv "$work/raw" "$work/r/raw.csv"
    fi
    go_on "$work/r" >"$work/stdout"
    echo "block 0: $(attempts "$work/r" 0), block 1: $(attempts "$work/r" 1)"
    diff <(round 1) <(round 2) && return 1
    diff <(round 1 | cut -d' ' -f2- | sort) <(round 2 | cut -d' ' -f2- | sort) || return 1
    [ "$(attempts "$work/r" 0)" = 1 ] && [[ "$(attempts "$work/r" 1)" =~ ^[23]$ ]] &&
        [ "$(awk -F, '$10 == "true" && $6 == 1 {print $4, $5}' "$work/r/raw.csv")" = '1 3' ] &&
        [ "$(head -n $((1 + 2 * cases)) "$work/r/raw.csv" | tail -n 1 | cut -d, -f6)" = 1 ] && rm -r "$work/r"
}

# Somebody stops the first measured process and forgets it: that sample fails, with a sentence, and the rest goes on.
stopped_sample() {
    local status=0 started=$SECONDS pid sample
    "$bench" run scaling --blocks 1 --pixels 1000 --kernels scalar --backends serial --seed 5 --repeats 0 --no-hyperfine \
        -q -o "$work/stopped" >/dev/null 2>"$work/stderr" &
    pid=$!
    for _ in $(seq 400); do
        for sample in $(pgrep -P "$pid" 2>/dev/null); do
            grep -aq "^mandelbench.sample" "/proc/$sample/cmdline" 2>/dev/null && kill -STOP "$sample" && break 2
        done
        sleep 0.02
    done
    wait "$pid" || status=$?
    cat "$work/stderr"
    echo "status $status after $((SECONDS - started)) s"
    [ "$status" -eq 1 ] && [ "$(grep -c 'somebody stopped the measured process' "$work/stderr")" -eq 1 ] &&
        [ "$(grep -c ',failed,' "$work/stopped/raw.csv")" -eq 1 ] && grep -q ',ok,' "$work/stopped/raw.csv"
}

interrupted() {
    local status=0
    "$bench" "${small[@]}" -o "$work/i$1" >/dev/null 2>"$work/stderr" &
    local pid=$!
    wait_for_rows "$work/i$1" 3 && kill -s "$1" $pid
    wait $pid || status=$?
    cat "$work/stderr"
    echo "status $status"
    [ "$status" -eq "$2" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && no_children &&
        [ "$(tail -c 1 "$work/i$1/raw.csv" | od -An -tx1 | tr -d ' ')" = 0a ]
}

# The budget is the whole run's: what hyperfine is to take is kept free, or left out with a sentence.
budget_of_all() {
    "$bench" run scaling --blocks 50 --budget 0.01 --pixels 64 --kernels scalar --backends pool --workers 1 --repeats 0 \
        -q -o "$work/poor" >/dev/null 2>"$work/stderr" && cat "$work/stderr" &&
        grep -q 'spent after 1 of 50 blocks' "$work/stderr" &&
        grep -q 'no view from outside: hyperfine would need some [0-9]* s' "$work/stderr" &&
        [ ! -e "$work/poor/hyperfine" ]
}

budget() {
    "$bench" "${small[@]}" --blocks 50 --budget 4 -o "$work/budget" >"$work/stdout" 2>"$work/stderr" &&
        grep -q 'the budget of 4 s is spent' "$work/stderr" && grep -q 'Interval not within 2 %' "$work/stdout"
}

untouched() {
    mkdir "$work/full" && echo precious >"$work/full/file" &&
        is_refused run --quick -o "$work/full" && [ "$(cat "$work/full/file")" = precious ] &&
        [ "$(ls "$work/full")" = file ]
}

broken_campaign() { # FILE TEXT
    rm -rf "$work/broken" && cp -r "$work/a" "$work/broken" && printf '%s\n' "$2" >"$work/broken/$1" &&
        is_refused report "$work/broken"
}

broken_looks() {
    broken_campaign manifest.json "$(sed 's/^    2$/    3/' "$work/a/manifest.json")"
}

broken_outside() {
    mkdir "$work/b/hyperfine" && echo '{}' >"$work/b/hyperfine/mandel.json" &&
        "$bench" report "$work/b" >"$work/table" 2>"$work/stderr" && grep -q Winner "$work/table" &&
        grep -q 'is not what this version can read' "$work/stderr"
}

named_twice() {
    "$bench" "${small[@]}" --blocks 1 --backends pool,pool --pixels 64,64x64 -o "$work/twice" >/dev/null &&
        [ "$(tail -n +2 "$work/twice/raw.csv" | wc -l)" -eq 6 ]
}

# A group of rows for each kernel and setting of shortcuts, each against a serial of its own.
shortcuts_apart() {
    "$bench" run scaling --blocks 1 --repeats 0 --pixels 64 --kernels exact --backends pool --workers 1 --shortcuts on,off \
        --seed 5 --no-hyperfine -q -o "$work/shortcuts" >"$work/table" || return 1
    local kernels
    kernels=$("$bench" list | awk -F'\t' '/^kernels:$/ {here = 1; next} /:$/ {here = 0}
        here && $2 == "available" && $3 !~ /^inexact/' | wc -l)
    echo "$kernels exact kernels"
    [ "$(grep -c '^lesson .* with shortcuts, ' "$work/table")" -eq "$kernels" ] &&
        [ "$(grep -c '^lesson ' "$work/table")" -eq $((2 * kernels)) ] &&
        [ "$(grep -c ',baseline,' "$work/shortcuts/speedup.csv")" -eq $((2 * kernels)) ] &&
        [ "$(paste -d, <(column role "$work/shortcuts/raw.csv") <(column shortcuts "$work/shortcuts/raw.csv") \
            <(column kernel "$work/shortcuts/raw.csv") | sort -u | grep -c '^case,true,')" -eq "$kernels" ] &&
        [ "$(column pixels_differing "$work/shortcuts/raw.csv" | sort -u | tr '\n' ' ')" = ' 0 ' ]
}

# An inexact kernel is right where serial with the same kernel says so; how far it is off is a column.
inexact_labelled() {
    local kernel
    kernel=$("$bench" list | awk -F'\t' '$2 == "available" && $3 ~ /^inexact/ && $1 != "null" {print $1; exit}')
    if [ -z "$kernel" ]; then
        echo "no inexact kernel runs here"
        return 0
    fi
    "$bench" run scaling --blocks 1 --repeats 0 --pixels 200 --views seahorse --kernels "$kernel" --backends pool --workers 1 \
        --seed 5 --no-hyperfine -q -o "$work/inexact" >"$work/table" || return 1
    grep "kernel $kernel (inexact: [1-9][0-9]* pixels differ)" "$work/table" &&
        [ "$(column exact "$work/inexact/summary.csv" | sort -u)" = false ] &&
        [ "$(column status "$work/inexact/raw.csv" | sort -u)" = ok ] &&
        ! column pixels_differing "$work/inexact/ranking.csv" | grep -vx '[1-9][0-9]*'
}

closed_stdout() {
    local status=0
    "$bench" list >&- 2>"$work/stderr" || status=$?
    [ "$status" -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q 'Bad file descriptor' "$work/stderr" || return 1
    status=0
    "$bench" report "$work/a" >/dev/full 2>"$work/stderr" || status=$?
    [ "$status" -eq 1 ] && grep -q 'No space left on device' "$work/stderr" || return 1
    status=0 # with remarks between the tables and the end
    "$bench" "${small[@]}" --blocks 1 -o "$work/full_stdout" >/dev/full 2>"$work/stderr" || status=$?
    [ "$status" -eq 1 ] && grep -q 'No space left on device' "$work/stderr"
}

# How many processes are at work in that directory.
at_work_in() {
    local process count=0
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/cwd")" != "$1" ] || count=$((count + 1))
    done
    echo $count
}

# The script becomes hyperfine, which the kernel kills with mandelbench. Its mandel and two workers, which would go on for
# long, are then gone at once.
takes_mandel_along() {
    local tries pid seen=0
    bash bench/outside.sh "$work/outside" "${bench%bench}" "-v interior -s 1000 --max-iter 100000 -k scalar --shortcuts off" pool:2 &
    pid=$!
    for ((tries = 0; tries < 100 && seen < 4; tries++)); do
        sleep 0.1
        seen=$(at_work_in "$work/outside")
    done
    kill -9 $pid
    wait $pid 2>/dev/null
    sleep 0.5
    echo "$seen were at work, and then $(at_work_in "$work/outside")"
    [ "$seen" -ge 4 ] && [ "$(at_work_in "$work/outside")" -eq 0 ]
}

# Figures are named where there are some.
names_files() {
    grep -A 2 "Files in $work/a" "$work/table" | grep -qF 'plots/*.svg plots/*.png images/*.png' &&
        cp -r "$work/a" "$work/bare" && rm -r "$work"/bare/{plots,images}/* &&
        PATH=/nowhere "$bench" report "$work/bare" >"$work/bare.out" 2>/dev/null && grep -q "Files in $work/bare" "$work/bare.out" &&
        ! grep -F 'plots/*' "$work/bare.out"
}

ok "measures a small campaign" measure
ok "raw.csv has the agreed columns" raw_header
ok "speedup.csv has the agreed columns" speedup_header
ok "summary.csv has the agreed columns" summary_header
ok "holds every sample of every block once" complete "$work/a"
ok "prints who won" grep -q 'Winner: ' "$work/table"
ok "prints where the files are" names_files
ok "draws the same picture with every backend" pictures
ok "keeps a trace of each backend, and accounts for all time" accounts
ok "counts CPU time of the renders alone" cpu_time
ok "draws plots" plots
ok "orders samples by the seed" same_seed_same_order
ok "derives the same tables from the raw records" report_again
ok "reports a campaign of an earlier version" report_earlier
ok "goes on behind a torn row" resume_torn
ok "does not go on on another CPU" resumed_elsewhere CPU 's/"cpu": "[^"]*"/"cpu": "Abacus"/'
ok "does not go on under another operating system" resumed_elsewhere 'operating system' \
    's/"kernel": "Linux [^"]*"/"kernel": "Minix"/'
ok "does not go on with other usable CPUs" resumed_elsewhere 'usable CPUs' 's/^  "usable_cpus": .*/  "usable_cpus": 77,/'
ok "does not go on with another compiler" resumed_elsewhere compiler 's/"compiler": "[^"]*"/"compiler": "tcc"/'
ok "does not go on with another commit" resumed_elsewhere commit 's/"commit": "[^"]*"/"commit": "abcdef0"/'
ok "goes on after kill -9 here and there, losing and repeating nothing" killed_and_resumed
ok "pads the environment of every sample at random" padding
ok "stops at a look when every cell is precise" stops_when_precise
ok "goes on at a look when one is not, and names those that fell short" goes_on_when_not
ok "calls a broken control suspect" suspect 1.2 1 broken
ok "calls a noisy control suspect" suspect 1 1.2 'too noisy'
ok "is strict about what nobody knows" unknown_is_not_sound
ok "calls nothing else suspect" sound_is_not_suspect
ok "ends a suspect run with 4 under --strict" strict_run
ok "repeats a disturbed block, keeping all" repeats
ok "completes a repetition that was killed" repeats killed
ok "ends on SIGINT with 130, keeping whole rows" interrupted INT 130
ok "ends on SIGTERM with 143, keeping whole rows" interrupted TERM 143
ok "ends a sample that somebody has stopped" stopped_sample
ok "keeps to its budget" budget
ok "leaves out hyperfine where the budget ends" budget_of_all
ok "leaves an existing directory alone" untouched
ok "notices a closed or full standard output" closed_stdout
if command -v hyperfine >/dev/null; then
    ok "whoever kills hyperfine kills what it measures" takes_mandel_along
else
    ok "whoever kills hyperfine kills what it measures # SKIP no hyperfine" true
fi
ok "names the command that makes it again" grep -q '"command": "mandelbench run scaling --blocks 2 ' "$work/a/manifest.json"
ok "reports without a view from outside that is broken" broken_outside
ok "measures what is named twice once" named_twice
ok "keeps kernels and shortcuts apart" shortcuts_apart
ok "labels an inexact kernel, and counts how far it is off" inexact_labelled
ok "lists" "$bench" list
ok "helps with list" "$bench" list --help
ok "helps" "$bench" --help
ok "helps with run" "$bench" run --help
ok "helps with report" "$bench" report --help
ok "says its version" "$bench" --version

refused "no command"
refused "an unknown command" frobnicate
refused "an unknown experiment" run frobnicate
refused "two experiments" run scaling scaling
refused "an unknown option" run --frobnicate
refused "an option without its value" run --seed
refused "a seed that is no number" run --seed x
refused "no blocks" run --blocks 0
refused "a budget of nothing" run --budget 0
refused "a budget that is no number" run --budget nan
refused "more repeats than three" run --repeats 4
refused "to resume with other repeats" run --resume --repeats 1 -o "$work/a"
refused "an unknown backend" run --backends nobody
refused "an unknown kernel" run --kernels nobody
refused "batches of an unknown kernel" run --batches nobody:5
refused "batches that are no number" run --batches scalar:x
refused "batches that no kernel has" run --kernels scalar --batches sse2:5
refused "an unknown view" run --views nowhere
refused "no workers" run --workers 0
refused "too many workers" run --workers 5000
refused "an empty list" run --workers ''
refused "a batch of nothing" run --batches 0
refused "a size that is none" run --pixels 0
refused "a picture beyond the memory" run --pixels 1048576
refused "an iteration limit that is none" run --max-iter 4294967295
refused "shortcuts of a third kind" run --shortcuts maybe
refused "a schedule that is none" run --schedules often
refused "to resume nothing" run --resume
refused "to resume what is no campaign" run --resume -o "$work"
refused "to resume with other axes" run --resume --pixels 99 -o "$work/a"
refused "to resume with other blocks" run --resume --blocks 40 -o "$work/a"
refused "a campaign without a name" run -o ''
refused "more blocks than the statistics can take" run --blocks 1001
refused "the null kernel alone" run --kernels null
refused "a report without a campaign" report
refused "a report on what is not there" report "$work/nowhere"
refused "a report on a file" report "$work/table"
refused "an argument to list" list x
refused "an output that is a file" run --quick -o "$work/table"
ok "refuses a manifest that is no JSON" broken_campaign manifest.json '{'
ok "refuses a manifest of another kind" broken_campaign manifest.json '{"schema": 99, "cases": []}'
ok "refuses a manifest whose cases are wrong" broken_campaign manifest.json '{"schema": 1, "cases": [{"role": "case"}]}'
ok "refuses a manifest whose looks are none" broken_looks
ok "refuses a raw.csv with other columns" broken_campaign raw.csv 'a,b,c'
ok "refuses a raw.csv with a malformed row" broken_campaign raw.csv "$(sed '3s/,ok,/,ok,"/' "$work/a/raw.csv")"
ok "refuses an empty raw.csv" broken_campaign raw.csv ''

echo "1..$number"
