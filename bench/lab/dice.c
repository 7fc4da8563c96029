/* Lab dice: many throws into one histogram in shared memory. The same throws whatever the way, so
 * totals must agree; what differs is how often the workers get in each other's way. They begin
 * together, and only what is between that and the last one's end is timed. */
#include "bench/lab/lab.h"
#include "bench/lab/rounds.h"
#include "bench/lab/team.h"
#include "bench/stats/random.h"
#include "mp/arena.h"
#include "mp/lock.h"

#include <errno.h>
#include <stdatomic.h>

#define FACES        6
#define THROWS       960000 /* of all workers together; divisible by every number of workers */
#define ROUNDS_LEAST 3
#define ROUNDS_MOST  15
#define BUDGET_NS    UINT64_C(4000000000)

struct histogram;
typedef void count_throw(struct histogram *histogram, unsigned face);

/* In shared pages. */
struct histogram {
    struct team_line line;
    struct lock whole;
    struct {
        _Alignas(64) struct lock lock; /* a cache line each: or they would be contended for too */
    } each[FACES];
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
    lock_acquire(&histogram->each[face].lock);
    add(histogram, face, 1);
    lock_release(&histogram->each[face].lock);
}

static void with_atomic(struct histogram *histogram, unsigned face) {
    atomic_fetch_add_explicit(&histogram->counts[face], 1, memory_order_relaxed);
}

/* Throw number i shows the same face in every way and for every number of workers. */
static unsigned face_of(uint64_t i) {
    uint64_t state = i;
    return (unsigned)random_below(&state, FACES);
}

static void merge(struct histogram *histogram, const uint64_t own[FACES]) {
    lock_acquire(&histogram->whole);
    for (unsigned face = 0; face < FACES; face++)
        add(histogram, face, own[face]);
    lock_release(&histogram->whole);
}

static int thrower(void *argument, unsigned number) {
    struct histogram *histogram = argument;
    uint64_t own[FACES] = {0};
    if (team_line_cross(&histogram->line) != 0)
        return 1;
    for (uint64_t i = number; i < THROWS; i += histogram->workers) {
        if (histogram->count)
            histogram->count(histogram, face_of(i));
        else
            own[face_of(i)]++;
    }
    if (!histogram->count)
        merge(histogram, own);
    team_line_done(&histogram->line, number);
    return 0;
}

enum { ONE_LOCK, LOCK_PER_FACE, ATOMIC, PRIVATE, WAYS };

static const struct {
    const char *name;
    count_throw *count;
} ways[WAYS] = {
    [ONE_LOCK] = {"one lock", with_one_lock},
    [LOCK_PER_FACE] = {"a lock per face", with_lock_of_face},
    [ATOMIC] = {"atomic", with_atomic},
    [PRIVATE] = {"private then merged", NULL},
};

static const unsigned crews[] = {1, 2, 4, 8};

#define CREWS (sizeof crews / sizeof *crews)

struct dice {
    struct histogram *histogram;
    uint64_t expected[FACES]; /* as one loop counts them */
    unsigned repeats;
    double samples_ns[WAYS][CREWS][ROUNDS_MOST];
    double ns[WAYS][CREWS]; /* their medians, per throw */
};

/* Compares with what one loop counts; -EILSEQ when anything was lost. */
static int check(const struct dice *dice) {
    for (unsigned face = 0; face < FACES; face++)
        if (atomic_load_explicit(&dice->histogram->counts[face], memory_order_relaxed) !=
            dice->expected[face])
            return -EILSEQ;
    return 0;
}

static int measure(void *context, unsigned number, unsigned round) {
    struct dice *dice = context;
    struct histogram *histogram = dice->histogram;
    size_t way = number / CREWS, crew = number % CREWS;
    histogram->workers = crews[crew];
    histogram->count = ways[way].count;
    for (unsigned face = 0; face < FACES; face++)
        atomic_store_explicit(&histogram->counts[face], 0, memory_order_relaxed);
    int err = team_line_open(&histogram->line, crews[crew]);
    if (!err)
        err = team_run(WORKER_PROCESS, crews[crew], thrower, histogram);
    dice->samples_ns[way][crew][round] = (double)team_line_ns(&histogram->line) / THROWS;
    return err ? err : check(dice);
}

/* The counts have been checked: what one histogram holds all of them held. */
static void tell(struct dice *dice, struct lab_table *table) {
    lab_row(table, "way,workers,throws,ns_per_throw,repeats,face_1,face_2,face_3,face_4,face_5,"
                   "face_6");
    for (size_t way = 0; way < WAYS; way++)
        for (size_t crew = 0; crew < CREWS; crew++) {
            const uint64_t *faces = dice->expected;
            dice->ns[way][crew] = rounds_median(dice->samples_ns[way][crew], dice->repeats);
            lab_row(table, "%s,%u,%d,%.1f,%u,%llu,%llu,%llu,%llu,%llu,%llu", ways[way].name,
                    crews[crew], THROWS, dice->ns[way][crew], dice->repeats,
                    (unsigned long long)faces[0], (unsigned long long)faces[1],
                    (unsigned long long)faces[2], (unsigned long long)faces[3],
                    (unsigned long long)faces[4], (unsigned long long)faces[5]);
        }
}

static void teach(const struct dice *dice, struct lab_table *table) {
    const double(*ns)[CREWS] = dice->ns;
    size_t last = CREWS - 1, cheapest = 0;
    for (size_t way = 1; way < WAYS; way++)
        if (ns[way][last] < ns[cheapest][last])
            cheapest = way;
    lab_lesson(table,
               "From 1 to %u workers a throw goes from %.3g to %.3g ns with one lock, %.3g to %.3g "
               "with a lock per face, %.3g to %.3g with atomics, %.3g to %.3g counted privately: "
               "cheapest is %s.",
               crews[last], ns[ONE_LOCK][0], ns[ONE_LOCK][last], ns[LOCK_PER_FACE][0],
               ns[LOCK_PER_FACE][last], ns[ATOMIC][0], ns[ATOMIC][last], ns[PRIVATE][0],
               ns[PRIVATE][last],
               cheapest == PRIVATE ? "the lock that is not needed" : ways[cheapest].name);
}

static int open_histogram(struct arena *arena, struct dice *dice) {
    void *piece;
    int err = arena_take(arena, sizeof(struct histogram), &piece);
    if (err)
        return err;
    dice->histogram = piece;
    err = lock_open(&dice->histogram->whole);
    for (unsigned face = 0; !err && face < FACES; face++)
        err = lock_open(&dice->histogram->each[face].lock);
    return err;
}

static int run(struct lab_table *table) {
    static const struct rounds rounds = {WAYS * CREWS, ROUNDS_LEAST, ROUNDS_MOST, BUDGET_NS};
    struct arena arena = ARENA_EMPTY;
    struct dice dice = {0};
    for (uint64_t i = 0; i < THROWS; i++)
        dice.expected[face_of(i)]++;
    int err = open_histogram(&arena, &dice);
    int repeats = err ? err : rounds_run(&rounds, measure, &dice);
    if (repeats > 0) {
        dice.repeats = (unsigned)repeats;
        tell(&dice, table);
        teach(&dice, table);
    }
    arena_close(&arena);
    return repeats < 0 ? repeats : 0;
}

const struct lab lab_dice = {
    .name = "dice",
    .summary = "what does contention for one histogram cost?",
    .figure = "workers ns_per_throw way",
    .xlabel = "workers",
    .ylabel = "nanoseconds per throw",
    .run = run,
};
