/* Table: rows of one kind as the CSV file that they are kept in. */
#ifndef BENCH_TABLES_TABLE_H
#define BENCH_TABLES_TABLE_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/csv.h"

#include <stddef.h>

struct table {
    const char *file; /* its name in the campaign */
    const struct csv_column *columns;
    size_t column_count;
    const void *rows;
    size_t row_bytes, row_count;
};

/* Writes it into the campaign's directory, whole or not at all. 0 or -errno. */
int table_write(const struct table *table, const struct campaign *campaign);

/* The same anywhere, whatever table->file; "-" is standard output. */
int table_write_to(const struct table *table, const char *path);

#endif
