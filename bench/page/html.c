/* Escaping; contracts in html.h. */
#include "bench/page/html.h"

#include "base/text.h"

#include <stdarg.h>

static const char *entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *out, const char *text) {
    for (; *text; text++) {
        const char *safe = entity(*text);
        if (safe)
            fputs(safe, out);
        else
            putc(*text, out);
    }
}

void html_print(FILE *out, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_tame(text); /* a character that was cut */
    html_text(out, text);
}
