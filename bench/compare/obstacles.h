/* Obstacles: what makes two campaigns incomparable. Another commit is not among them: it is why one
 * compares. And what keeps a campaign from being resumed: there it is, since its samples would no
 * longer be of one program. */
#ifndef BENCH_COMPARE_OBSTACLES_H
#define BENCH_COMPARE_OBSTACLES_H

#include "bench/campaign/campaign.h"

#include <stdbool.h>
#include <stddef.h>

/* Do machine (CPU, operating system, CPUs), kernels, compiler or its flags differ? If so, a
 * sentence names all that do. */
bool obstacles_between(const struct campaign *a, const struct campaign *b, char *sentence,
                       size_t size);

/* The same of a campaign that has begun, and of this program on this machine; version and commit
 * too. */
bool obstacles_to_resume(const struct campaign *campaign, char *sentence, size_t size);

#endif
