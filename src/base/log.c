/* Sentences on stderr; contracts in log.h. */
#include "base/log.h"

#include "base/standard.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program = "mandelbench";

void log_program(const char *name) {
    program = name;
}

void log_say(const char *format, ...) {
    char line[4096];
    size_t used = (size_t)snprintf(line, sizeof line, "%s: ", program);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - used - 1, format, args);
    va_end(args);
    text_tame(line); /* one line stays one line, and no terminal is commanded */
    used = strlen(line);
    line[used++] = '\n';
    standard_settle(); /* in the order in which it was said */
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
}
