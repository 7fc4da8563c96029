/* Right results; contracts in reference.h. */
#include "bench/measure/reference.h"

#include "bench/measure/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct reference *reference, const struct workload *workload,
                 const struct kernel *kernel) {
    const struct workload *other = &reference->workload;
    return reference->kernel == kernel && other->center_re == workload->center_re &&
           other->center_im == workload->center_im && other->extent == workload->extent &&
           other->width == workload->width && other->height == workload->height &&
           other->max_iter == workload->max_iter;
}

static int compute(const struct plan_case *plan_case, const struct kernel *kernel,
                   struct reference *reference, char *sentence, size_t size) {
    struct plan_case serial = *plan_case;
    struct sample sample;
    serial.backend = backend_find("serial");
    serial.job.kernel = kernel;
    serial.job.workers = 1;
    int err = sample_take(&serial, NULL, NULL, 0, &sample);
    if (!err && sample.end != RENDER_DONE)
        err = -ECHILD;
    if (err) {
        snprintf(sentence, size, "the reference, serial + %s: %.400s", kernel->name,
                 sample.sentence[0] ? sample.sentence : strerror(-err));
        return err;
    }
    *reference = (struct reference){.workload = plan_case->job.workload,
                                    .kernel = kernel,
                                    .iterations = sample.result.iterations};
    memcpy(reference->sha256, sample.result.sha256, sizeof reference->sha256);
    return 0;
}

int reference_for(struct references *references, const struct plan_case *plan_case,
                  const struct reference **reference, char *sentence, size_t size) {
    const struct kernel *kernel = plan_case->job.kernel;
    if (kernel->exact)
        kernel = kernel_find("scalar");
    for (size_t i = 0; i < references->count; i++) {
        if (same(&references->at[i], &plan_case->job.workload, kernel)) {
            *reference = &references->at[i];
            return 0;
        }
    }
    struct reference *grown =
        realloc(references->at, (references->count + 1) * sizeof *references->at);
    if (!grown)
        return -ENOMEM;
    references->at = grown;
    int err = compute(plan_case, kernel, &grown[references->count], sentence, size);
    if (err)
        return err;
    *reference = &grown[references->count++];
    return 0;
}

void references_free(struct references *references) {
    free(references->at);
    *references = (struct references){0};
}
