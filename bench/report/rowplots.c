/* Lists of rows for gnuplot; contracts in rowplots.h. */
#include "bench/report/rowplots.h"

#include "bench/report/selection.h"
#include "bench/report/support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LIST_SIZE  1024
#define PANELS_MAX 2 /* of a figure */

/* A list of words; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void append(char list[LIST_SIZE], const char *format,
                                                         ...) {
    size_t used = strlen(list);
    va_list args;
    va_start(args, format);
    vsnprintf(list + used, LIST_SIZE - used, format, args);
    va_end(args);
}

static bool same_work(const struct table_key *a, const struct table_key *b) {
    return table_key_same_group(a, b) && a->batch == b->batch;
}

int rowplots_loss(const struct tables *tables, const struct rowplot *plot) {
    char names[LIST_SIZE] = "", rows[LIST_SIZE] = "", workers[16], name[SELECTION_NAME_SIZE];
    for (size_t i = 0; i < tables->ranking_count; i++) {
        const struct ranking_row *ranking = &tables->ranking[i];
        const struct speedup_row *row = selection_case(tables, ranking, plot->workers);
        const struct loss_row *loss = row ? loss_of(tables, &row->key) : NULL;
        if (!loss || !same_work(&row->key, plot->shown))
            continue;
        selection_name(tables, &row->key, name);
        append(names, "'%s' ", name); /* a word, for gnuplot */
        append(rows, "%zu ", (size_t)(loss - tables->loss));
    }
    snprintf(workers, sizeof workers, "%llu", (unsigned long long)plot->workers);
    const char *const arguments[] = {plot->directory, names, plot->subtitle, workers, rows, NULL};
    return *names ? support_plot("loss.gp", arguments) : 0;
}

/* Whoever is drawn in some panel. */
struct contestants {
    const struct table_key *keys[64];
    size_t count;
};

/* With a schedule, or without; each once, in the order of the plan. */
static void find_contestants(struct contestants *found, const struct tables *tables, bool scheduled,
                             uint64_t workers) {
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        bool known = strcmp(key->role, "case") != 0 || key->workers != workers ||
                     (*key->schedule != '\0') != scheduled;
        for (size_t k = 0; k < found->count; k++)
            known |= strcmp(found->keys[k]->backend, key->backend) == 0 &&
                     strcmp(found->keys[k]->schedule, key->schedule) == 0;
        if (!known && found->count < sizeof found->keys / sizeof *found->keys)
            found->keys[found->count++] = key;
    }
}

/* The rows of contestants in the group of a baseline; -1: there is none. */
static void append_rows(const struct tables *tables, const struct table_key *baseline,
                        const struct contestants *contestants, char rows[LIST_SIZE]) {
    for (size_t k = 0; k < contestants->count; k++) {
        const struct table_key *contestant = contestants->keys[k];
        struct table_key key = *baseline;
        memcpy(key.role, contestant->role, sizeof key.role);
        memcpy(key.backend, contestant->backend, sizeof key.backend);
        memcpy(key.schedule, contestant->schedule, sizeof key.schedule);
        key.workers = contestant->workers;
        const struct speedup_row *row = selection_speedup(tables, &key);
        append(rows, "%td ", row ? row - tables->speedup : -1);
    }
}

/* What a script draws: names from the top, a panel for each baseline, levels across. */
struct panels {
    const char *title;
    char names[LIST_SIZE], panels[LIST_SIZE], rows[LIST_SIZE];
    char levels[LIST_SIZE], level_rows[LIST_SIZE];
};

static int draw_panels(const struct panels *panels, const struct rowplot *plot) {
    const char *const arguments[] = {plot->directory, panels->names,      plot->subtitle,
                                     panels->title,   panels->panels,     panels->rows,
                                     panels->levels,  panels->level_rows, NULL};
    return *panels->names ? support_plot("panels.gp", arguments) : 0;
}

static bool is_baseline(const struct speedup_row *row) {
    return strcmp(row->key.role, "baseline") == 0;
}

int rowplots_schedule(const struct tables *tables, const struct rowplot *plot) {
    struct contestants schedules = {.count = 0}, others = {.count = 0};
    struct panels panels = {.title = "schedule"};
    unsigned count = 0;
    find_contestants(&schedules, tables, true, plot->workers);
    find_contestants(&others, tables, false, plot->workers);
    for (size_t k = 0; k < schedules.count; k++)
        append(panels.names, "%s ", schedules.keys[k]->schedule);
    for (size_t k = 0; k < others.count; k++)
        append(panels.levels, "%s ", others.keys[k]->backend);
    for (size_t i = 0; i < tables->speedup_count && count < PANELS_MAX; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        if (!is_baseline(&tables->speedup[i]) || strcmp(key->kernel, plot->shown->kernel) != 0 ||
            key->shortcuts != plot->shown->shortcuts)
            continue;
        append(panels.panels, "%s ", key->view);
        append_rows(tables, key, &schedules, panels.rows);
        append_rows(tables, key, &others, panels.level_rows);
        count++;
    }
    return draw_panels(&panels, plot);
}

int rowplots_kernels(const struct tables *tables, const struct rowplot *plot) {
    struct contestants backends = {.count = 0};
    struct panels panels = {.title = "targets"};
    unsigned count = 0;
    find_contestants(&backends, tables, false, plot->workers);
    find_contestants(&backends, tables, true, plot->workers);
    for (size_t k = 0; k < backends.count; k++)
        append(panels.names, "%s ", backends.keys[k]->backend);
    for (size_t i = 0; i < tables->speedup_count && count < PANELS_MAX; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        if (!is_baseline(&tables->speedup[i]))
            continue;
        append(panels.panels, "'%s, batch %llu' ", key->kernel, (unsigned long long)key->batch);
        append_rows(tables, key, &backends, panels.rows);
        count++;
    }
    return draw_panels(&panels, plot);
}
