/* Where no orbit escapes: the main cardioid, and the bulbs of period 2 to 6 as discs, all somewhat
 * shrunk. (A bulb is very nearly round: these discs leave 1.6 % of what they stand for.)
 *
 * In exact arithmetic nothing in a hyperbolic component escapes (Douady and Hubbard). A rounded
 * orbit is an exact one of z² + c_n, where |c_n - c| < 2⁻⁴⁹ as long as |z| ≤ 2, and it cannot leave
 * either. Let p be the period, g the p-th iterate of z² + c, λ the multiplier of the attracting
 * cycle, e = 1 - |λ|², and φ the map of the unit disc onto the immediate basin that holds c, with
 * φ(0) the cycle's point there.
 *   There g becomes the Blaschke product b(w) = w (w + λ) / (1 + λ̄ w), whose critical value c,
 * where the orbit starts, lies at |w| = (1 - √e) / (1 + √e). So for ρ = the greater of this and
 * 1/2, the disc |w| ≤ ρ holds the start, and 1 - ρ ≥ √e / 2. By |b(w)| ≤ |w| (|w| + |λ|) / (1 + |λ|
 * |w|) it is mapped into itself with ρ (1 - ρ) (1 - |λ|) / 2 ≥ e√e / 16 to spare. In the plane of z
 * that is at least |φ'| / 4 times as much (Koebe), and |φ'| ≥ |φ'(0)| (1 - ρ) / 8. If |g(φ(0) + u)
 * - φ(0) - λu| ≤ K |u|², the disc |u| ≤ (1 - |λ|) / K is mapped into itself, so |φ'(0)| ≥ (1 - |λ|)
 * / K ≥ e / 2K. Together e³ / (2¹¹ K) to spare. Rounding moves g(z) by less than 2⁻⁴⁹ (1 + 4 + … +
 * 4^(p - 1)) < 4^p 2⁻⁴⁹ / 3, for |2z| ≤ 4 on the way. Where that is less, the orbit stays in the
 * basin, and |z| < 2 there. The cardioid: p = 1, K = 1. With q = |c - 1/4|², q (q + re - 1/4) -
 * im²/4 ≤ -CARDIOID_MARGIN means e ≥ 2 CARDIOID_MARGIN = 2⁻¹¹ (λ = 1 - √(1 - 4c); the left side is
 * -e times a factor that is at most 1/2 inside the cardioid): 2⁻⁴⁴ to spare, 32 times what rounding
 * moves. The disc of period 2: λ = 4 (1 + c), |λ| ≤ 0.998, K ≤ 16: 2⁻³⁹ to spare, 200 times as
 * much. The others: |λ| ≤ 127/128 and K ≤ 2⁷, 2⁻³⁶ to spare, and rounding moves less than 2⁻³⁸.
 * They were found by following |λ| = 127/128 about the centre of each bulb and inscribing a disc. λ
 * and the cycle's points are analytic in c throughout a component, and a component is simply
 * connected, so what holds on a disc's circle holds in the disc. tests/test_kernels.c walks along
 * each circle, and computes |λ| and K. */
#ifndef KERNELS_INTERIOR_H
#define KERNELS_INTERIOR_H

#include <stdbool.h>
#include <stddef.h>

#define CARDIOID_MARGIN 0x1p-12
#define CARDIOID_HEIGHT 0.65 /* 3√3/8, rounded up: |im| in it */

/* A disc. Those off the real axis have a mirror image below it. */
struct bulb {
    double re, im, radius;
    unsigned period;
};

static const struct bulb interior_bulbs[] = {
    {-1, 0, 0.2495, 2},
    {-0.12482, 0.74399, 0.09368, 3},
    {-1.30907, 0, 0.05853, 4},
    {0.28108, 0.53105, 0.04358, 4},
    {-0.50451, 0.56301, 0.03843, 5},
    {0.37927, 0.33592, 0.02348, 5},
    {-1.13821, 0.23949, 0.02628, 6},
    {-0.1136, 0.8602, 0.02211, 6},
    {0.38912, 0.21653, 0.014, 6},
};

#define INTERIOR_BULBS (sizeof interior_bulbs / sizeof *interior_bulbs)

/* What of all this comes near some points. */
struct interior {
    bool cardioid;
    unsigned count;
    struct bulb bulbs[2 * INTERIOR_BULBS];
};

/* What lies between the imaginary parts low and high. */
static inline void interior_between(double low, double high, struct interior *near) {
    near->cardioid = low <= CARDIOID_HEIGHT && high >= -CARDIOID_HEIGHT;
    near->count = 0;
    for (size_t i = 0; i < 2 * INTERIOR_BULBS; i++) {
        struct bulb bulb = interior_bulbs[i / 2];
        bulb.im = i % 2 ? -bulb.im : bulb.im;
        if ((i % 2 == 0 || bulb.im < 0) && low <= bulb.im + bulb.radius &&
            high >= bulb.im - bulb.radius)
            near->bulbs[near->count++] = bulb;
    }
}

#endif
