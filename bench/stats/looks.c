/* Looks and their shares; contracts in looks.h. */
#include "bench/stats/looks.h"

#include <math.h>

struct looks looks_once(uint64_t blocks) {
    return (struct looks){.at = {blocks}, .count = 1};
}

struct looks looks_up_to(uint64_t blocks) {
    static const uint64_t usual[LOOKS_MAX] = {10, 20, 40};
    struct looks looks = {.count = 0};
    for (unsigned i = 0; i < LOOKS_MAX && usual[i] <= blocks; i++)
        looks.at[looks.count++] = usual[i];
    return looks;
}

bool looks_fit(const struct looks *looks, uint64_t blocks) {
    if (looks->count < 1 || looks->count > LOOKS_MAX || looks->at[0] < 1)
        return false;
    for (unsigned i = 1; i < looks->count; i++)
        if (looks->at[i] <= looks->at[i - 1])
            return false;
    return looks->at[looks->count - 1] == blocks;
}

bool looks_between(const struct looks *looks, uint64_t blocks) {
    for (unsigned i = 0; i + 1 < looks->count; i++)
        if (looks->at[i] == blocks)
            return true;
    return false;
}

double looks_spent(double alpha, double t) {
    const double e = 2.71828182845904523536;
    return alpha * log(1 + (e - 1) * t);
}

double looks_share(const struct looks *looks, uint64_t blocks, double alpha) {
    unsigned k = 0;
    if (looks->count == 0)
        return alpha;
    while (k + 1 < looks->count && looks->at[k] < blocks)
        k++;
    double all = (double)looks->at[looks->count - 1];
    double before = k ? looks_spent(alpha, (double)looks->at[k - 1] / all) : 0;
    return looks_spent(alpha, (double)looks->at[k] / all) - before;
}
