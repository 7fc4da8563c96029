/* Proves that a lease table gives each task to one worker only, that done is terminal within its
 * round, and that the next round begins with all tasks free. */
#include "tests/mp_helpers.h"

#include "mp/lease.h"

#include <sched.h>

static struct lease_table *new_table(struct arena *arena, uint64_t tasks) {
    struct lease_table *table = NULL;
    assert_int_equal(lease_open(arena, tasks, &table), 0);
    assert_int_equal(lease_count_done(table), 0);
    return table;
}

static void a_task_goes_from_free_to_leased_to_done(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = new_table(&arena, 3);
    assert_false(lease_done(table, 1)); /* not leased */
    assert_true(lease_claim(table, 1, 5));
    assert_false(lease_claim(table, 1, 5));
    assert_false(lease_claim(table, 1, 6));
    assert_int_equal(lease_count_done(table), 0);
    assert_true(lease_done(table, 1));
    assert_int_equal(lease_count_done(table), 1);
    arena_close(&arena);
}

static void done_is_terminal(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = new_table(&arena, 1);
    assert_true(lease_claim(table, 0, 2));
    assert_true(lease_done(table, 0));
    assert_false(lease_done(table, 0));
    assert_false(lease_claim(table, 0, 2));
    assert_int_equal(lease_held_by(table, 2), -1);
    assert_int_equal(lease_count_done(table), 1);
    arena_close(&arena);
}

static void held_by_finds_the_first_lease_of_a_worker(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = new_table(&arena, 100);
    assert_int_equal(lease_held_by(table, 0), -1); /* a fresh word names nobody */
    assert_true(lease_claim(table, 70, 0));
    assert_true(lease_claim(table, 30, LEASE_WORKERS_MAX - 1));
    assert_true(lease_claim(table, 99, LEASE_WORKERS_MAX - 1));
    assert_int_equal(lease_held_by(table, 0), 70);
    assert_int_equal(lease_held_by(table, LEASE_WORKERS_MAX - 1), 30);
    assert_int_equal(lease_held_by(table, 1), -1);
    assert_true(lease_done(table, 30));
    assert_int_equal(lease_held_by(table, LEASE_WORKERS_MAX - 1), 99);
    arena_close(&arena);
}

static void each_round_begins_with_all_tasks_free(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = new_table(&arena, 10);
    for (unsigned round = 0; round < 50; round++) {
        lease_begin(table);
        assert_int_equal(lease_count_done(table), 0);
        for (unsigned worker = 0; worker < 10; worker++)
            assert_int_equal(lease_held_by(table, worker), -1);
        for (uint64_t task = 0; task < 10; task++) {
            assert_false(lease_done(table, task));
            assert_true(lease_claim(table, task, (unsigned)(task + round) % 10));
        }
        for (uint64_t task = 0; task < 10; task += 1 + round % 2) /* some stay leased */
            assert_true(lease_done(table, task));
        assert_int_equal(lease_count_done(table), round % 2 ? 5 : 10);
    }
    arena_close(&arena);
}

static void an_impossible_table_is_refused(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = NULL;
    assert_int_equal(lease_open(&arena, UINT64_MAX, &table), -ENOMEM);
    assert_int_equal(lease_open(&arena, UINT64_MAX / 8, &table), -ENOMEM);
    arena_close(&arena);
}

static void a_renewed_task_is_free(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct lease_table *table = new_table(&arena, 3);
    lease_begin(table);
    for (unsigned worker = 0; worker < 20; worker++) {
        assert_true(lease_claim(table, 1, worker));
        assert_true(lease_done(table, 1));
        assert_int_equal(lease_count_done(table), 1);
        lease_renew(table, 1);
        assert_int_equal(lease_count_done(table), 0);
        assert_int_equal(lease_held_by(table, worker), -1);
        assert_false(lease_done(table, 1)); /* not leased */
    }
    assert_true(lease_claim(table, 1, LEASE_WORKERS_MAX - 1));
    assert_int_equal(lease_held_by(table, LEASE_WORKERS_MAX - 1), 1);
    arena_close(&arena);
}

/* Many workers run through the same tasks; the results are plain memory that done must publish. */
#define TASKS ((uint64_t)ROUNDS(100000))

struct race {
    struct lease_table *table;
    _Atomic uint32_t ready;
    uint32_t workers;
    _Atomic uint32_t claims[8]; /* by each worker */
    uint32_t *results;          /* by task: one more than its worker */
};

static int claim_what_is_free(void *argument, unsigned worker) {
    struct race *race = argument;
    atomic_fetch_add(&race->ready, 1);
    if (!reaches(&race->ready, race->workers))
        return 1;
    for (uint64_t i = 0; i < TASKS; i++) {
        uint64_t task = worker % 2 ? TASKS - 1 - i : i; /* some from the other end */
        if (!lease_claim(race->table, task, worker))
            continue;
        race->results[task] += worker + 1;
        atomic_fetch_add_explicit(&race->claims[worker], 1, memory_order_relaxed);
        if (!lease_done(race->table, task))
            return 2;
    }
    return 0;
}

static void one_of_many_gets_each_task(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct race *race = take(&arena, sizeof *race);
    race->table = new_table(&arena, TASKS);
    race->results = take(&arena, TASKS * sizeof *race->results);
    race->workers = 6;
    team_join(team_start(kind_of(state), 6, claim_what_is_free, race));
    uint32_t claims[8] = {0}, total = 0;
    for (uint64_t task = 0; task < TASKS; task++) {
        assert_in_range(race->results[task], 1, 6);
        claims[race->results[task] - 1]++;
    }
    for (unsigned worker = 0; worker < 6; worker++) {
        assert_int_equal(race->claims[worker], claims[worker]);
        total += claims[worker];
    }
    assert_int_equal(total, TASKS);
    assert_int_equal(lease_count_done(race->table), TASKS);
    arena_close(&arena);
}

/* All workers want the same task at the same moment, again and again. */
static int claim_together(void *argument, unsigned worker) {
    struct race *race = argument;
    for (uint32_t task = 0; task < (uint32_t)ROUNDS(1000); task++) {
        atomic_fetch_add(&race->ready, 1);
        uint64_t deadline = clock_after_ns(PATIENCE_NS);
        while (atomic_load(&race->ready) < (task + 1) * race->workers) {
            if (clock_now_ns() > deadline)
                return 1;
            sched_yield(); /* or a single CPU would need a time slice for each meeting */
        }
        if (lease_claim(race->table, task, worker))
            atomic_fetch_add(&race->claims[0], 1);
    }
    return 0;
}

static void claims_at_the_same_moment_have_one_winner(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct race *race = take(&arena, sizeof *race);
    race->table = new_table(&arena, (uint64_t)ROUNDS(1000));
    race->workers = 2;
    team_join(team_start(kind_of(state), 2, claim_together, race));
    assert_int_equal(race->claims[0], ROUNDS(1000));
    arena_close(&arena);
}

/* A place used again and again: whoever claims it finds the data of its present use whole, and
 * nobody finds it twice. The claimants' results are plain memory too. */
struct place {
    struct lease_table *table;
    uint64_t uses, data[8];
    uint64_t result; /* by the claimant, for the one who renews */
    _Atomic uint32_t torn, done;
};

static int claim_each_use(void *argument, unsigned worker) {
    struct place *place = argument;
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    while (atomic_load_explicit(&place->done, memory_order_acquire) < place->uses) {
        if (clock_now_ns() > deadline)
            return 1;
        if (!lease_claim(place->table, 0, worker)) {
            sched_yield();
            continue;
        }
        for (unsigned i = 1; i < 8; i++)
            if (place->data[i] != place->data[0] + i)
                atomic_fetch_add(&place->torn, 1);
        place->result = ~place->data[0];
        if (!lease_done(place->table, 0))
            return 2;
        atomic_fetch_add_explicit(&place->done, 1, memory_order_release);
    }
    return 0;
}

static void each_renewal_publishes_what_was_written_before(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct place *place = take(&arena, sizeof *place);
    place->table = new_table(&arena, 1);
    place->uses = (uint64_t)ROUNDS(500);
    assert_true(lease_claim(place->table, 0, 0));
    assert_true(lease_done(place->table, 0));
    struct team *team = team_start(kind_of(state), 3, claim_each_use, place);
    for (uint64_t use = 1; use <= place->uses; use++) {
        for (unsigned i = 0; i < 8; i++)
            place->data[i] = use * 100 + i;
        lease_renew(place->table, 0);
        uint64_t deadline = clock_after_ns(PATIENCE_NS);
        while (atomic_load_explicit(&place->done, memory_order_acquire) < use) {
            if (clock_now_ns() > deadline)
                fail_msg("use %llu was never claimed", (unsigned long long)use);
            sched_yield();
        }
        assert_int_equal(place->result, ~(use * 100));
    }
    team_join(team);
    assert_int_equal(place->torn, 0);
    assert_int_equal(place->done, place->uses);
    arena_close(&arena);
}

static int claim_two_and_wait(void *argument, unsigned worker) {
    struct race *race = argument;
    bool claimed =
        lease_claim(race->table, 1, worker + 10) && lease_claim(race->table, 2, worker + 10);
    atomic_store(&race->ready, claimed ? 1 : 2);
    pause_for_ever();
}

static void a_dead_worker_s_leases_are_known(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct race *race = take(&arena, sizeof *race);
    race->table = new_table(&arena, 4);
    struct team *team = team_start(WORKER_PROCESS, 1, claim_two_and_wait, race);
    assert_true(reaches(&race->ready, 1));
    kill_and_join(&team->workers[0]);
    assert_int_equal(race->ready, 1);
    assert_int_equal(lease_held_by(race->table, 10), 1);
    assert_false(lease_claim(race->table, 1, 0)); /* it stays his until it is taken back */
    lease_begin(race->table);
    assert_int_equal(lease_held_by(race->table, 10), -1);
    arena_close(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_task_goes_from_free_to_leased_to_done),
        TEST(done_is_terminal),
        TEST(held_by_finds_the_first_lease_of_a_worker),
        TEST(each_round_begins_with_all_tasks_free),
        TEST(a_renewed_task_is_free),
        TEST(an_impossible_table_is_refused),
        TEST_BOTH(one_of_many_gets_each_task),
        TEST_BOTH(claims_at_the_same_moment_have_one_winner),
        TEST_BOTH(each_renewal_publishes_what_was_written_before),
        TEST(a_dead_worker_s_leases_are_known),
    };
    return cmocka_run_group_tests_name("mp_lease", tests, NULL, NULL);
}
