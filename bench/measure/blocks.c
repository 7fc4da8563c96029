/* Every case of every block; contracts in blocks.h. */
#include "bench/measure/blocks.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "base/stop.h"
#include "bench/campaign/csv.h"
#include "bench/stats/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the raw file holds of one sample. */
struct taken {
    uint64_t attempts; /* the number of the last one */
    uint64_t valid;    /* those that did not fail */
};

struct state {
    const struct blocks *blocks;
    struct conduct_result *result;
    FILE *raw;
    struct taken *taken; /* of each case of each block */
    uint32_t *order;     /* of the block's round */
    uint64_t round;      /* that is taken */
    uint64_t repeated;   /* rounds beyond the first, of all blocks */
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

static struct taken *taken_of(const struct state *state, uint64_t block, uint64_t order) {
    return &state->taken[block * state->blocks->cases + order];
}

/* Counts a row of the raw file. */
static void count_row(struct state *state, const void *row) {
    const struct csv_file *rows = state->blocks->rows;
    uint64_t block = csv_whole(rows, row, "block"), order = csv_whole(rows, row, "order");
    if (block >= state->blocks->conduct->campaign->blocks || order >= state->blocks->cases)
        return; /* of no sample of ours */
    struct taken *taken = taken_of(state, block, order);
    taken->attempts = size_max(taken->attempts, csv_whole(rows, row, "attempt"));
    taken->valid += strcmp(csv_text(rows, row, "status"), "failed") != 0;
}

/* For csv_file: a row that exists. */
static int keep_row(void *context, const void *row) {
    struct state *state = context;
    const struct csv_file *rows = state->blocks->rows;
    count_row(state, row);
    return rows->keep ? rows->keep(rows->context, row) : 0;
}

/* The number of the next attempt at a sample. A further round has another order: its attempts must
 * come after all of the rounds before, whatever became of those. */
static uint64_t next_attempt(const struct state *state, uint64_t block, uint32_t order) {
    uint64_t attempt = taken_of(state, block, order)->attempts + 1;
    for (uint32_t i = 0; state->round > 1 && i < state->blocks->cases; i++)
        attempt = size_max(attempt, taken_of(state, block, i)->attempts);
    return attempt;
}

/* Says of a sample whose and which it is; everything else is empty. */
static void begin_row(const struct state *state, uint64_t block, uint32_t order) {
    const struct campaign *campaign = state->blocks->conduct->campaign;
    const struct csv_file *rows = state->blocks->rows;
    csv_clear(rows->columns, rows->column_count, rows->row);
    csv_set_whole(rows, "schema", 1);
    csv_set_text(rows, "campaign", campaign->name);
    csv_set_text(rows, "experiment", campaign->plan.experiment);
    csv_set_whole(rows, "block", block);
    csv_set_whole(rows, "order", order);
    csv_set_whole(rows, "attempt", next_attempt(state, block, order));
    csv_set_whole(rows, "seed", campaign->seed);
    csv_set_whole(rows, "usable_cpus", campaign->plan.usable_cpus);
}

static int append(const struct state *state) {
    int err = csv_append(state->blocks->rows, state->raw);
    if (err)
        log_say("cannot append to '%.256s/%s': %s", state->blocks->conduct->campaign->directory,
                state->blocks->raw, strerror(-err));
    return err;
}

/* Measures one case, and keeps what came of it. */
static int take(struct state *state, uint64_t block, uint32_t order) {
    const struct blocks *blocks = state->blocks;
    const void *row = blocks->rows->row;
    begin_row(state, block, order);
    int err = blocks->take(blocks->context, block, order, state->order[order]);
    if (!err)
        err = append(state);
    if (err)
        return err;
    const char *status = csv_text(blocks->rows, row, "status");
    count_row(state, row);
    state->result->samples++;
    state->result->wrong += strcmp(status, "wrong") == 0;
    state->result->failed += strcmp(status, "failed") == 0;
    return 0;
}

/* Of every round another order, or what the order did would be done again. */
static void order_round(const struct state *state, uint64_t block, uint64_t round) {
    uint64_t random = state->blocks->conduct->campaign->seed ^
                      (block * UINT64_C(0xd1342543de82ef95)) ^
                      ((round - 1) * UINT64_C(0x9fb21c651e98df25));
    random_order(&random, state->order, state->blocks->cases);
}

static int run_round(struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    const struct conduct *conduct = blocks->conduct;
    state->round = round;
    order_round(state, block, round);
    int begun = conduct->before_round ? conduct->before_round(conduct->context, block, round) : 0;
    if (begun)
        return begun;
    for (uint32_t i = 0; i < blocks->cases; i++) {
        if (taken_of(state, block, i)->valid >= round)
            continue;
        int err = stop_signal() ? -ECANCELED : take(state, block, i);
        if (err)
            return err;
        show_progress(state, block, round, i + 1);
    }
    return 0;
}

/* Was this round begun, by this run or by one before it? */
static bool is_begun(const struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    for (uint32_t i = 0; i < blocks->cases; i++)
        if (taken_of(state, block, i)->valid >= round)
            return true;
    return false;
}

/* Would so many more rounds, of as many seconds as those so far, still end in time, and what comes
 * after them? Nobody knows before the first. */
static bool within_budget(const struct state *state, uint64_t more) {
    double spent = clock_seconds(clock_now_ns() - state->start_ns);
    double rounds = (double)state->result->samples / state->blocks->cases;
    const struct conduct *conduct = state->blocks->conduct;
    double later = state->blocks->later_s ? state->blocks->later_s(state->blocks->context) : 0;
    double all = clock_seconds(clock_now_ns() - conduct->begun_ns);
    return conduct->budget_s <= 0 || rounds == 0 ||
           all + (double)more * spent / fmax(rounds, 1) + later <= conduct->budget_s;
}

/* Does the block need this round, after the ones before it? What was begun is completed; nothing is
 * repeated at the cost of blocks that are still to come; and where every block is disturbed, a
 * campaign takes about twice as long, not four times. */
static bool needs_round(const struct state *state, uint64_t block, uint64_t round) {
    const struct blocks *blocks = state->blocks;
    if (round == 1)
        return true;
    if (!blocks->is_disturbed || round > 1 + blocks->conduct->campaign->repeats)
        return false;
    return is_begun(state, block, round) ||
           (state->repeated < block + blocks->conduct->campaign->repeats &&
            blocks->is_disturbed(blocks->context, block) &&
            within_budget(state, blocks->conduct->campaign->blocks - block));
}

static int run_block(struct state *state, uint64_t block) {
    int err = 0;
    for (uint64_t round = 1; !err && needs_round(state, block, round); round++) {
        state->repeated += round > 1;
        err = run_round(state, block, round);
    }
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
    struct csv_file rows = *blocks->rows;
    char path[CAMPAIGN_PATH_SIZE + 128];
    campaign_path(blocks->conduct->campaign, blocks->raw, path);
    rows.keep = keep_row;
    rows.context = state;
    int err = csv_resume(&rows, path, &state->raw);
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, rows.line);
    else if (err)
        log_say("cannot go on with '%.256s': %s", path, strerror(-err));
    return err;
}

int blocks_run(const struct blocks *blocks, struct conduct_result *result) {
    struct state state = {.blocks = blocks, .result = result, .start_ns = clock_now_ns()};
    *result = (struct conduct_result){0};
    state.order = calloc(blocks->cases, sizeof *state.order);
    state.taken = calloc(blocks->conduct->campaign->blocks * blocks->cases, sizeof *state.taken);
    int err = state.order && state.taken ? 0 : -ENOMEM;
    if (err)
        log_say("cannot begin a block: %s", strerror(-err));
    else
        err = open_raw(&state);
    if (!err) {
        err = run_all(&state);
        if (fclose(state.raw) != 0 && !err) {
            err = -errno;
            log_say("cannot close the campaign's '%s': %s", blocks->raw, strerror(-err));
        }
    }
    free(state.order);
    free(state.taken);
    return err;
}
