/* Choosing rows and naming them; contracts in selection.h. */
#include "bench/report/selection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_case(const struct speedup_row *row) {
    return strcmp(row->key.role, "case") == 0;
}

static bool has_several_schedules(const struct tables *tables, const struct table_key *key) {
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct table_key *other = &tables->speedup[i].key;
        if (is_case(&tables->speedup[i]) && strcmp(other->backend, key->backend) == 0 &&
            strcmp(other->schedule, key->schedule) != 0)
            return true;
    }
    return false;
}

const char *selection_name(const struct tables *tables, const struct table_key *key,
                           char text[SELECTION_NAME_SIZE]) {
    bool usual = !*key->schedule ||
                 (strcmp(key->schedule, "dynamic") == 0 && !has_several_schedules(tables, key));
    snprintf(text, SELECTION_NAME_SIZE, "%s%s%s", key->backend, usual ? "" : " ",
             usual ? "" : key->schedule);
    return text;
}

uint64_t selection_workers(const struct tables *tables, unsigned usable_cpus) {
    uint64_t most = 0, least = 0;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        uint64_t workers = tables->speedup[i].key.workers;
        if (!is_case(&tables->speedup[i]))
            continue;
        if (workers <= usable_cpus && workers > most)
            most = workers;
        if (least == 0 || workers < least)
            least = workers;
    }
    return most ? most : least;
}

const struct speedup_row *selection_speedup(const struct tables *tables,
                                            const struct table_key *key) {
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct table_key *other = &tables->speedup[i].key;
        if (table_key_same_group(other, key) && strcmp(other->role, key->role) == 0 &&
            strcmp(other->backend, key->backend) == 0 && other->workers == key->workers &&
            strcmp(other->schedule, key->schedule) == 0)
            return &tables->speedup[i];
    }
    return NULL;
}

const struct speedup_row *selection_case(const struct tables *tables,
                                         const struct ranking_row *ranking, uint64_t workers) {
    const struct speedup_row *fastest = NULL;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        if (is_case(row) && row->key.workers == workers &&
            strcmp(row->key.backend, ranking->key.backend) == 0 &&
            table_key_same_group(&row->key, &ranking->key) &&
            (!fastest || row->median_s < fastest->median_s))
            fastest = row;
    }
    return fastest;
}

const struct loss_row *selection_loss(const struct tables *tables,
                                      const struct ranking_row *ranking, uint64_t workers) {
    const struct speedup_row *row = selection_case(tables, ranking, workers);
    const struct loss_row *loss = row ? loss_of(tables, &row->key) : NULL;
    return loss ? loss : loss_of(tables, &ranking->key);
}

const char *selection_sentence(const struct tables *tables, const struct loss_row *loss,
                               char text[SELECTION_SENTENCE_SIZE]) {
    char name[SELECTION_NAME_SIZE];
    size_t length = strlen(loss->key.backend); /* with which it begins */
    snprintf(text, SELECTION_SENTENCE_SIZE, "%s%s", selection_name(tables, &loss->key, name),
             loss->sentence + length);
    return text;
}

double selection_accounted(const struct tables *tables, const struct loss_row *loss) {
    const struct speedup_row *row = selection_speedup(tables, &loss->key);
    return row ? loss->worker_s / (double)loss->key.workers / row->median_s : NAN;
}

bool selection_differs(double accounted) {
    return accounted > 1.1 || accounted < 1 / 1.1;
}

bool selection_any_interval(const struct tables *tables) {
    for (size_t i = 0; i < tables->speedup_count; i++)
        if (is_case(&tables->speedup[i]) && !isnan(tables->speedup[i].speedup_lo))
            return true;
    return false;
}
