/* Rounds of work; contracts in round.h. */
#include "mp/round.h"

#include "base/clock.h"

#include <errno.h>

int round_open(struct round *round) {
    round->number = 0;
    round->over = false;
    return lock_open(&round->lock);
}

static int announce(struct round *round, bool over) {
    int err = lock_acquire(&round->lock);
    if (err < 0)
        return err;
    if (over)
        round->over = true;
    else
        round->number++;
    lock_release(&round->lock);
    condition_notify_all(&round->begun);
    return 0;
}

int round_begin(struct round *round) {
    return announce(round, false);
}

int round_finish(struct round *round) {
    return announce(round, true);
}

uint64_t round_await(struct round *round, uint64_t known) {
    return round_await_until(round, known, CLOCK_NEVER);
}

uint64_t round_await_until(struct round *round, uint64_t known, uint64_t deadline_ns) {
    bool late = deadline_ns == 0;
    int err = lock_acquire_within(&round->lock, deadline_ns);
    if (err < 0)
        return err == -ETIMEDOUT ? known : 0;
    while (round->number == known && !round->over && !late) {
        err = condition_wait(&round->begun, &round->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? known : 0;
        late = err == -ETIMEDOUT;
    }
    uint64_t number = round->over ? 0 : round->number;
    lock_release(&round->lock);
    return number;
}

void round_wake(struct round *round) {
    lock_wake(&round->lock);
    condition_notify_all(&round->begun);
}
