/* SVG: a drawing of gnuplot's as a part of a page. */
#ifndef BENCH_PAGE_SVG_H
#define BENCH_PAGE_SVG_H

#include <stdio.h>

/* Prints the drawing in a file as an <svg> element. What it holds is copied by a list of what may
 * be there (shapes, text, their attributes), so that nothing of a file that somebody else made can
 * act or be fetched. Identifiers get `number` as a prefix; fonts are left to the page; a colour
 * #rrggbb becomes var(--xrrggbb,#rrggbb), so that a style sheet can exchange it. `alt` says what
 * can be seen. 0; -EPROTO: it is no such file; or -errno. */
int svg_print(FILE *out, const char *path, unsigned number, const char *alt);

#endif
