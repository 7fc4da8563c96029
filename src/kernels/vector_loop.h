/* The vector kernels' one algorithm, for every width: GROUP vectors of neighbouring points advance
 * together, so that their chains of dependent operations overlap; a lane whose point escaped stops
 * counting, and the group ends when no lane counts any more. Bit-identical to orbit(): the same
 * products and sums in the same order, one rounding each, in IEEE lanes.
 *
 * The including file defines
 *   LANES                    doubles in a vector
 *   TARGET                   the function attribute that permits its instructions (may be empty)
 *   any_lane(masks) → bool   whether any lane of a mask is set
 * and gets vector_fill, a kernel's fill hook. */
#ifndef LANES
#error "define LANES, TARGET and any_lane before including vector_loop.h"
#endif

#include "base/size.h"

#define GROUP 4 /* vectors in flight: more would spill 16 registers */
#define WIDTH (GROUP * LANES)
#define CHECK 4 /* iterations between looks at whether any lane still counts */

struct points {
    double re[WIDTH], im[WIDTH];
} __attribute__((aligned(64)));

/* One iteration of every lane that has not escaped; the others go on without counting. */
#define STEP(g)                                                                                    \
    do {                                                                                           \
        reals zr2 = zr[g] * zr[g], zi2 = zi[g] * zi[g], product = zr[g] * zi[g];                   \
        counting[g] &= zr2 + zi2 <= 4.0;                                                           \
        count[g] -= counting[g]; /* a set mask is -1 */                                            \
        zi[g] = (product + product) + ci[g];                                                       \
        zr[g] = (zr2 - zi2) + cr[g];                                                               \
    } while (0)

#define STEP_GROUP                                                                                 \
    do {                                                                                           \
        STEP(0);                                                                                   \
        STEP(1);                                                                                   \
        STEP(2);                                                                                   \
        STEP(3);                                                                                   \
    } while (0)

/* The counts of WIDTH points. */
TARGET static void vector_orbits(const struct points *points, uint32_t limit, int64_t *counts) {
    reals cr[GROUP], ci[GROUP], zr[GROUP], zi[GROUP];
    masks counting[GROUP], count[GROUP];
    for (unsigned g = 0; g < GROUP; g++) {
        zr[g] = cr[g] = *(const reals *)(points->re + g * LANES);
        zi[g] = ci[g] = *(const reals *)(points->im + g * LANES);
        count[g] = (masks){0};
        counting[g] = ~count[g];
    }
    uint32_t n = 0;
    for (; limit - n >= CHECK; n += CHECK) {
        STEP_GROUP;
        STEP_GROUP;
        STEP_GROUP;
        STEP_GROUP;
        if (!any_lane((counting[0] | counting[1]) | (counting[2] | counting[3]))) {
            n = limit;
            break;
        }
    }
    for (; n < limit; n++)
        STEP_GROUP;
    for (unsigned g = 0; g < GROUP; g++)
        *(masks *)(counts + g * LANES) = count[g];
}

TARGET static uint64_t vector_fill(const struct workload *workload, struct batch batch,
                                   uint32_t *out) {
    double left = workload_left(workload), top = workload_top(workload);
    double extent_im = workload_extent_im(workload);
    uint32_t row = (uint32_t)(batch.first / workload->width);
    uint32_t col = (uint32_t)(batch.first % workload->width);
    uint64_t sum = 0;
    for (uint64_t done = 0; done < batch.count; done += WIDTH) {
        struct points points;
        int64_t counts[WIDTH] __attribute__((aligned(64)));
        unsigned here = (unsigned)size_min(WIDTH, batch.count - done);
        for (unsigned i = 0; i < WIDTH; i++) {
            points.re[i] = i < here ? workload_re(workload, left, col) : 4.0; /* escapes at once */
            points.im[i] = workload_im(workload, top, extent_im, row);
            if (++col == workload->width) {
                col = 0;
                row++;
            }
        }
        vector_orbits(&points, workload->max_iter, counts);
        for (unsigned i = 0; i < here; i++) {
            out[done + i] = (uint32_t)counts[i];
            sum += (uint64_t)counts[i];
        }
    }
    return sum;
}
