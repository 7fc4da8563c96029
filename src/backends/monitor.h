/* Monitor: what a backend may tell and ask while it renders, the same for all. Its ledger lies in
 * shared pages: whoever puts a batch into the frame enters the batch's sum, so the harness can
 * prove that all work was done, and a progress bar (another process) can watch. Entering a batch is
 * two stores. */
#ifndef BACKENDS_MONITOR_H
#define BACKENDS_MONITOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a worker is doing. */
enum phase { PHASE_START, PHASE_WAIT, PHASE_COMPUTE, PHASE_SEND };

/* One worker's line of the ledger; only that worker, or who collects for it, writes it. */
struct monitor_worker {
    _Alignas(64) _Atomic uint64_t batches; /* that were put into the frame */
    _Atomic int phase;                     /* enum phase */
    _Atomic uint64_t batch;                /* that it computes or sends, in those phases */
};

/* What becomes of a worker that died. */
enum loss_end {
    LOSS_REPLACED,
    LOSS_IDLE,         /* all work was done */
    LOSS_POISON,       /* its batch has killed several workers in a row: the run ends */
    LOSS_BARREN,       /* workers die again and again, and nothing gets done: the run ends */
    LOSS_REFUSED,      /* the system refused another one: the run ends */
    LOSS_IRREPLACEABLE /* the run ends */
};

/* A worker that died, as the supervisor learnt it. */
struct monitor_loss {
    char name[16];
    unsigned worker;
    pid_t pid;
    int exitcode;  /* ≥ 0: it exited so; < 0: minus the signal that killed it */
    int64_t batch; /* that it computed or sent, or -1 */
    int phase;     /* enum phase, or -1 when it is no computing worker */
    bool overdue;  /* it had been stopped, and its lease ran out */
    enum loss_end end;
    int err;       /* LOSS_REFUSED: why, -errno */
    bool repeated; /* it ended by itself, as all others do at the moment */
};

struct counts;

struct monitor {
    struct monitor_worker *workers; /* shared: one line each */
    _Atomic uint64_t *sums;         /* shared: the sum of each batch's counts, or MONITOR_PENDING */
    unsigned worker_count;
    uint64_t batch_count;
    unsigned workers_started; /* as the backend obtained them */
    unsigned workers_lost;
    uint64_t batches_reissued; /* that died with a worker, and were given to another */
    struct monitor_loss loss;  /* the last, if workers_lost > 0 */
    const struct counts *warm; /* the frame of many renders to come: workers that write it should
                                  map it before the first. NULL: a single render, not worth it */
    uint64_t lease_ns;         /* how long a worker may be stopped before it is replaced */
    void (*report)(void *context,
                   const struct monitor_loss
                       *loss); /* hears of it, unless the run ends or it is repeated; may be NULL */
    void *report_context;
    int stop_fd;              /* readable when a stop was asked for; -1: never */
    int (*stop_signal)(void); /* the signal that asked, or 0; may be NULL */
    void *pages;
    size_t pages_bytes;
};

#define MONITOR_PENDING  UINT64_MAX
#define MONITOR_LEASE_NS UINT64_C(5000000000) /* unless told otherwise */

/* A ledger for that many workers and batches. 0 or -ENOMEM; the caller must monitor_close it. */
int monitor_open(struct monitor *monitor, unsigned workers, uint64_t batches);
void monitor_close(struct monitor *monitor);

/* The harness, before each render: all batches pending, nothing counted; phases stay, since workers
 * live on. */
void monitor_clear(struct monitor *monitor);

/* Batches entered so far, and the sum of their counts; scans. */
uint64_t monitor_batches_done(const struct monitor *monitor);

/* How often workers have entered a batch: the same number, unless some were entered twice. */
uint64_t monitor_batches_entered(const struct monitor *monitor);
uint64_t monitor_iterations(const struct monitor *monitor);

/* Workers that put at least one batch into the frame. */
unsigned monitor_workers_seen(const struct monitor *monitor);

/* A backend says: this worker enters this phase. */
static inline void monitor_phase(struct monitor *monitor, unsigned worker, enum phase phase) {
    atomic_store_explicit(&monitor->workers[worker].phase, (int)phase, memory_order_relaxed);
}

/* A backend says: this worker begins to compute this batch. */
static inline void monitor_batch_begun(struct monitor *monitor, unsigned worker, uint64_t batch) {
    atomic_store_explicit(&monitor->workers[worker].batch, batch, memory_order_relaxed);
    monitor_phase(monitor, worker, PHASE_COMPUTE);
}

/* A backend says: this batch, computed by this worker, is in the frame; its counts sum up to `sum`.
 * Entering the same batch again changes nothing. Relaxed: the lease, queue or barrier that ends a
 * render orders it. */
static inline void monitor_batch_done(struct monitor *monitor, unsigned worker, uint64_t batch,
                                      uint64_t sum) {
    struct monitor_worker *line = &monitor->workers[worker];
    uint64_t batches = atomic_load_explicit(&line->batches, memory_order_relaxed);
    atomic_store_explicit(&line->batches, batches + 1, memory_order_relaxed);
    atomic_store_explicit(&monitor->sums[batch], sum, memory_order_relaxed);
}

/* A backend says: how many workers it really has; a worker died, whose unfinished batches are given
 * out again. The original process only. */
void monitor_workers_started(struct monitor *monitor, unsigned workers);
void monitor_worker_lost(struct monitor *monitor, const struct monitor_loss *loss,
                         uint64_t batches_reissued);

/* A backend asks, between batches: has somebody asked to stop? */
static inline bool monitor_stop_requested(const struct monitor *monitor) {
    return monitor->stop_signal && monitor->stop_signal() != 0;
}

#endif
