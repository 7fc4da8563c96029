/* The readable table; contracts in print.h. Every number stands in faults.csv. */
#include "bench/faults/print.h"

#include "bench/probe/probe.h"
#include "bench/report/files.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool same_backend(const struct faults_toll *a, const struct faults_toll *b) {
    return strcmp(a->backend, b->backend) == 0;
}

static const struct faults_toll *find(const struct tolls *tolls, const struct faults_toll *model,
                                      uint64_t kills) {
    for (size_t i = 0; i < tolls->count; i++)
        if (same_backend(&tolls->at[i], model) && tolls->at[i].kills_planned == kills)
            return &tolls->at[i];
    return NULL;
}

static uint64_t most_kills(const struct tolls *tolls) {
    uint64_t most = 0;
    for (size_t i = 0; i < tolls->count; i++)
        if (tolls->at[i].kills_planned > most)
            most = tolls->at[i].kills_planned;
    return most;
}

/* Is some row about so many kills? */
static bool has_kills(const struct tolls *tolls, uint64_t kills) {
    for (size_t i = 0; i < tolls->count; i++)
        if (tolls->at[i].kills_planned == kills)
            return true;
    return false;
}

/* "[0.31, 0.33]", or nothing when there is no interval. */
static const char *interval(double lo, double hi, char text[32]) {
    *text = '\0';
    if (!isnan(lo) && !isnan(hi))
        snprintf(text, 32, "[%.2f, %.2f]", lo, hi);
    return text;
}

/* The last columns: of the row with the most kills, where a kill's cost stands out best. */
static void print_cost(const struct faults_toll *most) {
    char text[32];
    if (!most) {
        printf("\n");
        return;
    }
    printf("  %7.2f", most->cost_per_kill_s * 1e3);
    printf(" %16s", interval(most->cost_per_kill_lo_s * 1e3, most->cost_per_kill_hi_s * 1e3, text));
    printf("  %7.2f", most->cpu_per_kill_s * 1e3);
    printf("  %7.2f", most->recovery_s * 1e3);
    printf(" %16s", interval(most->recovery_lo_s * 1e3, most->recovery_hi_s * 1e3, text));
    printf(" %8.2f\n", most->recovery_max_s * 1e3);
}

static void print_line(const struct tolls *tolls, const struct faults_toll *model, uint64_t most) {
    printf("  %-13s", model->backend);
    for (uint64_t kills = 0; kills <= most; kills++) {
        const struct faults_toll *toll = find(tolls, model, kills);
        if (toll)
            printf(" %7.1f", toll->render_s * 1e3);
        else if (has_kills(tolls, kills))
            printf(" %7s", "");
    }
    print_cost(find(tolls, model, most));
}

static void print_heading(const struct tolls *tolls, uint64_t most) {
    printf("\n  %-13s milliseconds of a render with so many kills", "");
    printf("\n  %-13s", "");
    for (uint64_t kills = 0; kills <= most; kills++)
        if (has_kills(tolls, kills))
            printf(" %7llu", (unsigned long long)kills);
    printf("  %24s  %7s  %24s %8s\n", "cost of a kill, ms", "CPU, ms", "recovery, ms", "longest");
}

static void print_lines(const struct tolls *tolls) {
    uint64_t most = most_kills(tolls);
    print_heading(tolls, most);
    for (size_t i = 0; i < tolls->count; i++)
        if (i == 0 || !same_backend(&tolls->at[i], &tolls->at[i - 1]))
            print_line(tolls, &tolls->at[i], most);
}

static void print_sum(const struct tolls *tolls) {
    uint64_t kills = 0, renders = 0;
    for (size_t i = 0; i < tolls->count; i++) {
        kills += tolls->at[i].kills;
        renders += tolls->at[i].n;
    }
    printf("\n  %llu workers were killed in the middle of %llu renders; every picture is right to "
           "the last bit.\n",
           (unsigned long long)kills, (unsigned long long)renders);
}

/* The rows with kills, and those whose median keeps its bound, and the longest batch. */
struct bounds {
    unsigned rows, recoveries, costs;
    double batch_s;
};

static struct bounds count_bounds(const struct tolls *tolls) {
    struct bounds bounds = {0};
    for (size_t i = 0; i < tolls->count; i++) {
        const struct faults_toll *toll = &tolls->at[i];
        bounds.rows += toll->kills_planned > 0;
        bounds.recoveries += toll->recovery_s <= toll->recovery_bound_s;
        bounds.costs += toll->cost_per_kill_s <= toll->cost_bound_s;
        bounds.batch_s = fmax(bounds.batch_s, toll->batch_s);
    }
    return bounds;
}

static void print_bounds(const struct tolls *tolls) {
    const struct bounds bounds = count_bounds(tolls);
    printf("  Of %u medians with kills %u keep the bound of a recovery, 0.5 ms, and %u that of a "
           "kill's cost, its batch\n  (at most %.2f ms) and 1 ms.\n",
           bounds.rows, bounds.recoveries, bounds.costs, bounds.batch_s * 1e3);
}

static uint64_t most_blocks(const struct tolls *tolls) {
    uint64_t blocks = 0;
    for (size_t i = 0; i < tolls->count; i++)
        if (tolls->at[i].n > blocks)
            blocks = tolls->at[i].n;
    return blocks;
}

static void print_workload(const struct faults_toll *toll) {
    printf("%s %llux%llu, kernel %s, batches of %llu pixels, %llu worker%s\n", toll->view,
           (unsigned long long)toll->width, (unsigned long long)toll->height, toll->kernel,
           (unsigned long long)toll->batch, (unsigned long long)toll->workers,
           toll->workers == 1 ? "" : "s");
}

void faults_print(const struct table *table, const struct campaign *campaign) {
    const struct tolls tolls = tolls_of(table);
    probe_print_question(campaign);
    if (tolls.count)
        print_workload(&tolls.at[0]);
    probe_print_machine(campaign, most_blocks(&tolls));
    if (tolls.count) {
        print_lines(&tolls);
        print_sum(&tolls);
        print_bounds(&tolls);
    }
    printf("  Cost of a kill, of the most kills: (time - time without any in the same block) / "
           "kills, and the same of\n  CPU time; recovery: from the kill until the replacement "
           "computes. Medians with 95 %% intervals.\n");
    files_print(campaign, "faults.csv " RECORDS_FILE);
}
