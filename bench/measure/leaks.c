/* Orphans, and files in /dev/shm; contracts in leaks.h. */
#include "bench/measure/leaks.h"

#include "base/clock.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHM      "/dev/shm"
#define GRACE_NS 200000000 /* for orphans that are about to end, files that are about to go */
#define KILL_NS  UINT64_C(2000000000)

/* ---- processes ---- */

/* Reaps all children that end until the deadline. Are none left? */
static bool reap(uint64_t deadline) {
    const struct timespec moment = {.tv_nsec = 1000000};
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0)
            return true;
        if (pid > 0)
            continue;
        if (clock_now_ns() >= deadline)
            return false;
        nanosleep(&moment, NULL);
    }
}

/* Is this process a child of ours? Also finds its name. */
static bool is_child(const char *pid, char name[32]) {
    char path[300], text[512];
    long parent;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    if (text_read_file(path, text, sizeof text) <= 0)
        return false;
    const char *begin = strchr(text, '('), *end = strrchr(text, ')');
    if (!begin || !end || sscanf(end, ") %*c %ld", &parent) != 1 || parent != (long)getpid())
        return false;
    snprintf(name, 32, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

/* Kills all children, and names one. */
static unsigned kill_children(char *sentence, size_t size) {
    unsigned killed = 0;
    char name[32];
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        uint64_t pid;
        if (text_parse_u64(entry->d_name, 1, INT32_MAX, &pid) != 0 ||
            !is_child(entry->d_name, name))
            continue;
        if (killed++ == 0)
            snprintf(sentence, size, "it left the process %s (%s) running", entry->d_name, name);
        kill((pid_t)pid, SIGKILL);
    }
    if (processes)
        closedir(processes);
    return killed;
}

static bool found_processes(char *sentence, size_t size) {
    if (reap(clock_after_ns(GRACE_NS)))
        return false;
    bool found = kill_children(sentence, size) > 0;
    reap(clock_after_ns(KILL_NS));
    return found;
}

/* ---- shared memory with a name ---- */

int leaks_watch(struct leaks *leaks) {
    *leaks = (struct leaks){0};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    DIR *directory = opendir(SHM);
    int err = 0;
    for (struct dirent *entry; directory && !err && (entry = readdir(directory));) {
        char(*grown)[256] = realloc(leaks->names, (leaks->count + 1) * sizeof *grown);
        if (grown) {
            leaks->names = grown;
            snprintf(leaks->names[leaks->count++], sizeof *grown, "%s", entry->d_name);
        }
        err = grown ? 0 : -ENOMEM;
    }
    if (directory)
        closedir(directory);
    return err;
}

void leaks_free(struct leaks *leaks) {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    free(leaks->names);
    *leaks = (struct leaks){0};
}

static bool was_there(const struct leaks *leaks, const char *name) {
    for (size_t i = 0; i < leaks->count; i++)
        if (strcmp(leaks->names[i], name) == 0)
            return true;
    return false;
}

static bool holds_line_with(const char *path, const char *part) {
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && getline(&line, &room, file) > 0)
        found = strstr(line, part) != NULL;
    free(line);
    if (file)
        fclose(file);
    return found;
}

/* Does a process have it mapped? Then it is in use, by somebody else. */
static bool is_mapped(const char *name) {
    char part[300], path[300];
    bool mapped = false;
    snprintf(part, sizeof part, SHM "/%s", name);
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && !mapped && (entry = readdir(processes));) {
        snprintf(path, sizeof path, "/proc/%.20s/maps", entry->d_name);
        mapped = *entry->d_name >= '1' && *entry->d_name <= '9' && holds_line_with(path, part);
    }
    if (processes)
        closedir(processes);
    return mapped;
}

/* By custom a name holds the number of the process that it is for: LLVM's OpenMP registers itself
 * so. Does another one that lives own this? Numbers below 300 are the system's own. */
static bool is_somebodys(const char *name) {
    for (const char *digits = name; *(digits += strcspn(digits, "0123456789"));) {
        char *end;
        unsigned long pid = strtoul(digits, &end, 10);
        bool other = pid >= 300 && pid <= INT32_MAX && (pid_t)pid != getpid();
        if (other && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
            return true;
        digits = end;
    }
    return false;
}

static bool is_left(const char *name) {
    char path[300];
    struct stat status;
    snprintf(path, sizeof path, SHM "/%s", name);
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
           !is_somebodys(name) && !is_mapped(name);
}

static bool found_memory(const struct leaks *leaks, char *sentence, size_t size) {
    bool found = false;
    DIR *directory = opendir(SHM);
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));) {
        found = !was_there(leaks, entry->d_name) && is_left(entry->d_name);
        if (found)
            snprintf(sentence, size, "it left shared memory behind: " SHM "/%.200s", entry->d_name);
    }
    if (directory)
        closedir(directory);
    return found;
}

/* Looks twice: between making a file and mapping or removing it, somebody else's seems left. */
static bool found_memory_for_long(const struct leaks *leaks, char *sentence, size_t size) {
    const struct timespec grace = {.tv_nsec = GRACE_NS};
    if (!found_memory(leaks, sentence, size))
        return false;
    nanosleep(&grace, NULL);
    return found_memory(leaks, sentence, size);
}

bool leaks_found(const struct leaks *leaks, char *sentence, size_t size) {
    bool processes = found_processes(sentence, size);
    return processes || found_memory_for_long(leaks, sentence, size);
}

uint64_t leaks_shared_bytes(void) {
    char *line = NULL, access[5];
    size_t room = 0;
    uint64_t begin, end, bytes = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && getline(&line, &room, maps) > 0)
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &begin, &end, access) == 3 &&
            access[1] == 'w' && access[3] == 's')
            bytes += end - begin;
    free(line);
    if (maps)
        fclose(maps);
    return bytes;
}
