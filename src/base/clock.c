/* The monotonic clock and its arithmetic; contracts in clock.h. */
#include "base/clock.h"

#include <limits.h>
#include <pthread.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

static uint64_t read_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void) {
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_cpu_ns(void) {
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_process_cpu_ns(void) {
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

clockid_t clock_of_thread(void) {
    clockid_t clock;
    return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : CLOCK_MONOTONIC;
}

clockid_t clock_of_process(pid_t pid) {
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? clock : CLOCK_MONOTONIC;
}

bool clock_read_cpu(clockid_t clock, uint64_t *ns) {
    struct timespec now;
    if (clock == CLOCK_MONOTONIC || clock_gettime(clock, &now) != 0)
        return false;
    *ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
    return true;
}

uint64_t clock_after_ns(uint64_t ns) {
    uint64_t now = clock_now_ns();
    return ns >= CLOCK_NEVER - now ? CLOCK_NEVER : now + ns;
}

struct timespec clock_timespec(uint64_t ns) {
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

int clock_poll_ms(uint64_t deadline_ns) {
    if (deadline_ns == CLOCK_NEVER)
        return -1;
    uint64_t now = clock_now_ns();
    if (deadline_ns <= now)
        return 0;
    uint64_t ms = (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

double clock_seconds(uint64_t ns) {
    return (double)ns / 1e9;
}
