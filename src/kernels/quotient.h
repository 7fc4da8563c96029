/* Dividing many numbers by one small integer, with the rounding of a division but without its time:
 * a vector unit makes one division in the time of some 30 products. */
#ifndef KERNELS_QUOTIENT_H
#define KERNELS_QUOTIENT_H

/* |a| from here on (or 0) keeps all that quotient() computes out of the subnormal numbers. */
#define QUOTIENT_MIN 0x1p-900

/* a / divisor, correctly rounded. divisor is an integer of 1 … 2²⁰, inverse is 1 / divisor,
 * rounded; |a| is 0, or finite and at least QUOTIENT_MIN.
 *
 * Why (the steps are Markstein's, IBM J. R&D 34, 1990): q is wrong by less than 2⁻⁵¹ of the
 * quotient, and the correction by less than 2⁻⁵¹ of itself, so their sum, before it is rounded, by
 * less than 2⁻¹⁰² of the quotient. It is rounded as the quotient would be, unless the middle m of
 * two neighbours is between them. But m has 54 digits, so m · divisor has at least 54 and is not a,
 * which has 53; and both are multiples of m's last digit, so they differ by 2⁻⁷⁵ of a or more. */
static inline __attribute__((always_inline)) double quotient(double a, double divisor,
                                                             double inverse) {
    double q = a * inverse;
    return __builtin_fma(__builtin_fma(-q, divisor, a), inverse, q);
}

#endif
