#!/usr/bin/env bash
# Proves that names which others choose are never run and never break a file: directories, outputs, and what stands
# in a campaign that somebody else made.
# shellcheck disable=SC2016,SC2094 # not to be expanded: that is the point; tail reads before anything is appended
set -u
build=$(cd "${BUILD:-build}" && pwd)
bench=$build/mandelbench
mandel=$build/mandel
seeds=$(cd "$(dirname "$0")/fuzz/corpus" && pwd)
. tests/tap.bash
cd "$work" || exit 1

# What each name would do if anything took it for code: make a file "pwned".
nothing_ran() { [ -z "$(find "$work" -name 'pwned*' -print)" ]; }

# Is FILE well-formed XML? Entities, characters and nesting by a few lines of Perl; xmllint too where there is one.
well_formed() {
    perl -e '
        use utf8; use Encode;
        local $/; open(my $in, "<:raw", $ARGV[0]) or die "cannot open"; my @open;
        my $text = Encode::decode("UTF-8", <$in>, Encode::FB_CROAK);
        die "control character" if $text =~ /[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]/;
        die "bare &" if $text =~ /&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)/;
        $text =~ s/<!--.*?-->|<\?.*?\?>|<!DOCTYPE.*?>|<!\[CDATA\[.*?\]\]>//gs;
        while ($text =~ /<(\/?)([A-Za-z:]+)((?:[^<>"\x27]|"[^"<]*"|\x27[^\x27<]*\x27)*)>/g) {
            my ($end, $name, $rest) = ($1, $2, $3);
            if ($end) { die "not open: $name" unless @open && pop(@open) eq $name }
            elsif ($rest !~ /\/$/) { push @open, $name }
        }
        die "left open: @open" if @open;
        $text =~ s/<\/?[A-Za-z:]+(?:[^<>"\x27]|"[^"<]*"|\x27[^\x27<]*\x27)*>//g;
        die "bare <" if $text =~ /</;' "$1" || return 1
    ! command -v xmllint >/dev/null || xmllint --noout "$1"
}

# Is FILE the CSV of RFC 4180, with as many fields in each row as in the header, and no control character?
is_table() {
    perl -e '
        local $/; open(my $in, "<:raw", $ARGV[0]) or die "cannot open"; my $text = <$in>; my ($fields, $columns, $rows) = (0, 0, 0);
        die "control character" if $text =~ /[\x00-\x09\x0b-\x1f\x7f]/;
        die "no number: $1" if $text =~ /[,\n](-?inf|-?nan)[,\n]/i;
        while ($text =~ /\G(?:"(?:[^"]|"")*"|[^,"\n]*)(,|\n)/gc) {
            $fields++;
            if ($1 eq "\n") { $columns ||= $fields; die "row $rows: $fields fields" if $fields != $columns; $fields = 0; $rows++ }
        }
        die "trailing" if $fields || (pos($text) // 0) != length $text;
        die "no rows" if $rows < 2;' "$1"
}

is_json() { perl -MJSON::PP -e 'local $/; open(my $in, "<:raw", $ARGV[0]); decode_json(<$in>)' "$1"; }

# Every file of a campaign is what it should be; DIRECTORY may begin with '-'.
sound_campaign() {
    local file plots=0
    is_json "$1/manifest.json" || return 1
    for file in "$1"/*.csv; do
        is_table "$file" || { printf '%q\n' "$file"; return 1; }
    done
    for file in "$1"/plots/*.svg; do
        well_formed "$file" || { printf '%q\n' "$file"; return 1; }
        plots=$((plots + 1))
    done
    [ "$plots" -ge 5 ]
}

outside_too=()
command -v hyperfine >/dev/null || outside_too=(--no-hyperfine)
tiny=(run scaling --blocks 1 --pixels 16 --kernels scalar --backends pool --workers 1 --repeats 0 --seed 5 -q)

# A campaign in a directory of that name, the view from outside included where there is hyperfine.
named_campaign() {
    local place
    place=$(mktemp -d "$work/in.XXXX") && cd "$place" || return 1
    "$bench" "${tiny[@]}" "${outside_too[@]}" -o "$1" >table 2>errors || { cat errors; return 1; }
    cat errors
    ! grep -q 'no view from outside\|cannot' errors && ! grep -q $'\e' table errors || return 1
    [ "$(find . -mindepth 1 -maxdepth 1 -type d -printf x)" = x ] && sound_campaign "./$1" || return 1
    [ -s "./$1/images/pool.png" ] && cmp "./$1/images/pool.png" "./$1/images/serial.png" || return 1
    ! command -v hyperfine >/dev/null || [ -s "./$1/outside.csv" ] || return 1
    "$bench" report "./$1" >/dev/null 2>&1 && "$bench" run --resume -q --no-hyperfine -o "$1" >/dev/null 2>&1 &&
        nothing_ran
}

# The pictures and counts of mandel under that name, and nothing else.
named_output() {
    local place
    place=$(mktemp -d "$work/in.XXXX") && cd "$place" || return 1
    "$mandel" -s 8 -q -o "$1" && "$mandel" -s 8 -q --counts "$1.npy" -o "$1" --json >record && is_json record &&
        [ -s "./$1" ] && [ -s "./$1.npy" ] && [ "$(find . -type f -printf x)" = xxx ] && nothing_ran
}

names=('-rf' '--version' "it's \"quoted\" \`touch pwned\` \$(touch pwned)" $'two\nlines; touch pwned\n'
    '|touch pwned' '<touch pwned' 'a;touch pwned & b|touch pwned' '100%s%n %d {{x}} @ARG1 #!$0' '<b>&amp;]]><!--'
    $'esc\e[31m\xc2\x9b2J\x7f' $'not\xff\xfeUTF-8\xc3' "'; system('touch pwned'); '" '*?[a]~' 'é✓ and blanks ')
for i in "${!names[@]}"; do
    ok "writes outputs under $(printf %q "${names[i]}")" named_output "${names[i]}"
done
blamed() {
    ! "$mandel" --json -xq 2>"$work/seen.err" && grep -q "unknown option '-x'" "$work/seen.err" &&
        ! "$mandel" --json --quiet=3 2>"$work/seen.err" && grep -q "option '--quiet=3'" "$work/seen.err"
}
ok "blames the option that is wrong, not the one before it" blamed
ok "measures into a directory like an option" named_campaign '-rf'
ok "measures into a directory with quotes and commands" named_campaign "${names[2]}"
ok "measures into a directory with line ends" named_campaign "${names[3]}"
ok "measures into a directory like a pipe" named_campaign '|touch pwned'
ok "measures into a directory with formats and markup" named_campaign "%s%n<b>&amp;{x}\$0;touch pwned"
ok "measures into a directory that is no text" named_campaign "${names[9]}${names[10]}"

# A campaign that somebody else made: seed of the fuzzer, and its header (of raw.csv, the columns of the first version).
columns() {
    case $1 in
    raw) awk -F'[(,)]' '/^COLUMN_/ { print $2 } /^COLUMN_WHOLE\(env_pad\)/ { exit }' "$seeds/../../../bench/campaign/raw.def" | paste -sd, ;;
    ipc) head -n 1 "$seeds/../../../results/reference-ipc/ipc_raw.csv" ;;
    esac
}

# Rows as long as the header: the seeds know nothing of columns that were added later.
whole_rows() { awk -F, 'NR == 1 { columns = NF } { for (i = NF; i < columns; i++) $0 = $0 ","; print }'; }

# foreign SEED FILE TABLE EXPRESSION: makes $work/f, its manifest changed by a Perl expression on $m.
foreign() {
    rm -rf "$work/f" && mkdir -p "$work/f/plots" &&
        perl -0777 -MJSON::PP -Mutf8 -e '
            my ($manifest) = split /\f/, <STDIN>; my $m = decode_json($manifest); eval $ARGV[0]; die $@ if $@;
            print JSON::PP->new->utf8->encode($m)' "$4" <"$seeds/campaign/$1" >"$work/f/manifest.json" &&
        { columns "$3" && sed '1,/\f/s/^.*\f//' "$seeds/campaign/$1"; } | whole_rows >"$work/f/$2"
}

# What lies outside of the campaign.
outside() { 
    find "$work" -path "$work/f" -prune -o -path "$work/out" -prune -o -path "$work/seen*" -prune -o -type f -print0 |
        sort -z | xargs -0 sha256sum
}

# Reports on it: done, nothing but text printed, nothing written elsewhere, every figure sound.
harmless_report() {
    local before file
    before=$(outside)
    "$bench" report "$work/f" >"$work/seen" 2>"$work/seen.err" </dev/null || { cat "$work/seen.err"; return 1; }
    cat "$work/seen.err"
    if tr -d '\n' <"$work/seen" | LC_ALL=C grep -q '[[:cntrl:]]\|'$'\xc2''[\x80-\x9f]'; then
        echo "control characters were printed"
        return 1
    fi
    for file in "$work"/f/plots/*.svg; do
        [ ! -e "$file" ] || well_formed "$file" || return 1
    done
    for file in "$work"/f/[!i]*d*.csv; do
        [ ! -e "$file" ] || is_table "$file" || return 1
    done
    [ "$before" = "$(outside)" ] && nothing_ran
}

refused_report() {
    local before status=0
    before=$(outside)
    timeout 60 "$bench" report "$work/f" >"$work/seen" 2>"$work/seen.err" </dev/null || status=$?
    cat "$work/seen.err"
    [ "$status" -eq 2 ] && [ ! -s "$work/seen" ] && [ "$(wc -l <"$work/seen.err")" -eq 1 ] &&
        [ "$before" = "$(outside)" ] && nothing_ran
}

evil='my $x = "<script>&amp;\"\x27`touch pwned`\$(touch pwned)%s%n{/Bold x}_y^z\@w\n\e[31m|\x{9b}2J;touch pwned";
    $m->{$_} = $x for qw(campaign command started_utc version commit compiler); $m->{machine}{$_} = $x for qw(cpu kernel);'
evil_names() {
    foreign scaling raw.csv raw "$evil" && harmless_report && is_table "$work/f/speedup.csv" &&
        grep -q 'script' "$work/f/plots/speedup.svg"
}
cut_name() {
    foreign scaling raw.csv raw '$m->{machine}{cpu} = "x" . "\x{e9}" x 100; $m->{campaign} = "\x{20ac}" x 50' &&
        harmless_report && is_table "$work/f/speedup.csv"
}
far_experiment() { foreign scaling raw.csv raw '$m->{experiment} = "../../../pwned"; $m->{campaign} = "/../x"' && harmless_report; }
cpu_like_option() { # TEXT
    foreign ipc ipc_raw.csv ipc "\$m->{machine}{cpu} = '$1'" && harmless_report && [ -s "$work/f/plots/ipc.svg" ]
}

# Rows that are of no case are left out, whatever they say.
evil_rows() {
    foreign scaling raw.csv raw '' && "$bench" report "$work/f" >/dev/null 2>&1 && cp "$work/f/speedup.csv" "$work/seen.csv" || return 1
    tail -n 1 "$work/f/raw.csv" | sed 's/,pool,/,"=cmd|`touch pwned`!A0\n<x>",/' >>"$work/f/raw.csv"
    tail -n 3 "$work/f/raw.csv" | head -n 1 | sed "s/,scalar,/,\"'; system('touch pwned') #\",/" >>"$work/f/raw.csv"
    harmless_report && cmp "$work/f/speedup.csv" "$work/seen.csv"
}

# set_field NUMBER TEXT: in every row.
set_field() {
    foreign scaling raw.csv raw '' && awk -F, -v OFS=, -v n="$1" -v text="$2" 'NR > 1 { $n = text } { print }' "$work/f/raw.csv" \
        >"$work/rows" && mv "$work/rows" "$work/f/raw.csv"
}
evil_cpu_times() { set_field 37 1.5e308 && sed -i 's/1.5e308,[^,]*/1.5e308,1.5e308/' "$work/f/raw.csv" && harmless_report; }
evil_times() { set_field 33 "$1" && refused_report; }

evil_view() { foreign scaling raw.csv raw '$_->{view} = "../x;touch pwned\e[2J" for @{$m->{cases}}' && refused_report; }
evil_backend() { foreign scaling raw.csv raw '$_->{backend} = "../../pwned" for @{$m->{cases}}' && refused_report; }
cases() { foreign scaling raw.csv raw "my \$c = \$m->{cases}[0]; \$m->{cases} = [map { {%\$c, max_iter => \$_} } 1 .. $1]"; }
too_many_cases() { cases 100000 && refused_report; }
# Each with a row of its own, so that every table is as long as it can be.
many_cases() {
    cases 4096 && awk -F, -v OFS=, 'NR == 1 { print } NR == 2 { $8 = "baseline"; $11 = "serial"; $15 = ""; $16 = 1
        for (i = 1; i <= 4096; i++) { $27 = i; print } }' "$work/f/raw.csv" >"$work/rows" && mv "$work/rows" "$work/f/raw.csv" &&
        timeout 300 "$bench" report "$work/f" >/dev/null && [ "$(wc -l <"$work/f/speedup.csv")" -eq 4097 ]
}
endless() { foreign scaling raw.csv raw "\$m->{$1} = $2" && refused_report; }

linked() { # FILE: which leads out of the campaign
    foreign scaling raw.csv raw '' && rm -rf "$work/f/${1:?}" "$work/precious" && mkdir "$work/precious" &&
        echo precious >"$work/precious/file" && ln -s "$2" "$work/f/$1" && refused_report
}

waits_for_nobody() { foreign scaling raw.csv raw '' && rm "$work/f/$1" && mkfifo "$work/f/$1" && refused_report; }

evil_outside() {
    foreign scaling raw.csv raw '' && mkdir "$work/f/hyperfine" && printf '%s' \
        '{"results": [{"command": "\u001b]0;x\u0007\u009b<&>`touch_pwned` 1", "times": [0.5]}]}' >"$work/f/hyperfine/mandel.json" &&
        printf '%s' '{"backend": "\u001b]0;x\u0007\u009b<&>`touch_pwned`", "workers": 1, "total_s": 0.25, "render_s": 0.125}' \
            >"$work/f/hyperfine/inside.jsonl" && harmless_report
}

if command -v gnuplot >/dev/null; then
    ok "reports on a machine and a campaign with evil names" evil_names
    ok "reports on names that must be cut within a character" cut_name
    ok "reports on a machine called like an option" cpu_like_option '--version'
    ok "reports on a machine called like a persistent plot" cpu_like_option '-persist'
    ok "reports on a machine called like a command" cpu_like_option '| touch pwned'
fi
ok "reports on an experiment that is a path" far_experiment
ok "reports on rows with evil names" evil_rows
ok "reports on CPU times beyond all doubles" evil_cpu_times
ok "refuses times beyond all measure" evil_times 1e308
ok "refuses times below all measure" evil_times 1e-320
ok "reports on a view from outside with evil names" evil_outside
ok "refuses a view that it does not know" evil_view
ok "refuses a backend that is a path" evil_backend
ok "refuses a block of too many cases" too_many_cases
ok "reports on as many cases as there may be" many_cases
ok "refuses a campaign without end" endless blocks 9007199254740993
ok "refuses more CPUs than there are" endless usable_cpus 4294967296
ok "refuses no CPUs" endless usable_cpus 0
ok "refuses a manifest that is a link" linked manifest.json "$seeds/campaign/scaling"
ok "refuses a table that is a link" linked speedup.csv "$work/precious/file"
ok "refuses a picture that is a link" linked plots/time.svg ../../precious/file
ok "refuses plots that lie elsewhere" linked plots ../precious
ok "refuses a campaign that would be waited for" waits_for_nobody manifest.json
ok "refuses rows that would be waited for" waits_for_nobody raw.csv

list() { # PREFIX COUNT: "prefix1,prefix2,…"
    seq -s, -f "$1%.0f" "$2"
}
hurried_refusal() {
    local status=0
    timeout 60 "$bench" run -o "$work/refused" "$@" >"$work/seen" 2>"$work/seen.err" </dev/null || status=$?
    cut -c1-300 "$work/seen.err"
    [ "$status" -eq 2 ] && [ ! -s "$work/seen" ] && [ "$(wc -l <"$work/seen.err")" -eq 1 ] &&
        [ "$(wc -c <"$work/seen.err")" -lt 600 ] && [ ! -e "$work/refused" ]
}
lab() { "$bench" lab fork "$1" >/dev/null && [ -s "$1/fork.csv" ] && nothing_ran; }
ok "keeps a lab's table in a directory with quotes and commands" lab "$work/${names[2]}${names[9]}"
ok "refuses thousands of workers' numbers" hurried_refusal --workers "$(list '' 20000)"
ok "refuses a value without end" hurried_refusal --pixels "$(head -c 100000 /dev/zero | tr '\0' 1)"
ok "refuses axes that multiply" hurried_refusal --pixels "$(list '' 32)" --max-iter "$(list '' 32)" --batches "$(list '' 32)" --workers "$(list '' 32)"
ok "refuses the same again and again" hurried_refusal --views "$(list lesson, 16 | sed 's/[0-9]*//g; s/,,*/,/g; s/,$//')" \
    --pixels "$(list '' 32)" --max-iter "$(list '' 32)" --batches "$(list '' 32)"
ok "refuses terminal commands in one clean line" hurried_refusal --backends $'\e[2J\nx'

echo "1..$number"
