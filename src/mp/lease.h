/* Lease table: who works on which task, written down where a supervisor can read it before the work
 * starts.
 *
 * One 64-bit word per task: state, worker, round. It changes only by compare-and-swap:
 *   free → leased   by the worker that claims the task;
 *   leased → done   with release order, after the result is where it belongs; done is terminal.
 * Taking a lease back (leased → free) is the supervisor's alone, and only after the kernel said
 * that the holder is dead, so nothing of it can still run. How many are done is counted by
 * scanning, never kept in a counter that somebody could die before incrementing. A word of an older
 * round counts as free, so the next round begins with one store. */
#ifndef MP_LEASE_H
#define MP_LEASE_H

#include "mp/arena.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LEASE_WORKERS_MAX 16384 /* workers are numbered 0 … LEASE_WORKERS_MAX - 1 */

/* Lives in arena pages. */
struct lease_table {
    uint64_t tasks;
    _Atomic uint64_t round;
    _Atomic uint64_t words[];
};

/* A table of `tasks` free tasks. 0 and *table, or -ENOMEM. */
int lease_open(struct arena *arena, uint64_t tasks, struct lease_table **table);

/* The supervisor: a new round, all tasks free. Nobody may hold a lease. */
void lease_begin(struct lease_table *table);

/* A worker: claims a free task. false: somebody else has it, or it is done. */
bool lease_claim(struct lease_table *table, uint64_t task, unsigned worker);

/* The task's result is complete; whoever put it there says so. false: it is not leased. */
bool lease_done(struct lease_table *table, uint64_t task);

/* How many tasks are done in this round; a scan. */
uint64_t lease_count_done(const struct lease_table *table);

/* The first task that the worker holds, or -1. */
int64_t lease_held_by(const struct lease_table *table, unsigned worker);

#endif
