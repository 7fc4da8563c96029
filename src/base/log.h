/* What a program says to a person: one sentence a line, on stderr, after the program's name. Only
 * the two mains and what they call directly may talk; everything below them returns 0 or -errno. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/* The name that precedes every sentence; kept, not copied. */
void log_program(const char *name);

/* "NAME: sentence\n" in one write, so that lines of several processes never mix. */
__attribute__((format(printf, 1, 2))) void log_say(const char *format, ...);

#endif
