/* The command line of mandel: an argument a line; lines OMP_…= are its environment instead. */
#include "base/limits.h"
#include "options.h"
#include "render.h"
#include "tests/fuzz/fuzz.h"

#include <limits.h>
#include <string.h>

#define ARGUMENTS_MAX 64

/* Is it for the environment? Then it is put there. */
static bool take_variable(const char *line) {
    static const char *const names[] = {"OMP_NUM_THREADS", "OMP_SCHEDULE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(line, names[i], length) == 0 && line[length] == '=')
            return setenv(names[i], line + length + 1, 1) == 0;
    }
    return false;
}

static void check_job(const struct options *options) {
    const struct job *job = &options->job;
    HOLDS(options->backend && job->kernel && options->palette && view_find(options->view_name));
    HOLDS(!backend_unavailable(options->backend) && !kernel_unavailable(job->kernel));
    HOLDS(!workload_fault(&job->workload));
    HOLDS(job->workers >= 1 && job->workers <= JOB_WORKERS_MAX);
    HOLDS(job->batch >= 1 && job->batch <= workload_pixels(&job->workload));
    HOLDS(job->schedule.kind <= SCHEDULE_AUTO && job->schedule.chunk <= INT_MAX);
    HOLDS(render_memory_bytes(job) < limits_memory_bytes());
    HOLDS(options->lease_s >= 0 && options->lease_s <= 86400);
    HOLDS(options->progress <= WHEN_NEVER);
    HOLDS(!options->output || *options->output);
    HOLDS(!options->counts || *options->counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    char *line, *argv[ARGUMENTS_MAX + 2] = {(char[]){"mandel"}};
    char *given[ARGUMENTS_MAX + 2]; /* getopt changes the order of argv */
    static struct options options;
    int argc = 1;
    unsetenv("OMP_NUM_THREADS");
    unsetenv("OMP_SCHEDULE");
    while (argc <= ARGUMENTS_MAX && (line = fuzz_part(&input, '\n')) != NULL) {
        if (take_variable(line))
            free(line);
        else
            argv[argc++] = line;
    }
    memcpy(given, argv, sizeof given);
    options_parse(&options, argc, argv);
    if (options.action == OPTIONS_RENDER)
        check_job(&options);
    if (options.action == OPTIONS_BAD)
        HOLDS(fuzz_is_sentence(options.sentence));
    else
        HOLDS(!*options.sentence);
    HOLDS((options.action == OPTIONS_LIST) <= (options.list != NULL));
    for (int i = 1; i < argc; i++)
        free(given[i]);
    return 0;
}
