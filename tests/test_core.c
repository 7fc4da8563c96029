/* Proves core/: the definition of the workload by known points, its checks, batches that tile every
 * frame, and the frame of counts with its digest and its .npy file. */
#include "tests/helpers.h"

#include "base/output.h"
#include "core/batch.h"
#include "core/counts.h"
#include "core/workload.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static void known_points_have_their_counts(void **state) {
    (void)state;
    static const struct {
        double re, im;
        uint32_t count;
    } points[] = {
#define GOLDEN_POINT(re, im, count) {re, im, count},
#include "tests/golden.def"
        {0.0965, -0.638, 17},
    };
    for (size_t i = 0; i < LENGTH(points); i++) {
        uint32_t count = orbit(points[i].re, points[i].im, 255);
        if (count != points[i].count)
            fail_msg("orbit(%.17g, %.17g) = %u, want %u", points[i].re, points[i].im, count,
                     points[i].count);
    }
}

static void edges_of_the_set_are_exact(void **state) {
    (void)state;
    static const struct {
        double re, im;
        uint32_t limit, count;
    } points[] = {
        {0, 0, 1000, 1000},    {-2, 0, 1000, 1000}, /* |z| is 2 forever: not above */
        {2, 0, 1000, 1},       {0x1.0000000000001p1, 0, 1000, 0},
        {0, 2, 1000, 1},       {0, -0x1.0000000000001p1, 1000, 0},
        {0.25, 0, 5000, 5000}, {-0x1.0000000000001p1, 0, 1000, 0},
        {4, 0, 1, 0},          {1, 0, 1, 1},
        {1, 0, 1000, 2},       {1e308, -1e308, 1000, 0},
        {0, 1, 1000, 1000},
    };
    for (size_t i = 0; i < LENGTH(points); i++) {
        uint32_t count = orbit(points[i].re, points[i].im, points[i].limit);
        if (count != points[i].count)
            fail_msg("orbit(%a, %a, %u) = %u, want %u", points[i].re, points[i].im, points[i].limit,
                     count, points[i].count);
    }
}

static void a_lower_limit_only_cuts(void **state) {
    (void)state;
    struct dice dice = dice_new();
    for (int i = 0; i < 2000; i++) {
        double re = dice_between(&dice, -2, 0.6), im = dice_between(&dice, -1.2, 1.2);
        uint32_t limit = 1 + (uint32_t)dice_below(&dice, 300);
        uint32_t full = orbit(re, im, 300), cut = orbit(re, im, limit);
        if (cut != (full < limit ? full : limit))
            fail_msg("seed %" PRIu64 ": orbit(%a, %a): %u of 300, %u of %u", dice.seed, re, im,
                     full, cut, limit);
    }
}

static void views_are_sound(void **state) {
    (void)state;
    unsigned count;
    const struct view *views = view_list(&count);
    assert_true(count >= 7);
    for (unsigned i = 0; i < count; i++) {
        struct workload workload = workload_of_view(&views[i], 160, 90);
        assert_null(workload_fault(&workload));
        assert_ptr_equal(view_find(views[i].name), &views[i]);
        assert_true(strlen(views[i].summary) > 0);
        assert_true(workload.center_re == views[i].center_re);
        assert_true(workload.center_im == views[i].center_im);
        assert_true(workload.extent == views[i].extent);
        assert_int_equal(workload.max_iter, views[i].max_iter);
        assert_int_equal(workload_pixels(&workload), 160 * 90);
        assert_false(workload.shortcuts);
    }
}

static void promised_views_exist(void **state) {
    (void)state;
    static const struct view promised[] = {
        {"lesson", 0.1015, -0.633, 0.01, 255, NULL},
        {"whole", -0.75, 0, 2.5, 1000, NULL},
        {"seahorse", -0.743643887037151, 0.131825904205330, 0.0002, 5000, NULL},
        {"elephant", 0.2759, 0.0067, 0.015, 2000, NULL},
        {"interior", -0.2, 0, 0.1, 1000, NULL},
        {"exterior", 1, 1, 0.5, 255, NULL},
        {"corner", 0.72, 0.62, 1, 5000, NULL},
    };
    for (size_t i = 0; i < LENGTH(promised); i++) {
        const struct view *view = view_find(promised[i].name);
        if (!view || view->center_re != promised[i].center_re ||
            view->center_im != promised[i].center_im || view->extent != promised[i].extent ||
            view->max_iter != promised[i].max_iter)
            fail_msg("view %s is not as promised", promised[i].name);
    }
    static const char *const unknown[] = {"", "Lesson", "lesson ", "nowhere"};
    for (size_t i = 0; i < LENGTH(unknown); i++)
        assert_null(view_find(unknown[i]));
}

static void pixels_lie_where_they_should(void **state) {
    (void)state;
    struct workload workload = {-0.5, 0.25, 4, 8, 4, 10, false};
    double left = workload_left(&workload), top = workload_top(&workload);
    double extent_im = workload_extent_im(&workload);
    assert_true(extent_im == 2);
    assert_true(left == -2.5 && top == -0.75); /* row 0 has the least imaginary part */
    assert_true(workload_re(&workload, left, 0) == left);
    assert_true(workload_re(&workload, left, 4) == -0.5);
    assert_true(workload_re(&workload, left, 7) == 1);
    assert_true(workload_im(&workload, top, extent_im, 0) == top);
    assert_true(workload_im(&workload, top, extent_im, 2) == 0.25);
    assert_true(workload_im(&workload, top, extent_im, 3) == 0.75);
}

/* The formula of pixels, written out once more in its order of operations. */
static void pixels_are_rounded_in_order(void **state) {
    (void)state;
    struct workload workload = workload_of_view(view_find("lesson"), 1600, 1100);
    volatile double ratio = 1100.0 / 1600, extent_im = 0.01 * ratio;
    assert_true(workload_extent_im(&workload) == extent_im);
    for (uint32_t i = 0; i < 1100; i++) {
        volatile double half = 0.01 / 2, left = 0.1015 - half, wide = 0.01 * i, step = wide / 1600;
        volatile double half_im = extent_im / 2, top = -0.633 - half_im, high = extent_im * i,
                        step_im = high / 1100;
        volatile double re = left + step, im = top + step_im;
        if (workload_re(&workload, workload_left(&workload), i) != re ||
            workload_im(&workload, workload_top(&workload), extent_im, i) != im)
            fail_msg("pixel %u: %a %a, want %a %a", i,
                     workload_re(&workload, workload_left(&workload), i),
                     workload_im(&workload, workload_top(&workload), extent_im, i), re, im);
    }
}

static void possible_workloads_have_no_fault(void **state) {
    (void)state;
    static const struct workload possible[] = {
        {0, 0, 1, 1, 1, 1, false},
        {0, 0, 1, WORKLOAD_SIDE_MAX, WORKLOAD_SIDE_MAX, WORKLOAD_LIMIT_MAX, true},
        {0, 0, 0x1p-1074, 1, WORKLOAD_SIDE_MAX, 255, false},
        {1e300, -1e300, 1e290, 100, 100, 255, false},
        {-0.75, 0, 2.5, 1600, 1, 1, false},
    };
    for (size_t i = 0; i < LENGTH(possible); i++) {
        const char *fault = workload_fault(&possible[i]);
        if (fault)
            fail_msg("workload %zu: %s", i, fault);
    }
}

static void impossible_workloads_have_a_fault(void **state) {
    (void)state;
    static const struct workload impossible[] = {
        {0, 0, 1, 0, 1, 1, false},
        {0, 0, 1, 1, 0, 1, false},
        {0, 0, 1, WORKLOAD_SIDE_MAX + 1, 1, 1, false},
        {0, 0, 1, 1, WORKLOAD_SIDE_MAX + 1, 1, false},
        {0, 0, 1, UINT32_MAX, UINT32_MAX, 1, false},
        {0, 0, 1, 1, 1, 0, false},
        {0, 0, 1, 1, 1, UINT32_MAX, false},
        {0, 0, 0, 1, 1, 1, false},
        {0, 0, -0.0, 1, 1, 1, false},
        {0, 0, -1, 1, 1, 1, false},
        {0, 0, NAN, 1, 1, 1, false},
        {0, 0, INFINITY, 1, 1, 1, false},
        {0, 0, -INFINITY, 1, 1, 1, false},
        {NAN, 0, 1, 1, 1, 1, false},
        {0, NAN, 1, 1, 1, 1, false},
        {INFINITY, 0, 1, 1, 1, 1, false},
        {0, -INFINITY, 1, 1, 1, 1, false},
        {0, 0, 1e308, 1600, 1600, 1, false},   /* extent * col overflows */
        {0, 0, 1e306, 1, 1048576, 1, false},   /* the height in the plane overflows */
        {0, 0, 1e300, 1, 1048576, 1, false},   /* extent_im * row overflows */
        {1.7e308, 0, 1.7e308, 1, 1, 1, false}, /* the right edge overflows */
    };
    for (size_t i = 0; i < LENGTH(impossible); i++) {
        const char *fault = workload_fault(&impossible[i]);
        if (!fault || !*fault)
            fail_msg("workload %zu has no fault", i);
    }
}

/* Every pixel of a workload without fault is a finite point: the kernels rely on it. */
static void pixels_without_fault_are_finite(void **state) {
    (void)state;
    struct dice dice = dice_new();
    for (int i = 0; i < 20000; i++) {
        struct workload workload = {
            .center_re = ldexp(dice_between(&dice, -2, 2), (int)dice_below(&dice, 1025)),
            .center_im = ldexp(dice_between(&dice, -2, 2), (int)dice_below(&dice, 1025)),
            .extent = ldexp(dice_between(&dice, 0, 2), (int)dice_below(&dice, 1025)),
            .width = 1 + (uint32_t)dice_below(&dice, 2000),
            .height = 1 + (uint32_t)dice_below(&dice, 2000),
            .max_iter = 1,
        };
        if (workload_fault(&workload))
            continue;
        double re = workload_re(&workload, workload_left(&workload), workload.width - 1);
        double im = workload_im(&workload, workload_top(&workload), workload_extent_im(&workload),
                                workload.height - 1);
        if (!isfinite(re) || !isfinite(im))
            fail_msg("seed %" PRIu64 ": centre %a,%a extent %a of %ux%u ends at %a,%a", dice.seed,
                     workload.center_re, workload.center_im, workload.extent, workload.width,
                     workload.height, re, im);
    }
}

static void assert_tiles(uint64_t pixels, uint64_t size) {
    uint64_t next = 0, total = batch_total(pixels, size);
    for (uint64_t i = 0; i < total; i++) {
        struct batch batch = batch_at(pixels, size, i);
        bool last = i == total - 1;
        if (batch.first != next || batch.count < 1 || batch.count > size ||
            (!last && batch.count != size))
            fail_msg("%" PRIu64 " pixels by %" PRIu64 ": batch %" PRIu64 " is %" PRIu64 "+%" PRIu64
                     " after %" PRIu64,
                     pixels, size, i, batch.first, batch.count, next);
        next += batch.count;
    }
    if (next != pixels)
        fail_msg("%" PRIu64 " pixels by %" PRIu64 ": %" PRIu64 " covered", pixels, size, next);
}

static void batches_tile_small_frames(void **state) {
    (void)state;
    for (uint64_t pixels = 1; pixels <= 130; pixels++)
        for (uint64_t size = 1; size <= pixels + 2; size++)
            assert_tiles(pixels, size);
}

static void batches_tile_larger_frames(void **state) {
    (void)state;
    static const uint64_t frames[] = {999, 1000, 1001, 133 * 77, 40000, 1600 * 1600};
    for (size_t i = 0; i < LENGTH(frames); i++) {
        const uint64_t sizes[] = {
            1, 7, 1000, frames[i] - 1, frames[i], frames[i] + 1, 2 * frames[i], UINT64_MAX};
        for (size_t j = 0; j < LENGTH(sizes); j++)
            assert_tiles(frames[i], sizes[j]);
        assert_tiles(frames[i], batch_default(frames[i]));
    }
}

static void the_largest_frame_is_tiled(void **state) {
    (void)state;
    const uint64_t pixels = (uint64_t)WORKLOAD_SIDE_MAX * WORKLOAD_SIDE_MAX;
    const uint64_t sizes[] = {1, 7, 1000, 65536, pixels - 1, pixels, UINT64_MAX};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        uint64_t total = batch_total(pixels, sizes[i]);
        struct batch last = batch_at(pixels, sizes[i], total - 1);
        assert_true(last.count >= 1 && last.count <= sizes[i]);
        assert_int_equal(last.first + last.count, pixels);
        assert_int_equal(last.first, (total - 1) * sizes[i]);
    }
}

static void the_default_batch_is_sensible(void **state) {
    (void)state;
    assert_int_equal(batch_default(1600 * 1600), 1000);
    assert_int_equal(batch_default(1), 1);
    assert_int_equal(batch_default(999), 999);
    assert_int_equal(batch_default(40000), 1000);
    assert_int_equal(batch_default(UINT64_C(1) << 40), 65536);
    for (uint64_t pixels = 1; pixels < UINT64_C(1) << 40; pixels = pixels * 3 + 1)
        assert_in_range(batch_default(pixels), 1, pixels < 65536 ? pixels : 65536);
}

static struct counts counts_of(uint32_t width, uint32_t height, const uint32_t *values) {
    struct counts counts;
    assert_int_equal(counts_open(&counts, width, height), 0);
    memcpy(counts.at, values, counts.pixels * sizeof *values);
    return counts;
}

static const uint32_t known[6] = {1, 2, 3, 0x01020304, UINT32_MAX - 1, UINT32_MAX};

static void a_frame_opens_and_closes(void **state) {
    (void)state;
    struct counts counts;
    assert_int_equal(counts_open(&counts, 133, 77), 0);
    assert_non_null(counts.at);
    assert_int_equal(counts.width, 133);
    assert_int_equal(counts.height, 77);
    assert_int_equal(counts.pixels, 133 * 77);
    counts_close(&counts);
    assert_null(counts.at);
    counts_close(&counts);
    assert_null(counts.at);
}

static void a_cleared_frame_is_unwritten(void **state) {
    (void)state;
    struct counts counts;
    assert_int_equal(counts_open(&counts, 100, 3), 0);
    memset(counts.at, 1, 300 * sizeof *counts.at);
    counts_clear(&counts);
    for (uint32_t i = 0; i < 300; i++)
        assert_int_equal(counts.at[i], COUNTS_SENTINEL);
    assert_int_equal(counts_sum(&counts).unwritten, 300);
    assert_int_equal(counts_sum(&counts).iterations, 0);
    counts_close(&counts);
}

static void sums_leave_sentinels_out(void **state) {
    (void)state;
    struct counts counts = counts_of(3, 2, known);
    assert_int_equal(counts_sum(&counts).unwritten, 1);
    assert_int_equal(counts_sum(&counts).iterations, 6 + UINT64_C(0x01020304) + 0xFFFFFFFE);
    counts_close(&counts);
}

static void sums_do_not_wrap(void **state) {
    (void)state;
    struct counts counts;
    assert_int_equal(counts_open(&counts, 1000, 10), 0);
    for (uint32_t i = 0; i < 10000; i++)
        counts.at[i] = WORKLOAD_LIMIT_MAX;
    assert_int_equal(counts_sum(&counts).iterations, UINT64_C(10000) * WORKLOAD_LIMIT_MAX);
    assert_int_equal(counts_sum(&counts).unwritten, 0);
    counts_close(&counts);
}

static void children_write_the_same_frame(void **state) {
    (void)state;
    struct counts counts;
    assert_int_equal(counts_open(&counts, 64, 64), 0);
    counts_clear(&counts);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        counts.at[4095] = 42;
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(counts.at[4095], 42);
    assert_int_equal(counts_sum(&counts).unwritten, 4095);
    counts_close(&counts);
}

static void differences_are_found(void **state) {
    (void)state;
    struct counts a = counts_of(3, 2, known), b = counts_of(3, 2, known);
    assert_int_equal(counts_compare(&a, &b).pixels, 0);
    b.at[5] = 0;
    assert_int_equal(counts_compare(&a, &b).pixels, 1);
    assert_int_equal(counts_compare(&a, &b).first, 5);
    b.at[2] ^= 0x80000000;
    b.at[3]++;
    assert_int_equal(counts_compare(&a, &b).pixels, 3);
    assert_int_equal(counts_compare(&a, &b).first, 2);
    b.at[0] = 0;
    assert_int_equal(counts_compare(&b, &a).first, 0);
    counts_close(&a);
    counts_close(&b);
}

/* The expected digests come from another implementation of SHA-256. */
static void digests_are_of_little_endian_rows(void **state) {
    (void)state;
    char digest[COUNTS_DIGEST_SIZE];
    struct counts counts = counts_of(3, 2, known);
    counts_digest(&counts, digest);
    assert_string_equal(digest, "9c5e4b2584f9b4edc9811dabc1a02c5e46dc89198d06943200eeb2eaccae9ce4");
    counts_close(&counts);
    counts = counts_of(1, 1, (const uint32_t[]){0});
    counts_digest(&counts, digest);
    assert_string_equal(digest, "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119");
    counts_close(&counts);
}

static void whole_frames_have_their_digests(void **state) {
    (void)state;
    static const struct {
        struct workload workload;
        const char *sha256;
    } frames[] = {
#define GOLDEN(re, im, extent, width, height, max_iter, sha256)                                    \
    {{re, im, extent, width, height, max_iter, false}, sha256},
#include "tests/golden.def"
    };
    for (size_t i = 0; i < LENGTH(frames); i++) {
        const struct workload *workload = &frames[i].workload;
        struct counts counts;
        char digest[COUNTS_DIGEST_SIZE];
        assert_int_equal(counts_open(&counts, workload->width, workload->height), 0);
        double left = workload_left(workload), top = workload_top(workload);
        double extent_im = workload_extent_im(workload);
        uint32_t *out = counts.at;
        for (uint32_t row = 0; row < workload->height; row++)
            for (uint32_t col = 0; col < workload->width; col++)
                *out++ = orbit(workload_re(workload, left, col),
                               workload_im(workload, top, extent_im, row), workload->max_iter);
        counts_digest(&counts, digest);
        counts_close(&counts);
        if (strcmp(digest, frames[i].sha256) != 0)
            fail_msg("frame %zu: %s, want %s", i, digest, frames[i].sha256);
    }
}

/* Writes a frame's .npy file and gives its bytes; free them. */
static char *npy_bytes(const char *folder, const struct counts *counts, size_t *size) {
    struct path path = path_in(folder, "counts.npy");
    struct output output;
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(counts_write_npy(counts, &output), 0);
    assert_int_equal(output_commit(&output), 0);
    return file_read(path.text, size);
}

/* The header's length, after everything that the format says of it has been checked. */
static size_t assert_npy_header(const char *bytes, size_t size, const char *dictionary) {
    assert_true(size >= 64);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    size_t header = 10 + (size_t)(uint8_t)bytes[8] + ((size_t)(uint8_t)bytes[9] << 8);
    assert_int_equal(header % 64, 0);
    assert_true(header <= size);
    assert_memory_equal(bytes + 10, dictionary, strlen(dictionary));
    for (size_t i = 10 + strlen(dictionary); i < header - 1; i++)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[header - 1], '\n');
    return header;
}

static void npy_files_are_as_numpy_wants_them(void **state) {
    struct counts counts = counts_of(3, 2, known);
    size_t size;
    char *bytes = npy_bytes(*state, &counts, &size);
    size_t header = assert_npy_header(
        bytes, size, "{'descr': '<u4', 'fortran_order': False, 'shape': (2, 3), }");
    assert_int_equal(size, header + sizeof known);
    static const uint8_t payload[sizeof known] = {
        1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 3, 2, 1, 254, 255, 255, 255, 255, 255, 255, 255};
    assert_memory_equal(bytes + header, payload, sizeof payload);
    free(bytes);
    counts_close(&counts);
}

static void npy_shapes_are_height_then_width(void **state) {
    static const struct {
        uint32_t width, height;
        const char *dictionary;
    } frames[] = {
        {1, 1, "{'descr': '<u4', 'fortran_order': False, 'shape': (1, 1), }"},
        {133, 77, "{'descr': '<u4', 'fortran_order': False, 'shape': (77, 133), }"},
        {1048576, 1, "{'descr': '<u4', 'fortran_order': False, 'shape': (1, 1048576), }"},
        {1, 1048576, "{'descr': '<u4', 'fortran_order': False, 'shape': (1048576, 1), }"},
    };
    for (size_t i = 0; i < LENGTH(frames); i++) {
        struct counts counts;
        size_t size;
        assert_int_equal(counts_open(&counts, frames[i].width, frames[i].height), 0);
        counts_clear(&counts);
        char *bytes = npy_bytes(*state, &counts, &size);
        size_t header = assert_npy_header(bytes, size, frames[i].dictionary);
        assert_int_equal(size, header + counts.pixels * 4);
        assert_memory_equal(bytes + header, counts.at, counts.pixels * 4);
        free(bytes);
        counts_close(&counts);
    }
}

static void npy_reports_a_full_disk(void **state) {
    (void)state;
    struct counts counts = counts_of(3, 2, known);
    struct output output;
    assert_int_equal(output_open(&output, "/dev/full"), 0);
    assert_int_equal(counts_write_npy(&counts, &output), -ENOSPC);
    output_abandon(&output);
    counts_close(&counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_points_have_their_counts),
        cmocka_unit_test(edges_of_the_set_are_exact),
        cmocka_unit_test(a_lower_limit_only_cuts),
        cmocka_unit_test(views_are_sound),
        cmocka_unit_test(promised_views_exist),
        cmocka_unit_test(pixels_lie_where_they_should),
        cmocka_unit_test(pixels_are_rounded_in_order),
        cmocka_unit_test(possible_workloads_have_no_fault),
        cmocka_unit_test(impossible_workloads_have_a_fault),
        cmocka_unit_test(pixels_without_fault_are_finite),
        cmocka_unit_test(batches_tile_small_frames),
        cmocka_unit_test(batches_tile_larger_frames),
        cmocka_unit_test(the_largest_frame_is_tiled),
        cmocka_unit_test(the_default_batch_is_sensible),
        cmocka_unit_test(a_frame_opens_and_closes),
        cmocka_unit_test(a_cleared_frame_is_unwritten),
        cmocka_unit_test(sums_leave_sentinels_out),
        cmocka_unit_test(sums_do_not_wrap),
        cmocka_unit_test(children_write_the_same_frame),
        cmocka_unit_test(differences_are_found),
        cmocka_unit_test(digests_are_of_little_endian_rows),
        cmocka_unit_test(whole_frames_have_their_digests),
        IN_FOLDER(npy_files_are_as_numpy_wants_them),
        IN_FOLDER(npy_shapes_are_height_then_width),
        cmocka_unit_test(npy_reports_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
