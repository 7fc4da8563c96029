#!/usr/bin/env bash
# Proves mandelbench compare: on the reference campaign with times changed on purpose, where no noise
# can blur what must be found, and on two campaigns measured here.
# shellcheck disable=SC2016  # the dollars are awk's
set -u
bench=${BUILD:-build}/mandelbench
. tests/tap.bash

reference=results/reference-scaling

# A campaign with nothing in it but what compare may need; awk's STATEMENT changes each row, where
# f["name"] is a column's number.
changed() { # NAME STATEMENT
    mkdir -p "$work/$1"
    cp "$reference/manifest.json" "$work/$1/"
    awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) f[$i] = i } NR > 1 {'"$2"'} { print }' \
        "$reference/raw.csv" >"$work/$1/raw.csv"
}

# The same, with a manifest that sed's COMMAND changes.
elsewhere() { # NAME COMMAND
    changed "$1" ''
    sed -i "$2" "$work/$1/manifest.json"
    ! cmp -s "$reference/manifest.json" "$work/$1/manifest.json"
}

# compares STATUS ARGUMENT...: exit status, table in $work/table, sentences in $work/stderr.
compares() {
    local expected=$1 status=0
    shift
    "$bench" compare "$@" >"$work/table" 2>"$work/stderr" </dev/null || status=$?
    cat "$work/table" "$work/stderr"
    echo "status $status"
    [ "$status" -eq "$expected" ]
}

# refused NAME ARGUMENT...: exit status 2, exactly one line on stderr, nothing on stdout.
refused() {
    local name=$1
    shift
    ok "refuses $name" is_refused "$@"
}

is_refused() {
    compares 2 "$@" && [ ! -s "$work/table" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ]
}

# The rows of the CSV that fulfil a condition.
count() { # CONDITION
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) f[$i] = i } NR > 1 && ('"$1"') { n++ } END { print n + 0 }' \
        "$work/compare.csv"
}

same_campaign() {
    compares 0 "$work/same" "$reference" -o "$work/compare.csv" &&
        [ "$(count '$f["verdict"] ~ /^not resolved/ && $f["shift"] == 1 && $f["regressed"] == "false"')" -eq \
            "$(count 1)" ] && [ "$(count 1)" -gt 10 ]
}

slower_backend() {
    local pools others
    changed slower 'if ($f["backend"] == "pool") $f["render_s"] *= 1.3'
    compares 5 "$reference" "$work/slower" -o "$work/compare.csv" || return 1
    pools=$(count '$f["backend"] == "pool" && $f["verdict"] == "slower" && $f["regressed"] == "true" &&
        $f["shift"] > 1.299 && $f["shift"] < 1.301 && $f["shift_lo"] > 1.02 && $f["shift_hi"] > 1.3')
    others=$(count '$f["backend"] != "pool" && $f["verdict"] !~ /^not resolved/')
    echo "$pools rows of pool, $others others"
    [ "$pools" -eq "$(count '$f["backend"] == "pool"')" ] && [ "$pools" -gt 2 ] && [ "$others" -eq 0 ] &&
        sed -n '/^  backend/{n;p}' "$work/table" | grep -q '^  pool .* slower '
}

below_threshold() {
    compares 0 "$reference" "$work/slower" --threshold 40 && grep -q ' slower ' "$work/table" &&
        grep -q '0 regressed by more than 40 %' "$work/table"
}

faster_backend() {
    compares 0 "$work/slower" "$reference" && grep -q '^  pool .* faster ' "$work/table" &&
        ! grep -q ' slower  ' "$work/table"
}

slower_serial() {
    changed serial 'if ($f["kernel"] != "null") $f["render_s"] *= 1.1'
    compares 5 "$reference" "$work/serial" -o "$work/compare.csv" &&
        grep -q 'Serial itself became slower' "$work/table" &&
        [ "$(count '$f["role"] == "case" && ($f["against_serial"] < 0.999 || $f["against_serial"] > 1.001)')" -eq 0 ]
}

only_in_one() {
    changed fewer 'if ($f["backend"] == "pipe") next'
    compares 0 "$reference" "$work/fewer" -o "$work/compare.csv" &&
        [ "$(count '$f["backend"] == "pipe" && $f["verdict"] == "only in A" && $f["n_b"] == 0 && $f["shift"] == ""')" -ge 3 ] &&
        compares 0 "$work/fewer" "$reference" && grep -q '^  pipe .* only in B ' "$work/table"
}

few_blocks() {
    changed few 'if ($f["block"] >= 3) next'
    compares 0 "$work/few" "$work/few" -o "$work/compare.csv" &&
        [ "$(count '$f["shift_lo"] != "" || $f["verdict"] !~ /^not resolved/')" -eq 0 ]
}

wrong_result() {
    changed wrong 'if (NR == 5) $f["status"] = "wrong"; if ($f["backend"] == "pool") $f["render_s"] *= 1.3'
    compares 3 "$reference" "$work/wrong" && grep -q 'holds wrong results' "$work/stderr" &&
        grep -q ' slower ' "$work/table"
}

suspect() {
    changed suspect 'if ($f["role"] == "control") $f["render_s"] *= 1.2'
    compares 0 "$reference" "$work/suspect" && grep -q "$work/suspect' is SUSPECT" "$work/stderr"
}

# Null cells that are slower by less than serial differs from itself are noise.
null_within_control() {
    changed noise 'if ($f["role"] == "control") $f["render_s"] *= 1 + 0.08 * ($f["block"] % 2 - 0.5)
        if ($f["role"] == "null") $f["render_s"] *= 1.03'
    compares 0 "$reference" "$work/noise" -o "$work/compare.csv" &&
        [ "$(count '$f["role"] == "null" && $f["verdict"] !~ /^not resolved/')" -eq 0 ] &&
        [ "$(count '$f["role"] == "null"')" -gt 2 ]
}

suspect_regresses_nothing() {
    changed doubtful 'if ($f["role"] == "control") $f["render_s"] *= 1.2
        if ($f["backend"] == "pool") $f["render_s"] *= 2'
    compares 0 "$reference" "$work/doubtful" -o "$work/compare.csv" &&
        grep -q "$work/doubtful' is SUSPECT.*nothing counts as a regression" "$work/stderr" &&
        grep -q 'regressions are not judged' "$work/table" &&
        [ "$(count '$f["backend"] == "pool" && $f["verdict"] == "slower" && $f["regressed"] == ""')" -gt 2 ]
}

other_machine() {
    elsewhere machine 's/"cpu": "[^"]*"/"cpu": "Abacus \\u0007 9"/' && is_refused "$reference" "$work/machine" &&
        grep -q "CPU ('.*' and 'Abacus ? 9')" "$work/stderr" &&
        compares 0 --force "$reference" "$work/machine" && grep -q 'not resolved' "$work/table" &&
        grep -q 'compared all the same' "$work/stderr"
}

differs_in() { # NAME WORDS COMMAND
    elsewhere "$1" "$3" && is_refused "$reference" "$work/$1" && grep -q "differ in $2 (" "$work/stderr"
}

other_flags() {
    elsewhere flags 's/"flags": "[^"]*"/"flags": "-O0"/' && cp -r "$work/flags" "$work/flags-b" &&
        sed -i 's/-O0/-O2/' "$work/flags-b/manifest.json" && is_refused "$work/flags" "$work/flags-b" &&
        grep -q "compiler flags ('-O0' and '-O2')" "$work/stderr"
}

other_commit() {
    elsewhere commit 's/"commit": "[^"]*"/"commit": "abcdef0"/; s/"version": "[^"]*"/"version": "9.9.9"/' &&
        compares 0 "$reference" "$work/commit" && grep -q 'commit abcdef0' "$work/table"
}

csv_alone() {
    compares 5 "$reference" "$work/slower" -o - && [ ! -s "$work/stderr" ] &&
        [ "$(head -n 1 "$work/table")" = schema,campaign_a,campaign_b,experiment,role,backend,kernel,shortcuts,schedule,view,width,height,max_iter,batch,workers,n_a,n_b,median_a_s,median_b_s,shift,shift_lo,shift_hi,against_serial,against_serial_lo,against_serial_hi,regressed,verdict ] &&
        cmp "$work/table" <("$bench" compare "$reference" "$work/slower" -o "$work/again.csv" >/dev/null
            cat "$work/again.csv")
}

full_output() {
    compares 1 "$reference" "$work/same" -o /dev/full && [ "$(wc -l <"$work/stderr")" -eq 1 ] || return 1
    local status=0
    "$bench" compare "$reference" "$work/same" >/dev/full 2>"$work/stderr" || status=$?
    [ "$status" -eq 1 ]
}

# Two campaigns of the same program: whatever the machine does meanwhile, nothing takes four times as long.
measured_here() {
    local campaign found='0 regressed'
    for campaign in a b; do
        "$bench" run scaling --blocks 6 --repeats 0 --pixels 64 --kernels scalar --backends shared-array --workers 1 \
            --no-hyperfine -q -o "$work/$campaign" >/dev/null || return 1
    done
    grep -q '"flags": ".*-ffp-contract=off' "$work/a/manifest.json" &&
        compares 0 "$work/a" "$work/b" --threshold 300 && grep -q '^  shared-array ' "$work/table" || return 1
    ! grep -q SUSPECT "$work/stderr" || found='regressions are not judged'
    grep -q "0 in one campaign only; $found" "$work/table"
}

changed same ''
ok "finds nothing between a campaign and itself" same_campaign
ok "finds the backend that became slower, and it alone: 5" slower_backend
ok "knows a slower one that is no regression" below_threshold
ok "finds the backend that became faster" faster_backend
ok "tells when serial itself became slower" slower_serial
ok "lists cells that only one campaign has" only_in_one
ok "resolves nothing in three blocks" few_blocks
ok "says that a result is wrong before all else: 3" wrong_result
ok "says that a campaign is suspect" suspect
ok "resolves no null kernel within what serial differs from itself" null_within_control
ok "finds no regression on the strength of a suspect campaign" suspect_regresses_nothing
ok "refuses another CPU, unless forced" other_machine
ok "refuses another operating system" differs_in system "operating system" 's/"kernel": "Linux [^"]*"/"kernel": "Minix"/'
ok "refuses another number of CPUs" differs_in usable "usable CPUs" 's/^  "usable_cpus": .*/  "usable_cpus": 77,/'
ok "refuses another compiler" differs_in compiler compiler 's/"compiler": "[^"]*"/"compiler": "tcc"/'
ok "refuses other kernels" differs_in kernels kernels 's/"kernel": "avx512"/"kernel": "scalar"/'
ok "refuses other flags" other_flags
ok "takes another commit, which is why one compares" other_commit
ok "writes the comparison as CSV alone" csv_alone
ok "notices a full output" full_output
ok "compares two campaigns measured here" measured_here
ok "helps" compares 0 --help

changed torn 'if (NR == 7) $f["render_s"] = "soon"'
changed other 'next'
sed -i 's/"experiment": "scaling"/"experiment": "weak"/' "$work/other/manifest.json"
mkdir "$work/empty" "$work/json"
echo '{' >"$work/json/manifest.json"
refused "no campaign" "$reference"
refused "three campaigns" "$reference" "$reference" "$reference"
refused "a campaign that is not there" "$reference" "$work/nowhere"
refused "a directory that is no campaign" "$work/empty" "$reference"
refused "a manifest that is no JSON" "$reference" "$work/json"
refused "a malformed raw.csv" "$reference" "$work/torn"
refused "a campaign without samples" "$reference" "$work/other"
refused "a campaign that renders nothing" "$reference" results/reference-ipc
refused "an unknown option" "$reference" "$reference" --frobnicate
refused "a threshold that is no number" "$reference" "$reference" --threshold nan
refused "a threshold below nothing" "$reference" "$reference" --threshold -1
refused "a threshold without its value" "$reference" "$reference" --threshold

echo "1..$number"
