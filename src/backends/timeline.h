/* Timeline: what happened when, as events in shared pages, for a trace. Each track (a worker, a
 * coordinator) has a buffer of its own, which only it appends to, so nobody waits for anybody; what
 * does not fit is dropped and counted. */
#ifndef BACKENDS_TIMELINE_H
#define BACKENDS_TIMELINE_H

#include "backends/account.h"

#include <stddef.h>
#include <stdint.h>

/* An event's kind: a phase that has ended (enum phase), or one of these, which take no time. */
enum timeline_kind {
    TIMELINE_QUEUE = PHASES,      /* the length of the first queue, */
    TIMELINE_DEATH = PHASES + 16, /* a worker died */
};

#define TIMELINE_NO_BATCH (-1)

struct timeline_event {
    uint64_t start_ns, end_ns;
    int64_t batch; /* that it is about, or TIMELINE_NO_BATCH */
    int32_t kind;
    int32_t track;  /* whom it is about, which for a death is not who tells */
    uint64_t value; /* a length; of a death the exit code, as a two's complement */
};

/* The head of a track's buffer. */
struct timeline_track {
    _Alignas(64) _Atomic uint64_t count; /* events that are complete */
    _Atomic uint64_t dropped;
};

struct timeline {
    unsigned tracks;
    uint64_t capacity; /* events of each track */
    struct timeline_track *heads;
    struct timeline_event *events; /* of track t from t * capacity on */
    void *pages;                   /* NULL: there is no timeline */
    size_t pages_bytes;
};

/* Buffers for that many tracks, each with room for what `batches` batches make, as far as some 128
 * MiB for all go; pages that stay empty cost nothing. 0 or -ENOMEM. */
int timeline_open(struct timeline *timeline, unsigned tracks, uint64_t batches);
void timeline_close(struct timeline *timeline);

/* Who the track is appends an event. */
void timeline_add(struct timeline *timeline, unsigned track, const struct timeline_event *event);

/* A track's events so far, oldest first; *count of them. All that were dropped. */
const struct timeline_event *timeline_events(const struct timeline *timeline, unsigned track,
                                             uint64_t *count);
uint64_t timeline_dropped(const struct timeline *timeline);

#endif
