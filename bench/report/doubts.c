/* What speaks against the numbers; contracts in doubts.h. */
#include "bench/report/doubts.h"

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

/* Is a cell in the group, or the plumbing of the group's workload? */
static bool belongs(const struct summary_row *row, const struct table_key *key) {
    struct table_key plumbing = *key;
    if (strcmp(row->key.role, "null") == 0) {
        snprintf(plumbing.kernel, sizeof plumbing.kernel, "%s", row->key.kernel);
        plumbing.shortcuts = row->key.shortcuts;
    }
    return table_key_same_group(&row->key, &plumbing);
}

typedef bool doubt_about(const struct summary_row *row);

static bool is_wide(const struct summary_row *row) {
    return !summary_is_precise(row);
}

static bool is_disturbed(const struct summary_row *row) {
    return row->noisy != CSV_NO_WHOLE && row->noisy > 0;
}

static bool has_two_peaks(const struct summary_row *row) {
    return row->bimodal == CSV_TRUE;
}

/* "pool dynamic:4 2 (null) ±3.1 %" */
static int name_cell(const struct summary_row *row, doubt_about *doubt, char *text, size_t size) {
    const struct table_key *key = &row->key;
    bool usual = strcmp(key->role, "case") == 0 || strcmp(key->role, "baseline") == 0;
    bool dealt = *key->schedule && strcmp(key->schedule, "dynamic") != 0;
    char extent[32] = "";
    if (doubt == is_wide && !isnan(row->half_width))
        snprintf(extent, sizeof extent, " ±%.1f %%", row->half_width * 100);
    else if (doubt == is_disturbed)
        snprintf(extent, sizeof extent, " %llu of %llu", (unsigned long long)row->noisy,
                 (unsigned long long)row->n);
    return snprintf(text, size, "%s%s%s %llu%s%s%s%s", key->backend, dealt ? " " : "",
                    dealt ? key->schedule : "", (unsigned long long)key->workers, usual ? "" : " (",
                    usual ? "" : key->role, usual ? "" : ")", extent);
}

/* The cells of which that is true, after one sentence. false: there are none. */
static bool print_cells(const struct tables *tables, const struct table_key *key,
                        doubt_about *doubt, const char *sentence) {
    unsigned count = 0, all = 0;
    int column = 0;
    char name[160];
    for (size_t i = 0; i < tables->summary_count; i++) {
        all += belongs(&tables->summary[i], key);
        count += belongs(&tables->summary[i], key) && doubt(&tables->summary[i]);
    }
    if (!count)
        return false;
    printf("  %s: %u of %u cells:", sentence, count, all);
    for (size_t i = 0; i < tables->summary_count; i++) {
        if (!belongs(&tables->summary[i], key) || !doubt(&tables->summary[i]))
            continue;
        int length = name_cell(&tables->summary[i], doubt, name, sizeof name);
        bool wraps = column == 0 || column + length + 3 > LINE_WIDTH;
        printf("%s%s%s", column ? "," : "", wraps ? "\n    " : " ", name);
        column = (wraps ? 4 : column + 2) + length;
    }
    printf("\n");
    return true;
}

void doubts_print_group(const struct tables *tables, const struct table_key *key) {
    print_control(tables, key);
    if (!print_cells(tables, key, is_wide, "Interval not within 2 % of the median"))
        printf("  Every interval is within 2 %% of its median.\n");
    print_cells(tables, key, is_disturbed, "Marked as disturbed");
    print_cells(tables, key, has_two_peaks, "Two peaks, it seems");
}
