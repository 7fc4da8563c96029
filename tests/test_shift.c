/* Proves the unpaired shift against published tables and examples, and by simulation. */
#include "bench/stats/random.h"
#include "bench/stats/shift.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Critical values of U, two-sided 5 % (Mann and Whitney's table as any textbook has it): the rank
 * is one more; -1: none. */
static void test_ranks(void **state) {
    static const struct {
        size_t n, m;
        int critical;
    } table[] = {{3, 3, -1},    {3, 5, 0},    {4, 4, 0},    {4, 6, 2},    {5, 5, 2},
                 {5, 8, 6},     {6, 6, 5},    {6, 9, 10},   {7, 7, 8},    {8, 8, 13},
                 {9, 9, 17},    {10, 10, 23}, {10, 15, 39}, {12, 12, 37}, {15, 15, 64},
                 {18, 20, 112}, {20, 20, 127}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(shift_rank(table[i].n, table[i].m, 0.05), table[i].critical + 1);
        assert_int_equal(shift_rank(table[i].m, table[i].n, 0.05), table[i].critical + 1);
    }
    assert_int_equal(shift_rank(10, 10, 0.01), 16 + 1);
    assert_int_equal(shift_rank(20, 20, 0.01), 105 + 1);
    assert_int_equal(shift_rank(0, 5, 0.05), 0);
}

/* Where the exact distribution ends the normal one goes on. */
static void test_normal_goes_on(void **state) {
    (void)state;
    double exact = (double)shift_rank(50, 50, 0.05), beyond = (double)shift_rank(51, 51, 0.05);
    assert_true(fabs(exact / 2500 - beyond / 2601) < 0.003);
    assert_true(shift_rank(1000, 1000, 0.05) < 500000);
    assert_true(shift_rank(1000, 1000, 0.05) > 470000);
}

/* Hollander and Wolfe, example 4.1 (permeability of human chorioamnion): the estimate of the shift
 * is 0.305, its 95 % interval [-0.15, 0.76] (R: wilcox.test(x, y, conf.int = TRUE)). */
static void test_published_example(void **state) {
    const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46},
                 early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    double a[5], b[10];
    struct shift shift;
    (void)state;
    for (int i = 0; i < 5; i++)
        a[i] = exp(early[i]);
    for (int i = 0; i < 10; i++)
        b[i] = exp(term[i]);
    assert_int_equal(shift_between(a, 5, b, 10, 0.05, &shift), 0);
    assert_true(fabs(log(shift.ratio) - 0.305) < 1e-9);
    assert_true(shift.interval.exists);
    assert_true(fabs(log(shift.interval.lo) + 0.15) < 1e-9);
    assert_true(fabs(log(shift.interval.hi) - 0.76) < 1e-9);
}

static void test_too_few(void **state) {
    const double few[] = {1, 2, 3};
    struct shift shift;
    (void)state;
    assert_int_equal(shift_between(few, 3, few, 3, 0.05, &shift), 0);
    assert_true(fabs(shift.ratio - 1) < 1e-12);
    assert_false(shift.interval.exists);
    assert_true(isinf(shift_reach(shift.interval)));
    assert_true(shift_needed(3, 3, &shift, 0, 0.05) == 4);
    assert_int_equal(shift_between(few, 0, few, 3, 0.05, &shift), 0);
    assert_true(isnan(shift.ratio));
}

static void test_needed(void **state) {
    const struct shift shift = {.ratio = 1.02,
                                .interval = {.lo = 1.02 / 1.04, .hi = 1.02 * 1.04, .exists = true}};
    (void)state;
    double expected = ceil(20 * pow(log(1.04) / log(1.02), 2));
    assert_true(shift_needed(20, 20, &shift, 0, 0.05) == expected);
    assert_true(shift_needed(20, 20, &shift, 0.01, 0.05) > expected);
    const struct shift none = {.ratio = 1, .interval = {.lo = 0.99, .hi = 1.01, .exists = true}};
    assert_true(isinf(shift_needed(20, 20, &none, 0, 0.05)));
}

/* Values as times are: skewed, with a long tail upwards. */
static double draw(uint64_t *random) {
    double uniform = ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
    return 1 - 0.05 * log(uniform);
}

/* 3000 pairs of samples, the second 7 % larger: intervals hold as often as they promise. */
static void test_coverage(void **state) {
    enum { TRIALS = 3000, N = 12, M = 9 };
    uint64_t random = 20260101;
    unsigned held = 0;
    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        double a[N], b[M];
        struct shift shift;
        for (int i = 0; i < N; i++)
            a[i] = draw(&random);
        for (int i = 0; i < M; i++)
            b[i] = 1.07 * draw(&random);
        assert_int_equal(shift_between(a, N, b, M, 0.05, &shift), 0);
        held += shift.interval.lo <= 1.07 && 1.07 <= shift.interval.hi;
    }
    /* By formula 0.9550 (U's critical value 26 of 12 and 9); three standard errors are 0.0114. */
    double share = (double)held / TRIALS;
    if (share < 0.955 - 0.0114 || share > 0.955 + 0.0114)
        fail_msg("%.4f of the intervals held, seed 20260101", share);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_normal_goes_on),
        cmocka_unit_test(test_published_example),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_needed),
        cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests_name("shift", tests, NULL, NULL);
}
