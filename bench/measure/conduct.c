/* Taking a campaign's samples; contracts in conduct.h. */
#include "bench/measure/conduct.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "bench/campaign/raw.h"
#include "bench/measure/blocks.h"
#include "bench/measure/costs.h"
#include "bench/measure/judge.h"
#include "bench/measure/noise.h"
#include "bench/measure/outside.h"
#include "bench/stats/random.h"
#include "bench/stats/stats.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PACES_LEAST 5
#define PADDING_MAX 4096 /* bytes of environment, to move the stack by up to a page */

struct state {
    const struct campaign *campaign;
    struct references references;
    struct raw_rows done; /* all samples so far */
    struct raw_row row;   /* the one that is taken */
    bool outside;         /* hyperfine will follow */
};

static uint64_t last_attempt(const struct raw_rows *done, uint64_t block, uint64_t order) {
    uint64_t attempts = 0;
    for (size_t i = 0; i < done->count; i++)
        if (done->at[i].block == block && done->at[i].order == order)
            attempts = size_max(attempts, done->at[i].attempt);
    return attempts;
}

/* The last attempts of a block are what the tables use. */
static bool is_disturbed(void *context, uint64_t block) {
    const struct raw_rows *done = &((const struct state *)context)->done;
    for (size_t i = 0; i < done->count; i++) {
        const struct raw_row *row = &done->at[i];
        if (row->block == block && row->noisy == CSV_TRUE &&
            row->attempt == last_attempt(done, block, row->order))
            return true;
    }
    return false;
}

/* What `report` would find now. When memory is short, the campaign goes on. */
static bool is_precise(void *context) {
    const struct state *state = context;
    struct cells cells;
    struct tables tables = {0};
    bool precise = cells_make(&cells, state->campaign, &state->done) == 0 &&
                   summary_make(&tables, &cells) == 0 && control_make(&tables, &cells) == 0 &&
                   speedup_make(&tables, &cells) == 0 && tables_are_precise(&tables, &cells);
    tables_free(&tables);
    cells_free(&cells);
    return precise;
}

static bool is_kept(const struct plan *plan, const struct plan_case *plan_case) {
    return (plan_case->role == ROLE_CASE || plan_case->role == ROLE_BASELINE) &&
           plan_kept(plan, plan_case->role, plan_case->backend) == plan_case;
}

static void describe(struct raw_row *row, const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    const struct workload *workload = &job->workload;
    row->exact = job->kernel->exact ? CSV_TRUE : CSV_FALSE;
    row->shortcuts = workload->shortcuts ? CSV_TRUE : CSV_FALSE;
    row->workers = job->workers;
    row->batch = job->batch;
    row->center_re = workload->center_re;
    row->center_im = workload->center_im;
    row->extent = workload->extent;
    row->width = workload->width;
    row->height = workload->height;
    row->max_iter = workload->max_iter;
    snprintf(row->role, sizeof row->role, "%s", role_name(plan_case->role));
    snprintf(row->backend, sizeof row->backend, "%s", plan_case->backend->name);
    snprintf(row->kernel, sizeof row->kernel, "%s", job->kernel->name);
    snprintf(row->view, sizeof row->view, "%s", plan_case->view);
    if (plan_case->backend->flags & BACKEND_SCHEDULE)
        schedule_text(job->schedule, row->schedule);
}

static bool is_same_case(const struct raw_row *a, const struct raw_row *b) {
    return strcmp(a->role, b->role) == 0 && strcmp(a->backend, b->backend) == 0 &&
           strcmp(a->kernel, b->kernel) == 0 && strcmp(a->schedule, b->schedule) == 0 &&
           strcmp(a->view, b->view) == 0 && a->shortcuts == b->shortcuts &&
           a->workers == b->workers && a->batch == b->batch && a->width == b->width &&
           a->height == b->height && a->max_iter == b->max_iter;
}

/* The median pace at the end of the case's samples so far; NaN: there are fewer than five. Of the
 * same case, since with more cores at work, or wider registers, every clock is lower. */
static double usual_pace(const struct raw_rows *done, const struct raw_row *row) {
    double paces[CAMPAIGN_BLOCKS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < done->count && n < CAMPAIGN_BLOCKS_MAX; i++)
        if (is_same_case(&done->at[i], row) && done->at[i].pace_end_mhz > 0)
            paces[n++] = done->at[i].pace_end_mhz;
    stats_sort(paces, n);
    return n < PACES_LEAST ? NAN : stats_median(paces, n);
}

/* What disturbed it. A worker that died took its account along. */
static void fill_in_noise(struct raw_row *row, const struct sample *sample,
                          const struct raw_rows *done) {
    const struct machine_others *others = &sample->others;
    const struct tasks *tasks = &sample->tasks;
    if (tasks->delay_known && !row->workers_lost)
        row->run_delay_s = clock_seconds(tasks->delay_ns);
    if (tasks->migrations_known && !row->workers_lost)
        row->migrations = tasks->migrations;
    row->mhz_start = sample->mhz_start;
    row->mhz_end = sample->mhz_end;
    row->pace_start_mhz = sample->pace_start;
    row->pace_end_mhz = sample->pace_end;
    row->other_cpu_s = others->other_cpu_s;
    row->steal_s = others->steal_s;
    row->throttled_s = others->throttled_s;
    row->load1 = others->load1;
    row->psi_cpu_s = others->psi_cpu_s;
    row->sample_s = others->elapsed_s;
    row->pace_usual_mhz = usual_pace(done, row);
    row->noisy = noise_judge(row);
}

static double seconds_each(int64_t ns, const struct monitor_accounts *accounts) {
    return (double)ns / 1e9 / (double)accounts->renders;
}

/* What a render's time was spent on: the mean of those that were recorded. */
static void account_for(struct raw_row *row, const struct monitor_accounts *accounts) {
    const int64_t *worker_ns = accounts->worker_ns, *coordinator_ns = accounts->coordinator_ns;
    if (accounts->renders == 0)
        return;
    row->compute_s = seconds_each(worker_ns[TERM_COMPUTE], accounts);
    row->wait_s = seconds_each(worker_ns[TERM_WAIT], accounts);
    row->send_s = seconds_each(worker_ns[TERM_SEND], accounts);
    row->collect_s = seconds_each(coordinator_ns[TERM_COLLECT], accounts);
    row->descheduled_s = seconds_each(worker_ns[TERM_DESCHEDULED], accounts);
    row->residual_s = seconds_each(worker_ns[TERM_RESIDUAL], accounts);
    row->accounted_renders = accounts->renders;
    row->accounted_s = seconds_each((int64_t)accounts->wall_ns, accounts);
    row->start_s = seconds_each(worker_ns[TERM_START] + worker_ns[TERM_STARTUP_WAIT], accounts);
    row->end_wait_s = seconds_each(worker_ns[TERM_END_WAIT], accounts);
    row->dispatch_s = seconds_each(coordinator_ns[TERM_DISPATCH], accounts);
    row->idle_s = seconds_each(coordinator_ns[TERM_IDLE], accounts);
    row->compute_max_s = seconds_each(accounts->compute_most_ns, accounts);
    row->coordinators = accounts->coordinators;
    row->coordinators_descheduled_s = seconds_each(coordinator_ns[TERM_DESCHEDULED], accounts);
    row->coordinator_max_s = seconds_each(accounts->coordinator_most_ns, accounts);
}

/* What was measured. */
static void fill_in(struct raw_row *row, const struct sample *sample, const struct raw_rows *done) {
    const struct render_result *result = &sample->result;
    const struct usage *usage = &sample->usage;
    row->workers_started = result->workers_started;
    row->workers_seen = result->workers_seen;
    row->renders = result->renders;
    row->iterations = result->iterations;
    snprintf(row->sha256, sizeof row->sha256, "%s", result->sha256);
    row->open_s = clock_seconds(result->open_ns);
    row->render_s = clock_seconds(result->render_ns) / (double)result->renders;
    if (sample->tasks.others_known && !result->workers_lost)
        row->render_cpu_s = clock_seconds(result->render_cpu_ns + sample->tasks.others_ns) /
                            (double)result->renders;
    row->close_s = clock_seconds(result->close_ns);
    if (sample->has_picture) {
        row->encode_s = clock_seconds(sample->timing.encode_ns);
        row->write_s = clock_seconds(sample->timing.write_ns);
    }
    row->user_s = usage->user_s;
    row->sys_s = usage->sys_s;
    row->max_rss_bytes = usage->max_rss_bytes;
    row->workers_lost = result->workers_lost;
    row->batches_reissued = result->batches_reissued;
    row->nvcsw = (uint64_t)usage->nvcsw;
    row->nivcsw = (uint64_t)usage->nivcsw;
    row->minflt = (uint64_t)usage->minflt;
    row->majflt = (uint64_t)usage->majflt;
    account_for(row, &result->accounts);
    fill_in_noise(row, sample, done);
}

/* Enters the sample's status, and what was measured; a sentence about those that do not count. */
static int judge(struct state *state, const struct plan_case *plan_case, int err,
                 const struct sample *sample, struct raw_row *row) {
    struct judgement judgement;
    int refused = judge_sample(&state->references, plan_case, err, sample, &judgement);
    if (refused) {
        if (refused != -ECANCELED)
            log_say("%s", *judgement.sentence ? judgement.sentence : strerror(-refused));
        return refused;
    }
    const char *status = judgement.status;
    if (judgement.reference)
        fill_in(row, sample, &state->done);
    if (strcmp(status, "ok") == 0)
        row->pixels_differing = judgement.reference->pixels_differing;
    else
        log_say("%s, block %llu: %s with %u workers, kernel %s: %s", status,
                (unsigned long long)row->block, plan_case->backend->name, plan_case->job.workers,
                plan_case->job.kernel->name, judgement.sentence);
    snprintf(row->status, sizeof row->status, "%s", status);
    return 0;
}

/* Later rounds and looks ask for what was taken. */
static int keep(struct state *state, const struct raw_row *row) {
    int err = raw_add(&state->done, row);
    if (err)
        log_say("cannot keep a sample: %s", strerror(-err));
    return err;
}

static double later_s(void *context) {
    const struct state *state = context;
    return state->outside ? outside_expected_s(state->campaign, &state->done) : 0;
}

static int take_one(void *context, uint64_t block, uint32_t order, uint32_t index) {
    struct state *state = context;
    const struct campaign *campaign = state->campaign;
    const struct plan_case *plan_case = &campaign->plan.cases[index];
    char picture_name[64], trace_name[64];
    char picture[CAMPAIGN_PATH_SIZE + 128], trace[CAMPAIGN_PATH_SIZE + 128];
    struct sample sample;
    struct raw_row *row = &state->row;
    uint64_t random = campaign->seed + block * UINT64_C(1000003) + order +
                      (row->attempt - 1) * UINT64_C(0xd1342543de82ef95);
    bool draws = block == 0 && is_kept(&campaign->plan, plan_case);
    describe(row, plan_case);
    row->env_pad = random_below(&random, PADDING_MAX);
    snprintf(picture_name, sizeof picture_name, "images/%s.png", plan_case->backend->name);
    snprintf(trace_name, sizeof trace_name, "trace/%s.json", plan_case->backend->name);
    int err = sample_take(plan_case, draws ? campaign_path(campaign, picture_name, picture) : NULL,
                          draws ? campaign_path(campaign, trace_name, trace) : NULL,
                          (unsigned)row->env_pad, &sample);
    if (err == -ECANCELED)
        return err;
    if (err && err != -ECHILD)
        snprintf(sample.sentence, sizeof sample.sentence, "%s", strerror(-err));
    err = judge(state, plan_case, err, &sample, row);
    return err ? err : keep(state, row);
}

int conduct_campaign(const struct conduct *conduct, struct conduct_result *result) {
    struct state state = {.campaign = conduct->campaign, .outside = conduct->outside};
    struct csv_file rows = {.columns = raw_columns,
                            .column_count = raw_column_count,
                            .least_columns = RAW_FIRST_COLUMNS,
                            .row = &state.row,
                            .keep = raw_keep,
                            .context = &state.done};
    const struct blocks blocks = {.conduct = conduct,
                                  .cases = conduct->campaign->plan.count,
                                  .raw = "raw.csv",
                                  .rows = &rows,
                                  .context = &state,
                                  .is_disturbed = is_disturbed,
                                  .is_precise = is_precise,
                                  .later_s = later_s,
                                  .take = take_one};
    *result = (struct conduct_result){0};
    int err = costs_measure(conduct->campaign);
    if (!err)
        err = blocks_run(&blocks, result);
    references_free(&state.references);
    raw_free(&state.done);
    return err;
}
