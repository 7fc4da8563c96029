/* Barrier: `parties` workers wait for each other, again and again (lock + condition → barrier). A
 * barrier whose party died would wait for ever, so whoever learns of the death breaks it: all who
 * wait, now and later, are told. */
#ifndef MP_BARRIER_H
#define MP_BARRIER_H

#include "mp/condition.h"

#include <stdbool.h>
#include <stdint.h>

/* Runs in the last to arrive, while all others still wait. */
typedef void barrier_action(void *argument);

/* Lives in arena pages; action and argument must mean the same in all parties. */
struct barrier {
    struct lock lock; /* guards all below */
    struct condition passed;
    uint32_t parties, arrived;
    uint64_t rounds; /* how often it has been passed */
    bool broken;
    barrier_action *action;
    void *argument;
};

/* For parties ≥ 1; action may be NULL. 0 or -errno. */
int barrier_open(struct barrier *barrier, uint32_t parties, barrier_action *action, void *argument);

/* Blocks until all parties have arrived. 0; BARRIER_LAST for the one that arrived last;
 * -EOWNERDEAD: broken; or -errno. The timed twin: at the deadline the barrier is broken for all,
 * and -ETIMEDOUT. */
#define BARRIER_LAST 1
int barrier_wait(struct barrier *barrier);
int barrier_wait_until(struct barrier *barrier, uint64_t deadline_ns);

/* How often it has been passed. Under the lock, so it orders what was written before. */
uint64_t barrier_rounds(struct barrier *barrier);

/* Nobody passes any more. */
void barrier_break(struct barrier *barrier);

#endif
