/* Options: argv and environment of `mandel` → one const struct. Nothing else reads them. Parsing
 * acts on nothing but itself (and the CPU features that MANDEL_CPU_DISABLE switches off): no
 * output, no files. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "backends/backend.h"
#include "image/palette.h"

#include <stdbool.h>
#include <stdint.h>

/* What the program is asked to do. */
enum options_action {
    OPTIONS_RENDER,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_LIST,
    OPTIONS_BAD /* refused: the sentence says why */
};

enum options_when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct options {
    enum options_action action;
    const struct backend *backend;
    struct job job;
    const char *view_name; /* of the named view, also where parts of it were overridden */
    const struct palette *palette;
    const char *output, *counts, *trace; /* paths, "-" for standard output, or NULL */
    const char *list;                    /* the kind to list */
    bool verify, json, quiet;
    enum options_when progress;
    double lease_s; /* a worker stopped for so long is replaced */
    char sentence[512];
};

/* Fills in *options; strings point into argv. */
void options_parse(struct options *options, int argc, char **argv);

/* The help text, for stdout. */
void options_print_help(void);

#endif
