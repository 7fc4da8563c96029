/* Lab dispatch: what dealing work costs, by every backend with two workers. Batches from inside the
 * set last equally long, so that two workers would ideally take half the time of serial;
 * what they take beyond it, per batch, is dispatch; by fork-queue and pool also without carrying
 * the counts home, which is what dealing the numbers takes. And a frame of one pixel without any
 * work: how long it takes when the workers must be started first, beyond starting as many
 * processes, and when they are there. */
#include "base/clock.h"
#include "bench/lab/dispatch_numbers.h"
#include "bench/lab/dispatch_sample.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/stats/stats.h"
#include "core/workload.h"
#include "mp/arena.h"
#include "mp/worker.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BATCHES       1000
#define BACKENDS_MOST 32
#define ROUNDS_LEAST  7
#define ROUNDS_MOST   25
#define BUDGET_NS     UINT64_C(15000000000)

/* What is measured of each backend: COLD and WARM of one pixel, then lengths of a batch. */
enum { COLD, WARM, FIRST_BATCH };
static const unsigned batch_us[] = {5, 10, 20};
#define MEASURES (FIRST_BATCH + sizeof batch_us / sizeof *batch_us)

struct dispatch {
    const struct backend *backends[BACKENDS_MOST];
    unsigned count;           /* the first is serial, what the others are compared with */
    unsigned whole;           /* those from here on only deal numbers: no COLD, no WARM */
    uint64_t batch[MEASURES]; /* pixels */
    double took_ns[BACKENDS_MOST][MEASURES][ROUNDS_MOST], forks_ns[BACKENDS_MOST][ROUNDS_MOST];
    struct dispatch_answer *answer;
    unsigned rounds;
};

static struct job job_for(const struct dispatch *dispatch, size_t measure) {
    struct job job = {.workers = DISPATCH_WORKERS, .schedule = {.kind = SCHEDULE_DYNAMIC}};
    bool one_pixel = measure < FIRST_BATCH;
    job.batch = one_pixel ? 1 : dispatch->batch[measure];
    /* One row: a picture much higher than wide would reach out of the set. */
    job.workload =
        workload_of_view(view_find("interior"), (uint32_t)(one_pixel ? 1 : job.batch * BATCHES), 1);
    job.kernel = kernel_find(one_pixel ? "null" : "scalar");
    return job;
}

static bool is_measured(const struct dispatch *dispatch, unsigned at, size_t measure) {
    return at < dispatch->whole || measure >= FIRST_BATCH;
}

static int take(void *context, unsigned cell, unsigned round) {
    struct dispatch *dispatch = context;
    unsigned at = cell / MEASURES;
    size_t measure = cell % MEASURES;
    if (!is_measured(dispatch, at, measure))
        return 0;
    struct worker worker;
    struct dispatch_sample sample = {
        .backend = dispatch->backends[at],
        .job = job_for(dispatch, measure),
        .kind = measure == COLD   ? DISPATCH_COLD
                : measure == WARM ? DISPATCH_WARM
                                  : DISPATCH_BATCHES,
        .answer = dispatch->answer,
    };
    if (at == 0)
        sample.job.workers = 1;
    *dispatch->answer = (struct dispatch_answer){0};
    int err = worker_start(&worker, WORKER_PROCESS, "dispatch", 0, dispatch_take_sample, &sample);
    if (!err)
        err = worker_join(&worker);
    if (!err && (worker.exitcode != 0 || !dispatch->answer->done))
        err = -ECHILD;
    dispatch->took_ns[at][measure][round] = (double)dispatch->answer->took_ns;
    if (measure == COLD)
        dispatch->forks_ns[at][round] = (double)dispatch->answer->forks_ns;
    return err;
}

/* ---- preparing and concluding ---- */

/* Serial first; then whatever works here; then those that only deal numbers. */
static void list_backends(struct dispatch *dispatch) {
    unsigned count;
    const struct backend *const *list = backend_list(&count), *serial = backend_find("serial");
    dispatch->backends[dispatch->count++] = serial;
    for (unsigned i = 0; i < count && dispatch->count < BACKENDS_MOST - DISPATCH_NUMBERS; i++)
        if (list[i] != serial && !backend_unavailable(list[i]))
            dispatch->backends[dispatch->count++] = list[i];
    dispatch->whole = dispatch->count;
    for (unsigned i = 0; i < DISPATCH_NUMBERS; i++)
        dispatch->backends[dispatch->count++] = dispatch_numbers[i];
}

/* How many pixels make a batch of each length: the fastest of some tries says what one costs. */
static void choose_batches(struct dispatch *dispatch) {
    enum { PIXELS = 16, TRIES = 50 };
    struct workload workload = workload_of_view(view_find("interior"), PIXELS, 1);
    uint32_t counts[PIXELS];
    double pixel_ns = INFINITY;
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t start = clock_now_ns();
        kernel_find("scalar")->fill(&workload, (struct batch){0, PIXELS}, counts);
        pixel_ns = fmin(pixel_ns, (double)(clock_now_ns() - start) / PIXELS);
    }
    for (size_t i = FIRST_BATCH; i < MEASURES; i++)
        dispatch->batch[i] = (uint64_t)fmax(1, round(batch_us[i - FIRST_BATCH] * 1e3 / pixel_ns));
}

/* Microseconds beyond what cannot be helped, in one round. */
static double over_us(const struct dispatch *dispatch, unsigned at, size_t measure,
                      unsigned round) {
    double took_ns = dispatch->took_ns[at][measure][round];
    if (measure == COLD)
        return (took_ns - dispatch->forks_ns[at][round]) / 1e3;
    if (measure == WARM)
        return took_ns / 1e3;
    return (DISPATCH_WORKERS * took_ns - dispatch->took_ns[0][measure][round]) / BATCHES / 1e3;
}

/* What this program means to reach; INFINITY: nothing was promised. Of fork-queue and pool it is
 * the numbers. */
static double bound_us(const struct backend *backend, size_t measure) {
    static const char *const shared[] = {"shared-array", "pool in place", "fork-queue in place"};
    if (!(backend->flags & BACKEND_PROCESSES))
        return INFINITY;
    if (measure < FIRST_BATCH)
        return measure == COLD ? 1000 : 50;
    if (batch_us[measure - FIRST_BATCH] != 20)
        return INFINITY;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (strcmp(backend->name, shared[i]) == 0)
            return 0.6;
    return strcmp(backend->name, "pipe") == 0 ? 6 : INFINITY;
}

static double enter_row(const struct dispatch *dispatch, unsigned at, size_t measure,
                        struct lab_table *table) {
    const struct backend *backend = dispatch->backends[at];
    double samples[ROUNDS_MOST], bound = bound_us(backend, measure);
    double length_us = measure < FIRST_BATCH ? NAN : (double)batch_us[measure - FIRST_BATCH];
    char promised[32] = "none";
    for (unsigned i = 0; i < dispatch->rounds; i++)
        samples[i] = over_us(dispatch, at, measure, i);
    double median = rounds_median(samples, dispatch->rounds);
    if (!isinf(bound))
        snprintf(promised, sizeof promised, "%g", bound);
    lab_row(table, "%s,%s,%.0f,%.3f,%.3f,%.3f,%u,%s,%s", backend->name,
            measure == COLD   ? "one pixel over forks"
            : measure == WARM ? "one pixel by workers that are there"
                              : "a batch over ideal",
            length_us, median, samples[dispatch->rounds / 4], samples[dispatch->rounds * 3 / 4],
            dispatch->rounds, promised,
            isinf(bound)      ? ""
            : median <= bound ? "yes"
                              : "no");
    return median;
}

static void conclude(const struct dispatch *dispatch, struct lab_table *table) {
    const size_t last = MEASURES - 1;
    unsigned promised = 0, reached = 0, least = 1, most = 1;
    double medians[BACKENDS_MOST];
    lab_row(table, "backend,measure,batch_us,over_us,q25_us,q75_us,rounds,bound_us,reached");
    for (size_t what = 0; what < MEASURES; what++)
        for (unsigned at = 1; at < dispatch->count; at++) {
            if (!is_measured(dispatch, at, what))
                continue;
            double median = enter_row(dispatch, at, what, table);
            double bound = bound_us(dispatch->backends[at], what);
            promised += !isinf(bound);
            reached += !isinf(bound) && median <= bound;
            if (what == last)
                medians[at] = median;
        }
    for (unsigned at = 1; at < dispatch->whole; at++) {
        least = medians[at] < medians[least] ? at : least;
        most = medians[at] > medians[most] ? at : most;
    }
    lab_lesson(
        table,
        "A batch of %u us costs %.2f us more than its computing with %s and %.2f us with %s, "
        "so batches should be long beside that; %u of %u figures keep their bound here.",
        batch_us[last - FIRST_BATCH], medians[least], dispatch->backends[least]->name,
        medians[most], dispatch->backends[most]->name, reached, promised);
}

static int run(struct lab_table *table) {
    static struct dispatch dispatch;
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct dispatch_answer), &piece);
    if (err)
        return err;
    dispatch = (struct dispatch){.answer = piece};
    list_backends(&dispatch);
    choose_batches(&dispatch);
    const struct rounds rounds = {.cells = dispatch.count * MEASURES,
                                  .least = ROUNDS_LEAST,
                                  .most = ROUNDS_MOST,
                                  .budget_ns = BUDGET_NS};
    int done = rounds_run(&rounds, take, &dispatch);
    if (done > 0) {
        dispatch.rounds = (unsigned)done;
        conclude(&dispatch, table);
    }
    arena_close(&arena);
    return done < 0 ? done : 0;
}

const struct lab lab_dispatch = {
    .name = "dispatch",
    .summary = "what does it cost to deal a batch, and to start and use workers for nothing?",
    .figure = "batch_us over_us backend",
    .xlabel = "microseconds of a batch",
    .ylabel = "microseconds over ideal, per batch",
    .run = run,
};
