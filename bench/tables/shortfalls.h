/* Shortfalls: where a campaign's numbers are less than they should be, cell by cell, as terminal
 * and page say it. Every number stands in summary.csv. */
#ifndef BENCH_TABLES_SHORTFALLS_H
#define BENCH_TABLES_SHORTFALLS_H

#include "bench/tables/tables.h"

#include <stddef.h>
#include <stdint.h>

enum shortfall_kind {
    SHORTFALL_WIDE,      /* the interval is not within 2 % of the median, or there is none */
    SHORTFALL_DISTURBED, /* samples are marked as disturbed */
    SHORTFALL_UNJUDGED,  /* no sample could be judged: "none is marked" would say nothing */
    SHORTFALL_OUTLIERS,  /* values far out, which count all the same */
    SHORTFALL_TWO_PEAKS
};
#define SHORTFALLS (SHORTFALL_TWO_PEAKS + 1)

struct shortfall {
    const char *words;  /* "Marked as disturbed" */
    size_t count;       /* cells */
    char (*cells)[160]; /* "pool dynamic:4 2 (null) 3 of 20", each */
};

struct shortfalls {
    size_t cells; /* all there are */
    struct shortfall of[SHORTFALLS];
    char ending[128]; /* "Ended after 12 of 20 blocks: …", or "" when nothing is missing */
};

/* Of the cells of a group, the plumbing of its workload included. 0 or -ENOMEM. shortfalls_free it,
 * also after a failure. */
int shortfalls_make(struct shortfalls *shortfalls, const struct tables *tables,
                    const struct table_key *group);
void shortfalls_free(struct shortfalls *shortfalls);

#endif
