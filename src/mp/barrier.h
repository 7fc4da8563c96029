/* Barrier: `parties` workers wait for each other, again and again (lock + condition → barrier). A
 * barrier whose party died would wait for ever. Either whoever learns of the death breaks it, and
 * all who wait, now and later, are told; or, at a barrier with seats, the dead party's replacement
 * takes its seat, and may arrive there once more. */
#ifndef MP_BARRIER_H
#define MP_BARRIER_H

#include "mp/arena.h"
#include "mp/condition.h"

#include <stdbool.h>
#include <stdint.h>

/* Runs in the last to arrive, while all others still wait. At a barrier with seats it may run
 * again, in somebody else, when that one died over it. */
typedef void barrier_action(void *argument);

/* Lives in arena pages; action and argument must mean the same in all parties. */
struct barrier {
    struct lock lock; /* guards all below */
    struct condition passed;
    uint32_t parties, arrived;
    uint64_t rounds; /* how often it has been passed */
    uint64_t *seats; /* per party: the round that it has arrived for, + 1; NULL: without seats */
    bool broken;
    barrier_action *action;
    void *argument;
};

/* For parties ≥ 1; action may be NULL. 0 or -errno. */
int barrier_open(struct barrier *barrier, uint32_t parties, barrier_action *action, void *argument);

/* Blocks until all parties have arrived. 0; BARRIER_LAST for the one that arrived last;
 * -EOWNERDEAD: broken; or -errno. The timed twin: at the deadline the barrier is broken for all,
 * and -ETIMEDOUT. Only if its lock is not to be had either, for its owner is stopped, nothing is
 * broken: -ETIMEDOUT too, and who had arrived before counts as arrived. */
#define BARRIER_LAST 1
int barrier_wait(struct barrier *barrier);
int barrier_wait_until(struct barrier *barrier, uint64_t deadline_ns);

/* Gives each party a seat, before anybody arrives. 0 or -ENOMEM. */
int barrier_seat(struct barrier *barrier, struct arena *arena);

/* The party of this seat arrives for round `round`, the first being 0, and blocks until all have.
 * Arriving again for the same round changes nothing; for one that has been passed it returns 0 at
 * once. Returns as barrier_wait, and the timed twin as its. */
int barrier_wait_at(struct barrier *barrier, uint32_t seat, uint64_t round);
int barrier_wait_at_until(struct barrier *barrier, uint32_t seat, uint64_t round,
                          uint64_t deadline_ns);

/* For a supervisor, after a party's death: passes the barrier, if the dead was about to, and wakes
 * all who wait, to look again. */
void barrier_wake(struct barrier *barrier);

/* How often it has been passed. Under the lock, so it orders what was written before. */
uint64_t barrier_rounds(struct barrier *barrier);

/* Nobody passes any more. */
void barrier_break(struct barrier *barrier);

#endif
