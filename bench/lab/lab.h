/* Lab: small experiments on the primitives themselves, after the lecture notes. Each is a file that
 * ends with one const struct lab; labs.def lists it. A lab fills a table and says its lesson in one
 * sentence; printing, the CSV file and the figure follow from the table. */
#ifndef BENCH_LAB_LAB_H
#define BENCH_LAB_LAB_H

#include <stddef.h>

/* A table of words and numbers, and what it teaches. */
struct lab_table {
    char *csv; /* a header line and rows; values hold no commas, quotes or line ends */
    size_t size, capacity;
    char lesson[512];
    int err; /* the first -ENOMEM: rows that do not fit are not dropped in silence */
};

struct lab {
    const char *name;
    const char *summary; /* the question */
    /* Who draws its figure: one of scripts/lab*.gp, which says on its first lines what it makes of
     * the three strings below. NULL: lab.gp, lines on logarithmic axes. */
    const char *script;
    const char *figure; /* columns by name, for lab.gp "X Y SERIES" or "X Y SERIES MARK" */
    const char *xlabel, *ylabel;
    /* Runs the experiment in this process (one thread, no OpenMP before it). 0; -EILSEQ: a result
     * that must be exact is wrong; -ECHILD: a worker died; or -errno. Everything that it starts has
     * ended when it returns. */
    int (*run)(struct lab_table *table);
};

/* All labs in the order of labs.def; *count of them. */
const struct lab *const *lab_list(unsigned *count);

/* The lab of that name, or NULL. */
const struct lab *lab_find(const char *name);

/* The header, once and first; then rows: comma lists in printf's way; NaN is an empty cell. */
__attribute__((format(printf, 2, 3))) void lab_row(struct lab_table *table, const char *format,
                                                   ...);

/* The lesson, one sentence. */
__attribute__((format(printf, 2, 3))) void lab_lesson(struct lab_table *table, const char *format,
                                                      ...);

#endif
