/* Noise: was a sample disturbed by somebody else? A pure rule over its row of raw.csv, so anybody
 * can apply it, or another one, again. */
#ifndef BENCH_MEASURE_NOISE_H
#define BENCH_MEASURE_NOISE_H

#include "bench/campaign/raw.h"

/* CSV_TRUE when any of these holds; CSV_FALSE when none does and any of the first four is known;
 * else CSV_NO_BOOL. S is sample_s, the sample's wall time.
 *
 * run_delay_s > 5 % of S     Ours were runnable, but others had their CPUs. It counts only where
 * own runnable processes are no more than usable_cpus: the workers and the coordinators, which
 * deal, collect, serve or wake: a producer and a collector are two. Beyond, they wait for each
 * other. other_cpu_s > 5 % of S × usable_cpus Others took of what we could use, and of its caches.
 * The kernel counts in ticks of 10 ms and at random, so that 20 ms can be nobody's: of a sample of
 * 250 ms on two CPUs that is 4 %. steal_s > 5 % of S         The hypervisor ran somebody else.
 * Ticks again. throttled_s > 0            A quota stopped us: for the rest of its period, some ten
 * ms. majflt × 2 ms > 5 % of S   Pages came from a disk, which answers within 0.1 to 10 ms. Loading
 * the program takes up to three when its file is not in memory, before the renders: that disturbs
 * none.
 * pace_start_mhz or pace_end_mhz < 95 % of pace_usual_mhz
 *                            The clock was slower than it usually is at the end of the same case's
 *                            samples: heat, a neighbour's load, a hypervisor that takes turns. The
 *                            stopwatch repeats within 1 %, and steps of a governor are 3 to 4 %.
 *
 * 5 % is above what a quiet machine shows by chance, and so little that medians of 20 blocks
 * forgive what stays below it. */
enum csv_bool noise_judge(const struct raw_row *row);

#endif
