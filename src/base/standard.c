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

int standard_open(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* Reading what was to be written, and the reverse, fails with EBADF. */
        int hole = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
        if (hole < 0)
            return -errno;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGCHLD, SIG_DFL);
    return 0;
}

int standard_flush(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    log_say("cannot write standard output: %s", strerror(errno ? errno : EIO));
    return EXIT_REFUSED_BY_SYSTEM;
}
