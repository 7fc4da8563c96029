/* Calibrating; contracts in peak.h. */
#include "bench/kernels/peak.h"

#include "base/clock.h"
#include "mp/arena.h"
#include "mp/worker.h"

#include <errno.h>
#include <stdlib.h>

#define SLICE_ROUNDS 10000              /* 10 to 60 µs: reading the clock costs next to nothing */
#define LEAD_NS      UINT64_C(2000000)  /* until all threads run and the clock rate has settled */
#define TIMED_NS     UINT64_C(10000000) /* and as long again as the lead, until all have timed */

/* What is to be measured; the result is in memory that both processes see. */
struct task {
    const struct width *width;
    enum chain chain;
    unsigned threads;
    struct peak *peak;
};

/* What one thread does, and what it found. */
struct runner {
    double (*run)(uint64_t rounds);
    struct worker worker;
    uint64_t fastest_ns, timed_ns, slices;
};

/* Runs slices until they have lasted that long. */
static void run_for(struct runner *runner, uint64_t wanted_ns) {
    uint64_t start = clock_now_ns(), before = start, now = start;
    runner->fastest_ns = UINT64_MAX;
    for (runner->slices = 0; now - start < wanted_ns; runner->slices++) {
        (void)runner->run(SLICE_ROUNDS);
        now = clock_now_ns();
        if (now - before < runner->fastest_ns)
            runner->fastest_ns = now - before;
        before = now;
    }
    runner->timed_ns = now - start;
}

/* The others are busy all the time that this one is timed. */
static int run_thread(void *argument, unsigned number) {
    struct runner *runner = argument, aside = {.run = runner->run};
    (void)number;
    run_for(&aside, LEAD_NS);
    run_for(runner, TIMED_NS);
    run_for(&aside, LEAD_NS);
    return 0;
}

static void add(struct peak *peak, const struct runner *runner, enum chain chain) {
    double operations = (double)SLICE_ROUNDS * width_round(chain);
    peak->fastest_per_s += operations / clock_seconds(runner->fastest_ns);
    peak->mean_per_s += operations * (double)runner->slices / clock_seconds(runner->timed_ns);
}

/* In a process of its own, since the harness must not have had threads when it forks. Its result
 * is an errno. */
static int run_task(void *argument, unsigned number) {
    const struct task *task = argument;
    struct runner *runners = calloc(task->threads, sizeof *runners);
    unsigned started = 0;
    int err = runners ? 0 : -ENOMEM;
    (void)number;
    while (!err && started < task->threads) {
        struct runner *runner = &runners[started];
        runner->run = task->width->run[task->chain];
        err = worker_start(&runner->worker, WORKER_THREAD, "peak", started, run_thread, runner);
        started += err == 0;
    }
    for (unsigned i = 0; i < started; i++) {
        worker_join(&runners[i].worker);
        add(task->peak, &runners[i], task->chain);
    }
    free(runners);
    return -err;
}

int peak_measure(const struct width *width, enum chain chain, unsigned threads, struct peak *peak) {
    struct arena arena = ARENA_EMPTY;
    struct worker worker;
    void *piece;
    int err = arena_take(&arena, sizeof *peak, &piece);
    if (err)
        return err;
    struct task task = {width, chain, threads, piece};
    err = worker_start(&worker, WORKER_PROCESS, "peak", 0, run_task, &task);
    if (!err)
        err = worker_join(&worker);
    if (!err)
        err = worker.exitcode < 0 ? -ECHILD : -worker.exitcode;
    *peak = *task.peak;
    arena_close(&arena);
    return err;
}
