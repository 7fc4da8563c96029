/* The rule; see noise.h. */
#include "bench/measure/noise.h"

#include "backends/backend.h"

#include <math.h>

#define SHARE         0.05
#define MAJOR_FAULT_S 2e-3
#define PACE_LEAST    0.95

/* Workers and coordinators. Where these were not recorded: is the original process one of the
 * workers, as with serial and OpenMP, or one more? */
static uint64_t own_processes(const struct raw_row *row) {
    const struct backend *backend = backend_find(row->backend);
    uint64_t more = backend && backend->flags & (BACKEND_PROCESSES | BACKEND_COPIES);
    if (row->coordinators != CSV_NO_WHOLE && row->coordinators > more)
        more = row->coordinators;
    return row->workers + more;
}

/* Did it begin or end on a slower clock than its case usually has? */
static bool is_slow(const struct raw_row *row) {
    double least_mhz = PACE_LEAST * row->pace_usual_mhz;
    return row->pace_start_mhz < least_mhz || row->pace_end_mhz < least_mhz;
}

/* What is not known is NaN, which is not larger than anything. */
enum csv_bool noise_judge(const struct raw_row *row) {
    double share_s = SHARE * row->sample_s;
    double delay_s = own_processes(row) <= row->usable_cpus ? row->run_delay_s : NAN;
    double faults_s = row->majflt == CSV_NO_WHOLE ? NAN : (double)row->majflt * MAJOR_FAULT_S;
    if (delay_s > share_s || row->other_cpu_s > share_s * (double)row->usable_cpus ||
        row->steal_s > share_s || row->throttled_s > 0 || faults_s > share_s || is_slow(row))
        return CSV_TRUE;
    bool known = !isnan(delay_s) || !isnan(row->other_cpu_s) || !isnan(row->steal_s) ||
                 !isnan(row->throttled_s);
    return known ? CSV_FALSE : CSV_NO_BOOL;
}
