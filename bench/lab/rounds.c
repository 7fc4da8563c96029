/* Interleaved repeats; contracts in rounds.h. */
#include "bench/lab/rounds.h"

#include "base/clock.h"
#include "bench/stats/random.h"
#include "bench/stats/stats.h"

#include <errno.h>
#include <stdlib.h>

#define SEED 1

static int run_round(const struct rounds *rounds, const uint32_t *order, rounds_measure *measure,
                     void *context, unsigned round) {
    int err = 0;
    for (unsigned i = 0; !err && i < rounds->cells; i++)
        err = measure(context, order[i], round);
    return err;
}

int rounds_run(const struct rounds *rounds, rounds_measure *measure, void *context) {
    uint64_t state = SEED, end_ns = clock_after_ns(rounds->budget_ns);
    uint32_t *order = calloc(rounds->cells, sizeof *order);
    unsigned done = 0;
    int err = order ? 0 : -ENOMEM;
    while (!err && done < rounds->most && (done < rounds->least || clock_now_ns() < end_ns)) {
        random_order(&state, order, rounds->cells);
        err = run_round(rounds, order, measure, context, done++);
    }
    free(order);
    return err ? err : (int)done;
}

double rounds_median(double *samples, unsigned n) {
    stats_sort(samples, n);
    return stats_median(samples, n);
}
