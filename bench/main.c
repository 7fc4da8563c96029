/* mandelbench: campaigns of measurements over backends. This file only finds the subcommand. */
#include "base/log.h"
#include "base/standard.h"
#include "base/stop.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/measure/sample.h"
#include "bench/selftest/planted.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, summary) {#name, summary, command_##name},
#include "bench/commands.def"
#undef COMMAND
};

#define COMMANDS (sizeof commands / sizeof *commands)

static int print_help(void) {
    printf("Usage: mandelbench COMMAND [arguments]\n"
           "Measures the same Mandelbrot workload on every way of sharing work.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    printf("\nmandelbench COMMAND --help says more.\n");
    return standard_flush();
}

static int refuse_command(const char *name) {
    char known[256] = "";
    for (size_t i = 0, used = 0; i < COMMANDS && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 commands[i].name);
    log_say("unknown command '%.64s'; known are %s", name, known);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    log_program("mandelbench");
    int err = standard_open();
    if (!err)
        err = stop_install();
    if (err) {
        log_say("cannot set up descriptors and signals: %s", strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    if (argc < 2) {
        log_say("a command is needed; see mandelbench --help");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("mandelbench %s\n", VERSION);
        return standard_flush();
    }
    if (strcmp(argv[1], "sample") == 0) { /* its own measured process, see bench/measure/sample.h */
        planted_lend();
        return sample_serve(argc - 2, argv + 2);
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return refuse_command(argv[1]);
}
