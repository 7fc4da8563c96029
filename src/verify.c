/* Computing again and comparing; contracts in verify.h. */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void describe(const struct render *render, const struct render *reference,
                     struct counts_difference difference, char *sentence, size_t size) {
    uint32_t width = render->counts.width;
    snprintf(sentence, size,
             "wrong result: %" PRIu64 " pixels differ from serial + %s, first row %" PRIu64
             ", column %" PRIu64 ": %u instead of %u",
             difference.pixels, reference->job->kernel->name, difference.first / width,
             difference.first % width, render->counts.at[difference.first],
             reference->counts.at[difference.first]);
}

/* How many pixels differ from serial with that kernel; with a sentence on the first of them. */
static enum render_end compare(const struct render *render, const struct kernel *kernel,
                               uint64_t *pixels, char *sentence, size_t size) {
    struct job job = *render->job;
    struct render reference;
    job.kernel = kernel;
    job.workers = 1;
    int err = render_open(&reference, backend_find("serial"), &job);
    if (err) {
        snprintf(sentence, size, "cannot get the reference's memory: %s", strerror(-err));
        return RENDER_REFUSED;
    }
    enum render_end end = render_run(&reference, 0);
    snprintf(sentence, size, "%s", reference.sentence);
    if (end == RENDER_DONE) {
        struct counts_difference difference = counts_compare(&render->counts, &reference.counts);
        *pixels = difference.pixels;
        if (difference.pixels)
            describe(render, &reference, difference, sentence, size);
    }
    render_close(&reference);
    return end;
}

enum render_end verify_render(const struct render *render, uint64_t *pixels_differing,
                              char *sentence, size_t size) {
    const struct kernel *kernel = render->job->kernel;
    bool may_differ = !kernel->exact && kernel != kernel_find("null");
    uint64_t faults;
    enum render_end end = compare(render, kernel_find("scalar"), pixels_differing, sentence, size);
    faults = *pixels_differing;
    if (end == RENDER_DONE && may_differ)
        end = compare(render, kernel, &faults, sentence, size);
    return end == RENDER_DONE && faults ? RENDER_WRONG : end;
}
