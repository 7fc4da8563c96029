/* Costs: times every batch of a campaign alone, in one loop of this process, once and before the
 * first sample. */
#ifndef BENCH_MEASURE_COSTS_H
#define BENCH_MEASURE_COSTS_H

#include "bench/campaign/campaign.h"

/* At most so many rows for one frame, and for a campaign (a frame has then fewer, at least 16). */
#define COSTS_FRAME_MAX 4096
#define COSTS_MAX       65536

/* Writes batches.csv, whole or not at all, unless it is there already: every workload, kernel and
 * batch size of the plan but the null kernel, which computes nothing. 0; -ECANCELED: a stop was
 * asked for; or -errno and a sentence has been said. */
int costs_measure(const struct campaign *campaign);

#endif
