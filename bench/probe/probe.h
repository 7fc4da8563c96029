/* Probe: an experiment of a few fixed cases that measures something else than the plan's renders:
 * what its samples and its table are, and how they are told to a person. From that follows its
 * report; its samples are taken by bench/measure/blocks.h. */
#ifndef BENCH_PROBE_PROBE_H
#define BENCH_PROBE_PROBE_H

#include "bench/campaign/campaign.h"
#include "bench/campaign/csv.h"
#include "bench/probe/panel.h"
#include "bench/tables/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe {
    /* Samples: besides the columns of every raw file, user_s, sys_s and other_cpu_s. */
    const char *raw; /* the raw file's name in the campaign */
    const struct csv_file *samples;
    size_t sample_bytes;
    uint32_t (*cases)(void);
    bool (*is_of)(const void *sample, uint32_t index); /* Is it one of that case? */
    uint32_t (*beside)(uint32_t index); /* the case that this one is compared with; maybe itself */

    /* The table: a row for each case with a sample that counts, in their order. */
    const struct table *table; /* without its rows */
    void (*derive)(void *row, const struct panel *panel, uint32_t index);

    /* Figures; 0 or the errors of support_plot. */
    int (*draw)(const struct table *table, const struct campaign *campaign);
    void (*print)(const struct table *table, const struct campaign *campaign);
    /* The result in a sentence, or "". */
    void (*answer)(const struct table *table, bool any_wrong, char *sentence, size_t size);
    const char *disturbed; /* what follows when other processes ran: "so times are too long" */
};

/* The table's rows: 0 and *table, whose rows the caller frees; or -ENOMEM. Arranges the panel. */
int probe_tabulate(struct panel *panel, struct table *table);

/* Derives, draws and prints everything; as instrument.h says. */
int probe_report(const struct probe *probe, const struct campaign *campaign);

/* Parts of what is printed: the question; and where it was asked, with `blocks` of the planned. */
void probe_print_question(const struct campaign *campaign);
void probe_print_machine(const struct campaign *campaign, uint64_t blocks);

#endif
