/* Usage: what this process and its reaped children have used, from the kernel's accounts. */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdint.h>

struct usage {
    double user_s, sys_s; /* this process and its reaped children */
    uint64_t
        max_rss_bytes; /* VmHWM of this process alone: ru_maxrss would be inherited through exec */
    int64_t nvcsw, nivcsw, minflt, majflt;
};

void usage_now(struct usage *usage);

#endif
