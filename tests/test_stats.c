/* Proves the statistics against published tables, against values computed by hand, and by
 * simulation. */
#include "bench/stats/dip.h"
#include "bench/stats/looks.h"
#include "bench/stats/random.h"
#include "bench/stats/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_close(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("got %.17g, expected %.17g", got, expected);
}

static void test_median_and_quantiles(void **state) {
    const double odd[] = {1, 2, 10}, even[] = {1, 2, 4, 10},
                 ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    (void)state;
    assert_close(stats_median(odd, 3), 2);
    assert_close(stats_median(even, 4), 3);
    assert_close(stats_median(even, 1), 1);
    assert_close(stats_quantile(ten, 10, 0.25), 3.25); /* R: quantile(1:10, 0.25) */
    assert_close(stats_quantile(ten, 10, 0.75), 7.75);
    assert_close(stats_quantile(ten, 10, 0), 1);
    assert_close(stats_quantile(ten, 10, 1), 10);
    assert_close(stats_quantile(ten, 1, 0.9), 1);
}

/* A column may be empty in some rows. */
static void test_sorting_what_is_not_known(void **state) {
    double values[] = {3, NAN, 1, NAN, 2, NAN, 0};
    (void)state;
    stats_sort(values, 7);
    for (int i = 0; i < 4; i++)
        assert_close(values[i], i);
    for (int i = 4; i < 7; i++)
        assert_true(isnan(values[i]));
}

static void test_summary(void **state) {
    double values[] = {5, 1, 3, 2, 4, 100};
    (void)state;
    stats_sort(values, 6);
    struct stats_summary summary = stats_summarize(values, 6);
    assert_int_equal(summary.n, 6);
    assert_close(summary.median, 3.5);
    assert_close(summary.min, 1);
    assert_close(summary.max, 100);
    assert_close(summary.mad, 1.5); /* of 0.5 0.5 1.5 1.5 2.5 96.5 */
    assert_int_equal(summary.outliers, 1);
    const double same[] = {2, 2, 2};
    assert_int_equal(stats_summarize(same, 3).outliers, 0);
}

static void test_binomial(void **state) {
    (void)state;
    assert_close(stats_binomial_half(10, 2), 56.0 / 1024);
    assert_close(stats_binomial_half(1, 0), 0.5);
    assert_close(stats_binomial_half(5, 5), 1);
    assert_true(fabs(stats_binomial_half(1000, 500) - 0.512613) < 1e-6);
}

/* Critical values of the two-sided sign test at 5 % (any textbook): the rank is one more. */
static void test_median_ranks(void **state) {
    static const struct {
        size_t n, critical;
    } table[] = {{6, 0},  {7, 0},  {8, 0},  {9, 1},   {10, 1}, {11, 1}, {12, 2},
                 {13, 2}, {14, 2}, {15, 3}, {16, 3},  {17, 4}, {18, 4}, {19, 4},
                 {20, 5}, {25, 7}, {30, 9}, {40, 13}, {50, 17}};
    (void)state;
    for (size_t n = 0; n < 6; n++)
        assert_int_equal(stats_median_rank(n, 0.05), 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(stats_median_rank(table[i].n, 0.05), table[i].critical + 1);
}

static void test_interval(void **state) {
    double values[20];
    (void)state;
    for (int i = 0; i < 20; i++)
        values[i] = i + 1;
    struct stats_interval interval = stats_median_interval(values, 20, 0.05);
    assert_true(interval.exists);
    assert_close(interval.lo, 6);
    assert_close(interval.hi, 15);
    interval = stats_median_interval(values, 5, 0.05);
    assert_false(interval.exists);
    assert_true(isnan(interval.lo) && isnan(interval.hi));
    assert_true(stats_median_interval(values, 10, 0.05 / 12).exists); /* a --quick campaign */
}

/* In (0, 1). */
static double uniform(uint64_t *seed) {
    return ((double)(random_next(seed) >> 11) + 0.5) / 9007199254740992.0;
}

/* Sorted, from the exponential distribution: skewed, with the median log 2. */
static void draw_exponential(uint64_t *seed, double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        values[i] = -log(uniform(seed));
    stats_sort(values, n);
}

/* Coverage of the true median of a skewed distribution must agree with the binomial value within 1
 * point. */
static void test_coverage(void **state) {
    static const size_t sizes[] = {6, 10, 20, 40};
    uint64_t seed = 20260101;
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s], covered = 0, trials = 40000;
        for (size_t t = 0; t < trials; t++) {
            double values[40];
            draw_exponential(&seed, values, n);
            struct stats_interval interval = stats_median_interval(values, n, 0.05);
            covered += interval.lo <= log(2) && log(2) <= interval.hi;
        }
        double expected = 1 - 2 * stats_binomial_half(n, stats_median_rank(n, 0.05) - 1);
        double got = (double)covered / (double)trials;
        if (fabs(got - expected) > 0.01)
            fail_msg("n = %zu: covered %.4f, expected %.4f", n, got, expected);
        assert_true(expected >= 0.95);
    }
}

static double missed_by_formula(size_t n, double alpha) {
    size_t rank = stats_median_rank(n, alpha);
    return rank ? 2 * stats_binomial_half(n, rank - 1) : 0;
}

/* A campaign that stops at the first look where its interval is narrower than `enough`: does it
 * cover the median? *at is the look. */
static bool covers(uint64_t *seed, const struct looks *looks, double enough, unsigned *at) {
    double values[40], sorted[40];
    struct stats_interval interval = {.exists = false};
    for (size_t i = 0; i < 40; i++)
        values[i] = -log(uniform(seed));
    for (*at = 0; *at < looks->count; ++*at) {
        size_t n = looks->at[*at];
        memcpy(sorted, values, n * sizeof *sorted);
        stats_sort(sorted, n);
        interval = stats_median_interval(sorted, n, looks_share(looks, n, 0.05));
        if (*at + 1 == looks->count ||
            stats_half_width(interval, stats_median(sorted, n)) <= enough)
            break;
    }
    return interval.lo <= log(2) && log(2) <= interval.hi;
}

/* Stopping when the interval is narrow enough costs no coverage: it stays at 95 % at least, and
 * within 1 point of the binomial values of the looks at which the campaigns ended. */
static void test_coverage_with_stopping(void **state) {
    static const double enough[] = {0.3, 0.5, 0.8};
    uint64_t seed = 20260606;
    (void)state;
    for (uint64_t blocks = 20; blocks <= 40; blocks *= 2) {
        struct looks looks = looks_up_to(blocks);
        for (size_t e = 0; e < 3; e++) {
            const unsigned trials = 40000;
            unsigned covered = 0, at;
            double expected = 0;
            for (unsigned t = 0; t < trials; t++) {
                covered += covers(&seed, &looks, enough[e], &at);
                size_t n = looks.at[at];
                expected += 1 - missed_by_formula(n, looks_share(&looks, n, 0.05));
            }
            double got = (double)covered / trials;
            expected /= trials;
            if (got < 0.95 || fabs(got - expected) > 0.01)
                fail_msg("%u looks, enough %g: covered %.4f, expected %.4f", looks.count, enough[e],
                         got, expected);
        }
    }
}

/* alpha ln(1 + (e - 1) t) at t = 0.2, 0.4 … 1, by hand. */
static void test_looks(void **state) {
    static const double by_hand[] = {0.01477, 0.02616, 0.03543, 0.04324, 0.05};
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(fabs(looks_spent(0.05, 0.2 * (i + 1)) - by_hand[i]) < 1e-5);
    for (uint64_t blocks = 10; blocks <= 40; blocks *= 2) {
        struct looks looks = looks_up_to(blocks);
        double sum = 0;
        assert_true(looks_fit(&looks, blocks));
        for (unsigned i = 0; i < looks.count; i++)
            sum += looks_share(&looks, looks.at[i], 0.05);
        assert_close(sum, 0.05);
        assert_false(looks_between(&looks, blocks));
        assert_int_equal(looks_between(&looks, 10), blocks > 10);
        assert_false(looks_between(&looks, 11));
    }
    struct looks looks = looks_up_to(20), once = looks_once(13);
    assert_close(looks_share(&looks, 11, 0.05), looks_share(&looks, 20, 0.05));
    assert_close(looks_share(&looks, 3, 0.05), looks_share(&looks, 10, 0.05));
    assert_close(looks_share(&looks, 10, 0.05), 0.05 * log(1 + (exp(1) - 1) / 2));
    assert_close(looks_share(&once, 7, 0.05), 0.05);
    assert_false(looks_fit(&(struct looks){.at = {20, 10}, .count = 2}, 10));
    assert_false(looks_fit(&(struct looks){.at = {10, 20}, .count = 2}, 40));
    assert_false(looks_fit(&(struct looks){.count = 0}, 0));
}

/* Any table of the normal distribution. */
static void test_normal_quantile(void **state) {
    (void)state;
    assert_true(fabs(stats_normal_quantile(0.5)) < 1e-9);
    assert_true(fabs(stats_normal_quantile(0.95) - 1.644854) < 1e-6);
    assert_true(fabs(stats_normal_quantile(0.975) - 1.959964) < 1e-6);
    assert_true(fabs(stats_normal_quantile(0.005) + 2.575829) < 1e-6);
    assert_true(fabs(stats_normal_quantile(0.9995) - 3.290527) < 1e-6);
}

static void test_widths(void **state) {
    const struct stats_interval interval = {0.9, 1.2, true}, none = {NAN, NAN, false};
    (void)state;
    assert_close(stats_half_width(interval, 1.5), 0.1);
    assert_close(stats_reach(interval, 1), log(1.2));
    assert_close(stats_reach(interval, 1.2), log(1.2 / 0.9));
    assert_true(isnan(stats_half_width(none, 1)) && isnan(stats_reach(none, 1)));
    assert_int_equal(stats_median_least(0.05), 6);
    assert_int_equal(stats_median_least(0.05 / 60), 12); /* 2 / 2^12 ≤ 0.05 / 60 */
}

/* Where the interval reaches from 1.1 to 1 / 1.1, half the way off needs four times the values. */
static void test_ratios_needed(void **state) {
    double ratios[20], alpha = 2 * stats_binomial_half(20, 5); /* the sixth from either end */
    (void)state;
    for (int i = 0; i < 20; i++)
        ratios[i] = pow(1.1, 0.5 + (i - 9.5) / 4.5); /* 1.1^(0.5 ± 1) at those */
    assert_close(stats_ratios_needed(ratios, 20, 0, alpha), 80);
    assert_true(stats_ratios_needed(ratios, 20, log(1.1), alpha) > 300);
    assert_close(stats_ratios_needed(ratios, 20, INFINITY, alpha), 320);
    assert_true(stats_ratios_needed(ratios, 20, 0, alpha / 100) > 100);
    assert_true(stats_ratios_needed(ratios, 20, 0, 1e-9) >= 31); /* 2 / 2^31 < 1e-9 */
    const double same[] = {1, 1, 1, 1, 1, 1}, one[] = {1.5};
    assert_true(isinf(stats_ratios_needed(same, 6, 0, 0.05)));
    assert_close(stats_ratios_needed(one, 1, 0, 0.05), 6);
    /* From six clear ratios, where 0.05 / 60 has no interval: as many as any interval takes. */
    const double clear[] = {1.99, 1.995, 2, 2, 2.005, 2.01};
    assert_close(stats_ratios_needed(clear, 6, 0, 0.05 / 60), 12);
}

/* The dip of evenly spaced values is the least, of two far lumps nearly the most; of uniform
 * samples its quantiles are those of table 1 of Hartigan and Hartigan (1985), as recomputed by
 * Maechler. */
static void test_dip(void **state) {
    static const struct {
        size_t n;
        double half, most;
    } table[] = {{10, 0.0978, 0.1396}, {20, 0.0733, 0.1051}, {50, 0.0489, 0.0703}};
    enum { TRIALS = 4000 };
    static double dips[TRIALS];
    double values[50];
    uint64_t seed = 1985;
    (void)state;
    for (int i = 0; i < 10; i++)
        values[i] = i;
    assert_close(dip_of(values, 10), 0.05);
    for (int i = 0; i < 10; i++)
        values[i] = (i < 5 ? 0 : 100) + 0.01 * i;
    assert_true(dip_of(values, 10) > 0.24 && dip_of(values, 10) <= 0.25);
    assert_true(dip_hints_two_peaks(values, 10));
    assert_false(dip_hints_two_peaks(values, 9));
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int t = 0; t < TRIALS; t++) {
            for (size_t j = 0; j < table[i].n; j++)
                values[j] = uniform(&seed);
            stats_sort(values, table[i].n);
            dips[t] = dip_of(values, table[i].n);
        }
        stats_sort(dips, TRIALS);
        assert_true(fabs(stats_quantile(dips, TRIALS, 0.5) / table[i].half - 1) < 0.02);
        assert_true(fabs(stats_quantile(dips, TRIALS, 0.95) / table[i].most - 1) < 0.03);
    }
}

/* Skew is no second peak; two lumps in equal parts are seen in most samples of 40. */
static void test_peaks(void **state) {
    unsigned skewed = 0, two = 0;
    double values[40];
    uint64_t seed = 7;
    (void)state;
    for (int t = 0; t < 1000; t++) {
        draw_exponential(&seed, values, 20);
        skewed += dip_hints_two_peaks(values, 20);
        for (int i = 0; i < 40; i++)
            values[i] = uniform(&seed) + uniform(&seed) + (i % 2 ? 3 : 0);
        stats_sort(values, 40);
        two += dip_hints_two_peaks(values, 40);
    }
    if (skewed > 50 || two < 900)
        fail_msg("two peaks hinted in %u of 1000 skewed samples, %u of 1000 with two", skewed, two);
}

static void test_karp_flatt(void **state) {
    (void)state;
    assert_close(stats_karp_flatt(2, 2), 0);
    assert_close(stats_karp_flatt(1, 4), 1);
    assert_close(stats_karp_flatt(1.8, 2), 1.0 / 9);
}

static void test_random_order(void **state) {
    uint32_t order[50], again[50];
    uint64_t seed = 7, same = 7;
    bool seen[50] = {false};
    (void)state;
    random_order(&seed, order, 50);
    random_order(&same, again, 50);
    assert_memory_equal(order, again, sizeof order);
    for (int i = 0; i < 50; i++) {
        assert_true(order[i] < 50 && !seen[order[i]]);
        seen[order[i]] = true;
    }
    random_order(&seed, again, 50);
    assert_memory_not_equal(order, again, sizeof order);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_median_and_quantiles),
        cmocka_unit_test(test_sorting_what_is_not_known),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_median_ranks),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_coverage_with_stopping),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_normal_quantile),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_ratios_needed),
        cmocka_unit_test(test_dip),
        cmocka_unit_test(test_peaks),
        cmocka_unit_test(test_karp_flatt),
        cmocka_unit_test(test_random_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
