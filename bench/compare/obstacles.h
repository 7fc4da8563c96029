/* Obstacles: what makes two campaigns incomparable. Another commit is not among them: it is why one
 * compares. */
#ifndef BENCH_COMPARE_OBSTACLES_H
#define BENCH_COMPARE_OBSTACLES_H

#include "bench/campaign/campaign.h"

#include <stdbool.h>
#include <stddef.h>

/* Do machine (CPU, operating system, CPUs), kernels, compiler or its flags differ? If so, a
 * sentence names all that do. */
bool obstacles_between(const struct campaign *a, const struct campaign *b, char *sentence,
                       size_t size);

#endif
