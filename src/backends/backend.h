/* Shelf 2: who computes which batch. A backend is a file that ends with one const struct backend;
 * backends.def lists it. skeleton.c is the how-to for adding one. */
#ifndef BACKENDS_BACKEND_H
#define BACKENDS_BACKEND_H

#include "backends/job.h"
#include "backends/monitor.h"
#include "core/counts.h"

#include <stdint.h>

enum backend_flag {
    BACKEND_PROCESSES = 1 << 0, /* workers are processes: one's death can be survived */
    BACKEND_THREADS = 1 << 1,
    BACKEND_IN_PLACE = 1 << 2,    /* workers write the frame themselves */
    BACKEND_COPIES = 1 << 3,      /* counts travel to who writes the frame */
    BACKEND_SCHEDULE = 1 << 4,    /* job.schedule is honoured */
    BACKEND_OMP_THREADS = 1 << 6, /* OMP_NUM_THREADS is the default number of workers */
    BACKEND_ONE_WORKER = 1 << 5,  /* always exactly one worker */
    BACKEND_BANDS = 1 << 7, /* worker w of N has batches w * n / N … (w + 1) * n / N - 1, always */
};

/* The hooks run in the original process, in its main thread; only it returns from them. They return
 * 0 or -errno, never print, exit or read a clock. -EOWNERDEAD: a worker died, and the monitor was
 * told. -ECANCELED: a stop was asked for. After an error of render only close may follow. */
struct backend {
    const char *name;
    const char *summary;
    uint32_t flags; /* enum backend_flag */

    /* NULL, or why this build or machine cannot run it. May be NULL itself. */
    const char *(*unavailable)(void);

    /* Starts whatever persists between renders. The job and the monitor outlive the state. *state
     * is what the other hooks get. On failure nothing is left to close. May be NULL: then the state
     * is the job. */
    int (*open)(const struct job *job, struct monitor *monitor, void **state);

    /* Computes every batch of the job into the frame, and enters each in the monitor. Callable many
     * times. The frame's pages were mapped, shared, before open. Blocks until all is done. */
    int (*render)(void *state, struct monitor *monitor, struct counts *counts);

    /* Ends the workers, reaps them and frees. -EOWNERDEAD when one ended badly. May be NULL. */
    int (*close)(void *state);
};

/* All backends in the order of backends.def; *count of them. */
const struct backend *const *backend_list(unsigned *count);

/* The backend of that name, or NULL. */
const struct backend *backend_find(const char *name);

/* Lets backend_find know, in this process, backends that no list has: a test's. They must outlive
 * all that looks for them. */
void backend_lend(const struct backend *const *backends, unsigned count);

/* NULL when the backend runs here, else the reason. */
const char *backend_unavailable(const struct backend *backend);

#endif
