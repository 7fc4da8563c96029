/* Datatable: rows of a CSV file as an HTML table, in units and digits for a person. */
#ifndef BENCH_PAGE_DATATABLE_H
#define BENCH_PAGE_DATATABLE_H

#include "bench/page/sheet.h"

#include <stdio.h>

/* Which columns, under which heading. "backend,n=blocks,median_s=render,efficiency=efficiency %":
 * without '=' the heading is the name. Columns that end in _s share one unit, which the first of
 * them chooses; a heading that ends in " %" takes a share times 100. A column that the sheet has
 * not, or that is empty all the way, is left out; one that begins with '?' also where all rows hold
 * the same. */
struct datatable {
    const char *columns;
    const char *where;   /* only rows in which this column … */
    const char *is;      /* … holds this; NULL: all */
    const char *caption; /* says what the rows are */
    const char *file;    /* where all of it stands */
};

/* Prints the table, its first rows if it has too many for a page. Nothing if it has none. */
void datatable_print(FILE *out, const struct datatable *table, const struct sheet *sheet);

#endif
