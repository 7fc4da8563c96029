/* Lists of rows for gnuplot; contracts in rowplots.h. */
#include "bench/report/rowplots.h"

#include "bench/report/selection.h"
#include "bench/report/support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LIST_SIZE 1024
#define VIEWS_MAX 2 /* panels of a figure */

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

/* Whoever is drawn in some view. */
struct contestants {
    const struct table_key *keys[64];
    size_t count;
};

/* With a schedule, or without; each once, in the order of the plan. */
static struct contestants find_contestants(const struct tables *tables, bool scheduled,
                                           uint64_t workers) {
    struct contestants found = {.count = 0};
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        bool known = strcmp(key->role, "case") != 0 || key->workers != workers ||
                     (*key->schedule != '\0') != scheduled;
        for (size_t k = 0; k < found.count; k++)
            known |= strcmp(found.keys[k]->backend, key->backend) == 0 &&
                     strcmp(found.keys[k]->schedule, key->schedule) == 0;
        if (!known && found.count < sizeof found.keys / sizeof *found.keys)
            found.keys[found.count++] = key;
    }
    return found;
}

/* The row of a contestant in the group of that baseline; "-1": there is none. */
static void append_row(const struct tables *tables, const struct table_key *baseline,
                       const struct table_key *contestant, char rows[LIST_SIZE]) {
    struct table_key key = *baseline;
    memcpy(key.role, contestant->role, sizeof key.role);
    memcpy(key.backend, contestant->backend, sizeof key.backend);
    memcpy(key.schedule, contestant->schedule, sizeof key.schedule);
    key.workers = contestant->workers;
    const struct speedup_row *row = selection_speedup(tables, &key);
    append(rows, "%td ", row ? row - tables->speedup : -1);
}

int rowplots_schedule(const struct tables *tables, const struct rowplot *plot) {
    struct contestants schedules = find_contestants(tables, true, plot->workers);
    struct contestants others = find_contestants(tables, false, plot->workers);
    char names[LIST_SIZE] = "", levels[LIST_SIZE] = "", views[LIST_SIZE] = "";
    char rows[LIST_SIZE] = "", level_rows[LIST_SIZE] = "", workers[16];
    unsigned panels = 0;
    for (size_t k = 0; k < schedules.count; k++)
        append(names, "%s ", schedules.keys[k]->schedule);
    for (size_t k = 0; k < others.count; k++)
        append(levels, "%s ", others.keys[k]->backend);
    for (size_t i = 0; i < tables->speedup_count && panels < VIEWS_MAX; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        if (strcmp(key->role, "baseline") != 0 || strcmp(key->kernel, plot->shown->kernel) != 0 ||
            key->shortcuts != plot->shown->shortcuts)
            continue;
        append(views, "%s ", key->view);
        panels++;
        for (size_t k = 0; k < schedules.count; k++)
            append_row(tables, key, schedules.keys[k], rows);
        for (size_t k = 0; k < others.count; k++)
            append_row(tables, key, others.keys[k], level_rows);
    }
    snprintf(workers, sizeof workers, "%llu", (unsigned long long)plot->workers);
    const char *const arguments[] = {
        plot->directory, names, plot->subtitle, workers, views, rows, levels, level_rows, NULL};
    return schedules.count ? support_plot("schedule.gp", arguments) : 0;
}
