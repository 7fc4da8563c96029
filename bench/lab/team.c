/* A few workers, and their line; contracts in team.h. */
#include "bench/lab/team.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <poll.h>

static bool is_running(const struct worker *worker) {
    return worker->started && worker->exitcode == WORKER_RUNNING;
}

/* Blocks until one of the processes has ended: its place, or -errno. Of threads the first that
 * still runs: joining it blocks. `count` when none runs. */
static int next_ended(const struct worker *workers, unsigned count) {
    struct pollfd ends[TEAM_MOST];
    unsigned running = 0;
    for (unsigned i = 0; i < count; i++) {
        bool runs = is_running(&workers[i]);
        if (runs && workers[i].kind == WORKER_THREAD)
            return (int)i;
        ends[i] = (struct pollfd){.fd = runs ? workers[i].pidfd : -1, .events = POLLIN};
        running += runs;
    }
    if (running == 0)
        return (int)count;
    while (poll(ends, count, -1) < 0)
        if (errno != EINTR)
            return -errno;
    unsigned ended = 0;
    while (ends[ended].revents == 0)
        ended++;
    return (int)ended;
}

static void end_all(struct worker *workers, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (is_running(&workers[i]))
            worker_kill(&workers[i]);
    for (unsigned i = 0; i < count; i++)
        worker_join(&workers[i]);
}

int team_join(struct worker *workers, unsigned count) {
    int err = 0, ended = 0;
    while (!err && (ended = next_ended(workers, count)) != (int)count) {
        err = ended < 0 ? ended : worker_join(&workers[ended]);
        if (!err && workers[ended].exitcode != 0)
            err = -ECHILD;
    }
    end_all(workers, count); /* nobody waits for who is not there any more */
    return err;
}

int team_run(enum worker_kind kind, unsigned count, worker_main *main, void *argument) {
    struct worker workers[TEAM_MOST] = {0};
    int err = count > TEAM_MOST ? -EINVAL : 0;
    for (unsigned i = 0; !err && i < count; i++)
        err = worker_start(&workers[i], kind, "lab worker", i, main, argument);
    if (!err)
        return team_join(workers, count);
    end_all(workers, count < TEAM_MOST ? count : TEAM_MOST);
    return err;
}

/* Runs in the last to come, while the others still wait. */
static void take_time(void *argument) {
    struct team_line *line = argument;
    line->crossed_ns = clock_now_ns();
}

int team_line_open(struct team_line *line, unsigned workers) {
    *line = (struct team_line){.workers = workers};
    return barrier_open(&line->barrier, workers, take_time, line);
}

int team_line_cross(struct team_line *line) {
    int err = barrier_wait(&line->barrier);
    return err < 0 ? err : 0;
}

void team_line_done(struct team_line *line, unsigned number) {
    line->done_ns[number] = clock_now_ns();
}

uint64_t team_line_ns(const struct team_line *line) {
    uint64_t done_ns = line->crossed_ns;
    for (unsigned i = 0; i < line->workers; i++)
        done_ns = size_max(done_ns, line->done_ns[i]);
    return done_ns - line->crossed_ns;
}
