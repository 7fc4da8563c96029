/* Remarks: what a report must say of its campaign besides the numbers. Each is said on stderr, and
 * kept for the page. */
#ifndef BENCH_PAGE_REMARKS_H
#define BENCH_PAGE_REMARKS_H

#include <stddef.h>

#define REMARKS_MAX 16

struct remarks {
    char text[REMARKS_MAX][512];
    size_t count;
};

__attribute__((format(printf, 2, 3))) void remark(struct remarks *remarks, const char *format, ...);

#endif
