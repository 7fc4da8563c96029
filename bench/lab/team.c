/* A few workers; contracts in team.h. */
#include "bench/lab/team.h"

#include "base/clock.h"

#include <errno.h>

int team_run(enum worker_kind kind, unsigned count, worker_main *main, void *argument,
             uint64_t *elapsed_ns) {
    struct worker workers[TEAM_MOST] = {0};
    uint64_t start = clock_now_ns();
    int err = count > TEAM_MOST ? -EINVAL : 0;
    for (unsigned i = 0; !err && i < count; i++)
        err = worker_start(&workers[i], kind, "lab worker", i, main, argument);
    for (unsigned i = 0; i < count && i < TEAM_MOST; i++) {
        if (err)
            worker_kill(&workers[i]); /* the others would wait for who is not there */
        if (worker_join(&workers[i]) == 0 && workers[i].started && workers[i].exitcode != 0 && !err)
            err = -ECHILD;
    }
    if (elapsed_ns)
        *elapsed_ns = clock_now_ns() - start;
    return err;
}
