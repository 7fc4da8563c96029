/* Proves that rows survive the way into a CSV file and back, and that damaged files are told from
 * torn ones. */
#include "bench/campaign/raw.h"
#include "bench/stats/random.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct row {
    char text[24];
    uint64_t whole;
    double real;
    enum csv_bool flag;
};

static const struct csv_column columns[] = {
    CSV_COLUMN(struct row, text, CSV_TEXT),
    CSV_COLUMN(struct row, whole, CSV_WHOLE),
    CSV_COLUMN(struct row, real, CSV_DOUBLE),
    CSV_COLUMN(struct row, flag, CSV_BOOL),
};

#define COLUMNS (sizeof columns / sizeof *columns)

/* Reads one header and one row from a text. */
static int read_text(const char *text, struct row *row) {
    size_t fields;
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    int err = csv_read_header(columns, COLUMNS, COLUMNS, file, &fields);
    if (!err)
        err = csv_read_row(columns, COLUMNS, fields, row, file);
    fclose(file);
    return err;
}

static void round_trip(const struct row *row) {
    char *text = NULL;
    size_t size = 0;
    struct row back;
    FILE *file = open_memstream(&text, &size);
    csv_write_header(columns, COLUMNS, file);
    csv_write_row(columns, COLUMNS, row, file);
    fclose(file);
    if (read_text(text, &back) != 1)
        fail_msg("does not read back: %s", text);
    assert_string_equal(back.text, row->text);
    assert_true(back.whole == row->whole);
    assert_true(isnan(row->real) ? isnan(back.real) : back.real == row->real);
    assert_int_equal(back.flag, row->flag);
    free(text);
}

static void test_round_trips(void **state) {
    static const char *const texts[] = {"",   "plain", "a,b",      "say \"so\"", "two\nlines",
                                        "\"", ",",     " blanks ", "cr\rhere",   "ends \"\""};
    uint64_t seed = 42;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&seed);
        struct row row = {.whole = random_next(&seed) >> random_below(&seed, 64),
                          .flag = (enum csv_bool)random_below(&seed, 3)};
        memcpy(&row.real, &bits, sizeof bits);
        if (isinf(row.real))
            row.real = NAN;
        snprintf(row.text, sizeof row.text, "%s", texts[random_below(&seed, 10)]);
        round_trip(&row);
    }
    round_trip(&(struct row){"", CSV_NO_WHOLE, NAN, CSV_NO_BOOL});
    round_trip(&(struct row){"x", 0, -0.0, CSV_FALSE});
    round_trip(&(struct row){"x", UINT64_MAX - 1, 4.9406564584124654e-324, CSV_TRUE});
}

static void test_form(void **state) {
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *file = open_memstream(&text, &size);
    csv_write_header(columns, COLUMNS, file);
    csv_write_row(columns, COLUMNS, &(struct row){"a,\"b\"", 7, 0.1, CSV_TRUE}, file);
    csv_write_row(columns, COLUMNS, &(struct row){"", CSV_NO_WHOLE, NAN, CSV_NO_BOOL}, file);
    fclose(file);
    assert_string_equal(text, "text,whole,real,flag\n"
                              "\"a,\"\"b\"\"\",7,0.10000000000000001,true\n"
                              ",,,\n");
    free(text);
}

/* What cannot be read back is not written. */
static void test_infinities(void **state) {
    struct row row = {"x", 1, INFINITY, CSV_TRUE}, back;
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *file = open_memstream(&text, &size);
    csv_write_header(columns, COLUMNS, file);
    csv_write_row(columns, COLUMNS, &row, file);
    fclose(file);
    assert_int_equal(read_text(text, &back), 1);
    assert_true(isnan(back.real));
    free(text);
}

static void test_zero_bytes(void **state) {
    static const char text[] = "text,whole,real,flag\na\0b,1,2,true\n",
                      quoted[] = "text,whole,real,flag\n\"a\0b\",1,2,true\n";
    struct row row;
    size_t fields;
    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *file = fmemopen((void *)(uintptr_t)(i ? quoted : text),
                              i ? sizeof quoted - 1 : sizeof text - 1, "r");
        assert_int_equal(csv_read_header(columns, COLUMNS, COLUMNS, file, &fields), 0);
        assert_int_equal(csv_read_row(columns, COLUMNS, fields, &row, file), -EPROTO);
        fclose(file);
    }
}

static void test_damage(void **state) {
    static const char *const bad[] = {
        "text,whole,real\n",                                          /* a column is missing */
        "text,real,whole,flag\n",                                     /* another order */
        "text,whole,real,flag\na,1,2\n",                              /* too few fields */
        "text,whole,real,flag\na,1,2,true,5\n",                       /* too many */
        "text,whole,real,flag\na,-1,2,true\n",                        /* not whole */
        "text,whole,real,flag\na,1,nan,true\n",                       /* not finite */
        "text,whole,real,flag\na,1,2,yes\n",                          /* no boolean */
        "text,whole,real,flag\n\"a,1,2,true\n",                       /* an open quote */
        "text,whole,real,flag\na\"b,1,2,true\n",                      /* a quote inside */
        "text,whole,real,flag\na,1,2,true",                           /* no line end */
        "text,whole,real,flag\na234567890123456789012345,1,2,true\n", /* too long */
        "text,whole,real,flag",                                       /* a torn header */
    };
    struct row row;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_text(bad[i], &row) != -EPROTO)
            fail_msg("was accepted: %s", bad[i]);
    assert_int_equal(read_text("\n", &row), -EPROTO);
    assert_int_equal(read_text("text,whole,real,flag\n", &row), 0);
    assert_int_equal(read_text("text,whole,real,flag,more\na,1,2,true,x\n", &row), 1);
}

/* A raw.csv whose last row was being written when its writer was killed: that row alone is lost. */
static void test_torn_raw(void **state) {
    char path[] = "/tmp/test_csv_XXXXXX";
    int fd = mkstemp(path);
    struct raw_row row;
    struct raw_rows rows;
    long whole_bytes;
    size_t line;
    (void)state;
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    csv_clear(raw_columns, raw_column_count, &row);
    snprintf(row.status, sizeof row.status, "ok");
    row.render_s = 1;
    row.renders = 1;
    csv_write_header(raw_columns, raw_column_count, file);
    for (uint64_t block = 0; block < 3; block++) {
        row.block = block;
        csv_write_row(raw_columns, raw_column_count, &row, file);
    }
    long end = ftell(file);
    fputs("1,torn,\"sca", file);
    fclose(file);
    assert_int_equal(raw_read(path, &rows, &whole_bytes, &line), 0);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.at[2].block, 2);
    assert_int_equal(whole_bytes, end);
    raw_free(&rows);

    file = fopen(path, "a");
    fputs("\nx\n", file); /* now the damage is inside */
    fclose(file);
    assert_int_equal(raw_read(path, &rows, &whole_bytes, &line), -EPROTO);
    assert_int_equal(line, 5);
    raw_free(&rows);
    unlink(path);
    assert_int_equal(raw_read(path, &rows, &whole_bytes, &line), -ENOENT);
}

static int keep_nothing(void *context, const void *row) {
    (void)context;
    (void)row;
    return 0;
}

/* A file of an earlier version has fewer columns: the others are empty. Its rows and ours do not
 * fit into one file. */
static void test_earlier_columns(void **state) {
    char path[] = "/tmp/test_csv_XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w"), *stream = NULL;
    struct row row = {.flag = CSV_TRUE};
    struct csv_file earlier = {.columns = columns, .column_count = COLUMNS, .row = &row};
    (void)state;
    fputs("text,whole\na,7\n", file);
    fclose(file);
    earlier.keep = keep_nothing;
    assert_int_equal(csv_read_file(&earlier, path), -EPROTO);
    earlier.least_columns = 3;
    assert_int_equal(csv_read_file(&earlier, path), -EPROTO);
    earlier.least_columns = 2;
    assert_int_equal(csv_read_file(&earlier, path), 0);
    assert_int_equal(row.whole, 7);
    assert_true(isnan(row.real));
    assert_int_equal(row.flag, CSV_NO_BOOL);
    assert_int_equal(csv_resume(&earlier, path, &stream), -EPROTO);
    assert_int_equal(earlier.line, 1);
    assert_null(stream);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),     cmocka_unit_test(test_form),
        cmocka_unit_test(test_infinities),      cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_torn_raw),
        cmocka_unit_test(test_earlier_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
