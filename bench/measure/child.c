/* Measuring in a process that is watched; contracts in child.h. */
#include "bench/measure/child.h"

#include "base/clock.h"
#include "base/stop.h"

#include <errno.h>
#include <poll.h>

#define LIMIT_NS UINT64_C(60000000000) /* then it hangs */

/* 0; -ECANCELED: a stop was asked for; -ETIMEDOUT; or -errno. */
static int await_end(const struct worker *worker) {
    struct pollfd events[] = {{.fd = worker->pidfd, .events = POLLIN},
                              {.fd = stop_fd(), .events = POLLIN}};
    uint64_t deadline_ns = clock_after_ns(LIMIT_NS);
    int ready;
    do
        ready = poll(events, 2, clock_poll_ms(deadline_ns));
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return -errno;
    if (events[1].revents)
        return -ECANCELED;
    return ready == 0 ? -ETIMEDOUT : 0;
}

static int run(const char *name, worker_main *life, void *argument, const char **complaint) {
    struct worker worker;
    int err = worker_start(&worker, WORKER_PROCESS, name, 0, life, argument);
    if (err)
        return err;
    err = await_end(&worker);
    if (err)
        worker_kill(&worker);
    int joined = worker_join(&worker);
    if (joined || (err && err != -ETIMEDOUT))
        return joined ? joined : err;
    if (err)
        *complaint = "it did not end within a minute";
    else if (worker.exitcode != 0)
        *complaint = "its process was killed";
    return 0;
}

int child_run(const char *name, worker_main *life, void *argument, struct machine_others *others,
              const char **complaint) {
    *complaint = NULL;
    *others = machine_others_before();
    int err = run(name, life, argument, complaint);
    machine_others_after(others);
    return err;
}
