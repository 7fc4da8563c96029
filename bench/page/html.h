/* HTML: text into a page, so that no name can become markup. */
#ifndef BENCH_PAGE_HTML_H
#define BENCH_PAGE_HTML_H

#include <stdio.h>

/* Prints text that is safe as an element's content and as an attribute's value in quotes. */
void html_text(FILE *out, const char *text);

/* printf whose result goes through html_text; cut at 4095 bytes. */
__attribute__((format(printf, 2, 3))) void html_print(FILE *out, const char *format, ...);

#endif
