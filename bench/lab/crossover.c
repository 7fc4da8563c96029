/* Lab crossover: the smallest multiple of a number among n random integers, by one loop and by a
 * few processes: from which n on do processes win? The integers lie in shared pages; each process
 * searches a slice and brings its minimum home in a shared array. A time is all of it, from before
 * the first start until the minima have been compared. What a process costs grows with n too: its
 * first touch maps a page, and its end unmaps them all. */
#include "base/clock.h"
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/team.h"
#include "bench/stats/random.h"
#include "mp/array.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define DIVISOR      7 /* so small that the smallest n has multiples too */
#define SEED         2026
#define NOTHING      UINT32_MAX /* no multiple among them */
#define ROUNDS_MOST  45
#define ROUNDS_LEAST 5
#define BUDGET_NS    UINT64_C(10000000000)
#define WINS         1.05 /* times as fast; less could be noise */

static const uint64_t sizes[] = {100,    300,    1000,    3000,    10000,   30000,
                                 100000, 300000, 1000000, 3000000, 10000000};
static const unsigned crews[] = {0, 1, 2, 4, 8}; /* processes; 0: one loop, serially */

#define SIZES (sizeof sizes / sizeof *sizes)
#define CREWS (sizeof crews / sizeof *crews)

/* A search among the first n integers. Workers inherit it. */
struct search {
    struct array *numbers, *minima; /* of all cells; a minimum from each worker */
    uint64_t n;
    uint32_t divisor; /* in memory, so that the compiler cannot know it and must divide */
    unsigned processes;
};

struct cell {
    uint32_t minimum;
    double samples_ms[ROUNDS_MOST];
    double time_ms; /* their median */
};

struct crossover {
    struct search search;
    struct cell cells[CREWS][SIZES];
    unsigned repeats; /* of each cell */
};

static int open_numbers(struct arena *arena, struct search *search) {
    uint64_t most = sizes[SIZES - 1], state = SEED;
    int err = array_open(arena, most, sizeof(uint32_t), &search->numbers);
    if (!err)
        err = array_open(arena, TEAM_MOST, sizeof(uint32_t), &search->minima);
    for (uint64_t i = 0; !err && i < most; i++)
        *(uint32_t *)array_at(search->numbers, i) = (uint32_t)(random_next(&state) >> 32);
    return err;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Among numbers begin … end - 1. */
static uint32_t smallest_multiple(const struct search *search, uint64_t begin, uint64_t end) {
    const uint32_t *numbers = array_at(search->numbers, 0);
    uint32_t divisor = search->divisor, smallest = NOTHING;
    for (uint64_t i = begin; i < end; i++)
        if (numbers[i] % divisor == 0)
            smallest = smaller(smallest, numbers[i]);
    return smallest;
}

static int searcher(void *argument, unsigned number) {
    struct search *search = argument;
    uint32_t smallest = smallest_multiple(search, search->n * number / search->processes,
                                          search->n * (number + 1) / search->processes);
    return array_set(search->minima, number, &smallest) == 0 ? 0 : 1;
}

static int search_with_processes(struct search *search, uint32_t *smallest) {
    int err = team_run(WORKER_PROCESS, search->processes, searcher, search);
    *smallest = NOTHING;
    for (unsigned i = 0; !err && i < search->processes; i++) {
        uint32_t own = NOTHING;
        err = array_get(search->minima, i, &own);
        *smallest = smaller(*smallest, own);
    }
    return err;
}

/* One sample; -EILSEQ if it did not find what was found before. */
static int measure(void *context, unsigned number, unsigned round) {
    struct crossover *crossover = context;
    struct search *search = &crossover->search;
    size_t crew = number / SIZES, size = number % SIZES;
    struct cell *cell = &crossover->cells[crew][size];
    int err = 0;
    search->n = sizes[size];
    search->processes = crews[crew];
    uint32_t smallest;
    uint64_t start = clock_now_ns();
    if (search->processes == 0)
        smallest = smallest_multiple(search, 0, search->n);
    else
        err = search_with_processes(search, &smallest);
    cell->samples_ms[round] = clock_seconds(clock_now_ns() - start) * 1e3;
    if (round == 0)
        cell->minimum = smallest;
    return err ? err : smallest == cell->minimum ? 0 : -EILSEQ;
}

/* The medians; -EILSEQ when a cell did not find what the loop found. */
static int conclude(struct crossover *crossover, unsigned repeats) {
    int err = 0;
    crossover->repeats = repeats;
    for (size_t crew = 0; crew < CREWS; crew++)
        for (size_t size = 0; size < SIZES; size++) {
            struct cell *cell = &crossover->cells[crew][size];
            cell->time_ms = rounds_median(cell->samples_ms, repeats);
            if (cell->minimum != crossover->cells[0][size].minimum)
                err = -EILSEQ;
        }
    return err;
}

static double speedup(const struct crossover *crossover, size_t crew, size_t size) {
    return crossover->cells[0][size].time_ms / crossover->cells[crew][size].time_ms;
}

static double two_digits(double number) {
    double unit = pow(10, floor(log10(number)) - 1);
    return round(number / unit) * unit;
}

/* From which n on a crew wins: where its line crosses the loop's, on logarithmic axes, between the
 * last n where it does not win and the first from which on it always does. 0: nowhere. */
static double wins_from(const struct crossover *crossover, size_t crew) {
    size_t first = SIZES;
    while (first > 0 && speedup(crossover, crew, first - 1) >= WINS)
        first--;
    if (first == SIZES)
        return 0;
    if (first == 0)
        return (double)sizes[0];
    double before = log(speedup(crossover, crew, first - 1));
    double after = log(speedup(crossover, crew, first));
    double share = fmax(0, -before / (after - before));
    double from = log((double)sizes[first - 1]), to = log((double)sizes[first]);
    return two_digits(exp(from + share * (to - from)));
}

static void tell_crew(const struct crossover *crossover, size_t crew, struct lab_table *table) {
    char way[24] = "serially", from[24] = "none";
    double wins = wins_from(crossover, crew);
    if (crews[crew] > 0)
        snprintf(way, sizeof way, "%u process%s", crews[crew], crews[crew] > 1 ? "es" : "");
    if (wins > 0)
        snprintf(from, sizeof from, "%.0f", wins);
    for (size_t size = 0; size < SIZES; size++)
        lab_row(table, "%s,%llu,%lu,%u,%.5g,%s", way, (unsigned long long)sizes[size],
                (unsigned long)crossover->cells[crew][size].minimum, crossover->repeats,
                crossover->cells[crew][size].time_ms, from);
}

/* The crew that wins first; when none does, the one that is best with most integers. */
static size_t best_crew(const struct crossover *crossover) {
    size_t best = 1;
    for (size_t crew = 2; crew < CREWS; crew++) {
        double wins = wins_from(crossover, crew), least = wins_from(crossover, best);
        bool faster = speedup(crossover, crew, SIZES - 1) > speedup(crossover, best, SIZES - 1);
        if (least > 0 ? wins > 0 && wins < least : wins > 0 || faster)
            best = crew;
    }
    return best;
}

static void teach(const struct crossover *crossover, struct lab_table *table) {
    size_t crew = best_crew(crossover);
    double wins = wins_from(crossover, crew), last = speedup(crossover, crew, SIZES - 1);
    unsigned long long most = sizes[SIZES - 1];
    char win[64] = "never wins (no team does)";
    if (wins > 0)
        snprintf(win, sizeof win, "wins from about %.0f integers on", wins);
    lab_lesson(table,
               "Processes must save more than they cost: a team of %u takes %.2f ms to start and "
               "join here, %s, and with %llu is %.2f times as fast as one loop.",
               crews[crew], crossover->cells[crew][0].time_ms, win, most, last);
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    struct crossover crossover = {.search = {.divisor = DIVISOR}};
    const struct rounds rounds = {CREWS * SIZES, ROUNDS_LEAST, ROUNDS_MOST, BUDGET_NS};
    int err = open_numbers(&arena, &crossover.search);
    int repeats = err ? err : rounds_run(&rounds, measure, &crossover);
    err = repeats < 0 ? repeats : conclude(&crossover, (unsigned)repeats);
    lab_row(table, "way,n,minimum,repeats,time_ms,wins_from");
    for (size_t crew = 0; !err && crew < CREWS; crew++)
        tell_crew(&crossover, crew, table);
    if (!err)
        teach(&crossover, table);
    arena_close(&arena);
    return err;
}

const struct lab lab_crossover = {
    .name = "crossover",
    .summary = "from how many integers on do processes find the smallest multiple faster than a "
               "loop?",
    .figure = "n time_ms way wins_from",
    .xlabel = "integers",
    .ylabel = "milliseconds",
    .run = run,
};
