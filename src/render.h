/* Render: one job, run and proven. Owns the frame and the monitor, calls the backend's three hooks,
 * times each, and checks every render: no sentinel is left, the frame's sum is the sum that was
 * reported, and no batch was done twice. Both programs measure and draw through this file alone. */
#ifndef RENDER_H
#define RENDER_H

#include "backends/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of memory that a job needs at least, or UINT64_MAX when that does not fit a number. */
uint64_t render_memory_bytes(const struct job *job);

/* What one run of a job gave; free of pointers. */
struct render_result {
    uint64_t open_ns, render_ns, close_ns; /* render_ns: all renders together */
    uint64_t render_cpu_ns; /* CPU time of this process's threads in all those renders */
    uint64_t renders;
    uint64_t iterations; /* of one render */
    uint32_t workers_started, workers_seen, workers_lost, batches_reissued;
    char sha256[COUNTS_DIGEST_SIZE];
    struct monitor_accounts accounts; /* of the renders that were recorded, if any */
};

/* What is recorded: nothing; some renders more, after the timed ones, so that these are not
 * disturbed; or all from the start of the workers on. */
enum render_recording { RENDER_UNRECORDED, RENDER_RECORDED_AFTER, RENDER_RECORDED };

/* How a run ended. */
enum render_end { RENDER_DONE, RENDER_REFUSED, RENDER_LOST, RENDER_STOPPED, RENDER_WRONG };

/* The ends of the time that holds all timed renders of a run. */
enum render_edge { RENDER_BEGINS, RENDER_ENDS };

struct render {
    const struct backend *backend;
    const struct job *job;
    struct counts counts;
    struct monitor monitor;
    struct render_result result;
    char sentence[512]; /* why, unless RENDER_DONE or RENDER_STOPPED */
    enum render_recording recording;
    uint64_t record_ns; /* RENDER_RECORDED_AFTER: for how long at least */

    /* May be set after render_open: called before the first timed render and after the last one, in
     * no time that is measured, while all workers live. */
    void (*witness)(void *context, enum render_edge edge);
    void *witness_context;
};

/* Maps the frame and the monitor. 0 or -ENOMEM. The job outlives the render. render_close it, once.
 */
int render_open(struct render *render, const struct backend *backend, const struct job *job);

/* Between render_open and render_run: also keeps the events of a render that is recorded, for
 * trace_write (trace.h); with RENDER_RECORDED_AFTER that of one more. 0 or -ENOMEM. */
int render_trace(struct render *render);

/* Opens the backend, renders until at least min_ns have been spent in renders (at least once),
 * renders what else is to be recorded, closes it. */
enum render_end render_run(struct render *render, uint64_t min_ns);

/* Gives the frame and the monitor back; also for a zeroed struct. */
void render_close(struct render *render);

#endif
