/* Between a render and those who do it; contracts in witness.h. */
#include "bench/faults/witness.h"

#include "base/clock.h"
#include "base/size.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Hooks have no context of their own. Workers are forked after these were set, and each begins with
 * a copy. */
static struct witness *present;
static bool entered;

int witness_open(struct arena *arena, uint32_t capacity, struct witness **witness) {
    void *piece;
    int err = arena_take(arena, sizeof **witness + capacity * sizeof(struct witness_entry), &piece);
    if (err)
        return err;
    *witness = piece;
    (*witness)->capacity = capacity;
    return 0;
}

/* Whose batch is it? The ledger says so before the kernel is called. */
static unsigned worker_of(const struct monitor *monitor, uint64_t batch) {
    unsigned worker = 0;
    for (unsigned i = 0; i < monitor->worker_count; i++) {
        const struct monitor_worker *line = &monitor->workers[i];
        if (atomic_load_explicit(&line->phase, memory_order_relaxed) == PHASE_COMPUTE &&
            atomic_load_explicit(&line->batch, memory_order_relaxed) == batch)
            worker = i;
    }
    return worker;
}

static void enter(struct witness *witness, uint64_t batch) {
    uint64_t now_ns = clock_now_ns();
    uint32_t place = atomic_fetch_add_explicit(&witness->entries, 1, memory_order_relaxed);
    if (place >= witness->capacity)
        return;
    struct witness_entry *entry = &witness->at[place];
    entry->since_ns = now_ns;
    entry->worker = worker_of(witness->monitor, batch);
    atomic_store_explicit(&entry->pid, getpid(), memory_order_release);
}

static uint64_t watched_fill(const struct workload *workload, struct batch batch, uint32_t *out) {
    if (!entered) {
        entered = true;
        enter(present, batch.first / present->batch);
    }
    return present->kernel->fill(workload, batch, out);
}

static int watched_render(void *state, struct monitor *monitor, struct counts *counts) {
    atomic_store_explicit(&present->start_ns, clock_now_ns(), memory_order_release);
    int err = present->backend->render(state, monitor, counts);
    atomic_store_explicit(&present->end_ns, clock_now_ns(), memory_order_release);
    return err;
}

void witness_attach(struct witness *witness, struct render *render, struct job *job) {
    static struct kernel kernel;
    static struct backend backend;
    witness->kernel = job->kernel;
    witness->backend = render->backend;
    witness->monitor = &render->monitor;
    witness->batch = job->batch;
    kernel = *job->kernel;
    kernel.fill = watched_fill;
    backend = *render->backend;
    backend.render = watched_render;
    job->kernel = &kernel;
    render->backend = &backend;
    present = witness;
}

static uint32_t count(const struct witness *witness) {
    return (uint32_t)size_min(atomic_load_explicit(&witness->entries, memory_order_relaxed),
                              witness->capacity);
}

static bool is_there(const struct witness_entry *entry, unsigned worker) {
    return atomic_load_explicit(&entry->pid, memory_order_acquire) != 0 && entry->worker == worker;
}

struct witness_entry *witness_find(struct witness *witness, unsigned worker) {
    for (uint32_t i = count(witness); i > 0; i--)
        if (is_there(&witness->at[i - 1], worker))
            return &witness->at[i - 1];
    return NULL;
}

const struct witness_entry *witness_successor(const struct witness *witness,
                                              const struct witness_entry *entry) {
    for (uint32_t i = (uint32_t)(entry - witness->at) + 1; i < count(witness); i++)
        if (is_there(&witness->at[i], entry->worker))
            return &witness->at[i];
    return NULL;
}
