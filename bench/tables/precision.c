/* How precise the tables are: the rule by which a campaign stops at a look. */
#include "bench/tables/tables.h"

#include <math.h>
#include <string.h>

bool summary_is_precise(const struct summary_row *row) {
    return row->half_width <= PRECISION_HALF_WIDTH; /* not where there is no interval */
}

static bool lacks_interval(const struct speedup_row *row) {
    return strcmp(row->key.role, "case") == 0 && isnan(row->speedup_lo);
}

bool tables_are_precise(const struct tables *tables, const struct cells *cells) {
    for (size_t i = 0; i < tables->summary_count; i++)
        if (!summary_is_precise(&tables->summary[i]))
            return false;
    for (size_t i = 0; i < tables->speedup_count; i++)
        if (lacks_interval(&tables->speedup[i]))
            return false;
    return tables->summary_count == cells->count;
}
