/* What the tests of pools share: a shop with a pool, whose workers do all kinds of tasks, bad ones
 * too, and write down in shared pages what they did; and orders, calls of which every result that
 * comes home is counted and compared bit by bit. */
#ifndef TESTS_MP_SHOP_H
#define TESTS_MP_SHOP_H

#include "tests/mp_helpers.h"

#include "mp/pool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum { WORKERS_MAX = 40, MARKS = 5000 };

/* What workers write down, in shared pages. */
struct ledger {
    _Atomic uint32_t begun[MARKS];        /* how often each task was */
    _Atomic uint32_t births[WORKERS_MAX]; /* of each number, as its initializer counts */
    _Atomic uint32_t pids[WORKERS_MAX];   /* of each number's last */
    _Atomic uint32_t tasks[WORKERS_MAX];  /* begun by each number's last */
    _Atomic uint32_t idles, gate;
    _Atomic uint64_t deadly; /* the task that kills */
    size_t echo_bytes;
    uint64_t nap_ns;
};

struct shop {
    struct arena arena;
    struct supervisor supervisor;
    struct pool pool;
    struct pool_plan plan;
    int stop_fd;
    struct ledger *ledger;
};

/* ---- what workers do ---- */

static inline uint64_t number_in(const void *argument) {
    uint64_t number;
    memcpy(&number, argument, sizeof number);
    return number;
}

/* Results differ in length, down to nothing at all, and from function to function. */
static inline size_t length_of(uint64_t task, size_t longest) {
    return (size_t)(task * 7919 % (longest + 1));
}

static inline unsigned char byte_of(unsigned function, uint64_t task, size_t at) {
    return (unsigned char)((task * 37 + at + function * 101) & 0xFF);
}

static inline void begin(struct shop *shop, unsigned worker, uint64_t task) {
    atomic_fetch_add(&shop->ledger->tasks[worker], 1);
    if (task < MARKS)
        atomic_fetch_add(&shop->ledger->begun[task], 1);
}

static inline long fill(struct shop *shop, unsigned function, uint64_t task, void *result) {
    unsigned char *bytes = result;
    size_t length = length_of(task, shop->plan.result_bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_of(function, task, i);
    return (long)length;
}

enum {
    FILL,
    FILL_OTHERWISE,
    FILL_SLOWLY,
    FILL_BEHIND_GATE,
    FILL_OR_DIE_ONCE,
    FILL_OR_DIE,
    FILLERS,
    SQUARE = FILLERS,
    ECHO,
    REFUSE_SOME,
    SLEEP_FOR_EVER,
    TELL_PID,
    LEAVE,
    EXCEED,
    NAP_AND_STAMP
};

static long fill_one(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t task = number_in(argument);
    begin(context, worker, task);
    return fill(context, FILL, task, result);
}

static long fill_otherwise(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t task = number_in(argument);
    begin(context, worker, task);
    return fill(context, FILL_OTHERWISE, task, result);
}

/* Early tasks take the longest. */
static long fill_slowly(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t task = number_in(argument);
    begin(context, worker, task);
    sleep_ms(task % 8 ? 0 : 8 - task / 8 % 8);
    return fill(context, FILL_SLOWLY, task, result);
}

static long fill_behind_gate(void *context, unsigned worker, const void *argument, void *result) {
    struct shop *shop = context;
    uint64_t task = number_in(argument);
    begin(shop, worker, task);
    if (!reaches(&shop->ledger->gate, 1))
        return -ETIMEDOUT;
    return fill(shop, FILL_BEHIND_GATE, task, result);
}

static long fill_or_die_once(void *context, unsigned worker, const void *argument, void *result) {
    struct shop *shop = context;
    uint64_t task = number_in(argument);
    begin(shop, worker, task);
    if (task == atomic_load(&shop->ledger->deadly) && atomic_load(&shop->ledger->begun[task]) == 1)
        raise(SIGKILL);
    return fill(shop, FILL_OR_DIE_ONCE, task, result);
}

static long fill_or_die(void *context, unsigned worker, const void *argument, void *result) {
    struct shop *shop = context;
    uint64_t task = number_in(argument), deadly = atomic_load(&shop->ledger->deadly);
    begin(shop, worker, task);
    if (task == deadly || deadly == POOL_NO_TASK)
        raise(SIGKILL);
    return fill(shop, FILL_OR_DIE, task, result);
}

static long square(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t number = number_in(argument);
    (void)context;
    (void)worker;
    number *= number;
    memcpy(result, &number, sizeof number);
    return sizeof number;
}

static long echo(void *context, unsigned worker, const void *argument, void *result) {
    const struct shop *shop = context;
    (void)worker;
    if ((uintptr_t)argument % 16 != 0)
        return -EFAULT;
    memcpy(result, argument, shop->ledger->echo_bytes);
    return (long)shop->ledger->echo_bytes;
}

static inline bool is_refused(uint64_t task) {
    return task % 10 == 7;
}

static long refuse_some(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t task = number_in(argument);
    begin(context, worker, task);
    return is_refused(task) ? -ENOENT : fill(context, FILL, task, result);
}

static long sleep_for_ever(void *context, unsigned worker, const void *argument, void *result) {
    (void)result;
    begin(context, worker, number_in(argument));
    pause_for_ever();
}

static long tell_pid(void *context, unsigned worker, const void *argument, void *result) {
    uint64_t pid = (uint64_t)getpid();
    begin(context, worker, number_in(argument));
    memcpy(result, &pid, sizeof pid);
    return sizeof pid;
}

static long leave(void *context, unsigned worker, const void *argument, void *result) {
    (void)result;
    begin(context, worker, number_in(argument));
    _exit(0);
}

static long exceed(void *context, unsigned worker, const void *argument, void *result) {
    const struct shop *shop = context;
    (void)worker;
    (void)result;
    return number_in(argument) == 5 ? (long)shop->plan.result_bytes + 1 : 0;
}

/* When it was done. */
static long nap_and_stamp(void *context, unsigned worker, const void *argument, void *result) {
    const struct shop *shop = context;
    struct timespec nap = clock_timespec(shop->ledger->nap_ns);
    begin(context, worker, number_in(argument));
    nanosleep(&nap, NULL);
    uint64_t done_ns = clock_now_ns();
    memcpy(result, &done_ns, sizeof done_ns);
    return sizeof done_ns;
}

static pool_function *const functions[] = {
    [FILL] = fill_one,
    [FILL_OTHERWISE] = fill_otherwise,
    [FILL_SLOWLY] = fill_slowly,
    [FILL_BEHIND_GATE] = fill_behind_gate,
    [FILL_OR_DIE_ONCE] = fill_or_die_once,
    [FILL_OR_DIE] = fill_or_die,
    [SQUARE] = square,
    [ECHO] = echo,
    [REFUSE_SOME] = refuse_some,
    [SLEEP_FOR_EVER] = sleep_for_ever,
    [TELL_PID] = tell_pid,
    [LEAVE] = leave,
    [EXCEED] = exceed,
    [NAP_AND_STAMP] = nap_and_stamp,
};

static inline int note_birth(void *context, unsigned worker) {
    struct ledger *ledger = ((struct shop *)context)->ledger;
    atomic_store(&ledger->tasks[worker], 0);
    atomic_fetch_add(&ledger->births[worker], 1);
    atomic_store(&ledger->pids[worker], (uint32_t)getpid());
    return 0;
}

/* ---- opening and closing ---- */

static inline void shop_open(struct shop *shop, const struct pool_plan *plan) {
    *shop = (struct shop){.arena = ARENA_EMPTY, .plan = *plan};
    shop->ledger = take(&shop->arena, sizeof *shop->ledger);
    shop->plan.functions = functions;
    shop->plan.function_count = sizeof functions / sizeof *functions;
    shop->plan.context = shop;
    shop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(shop->stop_fd >= 0);
    assert_int_equal(supervisor_open(&shop->supervisor, &shop->arena, plan->workers, shop->stop_fd),
                     0);
    assert_int_equal(pool_open(&shop->pool, &shop->arena, &shop->supervisor, &shop->plan), 0);
}

/* A plan that most tests can use. */
static inline struct pool_plan plan_of(enum worker_kind kind, unsigned workers,
                                       uint64_t results_queued) {
    return (struct pool_plan){.kind = kind,
                              .workers = workers,
                              .results_queued = results_queued,
                              .result_bytes = 40,
                              .chunk_bytes = 640};
}

/* Without a join: for those whose workers have ended, or are to be killed. */
static inline void shop_abandon(struct shop *shop) {
    supervisor_close(&shop->supervisor);
    close(shop->stop_fd);
    arena_close(&shop->arena);
    assert_no_children();
}

static inline void shop_close(struct shop *shop) {
    pool_close(&shop->pool);
    assert_int_equal(pool_join(&shop->pool), 0);
    if (shop->plan.kind == WORKER_PROCESS)
        assert_no_children();
    shop_abandon(shop);
}

/* ---- calls of fillers, and what came home of them ---- */

struct order {
    struct shop *shop;
    struct pool_call call;
    uint32_t *delivered;  /* by task: how often */
    uint64_t next, wrong; /* the task behind the last one delivered; deliveries of wrong bits */
    bool sorted;          /* so far each was `next` */
};

static inline bool is_right(const struct order *order, uint64_t task, long outcome,
                            const void *result) {
    const unsigned char *bytes = result;
    if (outcome != (long)length_of(task, order->shop->plan.result_bytes))
        return false;
    for (long i = 0; i < outcome; i++)
        if (bytes[i] != byte_of(order->call.function, task, (size_t)i))
            return false;
    return true;
}

static inline void note_delivery(void *context, uint64_t task, long outcome, const void *result) {
    struct order *order = context;
    if (task >= order->call.count || !is_right(order, task, outcome, result))
        order->wrong++;
    else
        order->delivered[task]++;
    order->sorted &= task == order->next;
    order->next = task + 1;
}

static inline void *allocate(size_t count, size_t bytes) {
    void *memory = calloc(count, bytes);
    assert_non_null(memory);
    return memory;
}

/* A call that wants all that there is. */
static inline void order_open(struct order *order, struct shop *shop, unsigned function,
                              uint64_t count, uint64_t chunk) {
    size_t stride = shop->plan.result_bytes;
    *order = (struct order){.shop = shop, .sorted = true};
    order->delivered = allocate(count, sizeof *order->delivered);
    order->call = (struct pool_call){.function = function,
                                     .count = count,
                                     .chunk = chunk,
                                     .results = allocate(count, stride),
                                     .result_stride = stride,
                                     .outcomes = allocate(count, sizeof(long)),
                                     .deliver = note_delivery,
                                     .deliver_context = order};
}

static inline void order_close(struct order *order) {
    free(order->delivered);
    free(order->call.results);
    free(order->call.outcomes);
}

/* Every task came home once and right, to all places where it should. */
static inline void order_check(const struct order *order) {
    const struct pool_call *call = &order->call;
    assert_true(pool_finished(call));
    assert_int_equal(call->err, 0);
    assert_int_equal(order->wrong, 0);
    for (uint64_t task = 0; task < call->count; task++) {
        const unsigned char *result = call->results;
        if (order->delivered[task] != 1)
            fail_msg("task %llu was delivered %u times", (unsigned long long)task,
                     order->delivered[task]);
        if (!is_right(order, task, call->outcomes[task], result + task * call->result_stride))
            fail_msg("the result of task %llu is wrong", (unsigned long long)task);
    }
    assert_true(order->sorted || !call->ordered);
}

static inline void order_run(struct shop *shop, unsigned function, uint64_t count, uint64_t chunk,
                             bool ordered) {
    struct order order;
    order_open(&order, shop, function, count, chunk);
    order.call.ordered = ordered;
    assert_int_equal(pool_map(&shop->pool, &order.call), 0);
    order_check(&order);
    order_close(&order);
}

static inline int wait_patiently(struct shop *shop, struct pool_call *call) {
    return pool_wait_until(&shop->pool, call, clock_after_ns(PATIENCE_NS));
}

#endif
