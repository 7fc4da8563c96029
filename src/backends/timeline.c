/* Events in shared pages; contracts in timeline.h. */
#include "backends/timeline.h"

#include "base/size.h"

#include <errno.h>
#include <sys/mman.h>

/* A batch makes a wait, a computation, a sending and the lengths of two queues; beside them there
 * is always something. */
#define EVENTS_PER_BATCH 5
#define EVENTS_BESIDE    256
#define EVENTS_IN_ALL    (UINT64_C(128) * 1024 * 1024 / sizeof(struct timeline_event))

static uint64_t capacity_for(unsigned tracks, uint64_t batches) {
    uint64_t share = size_max(EVENTS_IN_ALL / tracks, EVENTS_BESIDE);
    if (batches > EVENTS_IN_ALL / EVENTS_PER_BATCH)
        return share;
    return size_min(batches * EVENTS_PER_BATCH + EVENTS_BESIDE, share);
}

int timeline_open(struct timeline *timeline, unsigned tracks, uint64_t batches) {
    uint64_t capacity = capacity_for(tracks, batches);
    size_t heads = tracks * sizeof(struct timeline_track);
    size_t bytes = heads + tracks * capacity * sizeof(struct timeline_event);
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return -ENOMEM;
    *timeline = (struct timeline){
        .tracks = tracks,
        .capacity = capacity,
        .heads = pages,
        .events = (struct timeline_event *)((char *)pages + heads),
        .pages = pages,
        .pages_bytes = bytes,
    };
    return 0;
}

void timeline_close(struct timeline *timeline) {
    if (timeline->pages)
        munmap(timeline->pages, timeline->pages_bytes);
    *timeline = (struct timeline){0};
}

/* The event is whole before it is counted. */
void timeline_add(struct timeline *timeline, unsigned track, const struct timeline_event *event) {
    struct timeline_track *head = &timeline->heads[track];
    uint64_t count = atomic_load_explicit(&head->count, memory_order_relaxed);
    if (count == timeline->capacity) {
        uint64_t dropped = atomic_load_explicit(&head->dropped, memory_order_relaxed);
        atomic_store_explicit(&head->dropped, dropped + 1, memory_order_relaxed);
        return;
    }
    timeline->events[track * timeline->capacity + count] = *event;
    atomic_store_explicit(&head->count, count + 1, memory_order_release);
}

const struct timeline_event *timeline_events(const struct timeline *timeline, unsigned track,
                                             uint64_t *count) {
    *count = atomic_load_explicit(&timeline->heads[track].count, memory_order_acquire);
    return timeline->events + track * timeline->capacity;
}

uint64_t timeline_dropped(const struct timeline *timeline) {
    uint64_t dropped = 0;
    for (unsigned i = 0; i < timeline->tracks; i++)
        dropped += atomic_load_explicit(&timeline->heads[i].dropped, memory_order_relaxed);
    return dropped;
}
