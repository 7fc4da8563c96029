/* Listing: a shelf as lines of "name<TAB>available|unavailable<TAB>summary or reason", for --list.
 */
#ifndef LISTING_H
#define LISTING_H

/* Prints one kind (backends, kernels, palettes, views) to stdout. 0, or -EINVAL for an unknown
 * kind. */
int listing_print(const char *kind);

#endif
