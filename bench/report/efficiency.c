/* A short table for each kernel; contracts in efficiency.h. Every number stands in speedup.csv or
 * factors.csv. */
#include "bench/report/efficiency.h"

#include "bench/report/selection.h"
#include "bench/report/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int most_efficient_first(const void *a, const void *b) {
    const struct speedup_row *x = *(const struct speedup_row *const *)a;
    const struct speedup_row *y = *(const struct speedup_row *const *)b;
    return (x->efficiency < y->efficiency) - (x->efficiency > y->efficiency);
}

/* How much of their time the workers computed, in percent; NAN if that was not accounted for. */
static double computing_pct(const struct tables *tables, const struct table_key *key) {
    for (size_t i = 0; i < tables->factors_count; i++)
        if (table_key_same(&tables->factors[i].key, key))
            return tables->factors[i].parallel_efficiency.value * 100;
    return NAN;
}

static void print_row(const struct tables *tables, const struct speedup_row *row) {
    char name[SELECTION_NAME_SIZE], interval[48] = "", bound[32] = "", busy[32] = "";
    double computing = computing_pct(tables, &row->key);
    if (!isnan(row->efficiency_lo))
        snprintf(interval, sizeof interval, "[%5.1f, %5.1f]", row->efficiency_lo * 100,
                 row->efficiency_hi * 100);
    if (!isnan(row->pct_of_bound))
        snprintf(bound, sizeof bound, "%.0f %%", row->pct_of_bound);
    if (!isnan(computing))
        snprintf(busy, sizeof busy, "%.1f %%", computing);
    printf("  %-17s %10.1f %% %16s %10s %12s\n", selection_name(tables, &row->key, name),
           row->efficiency * 100, interval, bound, busy);
}

/* One kernel, with what its batches take one loop. */
static void print_group(const struct tables *tables, const struct speedup_row *baseline,
                        uint64_t workers, const struct speedup_row **rows) {
    const struct table_key *key = &baseline->key;
    char kernel[TERMINAL_KERNEL_SIZE];
    double pixels = (double)key->width * (double)key->height;
    size_t count = 0;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        if (strcmp(row->key.role, "case") == 0 && row->key.workers == workers &&
            table_key_same_group(&row->key, key))
            rows[count++] = row;
    }
    qsort(rows, count, sizeof *rows, most_efficient_first);
    printf("\n  Efficiency with %llu workers, kernel %s, batches of %llu pixels: %.0f us each\n"
           "  %-17s %12s %16s %10s %12s\n",
           (unsigned long long)workers, terminal_kernel(key, kernel),
           (unsigned long long)key->batch, baseline->median_s * (double)key->batch / pixels * 1e6,
           "backend", "efficiency", "95 % interval", "of bound", "computing");
    for (size_t i = 0; i < count; i++)
        print_row(tables, rows[i]);
}

void efficiency_print(const struct tables *tables, uint64_t workers) {
    const struct speedup_row **rows = calloc(tables->speedup_count + 1, sizeof *rows);
    for (size_t i = 0; rows && i < tables->speedup_count; i++)
        if (strcmp(tables->speedup[i].key.role, "baseline") == 0)
            print_group(tables, &tables->speedup[i], workers, rows);
    free(rows);
}
