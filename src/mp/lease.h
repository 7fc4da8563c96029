/* Lease table: who works on which task, written down where a supervisor can read it before the work
 * starts. And, on this page, why nothing is lost when a worker is killed, whenever that is.
 *
 * One 64-bit word per task: state, worker, round. It changes only by compare-and-swap:
 *   free → leased   by the worker that claims the task (or by a server, on its behalf);
 *   leased → done   with release order, after the result is where it belongs; done is terminal.
 * A word of an older round counts as free, so the next round begins with one store. How many are
 * done is counted by scanning, never kept in a counter that somebody could die before incrementing.
 *
 * 1. A lease is never taken back. It belongs to a worker's number, and a number to one process at a
 *    time: the supervisor starts a replacement under it, or lets a spare step in (mp/spare.h), only
 *    after waitid() returned the dead one's status, when nothing of that can run any more
 *    (mp/supervisor.h). The replacement does first what its number holds. So a leased task has, or
 * will have, exactly one process that does it.
 * 2. A task is claimed before it leaves the place it was dealt from: the queue's message is removed
 *    after the claim (queue_get_claimed), the shared value moves on after it. Killed in between,
 *    the worker leaves a message that nobody can claim. So at any instant each task is still to be
 *    dealt, leased, or done; and a dealer that dies is replaced by one that deals all that is free
 *    once more, because dealing twice does no harm either.
 * 3. Results are idempotent. In place, a replacement writes the same bits again, and nobody else
 *    does. Copied, the one process that owns the frame takes a result only while its task is
 *    leased; so of one that was sent by the dead and again by the replacement, the first counts.
 * 4. Nobody waits for the dead. Locks are robust, and what they guard changes by one last store, so
 *    a recovered lock needs no repair; an exchange of the queue's slots takes more, and is written
 *    down first (mp/lock.h). Conditions have no inner lock (mp/condition.h); a wake that died with
 *    its waker, or was spent on the dead, is made up for by the supervisor, which wakes all after
 *    each death. A worker that is stopped, not dead, is killed when its lease of time runs out
 *    (mp/stopped.h).
 * 5. It ends. A task over which several workers in a row died ends the run, and so do deaths that
 *    follow each other without any task being done between them, after waiting longer each time.
 *
 * Private channels need less: there the parent alone knows what each worker holds, takes what a
 * dead one had sent whole, and deals the rest again (src/backends/pipe.c). tests/lease.pml and its
 * neighbours are models of 1 to 4 for Spin. Tried and left: taking leases back (a generation in
 * each word, and a race between the supervisor and the late), rings without locks (a kill between
 * reserve and commit), process-shared pthread conditions (their inner lock is not robust). */
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

/* For tasks that are numbers of places, used again and again: done → free, by whoever said that it
 * was done, with release order after the next task's data is in its place. */
void lease_renew(struct lease_table *table, uint64_t task);

/* How many tasks are done in this round; a scan. */
uint64_t lease_count_done(const struct lease_table *table);

/* The first task, from `from` on, that the worker holds, or -1; a scan. What a replacement asks for
 * the number that it took over. */
int64_t lease_next_held(const struct lease_table *table, unsigned worker, uint64_t from);

static inline int64_t lease_held_by(const struct lease_table *table, unsigned worker) {
    return lease_next_held(table, worker, 0);
}

/* Is it free; does the worker hold it? At some instant of the call. */
bool lease_is_free(const struct lease_table *table, uint64_t task);
bool lease_is_held(const struct lease_table *table, uint64_t task, unsigned worker);

#endif
