/* The ground of the process backends; contracts in crew.h. */
#include "backends/crew.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int spare_comes(void *context) {
    const struct crew *crew = context;
    return crew->spare_comes ? crew->spare_comes(crew->backend) : 0;
}

static void spare_prepares(void *context) {
    const struct crew *crew = context;
    lease_is_held(crew->leases, 0, 0); /* maps where a replacement looks first */
    if (crew->spare_prepares)
        crew->spare_prepares(crew->backend);
}

int crew_open(struct crew *crew, const struct job *job, struct monitor *monitor, unsigned others) {
    *crew = (struct crew){
        .job = job, .monitor = monitor, .arena = ARENA_EMPTY, .replaceable = job->workers + others};
    int err = lease_open(&crew->arena, job_batches(job), &crew->leases);
    if (err)
        return err;
    err = supervisor_open(&crew->supervisor, &crew->arena, job->workers + others, monitor->stop_fd);
    if (!err)
        supervisor_keep_spares(&crew->supervisor, (struct supervisor_spares){
                                                      .after_ns = monitor->spare_ns,
                                                      .comes = spare_comes,
                                                      .prepares = spare_prepares,
                                                      .context = crew,
                                                  });
    return err ? err : supervisor_lease(&crew->supervisor, monitor->lease_ns);
}

/* What the ledger says of a worker that died. */
static struct monitor_loss describe(const struct crew *crew, const struct worker *worker) {
    const struct monitor *monitor = crew->monitor;
    struct monitor_loss loss = {
        .worker = worker->number,
        .pid = worker->pid,
        .exitcode = worker->exitcode,
        .batch = -1,
        .phase = -1,
        .overdue = worker->overdue,
        .end = LOSS_REPLACED,
    };
    snprintf(loss.name, sizeof loss.name, "%s", worker->name);
    if (worker->number >= monitor->worker_count)
        return loss;
    const struct monitor_worker *line = &monitor->workers[worker->number];
    loss.phase = atomic_load_explicit(&line->phase, memory_order_relaxed);
    if (loss.phase == PHASE_COMPUTE || loss.phase == PHASE_SEND)
        loss.batch = (int64_t)atomic_load_explicit(&line->batch, memory_order_relaxed);
    return loss;
}

/* Has the batch, over which the worker died, killed enough of them? Each render's are others. */
static bool is_poison(const struct crew *crew, struct worker *dead, int64_t batch) {
    uint64_t before = crew->renders * job_batches(crew->job);
    return batch >= 0 && supervisor_blame(dead, before + (uint64_t)batch) >= SUPERVISOR_DEATHS;
}

/* Deaths that batches lie between do not add up. */
static void note_progress(struct crew *crew) {
    uint64_t done = monitor_batches_done(crew->monitor);
    if (done != crew->done_at_death)
        supervisor_progress(&crew->supervisor);
    crew->done_at_death = done;
}

static uint64_t count_held(const struct crew *crew, unsigned worker) {
    uint64_t held = 0;
    for (int64_t batch = lease_held_by(crew->leases, worker); batch >= 0; held++)
        batch = lease_next_held(crew->leases, worker, (uint64_t)batch + 1);
    return held;
}

/* The replacement finds its number's line of the ledger as a worker that starts. */
static int replace(struct crew *crew, struct worker *dead) {
    monitor_restart(crew->monitor, dead->number);
    note_progress(crew);
    return crew->replace ? crew->replace(crew->backend, dead)
                         : supervisor_replace(&crew->supervisor, dead);
}

/* What is to become of a worker that died, and makes it so. */
static enum loss_end mend(struct crew *crew, struct worker *dead, struct monitor_loss *loss) {
    if (dead->number >= crew->replaceable)
        return LOSS_IRREPLACEABLE;
    if (!crew->judges && is_poison(crew, dead, loss->batch))
        return LOSS_POISON;
    int err = replace(crew, dead);
    if (err == CREW_POISON)
        return LOSS_POISON;
    loss->err = err;
    if (loss->err == -EOWNERDEAD)
        return LOSS_BARREN;
    return loss->err ? LOSS_REFUSED : LOSS_REPLACED;
}

/* The CPU on which a worker died is free, but when its replacement is forked, this process may just
 * run there. Then the scheduler puts the replacement behind another worker, and there it may wait
 * for milliseconds, while the free CPU idles. */
static void begin_where_it_died(const struct crew *crew, const struct worker *replacement) {
    const struct monitor_worker *line = &crew->monitor->workers[replacement->number];
    worker_begin_on(replacement, atomic_load_explicit(&line->cpu, memory_order_relaxed));
}

/* A worker died. 0: it has been replaced; -EOWNERDEAD: it cannot be; or -errno. */
static int mourn(struct crew *crew, struct worker *dead) {
    struct monitor_loss loss = describe(crew, dead);
    if (crew->wake)
        crew->wake(crew->backend);
    int64_t again = crew->mourn ? crew->mourn(crew->backend, dead) : 0;
    if (again < 0)
        return (int)again;
    uint64_t held = count_held(crew, dead->number);
    loss.end = mend(crew, dead, &loss);
    if (loss.end == LOSS_REPLACED && loss.batch >= 0)
        begin_where_it_died(crew, dead);
    loss.repeated = loss.exitcode >= 0 && crew->supervisor.barren > crew->supervisor.capacity;
    monitor_worker_lost(crew->monitor, &loss, held + (uint64_t)again);
    return loss.end == LOSS_REPLACED ? 0 : -EOWNERDEAD;
}

/* Waits for news until the deadline, ≥ 0; a stop, and a death that cannot be mended, are errors. */
static int hear(struct crew *crew, uint64_t deadline_ns) {
    struct worker *dead = NULL;
    monitor_phase(crew->monitor, monitor_original(crew->monitor), PHASE_IDLE);
    int news = supervisor_wait(&crew->supervisor, deadline_ns, &dead);
    monitor_phase(crew->monitor, monitor_original(crew->monitor), PHASE_COLLECT);
    if (news < 0)
        return news;
    if (news == SUPERVISOR_STOP || monitor_stop_requested(crew->monitor))
        return -ECANCELED;
    if (news != SUPERVISOR_DEATH)
        return news;
    int err = mourn(crew, dead);
    return err ? err : news;
}

int crew_begin(struct crew *crew) {
    lease_begin(crew->leases);
    crew->renders++;
    crew->done_at_death = 0;
    supervisor_progress(&crew->supervisor); /* the last render was completed */
    int news = hear(crew, 0);               /* one may have died since the last render */
    monitor_phase(crew->monitor, monitor_original(crew->monitor), PHASE_DISPATCH);
    return news < 0 ? news : 0;
}

/* Those who replace the dead in the middle of a render have better things to do than to map it. */
void crew_worker_started(struct crew *crew, unsigned worker) {
    if (crew->monitor->warm && crew->renders == 0)
        counts_map(crew->monitor->warm);
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
    bell_ring(crew->supervisor.bell);
}

static bool all_have_started(const void *what) {
    const struct crew *crew = what;
    for (unsigned i = 0; i < crew->job->workers; i++)
        if (atomic_load_explicit(&crew->monitor->workers[i].phase, memory_order_relaxed) ==
            PHASE_START)
            return false;
    return true;
}

int crew_await_started(struct crew *crew) {
    return crew->monitor->warm ? crew_await(crew, all_have_started, crew) : 0;
}

int crew_await(struct crew *crew, bool (*ready)(const void *what), const void *what) {
    for (;;) {
        if (monitor_stop_requested(crew->monitor))
            return -ECANCELED;
        if (ready(what)) {
            monitor_phase(crew->monitor, monitor_original(crew->monitor), PHASE_COLLECT);
            return 0;
        }
        bell_arm(crew->supervisor.bell);
        if (ready(what)) { /* it came before the bell was armed */
            bell_disarm(crew->supervisor.bell);
            return 0;
        }
        int news = hear(crew, CLOCK_NEVER);
        if (news < 0)
            return news;
    }
}

long crew_await_readable(struct crew *crew) {
    int news = hear(crew, CLOCK_NEVER);
    if (news < 0)
        return news;
    return news == SUPERVISOR_READY ? (long)crew->supervisor.readable : -EAGAIN;
}

int crew_await_death(struct crew *crew, uint64_t deadline_ns) {
    int news;
    do
        news = hear(crew, deadline_ns);
    while (news == SUPERVISOR_BELL || news == SUPERVISOR_READY);
    return news == SUPERVISOR_NOTHING ? -ETIMEDOUT : news < 0 ? news : 0;
}

uint64_t crew_fill(struct crew *crew, unsigned worker, uint64_t batch, uint32_t *counts) {
    const struct job *job = crew->job;
    monitor_batch_begun(crew->monitor, worker, batch);
    return job->kernel->fill(&job->workload, job_batch(job, batch), counts);
}

void crew_enter(struct crew *crew, struct counts *frame, unsigned worker, uint64_t index,
                uint64_t sum, const uint32_t *counts) {
    struct batch batch = job_batch(crew->job, index);
    memcpy(frame->at + batch.first, counts, batch.count * sizeof *counts);
    monitor_batch_done(crew->monitor, worker, index, sum);
}

bool crew_commit(struct crew *crew, struct counts *frame, unsigned worker, uint64_t index,
                 uint64_t sum, const uint32_t *counts) {
    if (!lease_is_held(crew->leases, index, worker))
        return false;
    crew_enter(crew, frame, worker, index, sum, counts);
    return lease_done(crew->leases, index);
}

void crew_do_in_place(struct crew *crew, unsigned worker, uint64_t index, uint32_t *frame) {
    if (!lease_claim(crew->leases, index, worker) && !lease_is_held(crew->leases, index, worker))
        return;
    uint32_t *place = frame + job_batch(crew->job, index).first;
    monitor_batch_done(crew->monitor, worker, index, crew_fill(crew, worker, index, place));
    lease_done(crew->leases, index);
    monitor_phase(crew->monitor, worker, PHASE_WAIT);
}

/* Each wake of the collector costs some 10 µs, so it should find many results: half of these. But
 * they should stay in a core's cache, and two per worker is the least that lets a worker go on
 * while one is taken. */
#define RESULTS_PER_WORKER       128
#define RESULTS_PER_WORKER_LEAST 2
#define RESULT_BYTES_PER_WORKER  (512 * 1024)

uint64_t crew_results_queued(const struct job *job) {
    uint64_t fitting = RESULT_BYTES_PER_WORKER / (job->batch * sizeof(uint32_t));
    uint64_t each = size_max(RESULTS_PER_WORKER_LEAST, size_min(RESULTS_PER_WORKER, fitting));
    return size_min(job_batches(job), job->workers * each);
}

int crew_join(struct crew *crew) {
    struct supervisor *supervisor = &crew->supervisor;
    struct worker *ended;
    int err;
    while (!(err = supervisor_join_next(supervisor, supervisor->count, CLOCK_NEVER, &ended))) {
        if (ended->exitcode == 0)
            continue;
        struct monitor_loss loss = describe(crew, ended);
        loss.end = LOSS_IDLE;
        monitor_worker_lost(crew->monitor, &loss, 0);
        if (crew->wake)
            crew->wake(crew->backend);
    }
    return err == -ECHILD ? 0 : err;
}

void crew_close(struct crew *crew) {
    supervisor_close(&crew->supervisor);
    arena_close(&crew->arena);
}
