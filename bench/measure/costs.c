/* Timing single batches; contracts in costs.h. */
#include "bench/measure/costs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "base/stop.h"
#include "bench/campaign/batches.h"
#include "bench/tables/table.h"
#include "core/counts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH_NS UINT64_C(2000000000) /* on one frame: no further pass is begun */
#define PASSES    5                    /* through a frame: a bound is hard, so the least counts */

static bool has_same_batches(const struct plan_case *a, const struct plan_case *b) {
    return a->job.kernel == b->job.kernel && a->job.batch == b->job.batch &&
           workload_same(&a->job.workload, &b->job.workload);
}

/* Is this the first case of the plan with its batches, and are they worth a clock? */
static bool is_measured(const struct plan *plan, uint32_t index) {
    if (plan->cases[index].role == ROLE_NULL)
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (has_same_batches(&plan->cases[i], &plan->cases[index]))
            return false;
    return true;
}

/* One frame and its rows: each stands for `each` batches, the last one perhaps for fewer. */
struct frame {
    const struct plan_case *plan_case;
    struct counts counts;
    uint64_t batches, each, count;
    struct batch_row *rows;
};

/* Computes one row's batches where they belong in the frame. The sum of their counts. */
static uint64_t compute(const struct frame *frame, uint64_t row) {
    const struct job *job = &frame->plan_case->job;
    uint64_t end = size_min((row + 1) * frame->each, frame->batches), iterations = 0;
    for (uint64_t index = row * frame->each; index < end; index++) {
        struct batch batch = job_batch(job, index);
        iterations += job->kernel->fill(&job->workload, batch, frame->counts.at + batch.first);
    }
    return iterations;
}

/* The end of one row's time is the beginning of the next one's: one look at the clock each. */
static int pass_through(struct frame *frame) {
    uint64_t before = clock_now_ns();
    for (uint64_t row = 0; row < frame->count; row++) {
        frame->rows[row].iterations = compute(frame, row);
        uint64_t now = clock_now_ns();
        frame->rows[row].cost_s = fmin(frame->rows[row].cost_s, clock_seconds(now - before));
        before = now;
        if (stop_signal())
            return -ECANCELED;
    }
    return 0;
}

static void describe(const struct frame *frame, uint64_t index, struct batch_row *row) {
    const struct job *job = &frame->plan_case->job;
    const struct workload *workload = &job->workload;
    row->schema = 1;
    row->shortcuts = workload->shortcuts ? CSV_TRUE : CSV_FALSE;
    row->center_re = workload->center_re;
    row->center_im = workload->center_im;
    row->extent = workload->extent;
    row->width = workload->width;
    row->height = workload->height;
    row->max_iter = workload->max_iter;
    row->batch = job->batch;
    row->index = index * frame->each;
    row->batches = size_min(frame->each, frame->batches - row->index);
    snprintf(row->kernel, sizeof row->kernel, "%s", job->kernel->name);
    snprintf(row->view, sizeof row->view, "%s", frame->plan_case->view);
}

static int measure_frame(struct frame *frame) {
    uint64_t enough_ns = clock_after_ns(ENOUGH_NS);
    unsigned passes = 0;
    int err = 0;
    for (uint64_t row = 0; row < frame->count; row++)
        frame->rows[row].cost_s = INFINITY;
    while (!err && passes < PASSES && (passes == 0 || clock_now_ns() < enough_ns)) {
        err = pass_through(frame);
        passes++;
    }
    for (uint64_t row = 0; !err && row < frame->count; row++)
        describe(frame, row, &frame->rows[row]);
    return err;
}

/* Appends the rows of one frame, at most `most`. */
static int take_frame(const struct plan_case *plan_case, uint64_t most, struct batch_rows *rows) {
    const struct workload *workload = &plan_case->job.workload;
    struct frame frame = {.plan_case = plan_case, .batches = job_batches(&plan_case->job)};
    frame.each = size_divide_up(frame.batches, most);
    frame.count = size_divide_up(frame.batches, frame.each);
    frame.rows = rows->at + rows->count;
    int err = counts_open(&frame.counts, workload->width, workload->height);
    if (!err)
        err = measure_frame(&frame);
    if (!err)
        rows->count += frame.count;
    counts_close(&frame.counts);
    return err;
}

static int take_all(const struct plan *plan, struct batch_rows *rows) {
    uint64_t frames = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        frames += is_measured(plan, i);
    uint64_t most = frames ? size_min(COSTS_FRAME_MAX, COSTS_MAX / frames) : 0;
    int err = 0;
    rows->at = calloc(frames * most + 1, sizeof *rows->at);
    if (!rows->at)
        return -ENOMEM;
    for (uint32_t i = 0; !err && i < plan->count; i++)
        if (is_measured(plan, i))
            err = take_frame(&plan->cases[i], most, rows);
    return err;
}

_Static_assert(COSTS_MAX / PLAN_CASES_MAX >= 16, "every frame has its rows");

int costs_measure(const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    struct batch_rows rows = {0};
    if (access(campaign_path(campaign, "batches.csv", path), F_OK) == 0)
        return 0;
    int err = take_all(&campaign->plan, &rows);
    const struct table table = {"batches.csv", batch_columns,   batch_column_count,
                                rows.at,       sizeof *rows.at, rows.count};
    if (!err)
        err = table_write(&table, campaign);
    batches_free(&rows);
    if (err && err != -ECANCELED)
        log_say("cannot take the batches' costs into '%.256s': %s", path, strerror(-err));
    return err;
}
