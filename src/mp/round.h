/* Round: tells workers when the next round of work begins (lock + condition → round). Unlike an
 * event it cannot be missed and needs no clearing: rounds count from 1, and each worker says which
 * one it knows. A worker that replaces a dead one knows none, so it joins the round under way. */
#ifndef MP_ROUND_H
#define MP_ROUND_H

#include "mp/condition.h"

#include <stdbool.h>
#include <stdint.h>

/* Lives in arena pages. */
struct round {
    struct lock lock; /* guards number and over */
    struct condition begun;
    uint64_t number; /* 0: none yet */
    bool over;
};

/* 0 or -errno. */
int round_open(struct round *round);

/* One process alone: begins the next round, or says that there will be no more. What was written
 * before is seen by all who then learn of it. 0 or -errno. */
int round_begin(struct round *round);
int round_finish(struct round *round);

/* Blocks until there is another round than `known`, and returns its number; 0: no more rounds. The
 * timed twin returns `known` at the deadline. */
uint64_t round_await(struct round *round, uint64_t known);
uint64_t round_await_until(struct round *round, uint64_t known, uint64_t deadline_ns);

/* For a supervisor, after a worker's death: wakes all who wait, to look again. */
void round_wake(struct round *round);

#endif
