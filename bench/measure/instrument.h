/* Instrument: how an experiment is measured and reported. Rendering pictures is the usual one; an
 * experiment that asks about something else, or more, brings its own, with raw records and tables
 * of its own.
 * The campaign around it (directory, manifest, seed, blocks) is the same. */
#ifndef BENCH_MEASURE_INSTRUMENT_H
#define BENCH_MEASURE_INSTRUMENT_H

#include "bench/campaign/campaign.h"

#include <stdbool.h>
#include <stdint.h>

/* What to conduct. */
struct conduct {
    const struct campaign *campaign;
    double budget_s; /* of the whole run; no block but the first is begun that would end later, what
                        comes after the blocks included; 0: no limit */
    uint64_t begun_ns; /* since when it counts */
    bool outside;      /* whole processes are timed afterwards, too (bench/measure/outside.h) */
    bool quiet;        /* no progress on stderr */
    /* Called before each block, and before each round (from 1) in which a disturbed one is
     * repeated, also if all of its samples exist; may be NULL. 0; -ECANCELED; or -errno and a
     * sentence has been said. */
    int (*before_round)(void *context, uint64_t block, uint64_t round);
    void *context;
};

/* What came of it. */
struct conduct_result {
    uint64_t samples;       /* taken now */
    uint64_t wrong, failed; /* of those */
    uint64_t blocks;        /* complete at the end */
};

struct instrument {
    /* Takes all samples that the campaign's raw file does not hold yet. 0, even if some were wrong
     * or failed (the file and stderr say which); -ECANCELED: a stop was asked for; -EPROTO: the
     * file is malformed; or -errno; a sentence has been said of all but -ECANCELED. What was
     * measured is kept. */
    int (*conduct)(const struct conduct *conduct, struct conduct_result *result);
    /* Derives tables and plots from the raw records, and prints the result. The exit status;
     * whatever went wrong has been said. */
    int (*report)(const struct campaign *campaign);
};

#endif
