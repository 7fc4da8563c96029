/* Running a job and proving its result; contracts in render.h. */
#include "render.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/size.h"
#include "base/stop.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t render_memory_bytes(const struct job *job) {
    uint64_t frame, ledger;
    /* A count per pixel; a lease and a sum per batch. */
    if (!size_multiply(workload_pixels(&job->workload), sizeof(uint32_t), &frame) ||
        !size_multiply(job_batches(job), 2 * sizeof(uint64_t), &ledger) ||
        !size_add(frame, ledger, &frame))
        return UINT64_MAX;
    return frame;
}

/* Who died, of what, over what, in one sentence without its end. */
static void describe_loss(const struct render *render, const struct monitor_loss *loss,
                          char *sentence, size_t size) {
    static const char *const phases[] = {
        [PHASE_START] = "started",
        [PHASE_WAIT] = "waited for work",
        [PHASE_COMPUTE] = "computed",
        [PHASE_SEND] = "sent counts",
    };
    char how[64], what[64] = "";
    if (loss->overdue)
        snprintf(how, sizeof how, "had been stopped for its lease, and was killed");
    else if (loss->exitcode < 0)
        snprintf(how, sizeof how, "was killed by signal %d (%s)", -loss->exitcode,
                 strsignal(-loss->exitcode));
    else
        snprintf(how, sizeof how, "exited with status %d", loss->exitcode);
    if (loss->batch >= 0)
        snprintf(what, sizeof what, " while it %s batch %" PRId64,
                 loss->phase == PHASE_SEND ? "sent" : "computed", loss->batch);
    else if (loss->phase >= 0)
        snprintf(what, sizeof what, " while it %s", phases[loss->phase]);
    snprintf(sentence, size, "%s: %s %u (process %ld) %s%s", render->backend->name, loss->name,
             loss->worker, (long)loss->pid, how, what);
}

/* What became of it: the sentence's end. */
static void add_end(const struct monitor_loss *loss, char *sentence, size_t size) {
    static const char *const ends[] = {
        [LOSS_REPLACED] = "; it has been replaced",
        [LOSS_IDLE] = "; nothing was left for it to do",
        [LOSS_POISON] = ", as did the two before it over this batch",
        [LOSS_BARREN] = ", and so many before it that nothing gets done",
        [LOSS_REFUSED] = ", and cannot be replaced: ",
        [LOSS_IRREPLACEABLE] = "",
    };
    size_t used = strlen(sentence);
    snprintf(sentence + used, size - used, "%s%s", ends[loss->end],
             loss->end == LOSS_REFUSED ? strerror(-loss->err) : "");
}

static void report_loss(void *context, const struct monitor_loss *loss) {
    char sentence[512];
    describe_loss(context, loss, sentence, sizeof sentence);
    add_end(loss, sentence, sizeof sentence);
    log_say("%s", sentence);
}

int render_open(struct render *render, const struct backend *backend, const struct job *job) {
    *render = (struct render){.backend = backend, .job = job};
    int err = counts_open(&render->counts, job->workload.width, job->workload.height);
    if (!err)
        err = monitor_open(&render->monitor, job->workers, job_batches(job));
    if (err)
        render_close(render);
    render->monitor.stop_fd = stop_fd();
    render->monitor.stop_signal = stop_signal;
    render->monitor.report = report_loss;
    render->monitor.report_context = render;
    return err;
}

void render_close(struct render *render) {
    counts_close(&render->counts);
    monitor_close(&render->monitor);
}

/* What an error of a hook means. */
static enum render_end ended_by(struct render *render, const char *attempt, int err) {
    if (err == -ECANCELED)
        return RENDER_STOPPED;
    if (err == -EOWNERDEAD) {
        describe_loss(render, &render->monitor.loss, render->sentence, sizeof render->sentence);
        add_end(&render->monitor.loss, render->sentence, sizeof render->sentence);
        return RENDER_LOST;
    }
    snprintf(render->sentence, sizeof render->sentence, "%s: cannot %s: %s", render->backend->name,
             attempt, strerror(-err));
    return RENDER_REFUSED;
}

/* Batches that workers say they did. More than there are is right only after a death: what the dead
 * had done may be done again. */
static bool some_done_twice(const struct render *render) {
    const struct monitor *monitor = &render->monitor;
    return !monitor->workers_lost && monitor_batches_entered(monitor) > monitor->batch_count;
}

/* Is the frame complete, and what was reported? Fills in the result's counts. */
static enum render_end check(struct render *render) {
    struct counts_sum sum = counts_sum(&render->counts);
    struct render_result *result = &render->result;
    uint64_t reported = monitor_iterations(&render->monitor);
    result->iterations = sum.iterations;
    result->workers_seen = monitor_workers_seen(&render->monitor);
    if (sum.unwritten) {
        snprintf(render->sentence, sizeof render->sentence,
                 "%s: wrong result: %" PRIu64 " of %" PRIu64 " pixels were never written",
                 render->backend->name, sum.unwritten, render->counts.pixels);
        return RENDER_WRONG;
    }
    if (sum.iterations != reported) {
        snprintf(render->sentence, sizeof render->sentence,
                 "%s: wrong result: the frame holds %" PRIu64 " iterations, %" PRIu64
                 " were reported",
                 render->backend->name, sum.iterations, reported);
        return RENDER_WRONG;
    }
    if (some_done_twice(render)) {
        snprintf(render->sentence, sizeof render->sentence,
                 "%s: wrong result: %" PRIu64 " batches were done, of %" PRIu64
                 ", so some were done twice",
                 render->backend->name, monitor_batches_entered(&render->monitor),
                 render->monitor.batch_count);
        return RENDER_WRONG;
    }
    return RENDER_DONE;
}

/* *spent_ns and *cpu_ns grow by the time that it took. */
static enum render_end render_once(struct render *render, void *state, uint64_t *spent_ns,
                                   uint64_t *cpu_ns) {
    struct monitor *monitor = &render->monitor;
    counts_clear(&render->counts);
    monitor_clear(monitor);
    uint64_t cpu_start = clock_process_cpu_ns();
    uint64_t start = clock_now_ns();
    monitor_render_begins(monitor, start);
    int err = render->backend->render(state, monitor, &render->counts);
    uint64_t end = clock_now_ns();
    *cpu_ns += clock_process_cpu_ns() - cpu_start;
    monitor_render_ended(monitor, end, &render->result.accounts);
    *spent_ns += end - start;
    return err ? ended_by(render, "render", err) : check(render);
}

static void call_witness(const struct render *render, enum render_edge edge) {
    if (render->witness)
        render->witness(render->witness_context, edge);
}

int render_trace(struct render *render) {
    struct monitor *monitor = &render->monitor;
    return timeline_open(&monitor->timeline, monitor_tracks(monitor), monitor->batch_count);
}

/* The renders whose time counts. */
static enum render_end render_timed(struct render *render, void *state, uint64_t min_ns) {
    struct render_result *result = &render->result;
    enum render_end end;
    do {
        end = render_once(render, state, &result->render_ns, &result->render_cpu_ns);
        result->renders++;
    } while (end == RENDER_DONE && result->render_ns < min_ns);
    return end;
}

/* Those that tell what the time is spent on. */
static enum render_end render_recorded(struct render *render, void *state) {
    enum render_end end;
    uint64_t spent_ns = 0, cpu_ns = 0;
    monitor_record(&render->monitor, RECORD_SUMS);
    do
        end = render_once(render, state, &spent_ns, &cpu_ns);
    while (end == RENDER_DONE && spent_ns < render->record_ns);
    return end;
}

/* And one with events, which cost a little more, so that it does not count. */
static enum render_end render_traced(struct render *render, void *state) {
    const struct monitor_accounts accounts = render->result.accounts;
    uint64_t spent_ns = 0, cpu_ns = 0;
    monitor_record(&render->monitor, RECORD_EVENTS);
    enum render_end end = render_once(render, state, &spent_ns, &cpu_ns);
    render->result.accounts = accounts;
    return end;
}

enum render_end render_run(struct render *render, uint64_t min_ns) {
    const struct backend *backend = render->backend;
    struct render_result *result = &render->result;
    void *state =
        (void *)(uintptr_t)render->job; /* a backend without open gets the job, and reads it */
    render->monitor.warm = min_ns ? &render->counts : NULL;
    bool traced = render->monitor.timeline.pages != NULL;
    if (render->recording == RENDER_RECORDED)
        monitor_record(&render->monitor, traced ? RECORD_EVENTS : RECORD_SUMS);
    uint64_t start = clock_now_ns();
    int err = backend->open ? backend->open(render->job, &render->monitor, &state) : 0;
    result->open_ns = clock_now_ns() - start;
    if (err)
        return ended_by(render, "start its workers", err);

    call_witness(render, RENDER_BEGINS);
    enum render_end end = render_timed(render, state, min_ns);
    call_witness(render, RENDER_ENDS);
    if (end == RENDER_DONE && render->recording == RENDER_RECORDED_AFTER)
        end = render_recorded(render, state);
    if (end == RENDER_DONE && render->recording == RENDER_RECORDED_AFTER && traced)
        end = render_traced(render, state);
    monitor_record(&render->monitor, RECORD_NOTHING);

    start = clock_now_ns();
    err = backend->close ? backend->close(state) : 0;
    result->close_ns = clock_now_ns() - start;
    if (end == RENDER_DONE && err)
        end = ended_by(render, "end its workers", err);
    result->workers_started = render->monitor.workers_started;
    result->workers_lost = render->monitor.workers_lost;
    result->batches_reissued = (uint32_t)size_min(render->monitor.batches_reissued, UINT32_MAX);
    if (end == RENDER_DONE)
        counts_digest(&render->counts, result->sha256);
    return end;
}
