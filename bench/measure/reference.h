/* Reference: what the right result of a case is. Exact kernels must give serial + scalar's frame,
 * others that of serial with the same kernel. Each reference is computed once, in a fresh process,
 * and remembered. */
#ifndef BENCH_MEASURE_REFERENCE_H
#define BENCH_MEASURE_REFERENCE_H

#include "bench/campaign/plan.h"
#include "core/counts.h"

#include <stddef.h>
#include <stdint.h>

struct reference {
    struct workload workload;
    const struct kernel *kernel;
    char sha256[COUNTS_DIGEST_SIZE];
    uint64_t iterations;
    uint64_t pixels_differing; /* from scalar's frame; CSV_NO_WHOLE of the null kernel's */
};

/* Zeroed: none known yet. */
struct references {
    struct reference *at;
    size_t count;
};

/* 0 and *reference (valid until the next call); an error of sample_take, with its sentence; or
 * -ENOMEM. */
int reference_for(struct references *references, const struct plan_case *plan_case,
                  const struct reference **reference, char *sentence, size_t size);
void references_free(struct references *references);

#endif
