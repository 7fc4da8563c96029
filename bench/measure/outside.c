/* What is timed from outside; contracts in outside.h. */
#include "bench/measure/outside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RUNS 11 /* of each process, as in bench/outside.sh: ten, and one to warm up */

bool outside_shows(const struct campaign *campaign, const struct plan_case *plan_case) {
    const struct plan_case *model = &campaign->plan.cases[0];
    const struct schedule *first = &campaign->plan.cases[0].job.schedule;
    bool shown = plan_case->role == ROLE_CASE || plan_case->role == ROLE_BASELINE;
    bool same_schedule = !(plan_case->backend->flags & BACKEND_SCHEDULE) ||
                         (plan_case->job.schedule.kind == first->kind &&
                          plan_case->job.schedule.chunk == first->chunk);
    return shown && same_schedule && plan_case->job.kernel == model->job.kernel &&
           plan_case->job.batch == model->job.batch &&
           workload_same(&plan_case->job.workload, &model->job.workload);
}

/* What a sample took without all its renders but one: about a whole process of mandel. */
static double process_s(const struct raw_row *row) {
    double renders_s = row->render_s * (double)(row->renders - 1);
    if (row->accounted_renders != CSV_NO_WHOLE)
        renders_s += row->accounted_s * (double)row->accounted_renders;
    return fmax(row->sample_s - renders_s, row->render_s);
}

static bool is_of(const struct raw_row *row, const struct plan_case *plan_case) {
    return strcmp(row->status, "ok") == 0 && strcmp(row->backend, plan_case->backend->name) == 0 &&
           strcmp(row->role, role_name(plan_case->role)) == 0 &&
           row->workers == plan_case->job.workers && !isnan(row->sample_s);
}

double outside_expected_s(const struct campaign *campaign, const struct raw_rows *rows) {
    double all_s = 0;
    for (uint32_t i = 0; i < campaign->plan.count; i++) {
        const struct plan_case *plan_case = &campaign->plan.cases[i];
        double least_s = INFINITY; /* the first also drew a picture */
        if (!outside_shows(campaign, plan_case))
            continue;
        for (size_t r = 0; r < rows->count; r++)
            if (is_of(&rows->at[r], plan_case))
                least_s = fmin(least_s, process_s(&rows->at[r]));
        if (isfinite(least_s))
            all_s += RUNS * least_s;
    }
    return all_s;
}
