/* Running gnuplot; contracts in plots.h. Names reach the scripts as arguments, never as code, and
 * every path begins with '/', so gnuplot takes none for a command. */
#include "bench/report/plots.h"

#include "base/log.h"
#include "base/size.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/experiments/experiment.h"
#include "bench/report/rowplots.h"
#include "bench/report/selection.h"
#include "bench/report/support.h"
#include "bench/report/terminal.h"

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

/* What was asked for: a picture that is smaller has batches that are. */
static uint64_t largest_batch(const struct tables *tables) {
    uint64_t largest = 0;
    for (size_t i = 0; i < tables->speedup_count; i++)
        largest = size_max(largest, tables->speedup[i].key.batch);
    return largest;
}

/* What all points of a figure have in common. */
static void describe(const struct campaign *campaign, const struct tables *tables,
                     const struct table_key *key, enum axis along, char *subtitle, size_t size) {
    uint64_t pixels = along == AXIS_PIXELS ? largest_batch(tables) : key->batch;
    char picture[128], size_text[48] = "", batch[48] = "", kernel[TERMINAL_KERNEL_SIZE];
    bool of_all = along == AXIS_KERNELS; /* a panel for each kernel, with batches of its own */
    struct table_key named = *key;
    if (along == AXIS_PIXELS)
        named.pixels_differing = CSV_NO_WHOLE; /* it is another number for each picture */
    if (along != AXIS_PIXELS)
        snprintf(size_text, sizeof size_text, "%llux%llu", (unsigned long long)key->width,
                 (unsigned long long)key->height);
    /* Of schedules there is a panel for each view. */
    bool both = along != AXIS_PIXELS && along != AXIS_SCHEDULE;
    snprintf(picture, sizeof picture, "%s%s%s", along == AXIS_SCHEDULE ? "" : key->view,
             both ? " " : "", size_text);
    if (along != AXIS_BATCH)
        snprintf(batch, sizeof batch, ", batch %llu", (unsigned long long)pixels);
    snprintf(subtitle, size, "%s%s%s%s · %.60s, %u usable CPU%s", picture,
             of_all ? "" : ", kernel ", of_all ? "" : terminal_kernel(&named, kernel),
             of_all ? "" : batch, campaign->machine.cpu, campaign->plan.usable_cpus,
             campaign->plan.usable_cpus == 1 ? "" : "s");
    text_tame(subtitle); /* a name that was cut */
}

/* As many usable CPUs as are whole cores: beyond, two share one. All, where that is not known. */
static unsigned whole_cores(const struct campaign *campaign) {
    unsigned cores = campaign->machine.physical_cores, cpus = campaign->plan.usable_cpus;
    return cores && cores < cpus ? cores : cpus;
}

/* What a script is given. */
struct figure {
    char directory[PATH_MAX], names[NAMES_SIZE], setting[448];
    char subtitle[480], panels[480]; /* scripts know which intervals there are, and add that */
    char cpus[16], cores[16], serial[40];
    char workers[16]; /* of figures that show one number of them */
    char kind[112];   /* "KERNEL SHORTCUTS VIEW" */
};

static int run_script(const char *file, const struct figure *figure, const char *const extra[]) {
    const char *arguments[16] = {figure->directory, figure->names, figure->subtitle, figure->cpus,
                                 figure->kind};
    for (size_t count = 5; *extra && count < 15; extra++)
        arguments[count++] = *extra;
    return support_plot(file, arguments);
}

static bool same_picture(const struct table_key *a, const struct table_key *b) {
    return strcmp(a->view, b->view) == 0 && a->width == b->width && a->height == b->height &&
           a->max_iter == b->max_iter;
}

/* A figure for each backend that has a trace; its rows lie together. */
static int draw_gantt(const struct tables *tables, const struct figure *figure) {
    int err = 0;
    for (size_t i = 0; !err && i < tables->gantt_count; i++) {
        const char *backend = tables->gantt[i].backend;
        const char *const arguments[] = {figure->directory, backend, figure->setting, NULL};
        if (i == 0 || strcmp(tables->gantt[i - 1].backend, backend) != 0)
            err = support_plot("gantt.gp", arguments);
    }
    return err;
}

/* The figures of an experiment follow what it varies. */
static int draw_along(enum axis along, const struct tables *tables, const struct figure *figure,
                      const struct rowplot *rowplot) {
    const char *const workers[] = {figure->serial, figure->cores, NULL};
    const char *const fixed[] = {figure->directory, figure->names, figure->subtitle,
                                 figure->workers,   figure->kind,  NULL};
    switch (along) {
    case AXIS_WORKERS:
        return run_script("scaling.gp", figure, workers);
    case AXIS_BATCH:
        return tables->granularity_count ? support_plot("granularity.gp", fixed) : 0;
    case AXIS_PIXELS:
        return support_plot("crossover.gp", fixed);
    case AXIS_SCHEDULE:
        return rowplots_schedule(tables, rowplot);
    case AXIS_KERNELS:
        return rowplots_kernels(tables, rowplot);
    }
    return 0;
}

/* Do cases of one picture differ in their batches as well as in their workers? */
static bool has_heat(const struct tables *tables, const struct speedup_row *baseline) {
    uint64_t workers = CSV_NO_WHOLE;
    bool batches_differ = false, workers_differ = false;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct table_key *key = &tables->speedup[i].key;
        if (strcmp(key->role, "case") != 0 || strcmp(key->kernel, baseline->key.kernel) != 0)
            continue;
        if (!same_picture(key, &baseline->key))
            return false;
        batches_differ |= key->batch != baseline->key.batch;
        workers_differ |= workers != CSV_NO_WHOLE && key->workers != workers;
        workers = key->workers;
    }
    return batches_differ && workers_differ;
}

/* The figures that every campaign has. */
static int draw_common(const struct tables *tables, const struct speedup_row *baseline,
                       const struct figure *figure, const struct rowplot *rowplot) {
    const char *const cpu[] = {figure->directory, figure->names, figure->subtitle,
                               figure->cpus,      figure->kind,  NULL};
    const char *const order[] = {figure->directory, figure->subtitle, NULL};
    const char *const heat[] = {figure->directory, figure->names, figure->subtitle, figure->kind,
                                NULL};
    int err = rowplots_loss(tables, rowplot);
    if (!err)
        err = draw_gantt(tables, figure);
    if (!err)
        err = support_plot("cpu.gp", cpu);
    if (!err && baseline->n > 1) /* a sample against itself shows nothing */
        err = support_plot("order.gp", order);
    if (!err && tables->granularity_count && has_heat(tables, baseline))
        err = support_plot("heat.gp", heat);
    return err;
}

int plots_draw(const struct tables *tables, const struct campaign *campaign) {
    const struct speedup_row *baseline = find_baseline(tables);
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    struct figure figure;
    if (!baseline || !experiment)
        return 0;
    name_backends(tables, figure.names);
    bool serial_alone = !*figure.names;
    if (serial_alone && experiment->along != AXIS_BATCH)
        return 0;
    const struct table_key *key = &baseline->key;
    describe(campaign, tables, key, experiment->along, figure.setting, sizeof figure.setting);
    snprintf(figure.panels, sizeof figure.panels, "%s · n = %llu", figure.setting,
             (unsigned long long)baseline->n);
    if (experiment->along == AXIS_KERNELS) /* whose other figures are of the first kernel */
        describe(campaign, tables, key, AXIS_WORKERS, figure.setting, sizeof figure.setting);
    snprintf(figure.subtitle, sizeof figure.subtitle, "%s · n = %llu", figure.setting,
             (unsigned long long)baseline->n);
    describe(campaign, tables, key, AXIS_WORKERS, figure.setting, sizeof figure.setting);
    snprintf(figure.cpus, sizeof figure.cpus, "%u", campaign->plan.usable_cpus);
    snprintf(figure.cores, sizeof figure.cores, "%u", whole_cores(campaign));
    snprintf(figure.serial, sizeof figure.serial, "%.17g", baseline->median_s);
    snprintf(figure.kind, sizeof figure.kind, "%s %s %s", baseline->key.kernel,
             baseline->key.shortcuts == CSV_TRUE ? "true" : "false", baseline->key.view);
    if (!realpath(campaign->directory, figure.directory))
        return -errno;
    uint64_t workers = serial_alone ? 1 : selection_workers(tables, campaign->plan.usable_cpus);
    snprintf(figure.workers, sizeof figure.workers, "%llu", (unsigned long long)workers);
    const struct rowplot loss = {figure.directory, figure.setting, key, workers};
    const struct rowplot panels = {figure.directory, figure.panels, key, workers};
    int err = draw_along(experiment->along, tables, &figure, &panels);
    return err || serial_alone ? err : draw_common(tables, baseline, &figure, &loss);
}

int plots_status(int drawn, const struct campaign *campaign) {
    switch (drawn) {
    case 0:
        return EXIT_DONE;
    case -ENOENT:
        log_say("no plots: gnuplot is not installed (make deps installs it)");
        return EXIT_DONE;
    case -ENOSYS:
        log_say(
            "no plots: the scripts for gnuplot are not where this program was built or installed");
        return EXIT_DONE;
    default:
        log_say("cannot draw plots into '%.256s/plots': %s", campaign->directory, strerror(-drawn));
        return EXIT_REFUSED_BY_SYSTEM;
    }
}
