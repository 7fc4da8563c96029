/* The workload: which points of the complex plane, in which frame, up to which limit. This file is
 * the definition of the arithmetic; every exact kernel gives the very bits that it gives. */
#ifndef CORE_WORKLOAD_H
#define CORE_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define WORKLOAD_SIDE_MAX  UINT32_C(1048576)
#define WORKLOAD_LIMIT_MAX (UINT32_MAX - 1) /* UINT32_MAX is the sentinel of an unwritten pixel */

/* Immutable and free of pointers: it survives fork, exec and a network. */
struct workload {
    double center_re, center_im; /* the middle of the view */
    double extent;               /* the view's width in the plane, > 0 */
    uint32_t width, height;      /* pixels, 1 … WORKLOAD_SIDE_MAX each */
    uint32_t max_iter;           /* 1 … WORKLOAD_LIMIT_MAX */
    bool shortcuts;              /* may a kernel use exact shortcuts? */
};

/* A named place of the set. */
struct view {
    const char *name;
    double center_re, center_im, extent;
    uint32_t max_iter;
    const char *summary;
};

/* The named views, in the order of views.def; *count of them. */
const struct view *view_list(unsigned *count);

/* The view of that name, or NULL. */
const struct view *view_find(const char *name);

/* The workload of a view in a frame of width × height pixels, shortcuts off. */
struct workload workload_of_view(const struct view *view, uint32_t width, uint32_t height);

/* Pixels of the frame: at most 2^40. */
static inline uint64_t workload_pixels(const struct workload *workload) {
    return (uint64_t)workload->width * workload->height;
}

/* The same points, in the same frame, up to the same limit, with shortcuts or without? */
static inline bool workload_same(const struct workload *a, const struct workload *b) {
    return a->center_re == b->center_re && a->center_im == b->center_im && a->extent == b->extent &&
           a->width == b->width && a->height == b->height && a->max_iter == b->max_iter &&
           a->shortcuts == b->shortcuts;
}

/* NULL, or a short reason why no kernel may be given this workload. */
const char *workload_fault(const struct workload *workload);

/* The view's height in the plane. */
static inline double workload_extent_im(const struct workload *workload) {
    return workload->extent * ((double)workload->height / workload->width);
}

/* The left and the top edge of the view: the coordinates of pixel (0, 0). */
static inline double workload_left(const struct workload *workload) {
    return workload->center_re - workload->extent / 2;
}

static inline double workload_top(const struct workload *workload) {
    return workload->center_im - workload_extent_im(workload) / 2;
}

/* Pixel → plane, in exactly this order of operations. Row 0 has the least imaginary part. */
static inline double workload_re(const struct workload *workload, double left, uint32_t col) {
    return left + (workload->extent * col) / workload->width;
}

static inline double workload_im(const struct workload *workload, double top, double extent_im,
                                 uint32_t row) {
    return top + (extent_im * row) / workload->height;
}

/* How many steps of z = z² + c, from z = c, until |z|² > 4; `limit` when it never escaped.
 * Each product and sum is rounded to double (the build forbids contraction). */
static inline uint32_t orbit(double re, double im, uint32_t limit) {
    double zr = re, zi = im;
    for (uint32_t n = 0; n < limit; n++) {
        double zr2 = zr * zr, zi2 = zi * zi;
        if (zr2 + zi2 > 4)
            return n;
        zi = (zr * zi + zi * zr) + im;
        zr = (zr2 - zi2) + re;
    }
    return limit;
}

#endif
