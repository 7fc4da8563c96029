/* Right results; contracts in reference.h. */
#include "bench/measure/reference.h"

#include "bench/campaign/csv.h"
#include "bench/measure/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What decides a case's right result. Scalar has no shortcuts, and exact ones change nothing. */
static struct plan_case wanted(const struct plan_case *plan_case) {
    struct plan_case serial = *plan_case;
    serial.backend = backend_find("serial");
    serial.job.workers = 1;
    if (plan_case->job.kernel->exact) {
        serial.job.kernel = kernel_find("scalar");
        serial.job.workload.shortcuts = false;
    }
    return serial;
}

/* Computes it; of an inexact kernel, also how far it is off, but the null kernel's is no picture.
 */
static int compute(const struct plan_case *serial, struct reference *reference, char *sentence,
                   size_t size) {
    const struct kernel *kernel = serial->job.kernel;
    bool inexact = !kernel->exact, picture = serial->role != ROLE_NULL;
    struct sample sample;
    int err = inexact && picture ? sample_verify(serial, &sample)
                                 : sample_take(serial, NULL, NULL, 0, &sample);
    if (!err && sample.end != RENDER_DONE)
        err = -ECHILD;
    if (err) {
        snprintf(sentence, size, "the reference, serial + %s: %.400s", kernel->name,
                 sample.sentence[0] ? sample.sentence : strerror(-err));
        return err;
    }
    *reference = (struct reference){
        .workload = serial->job.workload,
        .kernel = kernel,
        .iterations = sample.result.iterations,
        .pixels_differing = picture ? sample.pixels_differing : CSV_NO_WHOLE,
    };
    memcpy(reference->sha256, sample.result.sha256, sizeof reference->sha256);
    return 0;
}

int reference_for(struct references *references, const struct plan_case *plan_case,
                  const struct reference **reference, char *sentence, size_t size) {
    const struct plan_case serial = wanted(plan_case);
    for (size_t i = 0; i < references->count; i++) {
        const struct reference *known = &references->at[i];
        if (known->kernel == serial.job.kernel &&
            workload_same(&known->workload, &serial.job.workload)) {
            *reference = known;
            return 0;
        }
    }
    struct reference *grown =
        realloc(references->at, (references->count + 1) * sizeof *references->at);
    if (!grown)
        return -ENOMEM;
    references->at = grown;
    int err = compute(&serial, &grown[references->count], sentence, size);
    if (err)
        return err;
    *reference = &grown[references->count++];
    return 0;
}

void references_free(struct references *references) {
    free(references->at);
    *references = (struct references){0};
}
