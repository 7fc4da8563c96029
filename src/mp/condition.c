/* Event counts; contracts in condition.h.
 * No wake is lost: a waiter registers and reads the sequence while it holds the lock and the
 * predicate is still false. Who makes it true holds the lock later, so it sees the registration,
 * and its increment makes the waiter's futex_wait return at once if the waiter has not slept yet.
 */
#include "mp/condition.h"

#include "base/clock.h"
#include "base/size.h"
#include "mp/futex.h"

#include <errno.h>
#include <stdbool.h>

static void notify(struct condition *condition, int count) {
    if (atomic_load_explicit(&condition->waiters, memory_order_relaxed) == 0)
        return;
    atomic_fetch_add_explicit(&condition->sequence, 1, memory_order_relaxed);
    futex_wake(&condition->sequence, count);
}

int condition_wait(struct condition *condition, struct lock *lock, uint64_t deadline_ns) {
    atomic_fetch_add_explicit(&condition->waiters, 1, memory_order_relaxed);
    uint32_t seen = atomic_load_explicit(&condition->sequence, memory_order_relaxed);
    lock_release(lock);
    int slept = futex_wait(&condition->sequence, seen, deadline_ns);
    int err = lock_acquire_within(lock, deadline_ns);
    if (err < 0 && err != -ETIMEDOUT)
        return err;
    atomic_fetch_sub_explicit(&condition->waiters, 1, memory_order_relaxed);
    if (err != -ETIMEDOUT)
        return slept;
    condition_notify(condition); /* a wake that we may have had, and cannot use */
    return -EBUSY;
}

void condition_notify(struct condition *condition) {
    notify(condition, 1);
}

void condition_notify_some(struct condition *condition, uint64_t count) {
    notify(condition, (int)size_min(count, FUTEX_ALL));
}

void condition_notify_all(struct condition *condition) {
    notify(condition, FUTEX_ALL);
}
