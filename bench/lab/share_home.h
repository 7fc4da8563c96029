/* How lab share brings results home. Workers each compute a part of one calculation with big
 * integers; a way is a few hooks that bring the parts to the process that started the workers; what
 * all ways have in common, starting, waiting, timing, putting the parts together, is written once.
 *
 * A worker that dies is news to the one who waits: the run fails, and the others are killed. */
#ifndef BENCH_LAB_SHARE_HOME_H
#define BENCH_LAB_SHARE_HOME_H

#include "mp/array.h"
#include "mp/manager.h"
#include "mp/pipe.h"
#include "mp/queue.h"
#include "mp/supervisor.h"
#include "mp/value.h"

#include <gmp.h>
#include <stdbool.h>

#define SHARE_WORKERS 4

/* A calculation over 1 … n that can be done in parts, in any order. */
struct share_calculation {
    const char *name;
    unsigned identity; /* what combining begins with: 0 for sums, 1 for products */
    /* Combines into part, which is the identity, all of 1 … n that leave `rest` when divided by
     * SHARE_WORKERS. */
    void (*compute)(mpz_t part, unsigned long n, unsigned rest);
    void (*combine)(mpz_t whole, const mpz_t part);
    void (*expect)(mpz_t whole, unsigned long n); /* the whole, by other means */
};

struct share_task {
    const struct share_calculation *calculation;
    unsigned long n; /* ≥ SHARE_WORKERS: then no part is empty */
};

/* The parent's own; a worker inherits a copy when it is started. */
struct share_home {
    const struct share_way *way;
    const struct share_task *task;
    size_t whole_bytes; /* room that is enough for the whole, and for any part */
    struct arena arena;
    struct supervisor supervisor;
    struct share_report *reports; /* of each worker; in shared pages */
    mpz_t parts[SHARE_WORKERS];   /* the first `taken` have come */
    unsigned taken, ended;        /* parts; workers */

    /* Each way has some of these. */
    struct queue *queue;
    struct pipe pipes[SHARE_WORKERS];
    unsigned pipes_open;
    struct value *length; /* of the product so far, in bytes */
    unsigned char *product;
    struct array *array;
    struct manager manager;
    struct manager_proxy proxy; /* the parent's */
    bool connected;
    uint32_t dict;
};

/* Only a serial way has no bring; all other hooks may be NULL. */
struct share_way {
    const char *name;
    int (*open)(struct share_home *home); /* before workers are started */
    /* Starts one as supervisor_start does, if there is more to do about it. */
    int (*hire)(struct share_home *home, worker_main *main);
    /* In a worker: brings its part home. Returns the bytes that this took, or -errno. */
    long (*bring)(struct share_home *home, unsigned worker, const mpz_t part);
    /* In the parent, while workers run: takes what has come with these news. NULL: nothing can be
     * had before all have ended. */
    int (*take)(struct share_home *home, int news);
    int (*gather)(struct share_home *home); /* when all have ended: takes what they left */
    void (*close)(struct share_home *home); /* lets those end who wait for it; also after errors */
};

/* All of them. The first is serial: the same parts, one after another, in the calling process. */
#define SHARE_WAYS 6
extern const struct share_way share_ways[SHARE_WAYS];

/* For the ways: a big integer as bytes, the least significant first. The first two are its length;
 * share_pack writes it to where there is room. */
size_t share_length(const mpz_t number);
size_t share_pack(void *bytes, const mpz_t number);
void share_unpack(mpz_t number, const void *bytes, size_t length);

/* For the ways: a part has come. */
void share_take(struct share_home *home, const void *bytes, size_t length);

/* What one run took. */
struct share_cost {
    uint64_t elapsed_ns; /* from before the first start to after the last end */
    uint64_t home_ns;    /* from the last part computed until the parent had all; 0: serial */
    uint64_t bytes_home; /* sent or written by the workers; 0: serial */
};

/* Does a task in one way. whole_bytes: at least the length of the whole; no part may be longer. 0,
 * the whole (initialized by the caller) and *cost; -ECHILD: a worker died or failed; or -errno. All
 * that it started has ended when it returns. */
int share_run(const struct share_way *way, const struct share_task *task, size_t whole_bytes,
              mpz_t whole, struct share_cost *cost);

#endif
