/* Condition: waiting, under a lock, until somebody says that something changed. An event count on a
 * futex word; unlike a process-shared pthread condition it has no inner lock that a dying waiter
 * could keep. After a worker's death its supervisor must condition_notify_all: a wake may have been
 * spent on the dead. */
#ifndef MP_CONDITION_H
#define MP_CONDITION_H

#include "mp/lock.h"

#include <stdatomic.h>
#include <stdint.h>

/* Lives in arena pages; zeroed memory is a condition that nobody waits for. */
struct condition {
    _Atomic uint32_t sequence; /* one more for every notification */
    _Atomic uint32_t
        waiters; /* registered ones; too high after a waiter died, which costs a wake */
};

/* With the lock held, in a loop around the predicate: releases it, sleeps until notified or the
 * deadline, acquires it again. 0, or -ETIMEDOUT; the lock is held either way. -errno: it is not;
 * -EBUSY: its owner has kept it for LOCK_GRACE_NS beyond the deadline. */
int condition_wait(struct condition *condition, struct lock *lock, uint64_t deadline_ns);

/* Wakes one waiter, or some, or all, if anybody waits. The predicate must have been changed under
 * the lock; the lock itself may be released before (and had better be: a woken waiter wants it). */
void condition_notify(struct condition *condition);
void condition_notify_some(struct condition *condition, uint64_t count);
void condition_notify_all(struct condition *condition);

#endif
