/* Proves that a pool does each task of each call once and brings every result home whole, in chunks
 * of any size, and that it refuses, fails, gives up and ends as its header promises. What happens
 * when its workers die is test_mp_pool_deaths.c's. */
#include "tests/mp_shop.h"

/* ---- verbs ---- */

static void expect_begun(const struct shop *shop, uint64_t count, uint32_t times) {
    for (uint64_t task = 0; task < count; task++)
        if (shop->ledger->begun[task] != times)
            fail_msg("task %llu was begun %u times instead of %u", (unsigned long long)task,
                     shop->ledger->begun[task], times);
}

static void apply_brings_one_result_home(void **state) {
    struct shop shop;
    shop_open(&shop, &(struct pool_plan){.kind = kind_of(state),
                                         .workers = 2,
                                         .chunk_bytes = sizeof(uint64_t),
                                         .result_bytes = sizeof(uint64_t),
                                         .results_queued = 1});
    for (uint64_t number = 1; number < 50; number++) {
        uint64_t squared = 0;
        struct pool_call call = {.function = SQUARE,
                                 .count = 1,
                                 .columns = {{&number, sizeof number}},
                                 .results = &squared,
                                 .result_stride = sizeof squared};
        assert_int_equal(pool_start(&shop.pool, &call), 0);
        assert_int_equal(pool_wait(&shop.pool, &call), 0);
        assert_int_equal(squared, number * number);
        assert_int_equal(call.culprit, POOL_NO_TASK);
        assert_int_equal(pool_wait(&shop.pool, &call), 0); /* again: at once */
    }
    shop_close(&shop);
}

static void map_does_every_task_once(void **state) {
    static const unsigned workers[] = {1, 2, 8};
    static const uint64_t queued[] = {1, 2, 3, 64, 5000};
    static const uint64_t chunks[] = {0, 1, 2, 7, 100, 5000, UINT64_MAX};
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
        for (size_t j = 0; j < sizeof queued / sizeof *queued; j++) {
            struct pool_plan plan = plan_of(kind_of(state), workers[i], queued[j]);
            struct shop shop;
            uint32_t calls = 0;
            shop_open(&shop, &plan);
            for (size_t k = 0; k < sizeof chunks / sizeof *chunks; k++) {
                order_run(&shop, FILL, (uint64_t)ROUNDS(1000) + 3, chunks[k], k % 2);
                expect_begun(&shop, (uint64_t)ROUNDS(1000) + 3, ++calls);
            }
            shop_close(&shop);
        }
}

static void results_of_every_size_are_whole(void **state) {
    static const size_t sizes[] = {1, 16, 63, 4096, 100001, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pool_plan plan = plan_of(kind_of(state), 3, 4);
        struct shop shop;
        plan.result_bytes = sizes[i];
        shop_open(&shop, &plan);
        order_run(&shop, FILL, 50, 3, false);
        shop_close(&shop);
    }
}

static void a_few_tasks_for_many_workers(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), WORKERS_MAX, 1);
    struct shop shop;
    shop_open(&shop, &plan);
    for (uint64_t tasks = 1; tasks <= 3; tasks++)
        order_run(&shop, FILL, tasks, 1, true);
    shop_close(&shop);
}

static void a_pool_without_work_ends(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 5, 1);
    struct shop shop;
    shop_open(&shop, &plan);
    shop_close(&shop);
}

/* Elements of odd sizes, of which each task gets one of each column, packed, aligned as a whole. */
static void run_starmap(struct shop *shop, const size_t *sizes, uint64_t count, uint64_t chunk) {
    unsigned char *columns[POOL_COLUMNS], *results;
    struct pool_call call = {.function = ECHO, .count = count, .chunk = chunk};
    size_t bytes = 0;
    for (size_t i = 0; i < POOL_COLUMNS; i++) {
        columns[i] = allocate(count, sizes[i] + 1);
        for (size_t at = 0; at < count * sizes[i]; at++)
            columns[i][at] = (unsigned char)((at * 31 + i * 77 + at / 253) & 0xFF);
        call.columns[i] = (struct pool_column){columns[i], sizes[i]};
        bytes += sizes[i];
    }
    shop->ledger->echo_bytes = call.result_stride = bytes;
    call.results = results = allocate(count, bytes);
    assert_int_equal(pool_map(&shop->pool, &call), 0);
    for (uint64_t task = 0; task < count; task++) {
        const unsigned char *at = results + task * bytes;
        for (size_t i = 0; i < POOL_COLUMNS; at += sizes[i++])
            assert_memory_equal(at, columns[i] + task * sizes[i], sizes[i]);
    }
    for (size_t i = 0; i < POOL_COLUMNS; i++)
        free(columns[i]);
    free(results);
}

static void starmap_packs_one_of_each_column(void **state) {
    static const size_t sizes[][POOL_COLUMNS] = {{8},           {1},          {3, 5},
                                                 {8, 1, 2},     {16, 16},     {7, 9, 16, 1},
                                                 {0, 33, 0, 1}, {1, 1, 1, 1}, {50, 30, 15, 5}};
    for (size_t room = 100; room <= 1001; room += 901) {
        struct shop shop;
        shop_open(&shop, &(struct pool_plan){.kind = kind_of(state),
                                             .workers = 3,
                                             .chunk_bytes = room,
                                             .result_bytes = 100,
                                             .results_queued = 7});
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (uint64_t chunk = 0; chunk < 9; chunk += 4)
                run_starmap(&shop, sizes[i], 101, chunk);
        shop_close(&shop);
    }
}

static void imap_delivers_in_order_whatever_time_tasks_take(void **state) {
    static const uint64_t chunks[] = {1, 4, 0};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct pool_plan plan = plan_of(kind_of(state), 4, 8);
        struct shop shop;
        shop_open(&shop, &plan);
        order_run(&shop, FILL_SLOWLY, 100, chunks[i], true);
        order_run(&shop, FILL_SLOWLY, 100, chunks[i], false);
        shop_close(&shop);
    }
}

/* Calls of several functions at the same time, waited for in another order than started. */
static void calls_can_be_under_way_together(void **state) {
    static const unsigned waits[] = {4, 0, 2, 3, 1};
    static const unsigned function[] = {FILL, FILL_SLOWLY, FILL_OTHERWISE, FILL, FILL_OTHERWISE};
    for (uint64_t queued = 1; queued <= 64; queued += 63) {
        struct pool_plan plan = plan_of(kind_of(state), 3, queued);
        struct shop shop;
        struct order orders[5];
        shop_open(&shop, &plan);
        for (unsigned i = 0; i < 5; i++) {
            order_open(&orders[i], &shop, function[i], 200 + i, i * 3);
            assert_int_equal(pool_start(&shop.pool, &orders[i].call), 0);
        }
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(pool_wait(&shop.pool, &orders[waits[i]].call), 0);
            order_check(&orders[waits[i]]);
        }
        for (unsigned i = 0; i < 5; i++)
            order_close(&orders[i]);
        shop_close(&shop);
    }
}

/* A worker that goes on with a long task has announced what it did before. */
static void a_result_does_not_wait_for_a_later_task(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 1, 64);
    struct shop shop;
    struct order first, later;
    shop_open(&shop, &plan);
    order_open(&first, &shop, FILL, 1, 1);
    order_open(&later, &shop, FILL_BEHIND_GATE, 1, 1);
    assert_int_equal(pool_start(&shop.pool, &first.call), 0);
    assert_int_equal(pool_start(&shop.pool, &later.call), 0);
    assert_int_equal(pool_wait_until(&shop.pool, &first.call, clock_after_ns(3000 * MS)), 0);
    assert_int_equal(shop.ledger->gate, 0);
    atomic_store(&shop.ledger->gate, 1);
    assert_int_equal(wait_patiently(&shop, &later.call), 0);
    order_check(&first);
    order_check(&later);
    order_close(&first);
    order_close(&later);
    shop_close(&shop);
}

struct lateness {
    uint64_t late_ns; /* from then on */
    uint64_t late;    /* results that were */
};

static void note_lateness(void *context, uint64_t task, long outcome, const void *result) {
    struct lateness *lateness = context;
    uint64_t done_ns;
    (void)task;
    (void)outcome;
    memcpy(&done_ns, result, sizeof done_ns);
    lateness->late += clock_now_ns() - done_ns >= lateness->late_ns;
}

/* Results come home while tasks are done, not when many have gathered: after long tasks at once,
 * after short ones in some milliseconds. A few may be late on a loaded machine. */
static void no_result_waits_for_many_others(void **state) {
    static const struct {
        uint64_t nap_ns, tasks, late_ns;
    } cases[] = {{30 * MS, 40, 20 * MS}, {MS / 4, 400, 10 * MS}};
    for (size_t i = 0; i < 2; i++) {
        struct pool_plan plan = plan_of(kind_of(state), 2, 2000);
        struct shop shop;
        shop_open(&shop, &plan);
        shop.ledger->nap_ns = cases[i].nap_ns;
        struct lateness lateness = {.late_ns = cases[i].late_ns};
        struct pool_call call = {.function = NAP_AND_STAMP,
                                 .count = cases[i].tasks,
                                 .chunk = i ? 10 : 1,
                                 .deliver = note_lateness,
                                 .deliver_context = &lateness};
        assert_int_equal(pool_map(&shop.pool, &call), 0);
        assert_in_range(lateness.late, 0, cases[i].tasks / 4);
        shop_close(&shop);
    }
}

/* For those who wait for other things too: pump, arm, look, wait, mend. */
static void a_loop_of_one_s_own_does_as_well(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 4);
    struct shop shop;
    struct order order;
    plan.tasks_per_child = kind_of(state) == WORKER_PROCESS ? 50 : 0;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL, 1000, 3);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    while (!pool_finished(&order.call)) {
        struct worker *ended = NULL;
        bell_arm(shop.supervisor.bell);
        if (pool_ready(&shop.pool)) {
            bell_disarm(shop.supervisor.bell);
        } else {
            int news = supervisor_wait(&shop.supervisor, clock_after_ns(PATIENCE_NS), &ended);
            assert_true(news == SUPERVISOR_BELL || news == SUPERVISOR_DEATH);
            if (news == SUPERVISOR_DEATH)
                assert_int_equal(pool_mend(&shop.pool, ended), 0);
        }
        pool_pump(&shop.pool);
    }
    order_check(&order);
    order_close(&order);
    shop_close(&shop);
}

static void tiny_tasks_add_up(void **state) {
    uint64_t count = (uint64_t)ROUNDS(1000000), sum = 0, expected = 0;
    uint64_t *squares = allocate(count, sizeof *squares);
    struct pool_plan plan = plan_of(kind_of(state), 2, 256);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {
        .function = SQUARE, .count = count, .results = squares, .result_stride = sizeof *squares};
    assert_int_equal(pool_map(&shop.pool, &call), 0);
    for (uint64_t i = 0; i < count; i++) {
        sum += squares[i];
        expected += i * i;
    }
    assert_int_equal(sum, expected);
    free(squares);
    shop_close(&shop);
}

/* ---- chunks ---- */

static void note_idle(void *context, unsigned worker) {
    (void)worker;
    atomic_fetch_add(&((struct shop *)context)->ledger->idles, 1);
}

/* Tasks in a chunk, as the only worker sees them: it is idle before each, and once more. */
static void expect_chunks(void **state, const struct pool_call *asked, size_t chunk_bytes,
                          uint32_t expected) {
    struct pool_plan plan = plan_of(kind_of(state), 1, 3);
    struct pool_call call = *asked;
    struct shop shop;
    plan.chunk_bytes = chunk_bytes;
    plan.idle = note_idle;
    shop_open(&shop, &plan);
    assert_int_equal(pool_map(&shop.pool, &call), 0);
    pool_close(&shop.pool);
    assert_int_equal(pool_join(&shop.pool), 0);
    assert_int_equal(shop.ledger->idles, expected + 1);
    shop_abandon(&shop);
}

static void chunks_are_as_large_as_they_should(void **state) {
    static uint64_t numbers[100];
    static unsigned char odd[100][3];
    struct pool_call call = {.function = FILL, .count = 100};
    expect_chunks(state, &call, 0, 4); /* a quarter of the only worker's share */
    call.chunk = 1;
    expect_chunks(state, &call, 0, 100);
    call.chunk = 7;
    expect_chunks(state, &call, 0, 15);
    call.chunk = 1000;
    expect_chunks(state, &call, 0, 1);
    call.columns[0] = (struct pool_column){numbers, sizeof *numbers};
    expect_chunks(state, &call, 100 * sizeof *numbers, 1);
    expect_chunks(state, &call, 24, 34); /* three to a chunk */
    call.columns[2] = (struct pool_column){odd, sizeof *odd};
    expect_chunks(state, &call, 24, 50);
    call.chunk = 0;
    expect_chunks(state, &call, 11, 100);
    call.count = 3;
    expect_chunks(state, &call, 1000, 3);
}

static void a_call_can_be_made_again(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 1, 3);
    struct shop shop;
    plan.idle = note_idle;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = FILL, .count = 8};
    assert_int_equal(pool_map(&shop.pool, &call), 0);
    call.count = 800;
    assert_int_equal(pool_map(&shop.pool, &call), 0);
    pool_close(&shop.pool);
    assert_int_equal(pool_join(&shop.pool), 0);
    assert_int_equal(shop.ledger->idles, 4 + 4 + 1); /* again in quarters */
    shop_abandon(&shop);
}

/* ---- bad ends of tasks ---- */

static void a_task_s_error_is_the_call_s(void **state) {
    for (uint64_t chunk = 1; chunk <= 30; chunk += 29) {
        struct pool_plan plan = plan_of(kind_of(state), 3, 5);
        struct shop shop;
        struct order order;
        shop_open(&shop, &plan);
        order_open(&order, &shop, REFUSE_SOME, 100, chunk);
        order.call.deliver = NULL;
        assert_int_equal(pool_map(&shop.pool, &order.call), -ENOENT);
        assert_true(is_refused(order.call.culprit) && order.call.culprit < 100);
        assert_int_equal(pool_wait(&shop.pool, &order.call), -ENOENT); /* again: the same */
        expect_begun(&shop, 100, 1);
        for (uint64_t task = 0; task < 100; task++)
            assert_int_equal(order.call.outcomes[task],
                             is_refused(task) ? -ENOENT : (long)length_of(task, 40));
        order_close(&order);
        order_run(&shop, FILL, 100, 7, true);
        shop_close(&shop);
    }
}

static void a_result_longer_than_its_stride_is_not_written(void **state) {
    enum { STRIDE = 24, COUNT = 60 };
    unsigned char results[STRIDE * COUNT];
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL, COUNT, 4);
    void *own = order.call.results;
    memset(results, 0xEE, sizeof results);
    order.call.results = results;
    order.call.result_stride = STRIDE;
    order.call.deliver = NULL;
    assert_int_equal(pool_map(&shop.pool, &order.call), -EMSGSIZE);
    assert_true(length_of(order.call.culprit, 40) > STRIDE);
    for (uint64_t task = 0; task < COUNT; task++) {
        size_t length = length_of(task, 40);
        long outcome = length > STRIDE ? -EMSGSIZE : (long)length;
        assert_int_equal(order.call.outcomes[task], outcome);
        for (size_t i = 0; i < STRIDE; i++)
            assert_int_equal(results[task * STRIDE + i],
                             (long)i < outcome ? byte_of(FILL, task, i) : 0xEE);
    }
    order.call.results = own;
    order_close(&order);
    shop_close(&shop);
}

static void a_result_longer_than_the_plan_s_is_an_error_too(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = EXCEED, .count = 20, .chunk = 4};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    assert_int_equal(pool_wait_until(&shop.pool, &call, clock_after_ns(3000 * MS)), -EMSGSIZE);
    assert_int_equal(call.culprit, 5);
    order_run(&shop, FILL, 100, 7, true);
    shop_close(&shop);
}

static void refuse(struct shop *shop, const struct pool_call *asked, int err) {
    struct pool_call call = *asked;
    assert_int_equal(pool_start(&shop->pool, &call), err);
    assert_true(pool_finished(&call));
    assert_int_equal(pool_map(&shop->pool, &call), err);
    assert_null(shop->pool.calls);
}

static void what_cannot_be_is_refused(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    long outcomes[2];
    char bytes[1000] = "";
    shop_open(&shop, &plan);
    refuse(&shop, &(struct pool_call){.function = plan.function_count + 100, .count = 1}, -EINVAL);
    refuse(&shop, &(struct pool_call){.function = shop.plan.function_count, .count = 1}, -EINVAL);
    refuse(&shop, &(struct pool_call){.count = 0}, -EINVAL);
    refuse(&shop, &(struct pool_call){.count = 2, .ordered = true, .results = bytes}, -EINVAL);
    refuse(&shop, &(struct pool_call){.count = 2, .ordered = true, .outcomes = outcomes}, -EINVAL);
    refuse(&shop, &(struct pool_call){.count = 1, .columns = {{bytes, 641}}}, -EMSGSIZE);
    refuse(&shop, &(struct pool_call){.count = 1, .columns = {{bytes, 640}, {bytes, 1}}},
           -EMSGSIZE);
    refuse(&shop,
           &(struct pool_call){.count = 1,
                               .columns = {{bytes, SIZE_MAX / 2 + 1}, {bytes, SIZE_MAX / 2 + 1}}},
           -EMSGSIZE);
    order_run(&shop, FILL, 100, 0, true);
    pool_close(&shop.pool);
    refuse(&shop, &(struct pool_call){.count = 1}, -EPIPE);
    shop_close(&shop);
    struct arena arena = ARENA_EMPTY;
    plan.result_bytes = SIZE_MAX / 2;
    assert_int_equal(pool_open(&shop.pool, &arena, &shop.supervisor, &plan), -ENOMEM);
    plan.result_bytes = 8;
    plan.chunk_bytes = SIZE_MAX / 2;
    assert_int_equal(pool_open(&shop.pool, &arena, &shop.supervisor, &plan), -ENOMEM);
    arena_close(&arena);
}

static int return_at_once(void *argument, unsigned number) {
    (void)argument;
    (void)number;
    return 0;
}

/* Workers' numbers are the supervisor's, and say where a worker's desk is. */
static void a_supervisor_with_other_workers_is_refused(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor;
    struct pool pool;
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    plan.functions = functions;
    plan.function_count = 1;
    assert_int_equal(supervisor_open(&supervisor, &arena, 3, -1), 0);
    assert_int_equal(supervisor_start(&supervisor, plan.kind, "other", return_at_once, NULL), 0);
    int err = pool_open(&pool, &arena, &supervisor, &plan);
    if (!err)
        queue_close(pool.tasks); /* so that threads end */
    supervisor_close(&supervisor);
    arena_close(&arena);
    assert_int_equal(err, -EINVAL);
}

/* ---- births ---- */

static void the_initializer_runs_once_in_each_worker(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 4, 5);
    struct shop shop;
    plan.initializer = note_birth;
    shop_open(&shop, &plan);
    order_run(&shop, FILL_SLOWLY, 100, 1, false);
    uint32_t tasks = 0;
    for (unsigned i = 0; i < 4; i++)
        assert_true(reaches(&shop.ledger->births[i], 1));
    order_run(&shop, FILL, 100, 1, false);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(shop.ledger->births[i], 1);
        tasks += shop.ledger->tasks[i]; /* which the initializer had set to 0 */
    }
    assert_int_equal(tasks, 200);
    shop_close(&shop);
}

static int be_unable(void *context, unsigned worker) {
    (void)context;
    (void)worker;
    return -ENOMEM;
}

static void a_failing_initializer_ends_the_wait(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 3, 5);
    struct shop shop;
    plan.initializer = be_unable;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = FILL, .count = 10};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    assert_int_equal(wait_patiently(&shop, &call), -EOWNERDEAD);
    assert_false(pool_finished(&call));
    assert_int_equal(pool_terminate(&shop.pool), 0);
    assert_int_equal(pool_join(&shop.pool), 0);
    assert_int_equal(pool_wait(&shop.pool, &call), -ECANCELED);
    shop_abandon(&shop);
}

static void workers_are_renewed_after_their_share(void **state) {
    static const uint64_t chunks[] = {1, 4};
    enum { COUNT = 200, SHARE = 5 };
    for (size_t i = 0; i < 2; i++) {
        struct pool_plan plan = plan_of(kind_of(state), 2, 64);
        struct shop shop;
        uint64_t pids[COUNT];
        plan.tasks_per_child = SHARE;
        plan.initializer = note_birth;
        shop_open(&shop, &plan);
        struct pool_call call = {.function = TELL_PID,
                                 .count = COUNT,
                                 .chunk = chunks[i],
                                 .results = pids,
                                 .result_stride = sizeof *pids};
        assert_int_equal(pool_map(&shop.pool, &call), 0);
        expect_begun(&shop, COUNT, 1);
        uint64_t most = (SHARE + chunks[i] - 1) / chunks[i] * chunks[i];
        for (unsigned j = 0; j < COUNT && kind_of(state) == WORKER_PROCESS; j++) {
            uint64_t same = 0;
            for (unsigned k = 0; k < COUNT; k++)
                same += pids[j] == pids[k];
            assert_in_range(same, 1, most);
        }
        assert_true(shop.ledger->births[0] + shop.ledger->births[1] >= COUNT / most);
        shop_close(&shop);
    }
}

/* Bits too: a thread that renews itself must not take up what it has done already. */
static void renewed_workers_do_each_task_once(void **state) {
    for (uint64_t queued = 1; queued <= 64; queued += 21) {
        struct pool_plan plan = plan_of(kind_of(state), 3, queued);
        struct shop shop;
        plan.tasks_per_child = kind_of(state) == WORKER_PROCESS ? 20 : 1;
        shop_open(&shop, &plan);
        for (uint32_t calls = 1; calls <= 3; calls++) {
            order_run(&shop, FILL, (uint64_t)ROUNDS(1000), calls, false);
            expect_begun(&shop, (uint64_t)ROUNDS(1000), calls);
        }
        shop_close(&shop);
    }
}

static int be_born_again_behind_the_gate(void *context, unsigned worker) {
    struct ledger *ledger = ((struct shop *)context)->ledger;
    if (atomic_fetch_add(&ledger->births[worker], 1) > 0)
        reaches(&ledger->gate, 1);
    return 0;
}

/* However long its initializer takes then. */
static void a_result_does_not_wait_for_its_worker_to_be_renewed(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 1, 64);
    struct shop shop;
    plan.tasks_per_child = 2;
    plan.initializer = be_born_again_behind_the_gate;
    shop_open(&shop, &plan);
    shop.ledger->nap_ns = MS / 2; /* too short to be announced */
    struct pool_call call = {.function = NAP_AND_STAMP, .count = 2, .chunk = 2};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    uint64_t deadline_ns = clock_after_ns(PATIENCE_NS / 4);
    assert_int_equal(pool_wait_until(&shop.pool, &call, deadline_ns), 0);
    assert_true(clock_now_ns() < deadline_ns); /* not found by its last look */
    atomic_store(&shop.ledger->gate, 1);
    shop_close(&shop);
}

/* ---- time and stops ---- */

static void a_timed_wait_gives_up_and_the_call_goes_on(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL_BEHIND_GATE, 20, 3);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    uint64_t start = clock_now_ns();
    assert_int_equal(pool_wait_until(&shop.pool, &order.call, start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    assert_int_equal(pool_wait_until(&shop.pool, &order.call, 0), -ETIMEDOUT);
    assert_int_equal(pool_wait_until(&shop.pool, &order.call, 1), -ETIMEDOUT);
    assert_false(pool_finished(&order.call));
    atomic_store(&shop.ledger->gate, 1);
    assert_int_equal(wait_patiently(&shop, &order.call), 0);
    order_check(&order);
    assert_int_equal(pool_wait_until(&shop.pool, &order.call, 0), 0); /* finished: not too late */
    expect_begun(&shop, 20, 1);
    order_close(&order);
    shop_close(&shop);
}

/* Looks only now and then, never blocking, as Python's ready() is used. */
static int poll_until_finished(struct shop *shop, struct pool_call *call) {
    uint64_t patience = clock_after_ns(PATIENCE_NS / 4);
    int err;
    while ((err = pool_wait_until(&shop->pool, call, 0)) == -ETIMEDOUT && clock_now_ns() < patience)
        sleep_ms(1);
    return err;
}

static void waits_that_never_block_come_to_an_end(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL_SLOWLY, 100, 3);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    for (unsigned i = 0; i < 2 && kind_of(state) == WORKER_PROCESS; i++)
        assert_int_equal(worker_kill(&shop.supervisor.workers[i]), 0);
    assert_int_equal(poll_until_finished(&shop, &order.call), 0);
    order_check(&order);
    order_close(&order);
    shop_close(&shop);
}

static void a_stop_ends_the_wait(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 5);
    struct shop shop;
    struct order order;
    eventfd_t asked;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL_BEHIND_GATE, 20, 3);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    assert_int_equal(eventfd_write(shop.stop_fd, 1), 0);
    assert_int_equal(wait_patiently(&shop, &order.call), -ECANCELED);
    assert_int_equal(wait_patiently(&shop, &order.call), -ECANCELED);
    assert_false(pool_finished(&order.call));
    assert_int_equal(eventfd_read(shop.stop_fd, &asked), 0);
    atomic_store(&shop.ledger->gate, 1);
    assert_int_equal(wait_patiently(&shop, &order.call), 0);
    order_check(&order);
    order_close(&order);
    shop_close(&shop);
}

static void take_time(void *context, uint64_t task, long outcome, const void *result) {
    uint64_t until = clock_now_ns() + 20000;
    (void)context;
    (void)task;
    (void)outcome;
    (void)result;
    while (clock_now_ns() < until)
        ;
}

/* Also while results come faster than they are taken. */
static void a_stop_is_heard_in_a_flood(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 1024);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {
        .function = SQUARE, .count = UINT64_C(1) << 40, .chunk = 1000, .deliver = take_time};
    assert_int_equal(eventfd_write(shop.stop_fd, 1), 0);
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    uint64_t start = clock_now_ns();
    assert_int_equal(wait_patiently(&shop, &call), -ECANCELED);
    assert_true(clock_now_ns() - start < 2000 * MS);
    pool_close(&shop.pool);
    queue_close(shop.pool.tasks);
    queue_close(shop.pool.results); /* so that threads end */
    shop_abandon(&shop);
}

/* ---- the end ---- */

static void join_completes_what_is_under_way(void **state) {
    for (uint64_t queued = 1; queued <= 64; queued += 63) {
        struct pool_plan plan = plan_of(kind_of(state), 3, queued);
        struct shop shop;
        struct order orders[3];
        shop_open(&shop, &plan);
        for (unsigned i = 0; i < 3; i++) {
            order_open(&orders[i], &shop, i == 1 ? FILL_SLOWLY : FILL, 300, 7);
            assert_int_equal(pool_start(&shop.pool, &orders[i].call), 0);
        }
        pool_close(&shop.pool);
        assert_int_equal(pool_start(&shop.pool, &(struct pool_call){.count = 1}), -EPIPE);
        assert_int_equal(pool_join(&shop.pool), 0);
        for (unsigned i = 0; i < 3; i++) {
            order_check(&orders[i]);
            order_close(&orders[i]);
        }
        assert_int_equal(pool_join(&shop.pool), 0); /* again: at once */
        shop_abandon(&shop);
    }
}

static void close_after_close_changes_nothing(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 3, 2);
    struct shop shop;
    for (unsigned round = 0; round < ROUNDS(100u); round++) {
        shop_open(&shop, &plan);
        struct order order;
        order_open(&order, &shop, FILL, 8, 1);
        assert_int_equal(pool_start(&shop.pool, &order.call), 0);
        pool_close(&shop.pool);
        assert_int_equal(pool_wait(&shop.pool, &order.call), 0);
        order_check(&order);
        order_close(&order);
        shop_close(&shop);
    }
}

/* After a call that was under way when it was closed, threads have ended, or their supervisor would
 * wait for ever. */
static void a_closed_pool_needs_no_join(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 2, 2);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL, 100, 1);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    pool_close(&shop.pool);
    assert_int_equal(wait_patiently(&shop, &order.call), 0);
    order_check(&order);
    order_close(&order);
    shop_abandon(&shop);
}

/* The supervisor has no room for the third; the two that were started must end. */
static void what_was_opened_by_half_can_be_closed(void **state) {
    struct pool_plan plan = plan_of(kind_of(state), 3, 2);
    struct arena arena = ARENA_EMPTY;
    struct supervisor supervisor;
    struct pool pool;
    plan.functions = functions;
    plan.function_count = 1;
    assert_int_equal(supervisor_open(&supervisor, &arena, 2, -1), 0);
    assert_int_equal(pool_open(&pool, &arena, &supervisor, &plan), -ENOSPC);
    assert_int_equal(supervisor.count, 2);
    supervisor_close(&supervisor);
    arena_close(&arena);
    assert_no_children();
}

static void a_timed_join_gives_up_and_can_be_repeated(void **state) {
    if (TIMED_CALLS_MISREAD && kind_of(state) == WORKER_THREAD)
        return;
    struct pool_plan plan = plan_of(kind_of(state), 2, 4);
    struct shop shop;
    struct order order;
    shop_open(&shop, &plan);
    order_open(&order, &shop, FILL_BEHIND_GATE, 10, 1);
    assert_int_equal(pool_start(&shop.pool, &order.call), 0);
    pool_close(&shop.pool);
    uint64_t start = clock_now_ns();
    assert_int_equal(pool_join_until(&shop.pool, start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 5000 * MS);
    assert_false(pool_finished(&order.call));
    atomic_store(&shop.ledger->gate, 1);
    assert_int_equal(pool_join_until(&shop.pool, clock_after_ns(PATIENCE_NS)), 0);
    order_check(&order);
    order_close(&order);
    shop_abandon(&shop);
}

static void expect_terminated_in_time(struct shop *shop) {
    uint64_t start = clock_now_ns();
    assert_int_equal(pool_terminate(&shop->pool), 0);
    assert_int_equal(pool_join(&shop->pool), 0);
    assert_true(clock_now_ns() - start < 2000 * MS);
    assert_no_children();
    assert_int_equal(pool_terminate(&shop->pool), 0); /* nothing is left to end */
    assert_int_equal(pool_start(&shop->pool, &(struct pool_call){.count = 1}), -EPIPE);
}

static void terminate_ends_long_tasks(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 4, 5);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = SLEEP_FOR_EVER, .count = 100};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_true(reaches(&shop.ledger->tasks[i], 1));
    expect_terminated_in_time(&shop);
    assert_int_equal(pool_wait(&shop.pool, &call), -ECANCELED);
    shop_abandon(&shop);
}

/* At birth, asleep in the queue, in the middle of a flood of results. */
static void terminate_finds_workers_wherever_they_are(void **state) {
    (void)state;
    uint32_t seed = 23;
    for (unsigned round = 0; round < ROUNDS(300u); round++) {
        struct pool_plan plan = plan_of(WORKER_PROCESS, 3, 2);
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 1000000)};
        struct shop shop;
        shop_open(&shop, &plan);
        struct pool_call call = {.function = FILL, .count = 100000, .chunk = 100};
        if (round % 3)
            assert_int_equal(pool_start(&shop.pool, &call), 0);
        if (round % 2)
            nanosleep(&nap, NULL);
        if (round % 3 == 2)
            assert_int_equal(
                pool_wait_until(&shop.pool, &call, clock_after_ns(random_next(&seed) % MS)),
                -ETIMEDOUT);
        expect_terminated_in_time(&shop);
        shop_abandon(&shop);
    }
}

static void terminate_ends_stopped_workers_too(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 2, 5);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = SLEEP_FOR_EVER, .count = 100};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_true(reaches(&shop.ledger->tasks[i], 1));
    stop_and_see(&shop.supervisor.workers[1]);
    expect_terminated_in_time(&shop);
    shop_abandon(&shop);
}

static void terminated_workers_are_not_replaced(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_PROCESS, 2, 5);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = SLEEP_FOR_EVER, .count = 100};
    struct worker *ended = NULL;
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    assert_int_equal(pool_terminate(&shop.pool), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(supervisor_wait(&shop.supervisor, clock_after_ns(PATIENCE_NS), &ended),
                         SUPERVISOR_DEATH);
        pool_mend(&shop.pool, ended);
    }
    assert_no_children();
    shop_abandon(&shop);
}

/* They end after the task that each is at, also when nobody takes its results any more. */
static void terminated_threads_drop_what_is_left(void **state) {
    (void)state;
    struct pool_plan plan = plan_of(WORKER_THREAD, 2, 1);
    struct shop shop;
    shop_open(&shop, &plan);
    struct pool_call call = {.function = FILL, .count = MARKS, .chunk = 1};
    assert_int_equal(pool_start(&shop.pool, &call), 0);
    assert_true(reaches(&shop.ledger->tasks[0], 1));
    assert_int_equal(pool_terminate(&shop.pool), 0);
    assert_int_equal(pool_join(&shop.pool), 0);
    assert_int_equal(pool_wait(&shop.pool, &call), -ECANCELED);
    assert_true(shop.ledger->tasks[0] + shop.ledger->tasks[1] < MARKS);
    shop_abandon(&shop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_BOTH(apply_brings_one_result_home),
        TEST_BOTH(map_does_every_task_once),
        TEST_BOTH(results_of_every_size_are_whole),
        TEST_BOTH(a_few_tasks_for_many_workers),
        TEST_BOTH(a_pool_without_work_ends),
        TEST_BOTH(starmap_packs_one_of_each_column),
        TEST_BOTH(imap_delivers_in_order_whatever_time_tasks_take),
        TEST_BOTH(calls_can_be_under_way_together),
        TEST_BOTH(a_result_does_not_wait_for_a_later_task),
        TEST_BOTH(no_result_waits_for_many_others),
        TEST_BOTH(a_loop_of_one_s_own_does_as_well),
        TEST_BOTH(tiny_tasks_add_up),
        TEST_BOTH(chunks_are_as_large_as_they_should),
        TEST_BOTH(a_call_can_be_made_again),
        TEST_BOTH(a_task_s_error_is_the_call_s),
        TEST_BOTH(a_result_longer_than_its_stride_is_not_written),
        TEST_BOTH(a_result_longer_than_the_plan_s_is_an_error_too),
        TEST_BOTH(what_cannot_be_is_refused),
        TEST_BOTH(a_supervisor_with_other_workers_is_refused),
        TEST_BOTH(the_initializer_runs_once_in_each_worker),
        TEST_BOTH(a_failing_initializer_ends_the_wait),
        TEST_BOTH(workers_are_renewed_after_their_share),
        TEST_BOTH(renewed_workers_do_each_task_once),
        TEST_BOTH(a_result_does_not_wait_for_its_worker_to_be_renewed),
        TEST_BOTH(a_timed_wait_gives_up_and_the_call_goes_on),
        TEST_BOTH(waits_that_never_block_come_to_an_end),
        TEST_BOTH(a_stop_ends_the_wait),
        TEST_BOTH(a_stop_is_heard_in_a_flood),
        TEST_BOTH(join_completes_what_is_under_way),
        TEST_BOTH(close_after_close_changes_nothing),
        TEST_BOTH(a_closed_pool_needs_no_join),
        TEST_BOTH(what_was_opened_by_half_can_be_closed),
        TEST_BOTH(a_timed_join_gives_up_and_can_be_repeated),
        TEST(terminate_ends_long_tasks),
        TEST(terminate_finds_workers_wherever_they_are),
        TEST(terminate_ends_stopped_workers_too),
        TEST(terminated_workers_are_not_replaced),
        TEST(terminated_threads_drop_what_is_left),
    };
    return cmocka_run_group_tests_name("mp_pool", tests, NULL, NULL);
}
