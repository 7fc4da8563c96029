#!/usr/bin/env bash
# The program mandel from outside: its options, its refusals, its files, and how it ends when it or
# a worker of it is killed. Prints TAP. Environment: BUILD (the folder of the program), TIME_SCALE
# (time limits are multiplied by it, for slow builds), CHAOS_PARENTS (how many parents are killed).
set -u

mandel=${BUILD:-build}/mandel
scale=${TIME_SCALE:-1}
endless=(-v interior --shortcuts=off -s 1000 -j 2 --max-iter 1000000) # a picture that nobody waits for

for name in "${!OMP_@}" "${!MANDEL_@}"; do
    unset "$name"
done
unset -v name
umask 022

tmp=$(mktemp -d) || exit 1
started=() # processes in the background, ended by the trap whatever happens
clean_up() {
    local pid
    for pid in ${started[@]+"${started[@]}"}; do
        kill -9 "$pid" 2>/dev/null
    done
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# --- Reporting -----------------------------------------------------------------------------------

tests=0
last_command=

diagnose() {
    local file
    printf '# %s\n' "$@"
    echo "# last run: mandel ${last_command//$'\n'/ }"
    echo "# its exit status: ${status:-none}"
    for file in "$tmp/stdout" "$tmp/stderr"; do
        [ -s "$file" ] && head -c 600 "$file" | tr -cd '\n[:print:]' | head -n 6 |
            sed "s/^/# ${file##*/}: /"
        [ -s "$file" ] && echo
    done | grep '^#'
}

# result NAME FAULT: the test is passed when FAULT is empty.
result() {
    tests=$((tests + 1))
    if [ -z "$2" ]; then
        printf 'ok %d - %s\n' "$tests" "$1"
    else
        printf 'not ok %d - %s\n' "$tests" "$1"
        diagnose "$2"
    fi
}

skip() {
    tests=$((tests + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

# check NAME COMMAND...: the test is passed when the command succeeds.
check() {
    local name=$1
    shift
    if "$@"; then result "$name" ""; else result "$name" "false: $*"; fi
}

# --- Running -------------------------------------------------------------------------------------

# run ARGUMENT...: sets status; what was printed is in $tmp/stdout and $tmp/stderr.
run() {
    last_command=$*
    "$mandel" "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
    status=$?
}

is_silent() { [ ! -s "$tmp/stdout" ] && [ ! -s "$tmp/stderr" ]; }
is_empty() { [ -z "$(ls -A "$1")" ]; }
is_png() { [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]; }

# One sentence: one line, complete, and not empty.
is_one_line() {
    [ "$(wc -l <"$1")" -eq 1 ] && [ "$(tail -c 1 "$1" | od -An -tx1 | tr -d ' ')" = 0a ] &&
        [ "$(wc -c <"$1")" -gt 10 ]
}

# What is wrong with a run that had to refuse with this status and one sentence.
fault_of_refusal() {
    if [ "$status" -ne "$1" ]; then
        echo "exit status $status instead of $1"
    elif [ -s "$tmp/stdout" ]; then
        echo "something on stdout"
    elif ! is_one_line "$tmp/stderr"; then
        echo "not exactly one line on stderr"
    fi
}

# refused STATUS NAME ARGUMENT...
refused() {
    local expected=$1 name=$2
    shift 2
    run "$@"
    result "refused with $expected: $name" "$(fault_of_refusal "$expected")"
}

# done_with NAME ARGUMENT...: exit status 0.
done_with() {
    local name=$1
    shift
    run "$@"
    check "$name" [ "$status" -eq 0 ]
}

# The record of the last run, which had --json.
declare -A record
read_record() {
    local key value
    record=()
    while IFS=$'\t' read -r key value; do
        record[$key]=$value
    done < <(perl -MJSON::PP -0777 -ne '
        my $object = eval { decode_json($_) } or exit;
        for my $key (keys %$object) {
            my $value = $object->{$key};
            $value = "null" unless defined $value;
            $value = $value ? "true" : "false" if JSON::PP::is_bool($value);
            print "$key\t$value\n";
        }' "$tmp/stdout")
}

# The digest alone, without perl's start.
digest() { sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$tmp/stdout"; }

# record_has NAME ARGUMENT... -- KEY=VALUE...: a run with --json, and what its record must say.
record_has() {
    local name=$1 fault='' pair arguments=()
    shift
    while [ "$1" != -- ]; do
        arguments+=("$1")
        shift
    done
    shift
    run --json "${arguments[@]}"
    read_record
    [ "$status" -eq 0 ] || fault="exit status $status"
    for pair in "$@"; do
        [ "${record[${pair%%=*}]-missing}" = "${pair#*=}" ] ||
            fault+=" ${pair%%=*} is ${record[${pair%%=*}]-missing} instead of ${pair#*=};"
    done
    result "$name" "$fault"
}

# --- The shelves ---------------------------------------------------------------------------------

# names KIND available|unavailable
names() { "$mandel" --list "$1" | awk -F '\t' -v state="$2" '$2 == state { print $1 }'; }

mapfile -t backends < <(names backends available)
mapfile -t kernels < <(names kernels available)
exact=() inexact=() # kernels; null is neither
any=${backends[0]:-serial}

is_among() { [[ " ${*:2} " == *" $1 "* ]]; }
has_backend() { is_among "$1" "${backends[@]}"; }

find_exact_kernels() {
    local kernel
    for kernel in "${kernels[@]}"; do
        run -b "$any" -k "$kernel" -s 1 --json
        if grep -q '"exact":true' "$tmp/stdout"; then
            exact+=("$kernel")
        elif [ "$kernel" != null ]; then
            inexact+=("$kernel")
        fi
    done
}

# --- Information ---------------------------------------------------------------------------------

test_information() {
    local option
    run --help
    check "--help succeeds, on stdout only" [ "$status$(wc -c <"$tmp/stderr")" = 00 ]
    for option in view center extent max-iter pixels backend workers kernel batch palette output trace \
        verify counts schedule shortcuts json list quiet progress help version; do
        check "--help tells of --$option" grep -q -e "--$option" "$tmp/stdout"
    done
    check "--help is at most 100 columns wide" [ "$(wc -L <"$tmp/stdout")" -le 100 ]
    run --version
    check "--version says name and number" grep -Eqx 'mandel [0-9]+\.[0-9]+\.[0-9]+' "$tmp/stdout"
    check "--version is one line, status 0" [ "$status$(wc -l <"$tmp/stdout")" = 01 ]
    run -h
    check "-h is help, or refused" [ "$status" -eq 0 -o "$status" -eq 2 ]
}

# use KIND NAME: a tiny run with it.
use() {
    case $1 in
    backends) run -b "$2" -s 8 -q ;;
    kernels) run -b "$any" -k "$2" -s 8 -q ;;
    palettes) run -b "$any" -p "$2" -s 8 -q -o "$tmp/used.png" ;;
    views) run -b "$any" -v "$2" -s 8 -q ;;
    esac
}

test_lists() {
    local kind name state rest fault
    for kind in backends kernels palettes views; do
        run --list "$kind"
        check "--list $kind succeeds" [ "$status" -eq 0 ]
        # shellcheck disable=SC2016 # awk's own variables
        check "--list $kind: name, state, summary, separated by tabs" \
            awk -F '\t' 'NF != 3 || $1 == "" || $3 == "" || $2 !~ /^(un)?available$/ { bad = 1 }
                         END { exit bad || NR == 0 }' "$tmp/stdout"
        check "--list $kind: no name twice" [ -z "$(cut -f 1 "$tmp/stdout" | sort | uniq -d)" ]
        cp "$tmp/stdout" "$tmp/list"
        fault=
        while IFS=$'\t' read -r name state rest; do
            use "$kind" "$name"
            if [ "$state" = available ]; then
                [ "$status" -eq 0 ] || fault+=" $name cannot be used;"
                is_silent || fault+=" $name is not silent with -q;"
            elif [ -n "$(fault_of_refusal 2)" ] || ! grep -qF "$rest" "$tmp/stderr"; then
                fault+=" $name: $(fault_of_refusal 2), or without its reason;"
            fi
        done <"$tmp/list"
        result "--list $kind: what is available works, what is not is refused" "$fault"
    done
    rm -f "$tmp/used.png"
}

# --- The record ----------------------------------------------------------------------------------

test_record() {
    local key fault=
    record_has "--json repeats the case" -b "$any" -k scalar -s 40x30 -B 7 -j 1 -v seahorse \
        --max-iter 77 -- backend="$any" kernel=scalar exact=true workers=1 width=40 height=30 \
        batch=7 max_iter=77 center_re=-0.743643887037151 extent=0.0002 workers_lost=0 \
        batches_reissued=0 encode_s=null write_s=null
    check "--json is one line" [ "$(wc -l <"$tmp/stdout")" -eq 1 ]
    check "--json says nothing on stderr" [ ! -s "$tmp/stderr" ]
    for key in backend kernel exact shortcuts workers workers_started workers_seen width height \
        center_re center_im extent max_iter batch iterations sha256 open_s render_s close_s \
        encode_s write_s user_s sys_s max_rss_bytes workers_lost batches_reissued accounted_s \
        compute_s wait_s send_s collect_s descheduled_s residual_s pixels_differing; do
        [ -n "${record[$key]-}" ] || fault+=" $key is missing;"
    done
    result "--json has every key" "$fault"
    record_has "shortcuts are on unless told otherwise" -b "$any" -s 4 -- shortcuts=true \
        pixels_differing=null
    record_has "--shortcuts=off" -b "$any" -s 4 --shortcuts=off -- shortcuts=false
    record_has "--shortcuts=on, verified" -b "$any" -v whole -s 200 --shortcuts=on --verify -- \
        shortcuts=true pixels_differing=0
    record_has "--json of the overridden centre" -b "$any" -s 4 --center=-0.5,0.25 \
        --extent 2e-3 -- center_re=-0.5 center_im=0.25 extent=0.002
    run -b "$any" -s 64 --json -o "$tmp/timed.png"
    read_record
    check "--json with -o times encoding and writing" \
        [ "${record[encode_s]-null}" != null -a "${record[write_s]-null}" != null ]
    rm -f "$tmp/timed.png"
    record_has "a batch beyond the frame is the frame" -b "$any" -s 10 -B 18446744073709551615 -- \
        batch=100
    for backend in "${backends[@]}"; do
        record_has "$backend: work is counted once" -b "$backend" -s 200 -j 2 -- \
            iterations=2101168 backend="$backend"
        check "$backend: workers started and seen" [ "${record[workers_started]:-0}" -ge 1 -a \
            "${record[workers_seen]:-0}" -ge 1 -a \
            "${record[workers_seen]:-9}" -le "${record[workers_started]:-0}" ]
    done
}

# DESIGN's golden digests. $1 narrows to the small pictures.
golden_cases() {
    local seahorse=-0.743643887037151,0.131825904205330
    cat <<END
1e720e8f140fdeac56f5c7680b8de9e72f0704e9704575792da77dd63059deea -s 200 --max-iter 255
b136a158674901d8a0682b95fdfababeb0b25d9a96b00392331a61162b68dcba --center=$seahorse --extent 0.0002 -s 120x90 --max-iter 2000
8ac81cca6b8840036a90515b2bf94983479ec61a8bbd6376660e179d0f90a760 --center=-0.1011,0.9563 --extent 0.003 -s 133x77 --max-iter 700
END
    [ "${1-}" = small ] || cat <<END
5ee650074b470de4549eed332e3caf8071873da60e35c65cf0154a2914dd4ed5 -v whole -s 400
011df209092db443bffcbfa3556345f4bc20b198fb7e2e2d1ce1c3b19715f9b9 -v lesson
END
}

# golden NAME all|small ARGUMENT...: every golden digest, with these arguments added.
golden() {
    local name=$1 which=$2 fault='' sha words
    shift 2
    while read -r sha words; do
        # shellcheck disable=SC2086 # words on purpose
        run --json "$@" $words
        [ "$(digest)" = "$sha" ] || fault+=" wrong at $words;"
    done < <(golden_cases "$which")
    result "golden digests: $name" "$fault"
}

test_golden() {
    local backend kernel
    for kernel in "${exact[@]}"; do
        golden "$any with $kernel" all -b "$any" -k "$kernel"
    done
    for backend in "${backends[@]}"; do
        golden "$backend, default kernel" all -b "$backend"
        for kernel in "${exact[@]}"; do
            golden "$backend with $kernel, 3 workers, odd batches" small \
                -b "$backend" -k "$kernel" -j 3 -B 997
        done
    done
}

# --- Pictures and counts -------------------------------------------------------------------------

test_pictures() {
    local backend palette fault=
    run -b "$any" -k scalar -s 320x200 -o "$tmp/picture.png"
    check "a picture is a PNG, and nothing is said" is_silent
    check "a picture has PNG's signature" is_png "$tmp/picture.png"
    check "a picture has its size" [ "$(head -c 24 "$tmp/picture.png" | tail -c 8 |
        od -An -tx1 | tr -d ' ')" = 00000140000000c8 ]
    check "a new picture has the umask's mode" [ "$(stat -c %a "$tmp/picture.png")" = 644 ]
    for backend in "${backends[@]}"; do
        run -b "$backend" -j 3 -s 320x200 -o "$tmp/other.png"
        cmp -s "$tmp/picture.png" "$tmp/other.png" || fault+=" $backend differs;"
        rm -f "$tmp/other.png"
    done
    result "the pictures of all backends are the same bytes" "$fault"
    fault=
    for palette in $(names palettes available); do
        run -b "$any" -s 64 -p "$palette" -o "$tmp/$palette.palette"
        is_png "$tmp/$palette.palette" || fault+=" $palette draws no PNG;"
    done
    [ -z "$(sha256sum "$tmp"/*.palette | cut -c -64 | sort | uniq -d)" ] || fault+=" two are equal"
    result "every palette draws its own picture" "$fault"
    rm -f "$tmp"/*.palette
    run -b "$any" -s 320x200 -o -
    check "-o - writes the same picture to stdout" cmp -s "$tmp/picture.png" "$tmp/stdout"
    "$mandel" -b "$any" -s 320x200 -o - | cat >"$tmp/piped.png"
    check "-o - writes the same picture to a pipe" cmp -s "$tmp/picture.png" "$tmp/piped.png"
    last_command="-o /dev/stdout | cat"
    "$mandel" -b "$any" -s 320x200 -o /dev/stdout 2>"$tmp/stderr" | cat >"$tmp/piped.png"
    check "-o /dev/stdout, a pipe, is written in place" cmp -s "$tmp/picture.png" "$tmp/piped.png"
    rm -f "$tmp/piped.png"
}

test_counts() {
    local sha
    run -b "$any" -s 31x17 --json --counts "$tmp/counts.npy"
    sha=$(digest)
    check "--counts: magic and version 1.0" \
        [ "$(head -c 8 "$tmp/counts.npy" | od -An -tx1 | tr -d ' ')" = 934e554d50590100 ]
    check "--counts: the file's size" \
        [ "$(stat -c %s "$tmp/counts.npy")" -eq $((128 + 31 * 17 * 4)) ]
    check "--counts: the header's length" [ "$(head -c 10 "$tmp/counts.npy" | tail -c 2 |
        od -An -tu1 | tr -s ' ')" = " 118 0" ]
    head -c 128 "$tmp/counts.npy" | tail -c 118 >"$tmp/header"
    check "--counts: the header is a line" is_one_line "$tmp/header"
    check "--counts: little-endian uint32" grep -q "'descr': '<u4'" "$tmp/header"
    check "--counts: C order" grep -q "'fortran_order': False" "$tmp/header"
    check "--counts: rows, then columns" grep -q "'shape': (17, 31)" "$tmp/header"
    check "--counts: the counts are those of the digest" \
        [ "$(tail -c +129 "$tmp/counts.npy" | sha256sum | cut -c -64)" = "$sha" ]
    run -b "$any" -s 31x17 --counts -
    check "--counts - writes the same to stdout" cmp -s "$tmp/counts.npy" "$tmp/stdout"
    run -b "$any" -s 31x17 -q --counts "$tmp/second.npy" -o "$tmp/second.png" --json
    check "-o, --counts and --json together" [ "$status$(digest)" = "0$sha" -a \
        -s "$tmp/second.png" -a -s "$tmp/second.npy" ]
    rm -f "$tmp"/second.* "$tmp/counts.npy" "$tmp/header"
}

# --- Options that change the run -----------------------------------------------------------------

test_options() {
    local backend
    run -b "$any" -s 20
    check "without output: one sentence on stderr" is_one_line "$tmp/stderr"
    check "without output: nothing on stdout" [ "$status$(wc -c <"$tmp/stdout")" = 00 ]
    run -b "$any" -s 20 -q
    check "-q is silent" is_silent
    run -b "$any" -s 20 --quiet
    check "--quiet is silent" is_silent
    record_has "long names" --backend="$any" --view=whole --pixels=12x34 --workers=1 \
        --kernel=scalar --batch=5 --palette="$(names palettes available | tail -n 1)" -- \
        backend="$any" view=whole width=12 height=34 batch=5 kernel=scalar max_iter=1000
    record_has "-s N is a square" -b "$any" -s 11 -- width=11 height=11
    record_has "the default is the lesson" -b "$any" -- view=lesson width=1600 height=1600 \
        max_iter=255 center_re=0.1015 center_im=-0.633 extent=0.01
    record_has "the greatest max-iter" -b "$any" -v exterior -s 2 --max-iter 4294967294 -- \
        max_iter=4294967294
    record_has "max-iter 1" -b "$any" -s 9 --max-iter 1 -- iterations=81
    record_has "the widest picture" -b "$any" -v exterior -s 1048576x1 -- width=1048576
    record_has "the highest picture" -b "$any" -v exterior -s 1x1048576 -- height=1048576
    for backend in "${backends[@]}"; do
        record_has "$backend: one pixel, more workers than batches" -b "$backend" -s 1 -j 9 -- \
            width=1 height=1 batch=1 workers_seen=1
        record_has "$backend: batches of one pixel" -b "$backend" -s 30x20 -B 1 -j 2 -- batch=1
        run -b "$backend" -s 100 -B 3333 -j 17 -q --verify
        check "$backend: --verify with many workers and a short last batch" [ "$status" -eq 0 ]
    done
}

test_verify() {
    local kernel fault=
    mkdir "$tmp/verify"
    for kernel in "${exact[@]}"; do
        run -b "$any" -k "$kernel" -v seahorse -s 100x60 --verify -q
        [ "$status" -eq 0 ] || fault+=" $kernel differs from the reference;"
        is_silent || fault+=" $kernel is not silent;"
    done
    result "--verify passes with every exact kernel" "$fault"
    fault=
    for kernel in ${inexact[@]+"${inexact[@]}"}; do
        run -b "$any" -k "$kernel" -v seahorse -s 100x60 --verify
        [ "$status" -eq 0 ] || fault+=" $kernel: exit status $status;"
        grep -Eq "kernel $kernel is inexact: [0-9]+ of 6000 pixels differ" "$tmp/stderr" ||
            fault+=" $kernel does not say how many pixels differ;"
        run -b "$any" -k "$kernel" -v seahorse -s 100x60 --verify --json -q
        read_record
        [ "${record[exact]-}" = false ] && [ "${record[pixels_differing]:-0}" -gt 0 ] ||
            fault+=" $kernel: exact is ${record[exact]-}, ${record[pixels_differing]-} pixels differ;"
        is_one_line "$tmp/stdout" && [ ! -s "$tmp/stderr" ] || fault+=" $kernel is not silent;"
    done
    result "--verify tells how far an inexact kernel is off, and that is no fault" "$fault"
    refused 3 "--verify of the null kernel" -b "$any" -k null -s 20 --verify -o "$tmp/verify/x.png"
    check "--verify: a wrong picture is not written" is_empty "$tmp/verify"
}

test_progress() {
    run -b "$any" -s 320x200 -o - --progress=always
    check "--progress=always leaves stdout clean" cmp -s "$tmp/picture.png" "$tmp/stdout"
    run -b "$any" -v interior --shortcuts=off -s 400 --max-iter 3000 -o "$tmp/bar.png" --progress=always
    check "--progress=always draws on stderr" grep -q '\[.*%.*batches' "$tmp/stderr"
    check "--progress=always leaves stdout empty" [ "$status$(wc -c <"$tmp/stdout")" = 00 ]
    run -b "$any" -v interior --shortcuts=off -s 400 --max-iter 3000 -o "$tmp/bar.png"
    check "no progress where stderr is no terminal" is_silent
    run -b "$any" -v interior --shortcuts=off -s 400 --max-iter 3000 -o "$tmp/bar.png" --progress=never
    check "--progress=never is silent" is_silent
    rm -f "$tmp/bar.png"
}

test_openmp() {
    if ! has_backend openmp; then
        skip "OMP_NUM_THREADS, OMP_SCHEDULE, --schedule" "this build has no OpenMP"
        return
    fi
    record_has "openmp is the default" -s 10 -- backend=openmp
    export OMP_NUM_THREADS=3
    record_has "OMP_NUM_THREADS=3" -b openmp -s 100 -- workers=3 workers_started=3
    record_has "-j beats OMP_NUM_THREADS" -b openmp -s 100 -j 2 -- workers=2 workers_started=2
    OMP_NUM_THREADS=3,2 record_has "OMP_NUM_THREADS=3,2" -b openmp -s 10 -- workers_started=3
    OMP_NUM_THREADS=junk refused_beside_libgomp "OMP_NUM_THREADS=junk" -b openmp -s 10
    OMP_NUM_THREADS=0 refused_beside_libgomp "OMP_NUM_THREADS=0" -b openmp -s 10
    unset OMP_NUM_THREADS
    OMP_SCHEDULE=static,4 record_has "OMP_SCHEDULE" -b openmp -s 10 -- schedule=static,4
    OMP_SCHEDULE=static,4 record_has "--schedule beats OMP_SCHEDULE" -b openmp -s 10 \
        --schedule=guided -- schedule=guided
    OMP_SCHEDULE=junk refused_beside_libgomp "OMP_SCHEDULE=junk" -b openmp -s 10
    local kind
    for kind in static dynamic guided auto static,1 dynamic,3 guided,2; do
        record_has "--schedule=$kind" -b openmp -s 200 -j 2 --schedule="$kind" -- schedule="$kind" \
            sha256=1e720e8f140fdeac56f5c7680b8de9e72f0704e9704575792da77dd63059deea
    done
}

# The OpenMP library complains on its own, before main, in lines that carry its name.
refused_beside_libgomp() {
    local name=$1
    shift
    run "$@"
    sed -i -e '/^libgomp: /d' -e '/^OMP: /d' -e '/^$/d' "$tmp/stderr"
    result "refused with 2: $name" "$(fault_of_refusal 2)"
}

test_cpu() {
    MANDEL_CPU_DISABLE=avx512f record_has "MANDEL_CPU_DISABLE=avx512f" -b "$any" -s 200 -- \
        sha256=1e720e8f140fdeac56f5c7680b8de9e72f0704e9704575792da77dd63059deea
    check "MANDEL_CPU_DISABLE=avx512f chooses another kernel" [ "${record[kernel]-}" != avx512 ]
    MANDEL_CPU_DISABLE=avx512f refused 2 "a kernel that was switched off" -b "$any" -k avx512 -s 9
    MANDEL_CPU_DISABLE=sse2,avx2,fma,avx512f,avx512dq,neon \
        record_has "all CPU features switched off" -b "$any" -s 200 -- kernel=scalar \
        sha256=1e720e8f140fdeac56f5c7680b8de9e72f0704e9704575792da77dd63059deea
    MANDEL_CPU_DISABLE=junk refused 2 "MANDEL_CPU_DISABLE=junk" -b "$any" -s 9
    MANDEL_CPU_DISABLE=avx2, refused 2 "MANDEL_CPU_DISABLE=avx2," -b "$any" -s 9
}

# --- Bad input -----------------------------------------------------------------------------------

test_bad_numbers() {
    local text
    for text in 0 -1 1x0 0x1 1048577 1x1048577 99999999999999999999 12x x12 x 1e3 ' 5' '5 ' '' \
        1x2x3 +5 0x10x 1.5 1048576x1048576; do
        refused 2 "-s '$text'" -b "$any" -s "$text"
    done
    for text in 0 -3 4097 abc '' 2.5 99999999999999999999; do
        refused 2 "-j '$text'" -b "$any" -s 9 -j "$text"
    done
    for text in 0 -1 abc 18446744073709551616; do
        refused 2 "-B '$text'" -b "$any" -s 9 -B "$text"
    done
    for text in 0 4294967295 -5 1e3 ''; do
        refused 2 "--max-iter '$text'" -b "$any" -s 9 --max-iter "$text"
    done
    for text in 0 -1 nan inf 1e400 1e-400 '' ' 1' 1x; do
        refused 2 "--extent '$text'" -b "$any" -s 9 --extent "$text"
    done
    for text in 1 '1,' ',1' nan,0 0,inf 1,2,3 '' '1, 2' 1e400,0 a,b; do
        refused 2 "--center '$text'" -b "$any" -s 9 --center="$text"
    done
    refused 2 "a view beyond double" -b "$any" -s 9 --center=1e308,0 --extent 1.7e308
}

test_bad_words() {
    refused 2 "unknown view" -b "$any" -s 9 -v nowhere
    refused 2 "unknown backend" -s 9 -b nobody
    refused 2 "unknown kernel" -b "$any" -s 9 -k nothing
    refused 2 "unknown palette" -b "$any" -s 9 -p plaid
    check "unknown names list the known" \
        grep -q "$(names palettes available | head -n 1)" "$tmp/stderr"
    refused 2 "unknown list kind" --list kinds
    refused 2 "unknown long option" --frobnicate
    refused 2 "unknown short option" -Z
    refused 2 "ambiguous option" --p
    refused 2 "unknown schedule" -b "$any" -s 9 --schedule=sometimes
    refused 2 "shortcuts of a third kind" -b "$any" -s 9 --shortcuts=maybe
    refused 2 "schedule with chunk 0" -b "$any" -s 9 --schedule=static,0
    refused 2 "unknown progress" -b "$any" -s 9 --progress=perhaps
    refused 2 "extra argument" -b "$any" -s 9 more
    refused 2 "extra argument after --" -b "$any" -s 9 -- -q
    refused 2 "missing value of a short option" -b "$any" -s
    refused 2 "missing value of a long option" -b "$any" --view
    refused 2 "a value for an option without one" -b "$any" -s 9 --json=yes
    refused 2 "a very long name" -b "$any" -s 9 -v "$(printf '%5000s' x)"
    refused 2 "a name with a line end" -b "$any" -s 9 -v $'less\non'
    refused 2 "an option with a line end" -b "$any" -s 9 $'--les\nson'
}

test_bad_outputs() {
    mkdir "$tmp/folder"
    refused 2 "output is a directory" -b "$any" -s 9 -o "$tmp/folder"
    refused 2 "counts are a directory" -b "$any" -s 9 --counts "$tmp/folder"
    refused 2 "an empty output name" -b "$any" -s 9 -o ''
    refused 2 "-o - with --json" -b "$any" -s 9 -o - --json
    refused 2 "--counts - with --json" -b "$any" -s 9 --counts - --json
    refused 2 "-o - with --counts -" -b "$any" -s 9 -o - --counts -
    refused 2 "one file for two outputs" -b "$any" -s 9 -o "$tmp/folder/a" --counts "$tmp/folder/a"
    check "refusals leave no file" is_empty "$tmp/folder"
    refused 2 "one file for two outputs, spelled twice" -b "$any" -s 9 -o "$tmp/folder/a" \
        --counts "$tmp/folder/../folder/./a"
}

# --- What the system refuses ---------------------------------------------------------------------

# fails_to_print NAME REDIRECTION ARGUMENT...: exit 1 and one sentence, when stdout is that.
fails_to_print() {
    local name=$1 redirection=$2
    shift 2
    last_command="$* $redirection"
    : >"$tmp/stdout"
    case $redirection in
    full) "$mandel" "$@" >/dev/full 2>"$tmp/stderr" ;;
    closed) "$mandel" "$@" >&- 2>"$tmp/stderr" ;;
    esac
    status=$?
    result "refused with 1: $name" "$(fault_of_refusal 1)"
    case $redirection in
    full) check "$name: says why" grep -q 'No space left on device' "$tmp/stderr" ;;
    closed) check "$name: says why" grep -q 'Bad file descriptor' "$tmp/stderr" ;;
    esac
}

test_system_refusals() {
    local place=$tmp/refusals
    mkdir "$place"
    refused 1 "-o /dev/full" -b "$any" -s 300 -o /dev/full
    refused 1 "--counts /dev/full" -b "$any" -s 300 --counts /dev/full
    check "/dev/full is still a device" [ -c /dev/full ]
    for redirection in full closed; do
        fails_to_print "--help, stdout $redirection" $redirection --help
        fails_to_print "--version, stdout $redirection" $redirection --version
        fails_to_print "--list, stdout $redirection" $redirection --list views
        fails_to_print "--json, stdout $redirection" $redirection -b "$any" -s 9 --json
        fails_to_print "-o -, stdout $redirection" $redirection -b "$any" -s 9 -o -
        fails_to_print "--counts -, stdout $redirection" $redirection -b "$any" -s 9 --counts -
    done
    "$mandel" -b "$any" -s 1000 --counts - 2>"$tmp/stderr" | head -c 9 >/dev/null
    status=${PIPESTATUS[0]}
    : >"$tmp/stdout"
    last_command="--counts - | head -c 9"
    result "refused with 1: a pipe that nobody reads" "$(fault_of_refusal 1)"

    refused 1 "output in a missing directory" -b "$any" -s 9 -o "$place/missing/x.png"
    refused 1 "output below a file" -b "$any" -s 9 -o "$mandel/x.png"
    refused 1 "output where nothing can be created" -b "$any" -s 9 -o /proc/x.png
    ln -s loop "$place/loop"
    refused 1 "a symbolic link to itself" -b "$any" -s 9 -o "$place/loop"
    rm "$place/loop"
    if [ "$(id -u)" -eq 0 ]; then
        skip "output in an unwritable directory" "root may write anywhere"
        skip "output is an unwritable file" "root may write anywhere"
    else
        chmod 555 "$place"
        refused 1 "output in an unwritable directory" -b "$any" -s 9 -o "$place/x.png"
        chmod 755 "$place"
        : >"$place/locked.png"
        chmod 444 "$place/locked.png"
        refused 1 "output is an unwritable file" -b "$any" -s 9 -o "$place/locked.png"
        rm -f "$place/locked.png"
    fi
    test_no_memory
    check "what the system refused leaves no file" is_empty "$place"
}

# A sanitizer needs more address space than there is: then this cannot be tested.
test_no_memory() {
    local limit=1000000 # KiB
    if ! (ulimit -v "$limit" && "$mandel" --version >/dev/null 2>&1); then
        skip "memory is refused" "this build needs much address space"
        return
    fi
    last_command="-s 30000 under ulimit -v $limit"
    (ulimit -v "$limit" && exec "$mandel" -b "$any" -k null -s 30000 --max-iter 1 \
        -o "$place/x.png" >"$tmp/stdout" 2>"$tmp/stderr")
    status=$?
    # Where the machine has less than such a frame needs, that was found before any work.
    [ "$status" -eq 2 ] && result "memory is refused" "$(fault_of_refusal 2)" && return
    result "memory is refused" "$(fault_of_refusal 1)"
}

# --- Files ---------------------------------------------------------------------------------------

# Writes the picture of test_pictures to $1.
draw() { run -b "$any" -s 320x200 -o "$1"; }
is_picture() { cmp -s "$tmp/picture.png" "$1"; }

test_files() {
    local place=$tmp/files mode
    mkdir -p "$place/inner"
    for mode in 600 640 664 666 755; do
        echo old >"$place/old.png"
        chmod "$mode" "$place/old.png"
        draw "$place/old.png"
        check "a file of mode $mode is replaced and keeps its mode" \
            [ "$(stat -c %a "$place/old.png")" = "$mode" -a "$status" -eq 0 ]
    done
    check "a replaced file has the new content" is_picture "$place/old.png"

    echo old >"$place/inner/real.png"
    ln -s inner/real.png "$place/link.png"
    ln -s link.png "$place/link2.png"
    draw "$place/link2.png"
    check "symbolic links are followed" is_picture "$place/inner/real.png"
    check "symbolic links stay links" [ -L "$place/link.png" -a -L "$place/link2.png" ]
    rm "$place/inner/real.png"
    draw "$place/link.png"
    check "a dangling symbolic link is followed" is_picture "$place/inner/real.png"
    check "a dangling symbolic link stays a link" [ -L "$place/link.png" ]
    ln -s "$place/inner/absolute.png" "$place/link3.png"
    draw "$place/link3.png"
    check "an absolute symbolic link is followed" is_picture "$place/inner/absolute.png"

    mkfifo "$place/fifo"
    cat "$place/fifo" >"$place/received.png" &
    started+=($!)
    draw "$place/fifo"
    await_end $! 5000 || kill -9 $!
    wait $!
    check "a FIFO is written in place" is_picture "$place/received.png"
    check "a FIFO stays a FIFO" [ -p "$place/fifo" ]
    draw /dev/null
    check "/dev/null is written in place" [ "$status" -eq 0 -a -c /dev/null ]
    (cd "$place/inner" && "$OLDPWD/$mandel" -b "$any" -s 320x200 -o bare.png) 2>"$tmp/stderr" ||
        (cd "$place/inner" && "$mandel" -b "$any" -s 320x200 -o bare.png) 2>"$tmp/stderr"
    check "a name without a directory" is_picture "$place/inner/bare.png"
    check "temporary names are gone" [ -z "$(find "$place" -name '*.part')" ]
}

# redirected HOW ARGUMENT...: mandel with redirections given as text.
redirected() {
    local how=$1
    shift
    eval '"$mandel" -b "$any" -s 320x200 "$@" '"$how"
}

test_closed_descriptors() {
    local place=$tmp/closed case fault=
    mkdir "$place"
    run -b "$any" -s 320x200 --counts "$tmp/expected.npy"
    for case in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
        redirected "$case" -o "$place/x.png" --counts "$place/x.npy" ||
            fault+=" $case fails;"
        is_picture "$place/x.png" || fault+=" $case spoils the picture;"
        cmp -s "$place/x.npy" "$tmp/expected.npy" || fault+=" $case spoils the counts;"
        rm -f "$place"/*
        # A sentence has nowhere to go, least of all into the file.
        redirected "$case" -v nowhere -o "$place/x.png" 2>/dev/null
        [ $? -eq 2 ] || fault+=" $case changes a refusal;"
        is_empty "$place" || fault+=" $case leaves a file;"
    done
    result "closed standard descriptors spoil no file" "$fault"
    rm -f "$tmp/expected.npy"
}

# Who started us may ignore SIGCHLD, which is inherited: then the kernel would reap our workers, and we learn nothing.
test_ignored_children() {
    local backend fault=
    for backend in pool manager threads; do
        has_backend "$backend" || continue
        env --ignore-signal=CHLD "$mandel" -b "$backend" -s 200 -j 2 2>/dev/null ||
            fault+=" $backend fails;"
    done
    result "an inherited SIGCHLD that is ignored changes nothing" "$fault"
}

# Only what was there before, unchanged.
is_untouched() { [ "$(ls -A "$1")" = old.png ] && grep -qx old "$1/old.png"; }

# leaves_alone NAME ARGUMENT...: a run with -o over an existing file, which has to fail.
leaves_alone() {
    local name=$1 place=$tmp/failed
    shift
    echo old >"$place/old.png"
    run -b "$any" -s 300 -o "$place/old.png" "$@"
    check "$name: the old file is left alone" is_untouched "$place"
    check "$name: the run fails" [ "$status" -ne 0 ]
}

test_failed_runs() {
    local place=$tmp/failed
    mkdir "$place"
    leaves_alone "bad arguments" -v nowhere
    leaves_alone "a wrong result" -k null --verify
    leaves_alone "counts that cannot be opened" --counts "$place/missing/x.npy"
    leaves_alone "counts that cannot be written" --counts /dev/full
    echo old >"$place/old.png"
    last_command="-o old.png --json >/dev/full"
    "$mandel" -b "$any" -s 300 -o "$place/old.png" --json >/dev/full 2>"$tmp/stderr"
    status=$?
    check "a record that cannot be written: the old file is left alone" is_untouched "$place"
    "$mandel" -b "$any" -s 300 -o "$place/new.png" --json >/dev/full 2>"$tmp/stderr"
    check "a record that cannot be written: no new file" is_untouched "$place"
}

# Two outputs, and the second one's folder goes away while the picture is made: neither is there, and no record either.
test_outputs_are_all_or_none() {
    local place=$tmp/all name
    for name in new old; do
        mkdir -p "$place/lost"
        [ $name = new ] || echo old >"$place/old.png"
        last_command="-o $name.png --counts lost/x.npy --json"
        "$mandel" -b serial -k scalar -v interior --shortcuts=off -s 200 --max-iter 10000 -o "$place/$name.png" \
            --counts "$place/lost/x.npy" --json >"$tmp/stdout" 2>"$tmp/stderr" &
        started+=($!)
        sleep 0.1
        rm -rf "$place/lost"
        wait $!
        status=$?
        result "all outputs or none, a $name file" "$(fault_of_refusal 1)"
        if [ $name = new ]; then
            check "all outputs or none: no file" is_empty "$place"
        else
            check "all outputs or none: the old file is left alone" is_untouched "$place"
        fi
    done
}

# --- Ends by signals -----------------------------------------------------------------------------

# stat_of PID: its state, parent, and so on, as words of `stat`; fails if there is no such process.
stat_of() {
    local line
    read -r line <"/proc/$1/stat" || return 1
    read -ra stat <<<"${line##*) }"
} 2>/dev/null

# Neither gone nor a zombie that waits for its parent.
is_alive() {
    local stat
    stat_of "$1" && [[ ${stat[0]} != [ZX] ]]
}

all_dead() {
    local pid
    for pid in "$@"; do
        is_alive "$pid" && return 1
    done
    return 0
}

# wait_until LIMIT_MS COMMAND...
wait_until() {
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * scale * 1000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
        sleep 0.01
    done
}

await_end() { wait_until "$2" all_dead "$1"; }

# Prints the children of process $1, oldest first.
children() {
    cat /proc/[0-9]*/stat 2>/dev/null | sed -n "s/^\([0-9]*\) (.*) [A-Za-z] $1 .*/\1/p" | sort -n
}

# Has process $1, or a child of it, computed for 50 ms?
is_computing() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v parent="$1" '
        { pid = $1; sub(/.*\) /, "") }
        (pid == parent || $2 == parent) && $12 >= 5 { found = 1 }
        END { exit !found }'
}

# Starts mandel in the background, as a group of its own where SIGINT is not ignored; returns when
# it computes. Sets pid and workers.
start() {
    last_command=$*
    status=none
    : >"$tmp/stdout"
    perl -e 'setpgrp; $SIG{INT} = "DEFAULT"; exec @ARGV' "$mandel" "$@" \
        >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
    started+=("$pid")
    wait_until 5000 is_computing "$pid"
    mapfile -t workers < <(children "$pid")
    started+=(${workers[@]+"${workers[@]}"})
}

# ended SIGNAL TARGET STATUS LIMIT_MS FOLDER: signals the target and waits for the end of what
# `start` started. Sets fault to what is wrong with that end. Bash's own news of killed jobs goes to
# /dev/null.
ended() {
    local expected=$3 limit=$4 folder=$5
    fault=
    kill "-$1" -- "$2"
    if ! await_end "$pid" "$limit"; then
        fault+=" still runs after $((limit * scale)) ms;"
        kill -9 "$pid"
    fi
    wait "$pid"
    status=$?
    [ "$status" -eq "$expected" ] || fault+=" exit status $status instead of $expected;"
    if ! wait_until 1000 all_dead ${workers[@]+"${workers[@]}"}; then
        fault+=" workers are left;"
        kill -9 "${workers[@]}"
    fi
    is_untouched "$folder" || fault+=" the folder's content changed;"
    started=()
} 2>/dev/null

test_stop() {
    local place=$tmp/stopped backend fault delays_signals=false
    # It lets a handler run at the next call into its library, and a kernel's loop makes none.
    grep -qa __tsan_func_entry "$mandel" && delays_signals=true
    mkdir "$place"
    echo old >"$place/old.png"
    for backend in "${backends[@]}"; do
        start -b "$backend" "${endless[@]}" -B 10 -o "$place/old.png"
        ended INT "$pid" 130 2000 "$place"
        result "$backend: SIGINT gives 130" "$fault"
        start -b "$backend" "${endless[@]}" -o "$place/old.png"
        ended TERM "$pid" 143 2000 "$place"
        result "$backend: SIGTERM gives 143" "$fault"
        start -b "$backend" "${endless[@]}" -B 100000000 -o "$place/old.png"
        ended INT "$pid" 130 2000 "$place"
        if $delays_signals && [ ${#workers[@]} -eq 0 ]; then
            skip "$backend: SIGINT ends one huge batch" "the thread sanitizer delays signals"
            continue
        fi
        result "$backend: SIGINT ends one huge batch" "$fault"
        check "$backend: an end by signal needs no words" is_silent
    done
    start -b "$any" "${endless[@]}" -B 10 -o "$place/old.png" --progress=always
    ended TERM "$pid" 143 2000 "$place"
    result "the progress bar ends too" "$fault"
}

# Whoever manages processes signals a whole group: the workers' ends then are no losses.
test_stop_group() {
    local place=$tmp/group backend fault faults try
    mkdir "$place"
    echo old >"$place/old.png"
    for backend in "${backends[@]}"; do
        faults=
        for try in 1 2 3; do
            start -b "$backend" "${endless[@]}" -B 10 -o "$place/old.png"
            ended TERM "-$pid" 143 2000 "$place"
            [ -z "$fault" ] || faults+=" try $try: $fault"
            [ ${#workers[@]} -gt 0 ] || break # nobody to race with
        done
        result "$backend: SIGTERM to the whole group gives 143" "$faults"
    done
}

# A picture of about a second, so that a death falls into it and its end can be waited for.
finite=(-v interior -s 200 -j 2 --max-iter 10000 -k scalar --json)

# Waits for the end of what `start` started, a finite picture. Adds to fault what is wrong with it.
await_picture() {
    await_end "$pid" 20000 || kill -9 "$pid"
    wait "$pid"
    status=$?
    [ "$status" -eq 0 ] || fault+=" exit status $status;"
    [ "$(digest)" = "$finite_digest" ] || fault+=" another picture;"
    wait_until 1000 all_dead "${workers[@]}" || fault+=" workers are left;"
    started=()
}

# survived WHO PID: kill -9 of a child of what `start` started costs nothing but a line on stderr.
survived() {
    local fault='' found
    found=$(comm_of "$2")
    kill -9 "$2"
    await_picture
    grep -q '"workers_lost":1,' "$tmp/stdout" || fault+=" the loss is not counted;"
    is_one_line "$tmp/stderr" || fault+=" not one sentence on stderr;"
    grep -q "$found.*killed by signal 9" "$tmp/stderr" || fault+=" it does not tell of $found;"
    result "$backend: $1 is killed: the picture is complete" "$fault"
} 2>/dev/null

comm_of() { cat "/proc/$1/comm"; }

# lost WHO PID FOLDER: kill -9 of one process must end all the others.
lost() {
    local fault
    ended KILL "$2" 1 2000 "$3"
    is_one_line "$tmp/stderr" || fault+=" not one sentence on stderr;"
    result "$backend: $1 is killed: exit 1, nothing is left" "$fault"
}

# The last child that does not merely stand by: the producer, the server, or a worker.
last_at_work() {
    local child last=
    for child in "${workers[@]}"; do
        [ "$(comm_of "$child")" = spare ] || last=$child
    done
    echo "$last"
}

# Who stands by, once a render has taken so long that somebody does.
spare() {
    local child
    for child in $(children "$pid"); do
        [ "$(comm_of "$child")" != spare ] || echo "$child"
    done
}

# kill -9 of the spare of what `start` started costs nothing at all.
unmissed() {
    local fault='' victim
    victim=$(spare)
    [ -n "$victim" ] || fault+=" nobody stands by;"
    [ -z "$victim" ] || kill -9 "$victim"
    await_picture
    grep -q '"workers_lost":0,' "$tmp/stdout" || fault+=" it is counted as a worker;"
    [ ! -s "$tmp/stderr" ] || fault+=" words on stderr;"
    result "$backend: the spare is killed: nobody notices" "$fault"
} 2>/dev/null

test_deaths() {
    local place=$tmp/deaths backend fault processes=() finite_digest
    mkdir "$place"
    echo old >"$place/old.png"
    run -b serial "${finite[@]}"
    finite_digest=$(digest)
    for backend in "${backends[@]}"; do
        start -b "$backend" "${endless[@]}" -o "$place/old.png"
        ended KILL "$pid" 137 1000 "$place"
        result "$backend: mandel itself is killed: its workers go too" "$fault"
        [ ${#workers[@]} -eq 0 ] && continue
        processes+=("$backend")
        start -b "$backend" "${finite[@]}" -B 1000
        survived "the first worker" "${workers[0]}"
        start -b "$backend" "${finite[@]}" -B 100000000
        survived "the first worker, beside a huge batch," "${workers[0]}"
        if [ "$backend" = manager ]; then
            start -b "$backend" "${endless[@]}" -o "$place/old.png"
            lost "the server" "$(last_at_work)" "$place"
        else
            start -b "$backend" "${finite[@]}" -B 10
            survived "the last child" "$(last_at_work)"
        fi
        start -b "$backend" "${finite[@]}" -B 1000
        unmissed
        test_orphans
    done
    for backend in fork-queue pool shared-array; do
        has_backend "$backend" || continue
        check "$backend: workers are processes" is_among "$backend" "${processes[@]}"
    done
}

# Whose parent is killed at any moment is gone 100 ms later. Nothing that has a name is ever shared,
# so nothing can be left of it.
test_orphans() {
    local try pid orphans named=0 left=0
    for ((try = 0; try < ${CHAOS_PARENTS:-20}; try++)); do
        "$mandel" -b "$backend" "${endless[@]}" -B 1000 2>/dev/null &
        pid=$!
        started+=("$pid")
        sleep "0.0$((RANDOM % 60 + 10))"
        read -ra orphans <"/proc/$pid/task/$pid/children"
        grep -q '/dev/shm' "/proc/$pid/maps" && named=$((named + 1))
        kill -9 "$pid"
        wait "$pid"
        wait_until 100 all_dead ${orphans[@]+"${orphans[@]}"} || left=$((left + 1))
        started=()
    done
    check "$backend: killed $try times, no worker outlives it by 100 ms" [ "$left" -eq 0 ]
    check "$backend: nothing that it shares is in /dev/shm" [ "$named" -eq 0 ]
} 2>/dev/null

# -------------------------------------------------------------------------------------------------

if [ ! -x "$mandel" ]; then
    echo "1..0 # SKIP there is no program $mandel"
    exit 1
fi
find_exact_kernels
check "there is a backend and an exact kernel" [ ${#backends[@]} -gt 0 -a ${#exact[@]} -gt 0 ]
test_information
test_lists
test_record
test_golden
test_pictures # the other tests compare with its picture.png
test_counts
test_options
test_verify
test_progress
test_openmp
test_cpu
test_bad_numbers
test_bad_words
test_bad_outputs
test_system_refusals
test_files
test_closed_descriptors
test_ignored_children
test_failed_runs
test_outputs_are_all_or_none
test_stop
test_stop_group
test_deaths
echo "1..$tests"
