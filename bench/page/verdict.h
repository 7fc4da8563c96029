/* Verdict: what a campaign of renders says, in one sentence and in one table. */
#ifndef BENCH_PAGE_VERDICT_H
#define BENCH_PAGE_VERDICT_H

#include "bench/tables/tables.h"

#include <stdio.h>

struct verdict {
    const struct tables *tables;
    const struct raw_rows *rows;
    unsigned usable_cpus;
};

/* Who won and by how much, and whether the second can be told apart; "" if nobody did. Cut at size
 * bytes. */
void verdict_answer(const struct verdict *verdict, char *sentence, size_t size);

/* Prints the sections "verdict" and "control" of a page; context is a struct verdict. */
void verdict_print(FILE *out, const void *context);

#endif
