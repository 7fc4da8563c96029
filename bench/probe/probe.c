/* Reporting a probe; contracts in probe.h. */
#include "bench/probe/probe.h"

#include "base/log.h"
#include "base/standard.h"
#include "base/version.h"
#include "bench/experiments/experiment.h"
#include "bench/page/page.h"
#include "bench/report/plots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int probe_tabulate(struct panel *panel, struct table *table) {
    const struct probe *probe = panel->probe;
    *table = *probe->table;
    int err = panel_arrange(panel);
    if (err)
        return err;
    char *rows = calloc(panel->cases, table->row_bytes);
    if (!rows)
        return -ENOMEM;
    for (uint32_t i = 0; i < panel->cases; i++)
        if (panel_first(panel, i))
            probe->derive(rows + table->row_count++ * table->row_bytes, panel, i);
    table->rows = rows;
    return 0;
}

static int write_page(const struct probe *probe, const struct table *table,
                      const struct campaign *campaign, bool any_wrong,
                      const struct remarks *remarks) {
    char sentence[512];
    probe->answer(table, any_wrong, sentence, sizeof sentence);
    const struct page page = {.campaign = campaign, .answer = sentence, .remarks = remarks};
    return page_status(&page);
}

/* Draws, prints and remarks what the table says. The exit status. */
static int show(const struct panel *panel, const struct table *table, struct remarks *remarks) {
    const struct probe *probe = panel->probe;
    const struct campaign *campaign = panel->campaign;
    int status = plots_status(probe->draw(table, campaign), campaign);
    probe->print(table, campaign);
    if (panel_was_disturbed(panel))
        remark(remarks,
               "this machine was not free: other processes ran during the samples (other_cpu_s in "
               "%s), %s",
               probe->raw, probe->disturbed);
    return standard_flush() == EXIT_DONE ? status : EXIT_REFUSED_BY_SYSTEM;
}

static int derive(struct panel *panel) {
    const struct probe *probe = panel->probe;
    const struct campaign *campaign = panel->campaign;
    struct table table;
    struct remarks remarks = {0};
    bool any_wrong = panel_any_wrong(panel);
    int status = EXIT_REFUSED_BY_SYSTEM, err = probe_tabulate(panel, &table);
    if (!err)
        err = table_write(&table, campaign);
    if (err)
        log_say("cannot write %s into '%.256s': %s", table.file, campaign->directory,
                strerror(-err));
    else
        status = show(panel, &table, &remarks);
    if (any_wrong) {
        remark(&remarks, "some results were wrong: see status in '%.256s/%s'", campaign->directory,
               probe->raw);
        status = EXIT_WRONG;
    }
    if (!err && write_page(probe, &table, campaign, any_wrong, &remarks) != EXIT_DONE && !status)
        status = EXIT_REFUSED_BY_SYSTEM;
    free((void *)table.rows);
    return status;
}

int probe_report(const struct probe *probe, const struct campaign *campaign) {
    struct panel panel;
    size_t bad_line;
    char path[CAMPAIGN_PATH_SIZE + 128];
    int err =
        panel_read(&panel, probe, campaign, campaign_path(campaign, probe->raw, path), &bad_line);
    int status = EXIT_USAGE;
    if (err == -EPROTO)
        log_say("'%.256s', line %zu: malformed", path, bad_line);
    else if (err)
        log_say("cannot read '%.256s': %s", path, strerror(-err));
    else
        status = derive(&panel);
    panel_free(&panel);
    return status;
}

void probe_print_question(const struct campaign *campaign) {
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    printf("\n%s: %s\n\n", campaign->plan.experiment, experiment ? experiment->summary : "");
}

void probe_print_machine(const struct campaign *campaign, uint64_t blocks) {
    printf("%s, %u usable CPU%s, %llu of %llu blocks\n", campaign->machine.cpu,
           campaign->plan.usable_cpus, campaign->plan.usable_cpus == 1 ? "" : "s",
           (unsigned long long)blocks, (unsigned long long)campaign->blocks);
}
