/* Proves the tables of the experiment kernels on made-up samples and calibrations with planted
 * rates, and the vector units' chains on the machine. */
#include "bench/kernels/peak.h"
#include "bench/kernels/rates.h"
#include "kernels/cpu.h"
#include "tests/helpers.h"

#include <errno.h>
#include <math.h>

#define BLOCKS     20
#define ITERATIONS 1000000000 /* of every picture, so that a time in seconds is one over G/s */
#define PEAK       1.2e10     /* vector operations per second and thread, in an undisturbed block */

/* A campaign of the experiment, its made-up records, and what follows. */
struct fixture {
    struct campaign campaign;
    struct raw_rows rows;
    struct peak_rows peaks;
    struct cells cells;
    struct rates rates;
};

/* How much slower the whole machine is in a block: that must cancel in ratios and parts. */
static double slower(uint64_t block) {
    return 1 + (double)(block * 7 % BLOCKS) / BLOCKS;
}

/* What a case is to take in an undisturbed block. */
static double planted_s(const struct plan_case *plan_case) {
    double one = strcmp(plan_case->job.kernel->name, "scalar") == 0 ? 4 : 0.5;
    return one / (plan_case->job.workload.shortcuts ? 10 : 1) / plan_case->job.workers;
}

static void add_sample(struct fixture *fixture, uint64_t block, uint32_t index) {
    const struct plan_case *plan_case = &fixture->campaign.plan.cases[index];
    const struct job *job = &plan_case->job;
    struct raw_row row;
    csv_clear(raw_columns, raw_column_count, &row);
    snprintf(row.role, sizeof row.role, "%s", role_name(plan_case->role));
    snprintf(row.backend, sizeof row.backend, "%s", plan_case->backend->name);
    snprintf(row.kernel, sizeof row.kernel, "%s", job->kernel->name);
    snprintf(row.view, sizeof row.view, "%s", plan_case->view);
    snprintf(row.status, sizeof row.status, "ok");
    if (plan_case->backend->flags & BACKEND_SCHEDULE)
        schedule_text(job->schedule, row.schedule);
    row.shortcuts = job->workload.shortcuts ? CSV_TRUE : CSV_FALSE;
    row.block = block;
    row.order = index;
    row.attempt = row.renders = 1;
    row.workers = job->workers;
    row.batch = job->batch;
    row.center_re = job->workload.center_re;
    row.center_im = job->workload.center_im;
    row.extent = job->workload.extent;
    row.width = job->workload.width;
    row.height = job->workload.height;
    row.max_iter = job->workload.max_iter;
    row.iterations = ITERATIONS;
    row.pixels_differing = job->kernel->exact ? 0 : 17;
    row.render_s = planted_s(plan_case) * slower(block);
    assert_int_equal(raw_add(&fixture->rows, &row), 0);
}

static void add_calibration(struct fixture *fixture, uint64_t block, const struct width *width,
                            enum chain chain, unsigned threads) {
    struct peak_row row;
    csv_clear(peak_columns, peak_column_count, &row);
    snprintf(row.width, sizeof row.width, "%s", width->name);
    snprintf(row.chain, sizeof row.chain, "%s", width_chain_name(chain));
    row.block = block;
    row.lanes = width->lanes;
    row.threads = threads;
    row.fastest_operations_per_s = PEAK * threads / slower(block);
    row.mean_operations_per_s = 0.75 * row.fastest_operations_per_s;
    assert_int_equal(peak_rows_keep(&fixture->peaks, &row), 0);
}

static void add_block(struct fixture *fixture, uint64_t block) {
    unsigned count;
    const struct width *const *widths = width_list(&count);
    for (uint32_t i = 0; i < fixture->campaign.plan.count; i++)
        add_sample(fixture, block, i);
    for (unsigned threads = 1; threads <= 2; threads++)
        for (unsigned w = 0; w < count; w++)
            for (enum chain chain = 0; chain < CHAINS; chain++)
                if (!width_unavailable(widths[w], chain))
                    add_calibration(fixture, block, widths[w], chain, threads);
}

static void make(struct fixture *fixture) {
    const struct axes axes = {.workers = "1,2,4", .views = "lesson", .pixels = "100"};
    char sentence[256] = "";
    *fixture = (struct fixture){.campaign.blocks = BLOCKS};
    if (plan_make(&fixture->campaign.plan, experiment_find("kernels"), &axes, sentence,
                  sizeof sentence) != 0)
        fail_msg("%s", sentence);
    fixture->campaign.plan.usable_cpus = 2;
    snprintf(fixture->campaign.name, sizeof fixture->campaign.name, "made-up");
    for (uint64_t block = 0; block < BLOCKS; block++)
        add_block(fixture, block);
}

static void derive(struct fixture *fixture) {
    assert_int_equal(cells_make(&fixture->cells, &fixture->campaign, &fixture->rows), 0);
    assert_int_equal(rates_make(&fixture->rates, &fixture->cells, &fixture->peaks), 0);
}

static void unmake(struct fixture *fixture) {
    rates_free(&fixture->rates);
    cells_free(&fixture->cells);
    peak_rows_free(&fixture->peaks);
    raw_free(&fixture->rows);
    campaign_free(&fixture->campaign);
}

static const struct rate_row *find(const struct fixture *fixture, const char *kernel,
                                   uint64_t workers, bool shortcuts) {
    for (size_t i = 0; i < fixture->rates.count; i++) {
        const struct rate_row *row = &fixture->rates.at[i];
        if (strcmp(row->key.kernel, kernel) == 0 && row->key.workers == workers &&
            (row->key.shortcuts == CSV_TRUE) == shortcuts)
            return row;
    }
    fail_msg("no row of %s on %llu", kernel, (unsigned long long)workers);
    return NULL;
}

static void near(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-9 * fabs(expected)))
        fail_msg("got %.17g, expected %.17g", got, expected);
}

/* Every kernel without shortcuts: planted rates, ratios and parts of the bound. */
static void check_kernel(const struct fixture *fixture, const struct kernel *kernel) {
    bool scalar = strcmp(kernel->name, "scalar") == 0;
    enum chain chain = width_chain_of_needs(kernel->needs);
    double one = scalar ? 0.25 : 2, bound = PEAK * kernel->lanes / width_operations(chain) / 1e9;
    for (unsigned workers = 1; workers <= 4; workers *= 2) {
        const struct rate_row *row = find(fixture, kernel->name, workers, false);
        double threads = workers < 2 ? 1 : 2; /* no more are calibrated than there are CPUs */
        assert_int_equal(row->n, BLOCKS);
        assert_int_equal(row->operations, width_operations(chain));
        assert_string_equal(row->vectors, width_of_needs(kernel->needs)->name);
        near(row->pct_of_bound, 100 * one * workers / (bound * threads));
        near(row->pct_lo, row->pct_of_bound);
        near(row->pct_hi, row->pct_of_bound);
        assert_true(row->giterations_lo_per_s <= row->giterations_per_s &&
                    row->giterations_per_s <= row->giterations_hi_per_s);
        assert_true(row->giterations_hi_per_s <= one * workers * (1 + 1e-9));
        near(row->best_giterations_per_s, one * workers);
        assert_int_equal(row->key.exact, kernel->exact ? CSV_TRUE : CSV_FALSE);
        assert_int_equal(row->key.pixels_differing, kernel->exact ? 0 : 17);
        if (scalar && workers == 1)
            assert_true(isnan(row->ratio_to_scalar) && isnan(row->best_ratio_to_scalar));
        else {
            near(row->ratio_to_scalar, 4 * one * workers);
            near(row->best_ratio_to_scalar, 4 * one * workers);
        }
    }
}

static void planted_rates_come_out(void **state) {
    struct fixture fixture;
    unsigned count, measured = 0;
    const struct kernel *const *kernels = kernel_list(&count);
    (void)state;
    make(&fixture);
    derive(&fixture);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(kernels[i]->name, "null") == 0 || kernel_unavailable(kernels[i]))
            continue;
        check_kernel(&fixture, kernels[i]);
        measured++;
    }
    assert_true(measured >= 1);
    assert_int_equal(fixture.rates.count, 3 + (measured - 1) * 6); /* scalar has no shortcuts */
    unmake(&fixture);
}

static void effective_rates_have_no_bound(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    derive(&fixture);
    for (size_t i = 0; i < fixture.rates.count; i++) {
        const struct rate_row *row = &fixture.rates.at[i];
        assert_string_not_equal(row->key.shortcuts == CSV_TRUE ? row->key.kernel : "", "scalar");
        assert_int_equal(isnan(row->pct_of_bound), row->key.shortcuts == CSV_TRUE);
        assert_int_equal(isnan(row->bound_giterations_per_s), row->key.shortcuts == CSV_TRUE);
        if (row->key.shortcuts == CSV_TRUE)
            near(row->ratio_to_scalar, 80.0 * (double)row->key.workers);
    }
    unmake(&fixture);
}

static void calibrations_are_summarized(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    derive(&fixture);
    const char *width = width_of_needs(0)->name;
    const struct peak_summary *peak = rates_peak(&fixture.rates, width, "seven", 2);
    assert_non_null(peak);
    assert_int_equal(peak->n, BLOCKS);
    near(peak->undisturbed, 0.75);
    near(peak->fastest_goperations_per_s, 2 * PEAK / 1e9);
    near(peak->slowest_goperations_per_s, 2 * PEAK / 1e9 / (2 - 1.0 / BLOCKS));
    assert_true(peak->goperations_lo_per_s <= peak->goperations_per_s &&
                peak->goperations_per_s <= peak->goperations_hi_per_s);
    assert_null(rates_peak(&fixture.rates, width, "seven", 3));
    assert_null(rates_peak(&fixture.rates, width, "eight", 1));
    unmake(&fixture);
}

/* A block whose calibration is missing has a rate, but no part of a bound. */
static void missing_calibrations_are_missing(void **state) {
    struct fixture fixture;
    (void)state;
    make(&fixture);
    for (size_t i = 0; i < fixture.peaks.count; i++)
        fixture.peaks.at[i].block += BLOCKS;
    derive(&fixture);
    const struct rate_row *row = find(&fixture, "scalar", 1, false);
    assert_int_equal(row->n, BLOCKS);
    assert_true(isnan(row->bound_giterations_per_s) && isnan(row->pct_of_bound));
    assert_int_equal(fixture.rates.peak_count, 0);
    unmake(&fixture);
}

static void impossible_calibrations_are_refused(void **state) {
    struct peak_rows rows = {0};
    struct peak_row row;
    const double pairs[][2] = {{0, 0}, {NAN, 1e9}, {1e9, NAN}, {-1e9, -1e9}, {INFINITY, 1}, {1, 2}};
    (void)state;
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        csv_clear(peak_columns, peak_column_count, &row);
        row.fastest_operations_per_s = pairs[i][0];
        row.mean_operations_per_s = pairs[i][1];
        if (peak_rows_keep(&rows, &row) != -EPROTO)
            fail_msg("fastest %g, mean %g was taken", pairs[i][0], pairs[i][1]);
    }
    assert_int_equal(rows.count, 0);
    peak_rows_free(&rows);
}

/* The widest vectors that a kernel may use, and seven operations unless it may fuse. */
static void widths_follow_from_needs(void **state) {
    (void)state;
#if defined(__x86_64__)
    assert_string_equal(width_of_needs(0)->name, "sse2");
    assert_string_equal(width_of_needs(CPU_SSE2)->name, "sse2");
    assert_string_equal(width_of_needs(CPU_AVX2)->name, "avx2");
    assert_string_equal(width_of_needs(CPU_AVX512F | CPU_AVX512DQ)->name, "avx512");
    assert_int_equal(width_chain_of_needs(CPU_SSE2 | CPU_FMA), CHAIN_SEVEN);
    assert_int_equal(width_chain_of_needs(CPU_AVX2), CHAIN_SEVEN);
    assert_int_equal(width_chain_of_needs(CPU_AVX2 | CPU_FMA), CHAIN_SIX);
    assert_int_equal(width_chain_of_needs(CPU_AVX512F), CHAIN_SIX);
#elif defined(__aarch64__)
    assert_string_equal(width_of_needs(0)->name, "neon");
    assert_int_equal(width_chain_of_needs(CPU_NEON), CHAIN_SIX);
#endif
}

/* On this machine: finite results (an infinity or a subnormal number would be slower), and
 * plausible rates. */
static void every_chain_runs(void **state) {
    unsigned count;
    const struct width *const *widths = width_list(&count);
    (void)state;
    for (unsigned w = 0; w < count; w++) {
        for (enum chain chain = 0; chain < CHAINS; chain++) {
            struct peak peak;
            if (width_unavailable(widths[w], chain))
                continue;
            double result = widths[w]->run[chain](100000);
            if (!isnormal(result))
                fail_msg("%s, %s: %g", widths[w]->name, width_chain_name(chain), result);
            assert_int_equal(peak_measure(widths[w], chain, 2, &peak), 0);
            if (!(peak.mean_per_s > 1e6 && peak.mean_per_s <= peak.fastest_per_s * (1 + 1e-9) &&
                  peak.fastest_per_s < 1e12))
                fail_msg("%s, %s: %g at best, %g on average", widths[w]->name,
                         width_chain_name(chain), peak.fastest_per_s, peak.mean_per_s);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_rates_come_out),
        cmocka_unit_test(effective_rates_have_no_bound),
        cmocka_unit_test(calibrations_are_summarized),
        cmocka_unit_test(missing_calibrations_are_missing),
        cmocka_unit_test(impossible_calibrations_are_refused),
        cmocka_unit_test(widths_follow_from_needs),
        cmocka_unit_test(every_chain_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
