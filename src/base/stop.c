/* Orderly ends on SIGINT and SIGTERM; contracts in stop.h. */
#include "base/stop.h"

#include "base/output.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GRACE_S 1

static _Atomic int asked; /* relaxed is enough: it carries no data */
static int event = -1;

static void on_signal(int signal_number) {
    int saved = errno;
    uint64_t one = 1;
    if (atomic_load_explicit(&asked, memory_order_relaxed) == 0)
        alarm(GRACE_S);
    atomic_store_explicit(&asked, signal_number, memory_order_relaxed);
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
    errno = saved;
}

static void on_alarm(int signal_number) {
    (void)signal_number;
    if (!output_remove_partial()) {
        alarm(GRACE_S);
        return;
    }
    _exit(128 + atomic_load_explicit(&asked, memory_order_relaxed));
}

int stop_install(void) {
    event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0)
        return -errno;
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction end = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGINT, &act, NULL) != 0 || sigaction(SIGTERM, &act, NULL) != 0 ||
        sigaction(SIGALRM, &end, NULL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
        sigaction(SIGXFSZ, &ignore, NULL) != 0)
        return -errno;
    return 0;
}

int stop_signal(void) {
    return atomic_load_explicit(&asked, memory_order_relaxed);
}

int stop_fd(void) {
    return event;
}

void stop_reset_before_exec(void) {
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
}

void stop_reset_in_child(void) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGALRM, SIG_DFL);
    alarm(0);
}
