/* A sample of the lab dispatch: a render by a backend, in a process of its own, so that no thread
 * stays. */
#ifndef BENCH_LAB_DISPATCH_SAMPLE_H
#define BENCH_LAB_DISPATCH_SAMPLE_H

#include "backends/backend.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DISPATCH_WORKERS 2

/* With the start of the workers; by workers that are there; the same of batches that must all be
 * equally long, by workers that keep to a CPU each. */
enum dispatch_kind { DISPATCH_COLD, DISPATCH_WARM, DISPATCH_BATCHES };

/* In shared pages, zeroed: what the process says. */
struct dispatch_answer {
    uint64_t took_ns;  /* of a render */
    uint64_t forks_ns; /* DISPATCH_COLD: starting as many processes that do nothing */
    bool done;
    _Atomic unsigned pinned; /* its own */
};

struct dispatch_sample {
    const struct backend *backend;
    struct job job;
    enum dispatch_kind kind;
    struct dispatch_answer *answer;
};

/* The process's main (mp/worker.h); its argument is the sample. */
int dispatch_take_sample(void *sample, unsigned number);

#endif
