/* Waiting for each other; contracts in barrier.h. */
#include "mp/barrier.h"

#include "base/clock.h"

#include <errno.h>

int barrier_open(struct barrier *barrier, uint32_t parties, barrier_action *action,
                 void *argument) {
    barrier->parties = parties;
    barrier->arrived = 0;
    barrier->rounds = 0;
    barrier->broken = false;
    barrier->action = action;
    barrier->argument = argument;
    return lock_open(&barrier->lock);
}

int barrier_wait(struct barrier *barrier) {
    return barrier_wait_until(barrier, CLOCK_NEVER);
}

/* The last to arrive, with the lock: lets everybody through. */
static int pass(struct barrier *barrier) {
    if (barrier->action)
        barrier->action(barrier->argument);
    barrier->arrived = 0;
    barrier->rounds++;
    lock_release(&barrier->lock);
    condition_notify_all(&barrier->passed);
    return BARRIER_LAST;
}

int barrier_wait_until(struct barrier *barrier, uint64_t deadline_ns) {
    int err = lock_acquire(&barrier->lock);
    if (err < 0)
        return err;
    uint64_t round = barrier->rounds;
    if (!barrier->broken && ++barrier->arrived == barrier->parties)
        return pass(barrier);
    bool late = deadline_ns == 0;
    while (barrier->rounds == round && !barrier->broken && !late) {
        err = condition_wait(&barrier->passed, &barrier->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err;
        late = err == -ETIMEDOUT;
    }
    bool passed = barrier->rounds != round, was_broken = barrier->broken;
    if (!passed)
        barrier->broken = true;
    lock_release(&barrier->lock);
    if (passed)
        return 0;
    condition_notify_all(&barrier->passed);
    return was_broken ? -EOWNERDEAD : -ETIMEDOUT;
}

uint64_t barrier_rounds(struct barrier *barrier) {
    if (lock_acquire(&barrier->lock) < 0)
        return 0;
    uint64_t rounds = barrier->rounds;
    lock_release(&barrier->lock);
    return rounds;
}

void barrier_break(struct barrier *barrier) {
    if (lock_acquire(&barrier->lock) < 0)
        return;
    barrier->broken = true;
    lock_release(&barrier->lock);
    condition_notify_all(&barrier->passed);
}
