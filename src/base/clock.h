/* Time as unsigned nanoseconds of CLOCK_MONOTONIC: the only clock that anything here is timed by.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A deadline that never comes. */
#define CLOCK_NEVER UINT64_MAX

/* Now, in nanoseconds since an arbitrary start. Never fails, never goes back. */
uint64_t clock_now_ns(void);

/* CPU time of the calling thread so far, in nanoseconds; a system call. */
uint64_t clock_cpu_ns(void);

/* The same of all threads of this process together. */
uint64_t clock_process_cpu_ns(void);

/* Clocks of CPU time that others may read: of the calling thread, for its own process; and of a
 * process, for any. CLOCK_MONOTONIC: there is none. */
clockid_t clock_of_thread(void);
clockid_t clock_of_process(pid_t pid);

/* Reads such a clock. false: there is none, or what it belonged to has ended. */
bool clock_read_cpu(clockid_t clock, uint64_t *ns);

/* The deadline that lies `ns` from now; CLOCK_NEVER stays CLOCK_NEVER. */
uint64_t clock_after_ns(uint64_t ns);

/* The same instant as a timespec of CLOCK_MONOTONIC. */
struct timespec clock_timespec(uint64_t ns);

/* Milliseconds from now to `deadline_ns`, rounded up, for poll(2): -1 for CLOCK_NEVER. */
int clock_poll_ms(uint64_t deadline_ns);

/* Nanoseconds as seconds. */
double clock_seconds(uint64_t ns);

#endif
