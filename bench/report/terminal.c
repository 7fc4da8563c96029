/* The readable table; contracts in terminal.h. Every number stands in a CSV of the campaign. */
#include "bench/report/terminal.h"
#include "bench/report/files.h"

#include "bench/experiments/experiment.h"
#include "bench/report/doubts.h"
#include "bench/report/efficiency.h"
#include "bench/report/selection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "[1.90, 1.95]", or spaces when there is no interval. */
static const char *interval(double lo, double hi, char text[32]) {
    if (isnan(lo) || isnan(hi))
        snprintf(text, 32, "%14s", "");
    else
        snprintf(text, 32, "[%5.2f, %5.2f]", lo, hi);
    return text;
}

const char *terminal_kernel(const struct table_key *key, char text[TERMINAL_KERNEL_SIZE]) {
    char exact[64] = "";
    if (key->exact != CSV_TRUE && key->pixels_differing != CSV_NO_WHOLE)
        snprintf(exact, sizeof exact, " (inexact: %llu pixels differ)",
                 (unsigned long long)key->pixels_differing);
    else if (key->exact != CSV_TRUE)
        snprintf(exact, sizeof exact, " (inexact)");
    snprintf(text, TERMINAL_KERNEL_SIZE, "%s%s%s", key->kernel, exact,
             key->shortcuts == CSV_TRUE ? " with shortcuts" : "");
    return text;
}

static void print_heading(const struct table_key *key, uint64_t blocks,
                          const struct campaign *campaign) {
    char kernel[TERMINAL_KERNEL_SIZE];
    printf("\n%s %llux%llu, at most %llu iterations, kernel %s, batches of %llu pixels\n",
           key->view, (unsigned long long)key->width, (unsigned long long)key->height,
           (unsigned long long)key->max_iter, terminal_kernel(key, kernel),
           (unsigned long long)key->batch);
    printf("%s, %u usable CPU%s, %llu of %s%llu blocks\n\n", campaign->machine.cpu,
           campaign->plan.usable_cpus, campaign->plan.usable_cpus == 1 ? "" : "s",
           (unsigned long long)blocks, campaign->looks.count > 1 ? "at most " : "",
           (unsigned long long)campaign->blocks);
    printf("  %-17s %7s %11s %16s %8s %16s %11s   %s\n", "backend", "workers", "render",
           "at best, of it", "speedup", "95 % interval", "efficiency", "against serial");
}

/* "  18.120 ms  97 %": the least that it can take, and how much of the time that is. */
static const char *bound(const struct speedup_row *row, char text[32]) {
    if (isnan(row->bound_s))
        snprintf(text, 32, "%16s", "");
    else
        snprintf(text, 32, "%8.3f ms %3.0f %%", row->bound_s * 1e3, row->pct_of_bound);
    return text;
}

static void print_speedup(const struct tables *tables, const struct speedup_row *row,
                          unsigned usable_cpus) {
    char text[32], name[SELECTION_NAME_SIZE];
    bool over = row->key.workers > usable_cpus;
    bool baseline = strcmp(row->key.role, "baseline") == 0;
    printf("  %-17s %6llu%c %8.3f ms %s", selection_name(tables, &row->key, name),
           (unsigned long long)row->key.workers, over ? '*' : ' ', row->median_s * 1e3,
           bound(row, text));
    if (baseline)
        printf(" %7.2fx %16s %11s   baseline\n", 1.0, "", "");
    else
        printf(" %7.2fx %16s %9.0f %%   %s\n", row->speedup,
               interval(row->speedup_lo, row->speedup_hi, text), row->efficiency * 100,
               row->verdict);
}

static void print_second(const struct tables *tables, const struct ranking_row *second) {
    char name[SELECTION_NAME_SIZE];
    printf("  Next: %s with %llu, %.3f times the winner's time",
           selection_name(tables, &second->key, name), (unsigned long long)second->key.workers,
           second->ratio_to_best);
    if (strcmp(second->verdict, "slower") == 0)
        printf(" [%.3f, %.3f].\n", second->ratio_lo, second->ratio_hi);
    else
        printf(": not resolved, they may be equal.\n");
}

/* Who won, by how much, and whether the second can be told apart. */
static void print_winner(const struct tables *tables, const struct table_key *group) {
    const struct ranking_row *first = NULL, *second = NULL;
    char name[SELECTION_NAME_SIZE];
    for (size_t i = 0; i < tables->ranking_count; i++) {
        const struct ranking_row *row = &tables->ranking[i];
        if (!table_key_same_group(&row->key, group))
            continue;
        if (row->rank == 1)
            first = row;
        if (row->rank == 2)
            second = row;
    }
    if (!first)
        return;
    const struct speedup_row *row = selection_speedup(tables, &first->key);
    bool resolved = selection_any_interval(tables) && !tables_are_suspect(tables);
    printf("  Winner: %s%s with %llu worker%s, %.2f ms",
           resolved ? "" : "not resolved; the shortest median is that of ",
           selection_name(tables, &first->key, name), (unsigned long long)first->key.workers,
           first->key.workers == 1 ? "" : "s", first->median_s * 1e3);
    if (row && strcmp(row->key.role, "case") == 0)
        printf(", %.2f times as fast as serial", row->speedup);
    printf(".\n");
    if (second)
        print_second(tables, second);
}

/* Serial pays for small batches itself: how much, where the campaign has others. */
static void print_granularity(const struct tables *tables, const struct table_key *group) {
    for (size_t i = 0; i < tables->granularity_count; i++) {
        const struct granularity_row *row = &tables->granularity[i];
        if (strcmp(row->key.role, "baseline") == 0 && table_key_same_group(&row->key, group) &&
            row->serial_batch != row->key.batch)
            printf(
                "  Serial at its best, with batches of %llu pixels, takes %.3f ms: here it takes "
                "%.2f times that.\n",
                (unsigned long long)row->serial_batch, row->serial_s * 1e3,
                row->median_s / row->serial_s);
    }
}

/* Each backend's largest loss, all at the same number of workers. */
static void print_losses(const struct tables *tables, const struct table_key *group,
                         uint64_t workers) {
    char text[SELECTION_SENTENCE_SIZE];
    bool any = false, any_other = false;
    for (size_t r = 0; r < tables->ranking_count; r++) {
        const struct ranking_row *ranking = &tables->ranking[r];
        const struct loss_row *loss = table_key_same_group(&ranking->key, group)
                                          ? selection_loss(tables, ranking, workers)
                                          : NULL;
        if (!loss)
            continue;
        double accounted = selection_accounted(tables, loss);
        bool differs = selection_differs(accounted);
        printf("%s  %s.", any ? "" : "\n  Why not faster?\n",
               selection_sentence(tables, loss, text));
        printf(differs ? " (x %.2f)\n" : "\n", accounted);
        any_other |= differs;
        any = true;
    }
    if (any_other)
        printf("  (x ...): losses are of renders after the timed ones, which took so many times as "
               "long.\n");
}

static void print_group(const struct tables *tables, const struct campaign *campaign,
                        const struct table_key *group, uint64_t blocks) {
    bool any_over = false;
    print_heading(group, blocks, campaign);
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        if (!table_key_same_group(&row->key, group) || strcmp(row->key.role, "control") == 0)
            continue;
        print_speedup(tables, row, campaign->plan.usable_cpus);
        any_over |= row->key.workers > campaign->plan.usable_cpus;
    }
    if (any_over)
        printf("  * more workers than usable CPUs: they take turns\n");
    doubts_print_group(tables, group);
    print_winner(tables, group);
    print_granularity(tables, group);
    print_losses(tables, group, selection_workers(tables, campaign->plan.usable_cpus));
}

/* Pictures of other sizes differ in other pixels, so their number is left out. */
static void print_threshold_heading(const struct threshold_row *row, bool batch) {
    struct table_key key = row->key;
    char kernel[TERMINAL_KERNEL_SIZE];
    key.pixels_differing = CSV_NO_WHOLE;
    printf("\n  %s, kernel %s\n",
           batch
               ? "Smallest batch that keeps half of the best efficiency, against serial at its best"
               : "Smallest picture from which on it is faster than serial",
           terminal_kernel(&key, kernel));
}

static void print_thresholds(const struct tables *tables) {
    char name[SELECTION_NAME_SIZE];
    for (size_t i = 0; i < tables->threshold_count; i++) {
        const struct threshold_row *row = &tables->threshold[i];
        bool batch = strcmp(row->criterion, "faster than serial") != 0;
        const struct table_key *before = i ? &tables->threshold[i - 1].key : NULL;
        if (!before || strcmp(before->kernel, row->key.kernel) != 0 ||
            before->shortcuts != row->key.shortcuts)
            print_threshold_heading(row, batch);
        printf("  %-17s %6llu  ", selection_name(tables, &row->key, name),
               (unsigned long long)row->key.workers);
        if (row->threshold == CSV_NO_WHOLE)
            printf("%17s", "none of these");
        else
            printf("%10llu pixels", (unsigned long long)row->threshold);
        if (!isnan(row->efficiency))
            printf("   with %.0f %%", row->efficiency * 100);
        if (!isnan(row->crossing))
            printf("   medians cross at about %.0f", row->crossing);
        printf("\n");
    }
}

static void print_plumbing(const struct tables *tables) {
    if (!tables->plumbing_count)
        return;
    printf("\n  Plumbing (null kernel: all that sharing costs)\n"
           "  %-14s %7s %11s %14s %14s %14s\n",
           "backend", "workers", "render", "per batch", "start", "end");
    for (size_t i = 0; i < tables->plumbing_count; i++) {
        const struct plumbing_row *row = &tables->plumbing[i];
        printf("  %-14s %6llu  %8.3f ms %11.3f us %11.3f ms %11.3f ms\n", row->key.backend,
               (unsigned long long)row->key.workers, row->median_s * 1e3, row->per_batch_s * 1e6,
               row->open_s * 1e3, row->close_s * 1e3);
    }
}

static void print_outside(const struct tables *tables) {
    if (!tables->outside_count)
        return;
    double least = 1, most = 0;
    printf("\n  Whole processes, as hyperfine sees them and as they see themselves\n"
           "  %-14s %7s %14s %14s %20s\n",
           "backend", "workers", "hyperfine", "mandel", "difference");
    for (size_t i = 0; i < tables->outside_count; i++) {
        const struct outside_row *row = &tables->outside[i];
        printf("  %-14s %6llu  %11.2f ms %11.2f ms %11.2f ms %4.1f %%\n", row->backend,
               (unsigned long long)row->workers, row->outside_s * 1e3, row->inside_s * 1e3,
               row->difference_s * 1e3, (1 - row->inside_share) * 100);
        least = fmin(least, row->inside_share);
        most = fmax(most, row->inside_share);
    }
    printf(
        "  Inside and outside agree within %.1f to %.1f %%: loading the program and ending it.\n",
        (1 - most) * 100, (1 - least) * 100);
}

void terminal_print(const struct tables *tables, const struct campaign *campaign) {
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    printf("\n%s: %s\n", campaign->plan.experiment, experiment ? experiment->summary : "");
    doubts_print_suspect(tables);
    for (size_t i = 0; i < tables->speedup_count; i++)
        if (strcmp(tables->speedup[i].key.role, "baseline") == 0)
            print_group(tables, campaign, &tables->speedup[i].key, tables->speedup[i].n);
    print_thresholds(tables);
    if (experiment && experiment->along == AXIS_KERNELS)
        efficiency_print(tables, selection_workers(tables, campaign->plan.usable_cpus));
    if (experiment && experiment->along == AXIS_WORKERS)
        print_plumbing(tables);
    print_outside(tables);
    files_print(campaign, "speedup.csv loss.csv factors.csv summary.csv ranking.csv plumbing.csv "
                          "batches.csv raw.csv");
}
