/* Text in: numbers, pairs and comma lists from arguments, environment and files, strictly.
 * Text out: doubles that read back to the same bits. Nothing here depends on the locale. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A decimal whole number with nothing before or behind it.
 * 0; -EINVAL when it is no such number; -ERANGE when it lies outside min … max. */
int text_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* A finite double with nothing before or behind it.
 * 0; -EINVAL when it is none (NaN and infinities included); -ERANGE when it overflows. */
int text_parse_double(const char *text, double *value);

/* "A,B" → two finite doubles; errors as above. */
int text_parse_pair(const char *text, double *a, double *b);

/* "WIDTHxHEIGHT", or "SIDE" for a square; whole numbers 1 … max. 0, -EINVAL or -ERANGE, nothing
 * changed. */
int text_parse_size(const char *text, uint64_t max, uint64_t *width, uint64_t *height);

/* The next item of a comma list: copies it into item (size bytes, terminated), moves *list behind
 * it and returns 1; 0 at the end; -EINVAL for an empty item, -ENAMETOOLONG for one that does not
 * fit. Start with *list at the first character; an empty list has one empty item. */
int text_next_item(const char **list, char *item, size_t size);

/* A double in the fewest of 15 to 17 significant digits that read back to the same bits. */
#define TEXT_DOUBLE_SIZE 32
const char *text_double(double value, char buffer[TEXT_DOUBLE_SIZE]);

/* Bytes for a person: "24.0 GiB". */
#define TEXT_BYTES_SIZE 32
const char *text_bytes(uint64_t bytes, char buffer[TEXT_BYTES_SIZE]);

/* The whole of a small text file, terminated, at most size - 1 bytes: its length, or -errno. */
long text_read_file(const char *path, char *buffer, size_t size);

/* The value behind "KEY" and separators (blanks, ':') in lines like /proc's: copied into value
 * without surrounding blanks. false when there is no such line. */
bool text_find_value(const char *text, const char *key, char *value, size_t size);

/* Makes a text that others chose fit for a terminal, a log's line, JSON and XML, in place: control
 * characters and bytes that are not UTF-8 (also of a character that was cut) become '?'. */
void text_tame(char *text);

#endif
