/* Tasks: what the threads of this process, and those of all its descendants, have been through so
 * far: two readings tell of the time between. The kernel keeps such accounts per thread and drops
 * them at its end, so both readings are taken while all workers live. */
#ifndef BENCH_MEASURE_TASKS_H
#define BENCH_MEASURE_TASKS_H

#include <stdbool.h>
#include <stdint.h>

struct tasks {
    unsigned count; /* threads */
    bool delay_known, migrations_known;
    uint64_t delay_ns;   /* runnable, but without a CPU; all threads together */
    uint64_t migrations; /* from one CPU to another */
    bool others_known;
    uint64_t others_ns; /* CPU time of the descendants: of all but this process itself */
};

void tasks_now(struct tasks *tasks);

/* What happened between two readings. Unknown, too, when a thread has ended in between: nobody can
 * tell how long it had waited. */
struct tasks tasks_between(const struct tasks *before, const struct tasks *after);

#endif
