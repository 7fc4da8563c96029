/* Every case of every block; contracts in blocks.h. */
#include "bench/measure/blocks.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "bench/campaign/csv.h"
#include "bench/stats/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct state {
    const struct blocks *blocks;
    struct conduct_result *result;
    FILE *raw;
    uint32_t *order; /* of the block */
    uint64_t start_ns;
};

/* A line that is written over on a terminal, and one line per block elsewhere. */
static void show_progress(const struct state *state, uint64_t block, uint64_t round,
                          uint32_t taken) {
    const struct conduct *conduct = state->blocks->conduct;
    uint64_t count = state->blocks->cases, planned = conduct->campaign->blocks;
    bool terminal = isatty(STDERR_FILENO);
    if (conduct->quiet || (!terminal && taken != count))
        return;
    double spent = clock_seconds(clock_now_ns() - state->start_ns);
    double left = state->result->samples ? spent / (double)state->result->samples *
                                               (double)((planned - block) * count - taken)
                                         : 0;
    fprintf(stderr, "%sblock %llu of %llu%s, sample %u of %llu, about %.0f s left%s",
            terminal ? "\r\033[K" : "", (unsigned long long)block + 1, (unsigned long long)planned,
            round > 1 ? " again" : "", taken, (unsigned long long)count, left,
            terminal ? "" : "\n");
    fflush(stderr);
}

static int append(const struct state *state) {
    int err = csv_append(state->blocks->rows, state->raw);
    if (err)
        log_say("cannot append to '%.256s/%s': %s", state->blocks->conduct->campaign->directory,
                state->blocks->raw, strerror(-err));
    return err;
}

static int run_round(struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    const struct conduct *conduct = blocks->conduct;
    int begun = conduct->before_round ? conduct->before_round(conduct->context, block, round) : 0;
    if (begun)
        return begun;
    for (uint32_t i = 0; i < blocks->cases; i++) {
        if (blocks->is_done(blocks->context, block, i, round))
            continue;
        int err =
            stop_signal() ? -ECANCELED : blocks->take(blocks->context, block, i, state->order[i]);
        if (!err)
            err = append(state);
        if (err)
            return err;
        state->result->samples++;
        show_progress(state, block, round, i + 1);
    }
    return 0;
}

/* Was this round begun, by this run or by one before it? */
static bool is_begun(const struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    for (uint32_t i = 0; i < blocks->cases; i++)
        if (blocks->is_done(blocks->context, block, i, round))
            return true;
    return false;
}

/* Would so many more rounds, of as many seconds as those so far, still end in time? */
static bool within_budget(const struct state *state, uint64_t more) {
    double spent = clock_seconds(clock_now_ns() - state->start_ns);
    double rounds = (double)state->result->samples / state->blocks->cases;
    double budget = state->blocks->conduct->budget_s;
    return budget <= 0 || rounds == 0 || spent + (double)more * spent / fmax(rounds, 1) <= budget;
}

/* Does the block need this round, after the ones before it? What was begun is completed; nothing is
 * repeated at the cost of blocks that are still to come. */
static bool needs_round(const struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    if (round == 1)
        return true;
    if (!blocks->is_disturbed || round > 1 + blocks->conduct->campaign->repeats)
        return false;
    return is_begun(state, block, round) ||
           (blocks->is_disturbed(blocks->context, block) &&
            within_budget(state, blocks->conduct->campaign->blocks - block));
}

static int run_block(struct state *state, uint64_t block) {
    uint64_t random =
        state->blocks->conduct->campaign->seed ^ (block * UINT64_C(0xd1342543de82ef95));
    random_order(&random, state->order, state->blocks->cases);
    int err = 0;
    for (uint64_t round = 1; !err && needs_round(state, block, round); round++)
        err = run_round(state, block, round);
    return err;
}

/* Is this a look, and may the campaign end here? One that went on before is not asked again. */
static bool is_enough(const struct state *state, uint64_t block) {
    const struct blocks *blocks = state->blocks;
    return blocks->is_precise && looks_between(&blocks->conduct->campaign->looks, block) &&
           !is_begun(state, block, 1) && blocks->is_precise(blocks->context);
}

static int run_all(struct state *state) {
    const struct conduct *conduct = state->blocks->conduct;
    int err = 0;
    for (uint64_t block = 0; !err && block < conduct->campaign->blocks; block++) {
        if (is_enough(state, block))
            break;
        if (!within_budget(state, 1)) {
            log_say("the budget of %.0f s is spent after %llu of %llu blocks%s", conduct->budget_s,
                    (unsigned long long)block, (unsigned long long)conduct->campaign->blocks,
                    state->blocks->is_precise ? "; the report names the cells that fell short"
                                              : "");
            break;
        }
        err = run_block(state, block);
        state->result->blocks += err == 0;
    }
    if (!conduct->quiet && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return err;
}

/* Opens the raw file behind the rows that it has. */
static int open_raw(struct state *state) {
    const struct blocks *blocks = state->blocks;
    char path[CAMPAIGN_PATH_SIZE + 128];
    campaign_path(blocks->conduct->campaign, blocks->raw, path);
    int err = csv_resume(blocks->rows, path, &state->raw);
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, blocks->rows->line);
    else if (err)
        log_say("cannot go on with '%.256s': %s", path, strerror(-err));
    return err;
}

int blocks_run(const struct blocks *blocks, struct conduct_result *result) {
    struct state state = {.blocks = blocks, .result = result, .start_ns = clock_now_ns()};
    state.order = calloc(blocks->cases, sizeof *state.order);
    if (!state.order) {
        log_say("cannot begin a block: %s", strerror(ENOMEM));
        return -ENOMEM;
    }
    int err = open_raw(&state);
    if (!err) {
        err = run_all(&state);
        if (fclose(state.raw) != 0 && !err) {
            err = -errno;
            log_say("cannot close the campaign's '%s': %s", blocks->raw, strerror(-err));
        }
    }
    free(state.order);
    return err;
}
