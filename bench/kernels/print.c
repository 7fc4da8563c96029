/* The readable table; contracts in print.h. Every number stands in kernels.csv or peak.csv. */
#include "bench/kernels/print.h"

#include "bench/experiments/experiment.h"
#include "bench/kernels/width.h"
#include "bench/report/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands under a heading of its own, since it must not be mixed. */
enum kind { EXACT, INEXACT, EFFECTIVE, INEXACT_EFFECTIVE, KINDS };

static enum kind kind_of(const struct rate_row *row) {
    bool inexact = row->key.exact != CSV_TRUE, shortcuts = row->key.shortcuts == CSV_TRUE;
    return (enum kind)((inexact ? INEXACT : EXACT) + (shortcuts ? EFFECTIVE : 0));
}

bool kernels_same_picture(const struct table_key *a, const struct table_key *b) {
    return strcmp(a->view, b->view) == 0 && a->width == b->width && a->height == b->height &&
           a->max_iter == b->max_iter && a->batch == b->batch;
}

/* "12.3", or nothing where there is no such number, right-aligned. */
static const char *number(double value, const char *unit, int width, int digits, char text[32]) {
    if (isnan(value))
        snprintf(text, 32, "%*s", width + (int)strlen(unit), "");
    else
        snprintf(text, 32, "%*.*f%s", width, digits, value, unit);
    return text;
}

static const char *interval(double lo, double hi, char text[32]) {
    *text = '\0';
    if (!isnan(lo) && !isnan(hi))
        snprintf(text, 32, "[%.2f, %.2f]", lo, hi);
    return text;
}

static void print_peak(const struct rates *rates, const struct width *width, uint64_t threads) {
    char text[32];
    if (!rates_peak(rates, width->name, width_chain_name(CHAIN_MUL), threads))
        return;
    printf("  %-8s %7llu ", width->name, (unsigned long long)threads);
    for (enum chain chain = 0; chain < CHAINS; chain++) {
        const struct peak_summary *peak =
            rates_peak(rates, width->name, width_chain_name(chain), threads);
        printf(" %s", number(peak ? peak->goperations_per_s : NAN, "", 7, 2, text));
    }
    for (enum chain chain = CHAIN_SIX; chain <= CHAIN_SEVEN; chain++) {
        const struct peak_summary *peak =
            rates_peak(rates, width->name, width_chain_name(chain), threads);
        if (!peak)
            continue;
        double bound = peak->goperations_per_s * width->lanes / width_operations(chain);
        printf("  %9.2f %15.1f %%\n", bound, (1 - peak->undisturbed) * 100);
        break;
    }
}

/* What the machine can do, and how steadily it did it. */
static void print_peaks(const struct rates *rates) {
    unsigned count;
    const struct width *const *widths = width_list(&count);
    uint64_t most = 0;
    for (size_t i = 0; i < rates->peak_count; i++)
        most = rates->peaks[i].threads > most ? rates->peaks[i].threads : most;
    if (!most)
        return;
    printf("\n  The machine's own peak, G vector operations/s; a bound is what an exact iteration "
           "can reach:\n"
           "  six operations, or seven without fused ones\n"
           "  %-8s %7s  %7s %7s %7s %7s %7s  %9s %17s\n",
           "width", "threads", "mul", "add", "fma", "six", "seven", "bound G/s", "taken by others");
    for (unsigned i = 0; i < count; i++) {
        print_peak(rates, widths[i], 1);
        if (most > 1)
            print_peak(rates, widths[i], most);
    }
}

/* The same kernel on more than one core, most of them. */
static const struct rate_row *on_more(const struct rates *rates, const struct rate_row *one) {
    const struct rate_row *most = NULL;
    for (size_t i = 0; i < rates->count; i++) {
        const struct rate_row *row = &rates->at[i];
        if (kernels_same_picture(&row->key, &one->key) && row->key.workers > 1 &&
            strcmp(row->key.kernel, one->key.kernel) == 0 &&
            row->key.shortcuts == one->key.shortcuts &&
            (!most || row->key.workers > most->key.workers))
            most = row;
    }
    return most;
}

static void print_line(const struct rates *rates, const struct rate_row *row) {
    char rate[32], range[32], ratio[32], part[32], best[32], best_ratio[32];
    double pixels = (double)row->key.width * (double)row->key.height;
    printf("  %-10s %s %16s %s %s %s %s", row->key.kernel,
           number(row->giterations_per_s, "", 7, 2, rate),
           interval(row->giterations_lo_per_s, row->giterations_hi_per_s, range),
           number(row->ratio_to_scalar, "x", 8, 1, ratio),
           number(row->pct_of_bound, " %", 7, 0, part),
           number(row->best_giterations_per_s, "", 7, 2, best),
           number(row->best_ratio_to_scalar, "x", 8, 1, best_ratio));
    const struct rate_row *more = on_more(rates, row);
    if (more)
        printf("  |%5llu %s %s %s", (unsigned long long)more->key.workers,
               number(more->giterations_per_s, "", 7, 2, rate),
               number(more->ratio_to_scalar, "x", 8, 1, ratio),
               number(more->pct_of_bound, " %", 7, 0, part));
    else
        printf("  |%33s", "");
    if (row->key.exact != CSV_TRUE && row->key.pixels_differing != CSV_NO_WHOLE)
        printf("  %llu pixels differ (%.2g %%)", (unsigned long long)row->key.pixels_differing,
               100 * (double)row->key.pixels_differing / pixels);
    printf("\n");
}

static int fastest_first(const void *a, const void *b) {
    double x = (*(const struct rate_row *const *)a)->giterations_per_s;
    double y = (*(const struct rate_row *const *)b)->giterations_per_s;
    return (x < y) - (x > y);
}

static void print_kind(const struct rates *rates, const struct rate_row *first, enum kind kind,
                       const struct rate_row **lines) {
    static const char *const headings[KINDS] = {
        [EXACT] = "exact",
        [INEXACT] = "inexact: other counts than scalar",
        [EFFECTIVE] = "exact, with shortcuts: effective, as if all were computed",
        [INEXACT_EFFECTIVE] = "inexact, with shortcuts: effective",
    };
    size_t count = 0;
    for (size_t i = 0; i < rates->count; i++) {
        const struct rate_row *row = &rates->at[i];
        if (row->key.workers == 1 && kernels_same_picture(&row->key, &first->key) &&
            kind_of(row) == kind)
            lines[count++] = row;
    }
    qsort(lines, count, sizeof *lines, fastest_first);
    if (count)
        printf("  %s\n", headings[kind]);
    for (size_t i = 0; i < count; i++)
        print_line(rates, lines[i]);
}

static void print_picture(const struct rates *rates, const struct rate_row *first,
                          const struct rate_row **lines) {
    const struct table_key *key = &first->key;
    printf("\n%s %llux%llu, at most %llu iterations, batches of %llu pixels\n\n", key->view,
           (unsigned long long)key->width, (unsigned long long)key->height,
           (unsigned long long)key->max_iter, (unsigned long long)key->batch);
    printf("  %-10s %-44s %17s  | %s\n", "", "one core (serial): median", "best block",
           "more cores, against one with scalar");
    printf("  %-10s %7s %16s %9s %9s %7s %9s  |%5s %7s %9s %9s\n", "kernel", "G/s", "95 % interval",
           "/ scalar", "of bound", "G/s", "/ scalar", "cores", "G/s", "/ scalar", "of bound");
    for (int kind = 0; kind < KINDS; kind++)
        print_kind(rates, first, (enum kind)kind, lines);
}

static bool is_first_of_picture(const struct rates *rates, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (kernels_same_picture(&rates->at[before].key, &rates->at[i].key))
            return false;
    return true;
}

void kernels_print(const struct rates *rates, const struct campaign *campaign) {
    const struct experiment *experiment = experiment_find(campaign->plan.experiment);
    const struct rate_row **lines = calloc(rates->count + 1, sizeof *lines);
    printf("\n%s: %s\n", campaign->plan.experiment, experiment ? experiment->summary : "");
    printf("%s, %u usable CPU%s, G/s = 10^9 iterations per second\n", campaign->machine.cpu,
           campaign->plan.usable_cpus, campaign->plan.usable_cpus == 1 ? "" : "s");
    print_peaks(rates);
    for (size_t i = 0; lines && i < rates->count; i++)
        if (is_first_of_picture(rates, i))
            print_picture(rates, &rates->at[i], lines);
    files_print(campaign, "kernels.csv peak.csv raw.csv peak_raw.csv");
    free(lines);
}
