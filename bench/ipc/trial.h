/* Trial: one sample of what a message costs. A fresh process opens two channels, one each way, and
 * starts two workers, processes or threads, each on a CPU of its own where there are two. One
 * streams messages to the other as fast as it can; then the two throw a single message to and fro.
 * Each message carries its number at its beginning and its complement at its end, and both are
 * checked. */
#ifndef BENCH_IPC_TRIAL_H
#define BENCH_IPC_TRIAL_H

#include "base/usage.h"
#include "bench/ipc/transport.h"
#include "bench/measure/machine.h"
#include "mp/worker.h"

#include <stddef.h>
#include <stdint.h>

/* What to try. */
struct trial {
    const struct transport *transport;
    enum worker_kind kind;
    size_t bytes;      /* of every message, at least TRIAL_BYTES_MIN */
    uint64_t capacity; /* wished for each channel, in messages */
};

#define TRIAL_BYTES_MIN 16

enum trial_end {
    TRIAL_DONE,
    TRIAL_WRONG, /* a message was damaged, lost or doubled */
    TRIAL_FAILED /* it did not come to its end */
};

/* What came of it. */
struct trial_result {
    enum trial_end end;
    char sentence[160]; /* why, unless it is done */
    uint64_t capacity;  /* obtained; 0: the kernel counts bytes */
    int cpus[2];        /* where each worker stayed; -1: anywhere */
    /* From the first send to the last receive of so many messages. */
    uint64_t messages, stream_ns;
    /* Of single messages there and back. */
    uint64_t rounds;
    double round_trip_mean_ns, round_trip_median_ns, round_trip_p99_ns;
    struct usage usage; /* of both workers, calibration included */
    struct machine_others others;
};

/* Blocks until the trial has ended, at most a minute. 0 and *result, whatever its end; -ECANCELED:
 * a stop was asked for; or -errno: it could not begin. Nothing of it is left running. */
int trial_run(const struct trial *trial, struct trial_result *result);

#endif
