/* Shelf 1: how a batch is computed. A kernel is a file that ends with one const struct kernel;
 * kernels.def lists it. Everything else (help, choice, tests, campaigns) follows from the list. */
#ifndef KERNELS_KERNEL_H
#define KERNELS_KERNEL_H

#include "core/batch.h"
#include "core/workload.h"

#include <stdbool.h>
#include <stdint.h>

struct kernel {
    const char *name;
    const char *summary;
    uint32_t needs;      /* enum cpu_feature bits; 0: any CPU */
    unsigned lanes;      /* points computed by one instruction */
    unsigned preference; /* the highest exact and available one is the default */
    bool exact;          /* bit-identical to scalar */

    /* NULL, or why this build cannot run it at all (another architecture, say). May be NULL itself.
     */
    const char *(*unavailable)(void);

    /* Writes batch.count counts to out[0 …] and returns their sum. Pure: reads the workload, writes
     * nothing else. The batch lies within the workload's frame. Any thread, any process. */
    uint64_t (*fill)(const struct workload *workload, struct batch batch, uint32_t *out);
};

/* All kernels in the order of kernels.def; *count of them. */
const struct kernel *const *kernel_list(unsigned *count);

/* The kernel of that name, or NULL. */
const struct kernel *kernel_find(const char *name);

/* NULL when the kernel runs here and now, else the reason: the build, the CPU, or a feature
 * switched off. */
const char *kernel_unavailable(const struct kernel *kernel);

/* For `unavailable`: whether this build is for such a CPU. */
const char *kernel_needs_x86_64(void);
const char *kernel_needs_aarch64(void);

/* The fastest exact kernel that runs here. Never NULL: scalar always does. */
const struct kernel *kernel_fastest(void);

#endif
