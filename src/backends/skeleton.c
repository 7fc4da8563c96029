/* How to add a backend. This file is compiled, and tests/test_backends.c renders with it, but no
 * list has it.
 *
 * 1. Copy it to src/backends/NAME.c, where NAME is the backend's name on the command line.
 * 2. Replace the three hooks and the struct at the end; keep this opening: its pattern, who writes
 * the frame, what ends a worker.
 * 3. Add BACKEND(NAME) to backends.def, with '_' for '-'.
 * Nothing else: help, --list, every test and every campaign go through the list.
 *
 * Backend skeleton: two halves of the batches, one after the other.
 * Pattern: none yet. Who writes the frame: render itself. What ends a worker: there is none. */
#include "backends/backend.h"

#include <errno.h>
#include <stdlib.h>

/* Whatever must live from open to close. Processes share only pages that were shared when they were
 * started: the frame, the monitor's ledger, and what you take from an arena (mp/arena.h). A backend
 * of processes stands on a crew (crew.h), which brings the arena, the lease table and the
 * supervisor. */
struct skeleton {
    const struct job *job;
};

/* Start everything that persists between renders here, since its time is reported by itself, as
 * open_s. */
static int start(const struct job *job, struct monitor *monitor, void **state) {
    struct skeleton *this = malloc(sizeof *this);
    if (!this)
        return -ENOMEM; /* and nothing is left to close */
    this->job = job;
    monitor_workers_started(monitor, 1); /* as many as you really have */
    /* If somebody coordinates them, monitor_coordinators tells who, before they start. */
    *state = this;
    return 0;
}

/* One batch, by one of the workers: numbers 0 … job->workers - 1. */
static void one_batch(const struct job *job, struct monitor *monitor, struct counts *counts,
                      uint64_t index) {
    unsigned worker = 0;
    struct batch batch = job_batch(job, index);
    monitor_batch_begun(monitor, worker, index);
    uint64_t sum = job->kernel->fill(&job->workload, batch, counts->at + batch.first);
    monitor_batch_done(monitor, worker, index, sum); /* whoever wrote the frame enters the batch */
    monitor_phase(monitor, worker, PHASE_WAIT);      /* on its way to the next; PHASE_SEND, if so */
}

/* Every batch exactly once into the frame. Called again and again; the harness clears the frame
 * between. */
static int render(void *state, struct monitor *monitor, struct counts *counts) {
    const struct skeleton *this = state;
    uint64_t batches = job_batches(this->job), half = batches / 2;
    for (uint64_t i = 0; i < batches; i++) {
        if (monitor_stop_requested(monitor)) /* Ctrl-C: the harness will call close, and say so */
            return -ECANCELED;
        one_batch(this->job, monitor, counts, i < batches - half ? half + i : i - (batches - half));
    }
    return 0;
}

/* Also after a render that failed. */
static int finish(void *state) {
    free(state);
    return 0;
}

extern const struct backend
    backend_skeleton; /* a real backend is declared by its line in the list */

const struct backend backend_skeleton = {
    .name = "skeleton",
    .summary = "one line for --list and --help",
    .flags = BACKEND_IN_PLACE | BACKEND_ONE_WORKER,
    .open = start,
    .render = render,
    .close = finish,
};
