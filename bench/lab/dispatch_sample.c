/* A sample of the lab dispatch; contracts in dispatch_sample.h. */
#include "bench/lab/dispatch_sample.h"

#include "base/clock.h"
#include "bench/lab/rounds.h"
#include "core/workload.h"
#include "mp/worker.h"
#include "render.h"

#include <sched.h>

#define WARM_NS      UINT64_C(5000000)  /* of renders of one pixel */
#define BATCHES_NS   UINT64_C(60000000) /* of renders of batches */
#define RENDERS_MOST 1000

static int do_nothing(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    return 0;
}

static uint64_t measure_forks(void) {
    struct worker workers[DISPATCH_WORKERS];
    unsigned started = 0;
    uint64_t start = clock_now_ns();
    while (started < DISPATCH_WORKERS &&
           worker_start(&workers[started], WORKER_PROCESS, "fork", started, do_nothing, NULL) == 0)
        started++;
    uint64_t took_ns = clock_now_ns() - start;
    for (unsigned i = 0; i < started; i++)
        worker_join(&workers[i]);
    return took_ns;
}

/* Has every pixel taken all iterations? Else the batches are not equally long. */
static bool are_equal(const struct render *render) {
    const struct workload *workload = &render->job->workload;
    return render->result.iterations == workload_pixels(workload) * workload->max_iter;
}

/* Each worker keeps to a CPU of its own from its first batch on: else the scheduler, which often
 * wakes two on one CPU and parts them milliseconds later, would be measured and not the dealing. */
static const struct kernel *unpinned;
static struct dispatch_answer *pins;

static void pin(unsigned number) {
    cpu_set_t own, one;
    if (sched_getaffinity(0, sizeof own, &own) != 0)
        return;
    unsigned wish = number % (unsigned)CPU_COUNT(&own);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, &own) || wish-- > 0)
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static uint64_t pinned_fill(const struct workload *workload, struct batch batch, uint32_t *out) {
    static _Thread_local bool pinned;
    if (!pinned)
        pin(atomic_fetch_add_explicit(&pins->pinned, 1, memory_order_relaxed));
    pinned = true;
    return unpinned->fill(workload, batch, out);
}

static void pin_workers(struct job *job, struct dispatch_answer *answer) {
    static struct kernel kernel;
    unpinned = job->kernel;
    pins = answer;
    kernel = *job->kernel;
    kernel.fill = pinned_fill;
    job->kernel = &kernel;
}

/* How long each render takes. */
static const struct backend *measured;
static double renders_ns[RENDERS_MOST];
static unsigned renders;

static int render_timed(void *state, struct monitor *monitor, struct counts *counts) {
    uint64_t start = clock_now_ns();
    int err = measured->render(state, monitor, counts);
    if (renders < RENDERS_MOST)
        renders_ns[renders++] = (double)(clock_now_ns() - start);
    return err;
}

/* A render by workers that are there: the median of all but the first, which finds pages that
 * nobody has touched (unless it took so long, on a busy machine, that it is the only one). */
static bool run_warm(struct render *render, uint64_t min_ns, uint64_t *took_ns) {
    struct backend timed = *render->backend;
    timed.render = render_timed;
    measured = render->backend;
    render->backend = &timed;
    if (render_run(render, min_ns) != RENDER_DONE)
        return false;
    unsigned skipped = renders > 1;
    *took_ns = (uint64_t)rounds_median(renders_ns + skipped, renders - skipped);
    return true;
}

static bool run_cold(struct render *render, uint64_t *took_ns) {
    bool done = render_run(render, 0) == RENDER_DONE;
    *took_ns = render->result.open_ns + render->result.render_ns;
    return done;
}

int dispatch_take_sample(void *argument, unsigned number) {
    struct dispatch_sample *sample = argument;
    struct dispatch_answer *answer = sample->answer;
    struct render render;
    (void)number;
    if (sample->kind == DISPATCH_COLD)
        answer->forks_ns = measure_forks();
    if (sample->kind == DISPATCH_BATCHES)
        pin_workers(&sample->job, answer);
    int err = render_open(&render, sample->backend, &sample->job);
    if (!err && sample->kind == DISPATCH_COLD)
        answer->done = run_cold(&render, &answer->took_ns);
    else if (!err && sample->kind == DISPATCH_WARM)
        answer->done = run_warm(&render, WARM_NS, &answer->took_ns);
    else if (!err)
        answer->done = run_warm(&render, BATCHES_NS, &answer->took_ns) && are_equal(&render);
    render_close(&render);
    return 0;
}
