/* Writing one table; contracts in table.h. */
#include "bench/tables/table.h"

#include "base/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int table_write_to(const struct table *table, const char *path) {
    char *text = NULL;
    size_t bytes = 0;
    struct output output;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return -ENOMEM;
    csv_write_header(table->columns, table->column_count, stream);
    for (size_t i = 0; i < table->row_count; i++)
        csv_write_row(table->columns, table->column_count,
                      (const char *)table->rows + i * table->row_bytes, stream);
    int err = fclose(stream) == 0 ? 0 : -ENOMEM;
    if (!err)
        err = output_open(&output, path);
    if (!err) {
        err = output_write(&output, text, bytes);
        if (!err)
            err = output_commit(&output);
        output_abandon(&output);
    }
    free(text);
    return err;
}

int table_write(const struct table *table, const struct campaign *campaign) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    return table_write_to(table, campaign_path(campaign, table->file, path));
}
