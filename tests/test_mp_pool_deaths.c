/* Proves that a pool loses nothing and doubles nothing when its workers are killed: in any task, at
 * random instants, after any instruction; and that a task that kills whoever does it ends its call
 * only. */
#include "tests/mp_shop.h"
#include "tests/mp_steps.h"

/* ---- deaths at known points ---- */

/* One may have died so late that nobody needs it any more: then it is not replaced. */
static void join_after_deaths(struct shop *shop) {
    pool_close(&shop->pool);
    int err = pool_join(&shop->pool);
    assert_true(err == 0 || err == -EOWNERDEAD);
}

static void kill_all(struct shop *shop) {
    for (unsigned i = 0; i < shop->supervisor.count; i++)
        assert_int_equal(worker_kill(&shop->supervisor.workers[i]), 0);
}

/* At any task of a chunk, so that what went home before it counts, and what comes behind is done.
 */
static void a_death_in_any_task_loses_nothing(void **state) {
    static const uint64_t queued[] = {1, 3, 64};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (uint64_t deadly = 0; deadly < 21; deadly++) {
            struct pool_plan plan = plan_of(WORKER_PROCESS, 2, queued[i]);
            struct shop shop;
            shop_open(&shop, &plan);
            shop.ledger->deadly = deadly;
            order_run(&shop, FILL_OR_DIE_ONCE, 21, 7, deadly % 2);
            for (uint64_t task = 0; task < 21; task++)
                assert_int_equal(shop.ledger->begun[task], task == deadly ? 2 : 1);
            shop_close(&shop);
        }
}

static void a_task_that_always_kills_ends_its_call_only(void **state) {
    static const uint64_t chunks[] = {1, 7, 21};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, 2, 8);
        struct shop shop;
        struct order before, after;
        shop_open(&shop, &plan);
        shop.ledger->deadly = 9;
        order_open(&before, &shop, FILL_OTHERWISE, 100, 3);
        order_open(&after, &shop, FILL, 100, 3);
        struct pool_call call = {.function = FILL_OR_DIE, .count = 21, .chunk = chunks[i]};
        assert_int_equal(pool_start(&shop.pool, &before.call), 0);
        assert_int_equal(pool_start(&shop.pool, &call), 0);
        assert_int_equal(pool_start(&shop.pool, &after.call), 0);
        assert_int_equal(wait_patiently(&shop, &call), -EOWNERDEAD);
        assert_true(pool_finished(&call));
        assert_int_equal(call.culprit, 9);
        assert_int_equal(wait_patiently(&shop, &before.call), 0);
        assert_int_equal(wait_patiently(&shop, &after.call), 0);
        order_check(&before);
        order_check(&after);
        order_close(&before);
        order_close(&after);
        order_run(&shop, FILL, 100, 7, true);
        shop.ledger->begun[9] = 0;
        assert_int_equal(pool_map(&shop.pool, &call), -EOWNERDEAD);
        assert_int_equal(shop.ledger->begun[9], POOL_DEATHS);
        shop_close(&shop);
    }
}

/* A function that crashes on whatever it gets: its call fails, and the pool is as good as before.
 */
static void a_function_that_always_kills_ends_its_calls_only(void **state) {
    static const unsigned workers[] = {1, 2, 20};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, workers[i], 64);
        struct shop shop;
        shop_open(&shop, &plan);
        shop.ledger->deadly = POOL_NO_TASK;
        for (unsigned round = 0; round < 4; round++) {
            struct pool_call call = {.function = FILL_OR_DIE, .count = 100, .chunk = 1};
            assert_int_equal(pool_start(&shop.pool, &call), 0);
            assert_int_equal(wait_patiently(&shop, &call), -EOWNERDEAD);
            assert_true(pool_finished(&call));
            order_run(&shop, FILL, 100, 7, true);
        }
        join_after_deaths(&shop);
        shop_abandon(&shop);
    }
}

static void many_deadly_calls_in_a_row_leave_the_pool_alone(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 2, 64);
    struct shop shop;
    shop_open(&shop, &plan);
    shop.ledger->deadly = 0;
    for (unsigned round = 0; round < 12; round++) {
        struct pool_call call = {.function = FILL_OR_DIE, .count = 1};
        assert_int_equal(pool_start(&shop.pool, &call), 0);
        assert_int_equal(wait_patiently(&shop, &call), -EOWNERDEAD);
        if (!pool_finished(&call))
            fail_msg("after %u deadly calls the pool gave up", round);
        assert_int_equal(call.culprit, 0);
    }
    order_run(&shop, FILL, 100, 7, true);
    shop_close(&shop);
}

/* An end with exit code 0 in the middle of a task is a death too. */
static void a_task_that_leaves_ends_its_call(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 2, 8);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = LEAVE, .count = 1};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    assert_int_equal(pool_wait_until(&shop.pool, &call, clock_after_ns(3000 * MS)), -EOWNERDEAD);
    assert_true(pool_finished(&call));
    order_run(&shop, FILL, 100, 7, true);
    shop_close(&shop);
}

static void all_killed_at_once_are_replaced(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 4, 8);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL_BEHIND_GATE, 100, 3);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_true(reaches(&shop.ledger->tasks[i], 1));
    kill_all(&shop);
    atomic_store(&shop.ledger->gate, 1);
    assert_int_equal(wait_patiently(&shop, &order.call), 0);
    order_check(&order);
    order_close(&order);
    shop_close(&shop);
}

/* Some die as they are born, some asleep in the queue; the next calls find out. */
static void deaths_without_work_do_no_harm(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS(30u); round++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 8);
        struct shop shop;
        shop_open(&shop, &plan);
        for (unsigned again = 0; again < 3; again++) {
            if (round % 2)
                assert_true(reaches(&shop.pool.tasks->not_empty.waiters, 3));
            kill_all(&shop);
            order_run(&shop, FILL, 50, 3, false);
        }
        join_after_deaths(&shop);
        shop_abandon(&shop);
    }
}

static void deaths_between_close_and_join_do_no_harm(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS(30u); round++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 4);
        struct shop shop;
        struct order order;
        shop_open(&shop, &plan);
        order_open(&order, &shop, FILL, 200, round % 9);
        assert_int_equal(pool_start(&shop.pool, &order.call), 0);
        pool_close(&shop.pool);
        if (round % 2)
            sleep_ms(1);
        kill_all(&shop);
        join_after_deaths(&shop);
        order_check(&order);
        order_close(&order);
        assert_no_children();
        shop_abandon(&shop);
    }
}

static void an_idle_worker_s_death_is_told_by_join(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 4);
    struct shop shop;
    shop_open(&shop, &plan);
    order_run(&shop, FILL, 50, 3, false);
    assert_int_equal(worker_kill(&shop.supervisor.workers[1]), 0);
    pool_close(&shop.pool);
    assert_int_equal(pool_join(&shop.pool), -EOWNERDEAD);
    assert_no_children();
    shop_abandon(&shop);
}

/* ---- deaths at any point ---- */

/* Somebody tells us to kill at random instants; we do it from a signal handler, since only we know
 * for certain which processes are our workers. The same task must not see POOL_DEATHS deaths in a
 * row: that would rightly end its call. */
static struct {
    struct shop *shop;
    uint32_t seed, kills;
    uint32_t streaks[WORKERS_MAX]; /* of each number: deaths in a row without a result between */
} assassin;

static bool may_kill(const struct worker *worker) {
    struct ledger *ledger = assassin.shop->ledger;
    unsigned number = worker->number;
    bool sent_one = (pid_t)atomic_load(&ledger->pids[number]) == worker->pid &&
                    atomic_load(&ledger->tasks[number]) >= 2; /* begun, so the first is sent */
    assassin.streaks[number] = sent_one ? 1 : assassin.streaks[number] + 1;
    if (assassin.streaks[number] < POOL_DEATHS)
        return true;
    assassin.streaks[number]--;
    return false;
}

static void on_order_to_kill(int signal_number) {
    int saved = errno;
    (void)signal_number;
    if (!assassin.shop || assassin.shop->supervisor.count == 0)
        return;
    struct supervisor *supervisor = &assassin.shop->supervisor;
    struct worker *worker = &supervisor->workers[random_next(&assassin.seed) % supervisor->count];
    if (worker->pidfd >= 0 && may_kill(worker)) {
        worker_kill(worker);
        assassin.kills++;
    }
    errno = saved;
}

static int order_to_kill(void *argument, unsigned number) {
    uint32_t seed = *(const uint32_t *)argument + number;
    while (seed) { /* which it always is */
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 2000000)};
        nanosleep(&nap, NULL);
        kill(getppid(), SIGUSR1);
    }
    return 0;
}

static void hire_assassin(struct worker *messenger, struct shop *shop, uint32_t seed) {
    struct sigaction action = {.sa_handler = on_order_to_kill, .sa_flags = SA_RESTART};
    memset(&assassin, 0, sizeof assassin);
    assassin.seed = seed;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(
        worker_start(messenger, WORKER_PROCESS, "messenger", 0, order_to_kill, &assassin.seed), 0);
    assassin.shop = shop;
}

/* Calls of one kind after the other, until the time is over. */
static void run_storm(const struct pool_plan *plan, uint64_t count, uint64_t chunk, uint32_t seed) {
    struct pool_plan with_births = *plan;
    struct worker messenger;
    struct shop shop;
    uint64_t deadline = clock_after_ns(SANITIZED ? 700 * MS : 1500 * MS);
    unsigned calls = 0;
    with_births.initializer = note_birth;
    shop_open(&shop, &with_births);
    hire_assassin(&messenger, &shop, seed);
    for (; clock_now_ns() < deadline; calls++) {
        struct order orders[2];
        for (unsigned i = 0; i < 2; i++) {
            order_open(&orders[i], &shop, i ? FILL : FILL_OTHERWISE, count, chunk);
            orders[i].call.ordered = calls % 2;
            assert_int_equal(pool_start(&shop.pool, &orders[i].call), 0);
        }
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(wait_patiently(&shop, &orders[1 - i].call), 0);
            order_check(&orders[1 - i]);
            order_close(&orders[1 - i]);
        }
    }
    assassin.shop = NULL;
    kill_and_join(&messenger);
    assert_true(assassin.kills > 10);
    join_after_deaths(&shop);
    shop_abandon(&shop);
}

static void a_storm_of_kills_loses_nothing(void **state) {
    static const struct {
        unsigned workers;
        uint64_t queued, count, chunk;
        size_t result_bytes;
    } storms[] = {
        {2, 1, 300, 1, 40},   {3, 1, 300, 7, 40},    {4, 64, 2000, 100, 40}, {2, 3, 1000, 0, 40},
        {3, 2, 50, 3, 60000}, {8, 16, 500, 5, 1000}, {1, 5, 300, 10, 40},
    };
    (void)state;
    for (size_t i = 0; i < sizeof storms / sizeof *storms; i++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, storms[i].workers, storms[i].queued);
        plan.result_bytes = storms[i].result_bytes;
        run_storm(&plan, storms[i].count, storms[i].chunk, (uint32_t)i * 7 + 1);
    }
}

static void a_storm_among_renewed_workers_loses_nothing(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 4);
    plan.tasks_per_child = 100;
    run_storm(&plan, 1000, 7, 99);
}

static void a_storm_over_close_and_join_loses_nothing(void **state) {
    (void)state;
    struct worker messenger;
    struct shop shop;
    hire_assassin(&messenger, NULL, 5);
    for (unsigned round = 0; round < ROUNDS(200u); round++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 1 + round % 5);
        struct order order;
        plan.initializer = note_birth;
        memset(assassin.streaks, 0, sizeof assassin.streaks);
        shop_open(&shop, &plan);
        order_open(&order, &shop, FILL, 200, round % 9);
        assert_int_equal(pool_start(&shop.pool, &order.call), 0);
        assassin.shop = &shop;
        join_after_deaths(&shop);
        assassin.shop = NULL;
        order_check(&order);
        order_close(&order);
        supervisor_close(&shop.supervisor);
        close(shop.stop_fd);
        arena_close(&shop.arena);
    }
    kill_and_join(&messenger);
    assert_no_children();
}

/* The only worker, which sleeps in the queue, wakes up, does two chunks, and dies on the way. */
static bool die_after(unsigned instructions) {
    struct pool_plan plan = plan_of(WORKER_PROCESS, 1, 8);
    struct shop shop;
    struct order order;
    plan.result_bytes = 8;
    shop_open(&shop, &plan);
    order_run(&shop, FILL, 3, 2, false); /* what the linker does once is done */
    assert_true(reaches(&shop.pool.tasks->not_empty.waiters, 1));
    struct worker *worker = &shop.supervisor.workers[0];
    pid_t pid = worker->pid;
    assert_true(steps_begin(pid));
    order_open(&order, &shop, FILL, 3, 2);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    bool awake = steps_go(pid, instructions);
    assert_int_equal(worker_kill(worker), 0);
    assert_int_equal(wait_patiently(&shop, &order.call), 0);
    order_check(&order);
    order_close(&order);
    join_after_deaths(&shop);
    shop_abandon(&shop);
    return awake;
}

static void a_death_after_any_instruction_loses_nothing(void **state) {
    (void)state;
    if (!can_step())
        return;
    uint64_t deadline = clock_after_ns(8000 * MS);
    unsigned instructions = 1;
    uint32_t seed = 3;
    while (die_after(instructions) && clock_now_ns() < deadline)
        instructions += 1 + random_next(&seed) % 25;
    assert_true(instructions > 100); /* some 2000 are all */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_death_in_any_task_loses_nothing),
        TEST(a_task_that_always_kills_ends_its_call_only),
        TEST(a_function_that_always_kills_ends_its_calls_only),
        TEST(many_deadly_calls_in_a_row_leave_the_pool_alone),
        TEST(a_task_that_leaves_ends_its_call),
        TEST(all_killed_at_once_are_replaced),
        TEST(deaths_without_work_do_no_harm),
        TEST(deaths_between_close_and_join_do_no_harm),
        TEST(an_idle_worker_s_death_is_told_by_join),
        TEST(a_storm_of_kills_loses_nothing),
        TEST(a_storm_among_renewed_workers_loses_nothing),
        TEST(a_storm_over_close_and_join_loses_nothing),
        TEST(a_death_after_any_instruction_loses_nothing),
    };
    return cmocka_run_group_tests_name("mp_pool_deaths", tests, NULL, NULL);
}
