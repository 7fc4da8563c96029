/* Transport spin: the slots alone: nobody ever sleeps, so nobody needs to be woken. The floor of
 * what two CPUs can do, at the price of both. */
#include "base/limits.h"
#include "bench/ipc/slots.h"

#include <sched.h>

/* Looks before a side that waits offers its CPU to the other, which may be on the same one. */
#define PATIENCE 1000

static const char *spin_unavailable(void) {
    return limits_usable_cpus() >= 2 ? NULL : "spinning takes two CPUs, and one is usable";
}

static int spin_open(struct channel *channel) {
    struct slots *slots = NULL;
    int err = slots_open(channel, &slots);
    channel->state = slots;
    return err;
}

static void wait_a_little(unsigned *looks) {
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#endif
    if (++*looks % PATIENCE == 0)
        sched_yield();
}

static int spin_send(struct channel *channel, const void *message) {
    for (unsigned looks = 0; !slots_put(channel->state, message);)
        wait_a_little(&looks);
    return 0;
}

static int spin_receive(struct channel *channel, void *message) {
    for (unsigned looks = 0; !slots_get(channel->state, message);)
        wait_a_little(&looks);
    return 0;
}

static void spin_close(struct channel *channel) {
    (void)channel; /* its pages are the arena's */
}

const struct transport transport_spin = {
    .name = "spin",
    .summary = "slots and two CPUs that never sleep: the hardware's floor",
    .unavailable = spin_unavailable,
    .open = spin_open,
    .send = spin_send,
    .receive = spin_receive,
    .close = spin_close,
};
