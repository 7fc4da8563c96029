/* Assassin: a process of its own that kills computing workers (SIGKILL) at random instants of a
 * render. Victims and instants follow from the seed. */
#ifndef BENCH_FAULTS_ASSASSIN_H
#define BENCH_FAULTS_ASSASSIN_H

#include "bench/faults/witness.h"

#include <stdint.h>

struct assassin {
    struct witness *witness;
    unsigned workers;   /* numbers to choose from */
    unsigned kills;     /* at most ASSASSIN_KILLS_MOST */
    uint64_t within_ns; /* after the render's start */
    uint64_t seed;
};

#define ASSASSIN_KILLS_MOST 64

/* A worker_main, argument: a struct assassin. Waits for the render to start, and never ends:
 * whoever started it kills it after the render. (To end takes a CPU some 0.1 ms, which the last
 * victim's replacement would wait for.) While there is nobody to kill, because the last ones have
 * just been, time stands still for it, so kills do not pile up. */
int assassin_life(void *argument, unsigned number);

#endif
