/* Lock: mutual exclusion between processes and threads that survives its owner's death (a robust
 * POSIX mutex). So that a dead owner leaves nothing half-done, every section under a lock here
 * prepares first and commits with one store; then the next owner has nothing to repair. (What takes
 * two, the queue's exchange of slots, is written down first, and completed by the next owner to
 * whom it matters.) */
#ifndef MP_LOCK_H
#define MP_LOCK_H

#include <pthread.h>
#include <stdint.h>

/* Lives in arena pages; zeroed memory is not a lock yet. */
struct lock {
    pthread_mutex_t mutex;
};

/* 0 or -errno. */
int lock_open(struct lock *lock);

/* Blocks until the lock is ours. 0; LOCK_RECOVERED: ours too, but its last owner died with it;
 * or -errno. Not recursive. */
#define LOCK_RECOVERED 1
int lock_acquire(struct lock *lock);

/* The same, but gives up at the deadline with -ETIMEDOUT. */
int lock_acquire_until(struct lock *lock, uint64_t deadline_ns);

/* For the timed twins of what has a lock inside, whose deadline is for what they wait for, not for
 * a lock that is only busy: gives up at the deadline, but not before LOCK_GRACE_NS from now. So a
 * verb that looks once does look; and all of them return, if up to two graces late, though the
 * lock's owner is stopped (SIGSTOP), with -ETIMEDOUT. The other verbs, also those that do not block
 * otherwise, wait for such an owner, until it goes on or its lease ends (mp/stopped.h). */
#define LOCK_GRACE_NS UINT64_C(100000000)
int lock_acquire_within(struct lock *lock, uint64_t deadline_ns);

/* Its owner only. */
void lock_release(struct lock *lock);

/* For a supervisor, after each death: whoever sleeps for the lock looks again. The kernel hands on
 * a lock that its owner died with, but not a wake that was spent on somebody who then died before
 * he had the lock, when another took it in between: the others would sleep until it is contended
 * again. The same is part of the `wake` of everything here that has a lock inside. */
void lock_wake(struct lock *lock);

/* Nobody may hold it or wait for it. */
void lock_close(struct lock *lock);

#endif
