/* The Chrome trace format; contracts in trace.h. Events are many, so they are printed one by one
 * through a small buffer; they hold numbers and our own words only. All else goes through jansson,
 * which escapes. */
#include "trace.h"

#include "base/clock.h"
#include "base/size.h"
#include "base/version.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS    1   /* its number in the trace */
#define EVENT_TEXT 512 /* more than an event's text has */

struct writer {
    struct output *output;
    const struct render *render;
    int err;         /* the first */
    uint64_t events; /* phases, lengths and deaths so far */
    bool separate;   /* a comma is due */
    size_t used;
    char text[65536];
};

static void flush(struct writer *writer) {
    if (!writer->err)
        writer->err = output_write(writer->output, writer->text, writer->used);
    writer->used = 0;
}

__attribute__((format(printf, 2, 3))) static void print(struct writer *writer, const char *format,
                                                        ...) {
    va_list args;
    if (sizeof writer->text - writer->used < EVENT_TEXT)
        flush(writer);
    va_start(args, format);
    writer->used += (size_t)vsnprintf(writer->text + writer->used,
                                      sizeof writer->text - writer->used, format, args);
    va_end(args);
}

/* Takes the object over; NULL: no memory. */
static void print_json(struct writer *writer, json_t *object) {
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    flush(writer);
    if (!writer->err)
        writer->err = text ? output_write(writer->output, text, strlen(text)) : -ENOMEM;
    free(text);
    json_decref(object);
}

static void print_separator(struct writer *writer) {
    print(writer, writer->separate ? ",\n" : "\n");
    writer->separate = true;
}

/* ---- what is told once ---- */

static unsigned tid_of(unsigned track) {
    return track + 1; /* 0 would be the process */
}

/* A metadata event: {"name": what, "args": {key: value}}. Takes the value over. */
static void print_metadata(struct writer *writer, const char *what, unsigned tid, const char *key,
                           json_t *value) {
    print_separator(writer);
    print_json(writer, json_pack("{s:s, s:s, s:i, s:i, s:{s:o}}", "ph", "M", "name", what, "pid",
                                 PROCESS, "tid", (int)tid, "args", key, value));
}

static void print_names(struct writer *writer) {
    const struct render *render = writer->render;
    const struct monitor *monitor = &render->monitor;
    char text[MONITOR_NAME_SIZE];
    print_metadata(writer, "process_name", 0, "name",
                   json_sprintf("mandel: %s, %u worker%s", render->backend->name,
                                render->job->workers, render->job->workers == 1 ? "" : "s"));
    for (unsigned i = 0; i < monitor_tracks(monitor); i++) {
        const char *name = monitor_track_name(monitor, i, text);
        if (!name)
            continue;
        print_metadata(writer, "thread_name", tid_of(i), "name", json_string(name));
        print_metadata(writer, "thread_sort_index", tid_of(i), "sort_index", json_integer(i));
    }
}

static json_t *seconds(int64_t ns) {
    return json_real((double)ns / 1e9);
}

/* What each track's time was spent on. */
static json_t *describe_tracks(const struct monitor *monitor) {
    json_t *tracks = json_array();
    char text[MONITOR_NAME_SIZE];
    for (unsigned i = 0; i < monitor_tracks(monitor); i++) {
        const char *name = monitor_track_name(monitor, i, text);
        json_t *track = name ? json_pack("{s:s, s:i}", "name", name, "tid", (int)tid_of(i)) : NULL;
        for (int term = 0; name && term < TERMS; term++) {
            char key[64];
            snprintf(key, sizeof key, "%s_s", monitor_term_name((enum term)term));
            json_object_set_new(track, key, seconds(monitor->tracks[i].term_ns[term]));
        }
        if (name)
            json_array_append_new(tracks, track);
    }
    return tracks;
}

#define COST_ROUNDS 8
#define COST_EVENTS 512 /* of a round */

/* Half of them begin a batch. */
static uint64_t record_some(struct monitor *monitor) {
    uint64_t start_ns = clock_now_ns();
    for (uint64_t i = 0; i < COST_EVENTS / 2; i++) {
        monitor_batch_begun(monitor, 0, i);
        monitor_phase(monitor, 0, PHASE_WAIT);
    }
    return clock_now_ns() - start_ns;
}

/* What recording one event costs here and now, in seconds: some, into a timeline that nobody looks
 * at; the best round, since others are disturbed. */
static double event_cost_s(void) {
    struct monitor monitor;
    uint64_t best_ns = 0;
    if (monitor_open(&monitor, 1, 1) == 0 &&
        timeline_open(&monitor.timeline, monitor_tracks(&monitor), COST_ROUNDS * COST_EVENTS) ==
            0) {
        monitor_record(&monitor, RECORD_EVENTS);
        best_ns = record_some(&monitor);
        for (int i = 1; i < COST_ROUNDS; i++)
            best_ns = size_min(best_ns, record_some(&monitor));
    }
    monitor_close(&monitor);
    return clock_seconds(best_ns) / COST_EVENTS;
}

/* Costs are CPU time of all tracks, whose time is tracks × wall. */
static json_t *describe(const struct writer *writer) {
    const struct render *render = writer->render;
    const struct monitor *monitor = &render->monitor;
    const struct workload *workload = &render->job->workload;
    double cost_s = event_cost_s(), events = (double)writer->events;
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i, s:i, s:i, s:f, s:I, s:I, s:f, s:f, s:o}",
                     "program", "mandel", "version", VERSION, "backend", render->backend->name,
                     "kernel", render->job->kernel->name, "workers", (int)render->job->workers,
                     "batch", (json_int_t)render->job->batch, "width", (int)workload->width,
                     "height", (int)workload->height, "max_iter", (int)workload->max_iter,
                     "render_s", clock_seconds(monitor->ended_ns - monitor->begun_ns), "events",
                     (json_int_t)writer->events, "events_dropped",
                     (json_int_t)timeline_dropped(&monitor->timeline), "event_cost_s", cost_s,
                     "recording_cost_s", cost_s * events, "tracks", describe_tracks(monitor));
}

/* ---- events ---- */

static const char *const phase_names[] = {
    [PHASE_START] = "start", [PHASE_WAIT] = "wait",         [PHASE_COMPUTE] = "compute",
    [PHASE_SEND] = "send",   [PHASE_DISPATCH] = "dispatch", [PHASE_COLLECT] = "collect",
    [PHASE_IDLE] = "idle",
};

/* Nanoseconds as microseconds, exactly. */
#define MICROSECONDS        "%" PRIu64 ".%03u"
#define AS_MICROSECONDS(ns) (ns) / 1000, (unsigned)((ns) % 1000)

static void print_phase(struct writer *writer, const struct timeline_event *event, uint64_t from_ns,
                        uint64_t to_ns) {
    print_separator(writer);
    print(writer,
          "{\"ph\":\"X\",\"name\":\"%s\",\"pid\":%d,\"tid\":%u,\"ts\":" MICROSECONDS
          ",\"dur\":" MICROSECONDS,
          phase_names[event->kind], PROCESS, tid_of((unsigned)event->track),
          AS_MICROSECONDS(from_ns), AS_MICROSECONDS(to_ns - from_ns));
    if (event->batch != TIMELINE_NO_BATCH)
        print(writer, ",\"args\":{\"batch\":%" PRId64 "}", event->batch);
    print(writer, "}");
}

static void print_length(struct writer *writer, const struct timeline_event *event,
                         uint64_t at_ns) {
    print_separator(writer);
    print(writer,
          "{\"ph\":\"C\",\"name\":\"%s\",\"pid\":%d,\"tid\":0,\"ts\":" MICROSECONDS
          ",\"args\":{\"length\":%" PRIu64 "}}",
          writer->render->monitor.queue_names[event->kind - TIMELINE_QUEUE], PROCESS,
          AS_MICROSECONDS(at_ns), event->value);
}

static void print_death(struct writer *writer, const struct timeline_event *event, uint64_t at_ns) {
    print_separator(writer);
    print(writer,
          "{\"ph\":\"i\",\"name\":\"death\",\"s\":\"t\",\"pid\":%d,\"tid\":%u,\"ts\":" MICROSECONDS
          ",\"args\":{\"exitcode\":%d,\"batch\":%" PRId64 "}}",
          PROCESS, tid_of((unsigned)event->track), AS_MICROSECONDS(at_ns), (int)event->value,
          event->batch);
}

/* From when recording began to the end of the render; what lies outside is not shown. */
static void print_event(struct writer *writer, const struct timeline_event *event) {
    const struct monitor *monitor = &writer->render->monitor;
    uint64_t zero_ns = monitor->record_ns;
    uint64_t from_ns = size_max(event->start_ns, zero_ns) - zero_ns;
    uint64_t to_ns = size_min(event->end_ns, monitor->ended_ns);
    if (to_ns < zero_ns + from_ns)
        return;
    writer->events++;
    if (event->kind == TIMELINE_DEATH)
        print_death(writer, event, from_ns);
    else if (event->kind >= TIMELINE_QUEUE)
        print_length(writer, event, from_ns);
    else
        print_phase(writer, event, from_ns, to_ns - zero_ns);
}

/* What a track was at when the render ended, unless that has ended since and is an event. */
static void print_open_phase(struct writer *writer, unsigned track, uint64_t known_until_ns) {
    const struct monitor *monitor = &writer->render->monitor;
    const struct monitor_track *open = &monitor->tracks[track];
    const struct timeline_event event = {
        .start_ns = open->open_since_ns,
        .end_ns = monitor->ended_ns,
        .batch = TIMELINE_NO_BATCH,
        .kind = (int32_t)open->open_phase,
        .track = (int32_t)track,
    };
    bool there = track >= monitor->worker_count || track < monitor->workers_started;
    if (open->open_since_ns >= known_until_ns && (open->open_phase != PHASE_START || there))
        print_event(writer, &event);
}

static void print_track(struct writer *writer, unsigned track) {
    uint64_t count, known_until_ns = 0;
    const struct timeline *timeline = &writer->render->monitor.timeline;
    const struct timeline_event *events = timeline_events(timeline, track, &count);
    for (uint64_t i = 0; i < count; i++) {
        print_event(writer, &events[i]);
        known_until_ns = size_max(known_until_ns, events[i].end_ns);
    }
    print_open_phase(writer, track, known_until_ns);
}

int trace_write(struct output *output, const struct render *render) {
    const struct monitor *monitor = &render->monitor;
    char text[MONITOR_NAME_SIZE];
    struct writer writer = {.output = output, .render = render};
    print(&writer, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    print_names(&writer);
    for (unsigned i = 0; i < monitor_tracks(monitor); i++)
        if (monitor_track_name(monitor, i, text))
            print_track(&writer, i);
    print(&writer, "\n],\"otherData\":");
    print_json(&writer, describe(&writer));
    print(&writer, "}\n");
    flush(&writer);
    return writer.err;
}

int trace_save(const char *path, const struct render *render) {
    struct output output;
    int err = output_open(&output, path);
    if (!err)
        err = trace_write(&output, render);
    if (!err)
        err = output_commit(&output);
    output_abandon(&output);
    return err;
}
