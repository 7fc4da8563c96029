/* Proves base/text.h, base/size.h and base/clock.h: strict numbers in, exact numbers out, sizes
 * that cannot overflow unseen, and deadlines that neither wrap nor end early. */
#include "tests/helpers.h"

#include "base/clock.h"
#include "base/size.h"
#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#define UNTOUCHED UINT64_C(0xDEAD)

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void whole_numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t min, max, value;
    } cases[] = {
        {"0", 0, 10, 0},
        {"10", 0, 10, 10},
        {"7", 7, 7, 7},
        {"007", 0, 10, 7},
        {"4294967294", 1, UINT32_MAX, 4294967294},
        {"18446744073709551615", 0, UINT64_MAX, UINT64_MAX},
        {"00000000000000000000000000000001", 1, 1, 1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t value = UNTOUCHED;
        int err = text_parse_u64(cases[i].text, cases[i].min, cases[i].max, &value);
        if (err || value != cases[i].value)
            fail_msg("\"%s\": err %d, value %" PRIu64, cases[i].text, err, value);
    }
}

static void other_whole_numbers_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t min, max;
        int err;
    } cases[] = {
        {"", 0, UINT64_MAX, -EINVAL},
        {" ", 0, UINT64_MAX, -EINVAL},
        {" 1", 0, UINT64_MAX, -EINVAL},
        {"1 ", 0, UINT64_MAX, -EINVAL},
        {"\t1", 0, UINT64_MAX, -EINVAL},
        {"1\n", 0, UINT64_MAX, -EINVAL},
        {"+1", 0, UINT64_MAX, -EINVAL},
        {"-", 0, UINT64_MAX, -EINVAL},
        {"--1", 0, UINT64_MAX, -EINVAL},
        {"-1x", 0, UINT64_MAX, -EINVAL},
        {"-x", 0, UINT64_MAX, -EINVAL},
        {"1x", 0, UINT64_MAX, -EINVAL},
        {"1.0", 0, UINT64_MAX, -EINVAL},
        {"1e3", 0, UINT64_MAX, -EINVAL},
        {"0x10", 0, UINT64_MAX, -EINVAL},
        {"1,2", 0, UINT64_MAX, -EINVAL},
        {"nan", 0, UINT64_MAX, -EINVAL},
        {"inf", 0, UINT64_MAX, -EINVAL},
        {"99999999999999999999999x", 0, UINT64_MAX, -EINVAL},
        {"-1", 0, UINT64_MAX, -ERANGE},
        {"-18446744073709551615", 0, UINT64_MAX, -ERANGE},
        {"18446744073709551616", 0, UINT64_MAX, -ERANGE},
        {"99999999999999999999999", 0, UINT64_MAX, -ERANGE},
        {"0", 1, 4096, -ERANGE},
        {"4097", 1, 4096, -ERANGE},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t value = UNTOUCHED;
        int err = text_parse_u64(cases[i].text, cases[i].min, cases[i].max, &value);
        if (err != cases[i].err || value != UNTOUCHED)
            fail_msg("\"%s\": err %d, want %d; value %" PRIu64, cases[i].text, err, cases[i].err,
                     value);
    }
}

static void doubles_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {"-0", -0.0},
        {"+1.5", 1.5},
        {"-1.5", -1.5},
        {".5", 0.5},
        {"-.5", -0.5},
        {"5.", 5},
        {"1e3", 1000},
        {"1E-3", 0.001},
        {"0x1p-2", 0.25},
        {"0.1015", 0.1015},
        {"-0.743643887037151", -0.743643887037151},
        {"1.7976931348623157e308", DBL_MAX},
        {"-1.7976931348623157e308", -DBL_MAX},
        {"2.2250738585072014e-308", DBL_MIN},
        {"5e-324", 0x1p-1074},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double value = NAN;
        int err = text_parse_double(cases[i].text, &value);
        if (err || bits_of(value) != bits_of(cases[i].value))
            fail_msg("\"%s\": err %d, value %.17g", cases[i].text, err, value);
    }
}

static const struct {
    const char *text;
    int err;
} no_doubles[] = {
    {"", -EINVAL},        {" ", -EINVAL},      {" 1", -EINVAL},     {"1 ", -EINVAL},
    {"\n1", -EINVAL},     {"1\n", -EINVAL},    {"+", -EINVAL},      {"-", -EINVAL},
    {"+-1", -EINVAL},     {"--1", -EINVAL},    {".", -EINVAL},      {"-.", -EINVAL},
    {".e5", -EINVAL},     {"e5", -EINVAL},     {"1e", -EINVAL},     {"1e+", -EINVAL},
    {"1.2.3", -EINVAL},   {"1x", -EINVAL},     {"0x", -EINVAL},     {"1,2", -EINVAL},
    {"nan", -EINVAL},     {"NAN", -EINVAL},    {"-nan", -EINVAL},   {"nan(1)", -EINVAL},
    {"inf", -EINVAL},     {"-inf", -EINVAL},   {"+inf", -EINVAL},   {"Infinity", -EINVAL},
    {"1e309", -ERANGE},   {"-1e309", -ERANGE}, {"1e9999", -ERANGE}, {"0x1p1024", -ERANGE},
    {"1e309 x", -EINVAL}, {"1e309,", -EINVAL},
};

static void other_doubles_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(no_doubles); i++) {
        double value = 42;
        int err = text_parse_double(no_doubles[i].text, &value);
        if (err != no_doubles[i].err || value != 42)
            fail_msg("\"%s\": err %d, want %d; value %.17g", no_doubles[i].text, err,
                     no_doubles[i].err, value);
    }
}

static void pairs_are_read(void **state) {
    (void)state;
    double a = 0, b = 0;
    assert_int_equal(text_parse_pair("0.1015,-0.633", &a, &b), 0);
    assert_true(a == 0.1015 && b == -0.633);
    assert_int_equal(text_parse_pair("-1e-3,+.5", &a, &b), 0);
    assert_true(a == -0.001 && b == 0.5);
}

static void other_pairs_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", -EINVAL},      {",", -EINVAL},       {"1", -EINVAL},        {"1,", -EINVAL},
        {",1", -EINVAL},    {"1,2,", -EINVAL},    {"1,2,3", -EINVAL},    {"1, 2", -EINVAL},
        {"1 ,2", -EINVAL},  {" 1,2", -EINVAL},    {"1,2 ", -EINVAL},     {"1;2", -EINVAL},
        {"nan,1", -EINVAL}, {"1,inf", -EINVAL},   {"1,,2", -EINVAL},     {"1x2", -EINVAL},
        {"1,2i", -EINVAL},  {"1e999,2", -ERANGE}, {"1,-1e999", -ERANGE},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double a = 1, b = 2;
        int err = text_parse_pair(cases[i].text, &a, &b);
        if (err != cases[i].err || a != 1 || b != 2)
            fail_msg("\"%s\": err %d, want %d; %.17g,%.17g", cases[i].text, err, cases[i].err, a,
                     b);
    }
}

static void lists_give_their_items(void **state) {
    (void)state;
    const char *list = "serial,fork-queue,x";
    char item[11];
    assert_int_equal(text_next_item(&list, item, sizeof item), 1);
    assert_string_equal(item, "serial");
    assert_int_equal(text_next_item(&list, item, sizeof item), 1);
    assert_string_equal(item, "fork-queue"); /* with its terminator it just fits */
    assert_int_equal(text_next_item(&list, item, sizeof item), 1);
    assert_string_equal(item, "x");
    assert_int_equal(text_next_item(&list, item, sizeof item), 0);
    assert_int_equal(text_next_item(&list, item, sizeof item), 0);
}

/* Reads a list to its end: how many items came, and what ended it. */
static int items_until(const char *list, char *item, size_t size, int *end) {
    int items = 0;
    while ((*end = text_next_item(&list, item, size)) == 1)
        items++;
    return items;
}

static void faulty_lists_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *list;
        int items, end;
    } cases[] = {
        {"", 0, -EINVAL},   {",", 0, -EINVAL},    {",a", 0, -EINVAL},
        {"a,", 1, -EINVAL}, {"a,,b", 1, -EINVAL}, {"abcd", 0, -ENAMETOOLONG},
        {"abc", 1, 0},      {"a,b,c,d,e", 5, 0},  {"a,abcd,b", 1, -ENAMETOOLONG},
        {" a, b ", 2, 0}, /* blanks belong to items: names refuse them */
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char item[4];
        int end, items = items_until(cases[i].list, item, sizeof item, &end);
        if (items != cases[i].items || end != cases[i].end)
            fail_msg("\"%s\": %d items, want %d; end %d, want %d", cases[i].list, items,
                     cases[i].items, end, cases[i].end);
    }
}

static void doubles_are_printed_short(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {0.01, "0.01"},
        {-0.633, "-0.633"},
        {-0.743643887037151, "-0.743643887037151"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {DBL_MAX, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char buffer[TEXT_DOUBLE_SIZE];
        assert_string_equal(text_double(cases[i].value, buffer), cases[i].text);
    }
}

static void printed_doubles_read_back(void **state) {
    (void)state;
    struct dice dice = dice_new();
    for (int i = 0; i < 200000; i++) {
        double value = double_of(dice_u64(&dice)), again = 0;
        char buffer[TEXT_DOUBLE_SIZE];
        if (!isfinite(value))
            continue;
        int err = text_parse_double(text_double(value, buffer), &again);
        if (err || bits_of(again) != bits_of(value))
            fail_msg("seed %" PRIu64 ": %a printed as %s reads %a (err %d)", dice.seed, value,
                     buffer, again, err);
    }
}

static void tiny_doubles_read_back(void **state) {
    (void)state;
    static const uint64_t patterns[] = {1, 2, 0xFFFFFFFFFFFFF, 0x10000000000000,
                                        0x8000000000000001};
    for (size_t i = 0; i < LENGTH(patterns); i++) {
        char buffer[TEXT_DOUBLE_SIZE];
        double again = NAN;
        int err = text_parse_double(text_double(double_of(patterns[i]), buffer), &again);
        if (err || bits_of(again) != patterns[i])
            fail_msg("bits %" PRIx64 " printed as %s read %" PRIx64 " (err %d)", patterns[i],
                     buffer, bits_of(again), err);
    }
}

static void bytes_are_printed_for_people(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},
        {1023, "1023 bytes"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {UINT64_C(24) << 30, "24.0 GiB"},
        {UINT64_C(4) << 40, "4.0 TiB"},
        {UINT64_MAX, "16.0 EiB"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char buffer[TEXT_BYTES_SIZE];
        assert_string_equal(text_bytes(cases[i].bytes, buffer), cases[i].text);
    }
}

static void files_are_read_as_far_as_they_fit(void **state) {
    struct path path = path_in(*state, "file");
    char buffer[8];
    assert_int_equal(text_read_file(path.text, buffer, sizeof buffer), -ENOENT);
    file_write(path.text, "");
    assert_int_equal(text_read_file(path.text, buffer, sizeof buffer), 0);
    assert_string_equal(buffer, "");
    file_write(path.text, "1234567");
    assert_int_equal(text_read_file(path.text, buffer, sizeof buffer), 7);
    assert_string_equal(buffer, "1234567");
    file_write(path.text, "123456789");
    assert_int_equal(text_read_file(path.text, buffer, sizeof buffer), 7);
    assert_string_equal(buffer, "1234567");
    assert_true(text_read_file(*state, buffer, sizeof buffer) < 0);
}

static void values_are_found(void **state) {
    (void)state;
    static const char text[] = "MemTotalX:   1 kB\n"
                               "MemTotal:       16384 kB  \n"
                               "Name:\tmandel\n"
                               "model name\t: CPU 1: fast\n"
                               "Empty:\n"
                               "cpu  1 2 3\n"
                               "MemTotal: 2 kB\n"
                               "Last: line";
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"MemTotal", "16384 kB"}, {"Name", "mandel"}, {"model name", "CPU 1: fast"}, {"Empty", ""},
        {"cpu", "1 2 3"},         {"Last", "line"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char value[32] = "untouched";
        assert_true(text_find_value(text, cases[i].key, value, sizeof value));
        assert_string_equal(value, cases[i].value);
    }
}

static void absent_values_are_not_found(void **state) {
    (void)state;
    char value[16];
    assert_false(text_find_value("", "key", value, sizeof value));
    assert_false(text_find_value("keys: 1\nxkey: 2\n key: 3\nkey", "key", value, sizeof value));
    assert_false(text_find_value("Key: 1\n", "key", value, sizeof value));
}

static void long_values_are_cut(void **state) {
    (void)state;
    char value[4];
    assert_true(text_find_value("key: 123456\n", "key", value, sizeof value));
    assert_string_equal(value, "123");
}

static void texts_are_tamed(void **state) {
    static const struct {
        const char *given, *tame;
    } cases[] = {
        {"", ""},
        {"plain <&>'\"`$(x) ~", "plain <&>'\"`$(x) ~"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb0", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb0"},
        {"a\nb\tc\x7f\x1b[2J", "a?b?c??[2J"},
        {"\xc2\x9b"
         "2J \xc2\xa0",
         "??2J \xc2\xa0"},                           /* C1 controls end at U+009F */
        {"cut \xe2\x82", "cut ??"},                  /* within a character */
        {"\xe2\x82x\xa9", "??x?"},                   /* a byte out of place */
        {"\xc0\xaf\xc1\xbf\xe0\x80\xaf", "???????"}, /* overlong */
        {"\xed\xa0\x80 \xef\xbf\xbe \xef\xbf\xbd", "??? ??? \xef\xbf\xbd"}, /* surrogate, U+FFFE */
        {"\xf4\x90\x80\x80\xf8\xff", "??????"},                             /* beyond U+10FFFF */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i].given);
        text_tame(text);
        assert_string_equal(text, cases[i].tame);
    }
}

static void sizes_do_not_overflow(void **state) {
    (void)state;
    uint64_t result = UNTOUCHED;
    assert_false(size_multiply(UINT64_C(1) << 32, UINT64_C(1) << 32, &result));
    assert_false(size_multiply(UINT64_MAX, 2, &result));
    assert_false(size_add(UINT64_MAX, 1, &result));
    assert_int_equal(result, UNTOUCHED);
    assert_true(size_multiply(UINT32_MAX, UINT32_MAX, &result));
    assert_int_equal(result, UINT64_C(0xFFFFFFFE00000001));
    assert_true(size_multiply(0, UINT64_MAX, &result));
    assert_int_equal(result, 0);
    assert_true(size_add(UINT64_MAX - 1, 1, &result));
    assert_int_equal(result, UINT64_MAX);
}

static void sizes_are_rounded(void **state) {
    (void)state;
    assert_int_equal(size_divide_up(0, 7), 0);
    assert_int_equal(size_divide_up(7, 7), 1);
    assert_int_equal(size_divide_up(8, 7), 2);
    assert_int_equal(size_divide_up(UINT64_MAX, 2), UINT64_C(1) << 63);
    assert_int_equal(size_divide_up(UINT64_MAX, UINT64_MAX), 1);
    assert_int_equal(size_align(0, 64), 0);
    assert_int_equal(size_align(1, 64), 64);
    assert_int_equal(size_align(64, 64), 64);
    assert_int_equal(size_align(65, 1), 65);
    assert_int_equal(size_min(1, UINT64_MAX), 1);
    assert_int_equal(size_max(1, UINT64_MAX), UINT64_MAX);
}

static void the_clock_never_goes_back(void **state) {
    (void)state;
    uint64_t last = clock_now_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_now_ns();
        if (now < last)
            fail_msg("%" PRIu64 " ns after %" PRIu64, now, last);
        last = now;
    }
}

static void deadlines_do_not_wrap(void **state) {
    (void)state;
    uint64_t before = clock_now_ns(), soon = clock_after_ns(1000), after = clock_now_ns();
    assert_in_range(soon, before + 1000, after + 1000);
    assert_int_equal(clock_after_ns(CLOCK_NEVER), CLOCK_NEVER);
    assert_int_equal(clock_after_ns(CLOCK_NEVER - 1), CLOCK_NEVER);
    uint64_t far = clock_after_ns(CLOCK_NEVER / 2);
    assert_true(far > before && far < CLOCK_NEVER);
}

static void instants_become_timespecs(void **state) {
    (void)state;
    struct timespec instant = clock_timespec(UINT64_C(12345678901));
    assert_int_equal(instant.tv_sec, 12);
    assert_int_equal(instant.tv_nsec, 345678901);
    struct timespec never = clock_timespec(CLOCK_NEVER);
    assert_true(never.tv_sec > 0);
    assert_in_range(never.tv_nsec, 0, 999999999);
}

static void polls_wait_long_enough(void **state) {
    (void)state;
    assert_int_equal(clock_poll_ms(CLOCK_NEVER), -1);
    assert_int_equal(clock_poll_ms(0), 0);
    assert_int_equal(clock_poll_ms(clock_now_ns()), 0);
    assert_int_equal(clock_poll_ms(CLOCK_NEVER - 1), INT_MAX);
    for (uint64_t ahead = 1000000; ahead < 2000000; ahead += 1009) {
        uint64_t before = clock_now_ns(), deadline = before + ahead;
        uint64_t ms = (uint64_t)clock_poll_ms(deadline), after = clock_now_ns();
        if (after + ms * 1000000 < deadline || before + ms * 1000000 >= deadline + 1000000)
            fail_msg("%" PRIu64 " ms for %" PRIu64 " ns", ms, ahead);
    }
}

static void nanoseconds_become_seconds(void **state) {
    (void)state;
    assert_true(clock_seconds(0) == 0);
    assert_true(clock_seconds(1500000000) == 1.5);
    assert_true(clock_seconds(1) == 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_read),
        cmocka_unit_test(other_whole_numbers_are_refused),
        cmocka_unit_test(doubles_are_read),
        cmocka_unit_test(other_doubles_are_refused),
        cmocka_unit_test(pairs_are_read),
        cmocka_unit_test(other_pairs_are_refused),
        cmocka_unit_test(lists_give_their_items),
        cmocka_unit_test(faulty_lists_are_refused),
        cmocka_unit_test(doubles_are_printed_short),
        cmocka_unit_test(printed_doubles_read_back),
        cmocka_unit_test(tiny_doubles_read_back),
        cmocka_unit_test(bytes_are_printed_for_people),
        IN_FOLDER(files_are_read_as_far_as_they_fit),
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(absent_values_are_not_found),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(texts_are_tamed),
        cmocka_unit_test(sizes_do_not_overflow),
        cmocka_unit_test(sizes_are_rounded),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(deadlines_do_not_wrap),
        cmocka_unit_test(instants_become_timespecs),
        cmocka_unit_test(polls_wait_long_enough),
        cmocka_unit_test(nanoseconds_become_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
