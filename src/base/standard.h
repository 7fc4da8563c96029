/* Standard: what a program inherits, as it should be: the three standard descriptors, so that a
 * closed one is an error and never somebody else's file, and what children leave behind. */
#ifndef BASE_STANDARD_H
#define BASE_STANDARD_H

/* Fills holes among descriptors 0 to 2 with ones that refuse the wrong use, lets this process have
 * as many descriptors as it may (a worker needs one), and has its children wait to be reaped:
 * whoever started it may ignore SIGCHLD, which is inherited, and then the kernel would forget them.
 * First of all. 0 or -errno. */
int standard_open(void);

/* Flushes stdout. 0, or -errno of the first time that this failed. */
int standard_settle(void);

/* The same, and says so if that failed: the exit status, EXIT_DONE or EXIT_REFUSED_BY_SYSTEM.
 */
int standard_flush(void);

#endif
