/* Backend planted, for the self-test.
 * Pattern: threads, started for each render; worker w of n does the batches w, w + n, w + 2n …
 * Who writes the frame: the threads. What ends a worker: its last batch.
 * Each fault strikes once, at the batch in the middle, unless it is one of time. */
#include "bench/selftest/planted.h"

#include "base/clock.h"
#include "mp/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SLOWER_PART 20 /* of its work is done once more: 5 % */
#define TARDY_NS    UINT64_C(200000)
#define LEAK_BYTES  (1 << 16)

struct planted_state {
    enum planted fault;
    const struct job *job;
    struct monitor *monitor;
    struct counts *counts;
    unsigned workers;
    struct worker threads[]; /* but for worker 0, which is the original thread */
};

static void crash(void) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* nobody wants to look into it */
    abort();
}

static void hang(void) {
    for (;;)
        pause();
}

static void swap_two(uint32_t *counts, uint64_t count) {
    for (uint64_t i = 1; i < count; i++) {
        if (counts[i] != counts[0]) {
            uint32_t first = counts[0];
            counts[0] = counts[i];
            counts[i] = first;
            return;
        }
    }
}

static void wait_busily(uint64_t ns) {
    uint64_t end = clock_now_ns() + ns;
    while (clock_now_ns() < end)
        ;
}

static void do_batch(struct planted_state *this, unsigned worker, uint64_t index) {
    const struct job *job = this->job;
    struct batch batch = job_batch(job, index);
    uint32_t *counts = this->counts->at + batch.first;
    enum planted fault = this->fault;
    bool strikes = index == job_batches(job) / 2;
    if (strikes && fault == PLANTED_DROPPED)
        return;
    if (strikes && fault == PLANTED_HANG)
        hang();
    if (strikes && fault == PLANTED_CRASH)
        crash();
    if (fault == PLANTED_TARDY)
        wait_busily(TARDY_NS);
    if (fault == PLANTED_SLOWER)
        job->kernel->fill(&job->workload, (struct batch){batch.first, batch.count / SLOWER_PART},
                          counts);
    uint64_t sum = job->kernel->fill(&job->workload, batch, counts);
    if (strikes && (fault == PLANTED_MISCOUNTED || fault == PLANTED_COVERED))
        counts[0]++;
    if (strikes && fault == PLANTED_SWAPPED)
        swap_two(counts, batch.count);
    monitor_batch_done(this->monitor, worker, index, sum + (strikes && fault == PLANTED_COVERED));
    if (strikes && fault == PLANTED_DOUBLED)
        monitor_batch_done(this->monitor, worker, index, sum);
}

static int work(void *state, unsigned worker) {
    struct planted_state *this = state;
    for (uint64_t i = worker; i < job_batches(this->job); i += this->workers)
        do_batch(this, worker, i);
    return 0;
}

static int render(void *state, struct monitor *monitor, struct counts *counts) {
    struct planted_state *this = state;
    int err = 0;
    unsigned started = 1;
    if (monitor_stop_requested(monitor))
        return -ECANCELED;
    this->monitor = monitor;
    this->counts = counts;
    for (; !err && started < this->workers; started += !err)
        err = worker_start(&this->threads[started], WORKER_THREAD, "planted", started, work, this);
    if (!err)
        work(this, 0);
    for (unsigned i = 1; i < started; i++)
        worker_join(&this->threads[i]);
    return err;
}

/* Dies by a signal alone. Holds none of our descriptors, so nobody waits for their end. */
static void leave_process(void) {
    if (fork() == 0) {
        for (int fd = 0; fd < 64; fd++)
            close(fd);
        hang();
    }
}

const char *planted_segment(pid_t harness, char name[PLANTED_NAME_SIZE]) {
    snprintf(name, PLANTED_NAME_SIZE, "/mandelbench-planted-%ld", (long)harness);
    return name;
}

static void leave_segment(void) {
    char name[PLANTED_NAME_SIZE];
    int fd = shm_open(planted_segment(getppid(), name), O_RDWR | O_CREAT, 0600);
    if (fd >= 0)
        close(fd);
}

static void leave_mapping(void) {
    mmap(NULL, LEAK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int finish(void *state) {
    struct planted_state *this = state;
    if (this->fault == PLANTED_ORPHAN)
        leave_process();
    if (this->fault == PLANTED_SEGMENT)
        leave_segment();
    if (this->fault == PLANTED_MAPPING)
        leave_mapping();
    free(this);
    return 0;
}

static int start(enum planted fault, const struct job *job, struct monitor *monitor, void **state) {
    struct planted_state *this = calloc(1, sizeof *this + job->workers * sizeof this->threads[0]);
    if (!this)
        return -ENOMEM;
    this->fault = fault;
    this->job = job;
    this->workers = job->workers;
    if (fault == PLANTED_SHORTHANDED && this->workers > 1)
        this->workers--;
    monitor_workers_started(monitor, this->workers);
    *state = this;
    return 0;
}

/* A hook is not told which backend it is of: each has an open of its own. */
#define BACKEND(symbol, text, what)                                                                \
    static int open_##symbol(const struct job *job, struct monitor *monitor, void **state) {       \
        return start(PLANTED_##symbol, job, monitor, state);                                       \
    }                                                                                              \
    static const struct backend backend_##symbol = {                                               \
        .name = text,                                                                              \
        .summary = what,                                                                           \
        .flags = BACKEND_THREADS | BACKEND_IN_PLACE,                                               \
        .open = open_##symbol,                                                                     \
        .render = render,                                                                          \
        .close = finish,                                                                           \
    };
#define FAULT(symbol, name, what, check, status, phrase) BACKEND(symbol, "planted-" name, what)
#define SLOWDOWN(symbol, name, what, check)              BACKEND(symbol, "planted-" name, what)
BACKEND(NOTHING, "planted", "no fault")
#include "bench/selftest/faults.def"
#undef FAULT
#undef SLOWDOWN

static const struct backend *const backends[PLANTED_COUNT] = {
    &backend_NOTHING,
#define FAULT(symbol, name, what, check, status, phrase) &backend_##symbol,
#define SLOWDOWN(symbol, name, what, check)              &backend_##symbol,
#include "bench/selftest/faults.def"
#undef FAULT
#undef SLOWDOWN
};

const struct backend *planted_backend(enum planted fault) {
    return backends[fault];
}

void planted_lend(void) {
    backend_lend(backends, PLANTED_COUNT);
}
