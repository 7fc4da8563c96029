/* Proves the tables on campaigns whose results are known: made-up samples with planted ratios,
 * noise and faults. */
#include "base/size.h"
#include "bench/stats/random.h"
#include "bench/stats/stats.h"
#include "bench/tables/shortfalls.h"
#include "bench/tables/tables.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A campaign and its made-up rows. */
struct fixture {
    struct campaign campaign;
    struct raw_rows rows;
    struct cells cells;
    struct tables tables;
    uint64_t seed;
};

static double noise(struct fixture *fixture, double spread) {
    return 1 + spread * ((double)random_below(&fixture->seed, 2001) / 1000 - 1);
}

/* What a backend is to cost with that many workers, in seconds. */
static double planted_s(const struct plan_case *plan_case) {
    double workers = plan_case->job.workers > 2 ? 2 : plan_case->job.workers;
    if (strcmp(plan_case->backend->name, "serial") == 0)
        return 1;
    if (strcmp(plan_case->backend->name, "pool") == 0)
        return 1 / (0.9 * workers);
    return strcmp(plan_case->backend->name, "fork-queue") == 0 ? 1.5 / workers : 1.001 / workers;
}

static struct raw_row made_up(const struct campaign *campaign, const struct plan_case *plan_case) {
    struct raw_row row;
    const struct workload *workload = &plan_case->job.workload;
    csv_clear(raw_columns, raw_column_count, &row);
    snprintf(row.role, sizeof row.role, "%s", role_name(plan_case->role));
    snprintf(row.backend, sizeof row.backend, "%s", plan_case->backend->name);
    snprintf(row.kernel, sizeof row.kernel, "%s", plan_case->job.kernel->name);
    snprintf(row.view, sizeof row.view, "%s", plan_case->view);
    snprintf(row.status, sizeof row.status, "ok");
    if (plan_case->backend->flags & BACKEND_SCHEDULE)
        schedule_text(plan_case->job.schedule, row.schedule);
    row.attempt = row.renders = 1;
    row.workers = plan_case->job.workers;
    row.batch = plan_case->job.batch;
    row.usable_cpus = campaign->plan.usable_cpus;
    row.center_re = workload->center_re;
    row.center_im = workload->center_im;
    row.extent = workload->extent;
    row.width = workload->width;
    row.height = workload->height;
    row.max_iter = workload->max_iter;
    row.iterations = 1000;
    row.open_s = row.close_s = 0.25;
    row.user_s = 1;
    row.sys_s = 0;
    return row;
}

/* Block by block the whole machine is up to three times slower; that must cancel in the ratios. */
static void make(struct fixture *fixture, uint64_t blocks, double spread) {
    char sentence[256];
    const struct axes axes = {.workers = "1,2,4", .kernels = "scalar", .pixels = "100"};
    *fixture = (struct fixture){.seed = 99};
    assert_int_equal(plan_make(&fixture->campaign.plan, experiment_find("scaling"), &axes, sentence,
                               sizeof sentence),
                     0);
    fixture->campaign.plan.usable_cpus = 2;
    fixture->campaign.blocks = blocks;
    snprintf(fixture->campaign.name, sizeof fixture->campaign.name, "made-up");
    for (uint64_t block = 0; block < blocks; block++) {
        double slower = 1 + (double)random_below(&fixture->seed, 2000) / 1000;
        for (uint32_t i = 0; i < fixture->campaign.plan.count; i++) {
            const struct plan_case *plan_case = &fixture->campaign.plan.cases[i];
            struct raw_row row = made_up(&fixture->campaign, plan_case);
            row.block = block;
            row.order = i;
            row.render_s = planted_s(plan_case) * slower * noise(fixture, spread);
            assert_int_equal(raw_add(&fixture->rows, &row), 0);
        }
    }
}

static void derive(struct fixture *fixture) {
    char sentence[256] = "";
    assert_int_equal(cells_make(&fixture->cells, &fixture->campaign, &fixture->rows), 0);
    if (tables_make(&fixture->tables, &fixture->cells, sentence, sizeof sentence) != 0)
        fail_msg("%s", sentence);
}

static void unmake(struct fixture *fixture) {
    tables_free(&fixture->tables);
    cells_free(&fixture->cells);
    raw_free(&fixture->rows);
    campaign_free(&fixture->campaign);
}

static const struct speedup_row *find(const struct fixture *fixture, const char *role,
                                      const char *backend, uint64_t workers) {
    for (size_t i = 0; i < fixture->tables.speedup_count; i++) {
        const struct speedup_row *row = &fixture->tables.speedup[i];
        if (strcmp(row->key.role, role) == 0 && strcmp(row->key.backend, backend) == 0 &&
            row->key.workers == workers)
            return row;
    }
    fail_msg("no row %s %s %llu", role, backend, (unsigned long long)workers);
    return NULL;
}

static void near(double got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("got %g, expected %g", got, expected);
}

static void test_planted_ratios(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 20, 0.01);
    derive(&fixture);
    const struct speedup_row *row = find(&fixture, "case", "pool", 2);
    near(row->speedup, 1.8, 0.02);
    near(row->efficiency, 0.9, 0.01);
    near(row->efficiency_lo, row->speedup_lo / 2, 0);
    near(row->efficiency_hi, row->speedup_hi / 2, 0);
    near(row->speedup_self, 2, 0.03);
    near(row->karp_flatt, 1.0 / 9, 0.02);
    assert_true(row->speedup_lo < 1.8 && 1.8 < row->speedup_hi);
    assert_string_equal(row->verdict, "faster");
    assert_int_equal(row->n, 20);
    row = find(&fixture, "case", "fork-queue", 1);
    near(row->speedup, 1 / 1.5, 0.01);
    assert_string_equal(row->verdict, "slower");
    assert_true(isnan(row->karp_flatt));
    near(find(&fixture, "control", "serial", 1)->speedup, 1, 0.01);
    near(find(&fixture, "baseline", "serial", 1)->speedup, 1, 0);
    row = find(&fixture, "case", "shared-array", 1); /* 0.1 % slower under 1 % noise */
    assert_non_null(strstr(row->verdict, "not resolved (needs "));
    unmake(&fixture);
}

/* What factors.csv says of the serial fraction is what speedup.csv implies, at a look too: the
 * slowest speedup is the largest fraction. */
static void test_karp_flatt_agrees(void **state) {
    struct fixture fixture;
    unsigned intervals = 0;
    (void)state;
    make(&fixture, 20, 0.01);
    fixture.campaign.blocks = 40;
    fixture.campaign.looks = looks_up_to(40);
    for (size_t i = 0; i < fixture.rows.count; i++)
        fixture.rows.at[i].accounted_s = fixture.rows.at[i].compute_s = 1;
    derive(&fixture);
    for (size_t i = 0; i < fixture.tables.factors_count; i++) {
        const struct factors_row *row = &fixture.tables.factors[i];
        if (strcmp(row->key.role, "case") != 0 || row->key.workers < 2)
            continue;
        const struct speedup_row *speedup =
            find(&fixture, "case", row->key.backend, row->key.workers);
        unsigned workers = (unsigned)row->key.workers;
        near(row->karp_flatt.value, stats_karp_flatt(speedup->speedup, workers), 1e-12);
        near(row->karp_flatt.lo, stats_karp_flatt(speedup->speedup_hi, workers), 1e-12);
        near(row->karp_flatt.hi, stats_karp_flatt(speedup->speedup_lo, workers), 1e-12);
        intervals++;
    }
    assert_true(intervals > 4);
    unmake(&fixture);
}

static void test_too_few_blocks(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 5, 0.001);
    derive(&fixture);
    const struct speedup_row *row = find(&fixture, "case", "pool", 2);
    assert_true(isnan(row->speedup_lo) && isnan(row->ci_lo_s));
    assert_non_null(strstr(row->verdict, "not resolved"));
    near(row->speedup, 1.8, 0.01);
    unmake(&fixture);
}

static void test_ranking(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 20, 0.005);
    derive(&fixture);
    const struct tables *tables = &fixture.tables;
    assert_true(tables->ranking_count >= 4);
    for (size_t i = 0; i < tables->ranking_count; i++) {
        const struct ranking_row *row = &tables->ranking[i];
        assert_int_equal(row->rank, i + 1);
        assert_true(row->key.workers <= 2); /* not the oversubscribed ones */
        if (strcmp(row->key.backend, "serial") == 0)
            near(row->ratio_to_best, 2 / 1.001, 0.03);
        if (strcmp(row->key.backend, "pool") == 0)
            assert_string_equal(row->verdict, "slower");
    }
    assert_string_equal(tables->ranking[0].verdict, "best");
    unmake(&fixture);
}

static const struct control_row *control(const struct fixture *fixture) {
    assert_int_equal(fixture->tables.control_count, 1);
    return &fixture->tables.control[0];
}

/* Makes the samples of one role, in all blocks or every other one, that much slower. */
static void slow_down(struct fixture *fixture, const char *role, uint64_t every, double factor) {
    for (size_t i = 0; i < fixture->rows.count; i++)
        if (strcmp(fixture->rows.at[i].role, role) == 0 && fixture->rows.at[i].block % every == 0)
            fixture->rows.at[i].render_s *= factor;
}

static void test_control(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 20, 0.01);
    derive(&fixture);
    assert_string_equal(control(&fixture)->verdict, "sound");
    assert_true(control(&fixture)->ratio_lo <= 1 && 1 <= control(&fixture)->ratio_hi);
    assert_true(control(&fixture)->detectable > 0.002 && control(&fixture)->detectable < 0.05);
    assert_false(tables_are_suspect(&fixture.tables));
    unmake(&fixture);

    make(&fixture, 20, 0.01);
    slow_down(&fixture, "control", 1, 1.03); /* a difference where there is none */
    derive(&fixture);
    assert_string_equal(control(&fixture)->verdict, "broken");
    assert_true(tables_are_suspect(&fixture.tables));
    /* 3 % is now what may be noise. */
    assert_string_equal(find(&fixture, "case", "pool", 2)->verdict, "faster");
    assert_true(find(&fixture, "case", "pool", 2)->detectable > 0.03);
    unmake(&fixture);

    make(&fixture, 20, 0.15);
    derive(&fixture);
    assert_string_equal(control(&fixture)->verdict, "too noisy");
    assert_true(control(&fixture)->half_width > 0.05);
    assert_true(tables_are_suspect(&fixture.tables));
    unmake(&fixture);

    make(&fixture, 5, 0.15); /* not enough to judge by */
    derive(&fixture);
    assert_string_equal(control(&fixture)->verdict, "not known");
    assert_false(tables_are_suspect(&fixture.tables));
    assert_true(isnan(control(&fixture)->detectable));
    unmake(&fixture);
}

static const struct summary_row *summary_of(const struct fixture *fixture, const char *role,
                                            const char *backend, uint64_t workers) {
    for (size_t i = 0; i < fixture->tables.summary_count; i++) {
        const struct summary_row *row = &fixture->tables.summary[i];
        if (strcmp(row->key.role, role) == 0 && strcmp(row->key.backend, backend) == 0 &&
            row->key.workers == workers)
            return row;
    }
    fail_msg("no row %s %s %llu", role, backend, (unsigned long long)workers);
    return NULL;
}

/* What is disturbed, has two peaks or lies far out is told, and counts as much as the rest. */
static void test_flags(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 20, 0.01);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        row->render_s = planted_s(&fixture.campaign.plan.cases[i % fixture.campaign.plan.count]);
        row->render_s *= noise(&fixture, 0.001);
        row->noisy = row->block < 3 ? CSV_TRUE : CSV_FALSE;
        if (strcmp(row->role, "control") == 0)
            row->render_s *= row->block % 2 ? 1.1 : 1;
        if (strcmp(row->role, "baseline") == 0 && row->block == 7)
            row->render_s *= 5;
    }
    derive(&fixture);
    const struct summary_row *row = summary_of(&fixture, "control", "serial", 1);
    assert_int_equal(row->bimodal, CSV_TRUE);
    near(row->half_width, 0.05 / 1.05, 0.01);
    row = summary_of(&fixture, "baseline", "serial", 1);
    assert_int_equal(row->n, 20);
    assert_int_equal(row->noisy, 3);
    assert_int_equal(row->outliers, 1);
    assert_int_equal(row->bimodal, CSV_FALSE);
    near(row->max_s, 5, 0.1);
    assert_true(summary_is_precise(row));
    assert_false(tables_are_precise(&fixture.tables, &fixture.cells)); /* the control is not */
    unmake(&fixture);
}

static bool has_cell(const struct shortfall *shortfall, const char *name) {
    for (size_t i = 0; i < shortfall->count; i++)
        if (strcmp(shortfall->cells[i], name) == 0)
            return true;
    return false;
}

/* Each is named once, with its extent, and only where it is so. */
static void test_shortfalls(void **state) {
    struct fixture fixture;
    struct shortfalls shortfalls;
    (void)state;
    make(&fixture, 12, 0.001);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        bool null = strcmp(row->role, "null") == 0, serial = strcmp(row->backend, "serial") == 0;
        row->render_s = planted_s(&fixture.campaign.plan.cases[i % fixture.campaign.plan.count]);
        row->render_s *= noise(&fixture, 0.001);
        row->noisy = null ? CSV_NO_BOOL : serial && row->block < 3 ? CSV_TRUE : CSV_FALSE;
        if (strcmp(row->role, "control") == 0)
            row->render_s *= row->block % 2 ? 1.1 : 1;
        if (strcmp(row->role, "baseline") == 0 && row->block == 7)
            row->render_s *= 5;
    }
    fixture.campaign.blocks = 20;
    fixture.campaign.looks = looks_up_to(20);
    derive(&fixture);
    assert_int_equal(shortfalls_make(&shortfalls, &fixture.tables,
                                     &find(&fixture, "baseline", "serial", 1)->key),
                     0);
    assert_int_equal(shortfalls.cells, fixture.campaign.plan.count);
    assert_int_equal(shortfalls.of[SHORTFALL_WIDE].count, 1);
    assert_non_null(strstr(shortfalls.of[SHORTFALL_WIDE].cells[0], "serial 1 (control) ±"));
    assert_int_equal(shortfalls.of[SHORTFALL_DISTURBED].count, 2);
    assert_true(has_cell(&shortfalls.of[SHORTFALL_DISTURBED], "serial 1 3 of 12"));
    assert_true(has_cell(&shortfalls.of[SHORTFALL_UNJUDGED], "serial 1 (null)"));
    assert_false(has_cell(&shortfalls.of[SHORTFALL_UNJUDGED], "serial 1"));
    assert_true(has_cell(&shortfalls.of[SHORTFALL_OUTLIERS], "serial 1 1 of 12"));
    assert_true(has_cell(&shortfalls.of[SHORTFALL_TWO_PEAKS], "serial 1 (control)"));
    assert_non_null(strstr(shortfalls.ending, "Ended after 12 of 20 blocks"));
    shortfalls_free(&shortfalls);
    unmake(&fixture);
}

/* What ended at a look since all was precise lacks nothing. */
static void test_no_shortfalls(void **state) {
    struct fixture fixture;
    struct shortfalls shortfalls;
    (void)state;
    make(&fixture, 10, 0.001);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        row->render_s = planted_s(&fixture.campaign.plan.cases[i % fixture.campaign.plan.count]);
        row->noisy = CSV_FALSE;
    }
    fixture.campaign.blocks = 20;
    fixture.campaign.looks = looks_up_to(20);
    derive(&fixture);
    assert_int_equal(shortfalls_make(&shortfalls, &fixture.tables,
                                     &find(&fixture, "baseline", "serial", 1)->key),
                     0);
    for (int kind = 0; kind < SHORTFALLS; kind++)
        assert_int_equal(shortfalls.of[kind].count, 0);
    assert_string_equal(shortfalls.ending, "");
    shortfalls_free(&shortfalls);
    unmake(&fixture);
}

/* An interval after 10 of at most 20 blocks has that look's share, whatever follows. */
static void test_looks_in_tables(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 10, 0.001);
    fixture.campaign.looks = looks_up_to(20);
    derive(&fixture);
    near(fixture.cells.alpha, looks_share(&fixture.campaign.looks, 10, 0.05), 0);
    const struct speedup_row *row = find(&fixture, "case", "pool", 2);
    assert_true(isnan(row->speedup_lo)); /* 2 / 2^10 is more than that share of a comparison */
    double comparisons = 0;
    for (uint32_t i = 0; i < fixture.campaign.plan.count; i++)
        comparisons += fixture.campaign.plan.cases[i].role == ROLE_CASE;
    char needed[64]; /* the ratio is clear: as many as any interval takes, without a look between */
    snprintf(needed, sizeof needed, "not resolved (needs about %zu blocks)",
             size_max(11, stats_median_least(0.05 / comparisons)));
    assert_string_equal(row->verdict, needed);
    assert_true(isfinite(control(&fixture)->ratio_lo));
    assert_false(tables_are_precise(&fixture.tables, &fixture.cells));
    unmake(&fixture);
}

/* As the documentation has it: how many comparisons can all have an interval after 10 blocks, so
 * that the campaign may end there. */
static void test_comparisons_at_the_first_look(void **state) {
    static const struct {
        uint64_t blocks;
        double most;
    } cases[] = {{20, 15}, {40, 9}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct looks looks = looks_up_to(cases[i].blocks);
        double share = looks_share(&looks, 10, 0.05);
        assert_int_equal(stats_median_rank(10, share / cases[i].most), 1);
        assert_int_equal(stats_median_rank(10, share / (cases[i].most + 1)), 0);
    }
    struct looks looks = looks_up_to(40);
    assert_true(stats_median_rank(20, looks_share(&looks, 20, 0.05) / PLAN_CASES_MAX) >= 1);
}

/* A time that is mostly the machine's own, with a tail to the right and now and then a hiccup. */
static double skewed(uint64_t *seed) {
    double uniform = ((double)(random_next(seed) >> 11) + 0.5) / 9007199254740992.0;
    double hiccup = random_below(seed, 20) == 0 ? (double)random_below(seed, 300) / 1000 : 0;
    return 1 - 0.008 * log(uniform) + hiccup;
}

static void add_block(struct fixture *fixture, uint64_t block) {
    double slower = skewed(&fixture->seed);
    for (uint32_t i = 0; i < fixture->campaign.plan.count; i++) {
        struct raw_row row = made_up(&fixture->campaign, &fixture->campaign.plan.cases[i]);
        row.block = block;
        row.order = i;
        row.render_s = slower * skewed(&fixture->seed);
        assert_int_equal(raw_add(&fixture->rows, &row), 0);
    }
}

static void forget_tables(struct fixture *fixture) {
    tables_free(&fixture->tables);
    cells_free(&fixture->cells);
}

/* Block after block as `run` does, until a look says that it is enough. */
static void simulate(struct fixture *fixture, uint64_t seed, uint64_t blocks) {
    const struct axes axes = {.backends = "pool,pipe,bands,threads",
                              .workers = "1,2,4",
                              .kernels = "scalar",
                              .pixels = "100"};
    char sentence[256];
    *fixture = (struct fixture){.seed = seed};
    assert_int_equal(plan_make(&fixture->campaign.plan, experiment_find("scaling"), &axes, sentence,
                               sizeof sentence),
                     0);
    fixture->campaign.plan.usable_cpus = 4;
    fixture->campaign.blocks = blocks;
    fixture->campaign.looks = looks_up_to(blocks);
    for (uint64_t block = 0; block < blocks; block++) {
        if (looks_between(&fixture->campaign.looks, block)) {
            derive(fixture);
            if (tables_are_precise(&fixture->tables, &fixture->cells))
                return;
            forget_tables(fixture);
        }
        add_block(fixture, block);
    }
    derive(fixture);
}

/* What a campaign claimed, where there is nothing to find. */
struct claims {
    unsigned stopped;  /* before its last block */
    unsigned verdicts; /* campaigns with a "faster" or "slower" in speedup.csv */
    unsigned excluded; /* with an interval in it that leaves out 1 */
    unsigned ranked;   /* with a "slower" in ranking.csv */
    unsigned suspect;  /* with a broken control */
    unsigned careless; /* what plain 95 % intervals would have excluded */
};

static bool excludes_one(double lo, double hi) {
    return lo > 1 || hi < 1;
}

static bool is_careless(const struct fixture *fixture) {
    double ratios[40];
    for (size_t i = 0; i < fixture->cells.count; i++) {
        const struct cell *cell = &fixture->cells.at[i];
        if (cell->plan_case->role != ROLE_CASE)
            continue;
        size_t n = cells_ratios(&fixture->cells, cell->baseline, cell, ratios);
        struct stats_interval interval = stats_median_interval(ratios, n, 0.05);
        if (excludes_one(interval.lo, interval.hi))
            return true;
    }
    return false;
}

static void count_claims(struct claims *claims, const struct fixture *fixture) {
    bool verdict = false, excluded = false, ranked = false;
    const struct tables *tables = &fixture->tables;
    for (size_t i = 0; i < tables->speedup_count; i++) {
        const struct speedup_row *row = &tables->speedup[i];
        verdict |= strcmp(row->verdict, "faster") == 0 || strcmp(row->verdict, "slower") == 0;
        excluded |=
            strcmp(row->key.role, "case") == 0 && excludes_one(row->speedup_lo, row->speedup_hi);
    }
    for (size_t i = 0; i < tables->ranking_count; i++)
        ranked |= strcmp(tables->ranking[i].verdict, "slower") == 0;
    claims->stopped += fixture->cells.blocks < fixture->campaign.blocks;
    claims->verdicts += verdict;
    claims->excluded += excluded;
    claims->ranked += ranked;
    claims->suspect += strcmp(control(fixture)->verdict, "broken") == 0;
    claims->careless += is_careless(fixture);
}

/* 200 campaigns in which all cells take the same time, stopping rule on. At a rate of 5 % more than
 * 15 of 200 would be wrong in less than 5 % of all such tests (binomial); careless intervals show
 * that the noise would betray who does not share out his 5 %. */
static void false_claims(uint64_t blocks) {
    enum { CAMPAIGNS = 200, MOST = 15 };
    struct claims claims = {0};
    for (uint64_t c = 0; c < CAMPAIGNS; c++) {
        struct fixture fixture;
        simulate(&fixture, 1000 * blocks + c, blocks);
        count_claims(&claims, &fixture);
        unmake(&fixture);
    }
    print_message("# of %d A/A campaigns of up to %llu blocks: %u stopped early; claims in %u, "
                  "intervals beside 1 in %u, ranks in %u, control broken in %u; careless %u\n",
                  CAMPAIGNS, (unsigned long long)blocks, claims.stopped, claims.verdicts,
                  claims.excluded, claims.ranked, claims.suspect, claims.careless);
    assert_true(claims.verdicts <= MOST);
    assert_true(claims.excluded <= MOST);
    assert_true(claims.ranked <= MOST);
    assert_true(claims.suspect <= MOST);
    assert_true(claims.careless > 2 * MOST);
    assert_true(claims.stopped > 0 && claims.stopped < CAMPAIGNS);
}

static void test_false_claims(void **state) {
    (void)state;
    false_claims(20);
    false_claims(40);
}

static void test_wrong_results_do_not_count(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 12, 0.001);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        if (strcmp(row->backend, "pool") == 0 && row->workers == 2 && row->block < 4 &&
            strcmp(row->role, "case") == 0) {
            snprintf(row->status, sizeof row->status, "wrong");
            row->render_s = 1e-9; /* the fastest of all, and worth nothing */
        }
    }
    derive(&fixture);
    const struct speedup_row *row = find(&fixture, "case", "pool", 2);
    assert_int_equal(row->n, 8);
    near(row->speedup, 1.8, 0.02);
    unmake(&fixture);
}

static void test_last_attempt_counts(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 6, 0.001);
    size_t count = fixture.rows.count;
    for (size_t i = 0; i < count; i++) {
        struct raw_row again = fixture.rows.at[i];
        if (strcmp(again.backend, "pool") != 0 || again.workers != 2)
            continue;
        again.attempt = 2;
        again.render_s *= 2;
        assert_int_equal(raw_add(&fixture.rows, &again), 0);
    }
    derive(&fixture);
    const struct speedup_row *row = find(&fixture, "case", "pool", 2);
    assert_int_equal(row->n, 6);
    near(row->speedup, 0.9, 0.02);
    unmake(&fixture);
}

static void test_plumbing(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture, 6, 0.001);
    derive(&fixture);
    assert_true(fixture.tables.plumbing_count >= 4);
    for (size_t i = 0; i < fixture.tables.plumbing_count; i++) {
        const struct plumbing_row *row = &fixture.tables.plumbing[i];
        assert_string_equal(row->key.kernel, "null");
        assert_int_equal(row->batches, 10); /* 100 × 100 pixels in batches of 1000 */
        near(row->per_batch_s, row->median_s / 10, 1e-12);
        near(row->open_s, 0.25, 0);
    }
    unmake(&fixture);
}

static void put_file(const struct campaign *campaign, const char *name, const char *text) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    FILE *file = fopen(campaign_path(campaign, name, path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Both of hyperfine's formats give the same numbers. */
static void test_outside(void **state) {
    static const char one[] = "{\"results\": [{\"command\": \"pool 2\", \"mean\": 1, "
                              "\"times\": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]}]}";
    static const char two[] =
        "{\"schema_version\": 2, \"results\": [{\"command\": \"pool 2\", \"measurements\": ["
        "{\"time_wall_clock\": {\"value\": 1.0, \"unit\": \"second\"}}, {\"time_wall_clock\": "
        "1.1}, "
        "{\"time_wall_clock\": {\"value\": 1.2, \"unit\": \"second\"}}, {\"time_wall_clock\": "
        "1.3}, "
        "{\"time_wall_clock\": {\"value\": 1.4, \"unit\": \"second\"}}, {\"time_wall_clock\": "
        "1.5}]}]}";
    static const char *const bad[] = {"{}",
                                      "[]",
                                      "junk",
                                      "{\"results\": [{\"command\": \"pool 2\"}]}",
                                      "{\"results\": [{\"command\": 5, \"times\": [1]}]}",
                                      "{\"results\": [{\"command\": \"pool 3\", \"times\": [1]}]}"};
    char sentence[256], directory[] = "/tmp/test_tables_XXXXXX", path[CAMPAIGN_PATH_SIZE + 128];
    struct campaign campaign = {0};
    struct tables tables = {0};
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(campaign.directory, sizeof campaign.directory, "%s", directory);
    assert_int_equal(outside_make(&tables, &campaign, sentence, sizeof sentence), 0);
    assert_int_equal(tables.outside_count, 0); /* without hyperfine there is no table */
    assert_int_equal(mkdir(campaign_path(&campaign, "hyperfine", path), 0700), 0);
    char inside[2048] =
        "{\"backend\": \"pool\", \"workers\": 2, \"total_s\": 9, \"render_s\": 9}\n";
    for (int i = 0; i < 6; i++)
        snprintf(inside + strlen(inside), sizeof inside - strlen(inside),
                 "{\"backend\": \"pool\", \"workers\": 2, \"total_s\": %g, \"render_s\": 0.5}\n",
                 0.9 + 0.1 * i);
    put_file(&campaign, "hyperfine/inside.jsonl", inside);
    for (int format = 1; format <= 2; format++) {
        put_file(&campaign, "hyperfine/mandel.json", format == 1 ? one : two);
        assert_int_equal(outside_make(&tables, &campaign, sentence, sizeof sentence), 0);
        assert_int_equal(tables.outside_count, 1);
        near(tables.outside[0].outside_s, 1.25, 1e-12);
        near(tables.outside[0].inside_s, 1.15, 1e-12); /* the warm-up is not in it */
        near(tables.outside[0].difference_s, 0.1, 1e-12);
        near(tables.outside[0].render_s, 0.5, 0);
        assert_int_equal(tables.outside[0].workers, 2);
        tables_free(&tables);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_file(&campaign, "hyperfine/mandel.json", bad[i]);
        if (outside_make(&tables, &campaign, sentence, sizeof sentence) == 0)
            fail_msg("was accepted: %s", bad[i]);
        tables_free(&tables);
    }
    unlink(campaign_path(&campaign, "hyperfine/mandel.json", path));
    unlink(campaign_path(&campaign, "hyperfine/inside.jsonl", path));
    rmdir(campaign_path(&campaign, "hyperfine", path));
    rmdir(directory);
}

static void test_plan(void **state) {
    static const struct axes bad[] = {
        {.backends = "nobody"}, {.kernels = "quick"},       {.views = ","},
        {.workers = "0"},       {.workers = "4097"},        {.batches = "-1"},
        {.pixels = "0x5"},      {.max_iter = "4294967295"}, {.schedules = "often"},
        {.pixels = "1048576"},  {.backends = ""},
    };
    struct plan plan;
    char sentence[256];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *sentence = '\0';
        if (plan_make(&plan, experiment_find("scaling"), &bad[i], sentence, sizeof sentence) == 0 ||
            !*sentence)
            fail_msg("axes %zu were accepted", i);
        plan_free(&plan);
    }
    bool has_openmp = !backend_unavailable(backend_find("openmp"));
    const struct axes axes = {.backends = has_openmp ? "pool,openmp" : "pool",
                              .workers = "3",
                              .schedules = "static,dynamic:4",
                              .pixels = "20x10",
                              .batches = "7,1000000"};
    assert_int_equal(plan_make(&plan, experiment_find("scaling"), &axes, sentence, sizeof sentence),
                     0);
    unsigned roles[4] = {0}, wide = 0;
    for (uint32_t i = 0; i < plan.count; i++) {
        roles[plan.cases[i].role]++;
        wide += plan.cases[i].job.batch == 200; /* more than the frame means the frame */
    }
    assert_int_equal(roles[ROLE_BASELINE], 2);
    assert_int_equal(roles[ROLE_CONTROL], 2);
    if (has_openmp) { /* two batch sizes × (pool at 1, 3; openmp at 1, 3 with two schedules) */
        assert_int_equal(roles[ROLE_CASE], 2 * (2 + 4));
        assert_int_equal(roles[ROLE_NULL], 2 * 3);
        assert_int_equal(wide, plan.count / 2);
    }
    plan_free(&plan);
}

/* A batch that is for one kernel has cases with that one alone, and its plumbing once. */
static void test_batches_of_kernels(void **state) {
    struct plan plan;
    char sentence[256];
    const struct axes axes = {.backends = "pool",
                              .kernels = "scalar,fastest",
                              .workers = "2",
                              .pixels = "20x10",
                              .batches = "scalar:7,fastest:11"};
    unsigned of_scalar = 0, of_fastest = 0, plumbing = 0;
    (void)state;
    assert_int_equal(
        plan_make(&plan, experiment_find("efficiency"), &axes, sentence, sizeof sentence), 0);
    for (uint32_t i = 0; i < plan.count; i++) {
        const struct plan_case *plan_case = &plan.cases[i];
        of_scalar += plan_case->job.batch == 7 && plan_case->job.kernel == kernel_find("scalar");
        of_fastest += plan_case->job.batch == 11 && plan_case->job.kernel == kernel_fastest();
        plumbing += plan_case->role == ROLE_NULL;
    }
    assert_int_equal(of_scalar, 2 + 2); /* serial twice, pool with 1 and 2 */
    assert_int_equal(of_fastest, 2 + 2);
    assert_int_equal(plumbing, 2 * 2);
    assert_int_equal(plan.count, of_scalar + of_fastest + plumbing);
    plan_free(&plan);
}

/* Efficiency 0.9 from batches of 100 pixels on, 0.1 below: that is where half of the best begins.
 */
static void test_batch_threshold(void **state) {
    struct fixture fixture = {.seed = 3};
    char sentence[256];
    const struct axes axes = {.backends = "pool",
                              .batches = "1,10,100,1000,10000",
                              .workers = "2",
                              .kernels = "scalar",
                              .pixels = "100"};
    (void)state;
    assert_int_equal(plan_make(&fixture.campaign.plan, experiment_find("batch"), &axes, sentence,
                               sizeof sentence),
                     0);
    fixture.campaign.plan.usable_cpus = 2;
    for (uint64_t block = 0; block < 6; block++)
        for (uint32_t i = 0; i < fixture.campaign.plan.count; i++) {
            const struct plan_case *plan_case = &fixture.campaign.plan.cases[i];
            struct raw_row row = made_up(&fixture.campaign, plan_case);
            bool slow = plan_case->job.batch < 100 || plan_case->job.batch == 10000;
            bool serial = strcmp(plan_case->backend->name, "serial") == 0;
            row.block = block;
            row.render_s = serial ? 1 : slow ? 5 : 1 / 1.8;
            assert_int_equal(raw_add(&fixture.rows, &row), 0);
        }
    derive(&fixture);
    assert_int_equal(fixture.tables.threshold_count, 1);
    assert_int_equal(fixture.tables.threshold[0].threshold,
                     100); /* the whole frame does not count */
    unmake(&fixture);
}

/* Small batches cost serial as much as pool: against serial with the same batch all sizes have an
 * efficiency of 0.9, against serial at its best only those of 100 pixels and more. */
static void test_batch_threshold_against_best_serial(void **state) {
    struct fixture fixture = {.seed = 3};
    char sentence[256];
    const struct axes axes = {.backends = "pool",
                              .batches = "1,10,100,1000",
                              .workers = "2",
                              .kernels = "scalar",
                              .pixels = "100"};
    (void)state;
    assert_int_equal(plan_make(&fixture.campaign.plan, experiment_find("batch"), &axes, sentence,
                               sizeof sentence),
                     0);
    fixture.campaign.plan.usable_cpus = 2;
    for (uint64_t block = 0; block < 12; block++)
        for (uint32_t i = 0; i < fixture.campaign.plan.count; i++) {
            const struct plan_case *plan_case = &fixture.campaign.plan.cases[i];
            struct raw_row row = made_up(&fixture.campaign, plan_case);
            uint64_t batch = plan_case->job.batch;
            double serial_s = batch == 1 ? 16 : batch == 10 ? 4 : batch == 100 ? 1 : 1.1;
            row.block = block;
            row.render_s = serial_s;
            if (strcmp(plan_case->backend->name, "pool") == 0)
                row.render_s /= 0.9 * plan_case->job.workers;
            assert_int_equal(raw_add(&fixture.rows, &row), 0);
        }
    derive(&fixture);
    assert_int_equal(fixture.tables.threshold_count, 1);
    assert_int_equal(fixture.tables.threshold[0].threshold, 100);
    assert_float_equal(fixture.tables.threshold[0].efficiency, 0.9, 1e-9);
    assert_float_equal(fixture.tables.threshold[0].serial_s, 1, 1e-9);
    assert_int_equal(fixture.tables.granularity_count, 4 * 3); /* serial, pool with 1 and 2 */
    for (size_t i = 0; i < fixture.tables.granularity_count; i++) {
        const struct granularity_row *row = &fixture.tables.granularity[i];
        assert_int_equal(row->serial_batch, 100);
        if (row->key.batch == 1 && row->key.workers == 2) {
            assert_float_equal(row->efficiency, 0.9 / 16, 1e-9);
            assert_float_equal(row->efficiency_lo, 0.9 / 16, 1e-9);
        }
    }
    unmake(&fixture);
}

/* Made up along picture sizes: a third as fast as serial at 10 x 10, three times as fast from 100 x
 * 100 on, but for one size whose blocks disagree. The medians pass 1 half-way between. */
static void test_picture_threshold(void **state) {
    struct fixture fixture = {.seed = 3};
    char sentence[256];
    const struct axes axes = {.backends = "pool",
                              .batches = "100",
                              .workers = "2",
                              .kernels = "scalar",
                              .pixels = "10,100,200,400"};
    (void)state;
    assert_int_equal(plan_make(&fixture.campaign.plan, experiment_find("crossover"), &axes,
                               sentence, sizeof sentence),
                     0);
    fixture.campaign.plan.usable_cpus = 2;
    for (uint64_t block = 0; block < 12; block++)
        for (uint32_t i = 0; i < fixture.campaign.plan.count; i++) {
            const struct plan_case *plan_case = &fixture.campaign.plan.cases[i];
            struct raw_row row = made_up(&fixture.campaign, plan_case);
            bool serial = strcmp(plan_case->backend->name, "serial") == 0;
            bool unsure = plan_case->job.workload.width == 200 && block < 3;
            row.block = block;
            row.render_s = serial ? 1 : plan_case->job.workload.width == 10 || unsure ? 3 : 1. / 3;
            assert_int_equal(raw_add(&fixture.rows, &row), 0);
        }
    derive(&fixture);
    assert_int_equal(fixture.tables.threshold_count, 1);
    assert_int_equal(fixture.tables.threshold[0].threshold, 100 * 100);
    assert_float_equal(fixture.tables.threshold[0].crossing, 1000, 1e-9);
    unmake(&fixture);
}

/* Every number of workers has a picture of its own, that many times as high, with its own baseline.
 */
static void test_weak_plan(void **state) {
    struct plan plan;
    char sentence[256];
    unsigned baselines = 0;
    const struct axes axes = {.backends = "pool", .workers = "1,2,5", .pixels = "40x10"};
    (void)state;
    assert_int_equal(plan_make(&plan, experiment_find("weak"), &axes, sentence, sizeof sentence),
                     0);
    for (uint32_t i = 0; i < plan.count; i++) {
        const struct plan_case *plan_case = &plan.cases[i];
        baselines += plan_case->role == ROLE_BASELINE;
        assert_int_equal(plan_case->job.workload.width, 40);
        if (plan_case->role == ROLE_CASE)
            assert_int_equal(plan_case->job.workload.height, 10 * plan_case->job.workers);
    }
    assert_int_equal(baselines, 3);
    plan_free(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_ratios),
        cmocka_unit_test(test_karp_flatt_agrees),
        cmocka_unit_test(test_too_few_blocks),
        cmocka_unit_test(test_ranking),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_shortfalls),
        cmocka_unit_test(test_no_shortfalls),
        cmocka_unit_test(test_looks_in_tables),
        cmocka_unit_test(test_comparisons_at_the_first_look),
        cmocka_unit_test(test_false_claims),
        cmocka_unit_test(test_wrong_results_do_not_count),
        cmocka_unit_test(test_last_attempt_counts),
        cmocka_unit_test(test_plumbing),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_batches_of_kernels),
        cmocka_unit_test(test_batch_threshold),
        cmocka_unit_test(test_batch_threshold_against_best_serial),
        cmocka_unit_test(test_picture_threshold),
        cmocka_unit_test(test_weak_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
