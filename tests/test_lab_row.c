/* Proves bench/lab/lab.h's rows: what is not a number is an empty cell, wherever it stands, and
 * nothing else is. */
#include "tests/helpers.h"

#include "bench/lab/lab.h"

#include <math.h>

static void no_number_is_an_empty_cell(void **state) {
    (void)state;
    struct lab_table table = {0};
    lab_row(&table, "a,b,c");
    lab_row(&table, "%.1f,%g,%.0f", (double)NAN, 1.5, copysign(NAN, -1));
    lab_row(&table, "%g,%.2f,%g", 1.5, copysign(NAN, -1), (double)NAN);
    lab_row(&table, "%g,,%d", (double)NAN, -1);
    assert_string_equal(table.csv, "a,b,c\n,1.5,\n1.5,,\n,,-1\n");
    assert_int_equal(table.size, strlen(table.csv));
    assert_int_equal(table.err, 0);
    free(table.csv);
}

static void words_are_kept(void **state) {
    (void)state;
    struct lab_table table = {0};
    lab_row(&table, "%s,%s,%s,%s", "nanoseconds", "a nan", "-", "na");
    assert_string_equal(table.csv, "nanoseconds,a nan,-,na\n");
    free(table.csv);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_number_is_an_empty_cell),
        cmocka_unit_test(words_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
