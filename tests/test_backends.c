/* Proves, for every backend in the list and for the skeleton, that it renders exactly what serial
 * and scalar render, whatever the workers, batches and kernels; that it enters every batch in the
 * monitor; that a request to stop ends a render soon; and that it leaves nothing. What deaths of
 * workers do is test_deaths.c's. */
#include "tests/stage.h"

#include <sys/resource.h>
#include <sys/timerfd.h>

/* Hardly any escapes: scalar needs some 20 s for all of it, and some 20 ms for a batch. */
static struct workload long_workload(void) {
    return (struct workload){
        .center_re = -0.2, .extent = 0.1, .width = 300, .height = 300, .max_iter = 200000};
}

/* What the monitor says about a render that went well. */
static void expect_full_ledger(const struct stage *stage) {
    const struct monitor *monitor = &stage->monitor;
    uint64_t batches = job_batches(&stage->job), entered = 0;
    unsigned seen = monitor_workers_seen(monitor), started = monitor->workers_started;
    EXPECT(stage, monitor_batches_done(monitor), batches);
    EXPECT(stage, monitor_iterations(monitor), counts_sum(&stage->counts).iterations);
    for (unsigned i = 0; i < monitor->worker_count; i++)
        entered += monitor->workers[i].batches;
    EXPECT(stage, entered, batches);
    EXPECT(stage, monitor->workers_lost, 0);
    if (stage->backend->flags & BACKEND_ONE_WORKER)
        EXPECT(stage, started, 1);
    else if (stage->backend->flags & BACKEND_PROCESSES)
        EXPECT(stage, started, stage->job.workers);
    EXPECT_THAT(stage, started >= 1 && started <= stage->job.workers);
    EXPECT_THAT(stage, seen >= 1 && seen <= started && seen <= batches);
}

/* Renders once, and the frame must be the expected one. */
static void expect_frame(struct stage *stage, const char *expected) {
    char digest[COUNTS_DIGEST_SIZE];
    EXPECT(stage, stage_render(stage), 0);
    EXPECT(stage, counts_sum(&stage->counts).unwritten, 0);
    expect_full_ledger(stage);
    counts_digest(&stage->counts, digest);
    if (strcmp(digest, expected) != 0) {
        fprintf(stderr, "digest %s, expected %s\n", digest, expected);
        EXPECT(stage, strcmp(digest, expected), 0);
    }
}

static void expect_whole_run(const struct backend *backend, const struct job *job,
                             const char *expected) {
    struct stage stage;
    stage_set(&stage, backend, job);
    EXPECT(&stage, stage_open(&stage), 0);
    expect_frame(&stage, expected);
    EXPECT(&stage, stage_close(&stage), 0);
    expect_no_children(&stage);
    stage_clear(&stage);
}

static void reference(struct workload workload, char digest[COUNTS_DIGEST_SIZE]) {
    struct stage stage;
    struct job job = job_of(workload, scalar(), 1, UINT64_MAX);
    stage_reference(&stage, &job);
    counts_digest(&stage.counts, digest);
    stage_clear(&stage);
}

static bool is_usable(const struct kernel *kernel) {
    return kernel->exact && !kernel_unavailable(kernel) && strcmp(kernel->name, "null") != 0;
}

/* ---- right frames ---- */

static void every_crew_batch_and_kernel(const struct backend *backend) {
    static const unsigned workers[] = {1, 2, 3, 7};
    static const uint64_t batches[] = {1, 7, 1000, UINT64_MAX};
    char expected[COUNTS_DIGEST_SIZE];
    struct workload workload = small_workload(60, 41);
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    reference(workload, expected);
    for (unsigned k = 0; k < kernels; k++)
        for (size_t w = 0; is_usable(list[k]) && w < sizeof workers / sizeof *workers; w++)
            for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
                workload.shortcuts = (w + b) % 2;
                struct job job = job_of(workload, list[k], workers[w], batches[b]);
                expect_whole_run(backend, &job, expected);
            }
}

static void more_workers_than_batches(const struct backend *backend) {
    char expected[COUNTS_DIGEST_SIZE];
    struct workload workload = small_workload(60, 41);
    reference(workload, expected);
    struct job job = job_of(workload, kernel_fastest(), 40, 1000);
    expect_whole_run(backend, &job, expected);
    job.batch = workload_pixels(&workload);
    expect_whole_run(backend, &job, expected);
}

static void narrow_frames(const struct backend *backend) {
    static const uint32_t sides[][2] = {{1, 1}, {1, 97}, {97, 1}, {2, 1}, {1, 2}, {3, 3}};
    static const uint64_t batches[] = {1, 2, 7, 96, UINT64_MAX};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        char expected[COUNTS_DIGEST_SIZE];
        struct workload workload = small_workload(sides[i][0], sides[i][1]);
        reference(workload, expected);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
            for (unsigned workers = 1; workers <= 5; workers += 2) {
                struct job job = job_of(workload, kernel_fastest(), workers, batches[b]);
                expect_whole_run(backend, &job, expected);
            }
    }
}

static void several_renders_in_one_open(const struct backend *backend) {
    static const uint64_t batches[] = {1, 13, 1000, UINT64_MAX};
    char expected[COUNTS_DIGEST_SIZE];
    struct workload workload = small_workload(60, 41);
    reference(workload, expected);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        struct stage stage;
        struct job job = job_of(workload, kernel_fastest(), 3, batches[b]);
        stage_set(&stage, backend, &job);
        EXPECT(&stage, stage_open(&stage), 0);
        for (unsigned i = 0; i < (SANITIZED ? 5u : 30u); i++)
            expect_frame(&stage, expected);
        EXPECT(&stage, stage_close(&stage), 0);
        expect_no_children(&stage);
        stage_clear(&stage);
    }
}

struct golden {
    double re, im, extent;
    uint32_t width, height, max_iter;
    const char *sha256;
};

#define GOLDEN(re, im, extent, width, height, max_iter, sha256)                                    \
    {re, im, extent, width, height, max_iter, sha256},
static const struct golden goldens[] = {
#include "tests/golden.def"
};

static void golden_frames(const struct backend *backend) {
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const struct golden *golden = &goldens[i];
        struct workload workload = {
            .center_re = golden->re,
            .center_im = golden->im,
            .extent = golden->extent,
            .width = golden->width,
            .height = golden->height,
            .max_iter = golden->max_iter,
            .shortcuts = i % 2,
        };
        uint64_t batch = batch_default(workload_pixels(&workload));
        struct job job = job_of(workload, kernel_fastest(), 3, batch);
        expect_whole_run(backend, &job, golden->sha256);
    }
}

static void null_kernel_gives_zeros(const struct backend *backend) {
    struct stage stage;
    struct job job = job_of(small_workload(60, 41), kernel_find("null"), 3, 7);
    stage_set(&stage, backend, &job);
    EXPECT(&stage, stage_open(&stage), 0);
    EXPECT(&stage, stage_render(&stage), 0);
    expect_full_ledger(&stage);
    for (uint64_t i = 0; i < stage.counts.pixels; i++)
        EXPECT(&stage, stage.counts.at[i], 0);
    EXPECT(&stage, stage_close(&stage), 0);
    expect_no_children(&stage);
    stage_clear(&stage);
}

static void every_schedule(const struct backend *backend) {
    static const uint32_t chunks[] = {0, 1, 5, 100000};
    char expected[COUNTS_DIGEST_SIZE];
    struct workload workload = small_workload(60, 41);
    reference(workload, expected);
    for (int kind = SCHEDULE_STATIC; kind <= SCHEDULE_AUTO; kind++)
        for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
            for (unsigned workers = 1; workers <= 4; workers++) {
                struct job job = job_of(workload, kernel_fastest(), workers, 7);
                job.schedule = (struct schedule){(enum schedule_kind)kind, chunks[i]};
                expect_whole_run(backend, &job, expected);
            }
}

/* ---- nothing is left ---- */

static unsigned open_descriptors(void) {
    unsigned open = 0;
    for (int fd = 0; fd < 256; fd++) {
        struct pollfd look = {.fd = fd};
        open += poll(&look, 1, 0) == 0 || !(look.revents & POLLNVAL);
    }
    return open;
}

/* Anonymous shared pages appear under this name. */
static unsigned shared_mappings(void) {
    char line[512];
    unsigned count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        count += strstr(line, "/dev/zero") != NULL;
    if (maps)
        fclose(maps);
    return count;
}

static void close_leaves_nothing(const struct backend *backend) {
    struct stage stage;
    struct job job = job_of(small_workload(60, 41), kernel_fastest(), 3, 7);
    stage_set(&stage, backend, &job);
    unsigned descriptors = open_descriptors(), mappings = shared_mappings();
    for (unsigned renders = 0; renders < 4; renders++) {
        EXPECT(&stage, stage_open(&stage), 0); /* 0 renders: opened for nothing */
        for (unsigned i = 0; i < renders; i++)
            EXPECT(&stage, stage_render(&stage), 0);
        EXPECT(&stage, stage_close(&stage), 0);
        expect_no_children(&stage);
        EXPECT(&stage, open_descriptors(), descriptors);
        EXPECT(&stage, shared_mappings(), mappings);
    }
    stage_clear(&stage);
}

/* With ever more descriptors allowed, open fails ever later, until it does not fail any more. */
static void an_open_that_fails_leaves_nothing(const struct backend *backend) {
    struct stage stage;
    struct job job = job_of(small_workload(60, 41), kernel_fastest(), 5, 100);
    struct rlimit before, tight;
    int err = -1;
    stage_set(&stage, backend, &job);
    unsigned descriptors = open_descriptors(), mappings = shared_mappings();
    EXPECT(&stage, getrlimit(RLIMIT_NOFILE, &before), 0);
    for (rlim_t allowed = 3; err && allowed < 200; allowed++) {
        tight = (struct rlimit){.rlim_cur = allowed, .rlim_max = before.rlim_max};
        EXPECT(&stage, setrlimit(RLIMIT_NOFILE, &tight), 0);
        err = stage_open(&stage);
        EXPECT(&stage, setrlimit(RLIMIT_NOFILE, &before), 0);
        if (err) {
            EXPECT(&stage, err, -EMFILE);
            expect_no_children(&stage);
            EXPECT(&stage, open_descriptors(), descriptors);
            EXPECT(&stage, shared_mappings(), mappings);
        }
    }
    EXPECT(&stage, err, 0);
    EXPECT(&stage, stage_render(&stage), 0);
    EXPECT(&stage, stage_close(&stage), 0);
    stage_clear(&stage);
}

/* ---- a request to stop ---- */

static uint64_t stop_at_ns;

static int signal_after_that(void) {
    return clock_now_ns() >= stop_at_ns ? SIGINT : 0;
}

/* Both of the monitor's ways to ask: a descriptor that becomes readable, and a signal. */
static void stop_after(struct stage *stage, uint64_t ns) {
    stop_at_ns = clock_after_ns(ns);
    struct itimerspec when = {.it_value = clock_timespec(stop_at_ns)};
    stage->monitor.stop_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    stage->monitor.stop_signal = signal_after_that;
    EXPECT_THAT(stage, stage->monitor.stop_fd >= 0);
    EXPECT(stage, timerfd_settime(stage->monitor.stop_fd, TFD_TIMER_ABSTIME, &when, NULL), 0);
}

static void expect_close_soon(struct stage *stage) {
    uint64_t start = clock_now_ns();
    int err = stage_close(stage);
    EXPECT_THAT(stage, clock_now_ns() - start < SOON_NS);
    EXPECT_THAT(stage, err == 0 || err == -EOWNERDEAD);
    expect_no_children(stage);
}

/* How long a render may go on after it was asked to stop: a signal's grace is one second. */
#define STOPPED_NS ((SANITIZED ? 3000 : 1000) * MS)

static void a_stop_ends_a_long_render(const struct backend *backend) {
    struct stage stage;
    struct job job = job_of(long_workload(), scalar(), 3, 100);
    stage_set(&stage, backend, &job);
    stop_after(&stage, 150 * MS);
    EXPECT(&stage, stage_open(&stage), 0);
    EXPECT(&stage, stage_render(&stage), -ECANCELED);
    EXPECT_THAT(&stage, clock_now_ns() >= stop_at_ns);
    EXPECT_THAT(&stage, clock_now_ns() - stop_at_ns < STOPPED_NS);
    EXPECT(&stage, stage.monitor.workers_lost, 0);
    expect_close_soon(&stage);
    close(stage.monitor.stop_fd);
    stage_clear(&stage);
}

static void a_stop_ends_a_flood_of_batches(const struct backend *backend) {
    struct stage stage;
    struct job job = flood(SANITIZED ? 1000 : 2000, 1000, 2);
    stage_set(&stage, backend, &job);
    EXPECT(&stage, stage_open(&stage), 0);
    stage_close(&stage); /* a rehearsal, so that the next one is quick */
    stop_after(&stage, 100 * MS);
    EXPECT(&stage, stage_open(&stage), 0);
    int err = stage_render(&stage);
    if (clock_now_ns() >= stop_at_ns) {
        EXPECT_THAT(&stage, clock_now_ns() - stop_at_ns < 2 * STOPPED_NS);
        EXPECT_THAT(&stage, err == -ECANCELED || err == 0);
    }
    expect_close_soon(&stage);
    close(stage.monitor.stop_fd);
    stage_clear(&stage);
}

static const struct aspect aspects[] = {
    ASPECT(every_crew_batch_and_kernel, 0),
    ASPECT(more_workers_than_batches, 0),
    ASPECT(narrow_frames, 0),
    ASPECT(several_renders_in_one_open, 0),
    ASPECT(golden_frames, 0),
    ASPECT(null_kernel_gives_zeros, 0),
    ASPECT(every_schedule, BACKEND_SCHEDULE),
    ASPECT(close_leaves_nothing, 0),
    ASPECT(an_open_that_fails_leaves_nothing, BACKEND_PROCESSES),
    ASPECT(a_stop_ends_a_long_render, 0),
    ASPECT(a_stop_ends_a_flood_of_batches, 0),
};

int main(void) {
    return run_aspects("backends", aspects, sizeof aspects / sizeof *aspects);
}
