/* mandelbench doctor: what about this machine spoils measurements, and what would change it. It
 * changes nothing itself. */
#include "base/log.h"
#include "base/standard.h"
#include "base/stop.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/doctor/check.h"

#include <stdio.h>
#include <string.h>

static const char *const states[] = {
    [FINDING_UNKNOWN] = "unknown",
    [FINDING_OK] = "ok",
    [FINDING_WARN] = "warn",
};

static int print_help(void) {
    printf("Usage: mandelbench doctor\n"
           "Says what about this machine spoils measurements, and changes nothing: a line for each "
           "check,\n"
           "name, state (ok, warn or unknown), what was observed, the command that would change it "
           "(or nothing),\n"
           "and why it matters, with tabs between.\n");
    return standard_flush();
}

int command_doctor(int argc, char **argv) {
    unsigned count, found[sizeof states / sizeof *states] = {0};
    const struct check *const *checks = check_list(&count);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return print_help();
    if (argc > 1) {
        log_say("doctor takes no argument '%.64s'", argv[1]);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < count; i++) {
        struct finding finding = {0};
        if (stop_signal())
            return EXIT_SIGNAL + stop_signal();
        checks[i]->look("", &finding);
        found[finding.state]++;
        printf("%s\t%s\t%s\t%s\t%s\n", checks[i]->name, states[finding.state], finding.value,
               finding.command, checks[i]->why);
    }
    log_say("%u checks: %u to look at, %u unknown; nothing was changed", count, found[FINDING_WARN],
            found[FINDING_UNKNOWN]);
    return standard_flush();
}
