/* Named views and the checks on a workload; contracts in workload.h. */
#include "core/workload.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct view views[] = {
#define VIEW(name, re, im, extent, max_iter, summary) {#name, re, im, extent, max_iter, summary},
#include "core/views.def"
#undef VIEW
};

const struct view *view_list(unsigned *count) {
    *count = sizeof views / sizeof *views;
    return views;
}

const struct view *view_find(const char *name) {
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (strcmp(views[i].name, name) == 0)
            return &views[i];
    return NULL;
}

struct workload workload_of_view(const struct view *view, uint32_t width, uint32_t height) {
    return (struct workload){
        .center_re = view->center_re,
        .center_im = view->center_im,
        .extent = view->extent,
        .width = width,
        .height = height,
        .max_iter = view->max_iter,
        .shortcuts = false,
    };
}

const char *workload_fault(const struct workload *workload) {
    if (workload->width < 1 || workload->width > WORKLOAD_SIDE_MAX || workload->height < 1 ||
        workload->height > WORKLOAD_SIDE_MAX)
        return "a side must have 1 to 1048576 pixels";
    if (workload->max_iter < 1 || workload->max_iter > WORKLOAD_LIMIT_MAX)
        return "the iteration limit must lie in 1 to 4294967294";
    if (!(workload->extent > 0) || !isfinite(workload->extent))
        return "the extent must be a finite number above 0";
    double extent_im = workload_extent_im(workload);
    double right = workload_re(workload, workload_left(workload), workload->width);
    double bottom = workload_im(workload, workload_top(workload), extent_im, workload->height);
    if (!isfinite(extent_im * workload->height) || !isfinite(workload->extent * workload->width) ||
        !isfinite(right) || !isfinite(bottom) || !isfinite(workload_left(workload)) ||
        !isfinite(workload_top(workload)))
        return "the view leaves the range of double";
    return NULL;
}
