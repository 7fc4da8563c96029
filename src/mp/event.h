/* Event: a flag that workers can wait for (lock + condition → event). */
#ifndef MP_EVENT_H
#define MP_EVENT_H

#include "mp/condition.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Lives in arena pages. */
struct event {
    struct lock lock; /* held to change set */
    struct condition changed;
    _Atomic bool set;
};

/* Not set. 0 or -errno. */
int event_open(struct event *event);

/* Sets it, and wakes all who wait; what was written before is seen by them. 0 or -errno. */
int event_set(struct event *event);

/* 0 or -errno. */
int event_clear(struct event *event);

/* Whether it is set, at some instant of the call. Never blocks. */
bool event_is_set(struct event *event);

/* Blocks until it is set; returns at once if it is. An event that is set and cleared again at once
 * may be missed: clear it only when those who wait have gone on, a barrier after the event tells
 * when. 0 or -errno; the timed twin: -ETIMEDOUT at the deadline; 0 looks once. */
int event_wait(struct event *event);
int event_wait_until(struct event *event, uint64_t deadline_ns);

/* For a supervisor, after a worker's death: wakes all who wait, to look again. */
void event_wake(struct event *event);

#endif
