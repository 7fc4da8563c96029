/* Outside: which whole processes hyperfine times after the samples (bench/outside.sh), and how long
 * that will take. */
#ifndef BENCH_MEASURE_OUTSIDE_H
#define BENCH_MEASURE_OUTSIDE_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/raw.h"

#include <stdbool.h>

/* Is this one of the processes to be timed from outside: the first workload and kernel, each
 * backend and number of workers once? */
bool outside_shows(const struct campaign *campaign, const struct plan_case *plan_case);

/* About how many seconds hyperfine needs for all of them, from the samples so far. */
double outside_expected_s(const struct campaign *campaign, const struct raw_rows *rows);

#endif
