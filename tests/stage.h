/* What the tests of backends share: a backend on a stage, with all that a harness has, jobs for it,
 * and cases. Each case runs in a child process with a time limit, so that a hang is a failure that
 * says who waits where, and that no process is ever started after another backend's threads. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backends/backend.h"
#include "base/clock.h"
#include "core/counts.h"
#include "kernels/kernel.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_THREAD__ || defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#ifndef LIMIT_S
#define LIMIT_S 60u /* of a case; a file may say otherwise before it includes this one */
#endif
#define MS      UINT64_C(1000000)
#define SOON_NS (2000 * MS)

extern const struct backend backend_skeleton;

/* ---- a backend on a stage ---- */

struct stage {
    const struct backend *backend;
    struct job job;
    struct counts counts;
    struct monitor monitor;
    void *state;
};

/* Says what is wrong, and with which job, and ends the child. */
static inline _Noreturn void complain(const struct stage *stage, const char *file, int line,
                                      const char *what, uint64_t is, uint64_t expected) {
    const struct job *job = &stage->job;
    fprintf(stderr,
            "%s:%d: %s is %" PRIu64 " (%" PRId64 ") and not %" PRIu64 " (%" PRId64
            "): %s, %u workers, batches of %" PRIu64 ", kernel %s, %ux%u pixels, shortcuts %s\n",
            file, line, what, is, (int64_t)is, expected, (int64_t)expected, stage->backend->name,
            job->workers, job->batch, job->kernel->name, job->workload.width, job->workload.height,
            job->workload.shortcuts ? "on" : "off");
    _exit(1);
}

#define EXPECT(stage, is, expected)                                                                \
    do {                                                                                           \
        uint64_t is_ = (uint64_t)(is), expected_ = (uint64_t)(expected);                           \
        if (is_ != expected_)                                                                      \
            complain(stage, __FILE__, __LINE__, #is, is_, expected_);                              \
    } while (0)

#define EXPECT_THAT(stage, condition) EXPECT(stage, !!(condition), true)

/* A wild part of the set's border. */
static inline struct workload small_workload(uint32_t width, uint32_t height) {
    return (struct workload){
        .center_re = -0.7436,
        .center_im = 0.1318,
        .extent = 0.02,
        .width = width,
        .height = height,
        .max_iter = 300,
    };
}

/* Batches of more than the frame mean the frame, as in the options. */
static inline struct job job_of(struct workload workload, const struct kernel *kernel,
                                unsigned workers, uint64_t batch) {
    uint64_t pixels = workload_pixels(&workload);
    return (struct job){
        .workload = workload,
        .kernel = kernel,
        .workers = workers,
        .batch = batch < pixels ? batch : pixels,
        .schedule = {.kind = SCHEDULE_DYNAMIC},
    };
}

static inline const struct kernel *scalar(void) {
    return kernel_find("scalar");
}

/* Batches that are no work at all: whoever collects them never finds a moment's peace. */
static inline struct job flood(uint32_t width, uint32_t height, unsigned workers) {
    return job_of(small_workload(width, height), kernel_find("null"), workers, 1);
}

static inline void stage_set(struct stage *stage, const struct backend *backend,
                             const struct job *job) {
    *stage = (struct stage){.backend = backend, .job = *job};
    EXPECT(stage, counts_open(&stage->counts, job->workload.width, job->workload.height), 0);
    EXPECT(stage, monitor_open(&stage->monitor, job->workers, job_batches(job)), 0);
}

static inline int stage_open(struct stage *stage) {
    stage->state = &stage->job;
    return stage->backend->open ? stage->backend->open(&stage->job, &stage->monitor, &stage->state)
                                : 0;
}

static inline int stage_render(struct stage *stage) {
    counts_clear(&stage->counts);
    monitor_clear(&stage->monitor);
    return stage->backend->render(stage->state, &stage->monitor, &stage->counts);
}

static inline int stage_close(struct stage *stage) {
    return stage->backend->close ? stage->backend->close(stage->state) : 0;
}

static inline void stage_clear(struct stage *stage) {
    counts_close(&stage->counts);
    monitor_close(&stage->monitor);
}

static inline void expect_no_children(const struct stage *stage) {
    errno = 0;
    EXPECT(stage, waitpid(-1, NULL, WNOHANG), -1);
    EXPECT(stage, errno, ECHILD);
}

/* The reference, which the caller clears: the same job by serial, with scalar but for null, and
 * without shortcuts. */
static inline void stage_reference(struct stage *stage, const struct job *job) {
    const struct kernel *null = kernel_find("null");
    struct workload workload = job->workload;
    workload.shortcuts = false;
    struct job serial = job_of(workload, job->kernel == null ? null : scalar(), 1, UINT64_MAX);
    stage_set(stage, backend_find("serial"), &serial);
    EXPECT(stage, stage_open(stage), 0);
    EXPECT(stage, stage_render(stage), 0);
    EXPECT(stage, stage_close(stage), 0);
}

/* ---- children ---- */

/* The children of a process, oldest first. */
static inline unsigned children_of(pid_t parent, pid_t *found, unsigned most) {
    char path[64];
    long pid;
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    FILE *file = fopen(path, "re");
    while (file && count < most && fscanf(file, "%ld", &pid) == 1)
        found[count++] = (pid_t)pid;
    if (file)
        fclose(file);
    return count;
}

static inline int open_process(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int signal_process(int pidfd, int signal_number) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0);
}

#define CHILDREN_MAX 64

static inline void say_file(pid_t pid, const char *name) {
    char path[64], text[400];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    fprintf(stderr, "# %s: %s\n", path, text);
}

/* Where a process and its children are stuck. */
static inline void say_where(pid_t parent) {
    static const char *const files[] = {"stat", "wchan", "syscall", "stack"};
    pid_t pids[CHILDREN_MAX + 1] = {parent};
    unsigned count = 1 + children_of(parent, pids + 1, CHILDREN_MAX);
    for (unsigned i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof files / sizeof *files; j++)
            say_file(pids[i], files[j]);
}

/* Waits for the end of an own child that was just started; false: it hung, and has been killed. Its
 * own children die with it. */
static inline bool await_child(pid_t child, unsigned limit_s, int *status) {
    struct pollfd ended = {.fd = open_process(child), .events = POLLIN};
    bool in_time = poll(&ended, 1, (int)limit_s * 1000) != 0;
    if (!in_time) {
        say_where(child);
        kill(child, SIGKILL);
    }
    waitpid(child, status, 0);
    close(ended.fd);
    return in_time;
}

/* ---- cases ---- */

struct aspect {
    const char *name;
    void (*check)(const struct backend *backend);
    uint32_t flags; /* only for backends that have them */
};

#define ASPECT(name, flags)                                                                        \
    { #name, name, flags }

struct one_case {
    const struct backend *backend;
    const struct aspect *aspect;
    char name[128];
};

static inline void run_case(void **state) {
    const struct one_case *this = *state;
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        this->aspect->check(this->backend);
        exit(0); /* with the leak sanitizer's last words */
    }
    if (!await_child(child, LIMIT_S, &status))
        fail_msg("%s: hangs", this->name);
    if (status != 0)
        fail_msg("%s: status %#x", this->name, (unsigned)status);
}

#define CASES_MAX 1000

/* Every aspect of every backend in the list, and of the skeleton. What main returns. */
static inline int run_aspects(const char *group, const struct aspect *aspects,
                              size_t aspect_count) {
    static struct one_case cases[CASES_MAX];
    static struct CMUnitTest tests[CASES_MAX];
    unsigned backends;
    size_t count = 0;
    const struct backend *const *list = backend_list(&backends);
    for (unsigned b = 0; b <= backends; b++)
        for (size_t a = 0; a < aspect_count; a++) {
            const struct backend *backend = b < backends ? list[b] : &backend_skeleton;
            if (backend_unavailable(backend) || count == CASES_MAX ||
                (backend->flags & aspects[a].flags) != aspects[a].flags)
                continue;
            struct one_case *this = &cases[count];
            *this = (struct one_case){.backend = backend, .aspect = &aspects[a]};
            snprintf(this->name, sizeof this->name, "%s %s", backend->name, aspects[a].name);
            tests[count++] = (struct CMUnitTest){this->name, run_case, NULL, NULL, this};
        }
    return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

#endif
