/* Measuring in a fresh process; contracts in sample.h. */
#include "bench/measure/sample.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "base/size.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/campaign/campaign.h"
#include "bench/measure/leaks.h"
#include "bench/measure/pace.h"
#include "mp/worker.h"
#include "options.h"
#include "trace.h"
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any sane sample; a hang then ends as a failed one. */
#define SAMPLE_LIMIT_NS UINT64_C(1800000000000)

/* Whoever stopped it (SIGSTOP) may continue it, until it has been found stopped at so many looks,
 * five seconds together. Looks are counted, not time: while somebody pauses us both, none is made.
 * They are so rare that most samples have ended before the first. */
#define LOOK_NS           UINT64_C(500000000)
#define LOOKS_MAX_STOPPED 10

/* ---- the measured process ---- */

static int write_picture(const struct options *options, const struct render *render,
                         struct sample *sample) {
    struct output output;
    int err = output_open(&output, options->output);
    if (!err)
        err = image_write_png(&output, &render->counts, &options->job.workload, options->palette,
                              &sample->timing);
    uint64_t start = clock_now_ns();
    if (!err)
        err = output_commit(&output);
    sample->timing.write_ns += clock_now_ns() - start;
    output_abandon(&output);
    sample->has_picture = !err;
    if (err)
        snprintf(sample->sentence, sizeof sample->sentence, "cannot write '%.256s': %s",
                 options->output, strerror(-err));
    return err;
}

/* What the measured process sees of noise, at both ends of its renders. */
static void witness(void *context, enum render_edge edge) {
    struct sample *sample = context;
    struct tasks before = sample->tasks;
    if (edge == RENDER_ENDS) /* at once: the clock soon recovers from what made it fall */
        sample->pace_end = pace_mhz();
    tasks_now(&sample->tasks);
    if (edge == RENDER_BEGINS) {
        sample->mhz_start = machine_mhz();
        sample->pace_start = pace_mhz();
        return;
    }
    sample->tasks = tasks_between(&before, &sample->tasks);
    sample->mhz_end = machine_mhz();
}

/* What goes wrong with the trace ends the sample as what goes wrong with the picture does. */
static int write_trace(const struct options *options, const struct render *render,
                       struct sample *sample) {
    int err = trace_save(options->trace, render);
    if (err)
        snprintf(sample->sentence, sizeof sample->sentence, "cannot write '%.256s': %s",
                 options->trace, strerror(-err));
    return err;
}

static void refuse(struct sample *sample, const char *what) {
    sample->end = RENDER_REFUSED;
    snprintf(sample->sentence, sizeof sample->sentence, "%s", what);
}

/* A right picture is not enough: its time must be that of as many workers as its row will say, and
 * the backend must have given all back. */
static void check_manners(const struct options *options, uint64_t shared_before,
                          struct sample *sample) {
    uint64_t shared = leaks_shared_bytes();
    char what[256];
    if (sample->result.workers_started != options->job.workers) {
        snprintf(what, sizeof what, "%s: %u workers were asked for, %u were started",
                 options->backend->name, options->job.workers, sample->result.workers_started);
        refuse(sample, what);
    } else if (shared > shared_before) {
        snprintf(what, sizeof what,
                 "%s: when it was closed it left %llu bytes of shared memory mapped",
                 options->backend->name, (unsigned long long)(shared - shared_before));
        refuse(sample, what);
    }
}

static void measure(const struct options *options, struct sample *sample) {
    struct render render;
    int err = render_open(&render, options->backend, &options->job);
    if (!err && options->trace)
        err = render_trace(&render);
    if (err) {
        sample->end = RENDER_REFUSED;
        snprintf(sample->sentence, sizeof sample->sentence, "cannot get the frame's memory: %s",
                 strerror(-err));
        return;
    }
    render.witness = witness;
    render.witness_context = sample;
    render.recording = RENDER_RECORDED_AFTER;
    render.record_ns = SAMPLE_RECORD_NS;
    uint64_t shared = leaks_shared_bytes();
    sample->end = render_run(&render, SAMPLE_RENDER_NS);
    sample->result = render.result;
    snprintf(sample->sentence, sizeof sample->sentence, "%s", render.sentence);
    usage_now(&sample->usage);
    if (sample->end == RENDER_DONE)
        check_manners(options, shared, sample);
    if (sample->end == RENDER_DONE && options->verify)
        sample->end = verify_render(&render, &sample->pixels_differing, sample->sentence,
                                    sizeof sample->sentence);
    if (sample->end == RENDER_DONE && options->output && write_picture(options, &render, sample))
        sample->end = RENDER_REFUSED;
    if (sample->end == RENDER_DONE && options->trace && write_trace(options, &render, sample))
        sample->end = RENDER_REFUSED;
    render_close(&render);
}

int sample_serve(int argc, char **argv) {
    static struct options options;
    struct sample sample;
    uint64_t fd;
    if (argc < 1 || text_parse_u64(argv[0], 3, 1 << 20, &fd) != 0) {
        log_say("sample is for mandelbench's own use");
        return EXIT_USAGE;
    }
    memset(&sample, 0, sizeof sample); /* its padding crosses the pipe too */
    options_parse(&options, argc, argv);
    if (options.action != OPTIONS_RENDER) {
        log_say("sample: %s", options.sentence);
        return EXIT_USAGE;
    }
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    measure(&options, &sample);
    ssize_t sent = write((int)fd, &sample, sizeof sample); /* less than PIPE_BUF: all or nothing */
    return sent == (ssize_t)sizeof sample ? EXIT_DONE : EXIT_REFUSED_BY_SYSTEM;
}

_Static_assert(sizeof(struct sample) <= 4096, "a record fits into a pipe's atomic write");

/* ---- the harness ---- */

#define ARGUMENTS      14
#define ARGUMENT_BYTES 128

/* What the child of a fork needs to become the measured process. */
struct launch {
    char text[ARGUMENTS][ARGUMENT_BYTES];
    char output[CAMPAIGN_PATH_SIZE + 160];   /* --output=… */
    char timeline[CAMPAIGN_PATH_SIZE + 160]; /* --trace=… */
    char *argv[ARGUMENTS + 4];
    const char *picture, *trace;
    bool verify;
    unsigned padding;
    uint64_t limit_ns;
    int pipe[2];
};

static void describe(struct launch *launch, const struct plan_case *plan_case) {
    const struct job *job = &plan_case->job;
    const struct workload *workload = &job->workload;
    char schedule[SCHEDULE_TEXT_SIZE];
    unsigned n = 0;
#define ARGUMENT(...) snprintf(launch->text[n++], ARGUMENT_BYTES, __VA_ARGS__)
    ARGUMENT("--backend=%s", plan_case->backend->name);
    ARGUMENT("--kernel=%s", job->kernel->name);
    ARGUMENT("--workers=%u", job->workers);
    ARGUMENT("--batch=%llu", (unsigned long long)job->batch);
    ARGUMENT("--schedule=%s", schedule_text(job->schedule, schedule));
    ARGUMENT("--shortcuts=%s", workload->shortcuts ? "on" : "off");
    if (launch->verify)
        ARGUMENT("--verify");
    ARGUMENT("--view=%s", plan_case->view);
    ARGUMENT("--center=%.17g,%.17g", workload->center_re, workload->center_im);
    ARGUMENT("--extent=%.17g", workload->extent);
    ARGUMENT("--max-iter=%u", workload->max_iter);
    ARGUMENT("--pixels=%ux%u", workload->width, workload->height);
#undef ARGUMENT
    unsigned i = 2; /* argv[0 … 2]: program, "sample", the pipe */
    for (unsigned text = 0; text < n; text++)
        launch->argv[++i] = launch->text[text];
    if (launch->picture) {
        snprintf(launch->output, sizeof launch->output, "--output=%s", launch->picture);
        launch->argv[++i] = launch->output;
    }
    if (launch->trace) {
        snprintf(launch->timeline, sizeof launch->timeline, "--trace=%s", launch->trace);
        launch->argv[++i] = launch->timeline;
    }
    launch->argv[++i] = NULL;
}

/* In the child: becomes the measured process. */
static int become_sample(void *argument, unsigned number) {
    struct launch *launch = argument;
    char fd[16];
    (void)number;
    snprintf(fd, sizeof fd, "%d", launch->pipe[1]);
    launch->argv[0] = (char[]){"mandelbench"};
    launch->argv[1] = (char[]){"sample"};
    launch->argv[2] = fd;
    char *padding = malloc(launch->padding + 1);
    if (!padding || fcntl(launch->pipe[1], F_SETFD, 0) != 0)
        return EXIT_REFUSED_BY_SYSTEM;
    memset(padding, 'x', launch->padding);
    padding[launch->padding] = '\0';
    setenv("MANDELBENCH_PADDING", padding, 1);
    stop_reset_before_exec();
    execv("/proc/self/exe", launch->argv);
    return EXIT_REFUSED_BY_SYSTEM;
}

static bool is_stopped(pid_t pid) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* Waits for the record, for the end of its sender, or for a request to stop. -ESTALE: somebody
 * stopped the sender, and does not let it go on. */
static int receive(int fd, pid_t pid, uint64_t limit_ns, struct sample *sample) {
    struct pollfd events[] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};
    uint64_t deadline = clock_after_ns(limit_ns);
    unsigned stopped = 0;
    for (;;) {
        uint64_t look = size_min(clock_after_ns(LOOK_NS), deadline);
        int ready = poll(events, 2, clock_poll_ms(look));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0)
            return -errno;
        if (events[1].revents)
            return -ECANCELED;
        if (ready == 0 && clock_now_ns() >= deadline)
            return -ETIMEDOUT;
        if (ready == 0) {
            stopped = is_stopped(pid) ? stopped + 1 : 0;
            if (stopped == LOOKS_MAX_STOPPED)
                return -ESTALE;
            continue;
        }
        return read(fd, sample, sizeof *sample) == (ssize_t)sizeof *sample ? 0 : -ECHILD;
    }
}

static void describe_end(const struct worker *worker, const struct launch *launch, int err,
                         struct sample *sample) {
    int size = sizeof sample->sentence;
    if (err == -ETIMEDOUT)
        snprintf(sample->sentence, (size_t)size, "the measured process did not end within %g s",
                 clock_seconds(launch->limit_ns));
    else if (err == -ESTALE)
        snprintf(sample->sentence, (size_t)size,
                 "somebody stopped the measured process (SIGSTOP) for %g s; it was ended",
                 clock_seconds(LOOKS_MAX_STOPPED * LOOK_NS));
    else if (worker->exitcode < 0)
        snprintf(sample->sentence, (size_t)size,
                 "the measured process was killed by signal %d (%s)", -worker->exitcode,
                 strsignal(-worker->exitcode));
    else
        snprintf(sample->sentence, (size_t)size, "the measured process exited with status %d",
                 worker->exitcode);
}

static int run_child(struct launch *launch, struct sample *sample) {
    struct worker worker;
    int err = worker_start(&worker, WORKER_PROCESS, "sample", 0, become_sample, launch);
    close(launch->pipe[1]);
    if (err)
        return err;
    err = receive(launch->pipe[0], worker.pid, launch->limit_ns, sample);
    if (err == -ECANCELED || err == -ETIMEDOUT || err == -ESTALE)
        worker_kill(&worker);
    worker_join(&worker);
    if (err == 0 || err == -ECANCELED)
        return err;
    memset(sample, 0, sizeof *sample);
    describe_end(&worker, launch, err, sample);
    return -ECHILD;
}

/* The same, watched. */
static int run_watched(struct launch *launch, struct sample *sample) {
    struct leaks leaks;
    char sentence[sizeof sample->sentence];
    int err = leaks_watch(&leaks);
    if (!err) {
        err = run_child(launch, sample);
        if (leaks_found(&leaks, sentence, sizeof sentence) && !err && sample->end == RENDER_DONE)
            refuse(sample, sentence);
    } else {
        close(launch->pipe[1]);
    }
    leaks_free(&leaks);
    return err;
}

static int take(struct launch *launch, const struct plan_case *plan_case, struct sample *sample) {
    describe(launch, plan_case);
    memset(sample, 0, sizeof *sample);
    if (pipe2(launch->pipe, O_CLOEXEC) != 0)
        return -errno;
    struct machine_others others = machine_others_before();
    int err = run_watched(launch, sample);
    close(launch->pipe[0]);
    machine_others_after(&others);
    sample->others = others;
    return err;
}

int sample_take(const struct plan_case *plan_case, const char *picture, const char *trace,
                unsigned padding, struct sample *sample) {
    static struct launch launch;
    launch = (struct launch){
        .picture = picture, .trace = trace, .padding = padding, .limit_ns = SAMPLE_LIMIT_NS};
    return take(&launch, plan_case, sample);
}

int sample_take_within(const struct plan_case *plan_case, uint64_t limit_ns,
                       struct sample *sample) {
    static struct launch launch;
    launch = (struct launch){.limit_ns = limit_ns};
    return take(&launch, plan_case, sample);
}

int sample_verify(const struct plan_case *plan_case, struct sample *sample) {
    static struct launch launch;
    launch = (struct launch){.verify = true, .limit_ns = SAMPLE_LIMIT_NS};
    return take(&launch, plan_case, sample);
}
