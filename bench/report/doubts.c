/* What speaks against the numbers; contracts in doubts.h. */
#include "bench/report/doubts.h"

#include "bench/tables/shortfalls.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINE_WIDTH 98

void doubts_print_suspect(const struct tables *tables) {
    for (size_t i = 0; i < tables->control_count; i++) {
        const struct control_row *row = &tables->control[i];
        if (!control_is_suspect(row))
            continue;
        printf("  SUSPECT: serial against serial is %.3f [%.3f, %.3f] (%s, %llux%llu): ",
               row->ratio, row->ratio_lo, row->ratio_hi, row->key.kernel,
               (unsigned long long)row->key.width, (unsigned long long)row->key.height);
        if (strcmp(row->verdict, CONTROL_BROKEN) == 0)
            printf("a difference where none can be\n");
        else
            printf("too much noise to compare anything\n");
    }
}

static void print_control(const struct tables *tables, const struct table_key *key) {
    const struct control_row *row = control_of(tables, key);
    if (!row)
        return;
    printf("\n  Control: serial against serial is %.3f, ", row->ratio);
    if (isnan(row->ratio_lo))
        printf("no interval with so few blocks.\n");
    else
        printf("[%.3f, %.3f]; what lies within that is noise.\n", row->ratio_lo, row->ratio_hi);
    if (isnan(row->detectable))
        printf("  No difference from serial could show with so few blocks.\n");
    else
        printf("  Half of these rows could show a difference from serial of %.1f %% or less.\n",
               row->detectable * 100);
}

/* The cells that fall short so, after a few words. */
static void print_cells(const struct shortfall *shortfall, size_t all) {
    int column = 0;
    if (!shortfall->count)
        return;
    printf("  %s: %zu of %zu cells:", shortfall->words, shortfall->count, all);
    for (size_t i = 0; i < shortfall->count; i++) {
        int length = (int)strlen(shortfall->cells[i]);
        bool wraps = column == 0 || column + length + 3 > LINE_WIDTH;
        printf("%s%s%s", column ? "," : "", wraps ? "\n    " : " ", shortfall->cells[i]);
        column = (wraps ? 4 : column + 2) + length;
    }
    printf("\n");
}

/* When memory is short, the report goes on without. */
void doubts_print_group(const struct tables *tables, const struct table_key *key) {
    struct shortfalls shortfalls;
    print_control(tables, key);
    if (shortfalls_make(&shortfalls, tables, key) == 0) {
        if (*shortfalls.ending)
            printf("  %s.\n", shortfalls.ending);
        if (!shortfalls.of[SHORTFALL_WIDE].count)
            printf("  Every interval is within 2 %% of its median.\n");
        for (int kind = 0; kind < SHORTFALLS; kind++)
            if (kind != SHORTFALL_OUTLIERS) /* nearly every cell has one */
                print_cells(&shortfalls.of[kind], shortfalls.cells);
        printf("  %s: in %zu of %zu cells (summary.csv).\n",
               shortfalls.of[SHORTFALL_OUTLIERS].words, shortfalls.of[SHORTFALL_OUTLIERS].count,
               shortfalls.cells);
    }
    shortfalls_free(&shortfalls);
}
