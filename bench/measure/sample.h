/* Sample: one case, measured in a fresh process. The harness executes its own program anew; the
 * child renders until 200 ms have been spent in renders, renders some more to record what the time
 * is spent on, which the timed renders thus do not pay for, and sends its record home on an
 * inherited pipe. So no sample inherits threads, caches of the allocator, or a high-water mark of
 * memory from another. */
#ifndef BENCH_MEASURE_SAMPLE_H
#define BENCH_MEASURE_SAMPLE_H

#include "base/usage.h"
#include "bench/campaign/plan.h"
#include "bench/measure/machine.h"
#include "bench/measure/tasks.h"
#include "image/png.h"
#include "render.h"

#include <stdint.h>

#define SAMPLE_RENDER_NS UINT64_C(200000000)
#define SAMPLE_RECORD_NS UINT64_C(50000000)

/* The record; free of pointers, of fixed size. */
struct sample {
    enum render_end end;
    char sentence[512];
    struct render_result result;
    struct usage usage; /* at the end of the measured process, its workers included */
    bool has_picture;
    struct image_timing timing;  /* of the picture, if one was written */
    struct tasks tasks;          /* over the renders: this process and its workers */
    double mhz_start, mhz_end;   /* of the original process's CPU, around the renders; or NaN */
    double pace_start, pace_end; /* the same, by bench/measure/pace.h */
    struct machine_others others;
    uint64_t pixels_differing; /* from serial + scalar, if that was asked for */
};

/* Measures one case; with `picture` or `trace` (paths), also has it drawn, or one more render
 * traced, and written there. `padding` bytes more stand in the environment, which moves the stack.
 * Blocks until the process has ended. 0 and *sample; -ECANCELED: a stop was asked for; -ECHILD: it
 * died or broke off, or somebody stopped it (SIGSTOP) and let it not go on for some five seconds,
 * so that it was ended, and sample->sentence says how; or -errno. Nothing of it is left running,
 * and a sample that left something behind (bench/measure/leaks.h), or got fewer workers than were
 * asked for, has RENDER_REFUSED for its end. This process must have no other children. */
int sample_take(const struct plan_case *plan_case, const char *picture, const char *trace,
                unsigned padding, struct sample *sample);

/* The same, but it ends after so long, if need be by force: -ECHILD, and the sentence says so. (Of
 * sample_take the limit is half an hour, longer than any sane sample.) */
int sample_take_within(const struct plan_case *plan_case, uint64_t limit_ns, struct sample *sample);

/* The same, but its picture is compared with serial + scalar's, which may take far longer. */
int sample_verify(const struct plan_case *plan_case, struct sample *sample);

/* The measured process: argv is the pipe's descriptor, then options of mandel. Returns the exit
 * status. */
int sample_serve(int argc, char **argv);

#endif
