/* Shortfalls as a list; contracts in warnings.h. */
#include "bench/page/warnings.h"

#include "bench/page/html.h"
#include "bench/report/terminal.h"
#include "bench/tables/shortfalls.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 200 /* of one kind; summary.csv has all */

/* The shortfalls of every workload of the campaign. */
struct groups {
    const struct table_key **keys;
    struct shortfalls *shortfalls;
    size_t count;
};

static void collect(struct groups *groups, const struct tables *tables) {
    groups->keys = calloc(tables->speedup_count + 1, sizeof(const struct table_key *));
    groups->shortfalls = calloc(tables->speedup_count + 1, sizeof *groups->shortfalls);
    for (size_t i = 0; groups->keys && groups->shortfalls && i < tables->speedup_count; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        if (strcmp(key->role, "baseline") != 0)
            continue;
        groups->keys[groups->count] = key;
        if (shortfalls_make(&groups->shortfalls[groups->count], tables, key) == 0)
            groups->count++;
        else
            shortfalls_free(&groups->shortfalls[groups->count]);
    }
}

static void release(struct groups *groups) {
    for (size_t i = 0; i < groups->count; i++)
        shortfalls_free(&groups->shortfalls[i]);
    free(groups->shortfalls);
    free(groups->keys);
}

/* How many cells fall short so. */
static size_t count_cells(const struct groups *groups, int kind, size_t *all) {
    size_t count = 0;
    *all = 0;
    for (size_t i = 0; i < groups->count; i++) {
        count += groups->shortfalls[i].of[kind].count;
        *all += groups->shortfalls[i].cells;
    }
    return count;
}

static void print_workload(FILE *out, const struct table_key *key) {
    char kernel[TERMINAL_KERNEL_SIZE];
    html_print(out, "%s %llu × %llu, %s, batch %llu: ", key->view, (unsigned long long)key->width,
               (unsigned long long)key->height, terminal_kernel(key, kernel),
               (unsigned long long)key->batch);
}

static void print_cells(FILE *out, const struct groups *groups, int kind) {
    size_t printed = 0;
    fputs("<details><summary>Which</summary>\n", out);
    for (size_t i = 0; i < groups->count && printed < CELLS_MAX; i++) {
        const struct shortfall *shortfall = &groups->shortfalls[i].of[kind];
        if (!shortfall->count)
            continue;
        fputs("<p>", out);
        if (groups->count > 1)
            print_workload(out, groups->keys[i]);
        for (size_t k = 0; k < shortfall->count && printed < CELLS_MAX; k++, printed++)
            html_print(out, "%s%s", k ? ", " : "", shortfall->cells[k]);
        fputs("</p>\n", out);
    }
    fputs(printed == CELLS_MAX ? "<p>… summary.csv has all.</p>\n</details>\n" : "</details>\n",
          out);
}

void warnings_print(FILE *out, const struct tables *tables) {
    struct groups groups = {0};
    size_t all;
    collect(&groups, tables);
    for (size_t i = 0; i < groups.count; i++)
        if (*groups.shortfalls[i].ending) { /* of all groups the same */
            fputs("<li>", out);
            html_text(out, groups.shortfalls[i].ending);
            fputs(".\n", out);
            break;
        }
    for (int kind = 0; kind < SHORTFALLS; kind++) {
        size_t count = count_cells(&groups, kind, &all);
        if (!count)
            continue;
        fputs("<li>", out);
        html_print(out, "%s: %zu of %zu cells.", groups.shortfalls[0].of[kind].words, count, all);
        putc('\n', out);
        print_cells(out, &groups, kind);
    }
    release(&groups);
}
