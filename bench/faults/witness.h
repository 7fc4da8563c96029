/* Witness: knows which processes compute in a render, and since when. It stands between the render
 * and its kernel and backend, and passes every call on; so it needs nothing from the backends but
 * the monitor's ledger, and costs one comparison per batch. Who kills says so here too: the time
 * from a kill to the replacement's first batch is then known to the nanosecond. */
#ifndef BENCH_FAULTS_WITNESS_H
#define BENCH_FAULTS_WITNESS_H

#include "mp/arena.h"
#include "render.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that computes; it enters itself when it begins its first batch. */
struct witness_entry {
    unsigned worker;    /* its number; a replacement has the dead one's */
    uint64_t since_ns;  /* its first batch */
    _Atomic pid_t pid;  /* stored last: before, the entry is not there */
    uint64_t killed_ns; /* 0: it has not been; written by who kills */
};

/* Lives in arena pages. */
struct witness {
    const struct backend *backend; /* the real ones */
    const struct kernel *kernel;
    const struct monitor *monitor;
    uint64_t batch;            /* pixels */
    _Atomic uint64_t start_ns; /* of the render; 0: not yet */
    _Atomic uint64_t end_ns;
    _Atomic uint32_t entries; /* that were begun; those beyond `capacity` are lost */
    uint32_t capacity;
    struct witness_entry at[];
};

/* For so many computing processes. 0 and *witness, or -ENOMEM. */
int witness_open(struct arena *arena, uint32_t capacity, struct witness **witness);

/* Puts itself into a render that has been opened and not run, and into its job. One witness in a
 * process, one render of a backend of processes. */
void witness_attach(struct witness *witness, struct render *render, struct job *job);

/* The last process of that number that computes, or NULL when none does yet. Any process. */
struct witness_entry *witness_find(struct witness *witness, unsigned worker);

/* The process of the same number after this one, or NULL. */
const struct witness_entry *witness_successor(const struct witness *witness,
                                              const struct witness_entry *entry);

#endif
