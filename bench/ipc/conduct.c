/* Taking the samples of the experiment ipc; contracts in bench/measure/instrument.h. */
#include "base/clock.h"
#include "base/log.h"
#include "bench/ipc/ipc.h"
#include "bench/ipc/samples.h"
#include "bench/measure/blocks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void describe(struct ipc_row *row, const struct trial *trial) {
    row->bytes = trial->bytes;
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
static const char *judge(const struct ipc_row *row, const struct trial *trial,
                         const struct trial_result *result) {
    static const char *const names[] = {
        [TRIAL_DONE] = "ok", [TRIAL_WRONG] = "wrong", [TRIAL_FAILED] = "failed"};
    const char *status = names[result->end];
    if (result->end != TRIAL_DONE)
        log_say("%s, block %llu: %s, %zu bytes, between %s: %s", status,
                (unsigned long long)row->block, trial->transport->name, trial->bytes,
                trial->kind == WORKER_PROCESS ? "processes" : "threads", result->sentence);
    return status;
}

static int take_one(void *context, uint64_t block, uint32_t order, uint32_t index) {
    struct ipc_row *row = context;
    struct trial trial = samples_case(index);
    struct trial_result result = {0};
    const char *status = "unavailable";
    (void)block;
    (void)order;
    describe(row, &trial);
    if (!transport_unavailable(trial.transport)) {
        int err = trial_run(&trial, &result);
        if (err == -ECANCELED)
            return err;
        if (err) {
            result.end = TRIAL_FAILED;
            snprintf(result.sentence, sizeof result.sentence, "%s", strerror(-err));
        }
        status = judge(row, &trial, &result);
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
    struct ipc_row row;
    struct csv_file rows = ipc_samples;
    const struct blocks blocks = {.conduct = conduct,
                                  .cases = samples_cases(),
                                  .raw = SAMPLES_FILE,
                                  .rows = &rows,
                                  .context = &row,
                                  .take = take_one};
    rows.row = &row;
    say_who_is_missing();
    return blocks_run(&blocks, result);
}
