/* Lab share: ways of bringing results home, correct to the last digit. Four workers each do a part
 * of a sum of squares or of a factorial with big integers; the parent puts the parts together. The
 * serial reference does the same parts one after another, so that what differs is only the way.
 *
 * The sum's parts are a few bytes, the factorial's up to some ten thousand; so the figure shows
 * what bringing them home takes as they grow. A value and its lock bring home something else: not
 * the parts, but one product that each worker multiplies its part into, while the others wait. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/share_home.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MOST  45
#define ROUNDS_LEAST 5
#define BUDGET_NS    UINT64_C(8000000000)
#define PRIME        67108859 /* 2^26 - 5: remainders that doubles can multiply exactly */
#define FIRST_DIGITS 12

static void add_squares(mpz_t part, unsigned long n, unsigned rest) {
    mpz_t number;
    mpz_init(number);
    for (unsigned long i = rest; i <= n; i += SHARE_WORKERS) {
        mpz_set_ui(number, i);
        mpz_addmul(part, number, number);
    }
    mpz_clear(number);
}

static void add(mpz_t whole, const mpz_t part) {
    mpz_add(whole, whole, part);
}

/* n (n + 1) (2n + 1) / 6 */
static void expect_squares(mpz_t whole, unsigned long n) {
    mpz_set_ui(whole, n);
    mpz_mul_ui(whole, whole, n + 1);
    mpz_mul_ui(whole, whole, 2 * n + 1);
    mpz_divexact_ui(whole, whole, 6);
}

static void multiply_up(mpz_t part, unsigned long n, unsigned rest) {
    for (unsigned long i = rest ? rest : SHARE_WORKERS; i <= n; i += SHARE_WORKERS)
        mpz_mul_ui(part, part, i);
}

static void multiply(mpz_t whole, const mpz_t part) {
    mpz_mul(whole, whole, part);
}

static const struct share_calculation squares = {
    .name = "sum of squares",
    .identity = 0,
    .compute = add_squares,
    .combine = add,
    .expect = expect_squares,
};

static const struct share_calculation factorial = {
    .name = "factorial",
    .identity = 1,
    .compute = multiply_up,
    .combine = multiply,
    .expect = mpz_fac_ui,
};

/* In the order of their digits, for the figure. */
static const struct share_task tasks[] = {
    {&squares, 1000000}, {&factorial, 100},   {&factorial, 1000},
    {&factorial, 10000}, {&factorial, 50000},
};

#define TASKS (sizeof tasks / sizeof *tasks)

struct cell {
    double time_ms[ROUNDS_MOST], home_ms[ROUNDS_MOST];
    uint64_t bytes_home;
    size_t digits; /* of what was put together, in the first round: how many, which first */
    char first[FIRST_DIGITS + 1];
    unsigned long remainder; /* by PRIME */
};

struct share {
    mpz_t expected[TASKS];
    struct cell cells[SHARE_WAYS][TASKS];
};

static int note_digits(struct cell *cell, const mpz_t whole) {
    char *digits = mpz_get_str(NULL, 10, whole);
    if (!digits)
        return -ENOMEM;
    cell->digits = strlen(digits);
    snprintf(cell->first, sizeof cell->first, "%s", digits);
    cell->remainder = mpz_fdiv_ui(whole, PRIME);
    free(digits);
    return 0;
}

/* One sample; -EILSEQ if a digit is wrong. */
static int measure(void *context, unsigned number, unsigned round) {
    struct share *share = context;
    size_t way = number / TASKS, task = number % TASKS;
    struct cell *cell = &share->cells[way][task];
    struct share_cost cost;
    mpz_t whole;
    mpz_init(whole);
    int err = share_run(&share_ways[way], &tasks[task], share_length(share->expected[task]), whole,
                        &cost);
    if (!err && mpz_cmp(whole, share->expected[task]) != 0)
        err = -EILSEQ;
    if (!err && round == 0)
        err = note_digits(cell, whole);
    cell->time_ms[round] = clock_seconds(cost.elapsed_ns) * 1e3;
    cell->home_ms[round] = clock_seconds(cost.home_ns) * 1e3;
    cell->bytes_home = cost.bytes_home;
    mpz_clear(whole);
    return err;
}

static double time_ms(struct share *share, size_t way, size_t task, unsigned repeats) {
    return rounds_median(share->cells[way][task].time_ms, repeats);
}

static double home_ms(struct share *share, size_t way, size_t task, unsigned repeats) {
    return rounds_median(share->cells[way][task].home_ms, repeats);
}

static void tell_cell(struct share *share, size_t way, size_t task, unsigned repeats,
                      struct lab_table *table) {
    const struct cell *cell = &share->cells[way][task];
    bool is_brought = share_ways[way].bring; /* nothing comes home when nobody has left */
    double home = is_brought ? home_ms(share, way, task, repeats) : NAN;
    lab_row(table, "%s,%s,%lu,%d,%zu,%s,%lu,%llu,%u,%.4g,%.4g", share_ways[way].name,
            tasks[task].calculation->name, tasks[task].n, is_brought ? SHARE_WORKERS : 1,
            cell->digits, cell->first, cell->remainder, (unsigned long long)cell->bytes_home,
            repeats, home, time_ms(share, way, task, repeats));
}

/* The way that is shortest, or longest, in what it takes to bring a task's parts home. */
static size_t find_way(struct share *share, size_t task, unsigned repeats, bool longest) {
    size_t found = 1; /* 0 is serial */
    for (size_t way = 2; way < SHARE_WAYS; way++) {
        double own = home_ms(share, way, task, repeats);
        double other = home_ms(share, found, task, repeats);
        if (longest ? own > other : own < other)
            found = way;
    }
    return found;
}

static void describe_task(struct share *share, size_t task, unsigned repeats, char *text,
                          size_t size) {
    size_t least = find_way(share, task, repeats, false),
           most = find_way(share, task, repeats, true);
    snprintf(text, size, "%zu digits take %.3g ms (%s) to %.3g ms (%s)",
             share->cells[0][task].digits, home_ms(share, least, task, repeats),
             share_ways[least].name, home_ms(share, most, task, repeats), share_ways[most].name);
}

static void teach(struct share *share, unsigned repeats, struct lab_table *table) {
    char few[128], many[128];
    size_t last = TASKS - 1, most = find_way(share, last, repeats, true);
    describe_task(share, 0, repeats, few, sizeof few);
    describe_task(share, last, repeats, many, sizeof many);
    lab_lesson(table,
               "Choose the way by what comes home: %s, %s, of %.3g ms for all; the digits are the "
               "same by every way.",
               few, many, time_ms(share, most, last, repeats));
}

static int run(struct lab_table *table) {
    static const struct rounds rounds = {SHARE_WAYS * TASKS, ROUNDS_LEAST, ROUNDS_MOST, BUDGET_NS};
    struct share share = {0};
    for (size_t task = 0; task < TASKS; task++) {
        mpz_init(share.expected[task]);
        tasks[task].calculation->expect(share.expected[task], tasks[task].n);
    }
    int repeats = rounds_run(&rounds, measure, &share);
    lab_row(table, "way,calculation,n,workers,digits,first_digits,modulo_67108859,bytes_home,"
                   "repeats,home_ms,time_ms");
    for (size_t way = 0; repeats > 0 && way < SHARE_WAYS; way++)
        for (size_t task = 0; task < TASKS; task++)
            tell_cell(&share, way, task, (unsigned)repeats, table);
    if (repeats > 0)
        teach(&share, (unsigned)repeats, table);
    for (size_t task = 0; task < TASKS; task++)
        mpz_clear(share.expected[task]);
    return repeats < 0 ? repeats : 0;
}

const struct lab lab_share = {
    .name = "share",
    .summary = "what does it cost to bring results home by queue, pipe, value, array, manager?",
    .figure = "digits home_ms way",
    .xlabel = "digits of the result",
    .ylabel = "milliseconds on the way home",
    .run = run,
};
