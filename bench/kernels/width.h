/* Width: the vector units at one width, driven by chains of arithmetic that touch no memory. A
 * width is a file that ends with one const struct width; widths.def lists it, narrow ones first. */
#ifndef BENCH_KERNELS_WIDTH_H
#define BENCH_KERNELS_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

/* What is done to independent accumulators, again and again. The two mixes are the arithmetic of
 * one iteration, since a CPU may have other units for products than for sums: three products, one
 * difference, one sum, and 2 · zr·zi + ci, which is one fused operation (exact, as doubling is), or
 * two sums where nothing is fused. */
enum chain { CHAIN_MUL, CHAIN_ADD, CHAIN_FMA, CHAIN_SIX, CHAIN_SEVEN };
#define CHAINS 5

struct width {
    const char *name;
    unsigned lanes; /* doubles in a vector */
    uint32_t needs; /* enum cpu_feature bits */
    uint32_t fused; /* those that fused operations need too */

    /* NULL, or why this build has none of it. */
    const char *(*unavailable)(void);

    /* Does that many rounds of width_round() vector operations, as fast as the machine can, and
     * returns what came out, which nobody needs. */
    double (*run[CHAINS])(uint64_t rounds);
};

/* Vector operations in a round; and in one iteration of the arithmetic that a mix stands for. */
unsigned width_round(enum chain chain);
unsigned width_operations(enum chain mix);

/* All widths, narrow ones first; *count of them. */
const struct width *const *width_list(unsigned *count);

/* NULL when that chain runs here and now at that width, else the reason. */
const char *width_unavailable(const struct width *width, enum chain chain);

/* As the files spell it. */
const char *width_chain_name(enum chain chain);

/* The width whose vectors a kernel with such needs computes in, and the arithmetic of one of its
 * iterations. The first width, where it needs nothing: one lane costs what two do. */
const struct width *width_of_needs(uint32_t needs);
enum chain width_chain_of_needs(uint32_t needs);

#endif
