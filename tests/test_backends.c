/* Proves, for every backend in the list and for the skeleton, that it renders exactly what serial
 * and scalar render, whatever the workers, batches and kernels; that it enters every batch in the
 * monitor; that a request to stop and the death of any worker end a render soon; and that it leaves
 * nothing.
 *
 * Each case runs in a child process with a time limit, so that a hang is a failure, and that no
 * process is ever started after another backend's threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/backend.h"
#include "base/clock.h"
#include "core/counts.h"
#include "kernels/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define LIMIT_S 60u
#define MS      UINT64_C(1000000)
#define SOON_NS (2000 * MS)

extern const struct backend backend_skeleton;

/* ---- a backend on a stage: everything that a harness has ---- */

struct stage {
    const struct backend *backend;
    struct job job;
    struct counts counts;
    struct monitor monitor;
    void *state;
};

/* Says what is wrong, and with which job, and ends the child. */
static _Noreturn void complain(const struct stage *stage, int line, const char *what, uint64_t is,
                               uint64_t expected) {
    const struct job *job = &stage->job;
    fprintf(stderr,
            "test_backends.c:%d: %s is %" PRIu64 " (%" PRId64 ") and not %" PRIu64 " (%" PRId64
            "): %s, %u workers, batches of %" PRIu64 ", kernel %s, %ux%u pixels, shortcuts %s\n",
            line, what, is, (int64_t)is, expected, (int64_t)expected, stage->backend->name,
            job->workers, job->batch, job->kernel->name, job->workload.width, job->workload.height,
            job->workload.shortcuts ? "on" : "off");
    _exit(1);
}

#define EXPECT(stage, is, expected)                                                                \
    do {                                                                                           \
        uint64_t is_ = (uint64_t)(is), expected_ = (uint64_t)(expected);                           \
        if (is_ != expected_)                                                                      \
            complain(stage, __LINE__, #is, is_, expected_);                                        \
    } while (0)

#define EXPECT_THAT(stage, condition) EXPECT(stage, !!(condition), true)

/* A wild part of the set's border. */
static struct workload small_workload(uint32_t width, uint32_t height) {
    return (struct workload){
        .center_re = -0.7436,
        .center_im = 0.1318,
        .extent = 0.02,
        .width = width,
        .height = height,
        .max_iter = 300,
    };
}

/* Hardly any escapes: scalar needs some 20 s for all of it, and some 20 ms for a batch. */
static struct workload long_workload(void) {
    return (struct workload){
        .center_re = -0.2, .extent = 0.1, .width = 300, .height = 300, .max_iter = 200000};
}

/* Batches of more than the frame mean the frame, as in the options. */
static struct job job_of(struct workload workload, const struct kernel *kernel, unsigned workers,
                         uint64_t batch) {
    uint64_t pixels = workload_pixels(&workload);
    return (struct job){
        .workload = workload,
        .kernel = kernel,
        .workers = workers,
        .batch = batch < pixels ? batch : pixels,
        .schedule = {.kind = SCHEDULE_DYNAMIC},
    };
}

static const struct kernel *scalar(void) {
    return kernel_find("scalar");
}

static void stage_set(struct stage *stage, const struct backend *backend, const struct job *job) {
    *stage = (struct stage){.backend = backend, .job = *job};
    EXPECT(stage, counts_open(&stage->counts, job->workload.width, job->workload.height), 0);
    EXPECT(stage, monitor_open(&stage->monitor, job->workers, job_batches(job)), 0);
}

static int stage_open(struct stage *stage) {
    stage->state = &stage->job;
    return stage->backend->open ? stage->backend->open(&stage->job, &stage->monitor, &stage->state)
                                : 0;
}

static int stage_render(struct stage *stage) {
    counts_clear(&stage->counts);
    monitor_clear(&stage->monitor);
    return stage->backend->render(stage->state, &stage->monitor, &stage->counts);
}

static int stage_close(struct stage *stage) {
    return stage->backend->close ? stage->backend->close(stage->state) : 0;
}

static void stage_clear(struct stage *stage) {
    counts_close(&stage->counts);
    monitor_close(&stage->monitor);
}

static void expect_no_children(const struct stage *stage) {
    errno = 0;
    EXPECT(stage, waitpid(-1, NULL, WNOHANG), -1);
    EXPECT(stage, errno, ECHILD);
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

/* The reference: serial with scalar, without shortcuts. */
static void reference(struct workload workload, char digest[COUNTS_DIGEST_SIZE]) {
    struct stage stage;
    workload.shortcuts = false;
    struct job job = job_of(workload, scalar(), 1, UINT64_MAX);
    stage_set(&stage, backend_find("serial"), &job);
    EXPECT(&stage, stage_open(&stage), 0);
    EXPECT(&stage, stage_render(&stage), 0);
    EXPECT(&stage, stage_close(&stage), 0);
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

/* Millions of batches that are no work at all: whoever collects them never finds a moment's peace,
 * and must hear of the stop all the same. */
static struct job flood(void) {
    struct workload workload = small_workload(SANITIZED ? 1000 : 2000, 1000);
    return job_of(workload, kernel_find("null"), 2, 1);
}

static void a_stop_ends_a_flood_of_batches(const struct backend *backend) {
    struct stage stage;
    struct job job = flood();
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

/* ---- killed workers ---- */

/* /proc/PID/stat: id (name) state parent …, and the name may hold anything. */
static pid_t parent_of(const char *pid) {
    char path[300], text[512] = "";
    long parent = -1;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')');
    if (!name_end || sscanf(name_end, ") %*c %ld", &parent) != 1)
        return -1;
    return (pid_t)parent;
}

/* This process's children, except one. */
static unsigned find_children(pid_t except, pid_t *found, unsigned most) {
    unsigned count = 0;
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    while (processes && (entry = readdir(processes))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid != except && count < most && parent_of(entry->d_name) == getpid())
            found[count++] = pid;
    }
    if (processes)
        closedir(processes);
    return count;
}

/* A child of its own that kills one process at a given time. Born before the backend opens, so that
 * it inherits nothing of it. */
struct hunter {
    pid_t pid;                       /* its parent's */
    _Atomic int victim;              /* 0: not told yet; -1: none, go home */
    _Atomic uint64_t at_ns, fell_ns; /* when to kill, and when it was done */
};

static _Noreturn void hunt(struct hunter *hunter) {
    int victim;
    while ((victim = atomic_load(&hunter->victim)) == 0 && getppid() != 1)
        poll(NULL, 0, 1);
    while (victim > 0 && clock_now_ns() < atomic_load(&hunter->at_ns))
        poll(NULL, 0, 0);
    atomic_store(&hunter->fell_ns, clock_now_ns());
    if (victim > 0)
        kill(victim, SIGKILL);
    _exit(0);
}

static struct hunter *hunter_start(const struct stage *stage) {
    struct hunter *hunter =
        mmap(NULL, sizeof *hunter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_THAT(stage, hunter != MAP_FAILED);
    pid_t pid = fork();
    EXPECT_THAT(stage, pid >= 0);
    if (pid == 0)
        hunt(hunter);
    hunter->pid = pid;
    return hunter;
}

static void hunter_tell(struct hunter *hunter, int victim, uint64_t after_ns) {
    atomic_store(&hunter->at_ns, clock_after_ns(after_ns));
    atomic_store(&hunter->victim, victim);
}

/* When the victim fell. */
static uint64_t hunter_join(struct hunter *hunter) {
    waitpid(hunter->pid, NULL, 0);
    uint64_t fell_ns = hunter->fell_ns;
    munmap(hunter, sizeof *hunter);
    return fell_ns;
}

#define VICTIMS_MAX 64

/* A stage with an open backend, the ids of its workers, and one who kills. */
struct scene {
    struct stage stage;
    struct hunter *hunter;
    pid_t workers[VICTIMS_MAX];
    unsigned count;
};

static void scene_open(struct scene *scene, const struct backend *backend, const struct job *job) {
    stage_set(&scene->stage, backend, job);
    scene->hunter = hunter_start(&scene->stage);
    EXPECT(&scene->stage, stage_open(&scene->stage), 0);
    scene->count = find_children(scene->hunter->pid, scene->workers, VICTIMS_MAX);
    EXPECT_THAT(&scene->stage, scene->count >= job->workers);
}

static void scene_close(struct scene *scene) {
    expect_close_soon(&scene->stage);
    stage_clear(&scene->stage);
}

static void kill_now(const struct stage *stage, pid_t pid) {
    siginfo_t info;
    EXPECT(stage, kill(pid, SIGKILL), 0);
    EXPECT(stage, waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* The monitor was told who died, and how. */
static void expect_loss(const struct stage *stage, pid_t pid) {
    const struct monitor *monitor = &stage->monitor;
    const struct monitor_loss *loss = &monitor->loss;
    EXPECT(stage, monitor->workers_lost, 1);
    EXPECT(stage, loss->pid, pid);
    EXPECT(stage, loss->exitcode, -SIGKILL);
    EXPECT_THAT(stage, loss->name[0] != '\0');
    EXPECT_THAT(stage, loss->batch >= -1 && loss->batch < (int64_t)job_batches(&stage->job));
    EXPECT_THAT(stage, loss->phase >= -1 && loss->phase <= PHASE_SEND);
    EXPECT_THAT(stage, loss->worker < stage->job.workers || loss->phase == -1);
}

/* A render after, or during, the victim's fall: it soon says that a worker died. Or the others did
 * all of the work before anybody had to wait and look; then the frame is complete, and close says
 * it.
 */
static void expect_notice(struct scene *scene, int err, uint64_t took_ns, pid_t victim) {
    if (err == 0) {
        EXPECT(&scene->stage, counts_sum(&scene->stage.counts).unwritten, 0);
        expect_full_ledger(&scene->stage);
        EXPECT(&scene->stage, stage_close(&scene->stage), -EOWNERDEAD);
    } else {
        EXPECT(&scene->stage, err, -EOWNERDEAD);
        EXPECT_THAT(&scene->stage, took_ns < SOON_NS);
    }
    expect_loss(&scene->stage, victim);
    if (err)
        expect_close_soon(&scene->stage);
    expect_no_children(&scene->stage);
    stage_clear(&scene->stage);
}

/* Every child of the backend in turn is the victim. */
static void a_worker_killed_before_a_render_ends_it(const struct backend *backend) {
    struct job job = job_of(small_workload(60, 41), kernel_fastest(), 3, 50);
    for (unsigned renders = 0; renders < 3; renders++)
        for (unsigned i = 0, count = 1; i < count; i++) {
            struct scene scene;
            scene_open(&scene, backend, &job);
            hunter_tell(scene.hunter, -1, 0);
            hunter_join(scene.hunter);
            count = scene.count;
            for (unsigned done = 0; done < renders; done++)
                EXPECT(&scene.stage, stage_render(&scene.stage), 0);
            kill_now(&scene.stage, scene.workers[i]);
            uint64_t start = clock_now_ns();
            int err = stage_render(&scene.stage);
            expect_notice(&scene, err, clock_now_ns() - start, scene.workers[i]);
        }
}

static void a_worker_killed_in_a_long_render_ends_it(const struct backend *backend) {
    struct job job = job_of(long_workload(), scalar(), 3, 100);
    for (unsigned i = 0, count = 1; i < count; i++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        count = scene.count;
        hunter_tell(scene.hunter, scene.workers[i], 100 * MS);
        EXPECT(&scene.stage, stage_render(&scene.stage), -EOWNERDEAD);
        uint64_t now = clock_now_ns();
        EXPECT_THAT(&scene.stage, now - hunter_join(scene.hunter) < SOON_NS);
        expect_loss(&scene.stage, scene.workers[i]);
        scene_close(&scene);
    }
}

static void a_worker_killed_in_a_flood_ends_it(const struct backend *backend) {
    struct job job = flood();
    for (unsigned i = 0, count = 1; i < count; i++) {
        struct scene scene;
        scene_open(&scene, backend, &job);
        count = scene.count;
        hunter_tell(scene.hunter, scene.workers[i], 50 * MS);
        int err = stage_render(&scene.stage);
        uint64_t now = clock_now_ns(), fell = hunter_join(scene.hunter);
        expect_notice(&scene, err, now - fell, scene.workers[i]);
    }
}

static void a_worker_killed_after_the_last_render_shows_at_close(const struct backend *backend) {
    struct job job = job_of(small_workload(60, 41), kernel_fastest(), 3, 50);
    for (unsigned renders = 0; renders < 2; renders++)
        for (unsigned i = 0, count = 1; i < count; i++) {
            struct scene scene;
            scene_open(&scene, backend, &job);
            hunter_tell(scene.hunter, -1, 0);
            hunter_join(scene.hunter);
            count = scene.count;
            for (unsigned done = 0; done < renders; done++)
                EXPECT(&scene.stage, stage_render(&scene.stage), 0);
            kill_now(&scene.stage, scene.workers[i]);
            uint64_t start = clock_now_ns();
            EXPECT(&scene.stage, stage_close(&scene.stage), -EOWNERDEAD);
            EXPECT_THAT(&scene.stage, clock_now_ns() - start < SOON_NS);
            expect_loss(&scene.stage, scene.workers[i]);
            expect_no_children(&scene.stage);
            stage_clear(&scene.stage);
        }
}

/* Kills at random moments of short renders: each render is right or says that a worker died. */
static void a_storm_of_kills_gives_right_frames_or_none(const struct backend *backend) {
    char expected[COUNTS_DIGEST_SIZE];
    struct workload workload = small_workload(60, 41);
    uint32_t seed = 2463534242u;
    reference(workload, expected);
    for (unsigned i = 0; i < (SANITIZED ? 30u : 150u); i++) {
        seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
        struct job job = job_of(workload, kernel_fastest(), 1 + seed % 4, i % 2 ? 5 : 200);
        char digest[COUNTS_DIGEST_SIZE];
        struct scene scene;
        int err = 0;
        scene_open(&scene, backend, &job);
        hunter_tell(scene.hunter, scene.workers[seed / 64 % scene.count], seed % 4000 * 1000);
        for (unsigned renders = 0; !err && renders < 3; renders++) {
            err = stage_render(&scene.stage);
            counts_digest(&scene.stage.counts, digest);
            EXPECT_THAT(&scene.stage, err == -EOWNERDEAD || strcmp(digest, expected) == 0);
        }
        EXPECT_THAT(&scene.stage, err == 0 || err == -EOWNERDEAD);
        EXPECT(&scene.stage, scene.stage.monitor.workers_lost, err != 0);
        hunter_join(scene.hunter); /* so it was killed before close at the latest */
        scene_close(&scene);
    }
}

/* ---- the list of all cases ---- */

struct aspect {
    const char *name;
    void (*check)(const struct backend *backend);
    uint32_t flags; /* only for backends that have them */
};

#define ASPECT(name, flags)                                                                        \
    { #name, name, flags }

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
    ASPECT(a_worker_killed_before_a_render_ends_it, BACKEND_PROCESSES),
    ASPECT(a_worker_killed_in_a_long_render_ends_it, BACKEND_PROCESSES),
    ASPECT(a_worker_killed_in_a_flood_ends_it, BACKEND_PROCESSES),
    ASPECT(a_worker_killed_after_the_last_render_shows_at_close, BACKEND_PROCESSES),
    ASPECT(a_storm_of_kills_gives_right_frames_or_none, BACKEND_PROCESSES),
};

struct one_case {
    const struct backend *backend;
    const struct aspect *aspect;
    char name[128];
};

static _Noreturn void be_the_child(const struct one_case *this) {
    alarm(LIMIT_S);
    this->aspect->check(this->backend);
    exit(0); /* with the leak sanitizer's last words */
}

static void run_case(void **state) {
    const struct one_case *this = *state;
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_the_child(this);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        fail_msg("%s: hangs", this->name);
    if (status != 0)
        fail_msg("%s: status %#x", this->name, (unsigned)status);
}

#define CASES_MAX 1000

int main(void) {
    static struct one_case cases[CASES_MAX];
    static struct CMUnitTest tests[CASES_MAX];
    unsigned backends;
    size_t count = 0;
    const struct backend *const *list = backend_list(&backends);
    for (unsigned b = 0; b <= backends; b++)
        for (size_t a = 0; a < sizeof aspects / sizeof *aspects; a++) {
            const struct backend *backend = b < backends ? list[b] : &backend_skeleton;
            if (backend_unavailable(backend) || count == CASES_MAX ||
                (backend->flags & aspects[a].flags) != aspects[a].flags)
                continue;
            struct one_case *this = &cases[count];
            *this = (struct one_case){.backend = backend, .aspect = &aspects[a]};
            snprintf(this->name, sizeof this->name, "%s %s", backend->name, aspects[a].name);
            tests[count++] = (struct CMUnitTest){this->name, run_case, NULL, NULL, this};
        }
    return _cmocka_run_group_tests("backends", tests, count, NULL, NULL);
}
