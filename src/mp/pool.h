/* Pool: persistent workers that apply functions to many tasks (queues + workers + leases → pool),
 * with one result for each task, also when workers die: what a dead worker had not yet sent home,
 * its replacement does.
 *
 * A call is one function and a number of tasks, which travel to the workers in chunks. Python's
 * verbs are calls too:
 * - apply, apply_async: a call of one task; pool_start begins it, pool_wait ends it;
 * - map, map_async: a call of many tasks, whose results lie in the order of the tasks;
 * - starmap: a call with several columns of arguments, one from each for a task;
 * - imap_unordered, imap: a call with a deliver hook, which takes each result as it comes home, or,
 *   if `ordered`, in the order of the tasks. Results of tasks that take POOL_ANNOUNCE_NS or longer
 *   come at once. Of shorter ones a result may wait for POOL_GATHER_NS, and then until its worker
 *   has done its next task too: announcing each by itself would cost more than most tasks;
 * - chunksize, initializer, maxtasksperchild, close, terminate, join: below, by these names.
 *
 * Only the process and thread that opened the pool uses it; it never blocks but in pool_wait,
 * pool_mend (at most a quarter of a second) and pool_join. */
#ifndef MP_POOL_H
#define MP_POOL_H

#include "mp/lease.h"
#include "mp/queue.h"
#include "mp/supervisor.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* Runs in a worker: does one task, whose argument is `argument` (16-byte aligned), and writes up to
 * the plan's result_bytes of result, which is its until it returns. How many it wrote, or -errno,
 * which the call then returns. It must not wait for results to be delivered. */
typedef long pool_function(void *context, unsigned worker, const void *argument, void *result);

/* Runs in a worker: once, before its first task (0, or the worker ends); before it waits. */
typedef int pool_initializer(void *context, unsigned worker);
typedef void pool_idle(void *context, unsigned worker);

/* What the pool is to be; const once opened. */
struct pool_plan {
    enum worker_kind kind;
    unsigned workers;
    pool_function *const *functions; /* that calls choose from */
    unsigned function_count;
    void *context;            /* handed to all functions; shared pages if it is to be written */
    size_t chunk_bytes;       /* most bytes of arguments in a chunk; 0 if tasks are numbers */
    size_t result_bytes;      /* the largest result */
    uint64_t results_queued;  /* results that may wait to be taken, ≥ 1 */
    uint64_t tasks_per_child; /* a worker that has done as many is renewed; 0: never */
    pool_initializer *initializer; /* may be NULL, as may idle */
    pool_idle *idle;
};

/* Where arguments come from: element i, of `bytes` bytes each, is task i's. */
struct pool_column {
    const void *elements;
    size_t bytes;
};

/* Runs in the pool's own process, for each result: what the function returned for the task, and so
 * many bytes (none below 0), which are there until this returns. It calls no verb of the pool. */
typedef void pool_deliver(void *context, uint64_t task, long outcome, const void *result);

#define POOL_COLUMNS 4
#define POOL_PENDING LONG_MIN          /* an outcome that is still to come */
#define POOL_DEATHS  SUPERVISOR_DEATHS /* of workers in a row over a task, which ends its call */
#define POOL_NO_TASK UINT64_MAX

#define POOL_ANNOUNCE_NS UINT64_C(1000000) /* a wake costs a hundredth of that */
#define POOL_GATHER_NS   UINT64_C(4000000) /* it takes a worker's CPU too, if there is no other */

/* The caller's memory, untouched from pool_start until pool_finished. Zero what is not needed. */
struct pool_call {
    unsigned function; /* the plan's, by its place */
    uint64_t count;    /* tasks, ≥ 1 */
    uint64_t chunk;    /* tasks that travel together; 0: a quarter of each worker's share */
    /* A task's argument: one element of each column, packed. Without columns: its number, a
     * uint64_t. */
    struct pool_column columns[POOL_COLUMNS];
    void *results; /* task i's at result_stride * i; NULL: not wanted */
    size_t result_stride;
    long *outcomes;        /* what the function returned for each task; NULL: not wanted */
    pool_deliver *deliver; /* may be NULL */
    void *deliver_context;
    bool ordered; /* deliver in the tasks' order, for which results and outcomes must be kept */

    /* The pool's. */
    int err;           /* the first bad outcome; -EMSGSIZE: longer than its stride; -EOWNERDEAD */
    uint64_t culprit;  /* the task it is about, or POOL_NO_TASK */
    uint64_t id;       /* 0 when it is not under way */
    uint64_t together; /* tasks that travel so */
    uint64_t submitted, home, delivered;
    struct pool_call *next;
};

#define POOL_NO_PLACE UINT64_MAX

struct pool {
    struct supervisor *supervisor;
    const struct pool_plan *plan;
    struct queue *tasks, *results; /* in arena pages, as are: */
    struct lease_table *leases;    /* of places for chunks */
    unsigned char *chunks;         /* those places, chunk_slot_bytes each */
    unsigned char *desks;          /* for each worker: an argument */
    uint64_t *vacant;              /* places without a chunk, `vacancies` of them */
    _Atomic bool *given_up;        /* a worker could not begin */
    size_t chunk_slot_bytes, desk_bytes;
    uint64_t places, vacancies, last_id, handed_out;
    uint64_t unsent;         /* a place whose message did not fit the queue, or POOL_NO_PLACE */
    struct pool_call *calls; /* under way, oldest first */
    bool closed, terminated;
};

/* Starts the workers through the supervisor (which also ends them, and has no others: else
 * -EINVAL); its shared memory is the arena's, and it has no other. The plan must outlive the pool.
 * 0 or -errno; after a failure close the supervisor. */
int pool_open(struct pool *pool, struct arena *arena, struct supervisor *supervisor,
              const struct pool_plan *plan);

/* Begins a call; several may be under way. 0; -EINVAL: no such function, no tasks, or ordered
 * without results and outcomes; -EMSGSIZE: one task's argument exceeds chunk_bytes; -EPIPE: the
 * pool is closed. */
int pool_start(struct pool *pool, struct pool_call *call);

/* All its results are home, or it has failed. */
bool pool_finished(const struct pool_call *call);

/* Blocks until the call is finished; replaces workers that die meanwhile. What the call came to: 0
 * or call->err. Otherwise the call is still under way: -ETIMEDOUT at the deadline of the timed
 * twin; -ECANCELED: a stop was asked for; -EOWNERDEAD: workers die again and again, or -errno, and
 * then nothing is left but to close the supervisor. */
int pool_wait(struct pool *pool, struct pool_call *call);
int pool_wait_until(struct pool *pool, struct pool_call *call, uint64_t deadline_ns);

/* pool_start and pool_wait: Python's apply, map and starmap. */
int pool_map(struct pool *pool, struct pool_call *call);

/* For those who wait for other things too, instead of pool_wait: takes the results that are there,
 * hands out what there is room for. Never blocks. Then bell_arm, pool_ready once more, and
 * supervisor_wait; pool_mend after a death. (A pool as a predicate's argument.) */
void pool_pump(struct pool *pool);
bool pool_ready(const void *pool);

/* After a worker's death or its planned end, which the supervisor told: replaces it. 0;
 * -EOWNERDEAD: workers die again and again; or -errno. */
int pool_mend(struct pool *pool, struct worker *ended);

/* Wakes all workers, to look again; pool_mend does so itself. */
void pool_wake(struct pool *pool);

/* Tasks that the worker has in hand, of which no result has been taken yet. */
uint64_t pool_held_by(const struct pool *pool, unsigned worker);

/* No more calls: each worker ends when the last call under way is finished. Then pool_join waits
 * for these calls and for the workers. 0; -EOWNERDEAD: one ended badly; or the errors of pool_wait.
 * After it the supervisor is only good to be closed. The timed twin: -ETIMEDOUT at the deadline,
 * and it may be called again. */
void pool_close(struct pool *pool);
int pool_join(struct pool *pool);
int pool_join_until(struct pool *pool, uint64_t deadline_ns);

/* Ends the calls under way, as they are, with -ECANCELED, and the workers: processes wherever they
 * are, threads after the task that each is at. Join as above, which then returns 0. */
int pool_terminate(struct pool *pool);

#endif
