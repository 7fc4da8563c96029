/* Taking the samples of the experiment ipc; contracts in bench/measure/instrument.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "bench/ipc/ipc.h"
#include "bench/ipc/samples.h"
#include "bench/measure/blocks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct state {
    const struct campaign *campaign;
    struct conduct_result *result;
    struct ipc_rows done; /* samples that exist already */
    struct ipc_row row;   /* the one that is taken */
};

static bool is_done(void *context, uint64_t block, uint32_t order, uint64_t round) {
    (void)round; /* there is but one */
    const struct ipc_rows *done = &((const struct state *)context)->done;
    for (size_t i = 0; i < done->count; i++)
        if (done->at[i].block == block && done->at[i].order == order &&
            strcmp(done->at[i].status, "failed") != 0)
            return true;
    return false;
}

static uint64_t attempts_so_far(const struct ipc_rows *done, uint64_t block, uint64_t order) {
    uint64_t attempts = 0;
    for (size_t i = 0; i < done->count; i++)
        if (done->at[i].block == block && done->at[i].order == order)
            attempts = size_max(attempts, done->at[i].attempt);
    return attempts;
}

static void describe(struct ipc_row *row, const struct campaign *campaign,
                     const struct trial *trial) {
    csv_clear(ipc_columns, ipc_column_count, row);
    row->schema = 1;
    row->seed = campaign->seed;
    row->bytes = trial->bytes;
    row->usable_cpus = campaign->plan.usable_cpus;
    snprintf(row->campaign, sizeof row->campaign, "%s", campaign->name);
    snprintf(row->experiment, sizeof row->experiment, "%s", campaign->plan.experiment);
    snprintf(row->transport, sizeof row->transport, "%s", trial->transport->name);
    snprintf(row->kind, sizeof row->kind, "%s", samples_kind(trial->kind));
}

static void fill_in(struct ipc_row *row, const struct trial_result *result) {
    row->capacity = result->capacity ? result->capacity : CSV_NO_WHOLE;
    row->first_cpu = result->cpus[0] < 0 ? CSV_NO_WHOLE : (uint64_t)result->cpus[0];
    row->second_cpu = result->cpus[1] < 0 ? CSV_NO_WHOLE : (uint64_t)result->cpus[1];
    row->messages = result->messages;
    row->stream_s = clock_seconds(result->stream_ns);
    row->rounds = result->rounds;
    row->round_trip_mean_s = result->round_trip_mean_ns / 1e9;
    row->round_trip_median_s = result->round_trip_median_ns / 1e9;
    row->round_trip_p99_s = result->round_trip_p99_ns / 1e9;
    row->user_s = result->usage.user_s;
    row->sys_s = result->usage.sys_s;
    row->nvcsw = (uint64_t)result->usage.nvcsw;
    row->nivcsw = (uint64_t)result->usage.nivcsw;
    row->other_cpu_s = result->others.other_cpu_s;
    row->steal_s = result->others.steal_s;
    row->load1 = result->others.load1;
}

/* What the row's status is to be, and a sentence about what is not ok. */
static const char *judge(struct state *state, const struct trial *trial,
                         const struct trial_result *result) {
    static const char *const names[] = {
        [TRIAL_DONE] = "ok", [TRIAL_WRONG] = "wrong", [TRIAL_FAILED] = "failed"};
    const char *status = names[result->end];
    state->result->wrong += result->end == TRIAL_WRONG;
    state->result->failed += result->end == TRIAL_FAILED;
    if (result->end != TRIAL_DONE)
        log_say("%s, block %llu: %s, %zu bytes, between %s: %s", status,
                (unsigned long long)state->row.block, trial->transport->name, trial->bytes,
                trial->kind == WORKER_PROCESS ? "processes" : "threads", result->sentence);
    return status;
}

static int take_one(void *context, uint64_t block, uint32_t order, uint32_t index) {
    struct state *state = context;
    struct ipc_row *row = &state->row;
    struct trial trial = samples_case(index);
    struct trial_result result = {0};
    const char *status = "unavailable";
    describe(row, state->campaign, &trial);
    row->block = block;
    row->order = order;
    row->attempt = 1 + attempts_so_far(&state->done, block, order);
    if (!transport_unavailable(trial.transport)) {
        int err = trial_run(&trial, &result);
        if (err == -ECANCELED)
            return err;
        if (err) {
            result.end = TRIAL_FAILED;
            snprintf(result.sentence, sizeof result.sentence, "%s", strerror(-err));
        }
        status = judge(state, &trial, &result);
        if (result.end == TRIAL_DONE)
            fill_in(row, &result);
    }
    snprintf(row->status, sizeof row->status, "%s", status);
    return 0;
}

static void say_who_is_missing(void) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    for (unsigned i = 0; i < count; i++) {
        const char *reason = transport_unavailable(transports[i]);
        if (reason)
            log_say("without %s: %s", transports[i]->name, reason);
    }
}

int ipc_conduct(const struct conduct *conduct, struct conduct_result *result) {
    struct state state = {.campaign = conduct->campaign, .result = result};
    struct csv_file rows = {.columns = ipc_columns,
                            .column_count = ipc_column_count,
                            .row = &state.row,
                            .keep = ipc_rows_keep,
                            .context = &state.done};
    const struct blocks blocks = {.conduct = conduct,
                                  .cases = samples_cases(),
                                  .raw = SAMPLES_FILE,
                                  .rows = &rows,
                                  .context = &state,
                                  .is_done = is_done,
                                  .take = take_one};
    *result = (struct conduct_result){0};
    say_who_is_missing();
    int err = blocks_run(&blocks, result);
    ipc_rows_free(&state.done);
    return err;
}
