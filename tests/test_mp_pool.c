/* Proves that a pool does every task exactly once, brings each result home whole, never leaves its
 * parent asleep while a result waits, and ends when it is told to. */
#include "tests/mp_helpers.h"

#include "mp/pool.h"

#include <signal.h>
#include <string.h>

struct shop {
    struct arena arena;
    struct supervisor supervisor;
    struct pool pool;
    struct pool_plan plan;
    uint64_t tasks, next, chunk;
    _Atomic uint32_t *done; /* shared: how often each task was run */
    unsigned char *taken;   /* how often its result came home */
};

/* Results differ in length, down to nothing at all. */
static size_t length_of(uint64_t task, size_t longest) {
    return (size_t)(task * 7919 % (longest + 1));
}

static unsigned char byte_of(uint64_t task, size_t at) {
    return (unsigned char)((task * 37 + at) & 0xFF);
}

static size_t do_task(void *context, unsigned worker, uint64_t task, void *result) {
    struct shop *shop = context;
    unsigned char *bytes = result;
    size_t length = length_of(task, shop->plan.result_bytes);
    (void)worker;
    atomic_fetch_add(&shop->done[task], 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_of(task, i);
    return length;
}

static void shop_open(struct shop *shop, const struct pool_plan *plan, uint64_t tasks,
                      uint64_t chunk) {
    *shop = (struct shop){.arena = ARENA_EMPTY, .plan = *plan, .tasks = tasks, .chunk = chunk};
    shop->done = take(&shop->arena, tasks * sizeof *shop->done);
    shop->taken = take(&shop->arena, tasks);
    if (!shop->plan.function)
        shop->plan.function = do_task;
    shop->plan.context = shop;
    assert_int_equal(supervisor_open(&shop->supervisor, &shop->arena, plan->workers, -1), 0);
    assert_int_equal(pool_open(&shop->pool, &shop->arena, &shop->supervisor, &shop->plan), 0);
}

static void shop_submit(struct shop *shop) {
    while (shop->next < shop->tasks) {
        uint64_t left = shop->tasks - shop->next;
        uint64_t count = left < shop->chunk ? left : shop->chunk;
        int err = pool_submit(&shop->pool, shop->next, count);
        if (err == -EAGAIN)
            return;
        assert_int_equal(err, 0);
        shop->next += count;
    }
}

/* The protocol of pool_result: ask, arm, ask again, wait. False when patience ended. */
static bool await_result(struct shop *shop, long *bytes, const struct pool_result **result) {
    uint64_t deadline = clock_after_ns(PATIENCE_NS / 4);
    while ((*bytes = pool_result(&shop->pool, result)) == -EAGAIN) {
        bell_arm(shop->supervisor.bell);
        if ((*bytes = pool_result(&shop->pool, result)) != -EAGAIN) {
            bell_disarm(shop->supervisor.bell);
            break;
        }
        struct worker *dead = NULL;
        int news = supervisor_wait(&shop->supervisor, deadline, &dead);
        if (news == SUPERVISOR_NOTHING)
            return false;
        assert_true(news == SUPERVISOR_BELL || (news == SUPERVISOR_DEATH && dead->exitcode == 0));
    }
    return true;
}

static void shop_take(struct shop *shop) {
    const struct pool_result *result = NULL;
    long bytes = 0;
    if (!await_result(shop, &bytes, &result))
        fail_msg("no result came, and no bell");
    assert_true(result->task < shop->tasks);
    assert_true(result->worker < shop->plan.workers);
    assert_int_equal(bytes, length_of(result->task, shop->plan.result_bytes));
    assert_int_equal((uintptr_t)result->bytes % 16, 0);
    for (long i = 0; i < bytes; i++)
        if (result->bytes[i] != byte_of(result->task, (size_t)i))
            fail_msg("byte %ld of the result of task %llu is wrong", i,
                     (unsigned long long)result->task);
    shop->taken[result->task]++;
    pool_release(&shop->pool);
}

static void shop_close(struct shop *shop) {
    struct worker *bad = NULL;
    const struct pool_result *result = NULL;
    assert_int_equal(pool_result(&shop->pool, &result), -EAGAIN);
    pool_finish(&shop->pool);
    assert_int_equal(supervisor_join(&shop->supervisor, &bad), 0);
    assert_int_equal(pool_result(&shop->pool, &result), -EAGAIN);
    for (uint64_t task = 0; task < shop->tasks; task++)
        if (shop->done[task] != 1 || shop->taken[task] != 1)
            fail_msg("task %llu was run %u times, and %u results came", (unsigned long long)task,
                     shop->done[task], shop->taken[task]);
    supervisor_close(&shop->supervisor);
    arena_close(&shop->arena);
    assert_no_children();
}

static void run_shop(const struct pool_plan *plan, uint64_t tasks, uint64_t chunk) {
    struct shop shop;
    shop_open(&shop, plan, tasks, chunk);
    for (uint64_t taken = 0; taken < tasks; taken++) {
        shop_submit(&shop);
        shop_take(&shop);
    }
    shop_close(&shop);
}

static void every_task_is_done_once(void **state) {
    static const unsigned workers[] = {1, 2, 3, 8};
    static const uint64_t chunks[] = {1, 2, 7, 100, 5000};
    static const uint64_t queued[] = {1, 2, 3, 64, 5000};
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
        for (size_t j = 0; j < sizeof chunks / sizeof *chunks; j++)
            for (size_t k = 0; k < sizeof queued / sizeof *queued; k++)
                run_shop(&(struct pool_plan){.kind = kind_of(state),
                                             .workers = workers[i],
                                             .results_queued = queued[k],
                                             .result_bytes = 40},
                         (uint64_t)ROUNDS(1000) + 3, chunks[j]);
}

static void results_of_every_size_are_whole(void **state) {
    static const size_t sizes[] = {1, 16, 63, 4096, 100001, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        run_shop(&(struct pool_plan){.kind = kind_of(state),
                                     .workers = 3,
                                     .results_queued = 4,
                                     .result_bytes = sizes[i]},
                 50, 3);
}

static void a_few_tasks_for_many_workers(void **state) {
    for (uint64_t tasks = 1; tasks <= 3; tasks++)
        run_shop(
            &(struct pool_plan){
                .kind = kind_of(state), .workers = 40, .results_queued = 1, .result_bytes = 8},
            tasks, 1);
}

static void a_pool_without_work_ends(void **state) {
    struct shop shop;
    shop_open(&shop,
              &(struct pool_plan){
                  .kind = kind_of(state), .workers = 5, .results_queued = 1, .result_bytes = 8},
              1, 1);
    shop.done[0] = shop.taken[0] = 1; /* as far as shop_close is concerned */
    shop_close(&shop);
}

/* Told early that no more tasks come, the workers still do what they have, and the parent still
 * hears of every result, though no worker ever finds the tasks empty and sleeps. */
static void finishing_before_the_results_are_taken_loses_none(void **state) {
    for (unsigned round = 0; round < ROUNDS(200u); round++) {
        struct shop shop;
        shop_open(
            &shop,
            &(struct pool_plan){
                .kind = kind_of(state), .workers = 2, .results_queued = 64, .result_bytes = 8},
            8, 1);
        shop_submit(&shop);
        assert_int_equal(shop.next, 8);
        pool_finish(&shop.pool);
        for (uint64_t taken = 0; taken < 8; taken++)
            shop_take(&shop);
        pool_finish(&shop.pool);
        supervisor_close(&shop.supervisor);
        arena_close(&shop.arena);
    }
}

static void submitting_never_blocks(void **state) {
    struct shop shop;
    shop_open(&shop,
              &(struct pool_plan){
                  .kind = kind_of(state), .workers = 2, .results_queued = 1, .result_bytes = 8},
              1000, 1);
    uint64_t start = clock_now_ns();
    shop_submit(&shop); /* nobody takes results, so the room for chunks runs out */
    assert_true(shop.next < 1000);
    assert_int_equal(pool_submit(&shop.pool, 0, 1), -EAGAIN);
    assert_true(clock_now_ns() - start < 2000 * MS);
    for (uint64_t taken = 0; taken < 1000; taken++) {
        shop_submit(&shop);
        shop_take(&shop);
    }
    shop_close(&shop);
}

static size_t die_at_task_50(void *context, unsigned worker, uint64_t task, void *result) {
    if (task == 50)
        raise(SIGKILL);
    return do_task(context, worker, task, result);
}

static void a_worker_s_death_is_news(void **state) {
    (void)state;
    struct shop shop;
    shop_open(&shop,
              &(struct pool_plan){.kind = WORKER_PROCESS,
                                  .workers = 3,
                                  .results_queued = 8,
                                  .result_bytes = 8,
                                  .function = die_at_task_50},
              100, 1);
    struct worker *dead = NULL;
    const struct pool_result *result = NULL;
    int news = SUPERVISOR_BELL;
    while (news == SUPERVISOR_BELL) {
        bell_arm(shop.supervisor.bell);
        shop_submit(&shop); /* each result that was taken may have made room for a chunk */
        if (pool_result(&shop.pool, &result) >= 0)
            pool_release(&shop.pool);
        else
            news = supervisor_wait(&shop.supervisor, clock_after_ns(PATIENCE_NS), &dead);
    }
    assert_int_equal(news, SUPERVISOR_DEATH);
    assert_int_equal(dead->exitcode, -SIGKILL);
    supervisor_close(&shop.supervisor);
    arena_close(&shop.arena);
    assert_no_children();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_BOTH(every_task_is_done_once),
        TEST_BOTH(results_of_every_size_are_whole),
        TEST_BOTH(a_few_tasks_for_many_workers),
        TEST_BOTH(a_pool_without_work_ends),
        TEST_BOTH(finishing_before_the_results_are_taken_loses_none),
        TEST_BOTH(submitting_never_blocks),
        TEST(a_worker_s_death_is_news),
    };
    return cmocka_run_group_tests_name("mp_pool", tests, NULL, NULL);
}
