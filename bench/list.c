/* mandelbench list: experiments and shelves, a line each. */
#include "base/log.h"
#include "base/standard.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/experiments/experiment.h"
#include "bench/ipc/transport.h"
#include "listing.h"

#include <stdio.h>
#include <string.h>

static void print_transports(void) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    printf("transports:\n");
    for (unsigned i = 0; i < count; i++) {
        const char *reason = transport_unavailable(transports[i]);
        printf("%s\t%s\t%s\n", transports[i]->name, reason ? "unavailable" : "available",
               reason ? reason : transports[i]->summary);
    }
}

int command_list(int argc, char **argv) {
    static const char *const kinds[] = {"backends", "kernels", "views"};
    unsigned count;
    const struct experiment *const *experiments = experiment_list(&count);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("Usage: mandelbench list\n"
               "Lists the experiments, and the backends, kernels, views and transports that they "
               "measure: a line each,\n"
               "name, a tab, available or unavailable, a tab, and a summary or the reason.\n");
        return standard_flush();
    }
    if (argc > 1) {
        log_say("list takes no argument '%.64s'", argv[1]);
        return EXIT_USAGE;
    }
    printf("experiments:\n");
    for (unsigned i = 0; i < count; i++)
        printf("%s\tavailable\t%s\n", experiments[i]->name, experiments[i]->summary);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        printf("%s:\n", kinds[i]);
        listing_print(kinds[i]);
    }
    print_transports();
    return standard_flush();
}
