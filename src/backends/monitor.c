/* The ledger of a render; contracts in monitor.h. */
#include "backends/monitor.h"

#include "base/size.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int monitor_open(struct monitor *monitor, unsigned workers, uint64_t batches) {
    uint64_t tracks = (uint64_t)workers + MONITOR_COORDINATORS, sums, bytes;
    uint64_t lines = tracks * sizeof(struct monitor_worker);
    uint64_t accounts = tracks * sizeof(struct account);
    uint64_t own = tracks * sizeof(struct monitor_track);
    *monitor = (struct monitor){.stop_fd = -1};
    if (!size_multiply(batches, sizeof(uint64_t), &sums) ||
        !size_add(lines + accounts + own, sums, &bytes) || bytes > SIZE_MAX)
        return -ENOMEM;
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return -ENOMEM;
    *monitor = (struct monitor){
        .workers = pages,
        .accounts = (struct account *)((char *)pages + lines),
        .tracks = (struct monitor_track *)((char *)pages + lines + accounts),
        .sums = (_Atomic uint64_t *)((char *)pages + lines + accounts + own),
        .worker_count = workers,
        .batch_count = batches,
        .stop_fd = -1,
        .lease_ns = MONITOR_LEASE_NS,
        .spare_ns = MONITOR_SPARE_NS,
        .pages = pages,
        .pages_bytes = bytes,
    };
    monitor_clear(monitor);
    return 0;
}

void monitor_close(struct monitor *monitor) {
    timeline_close(&monitor->timeline);
    if (monitor->pages)
        munmap(monitor->pages, monitor->pages_bytes);
    *monitor = (struct monitor){.stop_fd = -1};
}

void monitor_clear(struct monitor *monitor) {
    for (unsigned i = 0; i < monitor->worker_count; i++)
        atomic_store_explicit(&monitor->workers[i].batches, 0, memory_order_relaxed);
    for (uint64_t i = 0; i < monitor->batch_count; i++)
        atomic_store_explicit(&monitor->sums[i], MONITOR_PENDING, memory_order_relaxed);
}

static uint64_t sum_of(const struct monitor *monitor, uint64_t batch) {
    return atomic_load_explicit(&monitor->sums[batch], memory_order_relaxed);
}

uint64_t monitor_batches_done(const struct monitor *monitor) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < monitor->batch_count; i++)
        done += sum_of(monitor, i) != MONITOR_PENDING;
    return done;
}

uint64_t monitor_batches_entered(const struct monitor *monitor) {
    uint64_t entered = 0;
    for (unsigned i = 0; i < monitor->worker_count; i++)
        entered += atomic_load_explicit(&monitor->workers[i].batches, memory_order_relaxed);
    return entered;
}

uint64_t monitor_iterations(const struct monitor *monitor) {
    uint64_t iterations = 0;
    for (uint64_t i = 0; i < monitor->batch_count; i++) {
        uint64_t sum = sum_of(monitor, i);
        iterations += sum == MONITOR_PENDING ? 0 : sum;
    }
    return iterations;
}

unsigned monitor_workers_seen(const struct monitor *monitor) {
    unsigned seen = 0;
    for (unsigned i = 0; i < monitor->worker_count; i++)
        seen += atomic_load_explicit(&monitor->workers[i].batches, memory_order_relaxed) > 0;
    return seen;
}

void monitor_workers_started(struct monitor *monitor, unsigned workers) {
    monitor->workers_started = workers;
}

void monitor_worker_lost(struct monitor *monitor, const struct monitor_loss *loss,
                         uint64_t batches_reissued) {
    monitor->workers_lost++;
    monitor->batches_reissued += batches_reissued;
    monitor->loss = *loss;
    monitor_record_death(monitor, loss);
    bool goes_on = loss->end == LOSS_REPLACED || loss->end == LOSS_IDLE;
    if (monitor->report && goes_on && !loss->repeated)
        monitor->report(monitor->report_context, loss);
}
