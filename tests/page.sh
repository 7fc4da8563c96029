#!/usr/bin/env bash
# Proves report.html: what it holds, that it needs nothing else, that names stay names, and, where Chromium can be had, that
# it looks right at two widths, by day and by night.
# shellcheck disable=SC2016 # not to be expanded: that is the point
set -u
. tests/campaign.bash

# All at once: here it does not matter what disturbs a sample. That of picture sizes is of all backends.
declare -A job
measure() { "$bench" run "$@" --repeats 0 -q --seed 3 -o "$work/$1" >"$work/$1.out" 2>&1 & job[$1]=$!; }
measured() { wait "${job[$1]}" || { cat "$work/$1.out"; return 1; }; }
measure scaling --no-hyperfine --blocks 6 --pixels 64 --workers 1,2 --backends pool,threads
measure batch --no-hyperfine --blocks 1 --pixels 48 --batches 1,100 --workers 2 --backends pool
measure crossover --no-hyperfine --blocks 1 --pixels 64 --workers 2
measure ipc --blocks 1
measure kernels --blocks 1 --pixels 64
openmp=$(listed backends available | grep -x openmp) # without it there are no schedules
[ -z "$openmp" ] || measure schedule --no-hyperfine --blocks 1 --pixels 64 --workers 2
campaigns=(scaling batch crossover ipc kernels ${openmp:+schedule})
# Makes the page of a campaign again without gnuplot: what lies in plots/ stays.
page_of() { PATH=/nowhere "$bench" report "$work/$1" >/dev/null; }

has() { # CAMPAIGN TEXT...: the page holds each of them
    local text page=$work/$1/report.html
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$page" || { echo "there is no $text"; return 1; }
    done
}
figures() { # CAMPAIGN "NAME NAME ...": exactly these, in this order; which timelines, chance decides
    diff <(grep -o '<figure id="[^"]*"' "$work/$1/report.html" | sed 's/.*figure-//; s/"//; s/gantt-.*/gantt/' | paste -sd' ') <(echo "$2")
}

# One element for the head of each thing that issue and manual promise.
sections() {
    has scaling '<h2>Verdict</h2>' '<h2>Control</h2>' '<h2>Warnings</h2>' '<h2>Machine</h2>' '<h2>To do it again</h2>' \
        'class=answer' 'mandelbench run scaling --no-hyperfine --blocks 6 --pixels 64' 'prefers-color-scheme: dark' &&
        has scaling "$(sed -n 's/^    "cpu": "\(.*\)",$/\1/p' "$work/scaling/manifest.json" | sed 's/&/\&amp;/g')"
}

# The fastest of ranking.csv is the one that the answer names, and its speedup of speedup.csv is in it.
answer_is_true() {
    local winner speedup
    winner=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next} $c["rank"] == 1 {print $c["backend"] " with " $c["workers"] " worker"}' \
        "$work/scaling/ranking.csv")
    speedup=$(awk -F, -v winner="$winner" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        $c["role"] == "case" && $c["backend"] " with " $c["workers"] " worker" == winner {printf "%.2f times", $c["speedup"]}' "$work/scaling/speedup.csv")
    grep -o '<p class=answer>.*' "$work/scaling/report.html" | grep -F "$winner" | grep -F "$speedup"
}

# Every case is a row of the verdict, as is serial.
verdict_is_whole() {
    local rows
    rows=$(awk -F, '$4 == "case" || $4 == "baseline"' "$work/scaling/speedup.csv" | wc -l)
    [ "$(sed -n '/class=verdict/,/<\/table>/p' "$work/scaling/report.html" | grep -c '<th scope=row>')" -eq "$rows" ]
}

# Start and end tags match (but for those that HTML lets be left out), no name is given twice, nothing is fetched, and no
# figure has more than some 500 marks.
well_formed() {
    python3 - "$work/$1/report.html" <<'PYTHON'
import html.parser, re, sys
class Page(html.parser.HTMLParser):
    void, optional = {'meta', 'link', 'img'}, {'li', 'dt', 'dd', 'tr', 'td', 'th'}
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.marks = [], [], 0
    def handle_startendtag(self, tag, attributes):
        self.look(tag, attributes)
    def handle_starttag(self, tag, attributes):
        self.look(tag, attributes)
        if tag not in self.void | self.optional: self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())
        if tag == 'svg': assert self.marks < 620, self.marks
    def look(self, tag, attributes):
        assert tag not in ('script', 'iframe', 'object', 'embed', 'foreignobject'), tag
        if tag == 'svg': self.marks = 0
        self.marks += tag in ('use', 'circle', 'polygon', 'rect')
        for name, value in attributes:
            assert not name.startswith('on'), name
            assert name not in ('src', 'href') or value.startswith(('#', 'data:')), value
            if name == 'id': self.ids.append(value)
page, text = Page(), open(sys.argv[1], encoding='utf-8').read()
page.feed(text)
page.close()
assert not page.open, page.open
assert len(set(page.ids)) == len(page.ids)
assert len(text.encode()) <= 500000, len(text)
assert not re.search(r'url\(|@import|https?://(?!www\.w3\.org/)', text)
PYTHON
}

# Each drawing has words for who cannot see it, and its data as a table with a caption and numerals to the right.
has_data() {
    local page=$work/scaling/report.html
    [ "$(grep -c 'role="img" aria-label="[A-Z]' "$page")" -eq 8 ] && [ "$(grep -c '<details><summary>Data' "$page")" -eq 9 ] &&
        [ "$(grep -c '<caption>' "$page")" -ge 12 ] && grep -q '<td class=n>[0-9.]*<td class=n>' "$page"
}

# One block has no intervals: no bar, no word of any, and no winner.
no_intervals() {
    local plot
    for plot in batch/plots/batch batch/plots/batch-time crossover/plots/crossover ${openmp:+schedule/plots/schedule}; do
        grep -q 'no intervals: too few blocks' "$work/$plot.svg" && ! grep -q '95 % intervals' "$work/$plot.svg" || return 1
    done
    has batch 'Not resolved: one block has no intervals. By medians alone, ' && has crossover 'Not resolved: one block' 'By medians alone, ' &&
        { [ -z "$openmp" ] || { has schedule 'Not resolved: one block' && grep -q '  Winner: not resolved; ' "$work/schedule.out"; }; }
}
# A figure claims intervals where its column of speedup.csv has any.
claims() { # PLOT COLUMN
    local words='no intervals: too few blocks'
    column "$2" <(grep ',case,' "$work/scaling/speedup.csv" | cat <(head -n 1 "$work/scaling/speedup.csv") -) | grep -q . && words='95 % intervals'
    grep -qF "$words" "$work/scaling/plots/$1.svg" || { echo "$1 does not say: $words"; return 1; }
}
claims_intervals() { claims time ci_lo_s && claims speedup speedup_lo && claims efficiency speedup_lo; }

# The campaign of scaling, as if pool with two workers were FACTOR times as slow: drawn as NAME.
slowed() { # NAME FACTOR
    cp -r "$work/scaling" "$work/$1" && awk -F, -v OFS=, -v factor="$2" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i}
        $c["backend"] == "pool" && $c["role"] == "case" && $c["workers"] == 2 {$c["render_s"] *= factor} 1' "$work/scaling/raw.csv" >"$work/$1/raw.csv" &&
        "$bench" report "$work/$1" >/dev/null 2>&1
}
# Points are drawn as uses of their marker. Of pool a hundred times as fast there are as many.
nothing_cut() {
    local before after
    slowed faster 0.01 && before=$(grep -c '<use ' "$work/scaling/plots/speedup.svg") &&
        after=$(grep -c '<use ' "$work/faster/plots/speedup.svg") && echo "$before $after" && [ "$before" -ge 4 ] && [ "$before" -eq "$after" ]
}

# The campaign along batches, as if each of the parts that may be lost were.
loses_all() {
    cp -r "$work/batch" "$work/lossy" && awk -F, -v OFS=, '
        NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; n = split("residual wait send collect dispatch start end_wait idle descheduled", parts, " ")}
        NR > 1 && $c["accounted_s"] {for (k = 1; k <= n; k++) $c[parts[k] "_s"] += $c["accounted_s"] / 10} 1' "$work/batch/raw.csv" >"$work/lossy/raw.csv" &&
        "$bench" report "$work/lossy" >"$work/lossy.out" 2>&1 && ! grep warning "$work/lossy.out" &&
        [ "$(grep -o '<text><tspan[^>]*>[a-zA-Z ]*</tspan></text>' "$work/lossy/plots/loss.svg" | sort -u | tee /dev/stderr | wc -l)" -ge 7 ]
}

serial_alone() {
    "$bench" run batch --no-hyperfine --blocks 1 --pixels 48 --batches 100,200,1000 --backends serial --repeats 0 -q -o "$work/alone" >"$work/alone.out" 2>&1 &&
        ! grep warning "$work/alone.out" && figures alone "batch-time batch"
}

# Where there are several, a schedule stands in every row, in who won and in what is lost.
names_schedules() {
    grep -q '^  openmp dynamic  ' "$work/schedule.out" && grep -q '^  openmp guided,16  ' "$work/schedule.out" &&
        ! grep -qE '^  openmp +[0-9]|with openmp |^  openmp loses|Winner: (.* )?openmp with' "$work/schedule.out" &&
        grep -q '^  openmp [a-z]*[,0-9]* loses most' "$work/schedule.out" && grep -q '<li>openmp [a-z]*[,0-9]* loses most' "$work/schedule/report.html" &&
        ! grep -q '<th scope=row>openmp<' "$work/schedule/report.html"
}

# As many cells are too wide as summary.csv has, and so many of the samples are marked as disturbed as raw.csv has.
warns() {
    local wide
    wide=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next} !($c["half_width"] != "" && $c["half_width"] <= 0.02) {n++} END {print n + 0}' \
        "$work/scaling/summary.csv")
    has scaling "Interval not within 2 % of the median: $wide of $(($(wc -l <"$work/scaling/summary.csv") - 1)) cells." || return 1
    if column noisy "$work/scaling/raw.csv" | grep -q .; then
        has scaling "marked as disturbed."
    else
        has scaling "whether they were disturbed was not judged."
    fi
}
# What was never judged is not called undisturbed.
not_judged() {
    cp -r "$work/scaling" "$work/unjudged" && awk -F, -v OFS=, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "noisy") c = i} NR > 1 {$c = ""} 1' \
        "$work/scaling/raw.csv" >"$work/unjudged/raw.csv" && page_of unjudged && has unjudged 'whether they were disturbed was not judged.' &&
        ! grep -q '0 marked as disturbed' "$work/unjudged/report.html"
}

# The alternative text names the highest speedup of all cases.
tells_most() {
    local most
    most=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        $c["role"] == "case" && $c["speedup"] > most {most = $c["speedup"]; who = $c["backend"] ", workers: " $c["workers"]}
        END {printf "The highest is %.2f: %s.", most, who}' "$work/scaling/speedup.csv")
    grep -o 'aria-label="Speedup over serial[^"]*"' "$work/scaling/report.html" | grep -F "$most"
}

# The sentence of each backend, all with the most workers that there are CPUs for; the bound of a case and its share, the
# factors of every case.
says_why() {
    local page=$work/scaling/report.html backend workers most sentence bounds
    most=$(awk -F, -v usable="$(column usable_cpus "$work/scaling/raw.csv" | head -n 1)" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        $c["workers"] <= usable && $c["workers"] > most {most = $c["workers"]} END {print most}' "$work/scaling/speedup.csv")
    while IFS= read -r backend; do
        workers=$most
        if [ "$backend" = serial ]; then workers=1; fi
        sentence=$(awk -F, -v backend="$backend" -v workers="$workers" 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
            $c["backend"] == backend && $c["workers"] == workers && $c["role"] != "null"' "$work/scaling/loss.csv" |
            grep -o "$backend loses most[^\"]*" | head -n 1 | sed "s/'/\&#39;/g")
        if [ -z "$sentence" ] || ! grep -F "<li>$sentence" "$page" | grep -qE '[^0-9]( \(× [0-9.]+\))?\.$'; then
            echo "no loss of $backend with $workers"
            return 1
        fi
    done < <(column backend "$work/scaling/ranking.csv")
    bounds=$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        $c["role"] == "case" {printf "%.3f<td class=n>%.0f %%\n", $c["bound_s"] * 1e3, $c["pct_of_bound"]}' "$work/scaling/speedup.csv")
    while read -r bound; do grep -qF "$bound" "$page" || { echo "no bound $bound"; return 1; }; done <<<"$bounds"
    [ "$(sed -n '/id=factors/,/<\/section>/p' "$page" | grep -c '^<tr>')" -eq \
        "$(awk -F, '$4 == "case"' "$work/scaling/factors.csv" | wc -l)" ]
}

# What report makes again is the same page, and the drawings for it are not left lying about.
same_again() {
    cp "$work/scaling/report.html" "$work/before.html" && "$bench" report "$work/scaling" >/dev/null &&
        cmp "$work/before.html" "$work/scaling/report.html" && ! compgen -G "$work/scaling/plots/*.page.svg"
}

order_is_true() {
    local order=$work/scaling/order.csv raw=$work/scaling/raw.csv
    diff <(column place "$order") <(seq "$(($(wc -l <"$raw") - 1))") &&
        diff <(column render_s "$order") <(column render_s "$raw")
}

# A trace of pool's five batches, of which the last is short: worker 0 computes the first, third and fifth. That of threads
# does not tell of all.
traced() {
    local batch events=
    cp -r "$work/scaling" "$work/traced" && mkdir -p "$work/traced/trace" || return 1
    for batch in 0 1 2 3 4; do
        events+=",{\"ph\":\"X\",\"name\":\"compute\",\"pid\":1,\"tid\":$((1 + batch % 2)),\"ts\":$batch,\"dur\":1,\"args\":{\"batch\":$batch}}"
    done
    echo "{\"traceEvents\":[${events:1}]}" >"$work/traced/trace/pool.json"
    echo '{"traceEvents":[{"name":"compute","tid":1,"args":{"batch":0}},{"name":"compute","tid":-1,"args":{"batch":9}}]}' \
        >"$work/traced/trace/threads.json"
    "$bench" report "$work/traced" >/dev/null && has traced 'src="data:image/png;base64,' &&
        diff <(cut -d, -f4- "$work/traced/drawn.csv" | tail -n +2) <(printf 'pool,2,0,3,2096\npool,2,1,2,2000\n') && well_formed traced
}

# A campaign whose manifest and drawings somebody else wrote: nothing of them may act.
evil() {
    cp -r "$work/scaling" "$work/evil" && perl -0777 -pi -e '
        my $x = "<script>alert(1)<\/script>\\\"\x27><img src=x onerror=alert(2)>&amp;<\/style><\/pre>";
        s/"(command|campaign|commit|compiler|cpu|kernel)": "[^"]*"(?=,?\n\s+"(started|experiment|compiler|seed|kernel|cpus_online))/"$1": "$x"/g' "$work/evil/manifest.json" &&
        grep -q 'onerror' "$work/evil/manifest.json" && printf '%s' '<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40" onload="alert(3)"><script>alert(4)</script><a href="javascript:alert(5)"><text>x</text></a>
<style>*{background:url(http://localhost/)}</style><foreignObject><iframe src="http://localhost/"></iframe></foreignObject>
<image href="http://localhost/x.png"/><use href="http://localhost/#x"/><rect fill="url(http://localhost/)" onclick="alert(6)" style="fill:red"/>
<g id="evil"><text x="10" y="20">kept &lt;b&gt; &amp; shown</text></g></svg>' >"$work/evil/plots/ipc.svg" &&
        page_of evil && has evil '&lt;script&gt;alert(1)&lt;/script&gt;' 'kept &lt;b&gt; &amp; shown' &&
        well_formed evil
}
broken_drawings() {
    cp -r "$work/scaling" "$work/broken" && cd "$work/broken/plots" || return 1
    printf '' >gantt-pool.svg
    printf '<svg' >loss.svg
    printf '<svg><g></svg>' >gantt-threads.svg
    printf '<svg></g></g></svg>' >batch.svg
    printf '<svg a="></svg>' >heat.svg
    printf '<svg><script></svg>' >crossover.svg
    printf '<svg><text>x' >faults.svg
    printf '<svg a=b></svg>' >ipc.svg
    printf '<svg><g></text></svg>' >speedup.svg
    printf '<svgs/><svg>%s' "$(printf '<g>%.0s' {1..99})" >cpu.svg
    printf '<svg><!-- ' >ipc-threads.svg
    cd "$OLDPWD" && page_of broken && well_formed broken
}
# Drawings that are too much together: the later ones are named instead, and the machine stays.
too_large() {
    local name path
    path="M0 0$(printf 'h0%.0s' {1..70000})"
    cp -r "$work/scaling" "$work/large" || return 1
    for name in batch heat crossover ipc ipc-threads faults; do
        echo "<svg viewBox=\"0 0 9 9\"><path d=\"$path\"/></svg>" >"$work/large/plots/$name.svg"
    done
    page_of large && well_formed large && has large 'see plots/faults.svg' '<h2>Machine</h2>' && [ "$(wc -c <"$work/large/report.html")" -gt 300000 ]
}

for campaign in "${campaigns[@]}"; do
    ok "measures a campaign: $campaign" measured "$campaign"
done
ok "has an answer, verdict, control, warnings, machine and command" sections
ok "answers what the tables say" answer_is_true
ok "gives a verdict on every case" verdict_is_whole
ok "lists samples in the order they were taken" order_is_true
if command -v gnuplot >/dev/null; then
    ok "draws what a scaling campaign has" figures scaling "speedup time efficiency cpu order loss gantt gantt"
    ok "draws what a campaign along batches has" figures batch "batch-time batch heat cpu loss gantt gantt"
    ok "draws what serial alone does along batches" serial_alone
    ok "draws what a campaign along picture sizes has" figures crossover "crossover cpu loss gantt gantt"
    [ -z "$openmp" ] || ok "draws what a campaign of schedules has" figures schedule "schedule cpu loss gantt gantt"
    ok "promises no interval that there is not" no_intervals
    ok "says of each figure whether it has intervals" claims_intervals
    ok "cuts nothing that is faster than ideal" nothing_cut
    ok "draws what is slower by far" slowed slower 3000
    ok "draws every part that may be lost" loses_all
    ok "draws what a campaign of messages has" figures ipc "ipc ipc-threads"
    ok "draws what a campaign of kernels has" figures kernels "kernels kernels-shortcuts"
    ok "gives each drawing its words and its data" has_data
    ok "tells the highest value to those who cannot see" tells_most
    ok "makes the same page again" same_again
fi
[ -z "$openmp" ] || ok "names the schedule wherever there are several" names_schedules
ok "warns of what the tables say against themselves" warns
ok "does not call undisturbed what was not judged" not_judged
ok "says what each backend loses, how near it came, and the factors" says_why
for campaign in "${campaigns[@]}"; do
    ok "is one well-formed page for itself: $campaign" well_formed "$campaign"
done
ok "shows who drew what, where a trace tells" traced
ok "takes nothing of names and drawings for markup" evil
ok "survives drawings that are none" broken_drawings
ok "has at most 500 KB, whatever is to be shown" too_large
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
mapfile -t pages < <(printf "$work/%s/report.html\n" "${campaigns[@]}" evil large)
[ ! -e "$work/slower" ] || pages+=("$work"/{faster,slower,lossy,alone}/report.html)
if [ -n "$browser" ]; then
    ok "looks right in a browser, wide and narrow, by day and by night" python3 tests/browser.py "$browser" "${pages[@]}"
else
    number=$((number + 1))
    echo "ok $number - looks right in a browser # SKIP there is no Chromium (package chromium)"
fi

echo "1..$number"
