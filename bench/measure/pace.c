/* A chain of products; contracts in pace.h. */
#include "bench/measure/pace.h"

#include "base/clock.h"
#include "base/size.h"

#include <stdint.h>

#define PRODUCTS 16384
#define UNROLLED 8 /* the loop itself is hidden behind the products */
#define CYCLES   3
#define RUNS     3

static uint64_t run_ns(void) {
    uint64_t product = UINT64_C(0x9e3779b97f4a7c15), start = clock_now_ns();
    for (int i = 0; i < PRODUCTS; i += UNROLLED)
        for (int j = 0; j < UNROLLED; j++) {
            product *= UINT64_C(0xd1342543de82ef95);
            __asm__ volatile("" : "+r"(product)); /* or powers of the factor would be multiplied */
        }
    return clock_now_ns() - start;
}

double pace_mhz(void) {
    uint64_t best_ns = CLOCK_NEVER;
    for (int i = 0; i < RUNS; i++)
        best_ns = size_min(best_ns, run_ns());
    return (double)PRODUCTS * CYCLES * 1e3 / (double)size_max(best_ns, 1);
}
