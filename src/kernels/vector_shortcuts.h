/* Shortcuts that never change a count: points known as interior, and orbits known to repeat. Part
 * of vector_loop.h; used only where workload->shortcuts permits.
 *
 * A repeat. The next z is a function of z and c, so an orbit that meets an earlier z again never
 * escapes. (Only 0 and -0 are equal and not the same bits, and no sum or product that follows
 * differs in more than again the sign of a zero.) Brent's algorithm (BIT 20, 1980): one earlier z
 * is kept, for 1, 1, 2, 4, … looks.
 *
 * Points known as interior: kernels/interior.h, whose argument holds for each rounded orbit alone.
 * tests/test_kernels.c hunts for a counterexample along the boundaries. */

/* Iterations between looks for a repeat: a multiple of 3, the period of the largest bulbs left. */
#define LOOK (12 * BLOCK)

/* Lanes whose c lies well inside the cardioid. (Far out, the left side is infinite or NaN, and so
 * not at most anything.) */
TARGET static uint64_t in_cardioid(const struct group *group) {
    uint64_t inside = 0;
    for (unsigned v = 0; v < VECTORS; v++) {
        reals im = VECTOR(group->ci, v), im2 = im * im;
        reals x = VECTOR(group->cr, v) - (real)0.25, q = x * x + im2;
        inside |= set_of(at_most(q * (q + x) - im2 / 4, splat((real)-CARDIOID_MARGIN)), v);
    }
    return inside;
}

TARGET static uint64_t in_bulb(const struct group *group, const struct bulb *bulb) {
    uint64_t inside = 0;
    for (unsigned v = 0; v < VECTORS; v++) {
        reals re = VECTOR(group->cr, v) - (real)bulb->re,
              im = VECTOR(group->ci, v) - (real)bulb->im;
        inside |= set_of(at_most(re * re + im * im, splat((real)(bulb->radius * bulb->radius))), v);
    }
    return inside;
}

/* Lanes whose c is known as interior. `near`: what lies about all lanes. */
TARGET static uint64_t interior(const struct group *group, const struct interior *near) {
    uint64_t inside = near->cardioid ? in_cardioid(group) : 0;
    for (unsigned i = 0; i < near->count; i++)
        inside |= in_bulb(group, &near->bulbs[i]);
    return inside;
}

/* A new orbit: no earlier z is known. */
static inline void watch(struct group *group, unsigned lane) {
    group->past_zr[lane] = (real)NAN;
    group->patience[lane] = group->interval[lane] = 1;
}

static inline void copy_watch(const struct group *from, unsigned i, struct group *to,
                              unsigned lane) {
    copy(&to->past_zr[lane], &from->past_zr[i]);
    copy(&to->past_zi[lane], &from->past_zi[i]);
    copy(&to->patience[lane], &from->patience[i]);
    copy(&to->interval[lane], &from->interval[i]);
}

TARGET static inline reals choose(masks mask, reals yes, reals no) {
    return (reals)((mask & (masks)yes) | (~mask & (masks)no));
}

/* Lanes whose z is an earlier one's equal. Keeps the present z where patience is at its end. */
TARGET static uint64_t repeating(struct group *group) {
    uint64_t lanes = 0;
    for (unsigned v = 0; v < VECTORS; v++) {
        reals zr = VECTOR(group->zr, v), past_zr = VECTOR(group->past_zr, v);
        reals zi = VECTOR(group->zi, v), past_zi = VECTOR(group->past_zi, v);
        reals patience = VECTOR(group->patience, v) - 1, interval = VECTOR(group->interval, v);
        masks due = patience <= 0;
        lanes |= set_of(at_most(zr, past_zr) & at_most(past_zr, zr), v) &
                 set_of(at_most(zi, past_zi) & at_most(past_zi, zi), v);
        VECTOR(group->past_zr, v) = choose(due, zr, past_zr);
        VECTOR(group->past_zi, v) = choose(due, zi, past_zi);
        VECTOR(group->patience, v) = choose(due, interval, patience);
        VECTOR(group->interval, v) = choose(due, interval * 2, interval);
    }
    return lanes;
}

/* Orbits that repeat are as good as at the limit: their birth is put that far back, and by a block
 * more, for one that has just moved here has not made the last block here. */
TARGET static __attribute__((noinline)) void finish_repeating(struct group *group, uint32_t limit) {
    uint64_t lanes = repeating(group) & ~group->done;
    group->done |= lanes;
    for (; lanes; lanes &= lanes - 1)
        group->birth[first_of(lanes)] = group->now - BLOCK - limit;
}
