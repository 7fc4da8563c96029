/* Flags to wait for; contracts in event.h. */
#include "mp/event.h"

#include "base/clock.h"

#include <errno.h>

int event_open(struct event *event) {
    event->set = false;
    return lock_open(&event->lock);
}

static int change(struct event *event, bool set) {
    int err = lock_acquire(&event->lock);
    if (err < 0)
        return err;
    event->set = set;
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
    return event_wait_until(event, 0) == 0;
}

int event_wait(struct event *event) {
    return event_wait_until(event, CLOCK_NEVER);
}

int event_wait_until(struct event *event, uint64_t deadline_ns) {
    int err = lock_acquire(&event->lock);
    if (err < 0)
        return err;
    bool late = deadline_ns == 0;
    while (!event->set && !late) {
        err = condition_wait(&event->changed, &event->lock, deadline_ns);
        if (err < 0 && err != -ETIMEDOUT)
            return err;
        late = err == -ETIMEDOUT;
    }
    bool set = event->set;
    lock_release(&event->lock);
    return set ? 0 : -ETIMEDOUT;
}

void event_wake(struct event *event) {
    lock_wake(&event->lock);
    condition_notify_all(&event->changed);
}
