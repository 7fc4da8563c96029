/* Proves every kernel of the shelf: exact ones give the very counts of orbit() on views, limits and
 * points chosen to hurt; all write their batch and nothing else; and the choice among them follows
 * what the CPU has and what was switched off. TEST_SEED=N repeats a run; SHORTCUT_POINTS=100000000
 * hunts longer for a count that a shortcut changes. */
#include "tests/helpers.h"

#include "core/counts.h"
#include "core/workload.h"
#include "kernels/cpu.h"
#include "kernels/interior.h"
#include "kernels/kernel.h"
#include "kernels/quotient.h"

#include <complex.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH_MOST 4096
#define FILLER     0xA5

/* Memory between two pages that nobody may touch, and what orbit() says. */
static struct {
    uint8_t *low, *high; /* the first byte, and the first forbidden byte behind */
    size_t bytes;
    uint32_t expected[BATCH_MOST];
} arena;

static uint64_t seed; /* of the dice in use, for messages */

static int arena_open(void **state) {
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    arena.bytes = (BATCH_MOST * sizeof(uint32_t) + page - 1) / page * page;
    uint8_t *pages =
        mmap(NULL, arena.bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return -1;
    arena.low = pages + page;
    arena.high = arena.low + arena.bytes;
    return mprotect(arena.low, arena.bytes, PROT_READ | PROT_WRITE);
}

static int arena_close(void **state) {
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return munmap(arena.low - page, arena.bytes + 2 * page);
}

/* The definition itself, not the kernel named scalar: that one is tested like the others. */
static uint64_t expect(const struct workload *workload, struct batch batch) {
    double left = workload_left(workload), top = workload_top(workload);
    double extent_im = workload_extent_im(workload);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < batch.count; i++) {
        uint32_t row = (uint32_t)((batch.first + i) / workload->width);
        uint32_t col = (uint32_t)((batch.first + i) % workload->width);
        arena.expected[i] = orbit(workload_re(workload, left, col),
                                  workload_im(workload, top, extent_im, row), workload->max_iter);
        sum += arena.expected[i];
    }
    return sum;
}

static void fail_on(const struct kernel *kernel, const struct workload *workload,
                    struct batch batch, const char *what, uint64_t got, uint64_t want) {
    fail_msg("%s, seed %" PRIu64 ": centre %a,%a extent %a, %ux%u, limit %u, shortcuts %d, batch "
             "%" PRIu64 "+%" PRIu64 ": %s %" PRIu64 ", want %" PRIu64,
             kernel->name, seed, workload->center_re, workload->center_im, workload->extent,
             workload->width, workload->height, workload->max_iter, workload->shortcuts,
             batch.first, batch.count, what, got, want);
}

static bool all_filler(const uint8_t *from, const uint8_t *to) {
    for (; from < to; from++)
        if (*from != FILLER)
            return false;
    return true;
}

/* Fills one batch at `out`; whatever the kernel, its neighbours stay and its sum is true. */
static uint64_t fill_at(const struct kernel *kernel, const struct workload *workload,
                        struct batch batch, uint32_t *out) {
    memset(arena.low, FILLER, arena.bytes);
    struct workload before;
    memcpy(&before, workload, sizeof before);
    uint64_t returned = kernel->fill(workload, batch, out), sum = 0;
    if (!all_filler(arena.low, (uint8_t *)out) ||
        !all_filler((uint8_t *)(out + batch.count), arena.high))
        fail_on(kernel, workload, batch, "bytes outside written:", 1, 0);
    for (uint64_t i = 0; i < batch.count; i++)
        sum += out[i];
    if (returned != sum)
        fail_on(kernel, workload, batch, "sum", returned, sum);
    assert_memory_equal(&before, workload, sizeof before);
    return sum;
}

static void assert_exact_at(const struct kernel *kernel, const struct workload *workload,
                            struct batch batch, uint32_t *out) {
    fill_at(kernel, workload, batch, out);
    for (uint64_t i = 0; i < batch.count; i++)
        if (out[i] != arena.expected[i]) {
            char what[32];
            snprintf(what, sizeof what, "count %" PRIu64 " is", i);
            fail_on(kernel, workload, batch, what, out[i], arena.expected[i]);
        }
}

/* The place in the arena where a batch ends just before the forbidden page. */
static uint32_t *at_the_end(struct batch batch) {
    return (uint32_t *)(void *)arena.high - batch.count;
}

static uint32_t *at_the_start(void) {
    return (uint32_t *)(void *)arena.low;
}

/* A kernel that can be compared with orbit(), here and now. */
static bool testable(const struct kernel *kernel) {
    return kernel->exact && !kernel_unavailable(kernel);
}

/* One batch by every exact kernel, against both forbidden pages, with and without shortcuts. */
static void assert_all_exact(struct workload workload, struct batch batch) {
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    assert_null(workload_fault(&workload));
    assert_in_range(batch.count, 1, BATCH_MOST);
    assert_true(batch.first + batch.count <= workload_pixels(&workload));
    expect(&workload, batch);
    for (unsigned k = 0; k < kernels; k++) {
        if (!testable(list[k]))
            continue;
        workload.shortcuts = false;
        assert_exact_at(list[k], &workload, batch, at_the_end(batch));
        workload.shortcuts = true;
        assert_exact_at(list[k], &workload, batch, at_the_start());
    }
}

static void assert_frame_exact(struct workload workload) {
    assert_all_exact(workload, (struct batch){0, workload_pixels(&workload)});
}

static struct dice dice_of_test(void) {
    struct dice dice = dice_new();
    seed = dice.seed;
    return dice;
}

static void the_shelf_is_sound(void **state) {
    (void)state;
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    assert_true(kernels >= 2);
    for (unsigned k = 0; k < kernels; k++) {
        assert_ptr_equal(kernel_find(list[k]->name), list[k]); /* so names are unique */
        assert_true(strlen(list[k]->summary) > 0);
        assert_true(list[k]->lanes >= 1);
        assert_true(kernel_unavailable(list[k]) || list[k]->fill);
    }
    assert_null(kernel_find(""));
    assert_null(kernel_find("Scalar"));
    assert_null(kernel_find("no-such-kernel"));
    assert_non_null(kernel_find("null"));
    assert_null(kernel_unavailable(kernel_find("scalar")));
}

static void the_fastest_is_the_preferred_exact_one(void **state) {
    (void)state;
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    const struct kernel *fastest = kernel_fastest();
    assert_non_null(fastest);
    assert_true(testable(fastest));
    for (unsigned k = 0; k < kernels; k++)
        if (testable(list[k]))
            assert_true(list[k]->preference <= fastest->preference);
}

static void every_length_of_batch_is_exact(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    struct workload workload = {-0.6, 0.4, 1.5, 53, 41, 60, false};
    for (uint64_t count = 1; count <= 200; count++) {
        uint64_t first = dice_below(&dice, workload_pixels(&workload) - count + 1);
        assert_all_exact(workload, (struct batch){first, count});
    }
}

static void long_batches_are_exact(void **state) {
    (void)state;
    static const uint64_t counts[] = {255, 256, 257, 1000, 1023, 2000, 4001, BATCH_MOST};
    struct dice dice = dice_of_test();
    struct workload workload = workload_of_view(view_find("lesson"), 160, 120);
    for (size_t i = 0; i < LENGTH(counts); i++) {
        uint64_t first = dice_below(&dice, workload_pixels(&workload) - counts[i] + 1);
        assert_all_exact(workload, (struct batch){first, counts[i]});
    }
}

static struct workload random_workload(struct dice *dice, uint32_t limit) {
    return (struct workload){
        .center_re = dice_between(dice, -2.1, 0.7),
        .center_im = dice_between(dice, -1.3, 1.3),
        .extent = ldexp(1, 2 - (int)dice_below(dice, 50)),
        .width = 1 + (uint32_t)dice_below(dice, 300),
        .height = 1 + (uint32_t)dice_below(dice, 300),
        .max_iter = limit,
    };
}

/* A run of pixels somewhere in the frame. */
static struct batch random_batch(struct dice *dice, const struct workload *workload,
                                 uint64_t most) {
    uint64_t pixels = workload_pixels(workload);
    uint64_t count = 1 + dice_below(dice, most < pixels ? most : pixels);
    return (struct batch){dice_below(dice, pixels - count + 1), count};
}

static void random_views_are_exact(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    for (int i = 0; i < 300; i++) {
        struct workload workload = random_workload(&dice, 1 + (uint32_t)dice_below(&dice, 300));
        assert_all_exact(workload, random_batch(&dice, &workload, 400));
    }
}

static void every_limit_is_exact(void **state) {
    (void)state;
    static const struct {
        uint32_t limit;
        uint64_t most;
        int times;
    } cases[] = {
        {1, 500, 20},   {2, 500, 20},   {3, 500, 20},   {4, 500, 20},    {5, 500, 20},
        {6, 500, 20},   {7, 500, 20},   {8, 500, 20},   {9, 500, 20},    {10, 500, 20},
        {255, 300, 20}, {256, 300, 20}, {257, 300, 20}, {1000, 200, 10}, {65535, 20, 3},
        {65536, 20, 3}, {65537, 20, 3},
    };
    struct dice dice = dice_of_test();
    for (size_t i = 0; i < LENGTH(cases); i++)
        for (int time = 0; time < cases[i].times; time++) {
            struct workload workload = random_workload(&dice, cases[i].limit);
            assert_all_exact(workload, random_batch(&dice, &workload, cases[i].most));
        }
}

/* Points whose first |z| is 2, give or take a few units in the last place. */
static void points_at_two_are_exact(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    for (int i = 0; i < 200; i++) {
        double angle = dice_between(&dice, -M_PI, M_PI);
        struct workload workload = {
            2 * cos(angle), 2 * sin(angle), 64 * 0x1p-52, 64, 1 + (uint32_t)i % 3, 20, false};
        assert_frame_exact(workload);
    }
    static const double corners[][2] = {{2, 0}, {-2, 0}, {0, 2}, {0, -2}, {1.2, 1.6}, {-1.6, 1.2}};
    for (size_t i = 0; i < LENGTH(corners); i++)
        for (int ulps = 0; ulps <= 64; ulps += 16) {
            struct workload workload = {
                corners[i][0], corners[i][1], ulps ? ulps * 0x1p-52 : 0x1p-1074, 37, 3, 300, false};
            assert_frame_exact(workload);
        }
}

/* |z|² is exactly 4 after some steps: not above, so the orbit goes on. */
static void later_points_at_two_are_exact(void **state) {
    (void)state;
    static const double points[][2] = {{-2, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {-1.75, 0}};
    for (size_t i = 0; i < LENGTH(points); i++) {
        struct workload one = {points[i][0], points[i][1], 0x1p-1074, 1, 1, 300, false};
        assert_frame_exact(one);
        struct workload around = {points[i][0], points[i][1], 32 * 0x1p-52, 33, 5, 300, false};
        assert_frame_exact(around);
    }
}

static void points_near_two_are_exact(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    for (int i = 0; i < 100; i++) {
        double angle = dice_between(&dice, -M_PI, M_PI);
        double radius = dice_between(&dice, 1.9999, 2.0001);
        struct workload workload = {
            radius * cos(angle), radius * sin(angle), 0.0002, 41, 7, 200, false};
        assert_frame_exact(workload);
    }
}

static void huge_points_are_exact(void **state) {
    (void)state;
    static const double sizes[] = {1e3, 1e10, 1e76, 1e77, 1.3e154, 1.4e154, 1e200, 1e300, 1e307};
    for (size_t i = 0; i < LENGTH(sizes); i++)
        for (int sign = 0; sign < 4; sign++) {
            struct workload workload = {sign & 1 ? -sizes[i] : sizes[i],
                                        sign & 2 ? -sizes[i] : sizes[i],
                                        sizes[i] / 1e3,
                                        19,
                                        3,
                                        9,
                                        false};
            assert_frame_exact(workload);
            workload.center_re = 0;
            assert_frame_exact(workload);
        }
    assert_frame_exact((struct workload){0, 0, 1e300, 31, 31, 255, false});
}

static void tiny_points_are_exact(void **state) {
    (void)state;
    assert_frame_exact((struct workload){0, 0, 0x1p-1074, 17, 3, 100, false});
    assert_frame_exact((struct workload){0, 0, 1e-300, 17, 3, 100, false});
    assert_frame_exact((struct workload){0, 0, 0x1p-900, 33, 9, 100, false});
    assert_frame_exact((struct workload){0, 0, nextafter(0x1p-900, 0), 33, 9, 100, false});
    assert_frame_exact((struct workload){0, 0, 1e-160, 33, 9, 100, false});
    assert_frame_exact((struct workload){-0.75, 0, 1e-10, 33, 9, 500, false});
}

static void all_inside_is_exact(void **state) {
    (void)state;
    struct workload workload = workload_of_view(view_find("interior"), 61, 17);
    assert_frame_exact(workload);
    for (uint64_t i = 0; i < workload_pixels(&workload); i++)
        assert_int_equal(arena.expected[i], workload.max_iter);
    workload.max_iter = 65536;
    assert_all_exact(workload, (struct batch){30, 33});
}

static void all_outside_is_exact(void **state) {
    (void)state;
    struct workload workload = workload_of_view(view_find("exterior"), 61, 61);
    workload.max_iter = WORKLOAD_LIMIT_MAX;
    assert_frame_exact(workload);
    workload.center_re = 5;
    assert_frame_exact(workload);
    for (uint64_t i = 0; i < workload_pixels(&workload); i++)
        assert_int_equal(arena.expected[i], 0);
}

/* A point of the boundary of what shortcuts take as interior: the cardioid, the whole bulb of
 * period 2, or the circle of any bulb. */
static void find_edge(struct dice *dice, unsigned which, double *re, double *im) {
    double angle = dice_between(dice, -M_PI, M_PI);
    *re = cos(angle) / 2 - cos(2 * angle) / 4;
    *im = sin(angle) / 2 - sin(2 * angle) / 4;
    if (which == 0)
        return;
    struct bulb bulb = {.re = -1, .radius = 0.25};
    if (which > 1)
        bulb = interior_bulbs[which - 2];
    *re = bulb.re + bulb.radius * cos(angle);
    *im = bulb.im + bulb.radius * sin(angle);
    if (dice_below(dice, 2))
        *im = -*im;
}

#define EDGES (2 + INTERIOR_BULBS)

/* The edges of what shortcuts may decide, and where cardioid and bulb touch. */
static void edges_of_shortcuts_are_exact(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    for (unsigned i = 0; i < 11 * EDGES; i++) {
        double re, im, extent = ldexp(1, -10 - (int)dice_below(&dice, 42));
        find_edge(&dice, i % EDGES, &re, &im);
        assert_frame_exact((struct workload){re, im, extent, 13, 5, 400, false});
    }
    static const double points[][2] = {{0.25, 0}, {-0.75, 0}, {-1.25, 0}, {-1, 0.25}};
    for (size_t i = 0; i < LENGTH(points); i++)
        for (int bits = 4; bits <= 52; bits += 16)
            assert_frame_exact(
                (struct workload){points[i][0], points[i][1], ldexp(1, -bits), 15, 7, 800, false});
}

/* An attracting cycle of z² + c: its multiplier, and how its p-th iterate departs from linear. */
struct cycle {
    double multiplier, curvature;
};

/* The cycle's points are z[0], which is in the basin that holds c, to z[p - 1]. A disturbance u of
 * z[0] becomes λu and at most the curvature times |u|². */
static struct cycle follow_cycle(double complex c, unsigned period) {
    double complex z = c;
    for (unsigned i = 0; i < 6000 * period; i++) /* |λ|⁶⁰⁰⁰ is nothing */
        z = z * z + c;
    struct cycle cycle = {1, 0};
    for (unsigned i = 0; i < period; i++) {
        double slope = 2 * cabs(z);
        cycle.curvature = cycle.curvature * slope + cycle.multiplier * cycle.multiplier;
        cycle.multiplier *= slope;
        z = z * z + c;
    }
    return cycle;
}

/* What interior.h says of the bulbs, on their circles. Curvatures a quarter below the bound leave
 * room for the terms of higher order. */
static void bulbs_are_interior(void **state) {
    (void)state;
    for (size_t i = 0; i < INTERIOR_BULBS; i++) {
        const struct bulb *bulb = &interior_bulbs[i];
        double most = 0, curvature = 0;
        for (unsigned point = 0; point < 300; point++) {
            double angle = 2 * M_PI * point / 300;
            double complex c =
                bulb->re + I * bulb->im + bulb->radius * (cos(angle) + I * sin(angle));
            struct cycle cycle = follow_cycle(c, bulb->period);
            most = fmax(most, cycle.multiplier);
            curvature = fmax(curvature, cycle.curvature);
        }
        bool second = bulb->period == 2;
        if (most > (second ? 0.9981 : 127. / 128) || curvature > 0.75 * (second ? 16 : 128))
            fail_msg("bulb %zu: multiplier up to %.5f, curvature up to %.1f", i, most, curvature);
    }
}

/* Orbits that repeat soon, late, and hardly before the limit: bulbs of period 3, 4 and 5, and a
 * small copy of the set. */
static void repeating_orbits_are_exact(void **state) {
    (void)state;
    static const double points[][2] = {
        {-0.1226, 0.7449}, {-1.3107, 0}, {0.3795, 0.3349}, {-1.7549, 0}};
    for (size_t i = 0; i < LENGTH(points); i++)
        for (uint32_t limit = 60; limit < 8000; limit = limit * 5 + 7)
            assert_frame_exact(
                (struct workload){points[i][0], points[i][1], 0.1, 23, 17, limit, false});
}

/* The largest limit is reached by shortcuts alone; no other test could wait for it. */
static void the_largest_limit_is_reached(void **state) {
    (void)state;
    static const double points[][2] = {{0, 0}, {-1, 0}, {-0.1226, 0.7449}, {-0.6225, 0.4249}};
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    for (unsigned k = 0; k < kernels; k++)
        for (size_t i = 0; testable(list[k]) && list[k]->lanes > 1 && i < LENGTH(points); i++) {
            struct workload workload = {points[i][0], points[i][1],       0.001, 20,
                                        10,           WORKLOAD_LIMIT_MAX, true};
            uint64_t sum = fill_at(list[k], &workload, (struct batch){0, 200}, at_the_start());
            assert_int_equal(sum, UINT64_C(200) * WORKLOAD_LIMIT_MAX);
        }
}

/* A float counts iterations up to 2^24 only; a limit and a group's time go beyond. */
static void single_precision_keeps_time(void **state) {
    (void)state;
    const struct kernel *kernel = kernel_find("float32");
    struct workload workload = {-0.2, 0, 0.1, 20, 10, (1 << 24) + 1, false};
    assert_non_null(kernel);
    if (!kernel_unavailable(kernel))
        assert_int_equal(fill_at(kernel, &workload, (struct batch){0, 150}, at_the_start()),
                         UINT64_C(150) * workload.max_iter);
}

/* Where |c| is so near 2 that an escaped orbit could return by rounding: only c = -2 stays long. */
static void the_rim_is_exact(void **state) {
    (void)state;
    for (int bits = 20; bits <= 52; bits++) {
        double extent = ldexp(1, -bits);
        assert_frame_exact((struct workload){-2, 0, extent, 31, 3, 200, false});
        assert_frame_exact((struct workload){-2 + extent, extent / 4, extent, 31, 3, 200, false});
    }
}

/* A view at the boundary of what is taken as interior, or anywhere. */
static struct workload random_hunt(struct dice *dice) {
    static const uint32_t limits[] = {50, 500, 5000};
    struct workload workload = random_workload(dice, limits[dice_below(dice, LENGTH(limits))]);
    workload.width = 50;
    workload.height = 40;
    if (dice_below(dice, 3))
        find_edge(dice, (unsigned)dice_below(dice, EDGES), &workload.center_re,
                  &workload.center_im);
    return workload;
}

static void shortcuts_change_no_count(void **state) {
    (void)state;
    const char *asked = getenv("SHORTCUT_POINTS");
    uint64_t points = asked ? strtoull(asked, NULL, 10) : 300000;
    const struct kernel *kernel = kernel_fastest();
    struct dice dice = dice_of_test();
    for (uint64_t done = 0; done < points; done += 2000) {
        struct workload workload = random_hunt(&dice);
        struct batch batch = {0, workload_pixels(&workload)};
        kernel->fill(&workload, batch, arena.expected);
        workload.shortcuts = true;
        assert_exact_at(kernel, &workload, batch, at_the_start());
    }
}

/* What is not exact says so, and is not far off. */
static void inexact_kernels_are_close(void **state) {
    (void)state;
    static const struct {
        const char *name;
        unsigned percent; /* of pixels that differ at most */
    } cases[] = {{"fma", 1}, {"float32", 20}};
    struct workload workload = workload_of_view(view_find("lesson"), 64, 64);
    struct batch batch = {0, workload_pixels(&workload)};
    expect(&workload, batch);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct kernel *kernel = kernel_find(cases[i].name);
        assert_non_null(kernel);
        assert_false(kernel->exact);
        if (kernel_unavailable(kernel))
            continue;
        uint64_t differ = 0;
        fill_at(kernel, &workload, batch, at_the_start());
        for (uint64_t p = 0; p < batch.count; p++)
            differ += at_the_start()[p] != arena.expected[p];
        assert_in_range(differ * 100, 0, cases[i].percent * batch.count);
    }
}

/* A number of 53 digits in 1 … 2. */
static double random_significand(struct dice *dice) {
    return 1 + ldexp((double)dice_below(dice, UINT64_C(1) << 52), -52);
}

/* A quotient that is wrong by one unit shows in few counts, so it is looked at itself: random
 * numbers, and those whose quotients are nearest to the middle between two numbers. */
static void quotients_are_rounded_like_divisions(void **state) {
    (void)state;
    struct dice dice = dice_of_test();
    for (unsigned i = 0; i < 2000000; i++) {
        double divisor = (double)(1 + dice_below(&dice, i % 2 ? 1 << 20 : 4096));
        double a = ldexp(random_significand(&dice), (int)dice_below(&dice, 1800) - 900);
        if (i % 3 == 0)
            a = fma(random_significand(&dice), divisor, 0x1p-53 * divisor);
        if (i % 3 == 1)
            a = nextafter(a, i % 4 ? 0 : INFINITY);
        double got = quotient(a, divisor, 1 / divisor);
        if (got != a / divisor)
            fail_msg("seed %" PRIu64 ": %a / %.0f is %a and not %a", seed, a, divisor, got,
                     a / divisor);
    }
    assert_true(quotient(0, 1600, 1.0 / 1600) == 0);
}

static void narrow_frames_are_exact(void **state) {
    (void)state;
    for (uint32_t width = 1; width <= 9; width++) {
        assert_frame_exact((struct workload){-0.7, 0.1, 0.1, width, 331, 90, false});
        assert_frame_exact((struct workload){-0.7, 0.1, 2, 331, width, 90, false});
    }
}

/* Pixels whose number needs more than 32 bits. */
static void the_largest_frame_is_exact(void **state) {
    (void)state;
    struct workload workload =
        workload_of_view(view_find("whole"), WORKLOAD_SIDE_MAX, WORKLOAD_SIDE_MAX);
    workload.max_iter = 100;
    uint64_t pixels = workload_pixels(&workload);
    assert_all_exact(workload, (struct batch){pixels - 301, 301});
    assert_all_exact(workload, (struct batch){pixels / 2 - 99, 200});
    assert_all_exact(workload, (struct batch){pixels / 2 + WORKLOAD_SIDE_MAX / 3, 500});
    assert_all_exact(workload, (struct batch){(UINT64_C(1) << 32) - 77, 154});
}

/* Inexact kernels promise no counts, but they too write their batch only and report its sum. */
static void no_kernel_writes_elsewhere(void **state) {
    (void)state;
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    struct dice dice = dice_of_test();
    for (unsigned k = 0; k < kernels; k++) {
        if (kernel_unavailable(list[k]))
            continue;
        for (uint64_t count = 1; count <= 150; count++) {
            struct workload workload = workload_of_view(view_find("lesson"), 37, 31);
            struct batch batch = {dice_below(&dice, 37 * 31 - count + 1), count};
            fill_at(list[k], &workload, batch, at_the_end(batch));
            fill_at(list[k], &workload, batch, at_the_start());
            fill_at(list[k], &workload, batch, at_the_start() + 1 + count % 16);
        }
    }
}

static void no_count_exceeds_the_limit(void **state) {
    (void)state;
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    struct workload workload = workload_of_view(view_find("whole"), 64, 64);
    workload.max_iter = 77;
    for (unsigned k = 0; k < kernels; k++) {
        if (kernel_unavailable(list[k]))
            continue;
        fill_at(list[k], &workload, (struct batch){0, 4096}, at_the_start());
        for (uint64_t i = 0; i < 4096; i++)
            assert_in_range(at_the_start()[i], 0, 77);
    }
}

static void the_null_kernel_writes_zeros(void **state) {
    (void)state;
    const struct kernel *kernel = kernel_find("null");
    struct workload workload = workload_of_view(view_find("interior"), 100, 10);
    assert_false(kernel->exact);
    for (uint64_t count = 1; count <= 1000; count += 37) {
        struct batch batch = {1000 - count, count};
        assert_int_equal(fill_at(kernel, &workload, batch, at_the_end(batch)), 0);
        for (uint64_t i = 0; i < count; i++)
            assert_int_equal(at_the_end(batch)[i], 0);
    }
}

/* The SHA-256 of a whole frame by batches of an odd size. */
static void frame_digest(const struct kernel *kernel, const struct workload *workload,
                         char digest[COUNTS_DIGEST_SIZE]) {
    struct counts counts;
    uint64_t sum = 0;
    assert_int_equal(counts_open(&counts, workload->width, workload->height), 0);
    counts_clear(&counts);
    for (uint64_t i = 0; i < batch_total(counts.pixels, 997); i++) {
        struct batch batch = batch_at(counts.pixels, 997, i);
        sum += kernel->fill(workload, batch, counts.at + batch.first);
    }
    assert_int_equal(counts_sum(&counts).unwritten, 0);
    assert_int_equal(counts_sum(&counts).iterations, sum);
    counts_digest(&counts, digest);
    counts_close(&counts);
}

static const struct {
    struct workload workload;
    const char *sha256;
} frames[] = {
#define GOLDEN(re, im, extent, width, height, max_iter, sha256)                                    \
    {{re, im, extent, width, height, max_iter, false}, sha256},
#include "tests/golden.def"
};

static void golden_frames_are_exact(void **state) {
    (void)state;
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    for (unsigned k = 0; k < kernels; k++)
        for (size_t i = 0; testable(list[k]) && i < 2 * LENGTH(frames); i++) {
            struct workload workload = frames[i / 2].workload;
            char digest[COUNTS_DIGEST_SIZE];
            workload.shortcuts = i % 2;
            frame_digest(list[k], &workload, digest);
            if (strcmp(digest, frames[i / 2].sha256) != 0)
                fail_msg("%s, frame %zu, shortcuts %d: %s, want %s", list[k]->name, i / 2,
                         workload.shortcuts, digest, frames[i / 2].sha256);
        }
}

/* The feature names, one after the other: the next one's length at *names, or 0. */
static size_t next_feature(const char **names) {
    *names += strspn(*names, ", ");
    return strcspn(*names, ", ");
}

static void promised_features_are_known(void **state) {
    (void)state;
    static const char *const promised[] = {"sse2", "avx2", "fma", "avx512f", "neon"};
    for (size_t i = 0; i < LENGTH(promised); i++) {
        const char *names = cpu_names();
        bool found = false;
        for (size_t length; (length = next_feature(&names)); names += length)
            found |= length == strlen(promised[i]) && memcmp(names, promised[i], length) == 0;
        assert_true(found);
    }
}

static void unknown_features_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *names, *unknown;
    } cases[] = {
        {"bogus", "bogus"},   {"AVX2", "AVX2"},        {"avx2,bogus", "bogus"},
        {"sse2,avx2,x", "x"}, {"bogus,avx2", "bogus"}, {"avx", "avx"},
        {" avx2", " avx2"},   {"avx2 ", "avx2 "},      {"", ""},
        {"avx2,", ""},        {"avx2,,fma", ",fma"},
    };
    uint32_t before = cpu_features();
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char unknown[32] = "untouched";
        assert_int_equal(cpu_disable(cases[i].names, unknown, sizeof unknown), -EINVAL);
        assert_string_equal(unknown, cases[i].unknown);
        assert_int_equal(cpu_features(), before);
    }
    char name[200], unknown[8];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(cpu_disable(name, unknown, sizeof unknown), -EINVAL);
    assert_true(strlen(unknown) < sizeof unknown);
    assert_int_equal(cpu_features(), before);
}

/* What is wrong once `name` is switched off, or NULL. Kernels that need it say so by its name. */
static const char *wrong_without(const char *name) {
    unsigned kernels;
    const struct kernel *const *list = kernel_list(&kernels);
    char unknown[32], digest[COUNTS_DIGEST_SIZE];
    uint32_t before = cpu_features();
    if (cpu_disable(name, unknown, sizeof unknown) != 0)
        return "a known name was refused";
    uint32_t bit = before & ~cpu_features();
    if (cpu_features() & ~before || (bit & (bit - 1)))
        return "other features changed";
    for (unsigned k = 0; k < kernels; k++) {
        const char *reason = kernel_unavailable(list[k]);
        if ((list[k]->needs & bit) && !reason)
            return "a kernel that needs it is available";
        if ((list[k]->needs == bit) && bit && !strstr(reason, name))
            return "a reason does not name it";
        if (!list[k]->needs && !list[k]->unavailable && reason)
            return "a kernel that needs nothing is unavailable";
    }
    const struct kernel *fastest = kernel_fastest();
    if (!fastest || kernel_unavailable(fastest) || !fastest->exact)
        return "the fastest kernel cannot run";
    frame_digest(fastest, &frames[0].workload, digest);
    return strcmp(digest, frames[0].sha256) == 0 ? NULL : "the fastest kernel left is wrong";
}

/* Switching off is for good, so each feature is switched off in a child of its own. */
static void each_feature_can_be_missing(void **state) {
    (void)state;
    const char *names = cpu_names();
    for (size_t length; (length = next_feature(&names)); names += length) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)length, names);
        int status;
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            const char *wrong = wrong_without(name);
            if (wrong)
                fprintf(stderr, "without %s: %s\n", name, wrong);
            _exit(wrong != NULL);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("without %s: status %#x", name, status);
    }
}

/* The last test, because nothing can be switched on again. */
static void without_features_scalar_is_left(void **state) {
    (void)state;
    char unknown[32];
    for (const struct kernel *fastest; (fastest = kernel_fastest())->needs;) {
        const char *names = cpu_names();
        for (size_t length; (length = next_feature(&names)); names += length) {
            char name[32];
            snprintf(name, sizeof name, "%.*s", (int)length, names);
            assert_int_equal(cpu_disable(name, unknown, sizeof unknown), 0);
            assert_null(kernel_unavailable(kernel_fastest()));
            assert_true(kernel_fastest()->preference <= fastest->preference);
        }
        assert_int_equal(cpu_features(), 0);
    }
    assert_string_equal(kernel_fastest()->name, "scalar");
    assert_int_equal(cpu_disable("sse2,avx2,fma,avx512f,neon", unknown, sizeof unknown), 0);
    assert_int_equal(cpu_features(), 0);
    assert_null(kernel_unavailable(kernel_find("scalar")));
    assert_null(kernel_unavailable(kernel_find("null")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shelf_is_sound),
        cmocka_unit_test(the_fastest_is_the_preferred_exact_one),
        cmocka_unit_test(every_length_of_batch_is_exact),
        cmocka_unit_test(long_batches_are_exact),
        cmocka_unit_test(random_views_are_exact),
        cmocka_unit_test(every_limit_is_exact),
        cmocka_unit_test(points_at_two_are_exact),
        cmocka_unit_test(later_points_at_two_are_exact),
        cmocka_unit_test(points_near_two_are_exact),
        cmocka_unit_test(huge_points_are_exact),
        cmocka_unit_test(tiny_points_are_exact),
        cmocka_unit_test(all_inside_is_exact),
        cmocka_unit_test(all_outside_is_exact),
        cmocka_unit_test(bulbs_are_interior),
        cmocka_unit_test(edges_of_shortcuts_are_exact),
        cmocka_unit_test(repeating_orbits_are_exact),
        cmocka_unit_test(the_largest_limit_is_reached),
        cmocka_unit_test(single_precision_keeps_time),
        cmocka_unit_test(the_rim_is_exact),
        cmocka_unit_test(shortcuts_change_no_count),
        cmocka_unit_test(inexact_kernels_are_close),
        cmocka_unit_test(quotients_are_rounded_like_divisions),
        cmocka_unit_test(narrow_frames_are_exact),
        cmocka_unit_test(the_largest_frame_is_exact),
        cmocka_unit_test(no_kernel_writes_elsewhere),
        cmocka_unit_test(no_count_exceeds_the_limit),
        cmocka_unit_test(the_null_kernel_writes_zeros),
        cmocka_unit_test(golden_frames_are_exact),
        cmocka_unit_test(promised_features_are_known),
        cmocka_unit_test(unknown_features_are_refused),
        cmocka_unit_test(each_feature_can_be_missing),
        cmocka_unit_test(without_features_scalar_is_left),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
