/* The shelves as lists; contracts in listing.h. */
#include "listing.h"

#include "backends/backend.h"
#include "image/palette.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void print_line(const char *name, const char *reason, const char *summary) {
    printf("%s\t%s\t%s\n", name, reason ? "unavailable" : "available", reason ? reason : summary);
}

static void print_backends(void) {
    unsigned count;
    const struct backend *const *backends = backend_list(&count);
    for (unsigned i = 0; i < count; i++)
        print_line(backends[i]->name, backend_unavailable(backends[i]), backends[i]->summary);
}

static void print_kernels(void) {
    unsigned count;
    const struct kernel *const *kernels = kernel_list(&count);
    for (unsigned i = 0; i < count; i++) {
        char summary[256];
        snprintf(summary, sizeof summary, "%s%s",
                 kernels[i]->exact ? "" : "inexact: ", kernels[i]->summary);
        print_line(kernels[i]->name, kernel_unavailable(kernels[i]), summary);
    }
}

static void print_palettes(void) {
    unsigned count;
    const struct palette *const *palettes = palette_list(&count);
    for (unsigned i = 0; i < count; i++)
        print_line(palettes[i]->name, NULL, palettes[i]->summary);
}

static void print_views(void) {
    unsigned count;
    const struct view *views = view_list(&count);
    for (unsigned i = 0; i < count; i++)
        print_line(views[i].name, NULL, views[i].summary);
}

int listing_print(const char *kind) {
    static const struct {
        const char *name;
        void (*print)(void);
    } kinds[] = {
        {"backends", print_backends},
        {"kernels", print_kernels},
        {"palettes", print_palettes},
        {"views", print_views},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind) == 0) {
            kinds[i].print();
            return 0;
        }
    }
    return -EINVAL;
}
