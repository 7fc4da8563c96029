/* Slowdowns, which only the statistics of a campaign show; contracts in proof.h. */
#include "bench/measure/conduct.h"
#include "bench/selftest/proof.h"
#include "bench/tables/tables.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIDE          256
#define SLOWER_BATCH  500
#define TARDY_BATCH   64 /* so many dispatches that they are most of an empty render */
#define TARDY_BLOCKS  7
#define TARDY_LEAST_S 150e-6 /* of the 200 µs */

/* Blocks; at each look it ends if the fault shows. */
static const struct looks slower_looks = {.at = {20, 60, 160}, .count = 3};

static int plan_one(struct plan *plan, enum role role, const struct backend *backend) {
    const struct view *view = view_find("lesson");
    struct plan_case plan_case = {.role = role, .backend = backend, .view = view->name};
    plan_case.job.workload = workload_of_view(view, SIDE, SIDE);
    plan_case.job.kernel = kernel_find(role == ROLE_NULL ? "null" : "scalar");
    plan_case.job.workers = 1;
    plan_case.job.batch = role == ROLE_NULL ? TARDY_BATCH : SLOWER_BATCH;
    return plan_add(plan, &plan_case);
}

/* Serial twice, the twin and the slower one. */
static int plan_slower(struct plan *plan) {
    const struct backend *serial = backend_find("serial");
    int err = plan_one(plan, ROLE_BASELINE, serial);
    if (!err)
        err = plan_one(plan, ROLE_CONTROL, serial);
    if (!err)
        err = plan_one(plan, ROLE_CASE, planted_backend(PLANTED_NOTHING));
    return err ? err : plan_one(plan, ROLE_CASE, planted_backend(PLANTED_SLOWER));
}

/* Without arithmetic: serial, the twin and the tardy one. */
static int plan_tardy(struct plan *plan) {
    int err = plan_one(plan, ROLE_NULL, backend_find("serial"));
    if (!err)
        err = plan_one(plan, ROLE_NULL, planted_backend(PLANTED_NOTHING));
    return err ? err : plan_one(plan, ROLE_NULL, planted_backend(PLANTED_TARDY));
}

static const struct speedup_row *find_speedup(const struct tables *tables, enum planted fault) {
    for (size_t i = 0; i < tables->speedup_count; i++)
        if (strcmp(tables->speedup[i].key.backend, planted_backend(fault)->name) == 0)
            return &tables->speedup[i];
    return NULL;
}

static void judge_slower(const struct tables *tables, struct proof_result *result) {
    const struct speedup_row *slower = find_speedup(tables, PLANTED_SLOWER);
    const struct speedup_row *twin = find_speedup(tables, PLANTED_NOTHING);
    if (!slower || !twin)
        return;
    result->caught = strcmp(slower->verdict, "slower") == 0;
    result->alarm = strncmp(twin->verdict, "not resolved", 12) != 0;
    snprintf(result->sentence, sizeof result->sentence,
             "speedup %.3f [%.3f, %.3f] in %llu blocks: %s", slower->speedup, slower->speedup_lo,
             slower->speedup_hi, (unsigned long long)slower->n, slower->verdict);
    snprintf(result->twin_sentence, sizeof result->twin_sentence, "speedup %.3f [%.3f, %.3f]: %s",
             twin->speedup, twin->speedup_lo, twin->speedup_hi, twin->verdict);
}

static const struct plumbing_row *find_plumbing(const struct tables *tables, const char *backend) {
    for (size_t i = 0; i < tables->plumbing_count; i++)
        if (strcmp(tables->plumbing[i].key.backend, backend) == 0)
            return &tables->plumbing[i];
    return NULL;
}

/* By how much a batch costs more here than there, at least: the intervals' nearest ends. */
static double more_per_batch_s(const struct plumbing_row *here, const struct plumbing_row *there) {
    return (here->ci_lo_s - there->ci_hi_s) / (double)here->batches;
}

static void judge_tardy(const struct tables *tables, struct proof_result *result) {
    const struct plumbing_row *serial = find_plumbing(tables, "serial");
    const struct plumbing_row *twin = find_plumbing(tables, planted_backend(PLANTED_NOTHING)->name);
    const struct plumbing_row *tardy = find_plumbing(tables, planted_backend(PLANTED_TARDY)->name);
    if (!serial || !twin || !tardy)
        return;
    result->caught = more_per_batch_s(tardy, twin) > TARDY_LEAST_S;
    result->alarm = more_per_batch_s(twin, serial) > TARDY_LEAST_S;
    snprintf(result->sentence, sizeof result->sentence, "%.1f us per batch, the twin %.2f us",
             tardy->per_batch_s * 1e6, twin->per_batch_s * 1e6);
    snprintf(result->twin_sentence, sizeof result->twin_sentence,
             "%.2f us per batch, serial %.2f us", twin->per_batch_s * 1e6,
             serial->per_batch_s * 1e6);
}

/* The campaign's tables from its raw records, judged. */
static int judge(const struct campaign *campaign, enum planted fault, struct proof_result *result) {
    struct raw_rows rows;
    struct cells cells = {0};
    struct tables tables = {0};
    char path[CAMPAIGN_PATH_SIZE + 128], sentence[512];
    long whole_bytes;
    size_t line;
    int err = raw_read(campaign_path(campaign, "raw.csv", path), &rows, &whole_bytes, &line);
    if (!err)
        err = cells_make(&cells, campaign, &rows);
    if (!err)
        err = tables_make(&tables, &cells, sentence, sizeof sentence);
    if (!err && fault == PLANTED_SLOWER)
        judge_slower(&tables, result);
    else if (!err)
        judge_tardy(&tables, result);
    tables_free(&tables);
    cells_free(&cells);
    raw_free(&rows);
    return err;
}

/* Up to each look in turn, until the fault shows. The intervals have this look's share of 5 %. */
static int run_campaign(struct campaign *campaign, enum planted fault,
                        struct proof_result *result) {
    const struct conduct conduct = {.campaign = campaign, .quiet = true};
    const struct looks looks = fault == PLANTED_SLOWER ? slower_looks : looks_once(TARDY_BLOCKS);
    struct conduct_result conducted;
    int err = 0;
    for (unsigned i = 0; !err && !result->caught && i < looks.count; i++) {
        campaign->blocks = looks.at[i];
        campaign->looks = looks_once(campaign->blocks); /* precision alone is no reason to stop */
        err = conduct_campaign(&conduct, &conducted);
        campaign->looks = looks;
        if (!err)
            err = judge(campaign, fault, result);
    }
    return err;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *level) {
    (void)status;
    (void)kind;
    (void)level;
    return remove(path);
}

int slowdown_run(enum planted fault, struct proof_result *result) {
    struct campaign campaign = {.seed = 1};
    const char *parent = getenv("TMPDIR");
    char directory[512];
    snprintf(directory, sizeof directory, "%.256s/mandelbench-selftest-XXXXXX",
             parent && *parent ? parent : "/tmp");
    *result = (struct proof_result){0};
    int err = mkdtemp(directory) ? campaign_name(&campaign, directory) : -errno;
    if (err) {
        snprintf(result->sentence, sizeof result->sentence, "cannot make '%.256s': %s", directory,
                 strerror(-err));
        return err;
    }
    snprintf(campaign.plan.experiment, sizeof campaign.plan.experiment, "selftest");
    err = fault == PLANTED_SLOWER ? plan_slower(&campaign.plan) : plan_tardy(&campaign.plan);
    campaign_stamp(&campaign);
    campaign.plan.usable_cpus = campaign.machine.usable_cpus;
    if (!err)
        err = campaign_create(&campaign);
    if (!err)
        err = run_campaign(&campaign, fault, result);
    if (err)
        snprintf(result->sentence, sizeof result->sentence, "the campaign broke off: %s",
                 strerror(-err));
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    campaign_free(&campaign);
    return err;
}
