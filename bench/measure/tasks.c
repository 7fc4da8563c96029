/* Walking the threads of a tree of processes; contracts in tasks.h. */
#include "bench/measure/tasks.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/measure/proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER_SIZE 64

static void add_thread(const char *folder, struct tasks *tasks) {
    char path[FOLDER_SIZE + 16], text[4096];
    uint64_t run_ns, delay_ns = 0, migrations = 0;
    tasks->count++;
    snprintf(path, sizeof path, "%s/schedstat", folder);
    tasks->delay_known &=
        text_read_file(path, text, sizeof text) > 0 && proc_schedstat(text, &run_ns, &delay_ns);
    tasks->delay_ns += delay_ns;
    snprintf(path, sizeof path, "%s/sched", folder);
    tasks->migrations_known &=
        text_read_file(path, text, sizeof text) > 0 && proc_migrations(text, &migrations);
    tasks->migrations += migrations;
}

static void add_process(long pid, struct tasks *tasks);

static void add_children(const char *folder, struct tasks *tasks) {
    char path[FOLDER_SIZE + 16];
    long pid;
    snprintf(path, sizeof path, "%s/children", folder);
    FILE *file = fopen(path, "re");
    if (!file) { /* a kernel without CONFIG_PROC_CHILDREN: there may be some */
        tasks->delay_known = tasks->migrations_known = tasks->others_known = false;
        return;
    }
    while (fscanf(file, "%ld", &pid) == 1)
        add_process(pid, tasks);
    fclose(file);
}

/* One that has ended meanwhile has no folder, and adds nothing. */
static void add_process(long pid, struct tasks *tasks) {
    char path[FOLDER_SIZE];
    uint64_t cpu_ns = 0;
    if (pid != (long)getpid())
        tasks->others_known &= clock_read_cpu(clock_of_process((pid_t)pid), &cpu_ns);
    tasks->others_ns += cpu_ns;
    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *entry; (entry = readdir(threads));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%ld/task/%.20s", pid, entry->d_name);
        add_thread(path, tasks);
        add_children(path, tasks);
    }
    closedir(threads);
}

void tasks_now(struct tasks *tasks) {
    *tasks = (struct tasks){.delay_known = true, .migrations_known = true, .others_known = true};
    add_process((long)getpid(), tasks);
}

struct tasks tasks_between(const struct tasks *before, const struct tasks *after) {
    bool none_ended = after->count >= before->count && after->delay_ns >= before->delay_ns &&
                      after->migrations >= before->migrations &&
                      after->others_ns >= before->others_ns;
    return (struct tasks){
        .count = after->count,
        .delay_known = none_ended && before->delay_known && after->delay_known,
        .migrations_known = none_ended && before->migrations_known && after->migrations_known,
        .others_known = none_ended && before->others_known && after->others_known,
        .delay_ns = after->delay_ns - before->delay_ns,
        .migrations = after->migrations - before->migrations,
        .others_ns = after->others_ns - before->others_ns,
    };
}
