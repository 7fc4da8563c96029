/* Blocks: the loop of every campaign. Each block takes every case once, in an order that the seed,
 * the block's number and the round decide, so that a disturbance hits all alike; each sample is a
 * row that is appended to the campaign's raw file at once. What is measured is the caller's; who
 * and when is not: every raw file has the columns schema, campaign, experiment, block, order,
 * attempt, seed, usable_cpus, which are filled in here, and status. A sample that is "failed" does
 * not count. */
#ifndef BENCH_MEASURE_BLOCKS_H
#define BENCH_MEASURE_BLOCKS_H

#include "bench/measure/instrument.h"

#include <stdbool.h>
#include <stdint.h>

struct csv_file;

struct blocks {
    const struct conduct *conduct;
    uint32_t cases;              /* of a block */
    const char *raw;             /* the raw file's name in the campaign */
    const struct csv_file *rows; /* its columns, room for a row, who keeps those that exist */
    void *context;               /* of the hooks */
    /* Was a sample of the block disturbed when it was last taken? NULL: never, blocks have one
     * round.
     */
    bool (*is_disturbed)(void *context, uint64_t block);
    /* Are all intervals narrow enough to stop at this look? NULL: never. */
    bool (*is_precise)(void *context);
    /* Seconds that the run will need after its last block. NULL: none. */
    double (*later_s)(void *context);
    /* Measures case `index` and fills in what else rows->row is to have, its status included. 0,
     * whatever the sample's status; -ECANCELED: a stop was asked for; or -errno and a sentence has
     * been said. */
    int (*take)(void *context, uint64_t block, uint32_t order, uint32_t index);
};

/* Takes all samples that are missing. A block that was disturbed is taken again as a whole, so that
 * its samples stay comparable: a further round, at most campaign->repeats of them, if the budget
 * still has time for all blocks, and no more in all than blocks so far and campaign->repeats. At
 * the campaign's looks it may stop. 0 and *result; -ECANCELED; -EPROTO: the raw file is malformed;
 * or -errno; a sentence has been said of all but -ECANCELED. */
int blocks_run(const struct blocks *blocks, struct conduct_result *result);

#endif
