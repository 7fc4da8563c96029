/* Flags to wait for; contracts in event.h. */
#include "mp/event.h"

#include "base/clock.h"

#include <errno.h>

int event_open(struct event *event) {
    atomic_store_explicit(&event->set, false, memory_order_relaxed);
    return lock_open(&event->lock);
}

static int change(struct event *event, bool set) {
    int err = lock_acquire(&event->lock);
    if (err < 0)
        return err;
    atomic_store_explicit(&event->set, set, memory_order_release);
    lock_release(&event->lock);
    if (set)
        condition_notify_all(&event->changed);
    return 0;
}

int event_set(struct event *event) {
    return change(event, true);
}

int event_clear(struct event *event) {
    return change(event, false);
}

bool event_is_set(struct event *event) {
    return atomic_load_explicit(&event->set, memory_order_acquire);
}

int event_wait(struct event *event) {
    return event_wait_until(event, CLOCK_NEVER);
}

int event_wait_until(struct event *event, uint64_t deadline_ns) {
    int err = lock_acquire_within(&event->lock, deadline_ns);
    if (err < 0)
        return err;
    bool late = deadline_ns == 0;
    while (!event_is_set(event) && !late) {
        err = condition_wait(&event->changed, &event->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err == -EBUSY ? -ETIMEDOUT : err;
        late = err == -ETIMEDOUT;
    }
    bool set = event_is_set(event);
    lock_release(&event->lock);
    return set ? 0 : -ETIMEDOUT;
}

void event_wake(struct event *event) {
    lock_wake(&event->lock);
    condition_notify_all(&event->changed);
}
