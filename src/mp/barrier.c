/* Waiting for each other; contracts in barrier.h. */
#include "mp/barrier.h"

#include "base/clock.h"

#include <errno.h>

int barrier_open(struct barrier *barrier, uint32_t parties, barrier_action *action,
                 void *argument) {
    barrier->parties = parties;
    barrier->arrived = 0;
    barrier->rounds = 0;
    barrier->seats = NULL;
    barrier->broken = false;
    barrier->action = action;
    barrier->argument = argument;
    return lock_open(&barrier->lock);
}

int barrier_wait(struct barrier *barrier) {
    return barrier_wait_until(barrier, CLOCK_NEVER);
}

int barrier_seat(struct barrier *barrier, struct arena *arena) {
    void *seats;
    int err = arena_take(arena, barrier->parties * sizeof *barrier->seats, &seats);
    if (!err)
        barrier->seats = seats;
    return err;
}

static bool all_arrived(const struct barrier *barrier) {
    if (!barrier->seats)
        return barrier->arrived == barrier->parties;
    for (uint32_t i = 0; i < barrier->parties; i++)
        if (barrier->seats[i] != barrier->rounds + 1)
            return false;
    return true;
}

/* All have arrived: lets them through. With the lock; the last store is what commits it. */
static void pass(struct barrier *barrier) {
    if (barrier->action)
        barrier->action(barrier->argument);
    barrier->arrived = 0;
    barrier->rounds++;
}

/* Has arrived for this round, with the lock, which it releases. */
static int await_others(struct barrier *barrier, uint64_t round, uint64_t deadline_ns) {
    bool late = deadline_ns == 0, last = false;
    while (barrier->rounds == round && !barrier->broken && !late) {
        last = all_arrived(barrier);
        if (last) {
            pass(barrier);
            break;
        }
        int err = condition_wait(&barrier->passed, &barrier->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? -ETIMEDOUT : err;
        late = err == -ETIMEDOUT;
    }
    bool passed = barrier->rounds != round, was_broken = barrier->broken;
    if (!passed)
        barrier->broken = true;
    lock_release(&barrier->lock);
    if (last || !passed)
        condition_notify_all(&barrier->passed);
    if (passed)
        return last ? BARRIER_LAST : 0;
    return was_broken ? -EOWNERDEAD : -ETIMEDOUT;
}

int barrier_wait_until(struct barrier *barrier, uint64_t deadline_ns) {
    int err = lock_acquire_within(&barrier->lock, deadline_ns);
    if (err < 0)
        return err;
    barrier->arrived++;
    if (all_arrived(barrier) && !barrier->broken)
        deadline_ns = CLOCK_NEVER; /* it is passed at once */
    return await_others(barrier, barrier->rounds, deadline_ns);
}

int barrier_wait_at(struct barrier *barrier, uint32_t seat, uint64_t round) {
    return barrier_wait_at_until(barrier, seat, round, CLOCK_NEVER);
}

int barrier_wait_at_until(struct barrier *barrier, uint32_t seat, uint64_t round,
                          uint64_t deadline_ns) {
    int err = lock_acquire_within(&barrier->lock, deadline_ns);
    if (err < 0)
        return err;
    if (barrier->rounds == round)
        barrier->seats[seat] = round + 1;
    if (all_arrived(barrier) && !barrier->broken)
        deadline_ns = CLOCK_NEVER; /* it is passed at once */
    return await_others(barrier, round, deadline_ns);
}

void barrier_wake(struct barrier *barrier) {
    lock_wake(&barrier->lock);
    if (lock_acquire(&barrier->lock) < 0)
        return;
    if (!barrier->broken && all_arrived(barrier))
        pass(barrier);
    lock_release(&barrier->lock);
    condition_notify_all(&barrier->passed);
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
