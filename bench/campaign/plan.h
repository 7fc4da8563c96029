/* Plan: an experiment's axes → the cases of a block. A block holds each case once; campaigns are
 * made of whole blocks. */
#ifndef BENCH_CAMPAIGN_PLAN_H
#define BENCH_CAMPAIGN_PLAN_H

#include "backends/backend.h"
#include "bench/experiments/experiment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a case is in a block. */
enum role {
    ROLE_BASELINE, /* serial: what speedups are measured against */
    ROLE_CONTROL,  /* serial once more: any difference from the baseline is noise (A/A) */
    ROLE_NULL,     /* the null kernel: plumbing only */
    ROLE_CASE
};

const char *role_name(enum role role);

struct plan_case {
    enum role role;
    const struct backend *backend;
    const char *view;
    struct job job;
};

#define PLAN_CASES_MAX 4096

struct plan {
    char experiment[32];
    struct plan_case *cases;
    uint32_t count;
    size_t capacity;
    unsigned usable_cpus;
};

/* Builds a plan; fields of `over` that are not NULL replace the experiment's. An experiment that
 * does not render has no cases here, and takes no axes. 0; -ENOMEM; -EINVAL
 * and one sentence. plan_free it, also after a failure. */
int plan_make(struct plan *plan, const struct experiment *experiment, const struct axes *over,
              char *sentence, size_t size);
void plan_free(struct plan *plan);

/* Each backend's picture and trace are kept once: of the first workload and kernel, of its first
 * case in that role with its largest number of workers within the CPUs. NULL: it has none. */
const struct plan_case *plan_kept(const struct plan *plan, enum role role,
                                  const struct backend *backend);

/* Do both measure the same in the same role? */
bool plan_same(const struct plan_case *a, const struct plan_case *b);

/* Appends a copy, unless the plan has this case already. 0 or -ENOMEM. */
int plan_add(struct plan *plan, const struct plan_case *plan_case);

#endif
