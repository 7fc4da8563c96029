/* Finding and running helpers; contracts in support.h. */
#include "bench/report/support.h"

#include "base/clock.h"
#include "base/stop.h"
#include "build/commit.h"
#include "mp/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_NO_PROGRAM 127 /* as shells say it */

/* The directory of this executable, without '/' at its end. */
static int own_directory(char *directory, size_t size) {
    ssize_t length = readlink("/proc/self/exe", directory, size - 1);
    if (length < 0)
        return -errno;
    directory[length] = '\0';
    *strrchr(directory, '/') = '\0';
    return 0;
}

static bool readable(const char *directory, const char *place, const char *file, char *path,
                     size_t size) {
    int length = snprintf(path, size, "%s/%s/%s", directory, place, file);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

int support_find(const char *file, char *path, size_t size) {
    static const char *const places[] = {"scripts", "bench"};
    char directory[2048];
    int err = own_directory(directory, sizeof directory);
    if (err)
        return err;
    if (readable(directory, "../share/mandelbench", file, path, size))
        return 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (readable(BUILD_SOURCE, places[i], file, path, size))
            return 0;
    return -ENOENT;
}

int support_sibling(const char *program, char *path, size_t size) {
    char directory[2048];
    int err = own_directory(directory, sizeof directory);
    if (!err && snprintf(path, size, "%s/%s", directory, program) >= (int)size)
        err = -ENAMETOOLONG;
    return err;
}

/* In the child: a process group of its own, so that all of it can be ended, and signals as usual.
 */
static int become_program(void *argument, unsigned number) {
    char *const *argv = argument;
    (void)number;
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    stop_reset_before_exec();
    setenv("LC_ALL", "C.UTF-8", 1); /* points in numbers, and no complaints about letters */
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(argv[0], argv);
    return EXIT_NO_PROGRAM;
}

int support_run(char *const argv[]) {
    struct worker worker;
    int err =
        worker_start(&worker, WORKER_PROCESS, argv[0], 0, become_program, (void *)(uintptr_t)argv);
    if (err)
        return err;
    struct pollfd events[] = {{.fd = worker.pidfd, .events = POLLIN},
                              {.fd = stop_fd(), .events = POLLIN}};
    while (poll(events, 2, -1) < 0 && errno == EINTR)
        continue;
    bool stopped = events[1].revents != 0;
    if (stopped) {
        kill(-worker.pid, SIGKILL);
        worker_kill(&worker); /* if it had no group yet */
    }
    err = worker_join(&worker);
    if (err || stopped)
        return err ? err : -ECANCELED;
    if (worker.exitcode == EXIT_NO_PROGRAM)
        return -ENOENT;
    return worker.exitcode < 0 ? 128 - worker.exitcode : worker.exitcode;
}

int support_plot(const char *script, const char *const arguments[]) {
    char path[2048];
    const char *argv[20] = {"gnuplot", "-c", path};
    for (size_t i = 0; arguments[i] && i < 16; i++)
        argv[i + 3] = arguments[i];
    if (support_find(script, path, sizeof path) != 0)
        return -ENOSYS;
    int status = support_run((char *const *)(uintptr_t)argv);
    return status > 0 ? -EIO : status;
}
