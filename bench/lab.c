/* mandelbench lab: runs one of the small experiments, prints its table and its lesson, and keeps
 * both as files. */
#include "bench/lab/lab.h"
#include "base/log.h"
#include "base/output.h"
#include "base/standard.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/report/support.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COLUMNS_MOST 12
#define DIRECTORY    "results/lab"

static int print_help(void) {
    unsigned count;
    const struct lab *const *labs = lab_list(&count);
    printf("Usage: mandelbench lab NAME [DIRECTORY]\n"
           "Runs one of the small experiments on the primitives; its table, as NAME.csv, and its "
           "figure, as\n"
           "NAME.svg and NAME.png, go into DIRECTORY (default " DIRECTORY ").\n\n");
    for (unsigned i = 0; i < count; i++)
        printf("  %-9s %s\n", labs[i]->name, labs[i]->summary);
    return standard_flush();
}

/* The widest value of each column. */
static void measure_columns(const char *csv, size_t widths[COLUMNS_MOST]) {
    size_t column = 0;
    for (const char *at = csv; *at;) {
        size_t width = strcspn(at, ",\n");
        if (column < COLUMNS_MOST && width > widths[column])
            widths[column] = width;
        column = at[width] == '\n' ? 0 : column + 1;
        at += width + (at[width] != '\0');
    }
}

static void print_table(const char *csv) {
    size_t widths[COLUMNS_MOST] = {0}, column = 0;
    measure_columns(csv, widths);
    for (const char *at = csv; *at;) {
        size_t width = strcspn(at, ",\n");
        int pad = column < COLUMNS_MOST ? (int)widths[column] : 0;
        bool last = at[width] == '\n';
        printf("%s%-*.*s%s", column ? "  " : "  ", last ? 0 : pad, (int)width, at,
               last ? "\n" : "");
        column = last ? 0 : column + 1;
        at += width + (at[width] != '\0');
    }
}

static int write_csv(const struct lab *lab, const char *directory, const struct lab_table *table) {
    char path[PATH_MAX];
    struct output output;
    snprintf(path, sizeof path, "%s/%s.csv", directory, lab->name);
    int err = output_open(&output, path);
    if (!err)
        err = output_write(&output, table->csv, table->size);
    if (!err)
        err = output_commit(&output);
    output_abandon(&output);
    if (err)
        log_say("cannot write '%s': %s", path, strerror(-err));
    return err;
}

static void draw(const struct lab *lab, const char *directory) {
    char script[2048], absolute[PATH_MAX];
    if (!realpath(directory, absolute))
        return;
    if (support_find(lab->script ? lab->script : "lab.gp", script, sizeof script) != 0) {
        log_say("no figure: its script is not where this program was built or installed");
        return;
    }
    const char *argv[] = {"gnuplot",   "-c",         script,      absolute,    lab->name,
                          lab->figure, lab->summary, lab->xlabel, lab->ylabel, NULL};
    int status = support_run((char *const *)(uintptr_t)argv);
    if (status)
        log_say("no figure: gnuplot %s", status == -ENOENT ? "is not installed" : "failed");
}

static int run_lab(const struct lab *lab, const char *directory) {
    struct lab_table table = {0};
    int err = lab->run(&table);
    if (!err)
        err = table.err;
    int status = EXIT_DONE;
    if (err == -EILSEQ) {
        log_say("wrong result: lab %s lost or doubled something", lab->name);
        status = EXIT_WRONG;
    } else if (err == -ECHILD || err == -EOWNERDEAD) {
        log_say("lab %s: a worker died or failed, and the others were ended", lab->name);
        status = EXIT_REFUSED_BY_SYSTEM;
    } else if (err) {
        log_say("lab %s: %s", lab->name, strerror(-err));
        status = EXIT_REFUSED_BY_SYSTEM;
    }
    if (table.csv && !err) {
        printf("%s: %s\n\n", lab->name, lab->summary);
        print_table(table.csv);
        printf("\n  %s\n", table.lesson);
        status = write_csv(lab, directory, &table) ? EXIT_REFUSED_BY_SYSTEM : standard_flush();
        if (status == EXIT_DONE)
            draw(lab, directory);
    }
    free(table.csv);
    return status;
}

int command_lab(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return print_help();
    if (argc < 2 || argc > 3 || (argc == 3 && !*argv[2])) {
        log_say("lab takes a name and perhaps a directory; see mandelbench lab --help");
        return EXIT_USAGE;
    }
    const struct lab *lab = lab_find(argv[1]);
    if (!lab) {
        log_say("unknown lab '%.64s'; see mandelbench lab --help", argv[1]);
        return EXIT_USAGE;
    }
    const char *directory = argc == 3 ? argv[2] : DIRECTORY;
    struct stat existing;
    if (argc == 2)
        mkdir("results", 0777); /* what cannot be made shows below */
    if (mkdir(directory, 0777) != 0 &&
        (stat(directory, &existing) != 0 || !S_ISDIR(existing.st_mode))) {
        log_say("cannot make the directory '%.256s': %s", directory, strerror(errno));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    return run_lab(lab, directory);
}
