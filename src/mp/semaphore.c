/* Permits; contracts in semaphore.h. */
#include "mp/semaphore.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>

int semaphore_open(struct semaphore *semaphore, uint64_t permits) {
    semaphore->permits = permits;
    return lock_open(&semaphore->lock);
}

int semaphore_acquire(struct semaphore *semaphore) {
    return semaphore_acquire_until(semaphore, CLOCK_NEVER);
}

int semaphore_acquire_until(struct semaphore *semaphore, uint64_t deadline_ns) {
    int err = lock_acquire_within(&semaphore->lock, deadline_ns);
    if (err < 0)
        return err;
    bool late = deadline_ns == 0;
    while (semaphore->permits == 0 && !late) {
        err = condition_wait(&semaphore->freed, &semaphore->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? -ETIMEDOUT : err;
        late = err == -ETIMEDOUT; /* but a permit may have come meanwhile */
    }
    bool taken = semaphore->permits > 0;
    if (taken)
        semaphore->permits--;
    lock_release(&semaphore->lock);
    return taken ? 0 : -ETIMEDOUT;
}

int semaphore_release(struct semaphore *semaphore, uint64_t permits) {
    if (permits == 0)
        lock_wake(&semaphore->lock);
    int err = lock_acquire(&semaphore->lock);
    if (err < 0)
        return err;
    semaphore->permits += permits;
    lock_release(&semaphore->lock);
    if (permits == 1)
        condition_notify(&semaphore->freed);
    else
        condition_notify_all(&semaphore->freed);
    return 0;
}
