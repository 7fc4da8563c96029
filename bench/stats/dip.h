/* Dip: does a sample have more than one peak? Pure functions. */
#ifndef BENCH_STATS_DIP_H
#define BENCH_STATS_DIP_H

#include <stdbool.h>
#include <stddef.h>

#define DIP_LEAST 10 /* values below which nothing is said */

/* The dip of n ≥ 1 sorted values: the distance between their distribution function and the nearest
 * one with a single peak; 1 / (2n) at least, 1/4 at most. NaN: memory is short.
 * Source: J. A. Hartigan and P. M. Hartigan, "The dip test of unimodality", Annals of Statistics
 * 13(1), 1985. */
double dip_of(const double *sorted, size_t n);

/* Is the dip larger than of 95 % of all samples of that size from the uniform distribution, which
 * has the largest dips of all with a single peak? Values that are skewed or far out do not matter.
 * false below DIP_LEAST values. */
bool dip_hints_two_peaks(const double *sorted, size_t n);

#endif
