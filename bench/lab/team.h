/* Team: a few workers for a lab, started together and waited for, and a line from which they begin
 * together. One that dies is never waited for by the others: they are killed. */
#ifndef BENCH_LAB_TEAM_H
#define BENCH_LAB_TEAM_H

#include "mp/barrier.h"
#include "mp/worker.h"

#include <stdint.h>

#define TEAM_MOST 16

/* Runs main(argument, 0 … count - 1) in that many workers and waits for all. 0; -ECHILD: one did
 * not end with 0, and the others were killed; or -errno. Threads are never killed: they must end by
 * themselves. */
int team_run(enum worker_kind kind, unsigned count, worker_main *main, void *argument);

/* The second half of it, for workers that were started one by one: up to TEAM_MOST of one kind;
 * those that are zeroed were not started. Whatever it returns, all have ended. */
int team_join(struct worker *workers, unsigned count);

/* From the line to the end: time that holds neither the start nor the end of a worker. Lives in
 * arena pages. */
struct team_line {
    struct barrier barrier;
    unsigned workers;
    uint64_t crossed_ns; /* when the last of them came to the line */
    uint64_t done_ns[TEAM_MOST];
};

/* For a team of 1 … TEAM_MOST that does not run yet; again before each run. 0 or -errno. */
int team_line_open(struct team_line *line, unsigned workers);

/* In each worker: blocks until all are at the line. 0 or -errno. Then, when its work is done, says
 * so. */
int team_line_cross(struct team_line *line);
void team_line_done(struct team_line *line, unsigned number);

/* After the run: from when the last crossed the line until the last was done. */
uint64_t team_line_ns(const struct team_line *line);

#endif
