/* Samples against their reference; contracts in judge.h. */
#include "bench/measure/judge.h"

#include <stdio.h>
#include <string.h>

static bool is_reference(const struct reference *reference, const struct render_result *result) {
    return strcmp(reference->sha256, result->sha256) == 0 &&
           reference->iterations == result->iterations;
}

int judge_sample(struct references *references, const struct plan_case *plan_case, int err,
                 const struct sample *sample, struct judgement *judgement) {
    bool ended = !err && (sample->end == RENDER_DONE || sample->end == RENDER_WRONG);
    *judgement = (struct judgement){.status = "failed"};
    if (!ended) {
        snprintf(judgement->sentence, sizeof judgement->sentence, "%s", sample->sentence);
        return 0;
    }
    int refused = reference_for(references, plan_case, &judgement->reference, judgement->sentence,
                                sizeof judgement->sentence);
    if (refused)
        return refused;
    judgement->status = "ok";
    if (sample->end == RENDER_DONE && is_reference(judgement->reference, &sample->result))
        return 0;
    judgement->status = "wrong";
    snprintf(judgement->sentence, sizeof judgement->sentence, "%s",
             *sample->sentence ? sample->sentence : "the picture differs from the reference");
    return 0;
}
