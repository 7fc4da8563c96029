/* Proves bounds, factors, losses and the marks of Gantt plots on numbers that can be worked out by
 * hand. */
#include "bench/tables/bounds.h"
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

#define BLOCKS 6

static void near(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("got %.17g, expected %.17g", got, expected);
}

static struct batch_row batch(uint64_t index, uint64_t batches, double cost_s) {
    return (struct batch_row){.index = index, .batches = batches, .cost_s = cost_s};
}

static void test_bounds(void **state) {
    /* Four batches of 1, 2, 3 and 6 seconds. */
    const struct batch_row each[] = {batch(0, 1, 1), batch(1, 1, 2), batch(2, 1, 3),
                                     batch(3, 1, 6)};
    const struct batch_row pairs[] = {batch(0, 2, 3), batch(2, 2, 9)};
    (void)state;
    struct bounds bounds = bounds_of(each, 4, 2);
    near(bounds.sum_s, 12);
    near(bounds.largest_s, 6);
    near(bounds.band_s, 9);                /* 1 + 2 against 3 + 6 */
    near(bounds_of(each, 4, 3).band_s, 9); /* 1, 2, 3 + 6 */
    near(bounds_of(each, 4, 4).band_s, 6);
    near(bounds_of(each, 4, 100).band_s, 6); /* most have nothing */
    near(bounds_of(each, 4, 1).band_s, 12);
    bounds = bounds_of(pairs, 2, 2);
    near(bounds.sum_s, 12);
    near(bounds.largest_s, 4.5); /* of 9 for two, one costs at least half */
    near(bounds.band_s, 9);
    near(bounds_of(pairs, 2, 4).band_s, 4.5);
}

/* A campaign of pool and bands at one and two workers, with four batches. */
struct fixture {
    struct campaign campaign;
    struct raw_rows rows;
    struct batch_rows batches;
    struct cells cells;
    struct tables tables;
};

/* Serial computes for 0.8 s. Two workers take 0.5 s, of which 0.88 s are spent computing. */
static void account(struct raw_row *row) {
    bool two = row->workers == 2;
    row->accounted_s = two ? 0.5 : 0.8;
    row->compute_s = two ? 0.88 : 0.8;
    row->compute_max_s = two ? 0.48 : 0.8;
    row->wait_s = two ? 0.05 : 0;
    row->send_s = two ? 0.02 : 0;
    row->end_wait_s = two ? 0.03 : 0;
    row->descheduled_s = two ? 0.01 : 0;
    row->start_s = two ? 0.005 : 0;
    row->residual_s = two ? 0.005 : 0;
    row->render_s = row->accounted_s;
}

static struct raw_row made_up(const struct plan_case *plan_case) {
    struct raw_row row;
    const struct workload *workload = &plan_case->job.workload;
    csv_clear(raw_columns, raw_column_count, &row);
    snprintf(row.role, sizeof row.role, "%s", role_name(plan_case->role));
    snprintf(row.backend, sizeof row.backend, "%s", plan_case->backend->name);
    snprintf(row.kernel, sizeof row.kernel, "%s", plan_case->job.kernel->name);
    snprintf(row.view, sizeof row.view, "%s", plan_case->view);
    snprintf(row.status, sizeof row.status, "ok");
    row.attempt = row.renders = 1;
    row.workers = plan_case->job.workers;
    row.batch = plan_case->job.batch;
    row.shortcuts = workload->shortcuts ? CSV_TRUE : CSV_FALSE;
    row.center_re = workload->center_re;
    row.center_im = workload->center_im;
    row.extent = workload->extent;
    row.width = workload->width;
    row.height = workload->height;
    row.max_iter = workload->max_iter;
    row.iterations = 1000;
    row.open_s = row.close_s = row.user_s = row.sys_s = 0;
    account(&row);
    return row;
}

/* What the batches of the plan's frame cost; 0.8 s together. */
static void cost_batches(struct fixture *fixture, const struct plan_case *plan_case) {
    static const double costs[] = {0.1, 0.2, 0.2, 0.3};
    const struct workload *workload = &plan_case->job.workload;
    fixture->batches.at = calloc(4, sizeof *fixture->batches.at);
    assert_non_null(fixture->batches.at);
    for (uint64_t i = 0; i < 4; i++) {
        struct batch_row row = batch(i, 1, costs[i]);
        snprintf(row.kernel, sizeof row.kernel, "%s", plan_case->job.kernel->name);
        row.shortcuts = workload->shortcuts ? CSV_TRUE : CSV_FALSE;
        row.center_re = workload->center_re;
        row.center_im = workload->center_im;
        row.extent = workload->extent;
        row.width = workload->width;
        row.height = workload->height;
        row.max_iter = workload->max_iter;
        row.batch = plan_case->job.batch;
        fixture->batches.at[fixture->batches.count++] = row;
    }
}

static void make(struct fixture *fixture) {
    char sentence[256];
    const struct axes axes = {.backends = "pool,bands",
                              .workers = "2,4",
                              .kernels = "scalar",
                              .pixels = "20",
                              .batches = "100"};
    *fixture = (struct fixture){0};
    struct plan *plan = &fixture->campaign.plan;
    assert_int_equal(plan_make(plan, experiment_find("scaling"), &axes, sentence, sizeof sentence),
                     0);
    plan->usable_cpus = 2;
    cost_batches(fixture, &plan->cases[0]);
    for (uint64_t block = 0; block < BLOCKS; block++)
        for (uint32_t i = 0; i < plan->count; i++) {
            struct raw_row row = made_up(&plan->cases[i]);
            row.block = block;
            assert_int_equal(raw_add(&fixture->rows, &row), 0);
        }
}

static void derive(struct fixture *fixture) {
    char sentence[256];
    assert_int_equal(cells_make(&fixture->cells, &fixture->campaign, &fixture->rows), 0);
    fixture->cells.batches = &fixture->batches;
    assert_int_equal(tables_make(&fixture->tables, &fixture->cells, sentence, sizeof sentence), 0);
}

static void unmake(struct fixture *fixture) {
    tables_free(&fixture->tables);
    cells_free(&fixture->cells);
    batches_free(&fixture->batches);
    raw_free(&fixture->rows);
    campaign_free(&fixture->campaign);
}

static bool is_about(const struct table_key *key, const char *backend, uint64_t workers) {
    return strcmp(key->backend, backend) == 0 && key->workers == workers &&
           strcmp(key->role, "control") != 0 && strcmp(key->role, "null") != 0;
}

/* The index of the row of a table about a backend. */
#define FIND(table, backend, workers)                                                              \
    find(fixture.tables.table, sizeof *fixture.tables.table, fixture.tables.table##_count,         \
         backend, workers)

/* Every row begins with its key. */
static const void *find(const void *rows, size_t bytes, size_t count, const char *backend,
                        uint64_t workers) {
    for (size_t i = 0; i < count; i++) {
        const void *row = (const char *)rows + i * bytes;
        if (is_about(row, backend, workers))
            return row;
    }
    fail_msg("no row of %s with %llu workers", backend, (unsigned long long)workers);
    return NULL;
}

static void test_bound_of_a_case(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    derive(&fixture);
    const struct speedup_row *row = FIND(speedup, "serial", 1);
    near(row->bound_s, 0.8);
    near(row->pct_of_bound, 100);
    row = FIND(speedup, "pool", 2);
    near(row->bound_s, 0.4);
    near(row->pct_of_bound, 80);                                                 /* of 0.5 s */
    near(((const struct speedup_row *)FIND(speedup, "pool", 4))->bound_s, 0.4);  /* two CPUs */
    near(((const struct speedup_row *)FIND(speedup, "bands", 2))->bound_s, 0.5); /* 0.2 + 0.3 */
    unmake(&fixture);
}

/* A coordinator that is busy for longer than each worker is what a render cannot be faster than. */
static void test_bound_by_the_coordinator(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    for (size_t i = 0; i < fixture.rows.count; i++)
        fixture.rows.at[i].coordinator_max_s = 0.45;
    derive(&fixture);
    near(((const struct speedup_row *)FIND(speedup, "pool", 2))->bound_s, 0.45);
    near(((const struct loss_row *)FIND(loss, "pool", 2))->coordinator_pct, 90);
    unmake(&fixture);
}

/* Costs of other batches say nothing, nor does a campaign without any. */
static void test_no_bound(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    for (size_t i = 0; i < fixture.batches.count; i++)
        fixture.batches.at[i].batch = 99;
    derive(&fixture);
    const struct speedup_row *row = FIND(speedup, "pool", 2);
    assert_true(isnan(row->bound_s) && isnan(row->pct_of_bound));
    unmake(&fixture);
}

static void test_factors(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    derive(&fixture);
    const struct factors_row *row = FIND(factors, "pool", 2);
    assert_int_equal(row->n, BLOCKS);
    near(row->load_balance.value, 0.44 / 0.48);
    near(row->communication_efficiency.value, 0.96);
    near(row->parallel_efficiency.value, 0.88);
    near(row->parallel_efficiency.value,
         row->load_balance.value * row->communication_efficiency.value);
    near(row->ns_per_iteration.value, 0.88 / 1000 * 1e9);
    near(row->computational_scaling.value, 0.8 / 0.88);
    near(row->global_efficiency.value, 0.8);
    near(row->karp_flatt.value, 0.25);      /* a speedup of 1.6 */
    assert_true(isnan(row->karp_flatt.lo)); /* it holds for all comparisons: more blocks */
    near(row->global_efficiency.hi, 0.8);
    row = FIND(factors, "serial", 1);
    near(row->global_efficiency.value, 1);
    assert_true(isnan(row->karp_flatt.value));
    unmake(&fixture);
}

/* Intervals need six blocks; the centre does not. */
static void test_intervals(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        if (strcmp(row->backend, "pool") == 0 && row->workers == 2 && row->block == 0)
            row->render_s = row->accounted_s = 0.8;
        if (row->block == 5 && strcmp(row->backend, "bands") == 0)
            row->accounted_s = NAN;
    }
    derive(&fixture);
    const struct factors_row *row = FIND(factors, "pool", 2);
    near(row->parallel_efficiency.value, 0.88);
    near(row->parallel_efficiency.lo, 0.55);
    near(row->parallel_efficiency.hi, 0.88);
    row = FIND(factors, "bands", 2);
    assert_int_equal(row->n, 5);
    near(row->parallel_efficiency.value, 0.88);
    assert_true(isnan(row->parallel_efficiency.lo));
    unmake(&fixture);
}

static double sum_of(const struct loss_row *row) {
    return row->ideal_pct + row->extra_pct + row->wait_pct + row->send_pct + row->end_wait_pct +
           row->descheduled_pct + row->start_pct + row->residual_pct;
}

static void test_loss(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    derive(&fixture);
    const struct loss_row *row = FIND(loss, "pool", 2);
    assert_int_equal(row->n, BLOCKS);
    near(row->worker_s, 1);
    near(row->ideal_pct, 80);
    near(row->extra_pct, 8);
    near(row->wait_pct, 5);
    near(row->send_pct, 2);
    near(row->end_wait_pct, 3);
    near(row->descheduled_pct, 1);
    near(row->start_pct, 0.5);
    near(row->residual_pct, 0.5);
    near(sum_of(row), 100);
    near(row->lost_pct, 20);
    assert_string_equal(row->largest, "extra");
    assert_string_equal(row->sentence,
                        "pool loses most, 8.0 % of its workers' time, computing more "
                        "slowly than serial");
    unmake(&fixture);
}

/* Blocks that differ wildly still add up to 100 %, and one that was not accounted for is left out.
 */
static void test_losses_add_up(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    for (size_t i = 0; i < fixture.rows.count; i++) {
        struct raw_row *row = &fixture.rows.at[i];
        if (strcmp(row->backend, "pool") != 0 || row->workers != 2)
            continue;
        double late = 0.1 * (double)(row->block * row->block);
        row->accounted_s += late;
        row->wait_s += 2 * late;
        row->coordinator_max_s = 0.6 * row->accounted_s;
        if (row->block == 3)
            row->accounted_s = NAN;
    }
    derive(&fixture);
    const struct loss_row *row = FIND(loss, "pool", 2);
    assert_int_equal(row->n, BLOCKS - 1);
    near(sum_of(row), 100);
    near(row->worker_s, 1 + 0.2 * (0 + 1 + 4 + 16 + 25) / 5);
    near(row->coordinator_pct, 60);
    assert_string_equal(row->largest, "wait");
    assert_non_null(strstr(row->sentence, "waiting for work; its coordinator is busy 60 % of"));
    unmake(&fixture);
}

/* A trace of `pairs` batches of pool's: each is computed for 3 µs and waited for 1 µs, by worker 0;
 * and of a coordinator that collects once. */
static void write_trace(const char *path, unsigned pairs) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "{\"traceEvents\": [{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": 1, "
                  "\"tid\": 1, \"args\": {\"name\": \"worker 0\"}}\n");
    for (unsigned i = 0; i < pairs; i++)
        fprintf(file,
                ",{\"ph\": \"X\", \"name\": \"compute\", \"pid\": 1, \"tid\": 1, \"ts\": %u, "
                "\"dur\": 3}\n,{\"ph\": \"X\", \"name\": \"wait\", \"pid\": 1, \"tid\": 1, "
                "\"ts\": %u, \"dur\": 1}\n",
                1000 + 4 * i, 1003 + 4 * i);
    fprintf(file, ",{\"ph\": \"X\", \"name\": \"collect\", \"pid\": 1, \"tid\": 2, \"ts\": 1001, "
                  "\"dur\": 2}\n,{\"ph\": \"C\", \"name\": \"tasks\", \"pid\": 1, \"ts\": 1}]}");
    assert_int_equal(fclose(file), 0);
}

/* Its marks, as gantt.csv has them. */
static void read_trace(struct tables *tables, unsigned pairs) {
    char directory[] = "/tmp/test_factors.XXXXXX", path[CAMPAIGN_PATH_SIZE + 128], sentence[256];
    struct plan_case pool = {.role = ROLE_CASE, .backend = backend_find("pool"), .view = "lesson"};
    struct campaign campaign = {.plan = {.cases = &pool, .count = 1}};
    *tables = (struct tables){0};
    assert_non_null(mkdtemp(directory));
    snprintf(campaign.directory, sizeof campaign.directory, "%s", directory);
    assert_int_equal(mkdir(campaign_path(&campaign, "trace", path), 0700), 0);
    write_trace(campaign_path(&campaign, "trace/pool.json", path), pairs);
    int err = gantt_make(tables, &campaign, sentence, sizeof sentence);
    unlink(path);
    rmdir(campaign_path(&campaign, "trace", path));
    rmdir(directory);
    assert_int_equal(err, 0);
}

static void test_gantt(void **state) {
    struct tables tables;
    (void)state;
    read_trace(&tables, 2);
    assert_int_equal(tables.gantt_count, 5);
    const struct gantt_row *row = &tables.gantt[2];
    assert_string_equal(row->backend, "pool");
    assert_string_equal(row->name, "worker 0");
    assert_string_equal(row->phase, "compute");
    assert_int_equal(row->track, 1);
    assert_true(fabs(row->begin_s - 4e-6) < 1e-12 && fabs(row->end_s - 7e-6) < 1e-12);
    near(row->low, 0);
    near(row->high, 1);
    assert_string_equal(tables.gantt[4].phase, "collect");
    assert_int_equal(tables.gantt[4].track, 2);
    tables_free(&tables);
}

/* Beyond 500 slices, shares: three quarters of each interval computing, a quarter waiting. */
static void test_gantt_of_a_long_trace(void **state) {
    struct tables tables;
    double compute_s = 0, end_s = 0;
    (void)state;
    read_trace(&tables, 16600); /* of 100 intervals, 166 batches each */
    assert_in_range(tables.gantt_count, 200, 203);
    for (size_t i = 0; i < tables.gantt_count; i++) {
        const struct gantt_row *row = &tables.gantt[i];
        end_s = fmax(end_s, row->end_s);
        if (strcmp(row->phase, "compute") == 0)
            compute_s += (row->high - row->low) * (row->end_s - row->begin_s);
        if (strcmp(row->phase, "wait") == 0)
            assert_true(fabs(row->low - 0.75) < 1e-6 && fabs(row->high - 1) < 1e-6);
    }
    assert_true(fabs(compute_s - 16600 * 3e-6) < 1e-9); /* nothing is lost */
    assert_true(fabs(end_s - 16600 * 4e-6) < 1e-9);
    tables_free(&tables);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bound_of_a_case),
        cmocka_unit_test(test_bound_by_the_coordinator),
        cmocka_unit_test(test_no_bound),
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_losses_add_up),
        cmocka_unit_test(test_gantt),
        cmocka_unit_test(test_gantt_of_a_long_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
