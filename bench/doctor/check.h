/* Check: one thing about a machine that can spoil measurements. Checks read, and at most spin for a
 * moment; none changes anything. Each is a const struct check, several to a file; checks.def lists
 * them. */
#ifndef BENCH_DOCTOR_CHECK_H
#define BENCH_DOCTOR_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_state { FINDING_UNKNOWN, FINDING_OK, FINDING_WARN };

/* What a check found; no tabs or line ends. */
struct finding {
    enum finding_state state;
    char value[256];   /* as observed */
    char command[192]; /* what would change it; empty: nothing needs to, or no command can */
};

struct check {
    const char *name;
    const char *why; /* it matters, in one sentence */
    /* Looks at the machine whose file system is rooted at `root` ("" for this one; what is no file
     * is always this one's). Gets *finding zeroed. */
    void (*look)(const char *root, struct finding *finding);
};

/* All checks in the order of checks.def; *count of them. */
const struct check *const *check_list(unsigned *count);

/* The check of that name, or NULL. */
const struct check *check_find(const char *name);

/* What checks say. */
__attribute__((format(printf, 3, 4))) void
finding_is(struct finding *finding, enum finding_state state, const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_advise(struct finding *finding,
                                                          const char *format, ...);

/* The first line of a file below root, without its end. false: there is none. */
bool check_line(const char *root, const char *file, char *line, size_t size);

/* The same as a whole number. */
bool check_number(const char *root, const char *file, uint64_t *number);

#endif
