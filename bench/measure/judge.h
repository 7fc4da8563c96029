/* Judge: does a sample count? The same for campaigns and for the self-test. */
#ifndef BENCH_MEASURE_JUDGE_H
#define BENCH_MEASURE_JUDGE_H

#include "bench/measure/reference.h"
#include "bench/measure/sample.h"

struct judgement {
    const char *status;                /* "ok", "wrong" or "failed", as raw.csv has it */
    const struct reference *reference; /* what it was compared with; NULL: it failed */
    char sentence[512];                /* why, unless it is ok */
};

/* `err` is what sample_take returned. A picture that is not the reference's, in its digest or its
 * sum, is wrong. 0 and *judgement; or the errors of reference_for, with its sentence in *judgement.
 */
int judge_sample(struct references *references, const struct plan_case *plan_case, int err,
                 const struct sample *sample, struct judgement *judgement);

#endif
