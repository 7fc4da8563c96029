/* Shortcuts that never change a count: points known as interior, and orbits known to repeat. Part
 * of vector_loop.h; used only where workload->shortcuts permits.
 *
 * A repeat. The next z is a function of z and c, so an orbit that meets an earlier z again never
 * escapes. (Only 0 and -0 are equal and not the same bits, and no sum or product that follows
 * differs in more than again the sign of a zero.) Brent's algorithm (BIT 20, 1980): one earlier z
 * is kept, for 1, 1, 2, 4, … looks.
 *
 * The cardioid and the disc of period 2, shrunk by MARGIN. In exact arithmetic nothing in them
 * escapes (Douady and Hubbard). A rounded orbit is an exact one of z² + c_n, where |c_n - c| < 2⁻⁴⁹
 * as long as |z| ≤ 2, and that cannot leave either:
 *   With q = |c - 1/4|² and the attracting fixed point's multiplier λ, the condition below,
 *   q (q + re - 1/4) - im²/4 ≤ -MARGIN, means e = 1 - |λ|² ≥ 2 MARGIN = 2⁻¹¹ (λ = 1 - √(1 - 4c);
 *   the left side is -(1 - |λ|²) times a factor that is at most 1/2 inside the cardioid). Let φ
 *   map the unit disc onto the immediate basin, φ(0) the fixed point. There z² + c becomes the
 *   Blaschke product b(w) = w (w + λ) / (1 + λ̄ w), whose critical value c, where the orbit starts,
 *   lies at |w| = (1 - √e) / (1 + √e). So for ρ = the greater of this and 1/2, the disc |w| ≤ ρ
 *   holds the start, and 1 - ρ ≥ √e / 2. By |b(w)| ≤ |w| (|w| + |λ|) / (1 + |λ| |w|) it is mapped
 *   into itself with ρ (1 - ρ) (1 - |λ|) / 2 ≥ e√e / 16 to spare. In the plane of z that is at
 *   least |φ'| / 4 times as much (Koebe), and |φ'| ≥ |φ'(0)| (1 - ρ) / 8 with |φ'(0)| ≥ 1 - |λ| ≥
 *   e / 2, the radius of a disc about the fixed point that is mapped into itself. Together e³ / 2¹¹
 *   ≥ 2⁻⁴⁴: 32 times what rounding can move a point, so it stays, and |z| < 2 there.
 *   The disc: for two iterations as one, the multiplier is 4 (1 + c) and e ≥ 16 MARGIN = 2⁻⁸; the
 *   same steps, with a disc of radius (1 - |λ|) / 32 about a point of the cycle, leave 2⁻⁴⁰, and
 *   rounding moves a point by less than 2⁻⁴⁶ in two iterations.
 * tests/test_kernels.c hunts for a counterexample along both boundaries. */

/* Iterations between looks for a repeat: a multiple of 3, the period of the largest bulbs left. */
#define LOOK   (12 * BLOCK)
#define MARGIN 0x1p-12

/* Lanes whose c lies well inside the cardioid or the disc. (Far out, the left sides are infinite or
 * NaN, and so not at most anything.) */
TARGET static uint64_t interior(const struct group *group) {
    uint64_t inside = 0;
    for (unsigned v = 0; v < VECTORS; v++) {
        reals re = VECTOR(group->cr, v), im = VECTOR(group->ci, v), im2 = im * im;
        reals x = re - (real)0.25, q = x * x + im2;
        unsigned cardioid = at_most(q * (q + x) - im2 / 4, splat((real)-MARGIN));
        unsigned disc = at_most((re + 1) * (re + 1) + im2, splat((real)(0.0625 - MARGIN)));
        inside |= set_of(cardioid | disc, v);
    }
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
