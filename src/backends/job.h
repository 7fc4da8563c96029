/* A job: everything that is decided before a render starts; const once planned. */
#ifndef BACKENDS_JOB_H
#define BACKENDS_JOB_H

#include "core/workload.h"
#include "kernels/kernel.h"

#include <stdint.h>

#define JOB_WORKERS_MAX 4096

/* OpenMP's kinds of schedule. */
enum schedule_kind { SCHEDULE_STATIC, SCHEDULE_DYNAMIC, SCHEDULE_GUIDED, SCHEDULE_AUTO };

struct schedule {
    enum schedule_kind kind;
    uint32_t chunk; /* batches; 0: the kind's own default */
};

struct job {
    struct workload workload;
    const struct kernel *kernel;
    unsigned workers; /* 1 … JOB_WORKERS_MAX: those who compute */
    uint64_t batch;   /* pixels per batch, 1 … the frame's */
    struct schedule schedule;
};

static inline uint64_t job_batches(const struct job *job) {
    return batch_total(workload_pixels(&job->workload), job->batch);
}

static inline struct batch job_batch(const struct job *job, uint64_t index) {
    return batch_at(workload_pixels(&job->workload), job->batch, index);
}

/* "dynamic,4" → schedule. 0 or -EINVAL; kinds are matched without regard to case, as OpenMP does.
 */
int schedule_parse(const char *text, struct schedule *schedule);

/* The reverse: "dynamic,4", or "static" when no chunk was asked for. */
#define SCHEDULE_TEXT_SIZE 32
const char *schedule_text(struct schedule schedule, char text[SCHEDULE_TEXT_SIZE]);

#endif
