/* The readable table; contracts in print.h. */
#include "bench/compare/print.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "1.02 [0.98, 1.07]", or what there is of it. */
static const char *shift_text(double ratio, double lo, double hi, char text[48]) {
    *text = '\0';
    if (!isnan(ratio) && isnan(lo))
        snprintf(text, 48, "%.3f", ratio);
    else if (!isnan(ratio))
        snprintf(text, 48, "%.3f [%.3f, %.3f]", ratio, lo, hi);
    return text;
}

static const char *milliseconds(double seconds, char text[32]) {
    if (isnan(seconds))
        return "";
    snprintf(text, 32, "%.3f ms", seconds * 1e3);
    return text;
}

static void print_campaign(char letter, const struct campaign *campaign) {
    char directory[CAMPAIGN_PATH_SIZE];
    snprintf(directory, sizeof directory, "%s", campaign->directory);
    text_tame(directory);
    printf("%c: %s, commit %s, %s\n", letter, directory, campaign->commit, campaign->started);
}

static void print_row(const struct comparison_row *row) {
    const struct table_key *key = &row->key;
    char name[96], a[32], b[32], times[48], against[48];
    bool control = strcmp(key->role, "control") == 0;
    snprintf(name, sizeof name, "%s%s%s%s", key->backend, *key->schedule ? " " : "", key->schedule,
             control ? " (control)" : "");
    printf("  %-22s %7llu %12s %12s  %-21s  %-21s  %-35s  %s %s %llux%llu/%llu by %llu\n", name,
           (unsigned long long)key->workers, milliseconds(row->median_a_s, a),
           milliseconds(row->median_b_s, b),
           shift_text(row->shift, row->shift_lo, row->shift_hi, times),
           shift_text(row->against_serial, row->against_serial_lo, row->against_serial_hi, against),
           row->verdict, key->kernel, key->view, (unsigned long long)key->width,
           (unsigned long long)key->height, (unsigned long long)key->max_iter,
           (unsigned long long)key->batch);
}

static void print_control(char letter, const struct comparison_control *control) {
    char text[48];
    printf("  %c: serial against serial is %s%s\n", letter,
           shift_text(control->ratio, control->ratio_lo, control->ratio_hi, text),
           control->suspect ? ": SUSPECT" : "");
}

/* If serial became slower or faster, so does all that it measures. */
static void print_drift(const struct comparison *comparison) {
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        bool resolved = strcmp(row->verdict, "slower") == 0 || strcmp(row->verdict, "faster") == 0;
        if (strcmp(row->key.role, "baseline") == 0 && resolved) {
            printf(
                "  Serial itself became %s: its kernel changed, or the machine was not the same; "
                "\"against\n  serial\" takes either out.\n",
                row->verdict);
            return;
        }
    }
}

void comparison_print(const struct comparison *comparison, const struct campaign *a,
                      const struct campaign *b, double threshold) {
    size_t slower = 0, faster = 0, regressed = 0;
    print_campaign('A', a);
    print_campaign('B', b);
    printf("\n  %-22s %7s %12s %12s  %-21s  %-21s  %-35s  %s\n", "backend", "workers", "A", "B",
           "B / A", "against serial", "became", "of");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        print_row(row);
        slower += strcmp(row->verdict, "slower") == 0;
        faster += strcmp(row->verdict, "faster") == 0;
        regressed += row->regressed == CSV_TRUE;
    }
    printf("\n  Intervals hold together with 95 %% (Bonferroni over %zu cells).\n",
           comparison->compared);
    print_control('A', &comparison->control_a);
    print_control('B', &comparison->control_b);
    print_drift(comparison);
    printf("  %zu slower, %zu faster, %zu not resolved, %zu in one campaign only; ", slower, faster,
           comparison->compared - slower - faster, comparison->count - comparison->compared);
    if (comparison->control_a.suspect || comparison->control_b.suspect)
        printf("regressions are not judged.\n");
    else
        printf("%zu regressed by more than %g %%.\n", regressed, threshold * 100);
}
