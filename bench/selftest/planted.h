/* Planted: a backend that is right, and copies of it with one fault each, for the self-test. No
 * list has them. */
#ifndef BENCH_SELFTEST_PLANTED_H
#define BENCH_SELFTEST_PLANTED_H

#include "backends/backend.h"

enum planted {
    PLANTED_NOTHING, /* the twin without a fault */
#define FAULT(symbol, name, what, check, status, phrase) PLANTED_##symbol,
#define SLOWDOWN(symbol, name, what, check)              PLANTED_##symbol,
#include "bench/selftest/faults.def"
#undef FAULT
#undef SLOWDOWN
    PLANTED_COUNT
};

/* "planted", or "planted-NAME". */
const struct backend *planted_backend(enum planted fault);

/* Lets backend_find know them, in this process: the self-test's, and those that it measures. */
void planted_lend(void);

/* What PLANTED_SEGMENT leaves behind when `harness` has it measured: a name for shm_unlink. */
#define PLANTED_NAME_SIZE 64
const char *planted_segment(pid_t harness, char name[PLANTED_NAME_SIZE]);

#endif
