/* loss.csv: where the workers' time went, in percent of workers × wall. Seconds are added up over
 * all blocks before they are divided, so that the parts still add up to 100 %: medians would not.
 */
#include "bench/tables/bounds.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From how busy a coordinator on, workers that wait for work or send counts wait for it. */
#define COORDINATOR_BUSY_PCT 50

/* Empty: the backend has no such phase. */
static double seconds(double value) {
    return isnan(value) ? 0 : value;
}

/* The row's seconds in the parts of a loss; serial's computing of the same block is the ideal. */
static void add_block(struct loss_row *loss, const struct raw_row *row,
                      const struct raw_row *serial) {
    loss->n++;
    loss->worker_s += (double)row->workers * row->accounted_s;
    loss->ideal_pct += serial->compute_s;
    loss->extra_pct += row->compute_s - serial->compute_s;
    loss->wait_pct += seconds(row->wait_s);
    loss->send_pct += seconds(row->send_s);
    loss->end_wait_pct += seconds(row->end_wait_s);
    loss->descheduled_pct += seconds(row->descheduled_s);
    loss->start_pct += seconds(row->start_s);
    loss->residual_pct += seconds(row->residual_s);
    loss->coordinator_pct += bounds_coordinator_s(row) * (double)row->workers;
}

static bool is_accounted(const struct raw_row *row) {
    return row && csv_is_time(row->accounted_s) && !isnan(row->compute_s);
}

/* Seconds → percent of all, and the mean over the blocks of all. */
static void divide(struct loss_row *loss) {
    double *const parts[] = {&loss->ideal_pct, &loss->extra_pct,    &loss->wait_pct,
                             &loss->send_pct,  &loss->end_wait_pct, &loss->descheduled_pct,
                             &loss->start_pct, &loss->residual_pct, &loss->coordinator_pct};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        *parts[i] *= 100 / loss->worker_s;
    loss->worker_s /= (double)loss->n;
    loss->lost_pct = 100 - loss->ideal_pct;
}

static void name_largest(struct loss_row *loss) {
    const struct {
        const char *name, *doing;
        double pct;
    } parts[] = {
        {"extra", "computing more slowly than serial", loss->extra_pct},
        {"wait", "waiting for work", loss->wait_pct},
        {"send", "sending counts", loss->send_pct},
        {"end_wait", "waiting for the end", loss->end_wait_pct},
        {"descheduled", "off the CPU", loss->descheduled_pct},
        {"start", "starting", loss->start_pct},
        {"residual", "in what is not accounted for", loss->residual_pct},
    };
    size_t largest = 0;
    for (size_t i = 1; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].pct > parts[largest].pct)
            largest = i;
    bool meets =
        strcmp(parts[largest].name, "wait") == 0 || strcmp(parts[largest].name, "send") == 0;
    char coordinator[64] = "";
    if (meets && loss->coordinator_pct >= COORDINATOR_BUSY_PCT)
        snprintf(coordinator, sizeof coordinator, "; its coordinator is busy %.0f %% of the time",
                 loss->coordinator_pct);
    snprintf(loss->largest, sizeof loss->largest, "%s", parts[largest].name);
    loss->largest_pct = parts[largest].pct;
    snprintf(loss->sentence, sizeof loss->sentence,
             "%s loses most, %.1f %% of its worker%s time, %s%s", loss->key.backend,
             loss->largest_pct, loss->key.workers == 1 ? "'s" : "s'", parts[largest].doing,
             coordinator);
}

int loss_make(struct tables *tables, const struct cells *cells) {
    tables->loss = calloc(cells->count + 1, sizeof *tables->loss);
    if (!tables->loss)
        return -ENOMEM;
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        struct loss_row *row = &tables->loss[tables->loss_count];
        for (uint64_t block = 0; cell->baseline && block < cells->blocks; block++)
            if (is_accounted(cell->rows[block]) && is_accounted(cell->baseline->rows[block]))
                add_block(row, cell->rows[block], cell->baseline->rows[block]);
        if (row->n == 0)
            continue;
        row->key = table_key_of(cells, cell);
        divide(row);
        name_largest(row);
        tables->loss_count++;
    }
    return 0;
}

const struct loss_row *loss_of(const struct tables *tables, const struct table_key *key) {
    for (size_t i = 0; i < tables->loss_count; i++)
        if (table_key_same(&tables->loss[i].key, key))
            return &tables->loss[i];
    return NULL;
}
