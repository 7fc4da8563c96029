/* Faults that single samples show; contracts in proof.h. */
#include "bench/selftest/proof.h"

#include "bench/measure/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Small enough that a render takes some milliseconds, with batches enough for a middle one. */
#define SIDE     200
#define BATCH    500
#define WORKERS  2
#define LIMIT_NS UINT64_C(3000000000) /* ten times what a sample takes */

static const struct proof proofs[] = {
#define FAULT(symbol, name, what, check, status, phrase)                                           \
    {PLANTED_##symbol, name, what, check, status, phrase},
#define SLOWDOWN(symbol, name, what, check) {PLANTED_##symbol, name, what, check, NULL, NULL},
#include "bench/selftest/faults.def"
#undef FAULT
#undef SLOWDOWN
};

const struct proof *proof_list(unsigned *count) {
    *count = sizeof proofs / sizeof *proofs;
    return proofs;
}

static struct plan_case make_case(enum planted fault) {
    const struct view *view = view_find("lesson");
    struct plan_case plan_case = {
        .role = ROLE_CASE, .backend = planted_backend(fault), .view = view->name};
    plan_case.job.workload = workload_of_view(view, SIDE, SIDE);
    plan_case.job.kernel = kernel_find("scalar");
    plan_case.job.workers = WORKERS;
    plan_case.job.batch = BATCH;
    return plan_case;
}

/* A sample, measured and judged. Errors as judge_sample's and, but for -ECHILD, sample_take's. */
static int measure(enum planted fault, struct judgement *judgement) {
    static struct references references; /* the same for all */
    struct plan_case plan_case = make_case(fault);
    struct sample sample;
    int err = sample_take_within(&plan_case, LIMIT_NS, &sample);
    if (!err || err == -ECHILD)
        return judge_sample(&references, &plan_case, err, &sample, judgement);
    snprintf(judgement->sentence, sizeof judgement->sentence, "%s", strerror(-err));
    return err;
}

static int run_sample(const struct proof *proof, struct proof_result *result) {
    struct judgement judgement;
    int err = measure(proof->fault, &judgement);
    snprintf(result->sentence, sizeof result->sentence, "%s", judgement.sentence);
    if (err)
        return err;
    result->caught = strcmp(judgement.status, proof->status) == 0 &&
                     strstr(judgement.sentence, proof->phrase) != NULL;
    err = measure(PLANTED_NOTHING, &judgement);
    result->alarm = err || strcmp(judgement.status, "ok") != 0;
    snprintf(result->twin_sentence, sizeof result->twin_sentence, "%s", judgement.sentence);
    return err;
}

int proof_run(const struct proof *proof, struct proof_result *result) {
    char segment[PLANTED_NAME_SIZE];
    *result = (struct proof_result){0};
    if (!proof->status)
        return slowdown_run(proof->fault, result);
    int err = run_sample(proof, result);
    if (proof->fault == PLANTED_SEGMENT)
        shm_unlink(planted_segment(getpid(), segment));
    return err;
}
