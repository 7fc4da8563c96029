/* Semaphore: a number of permits, between processes and threads (lock + condition → semaphore).
 * Python composes them the other way round, semaphore → condition, but permits have no owner whom
 * the kernel would miss: what can be recovered starts from a robust lock and a futex word.
 * Permits have no owner: what a dying worker held is lost, so guard data with a lock instead, and
 * count with this. */
#ifndef MP_SEMAPHORE_H
#define MP_SEMAPHORE_H

#include "mp/condition.h"

#include <stdint.h>

/* Lives in arena pages. */
struct semaphore {
    struct lock lock; /* guards permits */
    struct condition freed;
    uint64_t permits;
};

/* 0 or -errno. */
int semaphore_open(struct semaphore *semaphore, uint64_t permits);

/* Takes a permit. Blocks while there is none; woken by semaphore_release. 0 or -errno. The timed
 * twin: -ETIMEDOUT at the deadline; 0 tries once. */
int semaphore_acquire(struct semaphore *semaphore);
int semaphore_acquire_until(struct semaphore *semaphore, uint64_t deadline_ns);

/* Gives `permits` back, or adds new ones. Anybody may. 0 or -errno. With 0 permits it wakes all who
 * wait, to look again: for a supervisor, since a wake may have been spent on a worker that died. */
int semaphore_release(struct semaphore *semaphore, uint64_t permits);

#endif
