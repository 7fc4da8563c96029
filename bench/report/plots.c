/* Running gnuplot; contracts in plots.h. Names reach the scripts as arguments, never as code, and
 * every path begins with '/', so gnuplot takes none for a command. */
#include "bench/report/plots.h"

#include "bench/report/support.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SIZE 1024

static bool names_have(const char *names, const char *name) {
    size_t length = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* The backends, the fastest at its largest number of workers within the CPUs first: the order of
 * the key. */
static void name_backends(const struct tables *tables, char names[NAMES_SIZE]) {
    names[0] = '\0';
    for (size_t i = 0; i < tables->ranking_count; i++) {
        const struct table_key *key = &tables->ranking[i].key;
        if (strcmp(key->backend, "serial") == 0 || names_have(names, key->backend))
            continue;
        size_t used = strlen(names);
        snprintf(names + used, NAMES_SIZE - used, "%s%s", used ? " " : "", key->backend);
    }
}

/* The first baseline: figures show one workload and kernel. */
static const struct speedup_row *find_baseline(const struct tables *tables) {
    for (size_t i = 0; i < tables->speedup_count; i++)
        if (strcmp(tables->speedup[i].key.role, "baseline") == 0)
            return &tables->speedup[i];
    return NULL;
}

static void describe(const struct campaign *campaign, const struct speedup_row *baseline,
                     char *subtitle, size_t size) {
    const struct table_key *key = &baseline->key;
    snprintf(
        subtitle, size,
        "%s %llux%llu, kernel %s, batch %llu · %.60s, %u usable CPU%s · n = %llu, 95 %% intervals",
        key->view, (unsigned long long)key->width, (unsigned long long)key->height, key->kernel,
        (unsigned long long)key->batch, campaign->machine.cpu, campaign->plan.usable_cpus,
        campaign->plan.usable_cpus == 1 ? "" : "s", (unsigned long long)baseline->n);
}

int plots_draw(const struct tables *tables, const struct campaign *campaign) {
    const struct speedup_row *baseline = find_baseline(tables);
    char directory[PATH_MAX], script[2048], names[NAMES_SIZE], subtitle[512], cpus[16], serial[40];
    if (!baseline)
        return 0;
    name_backends(tables, names);
    if (!*names)
        return 0;
    describe(campaign, baseline, subtitle, sizeof subtitle);
    snprintf(cpus, sizeof cpus, "%u", campaign->plan.usable_cpus);
    snprintf(serial, sizeof serial, "%.17g", baseline->median_s);
    if (!realpath(campaign->directory, directory))
        return -errno;
    int err = support_find("scaling.gp", script, sizeof script);
    if (err)
        return err;
    char *argv[] = {(char[]){"gnuplot"},
                    (char[]){"-c"},
                    script,
                    directory,
                    names,
                    subtitle,
                    cpus,
                    (char *)(uintptr_t)baseline->key.kernel,
                    serial,
                    NULL};
    int status = support_run(argv);
    return status > 0 ? -EIO : status;
}
