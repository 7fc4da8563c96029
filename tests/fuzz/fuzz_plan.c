/* Axes of an experiment: a line each, in the order of struct axes; an empty line is the
 * experiment's own. The first byte chooses the experiment. */
#include "bench/campaign/plan.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static void check_case(const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    HOLDS(plan_case->backend && job->kernel && view_find(plan_case->view));
    HOLDS(!workload_fault(&job->workload));
    HOLDS(job->workers >= 1 && job->workers <= JOB_WORKERS_MAX);
    HOLDS(job->batch >= 1 && job->batch <= workload_pixels(&job->workload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    unsigned count;
    const struct experiment *const *experiments = experiment_list(&count);
    const struct experiment *experiment = experiments[data[0] % count];
    struct fuzz_input input = {data + 1, size - 1};
    struct axes axes = {0};
    const char **const lists[] = {&axes.backends, &axes.kernels,   &axes.workers,
                                  &axes.batches,  &axes.schedules, &axes.views,
                                  &axes.pixels,   &axes.max_iter,  &axes.shortcuts};
    char *texts[9];
    for (size_t i = 0; i < 9; i++) {
        texts[i] = fuzz_part(&input, '\n');
        *lists[i] = texts[i] && *texts[i] ? texts[i] : NULL;
    }
    struct plan plan;
    char sentence[512] = "";
    int err = plan_make(&plan, experiment, &axes, sentence, sizeof sentence);
    HOLDS(err == 0 || (err == -EINVAL && fuzz_is_sentence(sentence)));
    HOLDS(plan.count <= PLAN_CASES_MAX);
    for (uint32_t i = 0; !err && i < plan.count; i++)
        check_case(&plan.cases[i]);
    plan_free(&plan);
    for (size_t i = 0; i < 9; i++)
        free(texts[i]);
    return 0;
}
