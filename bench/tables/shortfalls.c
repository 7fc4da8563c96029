/* What falls short; contracts in shortfalls.h. */
#include "bench/tables/shortfalls.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is a cell in the group, or the plumbing of the group's workload? */
static bool belongs(const struct summary_row *row, const struct table_key *group) {
    struct table_key plumbing = *group;
    if (strcmp(row->key.role, "null") == 0) {
        snprintf(plumbing.kernel, sizeof plumbing.kernel, "%s", row->key.kernel);
        plumbing.shortcuts = row->key.shortcuts;
    }
    return table_key_same_group(&row->key, &plumbing);
}

static bool falls_short(enum shortfall_kind kind, const struct summary_row *row) {
    switch (kind) {
    case SHORTFALL_WIDE:
        return !summary_is_precise(row);
    case SHORTFALL_DISTURBED:
        return row->noisy != CSV_NO_WHOLE && row->noisy > 0;
    case SHORTFALL_UNJUDGED:
        return row->noisy == CSV_NO_WHOLE;
    case SHORTFALL_OUTLIERS:
        return row->outliers > 0;
    default:
        return row->bimodal == CSV_TRUE;
    }
}

/* By how much: " ±3.1 %", " 3 of 20", or "". */
static void describe_extent(enum shortfall_kind kind, const struct summary_row *row,
                            char extent[48]) {
    *extent = '\0';
    if (kind == SHORTFALL_WIDE && !isnan(row->half_width))
        snprintf(extent, 48, " ±%.1f %%", row->half_width * 100);
    else if (kind == SHORTFALL_DISTURBED || kind == SHORTFALL_OUTLIERS)
        snprintf(extent, 48, " %llu of %llu",
                 (unsigned long long)(kind == SHORTFALL_DISTURBED ? row->noisy : row->outliers),
                 (unsigned long long)row->n);
}

static void name_cell(enum shortfall_kind kind, const struct summary_row *row, char name[160]) {
    const struct table_key *key = &row->key;
    bool usual = strcmp(key->role, "case") == 0 || strcmp(key->role, "baseline") == 0;
    bool dealt = *key->schedule && strcmp(key->schedule, "dynamic") != 0;
    char extent[48];
    describe_extent(kind, row, extent);
    snprintf(name, 160, "%s%s%s %llu%s%s%s%s", key->backend, dealt ? " " : "",
             dealt ? key->schedule : "", (unsigned long long)key->workers, usual ? "" : " (",
             usual ? "" : key->role, usual ? "" : ")", extent);
}

/* Fewer blocks than were planned, and not since all was precise at a look. */
static void describe_ending(const struct tables *tables, const struct shortfalls *shortfalls,
                            char *ending, size_t size) {
    bool precise =
        looks_between(&tables->looks, tables->blocks) && shortfalls->of[SHORTFALL_WIDE].count == 0;
    *ending = '\0';
    if (tables->blocks < tables->blocks_planned && !precise)
        snprintf(ending, size,
                 "Ended after %llu of %llu blocks: the budget was spent, or it was stopped",
                 (unsigned long long)tables->blocks, (unsigned long long)tables->blocks_planned);
}

int shortfalls_make(struct shortfalls *shortfalls, const struct tables *tables,
                    const struct table_key *group) {
    static const char *const words[SHORTFALLS] = {
        [SHORTFALL_WIDE] = "Interval not within 2 % of the median",
        [SHORTFALL_DISTURBED] = "Marked as disturbed",
        [SHORTFALL_UNJUDGED] = "Disturbed or not, nobody knows",
        [SHORTFALL_OUTLIERS] = "Outliers, which count all the same",
        [SHORTFALL_TWO_PEAKS] = "Two peaks, it seems",
    };
    *shortfalls = (struct shortfalls){0};
    for (size_t i = 0; i < tables->summary_count; i++)
        shortfalls->cells += belongs(&tables->summary[i], group);
    for (int kind = 0; kind < SHORTFALLS; kind++) {
        struct shortfall *shortfall = &shortfalls->of[kind];
        shortfall->words = words[kind];
        shortfall->cells = calloc(shortfalls->cells + 1, sizeof *shortfall->cells);
        if (!shortfall->cells)
            return -ENOMEM;
        for (size_t i = 0; i < tables->summary_count; i++)
            if (belongs(&tables->summary[i], group) &&
                falls_short((enum shortfall_kind)kind, &tables->summary[i]))
                name_cell((enum shortfall_kind)kind, &tables->summary[i],
                          shortfall->cells[shortfall->count++]);
    }
    describe_ending(tables, shortfalls, shortfalls->ending, sizeof shortfalls->ending);
    return 0;
}

void shortfalls_free(struct shortfalls *shortfalls) {
    for (int kind = 0; kind < SHORTFALLS; kind++)
        free(shortfalls->of[kind].cells);
    *shortfalls = (struct shortfalls){0};
}
