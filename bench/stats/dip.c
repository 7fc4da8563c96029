/* The dip test; contracts in dip.h. */
#include "bench/stats/dip.h"

#include <math.h>
#include <stdlib.h>

/* A hull of the steps of the distribution function, over values[from … to]: below it the greatest
 * convex function through no step, above it the least concave one. In units of 1 / n. */
struct hull {
    double side;   /* +1 below, -1 above */
    double *at;    /* its height at each value */
    size_t *knots; /* where it touches the steps */
    size_t count;
};

/* The corner of step i that the hull may touch: the lower one from below, the upper from above. */
static double corner(const struct hull *hull, size_t i) {
    return (double)i + (hull->side < 0);
}

/* Would the hull, going from a to c, leave b on its inner side? */
static bool is_passed(const struct hull *hull, const double *x, size_t a, size_t b, size_t c) {
    double rise_b = (corner(hull, b) - corner(hull, a)) * (x[c] - x[a]);
    double rise_c = (corner(hull, c) - corner(hull, a)) * (x[b] - x[a]);
    return hull->side * (rise_b - rise_c) >= 0;
}

static void span(struct hull *hull, const double *x, size_t from, size_t to) {
    hull->count = 0;
    for (size_t i = from; i <= to; i++) {
        while (hull->count >= 2 &&
               is_passed(hull, x, hull->knots[hull->count - 2], hull->knots[hull->count - 1], i))
            hull->count--;
        hull->knots[hull->count++] = i;
    }
    hull->at[from] = corner(hull, from);
    for (size_t k = 1; k < hull->count; k++) {
        size_t a = hull->knots[k - 1], b = hull->knots[k];
        for (size_t i = a; i <= b; i++) {
            double part = x[b] > x[a] ? (x[i] - x[a]) / (x[b] - x[a]) : 1;
            hull->at[i] = corner(hull, a) + (corner(hull, b) - corner(hull, a)) * part;
        }
    }
}

/* The last knot up to i, and the first one from it. */
static size_t knot_before(const struct hull *hull, size_t i) {
    size_t k = hull->count - 1;
    while (hull->knots[k] > i)
        k--;
    return hull->knots[k];
}

static size_t knot_after(const struct hull *hull, size_t i) {
    size_t k = 0;
    while (hull->knots[k] < i)
        k++;
    return hull->knots[k];
}

/* Narrows the interval that must hold the peak to where the hulls are furthest apart, until they
 * are no further apart than the steps already are from what lies outside of it. */
static double search(const double *x, size_t n, struct hull *below, struct hull *above) {
    double dip = 1; /* in units of 1 / (2n) */
    size_t from = 0, to = n - 1;
    for (;;) {
        size_t widest = from;
        span(below, x, from, to);
        span(above, x, from, to);
        for (size_t i = from; i <= to; i++)
            if (above->at[i] - below->at[i] > above->at[widest] - below->at[widest])
                widest = i;
        if (above->at[widest] - below->at[widest] <= dip)
            return dip;
        size_t left = knot_before(below, widest), right = knot_after(above, widest);
        for (size_t i = from; i <= left; i++)
            dip = fmax(dip, corner(above, i) - below->at[i]);
        for (size_t i = right; i <= to; i++)
            dip = fmax(dip, above->at[i] - corner(below, i));
        if (left == from && right == to)
            return dip;
        from = left;
        to = right;
    }
}

double dip_of(const double *sorted, size_t n) {
    struct hull below = {.side = 1}, above = {.side = -1};
    double *heights = malloc(2 * n * sizeof *heights), dip = NAN;
    size_t *knots = malloc(2 * n * sizeof *knots);
    if (heights && knots) {
        below.at = heights;
        above.at = heights + n;
        below.knots = knots;
        above.knots = knots + n;
        dip = sorted[0] < sorted[n - 1] ? search(sorted, n, &below, &above) : 1;
    }
    free(heights);
    free(knots);
    return dip / (2 * (double)n);
}

/* The 95 % points for n values; between rows √n times the dip hardly changes. Source: table 1 of
 * Hartigan and Hartigan, in the more exact form that R's package diptest has (M. Maechler). */
static double critical(size_t n) {
    static const struct {
        double n, dip;
    } table[] = {{10, 0.1396},  {15, 0.1188},  {20, 0.1051},  {30, 0.0882},  {50, 0.0703},
                 {100, 0.0511}, {200, 0.0368}, {500, 0.0237}, {1000, 0.0169}};
    size_t row = 0;
    while (row + 1 < sizeof table / sizeof *table && table[row + 1].n <= (double)n)
        row++;
    return table[row].dip * sqrt(table[row].n / (double)n);
}

bool dip_hints_two_peaks(const double *sorted, size_t n) {
    return n >= DIP_LEAST && dip_of(sorted, n) > critical(n);
}
