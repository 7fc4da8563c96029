/* Taking the samples of the experiment faults; contracts in bench/measure/instrument.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "bench/faults/faults.h"
#include "bench/faults/ordeal.h"
#include "bench/faults/records.h"
#include "bench/measure/blocks.h"
#include "bench/measure/reference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The lesson's view, by the kernel that every machine has, in as many pixels as keep two CPUs busy
 * for a tenth of a second: then a kill is some percent of a render, and shows. */
#define VIEW   "lesson"
#define KERNEL "scalar"
#define SIDE   1024

#define CALM_RENDERS  3 /* the fastest says how long a render lasts that nobody disturbs */
#define BACKENDS_MOST 64

struct state {
    struct plan_case model; /* what is rendered; its backend is each case's */
    struct references references;
    uint64_t calm_ns[BACKENDS_MOST]; /* of each backend of the list; 0: not known yet */
    struct faults_row row;           /* of the sample that is taken */
};

static struct plan_case plan_model(unsigned usable_cpus) {
    const struct view *view = view_find(VIEW);
    struct plan_case model = {.role = ROLE_CASE, .view = view->name};
    model.job.workload = workload_of_view(view, SIDE, SIDE);
    model.job.kernel = kernel_find(KERNEL);
    model.job.workers = (unsigned)size_min(usable_cpus, JOB_WORKERS_MAX);
    model.job.batch = batch_default(workload_pixels(&model.job.workload));
    return model;
}

static void describe(struct faults_row *row, const struct plan_case *model,
                     struct records_case this) {
    row->workers = model->job.workers;
    row->batch = model->job.batch;
    row->width = model->job.workload.width;
    row->height = model->job.workload.height;
    row->max_iter = model->job.workload.max_iter;
    row->kills_planned = this.kills;
    snprintf(row->backend, sizeof row->backend, "%s", this.backend->name);
    snprintf(row->kernel, sizeof row->kernel, "%s", model->job.kernel->name);
    snprintf(row->view, sizeof row->view, "%s", model->view);
}

static void fill_in(struct faults_row *row, const struct ordeal_result *result) {
    const struct render_result *render = &result->render;
    row->kills = result->kills;
    row->workers_lost = render->workers_lost;
    row->batches_reissued = render->batches_reissued;
    row->open_s = clock_seconds(render->open_ns);
    row->render_s = clock_seconds(render->render_ns);
    row->close_s = clock_seconds(render->close_ns);
    row->recoveries = result->recoveries;
    if (result->recoveries) {
        row->recovery_median_s = result->recovery_median_ns / 1e9;
        row->recovery_max_s = result->recovery_max_ns / 1e9;
    }
    row->iterations = render->iterations;
    snprintf(row->sha256, sizeof row->sha256, "%s", render->sha256);
    row->user_s = result->usage.user_s;
    row->sys_s = result->usage.sys_s;
    row->other_cpu_s = result->others.other_cpu_s;
    row->steal_s = result->others.steal_s;
    row->load1 = result->others.load1;
}

/* How long the backend renders when nobody dies. 0 and *calm_ns, or as take_one. */
static int measure_calm(struct state *state, const struct backend *backend, uint64_t *calm_ns) {
    struct ordeal ordeal = {.backend = backend, .job = &state->model.job, .expected_ns = 1};
    struct ordeal_result result;
    *calm_ns = UINT64_MAX;
    for (unsigned i = 0; i < CALM_RENDERS; i++) {
        int err = ordeal_run(&ordeal, &result);
        if (err == -ECANCELED)
            return err;
        if (err || result.end != RENDER_DONE) {
            log_say("%s cannot render although nobody is killed: %s", backend->name,
                    err ? strerror(-err) : result.sentence);
            return err ? err : -ECHILD;
        }
        *calm_ns = size_min(*calm_ns, size_max(result.render.render_ns, 1));
    }
    return 0;
}

static int expect(struct state *state, const struct backend *backend, uint64_t *expected_ns) {
    unsigned count, at = 0;
    const struct backend *const *backends = backend_list(&count);
    while (backends[at] != backend)
        at++;
    int err = state->calm_ns[at] ? 0 : measure_calm(state, backend, &state->calm_ns[at]);
    *expected_ns = state->calm_ns[at];
    return err;
}

/* Is the picture the right one? 0 and *right, or as take_one. */
static int verify(struct state *state, const struct ordeal_result *result, bool *right) {
    const struct reference *reference;
    char sentence[512] = "";
    int err =
        reference_for(&state->references, &state->model, &reference, sentence, sizeof sentence);
    if (err && err != -ECANCELED)
        log_say("%s", *sentence ? sentence : strerror(-err));
    *right = !err && strcmp(reference->sha256, result->render.sha256) == 0 &&
             reference->iterations == result->render.iterations;
    return err;
}

/* The row's status, and a sentence about what is not ok. 0 or as take_one. */
static int judge(struct state *state, const struct ordeal_result *result) {
    struct faults_row *row = &state->row;
    const char *status = result->end == RENDER_WRONG ? "wrong" : "failed";
    const char *sentence = result->sentence;
    bool right = false;
    int err = result->end == RENDER_DONE ? verify(state, result, &right) : 0;
    if (err)
        return err;
    if (result->end == RENDER_DONE) {
        status = right ? "ok" : "wrong";
        sentence = right ? "" : "the picture differs from the reference";
        fill_in(row, result);
    }
    if (*sentence)
        log_say("%s, block %llu: %s, %llu kills: %s", status, (unsigned long long)row->block,
                row->backend, (unsigned long long)row->kills_planned, sentence);
    snprintf(row->status, sizeof row->status, "%s", status);
    return 0;
}

static int measure(struct state *state, struct records_case this) {
    struct faults_row *row = &state->row;
    struct ordeal ordeal = {.backend = this.backend, .job = &state->model.job, .kills = this.kills};
    struct ordeal_result result = {0};
    int err = expect(state, this.backend, &ordeal.expected_ns);
    if (err)
        return err;
    row->expected_s = clock_seconds(ordeal.expected_ns);
    ordeal.seed = row->seed + row->block * UINT64_C(1000003) + row->order;
    err = ordeal_run(&ordeal, &result);
    if (err == -ECANCELED)
        return err;
    if (err) {
        result.end = RENDER_REFUSED;
        snprintf(result.sentence, sizeof result.sentence, "%s", strerror(-err));
    }
    return judge(state, &result);
}

static int take_one(void *context, uint64_t block, uint32_t order, uint32_t index) {
    struct state *state = context;
    struct faults_row *row = &state->row;
    struct records_case this = records_case(index);
    (void)block;
    (void)order;
    describe(row, &state->model, this);
    if (!backend_unavailable(this.backend))
        return measure(state, this);
    snprintf(row->status, sizeof row->status, "unavailable");
    return 0;
}

int faults_conduct(const struct conduct *conduct, struct conduct_result *result) {
    struct state state = {.model = plan_model(conduct->campaign->plan.usable_cpus)};
    struct csv_file rows = faults_records;
    const struct blocks blocks = {.conduct = conduct,
                                  .cases = records_cases(),
                                  .raw = RECORDS_FILE,
                                  .rows = &rows,
                                  .context = &state,
                                  .take = take_one};
    rows.row = &state.row;
    int err = blocks_run(&blocks, result);
    references_free(&state.references);
    return err;
}
