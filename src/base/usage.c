/* Resource accounts; contracts in usage.h. */
#include "base/usage.h"

#include "base/text.h"

#include <stdlib.h>
#include <sys/resource.h>

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void add(struct usage *usage, int who) {
    struct rusage account;
    if (getrusage(who, &account) != 0)
        return;
    usage->user_s += seconds(account.ru_utime);
    usage->sys_s += seconds(account.ru_stime);
    usage->nvcsw += account.ru_nvcsw;
    usage->nivcsw += account.ru_nivcsw;
    usage->minflt += account.ru_minflt;
    usage->majflt += account.ru_majflt;
}

void usage_now(struct usage *usage) {
    char status[4096], value[64];
    *usage = (struct usage){0};
    add(usage, RUSAGE_SELF);
    add(usage, RUSAGE_CHILDREN);
    if (text_read_file("/proc/self/status", status, sizeof status) > 0 &&
        text_find_value(status, "VmHWM", value, sizeof value))
        usage->max_rss_bytes = strtoull(value, NULL, 10) * 1024;
}
