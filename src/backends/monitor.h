/* Monitor: what a backend may tell and ask while it renders, the same for all. Its ledger lies in
 * shared pages: whoever puts a batch into the frame enters the batch's sum, so the harness can
 * prove that all work was done, and a progress bar (another process) can watch. Entering a batch is
 * two stores, and so is a phase.
 *
 * While the harness records, phases are also timed (account.h) and may be kept as events
 * (timeline.h). Each worker is a track, and so is each coordinator: the original process, and the
 * helper that some backends start, a producer or a server. While it does not, that costs a branch.
 */
#ifndef BACKENDS_MONITOR_H
#define BACKENDS_MONITOR_H

#include "backends/account.h"
#include "backends/timeline.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct queue;

/* One track's line of the ledger; only that worker, or who collects for it, writes it. */
struct monitor_worker {
    _Alignas(64) _Atomic uint64_t batches; /* that were put into the frame */
    _Atomic int phase;                     /* enum phase */
    _Atomic int recording;                 /* enum monitor_recording */
    _Atomic uint64_t batch;                /* that it computes or sends, in those phases, */
    _Atomic unsigned cpu;                  /* and the CPU on which it began it */
};

enum monitor_recording { RECORD_NOTHING, RECORD_SUMS, RECORD_EVENTS /* and sums */ };

/* What a track's time in a render was spent on: its terms add up to the render's time. */
enum term {
    TERM_START,        /* it was being started, and has been */
    TERM_STARTUP_WAIT, /* a worker waited for its first batch */
    TERM_WAIT,         /* for the others */
    TERM_COMPUTE,
    TERM_SEND,
    TERM_END_WAIT,    /* from its last batch on */
    TERM_DISPATCH,    /* coordinators */
    TERM_COLLECT,     /* coordinators */
    TERM_IDLE,        /* coordinators */
    TERM_DESCHEDULED, /* in compute, dispatch and collect, which are CPU time */
    TERM_RESIDUAL     /* the rest: work beyond the CPU time that the kernel counted, or that beyond
                         all phases; threads that were not there, the last moments of the dead */
};
#define TERMS (TERM_RESIDUAL + 1)

/* What renders that were recorded cost; free of pointers. Sums over renders and tracks. */
struct monitor_accounts {
    uint64_t renders, wall_ns;
    int64_t worker_ns[TERMS];      /* of all workers: workers × wall */
    int64_t coordinator_ns[TERMS]; /* coordinators × wall */
    int64_t compute_most_ns;       /* of the worker that computed most */
    int64_t coordinator_most_ns;   /* of the coordinator that did most: dispatch and collect */
    uint32_t coordinators;         /* how many there are */
};

#define MONITOR_COORDINATORS 2
#define MONITOR_QUEUES       2

/* What only the harness writes: the sums when the render began, and what came of it. */
struct monitor_track {
    struct account_sums before;
    struct account_cpu cpu_before;
    int64_t term_ns[TERMS]; /* of the last render */
    enum phase open_phase;  /* under way when it ended, */
    uint64_t open_since_ns; /* since */
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
    uint64_t spare_ns; /* after so long a spare stands by for the workers; CLOCK_NEVER: none */
    void (*report)(void *context,
                   const struct monitor_loss
                       *loss); /* hears of it, unless the run ends or it is repeated; may be NULL */
    void *report_context;
    int stop_fd;              /* readable when a stop was asked for; -1: never */
    int (*stop_signal)(void); /* the signal that asked, or 0; may be NULL */
    void *pages;
    size_t pages_bytes;

    struct account *accounts; /* shared: of each track */
    struct monitor_track *tracks;
    struct timeline timeline;
    const char *coordinators[MONITOR_COORDINATORS]; /* what they are called; NULL: there is none */
    const struct queue *queues[MONITOR_QUEUES];     /* that a trace shows the lengths of, or NULL */
    const char *queue_names[MONITOR_QUEUES];
    uint64_t record_ns, begun_ns, ended_ns; /* recording, and the last render recorded */
};

#define MONITOR_PENDING  UINT64_MAX
#define MONITOR_LEASE_NS UINT64_C(5000000000) /* unless told otherwise */
#define MONITOR_SPARE_NS UINT64_C(2000000)    /* brief renders do not pay for a spare */

/* A ledger for that many workers and batches. 0 or -ENOMEM; the caller must monitor_close it. */
int monitor_open(struct monitor *monitor, unsigned workers, uint64_t batches);
void monitor_close(struct monitor *monitor);

/* The harness, before each render: all batches pending, nothing counted; phases stay, since workers
 * live on. */
void monitor_clear(struct monitor *monitor);

/* The harness, between renders or before the backend is opened: records from now on, or not.
 * Events need a timeline (timeline_open(&monitor->timeline, monitor_tracks(monitor), …)), opened
 * before the backend. */
void monitor_record(struct monitor *monitor, enum monitor_recording recording);

/* The harness, at the instants between which it times a render: while recording is on, adds to
 * *accounts what the time was spent on. Nothing otherwise. */
void monitor_render_begins(struct monitor *monitor, uint64_t now_ns);
void monitor_render_ended(struct monitor *monitor, uint64_t now_ns,
                          struct monitor_accounts *accounts);

/* A term as a word of a column's or key's name. */
const char *monitor_term_name(enum term term);

/* What a track is called, "worker 0" or a coordinator's name; NULL: there is no such track. */
#define MONITOR_NAME_SIZE 32
const char *monitor_track_name(const struct monitor *monitor, unsigned track,
                               char name[MONITOR_NAME_SIZE]);

/* Batches entered so far, and the sum of their counts; scans. */
uint64_t monitor_batches_done(const struct monitor *monitor);

/* How often workers have entered a batch: the same number, unless some were entered twice. */
uint64_t monitor_batches_entered(const struct monitor *monitor);
uint64_t monitor_iterations(const struct monitor *monitor);

/* Workers that put at least one batch into the frame. */
unsigned monitor_workers_seen(const struct monitor *monitor);

/* Tracks: worker i is track i, behind them the coordinators. */
static inline unsigned monitor_helper(const struct monitor *monitor) {
    return monitor->worker_count;
}

static inline unsigned monitor_original(const struct monitor *monitor) {
    return monitor->worker_count + 1;
}

static inline unsigned monitor_tracks(const struct monitor *monitor) {
    return monitor->worker_count + MONITOR_COORDINATORS;
}

/* A backend says while it opens: what its helper and the original process are called, if they
 * coordinate (else NULL); and which queues it has, whose lengths the original process sees, and the
 * workers, if they are started later. Names must stay where they are. */
void monitor_coordinators(struct monitor *monitor, const char *helper, const char *original);
void monitor_queue(struct monitor *monitor, const char *name, const struct queue *queue);

/* While recording is on; the verbs below come here by themselves. */
void monitor_record_phase(struct monitor *monitor, unsigned track, enum phase phase);
void monitor_record_batch(struct monitor *monitor, unsigned worker);
void monitor_record_death(struct monitor *monitor, const struct monitor_loss *loss);

/* Acquire: whoever sees that recording is on finds its sums begun. */
static inline bool monitor_is_recording(const struct monitor_worker *line) {
    int recording = atomic_load_explicit(&line->recording, memory_order_acquire);
    return __builtin_expect(recording != RECORD_NOTHING, false);
}

/* A backend says: this worker or coordinator enters this phase. By itself; again does no harm. */
static inline void monitor_phase(struct monitor *monitor, unsigned track, enum phase phase) {
    struct monitor_worker *line = &monitor->workers[track];
    if (monitor_is_recording(line))
        monitor_record_phase(monitor, track, phase);
    atomic_store_explicit(&line->phase, (int)phase, memory_order_relaxed);
}

/* A backend says: this worker begins to compute this batch. */
static inline void monitor_batch_begun(struct monitor *monitor, unsigned worker, uint64_t batch) {
    struct monitor_worker *line = &monitor->workers[worker];
    if (monitor_is_recording(line))
        monitor_record_batch(monitor, worker);
    atomic_store_explicit(&line->batch, batch, memory_order_relaxed);
    atomic_store_explicit(&line->cpu, (unsigned)sched_getcpu(), memory_order_relaxed);
    atomic_store_explicit(&line->phase, PHASE_COMPUTE, memory_order_relaxed);
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

/* The supervisor says: this track's process is dead, and another one is about to be it. */
void monitor_restart(struct monitor *monitor, unsigned track);

/* A backend asks, between batches: has somebody asked to stop? */
static inline bool monitor_stop_requested(const struct monitor *monitor) {
    return monitor->stop_signal && monitor->stop_signal() != 0;
}

#endif
