/* Checks of who else is at work now. */
#include "base/size.h"
#include "base/text.h"
#include "bench/doctor/check.h"
#include "bench/measure/proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS       300  /* between two readings */
#define BUSY_SHARE    0.05 /* of a CPU */
#define PRESSURE_MUCH 1.0  /* % of the last ten seconds */
#define PROCESSES_MAX 8192
#define NAMED         4 /* that fit into a finding */

static void wait_between(void) {
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

static void look_load(const char *root, struct finding *finding) {
    char line[96];
    double load1;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (!check_line(root, "proc/loadavg", line, sizeof line) || sscanf(line, "%lf", &load1) != 1) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    bool idle = load1 < BUSY_SHARE * (double)cpus;
    finding_is(finding, idle ? FINDING_OK : FINDING_WARN, "%.2f over a minute, on %ld CPUs", load1,
               cpus);
}

const struct check check_load = {
    .name = "load",
    .why = "what others compute is taken from the samples",
    .look = look_load,
};

static void look_pressure(const char *root, struct finding *finding) {
    char line[160];
    double avg10;
    if (!check_line(root, "proc/pressure/cpu", line, sizeof line) ||
        sscanf(line, "some avg10=%lf", &avg10) != 1) {
        finding_is(finding, FINDING_UNKNOWN, "no pressure stall information");
        return;
    }
    finding_is(finding, avg10 > PRESSURE_MUCH ? FINDING_WARN : FINDING_OK,
               "%.2f %% of the last 10 s", avg10);
}

const struct check check_pressure = {
    .name = "pressure",
    .why = "for so long somebody wanted a CPU and got none",
    .look = look_pressure,
};

static bool read_ticks(const char *root, struct proc_ticks *ticks) {
    char line[512];
    return check_line(root, "proc/stat", line, sizeof line) && proc_ticks(line, ticks);
}

static void look_steal(const char *root, struct finding *finding) {
    struct proc_ticks before, after;
    if (!read_ticks(root, &before)) {
        finding_is(finding, FINDING_UNKNOWN, "the kernel does not say");
        return;
    }
    wait_between();
    if (!read_ticks(root, &after))
        after = before;
    uint64_t all = after.busy + after.idle + after.steal;
    double since_start = all ? 100.0 * (double)after.steal / (double)all : 0;
    uint64_t now = after.steal - size_min(before.steal, after.steal);
    finding_is(finding, now || since_start > 1 ? FINDING_WARN : FINDING_OK,
               "%.2f %% since the start of the machine, %llu ticks in %.1f s", since_start,
               (unsigned long long)now, LOOK_MS / 1e3);
}

const struct check check_steal = {
    .name = "steal",
    .why = "the hypervisor ran somebody else on our CPUs; only its owner can change that",
    .look = look_steal,
};

/* A process, and what it has used: up to the first reading, then between the two. */
struct process {
    long pid;
    uint64_t ticks;
    char name[32];
};

struct processes {
    struct process at[PROCESSES_MAX];
    size_t count;
};

static bool read_process(const char *root, const char *pid, struct process *process) {
    char path[1024], text[1024];
    process->pid = atol(pid);
    snprintf(path, sizeof path, "%.700s/proc/%.20s/stat", root, pid);
    return process->pid > 0 && text_read_file(path, text, sizeof text) > 0 &&
           proc_process(text, process->name, sizeof process->name, &process->ticks);
}

static bool read_processes(const char *root, struct processes *processes) {
    char path[1024];
    snprintf(path, sizeof path, "%.700s/proc", root);
    DIR *folder = opendir(path);
    processes->count = 0;
    if (!folder)
        return false;
    for (struct dirent *entry; (entry = readdir(folder)) && processes->count < PROCESSES_MAX;)
        processes->count += read_process(root, entry->d_name, &processes->at[processes->count]);
    closedir(folder);
    return processes->count > 0;
}

static uint64_t ticks_of(const struct processes *processes, long pid) {
    for (size_t i = 0; i < processes->count; i++)
        if (processes->at[i].pid == pid)
            return processes->at[i].ticks;
    return 0;
}

static int busier(const void *a, const void *b) {
    uint64_t left = ((const struct process *)a)->ticks, right = ((const struct process *)b)->ticks;
    return (left < right) - (left > right);
}

static void look_busy(const char *root, struct finding *finding) {
    static struct processes before, after;
    char names[sizeof finding->value] = "";
    double ticks_looked = (double)sysconf(_SC_CLK_TCK) * LOOK_MS / 1e3;
    if (!read_processes(root, &before)) {
        finding_is(finding, FINDING_UNKNOWN, "there is no /proc");
        return;
    }
    wait_between();
    read_processes(root, &after);
    for (size_t i = 0; i < after.count; i++) {
        uint64_t *ticks = &after.at[i].ticks, earlier = ticks_of(&before, after.at[i].pid);
        *ticks -= size_min(*ticks, earlier);
        if (after.at[i].pid == (long)getpid())
            *ticks = 0;
    }
    qsort(after.at, after.count, sizeof *after.at, busier);
    size_t used = 0;
    for (size_t i = 0; i < after.count && i < NAMED; i++) {
        double share = (double)after.at[i].ticks / ticks_looked;
        if (share > BUSY_SHARE)
            used +=
                (size_t)snprintf(names + used, sizeof names - used, "%s%s (%ld) %.0f %%",
                                 used ? ", " : "", after.at[i].name, after.at[i].pid, 100 * share);
    }
    finding_is(finding, used ? FINDING_WARN : FINDING_OK, "%s", used ? names : "nobody");
    if (used)
        finding_advise(finding, "wait for them, or stop what you can do without");
}

const struct check check_busy = {
    .name = "busy",
    .why = "these processes would share CPUs and caches with the samples",
    .look = look_busy,
};
