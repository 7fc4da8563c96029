/* mandelbench selftest: plants faults in a backend, and proves that the harness catches each, by
 * the check that is there for it, and raises no alarm about the same backend without it. */
#include "base/clock.h"
#include "base/log.h"
#include "base/standard.h"
#include "base/stop.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/selftest/proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int print_help(void) {
    unsigned count;
    const struct proof *proofs = proof_list(&count);
    printf("Usage: mandelbench selftest [FAULT...]\n"
           "Plants faults in a backend that no list has, measures it as campaigns do, and proves "
           "that each\nis caught, and that without it nothing is. About a minute and a half.\n\n");
    for (unsigned i = 0; i < count; i++)
        printf("  %-12s %s\n", proofs[i].name, proofs[i].what);
    printf("\nExit status: 0 all were caught, without a false alarm; 1 not so; 2 bad arguments;\n"
           "130 and 143 after SIGINT and SIGTERM.\n");
    return standard_flush();
}

static bool is_named(const char *name, int count, char *const names[]) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Is each name one of a fault? */
static bool all_known(int count, char *const names[]) {
    unsigned proof_count;
    const struct proof *proofs = proof_list(&proof_count);
    for (int i = 0; i < count; i++) {
        bool known = false;
        for (unsigned t = 0; t < proof_count; t++)
            known |= strcmp(proofs[t].name, names[i]) == 0;
        if (!known) {
            log_say("unknown fault '%.64s'; see mandelbench selftest --help", names[i]);
            return false;
        }
    }
    return true;
}

static void print_proof(const struct proof *proof, const struct proof_result *result,
                        double seconds) {
    printf("  %-12s %-37s %-34s %-10s %-6s %6.1f s\n", proof->name, proof->what, proof->check,
           result->caught ? "caught" : "NOT CAUGHT", result->alarm ? "ALARM" : "silent", seconds);
    printf("               %s\n", *result->sentence ? result->sentence : "nothing was said");
    if (result->alarm)
        printf("               twin: %s\n", result->twin_sentence);
    fflush(stdout);
}

/* EXIT_DONE; EXIT_REFUSED_BY_SYSTEM: not caught, or a false alarm; or a signal's status. */
static int run_proof(const struct proof *proof) {
    struct proof_result result;
    uint64_t start = clock_now_ns();
    int err = proof_run(proof, &result);
    if (err == -ECANCELED)
        return EXIT_SIGNAL + stop_signal();
    print_proof(proof, &result, clock_seconds(clock_now_ns() - start));
    return !err && result.caught && !result.alarm ? EXIT_DONE : EXIT_REFUSED_BY_SYSTEM;
}

static int run_proofs(int count, char *const names[]) {
    unsigned proof_count, run = 0, passed = 0;
    const struct proof *proofs = proof_list(&proof_count);
    printf("  %-12s %-37s %-34s %-10s %-6s %8s\n", "fault", "what is planted", "the check for it",
           "fault", "twin", "time");
    for (unsigned i = 0; i < proof_count; i++) {
        if (count && !is_named(proofs[i].name, count, names))
            continue;
        int status = run_proof(&proofs[i]);
        if (status > EXIT_SIGNAL)
            return status;
        run++;
        passed += status == EXIT_DONE;
    }
    printf("\n  %u of %u planted faults were caught without a false alarm.\n", passed, run);
    int flushed = standard_flush();
    return passed == run ? flushed : EXIT_REFUSED_BY_SYSTEM;
}

int command_selftest(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return print_help();
    if (!all_known(argc - 1, argv + 1))
        return EXIT_USAGE;
    planted_lend();
    return run_proofs(argc - 1, argv + 1);
}
