/* What a program inherits; contracts in standard.h. */
#include "base/standard.h"

#include "base/log.h"
#include "base/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is printed at length waits here, so that a flush learns why it cannot be written: what the
 * stream itself flushes, when it is full, fails without a word and is dropped. */
static char waiting[1 << 20];

static int first_error; /* of flushing stdout */

int standard_open(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* Reading what was to be written, and the reverse, fails with EBADF. */
        int hole = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
        if (hole < 0)
            return -errno;
    }
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, waiting, _IOFBF, sizeof waiting);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGCHLD, SIG_DFL);
    return 0;
}

int standard_settle(void) {
    errno = 0;
    if (fflush(stdout) != 0 && !first_error)
        first_error = errno;
    if (ferror(stdout) && !first_error)
        first_error = EIO;
    return -first_error;
}

int standard_flush(void) {
    int err = standard_settle();
    if (!err)
        return EXIT_DONE;
    log_say("cannot write standard output: %s", strerror(-err));
    return EXIT_REFUSED_BY_SYSTEM;
}
