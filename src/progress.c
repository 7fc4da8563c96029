/* The progress bar; contracts in progress.h. */
#include "progress.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 40
#define TICK_NS   UINT64_C(100000000)

static void draw(const struct monitor *monitor) {
    static const char full[] = "########################################";
    static const char empty[] = "----------------------------------------";
    char line[128];
    uint64_t done = monitor_batches_done(monitor), total = monitor->batch_count;
    int filled = (int)((double)done / (double)total * BAR_WIDTH);
    int length = snprintf(line, sizeof line, "\r[%.*s%.*s] %3d %% of %llu batches", filled, full,
                          BAR_WIDTH - filled, empty, (int)((double)done / (double)total * 100),
                          (unsigned long long)total);
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)length);
    (void)ignored;
}

static int draw_until_killed(void *argument, unsigned number) {
    const struct progress *progress = argument;
    struct timespec delay = clock_timespec(progress->delay_ns), tick = clock_timespec(TICK_NS);
    (void)number;
    nanosleep(&delay, NULL);
    do
        draw(progress->monitor);
    while (nanosleep(&tick, NULL) == 0 || errno == EINTR);
    return 1;
}

int progress_start(struct progress *progress, const struct monitor *monitor, uint64_t delay_ns) {
    *progress = (struct progress){.monitor = monitor, .delay_ns = delay_ns};
    return worker_start(&progress->worker, WORKER_PROCESS, "progress", 0, draw_until_killed,
                        progress);
}

void progress_finish(struct progress *progress) {
    static const char clear[] = "\r\033[K";
    if (!progress->worker.started)
        return;
    worker_kill(&progress->worker);
    worker_join(&progress->worker);
    if (isatty(STDERR_FILENO)) {
        ssize_t ignored = write(STDERR_FILENO, clear, sizeof clear - 1);
        (void)ignored;
    } else {
        ssize_t ignored = write(STDERR_FILENO, "\n", 1);
        (void)ignored;
    }
    *progress = (struct progress){0};
}
