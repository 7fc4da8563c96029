/* Workers and their parts; contracts in share_home.h. */
#include "bench/lab/share_home.h"

#include "base/clock.h"
#include "base/size.h"

#include <errno.h>

/* What a worker says of itself: written by it alone, read when it has ended. */
struct share_report {
    uint64_t computed_ns; /* when its part was there */
    uint64_t bytes;       /* that bringing it home took */
};

size_t share_length(const mpz_t number) {
    return mpz_sizeinbase(number, 256);
}

size_t share_pack(void *bytes, const mpz_t number) {
    size_t length;
    mpz_export(bytes, &length, -1, 1, 0, 0, number);
    return length;
}

void share_unpack(mpz_t number, const void *bytes, size_t length) {
    mpz_import(number, length, -1, 1, 0, 0, bytes);
}

void share_take(struct share_home *home, const void *bytes, size_t length) {
    share_unpack(home->parts[home->taken++], bytes, length);
}

static void compute(const struct share_task *task, unsigned rest, mpz_t part) {
    mpz_set_ui(part, task->calculation->identity);
    task->calculation->compute(part, task->n, rest);
}

/* A manager's server may be number 0: then the workers are 1 … SHARE_WORKERS, and each rest is
 * somebody's all the same. */
static int live(void *argument, unsigned number) {
    struct share_home *home = argument;
    unsigned worker = number % SHARE_WORKERS;
    struct share_report *report = &home->reports[worker];
    mpz_t part;
    mpz_init(part);
    compute(home->task, worker, part);
    report->computed_ns = clock_now_ns();
    long bytes = home->way->bring(home, worker, part);
    mpz_clear(part);
    if (bytes < 0)
        return 1;
    report->bytes = (uint64_t)bytes;
    return 0;
}

static int open_home(struct share_home *home) {
    void *reports;
    int err = arena_take(&home->arena, SHARE_WORKERS * sizeof *home->reports, &reports);
    if (err)
        return err;
    home->reports = reports;
    err = supervisor_open(&home->supervisor, &home->arena, SHARE_WORKERS + 1, -1);
    if (!err && home->way->open)
        err = home->way->open(home);
    return err;
}

static int hire(struct share_home *home) {
    if (home->way->hire)
        return home->way->hire(home, live);
    return supervisor_start(&home->supervisor, WORKER_PROCESS, "share worker", live, home);
}

/* Blocks until there is news, ≥ 0; but who ends badly is an error. A server never ends by itself.
 */
static int hear(struct share_home *home) {
    struct worker *dead = NULL;
    int news = supervisor_wait(&home->supervisor, CLOCK_NEVER, &dead);
    if (news != SUPERVISOR_DEATH)
        return news;
    home->ended++;
    return dead->exitcode == 0 ? news : -ECHILD;
}

/* Until all parts have come, or, when they cannot come earlier, until all workers have ended. */
static int await_parts(struct share_home *home) {
    const struct share_way *way = home->way;
    int news = SUPERVISOR_NOTHING;
    while (news >= 0) {
        bell_arm(home->supervisor.bell); /* before the look: what comes after it rings */
        int err = way->take ? way->take(home, news) : 0;
        if (err)
            return err;
        if ((way->take ? home->taken : home->ended) == SHARE_WORKERS)
            return way->gather ? way->gather(home) : 0;
        news = hear(home);
    }
    return news;
}

static void combine(const struct share_home *home, mpz_t whole) {
    mpz_set_ui(whole, home->task->calculation->identity);
    for (unsigned i = 0; i < home->taken; i++)
        home->task->calculation->combine(whole, home->parts[i]);
}

/* When all workers have ended; home_at_ns: when the parent had all parts. */
static void read_reports(const struct share_home *home, uint64_t home_at_ns,
                         struct share_cost *cost) {
    uint64_t computed_ns = 0;
    for (unsigned i = 0; i < SHARE_WORKERS; i++) {
        computed_ns = size_max(computed_ns, home->reports[i].computed_ns);
        cost->bytes_home += home->reports[i].bytes;
    }
    cost->home_ns = home_at_ns - computed_ns;
}

static int run_workers(struct share_home *home, mpz_t whole, struct share_cost *cost) {
    struct worker *bad;
    int err = open_home(home);
    for (unsigned i = 0; !err && i < SHARE_WORKERS; i++)
        err = hire(home);
    if (!err)
        err = await_parts(home);
    uint64_t home_at_ns = clock_now_ns();
    if (!err)
        combine(home, whole);
    if (home->way->close)
        home->way->close(home);
    if (!err)
        err = supervisor_join(&home->supervisor, &bad);
    if (!err)
        read_reports(home, home_at_ns, cost);
    supervisor_close(&home->supervisor);
    arena_close(&home->arena);
    return err == -EOWNERDEAD || err == -EPIPE ? -ECHILD : err; /* a server's death too */
}

static void run_serially(struct share_home *home, mpz_t whole) {
    while (home->taken < SHARE_WORKERS) {
        compute(home->task, home->taken, home->parts[home->taken]);
        home->taken++;
    }
    combine(home, whole);
}

int share_run(const struct share_way *way, const struct share_task *task, size_t whole_bytes,
              mpz_t whole, struct share_cost *cost) {
    struct share_home home = {.way = way, .task = task, .whole_bytes = whole_bytes};
    int err = 0;
    *cost = (struct share_cost){0};
    for (unsigned i = 0; i < SHARE_WORKERS; i++)
        mpz_init(home.parts[i]);
    uint64_t start = clock_now_ns();
    if (way->bring)
        err = run_workers(&home, whole, cost);
    else
        run_serially(&home, whole);
    cost->elapsed_ns = clock_now_ns() - start;
    for (unsigned i = 0; i < SHARE_WORKERS; i++)
        mpz_clear(home.parts[i]);
    return err;
}
