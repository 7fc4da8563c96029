/* Lab dice: many throws into one histogram in shared memory. The same throws whatever the way, so
 * totals must agree; what differs is how often the workers get in each other's way. */
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "bench/stats/random.h"
#include "mp/arena.h"
#include "mp/lock.h"

#include <errno.h>
#include <stdatomic.h>

#define FACES  6
#define THROWS 240000 /* of all workers together; divisible by every number of workers */

struct histogram;
typedef void count_throw(struct histogram *histogram, unsigned face);

/* In shared pages. */
struct histogram {
    struct lock whole, each[FACES];
    _Atomic uint64_t counts[FACES];
    unsigned workers;
    count_throw *count; /* NULL: count privately, merge at the end */
};

static void add(struct histogram *histogram, unsigned face, uint64_t amount) {
    uint64_t seen = atomic_load_explicit(&histogram->counts[face], memory_order_relaxed);
    atomic_store_explicit(&histogram->counts[face], seen + amount, memory_order_relaxed);
}

static void with_one_lock(struct histogram *histogram, unsigned face) {
    lock_acquire(&histogram->whole);
    add(histogram, face, 1);
    lock_release(&histogram->whole);
}

static void with_lock_of_face(struct histogram *histogram, unsigned face) {
    lock_acquire(&histogram->each[face]);
    add(histogram, face, 1);
    lock_release(&histogram->each[face]);
}

static void with_atomic(struct histogram *histogram, unsigned face) {
    atomic_fetch_add_explicit(&histogram->counts[face], 1, memory_order_relaxed);
}

/* Throw number i shows the same face in every way and for every number of workers. */
static unsigned face_of(uint64_t i) {
    uint64_t state = i;
    return (unsigned)random_below(&state, FACES);
}

static int thrower(void *argument, unsigned number) {
    struct histogram *histogram = argument;
    uint64_t own[FACES] = {0};
    for (uint64_t i = number; i < THROWS; i += histogram->workers) {
        if (histogram->count)
            histogram->count(histogram, face_of(i));
        else
            own[face_of(i)]++;
    }
    if (histogram->count)
        return 0;
    lock_acquire(&histogram->whole);
    for (unsigned face = 0; face < FACES; face++)
        add(histogram, face, own[face]);
    lock_release(&histogram->whole);
    return 0;
}

static const struct {
    const char *name;
    count_throw *count;
} ways[] = {
    {"one lock", with_one_lock},
    {"a lock per face", with_lock_of_face},
    {"atomic", with_atomic},
    {"private then merged", NULL},
};

/* Compares with what one loop counts; -EILSEQ when anything was lost. */
static int check(const struct histogram *histogram) {
    uint64_t expected[FACES] = {0};
    for (uint64_t i = 0; i < THROWS; i++)
        expected[face_of(i)]++;
    for (unsigned face = 0; face < FACES; face++)
        if (atomic_load_explicit(&histogram->counts[face], memory_order_relaxed) != expected[face])
            return -EILSEQ;
    return 0;
}

static int try_way(struct histogram *histogram, size_t way, unsigned workers,
                   struct lab_table *table) {
    uint64_t elapsed_ns;
    histogram->workers = workers;
    histogram->count = ways[way].count;
    for (unsigned face = 0; face < FACES; face++)
        atomic_store_explicit(&histogram->counts[face], 0, memory_order_relaxed);
    int err = team_run(WORKER_PROCESS, workers, thrower, histogram, &elapsed_ns);
    if (!err)
        err = check(histogram);
    lab_row(table, "%s,%u,%d,%.1f", ways[way].name, workers, THROWS, (double)elapsed_ns / THROWS);
    return err;
}

static int run(struct lab_table *table) {
    static const unsigned crews[] = {1, 2, 4, 8};
    struct arena arena = ARENA_EMPTY;
    void *piece;
    int err = arena_take(&arena, sizeof(struct histogram), &piece);
    struct histogram *histogram = piece;
    if (!err)
        err = lock_open(&histogram->whole);
    for (unsigned face = 0; !err && face < FACES; face++)
        err = lock_open(&histogram->each[face]);
    lab_row(table, "way,workers,throws,ns_per_throw");
    for (size_t way = 0; !err && way < sizeof ways / sizeof *ways; way++)
        for (size_t crew = 0; !err && crew < sizeof crews / sizeof *crews; crew++)
            err = try_way(histogram, way, crews[crew], table);
    lab_lesson(table, "The best lock is the one that is not needed: count privately and merge "
                      "once; finer locks and atomics only make contention cheaper.");
    arena_close(&arena);
    return err;
}

const struct lab lab_dice = {
    .name = "dice",
    .summary = "what does contention for one histogram cost?",
    .figure = "workers ns_per_throw way",
    .xlabel = "workers",
    .ylabel = "nanoseconds per throw",
    .run = run,
};
