/* Stopped: workers that were stopped (SIGSTOP, never by Ctrl-Z alone) and are not continued. Such a
 * worker is alive, so the kernel reports no death, but whatever it holds it holds for ever: after
 * its lease has run out it is killed, and then replaced as any other that died.
 *
 * All of it happens in a handler of SIGCHLD, which the kernel sends for a stop too: so it works
 * wherever the supervisor itself may be waiting, for a lock that the stopped worker holds, say.
 * Time counts in looks of 100 ms each at which the worker was found stopped: while the supervisor
 * is stopped itself, as by Ctrl-Z, it does not look. */
#ifndef MP_STOPPED_H
#define MP_STOPPED_H

#include "mp/supervisor.h"

/* Watches the supervisor's processes, and forgets them. One thread of a process. 0 or -errno. */
int stopped_watch(struct supervisor *supervisor);
void stopped_forget(struct supervisor *supervisor);

/* Looks at one now: after its start, since it may have been stopped before it was on the list. */
void stopped_look(const struct worker *worker);

/* In a new process: what it knows of is its parent's; it may watch supervisors of its own. */
void stopped_reset_in_child(void);

#endif
