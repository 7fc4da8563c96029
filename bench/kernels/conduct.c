/* Taking the samples of the experiment kernels; contracts in bench/measure/instrument.h. The cases
 * of the plan are rendered as in any campaign; before each block, and each repetition of one, the
 * vector units are calibrated, every chain at every width, on as many threads as the plan's cases
 * have workers. */
#include "bench/measure/conduct.h"
#include "base/log.h"
#include "base/size.h"
#include "base/stop.h"
#include "bench/kernels/kernels.h"
#include "bench/kernels/peak.h"
#include "bench/kernels/records.h"

#include <errno.h>
#include <string.h>

struct state {
    const struct campaign *campaign;
    struct peak_rows done; /* calibrations that exist already */
    struct peak_row row;   /* the one that is taken */
    struct csv_file file;
    FILE *stream;
};

static int append(struct state *state, const struct peak *peak) {
    state->row.fastest_operations_per_s = peak->fastest_per_s;
    state->row.mean_operations_per_s = peak->mean_per_s;
    int err = csv_append(&state->file, state->stream);
    if (!err)
        err = peak_rows_keep(&state->done, &state->row);
    if (err)
        log_say("cannot append to '%.256s/" PEAK_FILE "': %s", state->campaign->directory,
                strerror(-err));
    return err;
}

/* One calibration, unless it exists or cannot be. */
static int calibrate(struct state *state, uint64_t block, uint64_t round, const struct width *width,
                     enum chain chain, unsigned threads) {
    struct peak_row *row = &state->row;
    struct peak peak;
    if (width_unavailable(width, chain))
        return 0;
    const struct peak_row *last =
        peak_rows_find(&state->done, block, width->name, width_chain_name(chain), threads);
    if (last && last->attempt >= round)
        return 0;
    if (stop_signal())
        return -ECANCELED;
    csv_clear(peak_columns, peak_column_count, row);
    row->schema = 1;
    row->block = block;
    row->attempt = round;
    row->lanes = width->lanes;
    row->threads = threads;
    row->usable_cpus = state->campaign->plan.usable_cpus;
    snprintf(row->campaign, sizeof row->campaign, "%s", state->campaign->name);
    snprintf(row->experiment, sizeof row->experiment, "%s", state->campaign->plan.experiment);
    snprintf(row->width, sizeof row->width, "%s", width->name);
    snprintf(row->chain, sizeof row->chain, "%s", width_chain_name(chain));
    int err = peak_measure(width, chain, threads, &peak);
    if (err) {
        log_say("cannot calibrate %s, %s: %s", row->width, row->chain, strerror(-err));
        return err;
    }
    return append(state, &peak);
}

static int calibrate_all(struct state *state, uint64_t block, uint64_t round, unsigned threads) {
    unsigned count;
    const struct width *const *widths = width_list(&count);
    int err = 0;
    for (unsigned w = 0; !err && w < count; w++)
        for (enum chain chain = 0; !err && chain < CHAINS; chain++)
            err = calibrate(state, block, round, widths[w], chain, threads);
    return err;
}

static int before_round(void *context, uint64_t block, uint64_t round) {
    struct state *state = context;
    const struct plan *plan = &state->campaign->plan;
    int err = 0;
    for (uint32_t i = 0; !err && i < plan->count; i++)
        err = calibrate_all(state, block, round,
                            (unsigned)size_min(plan->cases[i].job.workers, plan->usable_cpus));
    return err;
}

/* Opens the calibrations' file behind the rows that it has. */
static int open_records(struct state *state) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    campaign_path(state->campaign, PEAK_FILE, path);
    int err = csv_resume(&state->file, path, &state->stream);
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, state->file.line);
    else if (err)
        log_say("cannot go on with '%.256s': %s", path, strerror(-err));
    return err;
}

int kernels_conduct(const struct conduct *conduct, struct conduct_result *result) {
    struct state state = {.campaign = conduct->campaign};
    state.file = (struct csv_file){.columns = peak_columns,
                                   .column_count = peak_column_count,
                                   .row = &state.row,
                                   .keep = peak_rows_keep,
                                   .context = &state.done};
    struct conduct calibrated = *conduct;
    calibrated.before_round = before_round;
    calibrated.context = &state;
    *result = (struct conduct_result){0};
    int err = open_records(&state);
    if (!err) {
        err = conduct_campaign(&calibrated, result);
        if (fclose(state.stream) != 0 && !err) {
            err = -errno;
            log_say("cannot close the campaign's '" PEAK_FILE "': %s", strerror(-err));
        }
    }
    peak_rows_free(&state.done);
    return err;
}
