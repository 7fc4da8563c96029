/* Proves the statistics against published tables, against values computed by hand, and by
 * simulation. */
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
            for (size_t i = 0; i < n; i++) {
                double uniform = ((double)(random_next(&seed) >> 11) + 0.5) / 9007199254740992.0;
                values[i] = -log(uniform); /* exponential: the median is log 2 */
            }
            stats_sort(values, n);
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
        cmocka_unit_test(test_karp_flatt),
        cmocka_unit_test(test_random_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
