/* Looks: after how many blocks a campaign is looked at, to stop when it is precise enough. Who
 * looks several times and stops when it suits is wrong more often than 5 %, unless each look has
 * only a share of those: an interval at a look misses with at most its share, all looks together
 * with at most their sum, whatever the rule by which one stops (Bonferroni's inequality). Pure
 * functions. */
#ifndef BENCH_STATS_LOOKS_H
#define BENCH_STATS_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

#define LOOKS_MAX 3

/* Blocks at each look, ascending; the last one is the campaign's end. None is as good as one. */
struct looks {
    uint64_t at[LOOKS_MAX];
    unsigned count;
};

/* One look, at the end. */
struct looks looks_once(uint64_t blocks);

/* Looks at 10, 20 and 40 blocks, as far as a campaign of `blocks` (one of these) comes. */
struct looks looks_up_to(uint64_t blocks);

/* Are they at least one, ascending, and the last one at `blocks`? */
bool looks_fit(const struct looks *looks, uint64_t blocks);

/* Is there a look after so many blocks from which one could still go on? */
bool looks_between(const struct looks *looks, uint64_t blocks);

/* How much of alpha is spent when a fraction t of all blocks has been seen: alpha ln(1 + (e - 1)
 * t), about the same at every look. Source: Lan and DeMets, "Discrete sequential boundaries for
 * clinical trials", Biometrika 70(3), 1983 (the function that resembles Pocock's boundaries). */
double looks_spent(double alpha, double t);

/* The share of alpha for intervals after so many blocks: what is spent at the first look that is
 * not before them, less what was spent at the look before that. A campaign that ended between two
 * looks has the later one's share. */
double looks_share(const struct looks *looks, uint64_t blocks, double alpha);

#endif
