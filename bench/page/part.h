/* Part: a piece of the page that is left out where the page would become too large for it. */
#ifndef BENCH_PAGE_PART_H
#define BENCH_PAGE_PART_H

#include <stdio.h>

/* A page has at most 500 KB. What comes late goes first: figures, their data and the factors may
 * reach to the first mark, pictures of who drew what to the second; machine and command fit behind
 * it. Nothing may be larger than a part's bytes. */
#define PART_FIGURES_END  420000
#define PART_PICTURES_END 470000
#define PART_BYTES_MAX    150000

struct part {
    char *text;
    size_t bytes;
    FILE *stream; /* what is printed here belongs to the part; NULL: there is no memory */
};

void part_open(struct part *part);

/* How many bytes it has; nothing can be printed to it any more. 0: nothing, or no memory. */
size_t part_end(struct part *part);

/* Prints the ended part, if then at most `end` bytes of the page are full; else that it is too
 * large, and the file in which to see it. Frees it. */
void part_put(struct part *part, FILE *out, long end, const char *file);

/* Frees it without a trace. */
void part_drop(struct part *part);

#endif
