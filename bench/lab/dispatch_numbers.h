/* What dealing the numbers of batches costs by itself, for the lab dispatch: the queue of
 * fork-queue and the pool of pool, as large as theirs, but the workers write the frame in place, so
 * that no counts are carried home. (With shared-array they always do.) */
#ifndef BENCH_LAB_DISPATCH_NUMBERS_H
#define BENCH_LAB_DISPATCH_NUMBERS_H

#include "backends/backend.h"

#define DISPATCH_NUMBERS 2
extern const struct backend *const dispatch_numbers[DISPATCH_NUMBERS];

#endif
