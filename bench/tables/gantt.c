/* gantt.csv: what each worker and coordinator did, and when, as the marks of a figure; from the
 * traces of the campaign. A trace with more slices than a figure should have marks is divided into
 * equal intervals, and in each of them a phase takes its share of the lane's height. */
#include "base/size.h"
#include "base/text.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARKS_MAX     500 /* of a figure */
#define INTERVALS_MAX 100 /* more could not be told apart */
#define TRACKS_MAX    32  /* further ones are left out */
#define US_PER_S      1e6

#define SHARE_LEAST 1e-6 /* less comes from rounding at an interval's ends */

/* In the order in which shares stand on each other, from below. */
static const char *const phases[] = {"compute", "send",  "collect", "dispatch",
                                     "wait",    "start", "idle"};
#define PHASE_COUNT (sizeof phases / sizeof *phases)

struct slice {
    unsigned track, phase;
    double begin_s, end_s;
};

struct track {
    json_int_t pid, tid;
    char name[48];
};

struct trace {
    struct slice *slices;
    size_t count;
    double begin_s, end_s;
    struct track tracks[TRACKS_MAX];
    unsigned track_count;
    bool seen[TRACKS_MAX][PHASE_COUNT];
};

/* ---- reading ---- */

static const char *text_of(const json_t *event, const char *key) {
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

/* The track's number, a new one if need be; TRACKS_MAX: there is no room for it. */
static unsigned find_track(struct trace *trace, const json_t *event) {
    json_int_t pid = json_integer_value(json_object_get(event, "pid"));
    json_int_t tid = json_integer_value(json_object_get(event, "tid"));
    unsigned track = 0;
    while (track < trace->track_count &&
           (trace->tracks[track].pid != pid || trace->tracks[track].tid != tid))
        track++;
    if (track == trace->track_count && track < TRACKS_MAX) {
        struct track *new = &trace->tracks[trace->track_count++];
        *new = (struct track){.pid = pid, .tid = tid};
        snprintf(new->name, sizeof new->name, "%lld", (long long)tid);
    }
    return track;
}

static void take_name(struct trace *trace, const json_t *event) {
    const char *name = text_of(json_object_get(event, "args"), "name");
    unsigned track = find_track(trace, event);
    if (track == TRACKS_MAX || !*name)
        return;
    snprintf(trace->tracks[track].name, sizeof trace->tracks[track].name, "%s", name);
    text_tame(trace->tracks[track].name);
}

/* A slice is named after its phase; others are not drawn. */
static unsigned find_phase(const char *name) {
    size_t length = strcspn(name, " ");
    unsigned phase = 0;
    while (phase < PHASE_COUNT &&
           (strlen(phases[phase]) != length || strncmp(phases[phase], name, length) != 0))
        phase++;
    return phase;
}

static void take_slice(struct trace *trace, const json_t *event) {
    double begin_s = json_number_value(json_object_get(event, "ts")) / US_PER_S;
    double length_s = json_number_value(json_object_get(event, "dur")) / US_PER_S;
    unsigned phase = find_phase(text_of(event, "name")), track = find_track(trace, event);
    if (phase == PHASE_COUNT || track == TRACKS_MAX || !(length_s > 0 && length_s < 1e9) ||
        !(fabs(begin_s) < 1e12))
        return;
    bool first = trace->count == 0;
    trace->begin_s = first ? begin_s : fmin(trace->begin_s, begin_s);
    trace->end_s = first ? begin_s + length_s : fmax(trace->end_s, begin_s + length_s);
    trace->seen[track][phase] = true;
    trace->slices[trace->count++] = (struct slice){track, phase, begin_s, begin_s + length_s};
}

/* 0; -ENOMEM; -EPROTO: there is nothing in it to draw. The caller frees the slices. */
static int take_events(struct trace *trace, const json_t *root) {
    const json_t *events = json_is_array(root) ? root : json_object_get(root, "traceEvents");
    trace->slices = malloc((json_array_size(events) + 1) * sizeof *trace->slices);
    if (!trace->slices)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (strcmp(text_of(event, "name"), "thread_name") == 0)
            take_name(trace, event);
        else if (strcmp(text_of(event, "ph"), "X") == 0)
            take_slice(trace, event);
    }
    return trace->end_s - trace->begin_s > 1e-9 ? 0 : -EPROTO;
}

/* ---- from slices to marks ---- */

/* What becomes of one trace: rows of the table. */
struct figure {
    struct tables *tables;
    const struct campaign *campaign;
    const char *backend;
    const struct trace *trace;
};

/* A row of the whole lane's height. */
static struct gantt_row *add_row(const struct figure *figure, unsigned track, unsigned phase) {
    struct gantt_row *row = &figure->tables->gantt[figure->tables->gantt_count++];
    *row = (struct gantt_row){.schema = 1, .track = track + 1, .high = 1};
    snprintf(row->campaign, sizeof row->campaign, "%s", figure->campaign->name);
    snprintf(row->backend, sizeof row->backend, "%s", figure->backend);
    snprintf(row->name, sizeof row->name, "%s", figure->trace->tracks[track].name);
    snprintf(row->phase, sizeof row->phase, "%s", phases[phase]);
    return row;
}

static void add_slices(const struct figure *figure) {
    const struct trace *trace = figure->trace;
    for (size_t i = 0; i < trace->count; i++) {
        const struct slice *slice = &trace->slices[i];
        struct gantt_row *row = add_row(figure, slice->track, slice->phase);
        row->begin_s = slice->begin_s - trace->begin_s;
        row->end_s = slice->end_s - trace->begin_s;
    }
}

/* Seconds in each phase, for each track and interval: [track][interval][phase]. */
struct shares {
    double *seconds;
    size_t intervals;
    double interval_s;
};

static double *share_at(const struct shares *shares, unsigned track, size_t interval) {
    return shares->seconds + (track * shares->intervals + interval) * PHASE_COUNT;
}

static void spread(const struct shares *shares, const struct trace *trace,
                   const struct slice *slice) {
    double begin_s = slice->begin_s - trace->begin_s, end_s = slice->end_s - trace->begin_s;
    size_t i = (size_t)(begin_s / shares->interval_s);
    for (; i < shares->intervals && (double)i * shares->interval_s < end_s; i++) {
        double from_s = fmax(begin_s, (double)i * shares->interval_s);
        double to_s = fmin(end_s, (double)(i + 1) * shares->interval_s);
        share_at(shares, slice->track, i)[slice->phase] += fmax(to_s - from_s, 0);
    }
}

static void add_interval(const struct figure *figure, const struct shares *shares, unsigned track,
                         size_t interval) {
    const double *seconds = share_at(shares, track, interval);
    double low = 0;
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
        double share = fmin(seconds[phase] / shares->interval_s, 1 - low);
        if (!(share > SHARE_LEAST))
            continue;
        struct gantt_row *row = add_row(figure, track, phase);
        row->begin_s = (double)interval * shares->interval_s;
        row->end_s = (double)(interval + 1) * shares->interval_s;
        row->low = low;
        row->high = low = low + share;
    }
}

/* As many intervals as there are marks for if every track has all of its phases in each, but no
 * more than can be told apart. */
static int add_shares(const struct figure *figure) {
    const struct trace *trace = figure->trace;
    size_t kinds = 0;
    for (unsigned track = 0; track < trace->track_count; track++)
        for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
            kinds += trace->seen[track][phase];
    struct shares shares = {.intervals = size_min(MARKS_MAX / kinds, INTERVALS_MAX)};
    shares.interval_s = (trace->end_s - trace->begin_s) / (double)shares.intervals;
    shares.seconds =
        calloc(trace->track_count * shares.intervals * PHASE_COUNT, sizeof *shares.seconds);
    if (!shares.seconds)
        return -ENOMEM;
    for (size_t i = 0; i < trace->count; i++)
        spread(&shares, trace, &trace->slices[i]);
    for (unsigned track = 0; track < trace->track_count; track++)
        for (size_t i = 0; i < shares.intervals; i++)
            add_interval(figure, &shares, track, i);
    free(shares.seconds);
    return 0;
}

_Static_assert(MARKS_MAX >= TRACKS_MAX * PHASE_COUNT, "there is at least one interval");

/* ---- one trace after another ---- */

static int add_trace(struct figure *figure, const json_t *root) {
    struct tables *tables = figure->tables;
    struct trace *trace = calloc(1, sizeof *trace);
    struct gantt_row *grown =
        realloc(tables->gantt, (tables->gantt_count + MARKS_MAX) * sizeof *grown);
    if (grown)
        tables->gantt = grown;
    figure->trace = trace;
    int err = trace && grown ? take_events(trace, root) : -ENOMEM;
    if (!err && trace->count <= MARKS_MAX)
        add_slices(figure);
    else if (!err)
        err = add_shares(figure);
    if (trace)
        free(trace->slices);
    free(trace);
    return err;
}

/* A backend without a trace is none of the figures. */
static int read_trace(struct figure *figure, char *sentence, size_t size) {
    char name[64], path[CAMPAIGN_PATH_SIZE + 128];
    snprintf(name, sizeof name, "trace/%s.json", figure->backend);
    FILE *file = fopen(campaign_path(figure->campaign, name, path), "re");
    if (!file)
        return errno == ENOENT ? 0 : -errno;
    json_t *root = json_loadf(file, 0, NULL);
    fclose(file);
    int err = root ? add_trace(figure, root) : -EPROTO;
    if (err == -EPROTO)
        snprintf(sentence, size, "'%.256s' is no trace that this version can read", path);
    json_decref(root);
    return err;
}

static bool is_first_of_backend(const struct plan *plan, uint32_t index) {
    for (uint32_t i = 0; i < index; i++)
        if (plan->cases[i].backend == plan->cases[index].backend)
            return false;
    return true;
}

int gantt_make(struct tables *tables, const struct campaign *campaign, char *sentence,
               size_t size) {
    const struct plan *plan = &campaign->plan;
    int err = 0;
    for (uint32_t i = 0; i < plan->count && (!err || err == -EPROTO); i++) {
        struct figure figure = {tables, campaign, plan->cases[i].backend->name, NULL};
        int read = is_first_of_backend(plan, i) ? read_trace(&figure, sentence, size) : 0;
        err = read ? read : err;
    }
    return err;
}
