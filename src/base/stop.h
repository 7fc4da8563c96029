/* SIGINT and SIGTERM as something to poll: a flag for loops, a descriptor for waits. The handler
 * asks for an orderly end; if that has not come within a second, the process ends at once (a batch
 * may be hours long). Nothing named exists while a program works, so even that leaves nothing
 * behind. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

/* Installs the handlers, and ignores SIGPIPE and SIGXFSZ (a closed pipe and a file grown too long
 * are then write errors). Once, early. 0 or -errno. */
int stop_install(void);

/* The signal that asked to stop, or 0. */
int stop_signal(void);

/* Readable from the moment a stop is asked for; never read it empty. -1 before stop_install. */
int stop_fd(void);

/* For a child that is about to become another program: gives it the ignored signals back. */
void stop_reset_before_exec(void);

/* For a fresh child process: a worker ignores what the whole group is sent, Ctrl-C and SIGTERM. Its
 * parent decides, and would otherwise take the signal for a worker's death. */
void stop_reset_in_child(void);

#endif
