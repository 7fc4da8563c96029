/* mandel: renders one picture with one backend, proves it, and writes it. */
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/standard.h"
#include "base/stop.h"
#include "base/version.h"
#include "image/png.h"
#include "listing.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "render.h"
#include "trace.h"
#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Files that a run may write. */
enum { PICTURE, COUNTS, TRACE, OUTPUTS };

/* Everything that one run opens. */
struct run {
    struct options options;
    struct output outputs[OUTPUTS];
    struct render render;
    struct progress progress;
    struct image_timing timing;
    uint64_t start_ns;
    bool verified;
    uint64_t pixels_differing; /* from serial + scalar, once verified */
};

static int refuse_output(const char *path, int err) {
    log_say("cannot write '%s': %s", path, strerror(-err));
    return EXIT_REFUSED_BY_SYSTEM;
}

/* NULL: it was not asked for. */
static const char *path_of(const struct run *run, int output) {
    const char *const paths[OUTPUTS] = {
        [PICTURE] = run->options.output,
        [COUNTS] = run->options.counts,
        [TRACE] = run->options.trace,
    };
    return paths[output];
}

/* Before the work, so that a place that cannot be written is found out at once. */
static int open_outputs(struct run *run) {
    static const char *const names[OUTPUTS] = {
        [PICTURE] = "-o", [COUNTS] = "--counts", [TRACE] = "--trace"};
    for (int i = 0; i < OUTPUTS; i++) {
        const char *path = path_of(run, i);
        int err = path ? output_open(&run->outputs[i], path) : 0;
        if (err)
            return refuse_output(path, err);
        for (int other = 0; other < i; other++) {
            if (!output_same(&run->outputs[other], &run->outputs[i]))
                continue;
            log_say("%s and %s name the same file '%.256s'", names[other], names[i],
                    path_of(run, other));
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

static int status_of(enum render_end end, const char *sentence) {
    switch (end) {
    case RENDER_DONE:
        return EXIT_DONE;
    case RENDER_STOPPED:
        return EXIT_SIGNAL + stop_signal();
    case RENDER_REFUSED:
    case RENDER_LOST:
        log_say("%s", sentence);
        return EXIT_REFUSED_BY_SYSTEM;
    case RENDER_WRONG:
        break;
    }
    log_say("%s", sentence);
    return EXIT_WRONG;
}

static int render_picture(struct run *run) {
    const struct options *options = &run->options;
    bool bar = options->progress == WHEN_ALWAYS ||
               (options->progress == WHEN_AUTO && !options->quiet && isatty(STDERR_FILENO));
    int err = render_open(&run->render, options->backend, &options->job);
    if (err) {
        log_say("cannot get the frame's memory: %s", strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    run->render.monitor.lease_ns = (uint64_t)(options->lease_s * 1e9);
    err = options->trace ? render_trace(&run->render) : 0;
    if (err) {
        log_say("cannot get the trace's memory: %s", strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    run->render.recording = options->trace ? RENDER_RECORDED : RENDER_UNRECORDED;
    if (bar)
        progress_start(&run->progress, &run->render.monitor,
                       options->progress == WHEN_ALWAYS ? 0 : UINT64_C(300000000));
    enum render_end end = render_run(&run->render, 0);
    progress_finish(&run->progress);
    return status_of(end, run->render.sentence);
}

/* --verify. An inexact kernel's difference from scalar is told, and no fault. */
static int verify(struct run *run) {
    const struct options *options = &run->options;
    char sentence[512] = "";
    enum render_end end =
        verify_render(&run->render, &run->pixels_differing, sentence, sizeof sentence);
    run->verified = end == RENDER_DONE;
    if (run->verified && !options->job.kernel->exact && !options->quiet)
        log_say("kernel %s is inexact: %" PRIu64 " of %" PRIu64
                " pixels differ from serial + scalar",
                options->job.kernel->name, run->pixels_differing, run->render.counts.pixels);
    return status_of(end, sentence);
}

static int write_trace(struct run *run) {
    uint64_t dropped = timeline_dropped(&run->render.monitor.timeline);
    if (dropped)
        log_say("the trace lacks %" PRIu64 " events that did not fit its buffers", dropped);
    return trace_write(&run->outputs[TRACE], &run->render);
}

/* Everything but the names: nothing appears before all of it could be written. */
static int write_outputs(struct run *run) {
    const struct options *options = &run->options;
    int err = options->output
                  ? image_write_png(&run->outputs[PICTURE], &run->render.counts,
                                    &options->job.workload, options->palette, &run->timing)
                  : 0;
    if (err)
        return refuse_output(options->output, err);
    err = options->counts ? counts_write_npy(&run->render.counts, &run->outputs[COUNTS]) : 0;
    if (err)
        return refuse_output(options->counts, err);
    err = options->trace ? write_trace(run) : 0;
    return err ? refuse_output(options->trace, err) : EXIT_DONE;
}

/* All of them or none: who comes later in run_once, and fails, takes them back. */
static int place_outputs(struct run *run) {
    if (stop_signal())
        return EXIT_SIGNAL + stop_signal();
    for (int i = 0; i < OUTPUTS; i++) {
        const char *path = path_of(run, i);
        int err = path ? output_place(&run->outputs[i]) : 0;
        if (err)
            return refuse_output(path, err);
    }
    return EXIT_DONE;
}

/* The summary line, when nothing else was asked for, and the record. */
static int tell(struct run *run) {
    const struct options *options = &run->options;
    const struct render_result *result = &run->render.result;
    if (options->json) {
        struct usage usage;
        usage_now(&usage);
        int err = record_print(&(struct record){
            .options = options,
            .result = result,
            .usage = &usage,
            .timing = options->output ? &run->timing : NULL,
            .pixels_differing = run->verified ? &run->pixels_differing : NULL,
            .start_ns = run->start_ns,
        });
        if (err) {
            log_say("cannot write standard output: %s", strerror(-err));
            return EXIT_REFUSED_BY_SYSTEM;
        }
    } else if (!options->output && !options->counts && !options->trace && !options->quiet) {
        log_say("%s, %ux%u pixels, %s on %u worker%s, kernel %s%s: rendered in %.3f ms, %.2f "
                "G iterations/s",
                options->view_name, options->job.workload.width, options->job.workload.height,
                options->backend->name, result->workers_started,
                result->workers_started == 1 ? "" : "s", options->job.kernel->name,
                options->job.kernel->exact ? "" : " (inexact)",
                clock_seconds(result->render_ns) * 1e3,
                (double)result->iterations / (double)result->render_ns);
    }
    return EXIT_DONE;
}

static int run_once(struct run *run) {
    int status = open_outputs(run);
    if (!status)
        status = render_picture(run);
    if (!status && run->options.verify)
        status = verify(run);
    if (!status)
        status = write_outputs(run);
    if (!status)
        status = place_outputs(run);
    if (!status)
        status = tell(run);
    for (int i = 0; i < OUTPUTS; i++)
        (status ? output_abandon : output_keep)(&run->outputs[i]);
    render_close(&run->render);
    return status;
}

int main(int argc, char **argv) {
    static struct run run = {.outputs = {{.fd = -1}, {.fd = -1}, {.fd = -1}}};
    run.start_ns = clock_now_ns();
    log_program("mandel");
    int err = standard_open();
    if (!err)
        err = stop_install();
    if (err) {
        log_say("cannot set up descriptors and signals: %s", strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    options_parse(&run.options, argc, argv);
    switch (run.options.action) {
    case OPTIONS_BAD:
        log_say("%s", run.options.sentence);
        return EXIT_USAGE;
    case OPTIONS_HELP:
        options_print_help();
        return standard_flush();
    case OPTIONS_VERSION:
        printf("mandel %s\n", VERSION);
        return standard_flush();
    case OPTIONS_LIST:
        if (listing_print(run.options.list) == 0)
            return standard_flush();
        log_say("cannot list '%.64s'; known are backends, kernels, palettes, views",
                run.options.list);
        return EXIT_USAGE;
    case OPTIONS_RENDER:
        break;
    }
    return run_once(&run);
}
