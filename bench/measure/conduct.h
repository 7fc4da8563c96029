/* Conduct: takes a campaign's samples, block by block, verifies each, and appends it to raw.csv at
 * once. */
#ifndef BENCH_MEASURE_CONDUCT_H
#define BENCH_MEASURE_CONDUCT_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/raw.h"

#include <stdbool.h>
#include <stdint.h>

struct conduct {
    const struct campaign *campaign;
    const struct raw_rows *done; /* samples that exist already; an empty table for a new campaign */
    double budget_s;             /* no block is begun that would end later; 0: no limit */
    bool quiet;                  /* no progress on stderr */
};

/* What came of it. */
struct conduct_result {
    uint64_t samples;       /* taken now */
    uint64_t wrong, failed; /* of those */
    uint64_t blocks;        /* complete at the end */
};

/* Takes all samples that are missing. 0, even if some were wrong or failed (raw.csv and stderr say
 * which); -ECANCELED: a stop was asked for; or -errno and a sentence has been said. What was
 * measured is kept. */
int conduct_campaign(const struct conduct *conduct, struct conduct_result *result);

#endif
