/* Proof: one planted fault, measured and judged as in a campaign, and its twin without the fault
 * under the same conditions. */
#ifndef BENCH_SELFTEST_PROOF_H
#define BENCH_SELFTEST_PROOF_H

#include "bench/selftest/planted.h"

#include <stdbool.h>

struct proof {
    enum planted fault;
    const char *name, *what, *check;
    const char *status, *phrase; /* of the fault's sample; NULL for a slowdown */
};

struct proof_result {
    bool caught;             /* the fault, by its check */
    bool alarm;              /* the twin, by any */
    char sentence[512];      /* what the harness said about the fault */
    char twin_sentence[512]; /* and about the twin, if there was an alarm */
};

/* All of them in the order of faults.def; *count of them. planted_lend first. */
const struct proof *proof_list(unsigned *count);

/* 0 and *result; -ECANCELED: a stop was asked for; or -errno, and a sentence in *result. */
int proof_run(const struct proof *proof, struct proof_result *result);

/* The same, of a slowdown: a small campaign in a directory that is removed again. */
int slowdown_run(enum planted fault, struct proof_result *result);

#endif
