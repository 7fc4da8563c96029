/* Pace: how fast the CPU that this runs on really goes, by a stopwatch: for where the kernel does
 * not tell, as on most virtual machines, and where it tells what it wished for. */
#ifndef BENCH_MEASURE_PACE_H
#define BENCH_MEASURE_PACE_H

/* The clock in MHz, as 64-bit multiplications show it that each wait for the one before: a product
 * takes 3 cycles on every x86-64 since 2008 and on most 64-bit ARM; where it does not, the number
 * is off by a constant factor, and still falls when the clock does. (Additions of constants would
 * not do: recent cores fold chains of them.) The best of three runs of some 15 µs each, since an
 * interrupt lengthens one. A neighbour on the same core hardly shows: it takes throughput, not
 * latency. */
double pace_mhz(void);

#endif
