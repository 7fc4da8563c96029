/* Proves that the queue delivers every message whole, once and in its putter's order, at every
 * capacity and size, blocks and gives up when it should, ends when it is closed, rings its bells,
 * and stays usable when its putters and getters are killed at any moment, or after any
 * instruction; and that a message which stands for work is never lost with its getter. */
#include "tests/mp_steps.h"

#include "mp/lease.h"
#include "mp/queue.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct queue *new_queue(struct arena *arena, uint64_t capacity, size_t message_bytes) {
    struct queue *queue = NULL;
    assert_int_equal(queue_open(arena, capacity, message_bytes, &queue), 0);
    assert_int_equal(queue_size(queue), 0);
    return queue;
}

static void put_number(struct queue *queue, uint64_t number) {
    assert_int_equal(queue_put(queue, &number, sizeof number), 0);
}

static void get_number(struct queue *queue, uint64_t number) {
    uint64_t got = 0;
    assert_int_equal(queue_get(queue, &got, sizeof got), sizeof got);
    assert_int_equal(got, number);
}

/* ---- nothing lost, nothing doubled, in order ---- */

struct traffic {
    struct queue *queue;
    unsigned putters, getters;
    uint32_t each;               /* messages of each putter */
    _Atomic unsigned char *seen; /* putters × each: how often a message arrived */
};

struct parcel {
    uint32_t putter, number;
    uint64_t check;
};

static struct parcel parcel_of(uint32_t putter, uint32_t number) {
    return (struct parcel){putter, number, ~((uint64_t)putter << 32 | number)};
}

static int traffic_put(struct traffic *traffic, uint32_t putter) {
    for (uint32_t i = 0; i < traffic->each; i++) {
        struct parcel parcel = parcel_of(putter, i);
        if (queue_put(traffic->queue, &parcel, sizeof parcel) != 0)
            return 1;
    }
    return 0;
}

/* Until the end of all messages. From any one putter they come in rising order. */
static int traffic_get(struct traffic *traffic) {
    int64_t last[16];
    struct parcel parcel;
    long bytes;
    memset(last, -1, sizeof last);
    while ((bytes = queue_get(traffic->queue, &parcel, sizeof parcel)) > 0) {
        if (bytes != sizeof parcel || parcel.putter >= traffic->putters ||
            parcel.number >= traffic->each ||
            parcel.check != parcel_of(parcel.putter, parcel.number).check)
            return 2;
        if (parcel.number <= last[parcel.putter])
            return 3;
        last[parcel.putter] = parcel.number;
        atomic_fetch_add_explicit(
            &traffic->seen[(uint64_t)parcel.putter * traffic->each + parcel.number], 1,
            memory_order_relaxed);
    }
    return bytes == -EPIPE ? 0 : 4;
}

static int traffic_worker(void *argument, unsigned number) {
    struct traffic *traffic = argument;
    return number < traffic->putters ? traffic_put(traffic, number) : traffic_get(traffic);
}

static void run_traffic(enum worker_kind kind, uint64_t capacity, unsigned putters,
                        unsigned getters, uint32_t messages) {
    struct arena arena = ARENA_EMPTY;
    struct traffic *traffic = take(&arena, sizeof *traffic);
    *traffic = (struct traffic){
        .queue = new_queue(&arena, capacity, sizeof(struct parcel)),
        .putters = putters,
        .getters = getters,
        .each = messages / putters,
        .seen = take(&arena, messages),
    };
    struct team *team = team_start(kind, putters + getters, traffic_worker, traffic);
    for (unsigned i = 0; i < putters; i++)
        join_in_time(&team->workers[i]);
    queue_close(traffic->queue);
    team_join(team);
    for (uint32_t i = 0; i < putters * traffic->each; i++)
        if (traffic->seen[i] != 1)
            fail_msg("message %u of putter %u arrived %u times", i % traffic->each,
                     i / traffic->each, traffic->seen[i]);
    assert_int_equal(queue_size(traffic->queue), 0);
    arena_close(&arena);
}

static void a_million_messages_arrive_once_and_in_order(void **state) {
    (void)state;
    run_traffic(WORKER_PROCESS, 1024, 3, 3, ROUNDS(1000000u));
}

static void many_messages_between_threads_arrive_once_and_in_order(void **state) {
    (void)state;
    run_traffic(WORKER_THREAD, 256, 3, 3, ROUNDS(200000u));
}

static void every_capacity_and_crew_delivers(void **state) {
    static const uint64_t capacities[] = {1, 2, 3, 4, 7, 100000};
    static const unsigned crews[][2] = {{1, 1}, {1, 4}, {4, 1}, {3, 2}};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++)
        for (size_t j = 0; j < sizeof crews / sizeof *crews; j++)
            run_traffic(kind_of(state), capacities[i], crews[j][0], crews[j][1], ROUNDS(6000u));
}

static void one_user_sees_the_ring_wrap(void **state) {
    (void)state;
    for (uint64_t capacity = 1; capacity <= 5; capacity++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, capacity, sizeof(uint64_t));
        for (uint64_t i = 0, got = 0; i < 100; i++) {
            put_number(queue, i);
            if (queue_size(queue) == capacity)
                while (queue_size(queue) > i % capacity)
                    get_number(queue, got++);
        }
        arena_close(&arena);
    }
}

static void its_size_says_whether_it_is_empty_or_full(void **state) {
    (void)state;
    for (uint64_t capacity = 1; capacity <= 3; capacity++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, capacity, sizeof(uint64_t));
        for (uint64_t size = 0; size <= capacity; size++) {
            assert_int_equal(queue_size(queue), size);
            assert_int_equal(queue_empty(queue), size == 0);
            assert_int_equal(queue_full(queue), size == capacity);
            if (size < capacity)
                put_number(queue, size);
        }
        queue_close(queue);
        assert_true(queue_full(queue));
        for (uint64_t i = 0; i < capacity; i++)
            get_number(queue, i);
        assert_true(queue_empty(queue));
        arena_close(&arena);
    }
}

struct watched {
    struct queue *queue;
    _Atomic uint32_t over; /* everybody may go */
};

static int put_until_over(void *argument, unsigned number) {
    struct watched *watched = argument;
    while (!atomic_load(&watched->over))
        queue_put_until(watched->queue, &number, sizeof number, clock_after_ns(MS));
    return 0;
}

static int get_until_over(void *argument, unsigned number) {
    struct watched *watched = argument;
    uint64_t message;
    (void)number;
    while (!atomic_load(&watched->over))
        queue_get_until(watched->queue, &message, sizeof message, clock_after_ns(MS));
    return 0;
}

/* Who looks from outside sees what there was at one instant, never more than fits. */
static void its_size_never_exceeds_its_capacity(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct watched *watched = take(&arena, sizeof *watched);
    watched->queue = new_queue(&arena, 2, sizeof(uint64_t));
    struct team *team = team_start(kind_of(state), 1, put_until_over, watched);
    team_add(team, kind_of(state), get_until_over, watched);
    uint64_t deadline = clock_after_ns(500 * MS), most = 0;
    while (clock_now_ns() < deadline)
        for (int i = 0; i < 1000; i++) {
            uint64_t size = queue_size(watched->queue);
            most = size > most ? size : most;
        }
    atomic_store(&watched->over, 1);
    team_join(team);
    assert_in_range(most, 1, 2);
    arena_close(&arena);
}

/* ---- sizes ---- */

static const size_t sizes[] = {1, 2, 15, 16, 17, 47, 48, 49, 64, 4096, 65537, 1 << 20, 4 << 20};

static unsigned char byte_of(size_t size, size_t at) {
    return (unsigned char)((size * 31 + at * 7 + at / 251) & 0xFF);
}

struct large {
    struct queue *queue;
    size_t size;
};

static int put_shrinking_messages(void *argument, unsigned number) {
    struct large *large = argument;
    unsigned char *message = malloc(large->size);
    (void)number;
    for (unsigned round = 0; round < 3; round++)
        for (size_t size = large->size; size > 0; size /= 2) {
            for (size_t i = 0; i < size; i++)
                message[i] = byte_of(size, i);
            if (queue_put(large->queue, message, size) != 0)
                return 1;
        }
    free(message);
    queue_close(large->queue);
    return 0;
}

static void messages_of_every_size_are_whole(void **state) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena arena = ARENA_EMPTY;
        struct large *large = take(&arena, sizeof *large);
        *large = (struct large){new_queue(&arena, 3, sizes[i]), sizes[i]};
        struct team *team = team_start(kind_of(state), 1, put_shrinking_messages, large);
        unsigned char *message = take(&arena, sizes[i]);
        uint64_t messages = 0;
        long bytes;
        while ((bytes = queue_get(large->queue, message, sizes[i])) > 0) {
            messages++;
            for (size_t at = 0; at < (size_t)bytes; at++)
                if (message[at] != byte_of((size_t)bytes, at))
                    fail_msg("byte %zu of %ld is wrong", at, bytes);
        }
        assert_int_equal(bytes, -EPIPE);
        assert_true(messages >= 3);
        team_join(team);
        arena_close(&arena);
    }
}

static void wrong_sizes_are_refused(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, 10), *none = NULL;
    char buffer[11] = "0123456789";
    assert_int_equal(queue_put(queue, buffer, 0), -EMSGSIZE);
    assert_int_equal(queue_put(queue, buffer, 11), -EMSGSIZE);
    assert_int_equal(queue_put(queue, buffer, 10), 0);
    assert_int_equal(queue_get(queue, buffer, 9), -EMSGSIZE);
    assert_int_equal(queue_size(queue), 1); /* and it is still there */
    assert_int_equal(queue_get(queue, buffer, 11), 10);
    assert_true(queue_open(&arena, UINT64_MAX / 2, 1000, &none) < 0);
    assert_true(queue_open(&arena, 1, SIZE_MAX, &none) < 0);
    arena_close(&arena);
}

static void messages_in_place_are_aligned(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 5, 33);
    for (unsigned i = 0; i < 10; i++) {
        const void *message = NULL;
        put_number(queue, i);
        assert_int_equal(queue_front(queue, &message), sizeof(uint64_t));
        assert_int_equal((uintptr_t)message % 16, 0);
        queue_drop(queue);
    }
    arena_close(&arena);
}

static void put_some_puts_what_fits(void **state) {
    static const uint64_t numbers[] = {1, 2, 3, 4, 5};
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 3, sizeof(uint64_t));
    assert_int_equal(queue_put_some(queue, numbers, sizeof *numbers, 2), 2);
    assert_int_equal(queue_put_some(queue, numbers + 2, sizeof *numbers, 3), 1);
    get_number(queue, 1);
    get_number(queue, 2);
    assert_int_equal(queue_put_some(queue, numbers + 3, sizeof *numbers, 2), 2);
    for (uint64_t number = 3; number <= 5; number++)
        get_number(queue, number);
    assert_int_equal(queue_put_some(queue, numbers, sizeof *numbers + 1, 1), -EMSGSIZE);
    queue_close(queue);
    assert_int_equal(queue_put_some(queue, numbers, sizeof *numbers, 1), -EPIPE);
    assert_true(queue_empty(queue));
    arena_close(&arena);
}

/* ---- time ---- */

static void get_and_put_give_up_near_their_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 1, sizeof(uint64_t));
    uint64_t number = 1;
    uint64_t start = clock_now_ns();
    assert_int_equal(queue_get_until(queue, &number, sizeof number, start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    put_number(queue, 5);
    start = clock_now_ns();
    assert_int_equal(queue_put_until(queue, &number, sizeof number, start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    get_number(queue, 5);
    assert_int_equal(queue_size(queue), 0); /* what gave up left nothing behind */
    arena_close(&arena);
}

static void deadline_0_and_past_ones_try_once(void **state) {
    static const uint64_t deadlines[] = {0, 1};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, 1, sizeof(uint64_t));
        uint64_t number = 7, deadline = deadlines[i];
        assert_int_equal(queue_get_until(queue, &number, sizeof number, deadline), -ETIMEDOUT);
        assert_int_equal(queue_put_until(queue, &number, sizeof number, deadline), 0);
        assert_int_equal(queue_put_until(queue, &number, sizeof number, deadline), -ETIMEDOUT);
        assert_int_equal(queue_get_until(queue, &number, sizeof number, deadline), 8);
        assert_int_equal(number, 7);
        queue_close(queue);
        assert_int_equal(queue_put_until(queue, &number, sizeof number, deadline), -EPIPE);
        assert_int_equal(queue_get_until(queue, &number, sizeof number, deadline), -EPIPE);
        arena_close(&arena);
    }
}

static int put_one_in_time(void *argument, unsigned number) {
    uint64_t message = number;
    return queue_put_until(argument, &message, sizeof message, clock_after_ns(300 * MS)) == 0 ? 0
                                                                                              : 1;
}

/* Putters are woken late, at half empty; but who has waited to the deadline looks once more. */
static void a_timed_put_finds_room_at_its_deadline(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 4, sizeof(uint64_t));
    for (uint64_t i = 0; i < 4; i++)
        put_number(queue, i);
    struct team *team = team_start(kind_of(state), 1, put_one_in_time, queue);
    assert_true(reaches(&queue->not_full.waiters, 1));
    get_number(queue, 0);
    team_join(team);
    assert_int_equal(queue_size(queue), 4);
    arena_close(&arena);
}

/* ---- wakes ---- */

static int get_the_7(void *argument, unsigned number) {
    uint64_t message = 0;
    (void)number;
    return queue_get(argument, &message, sizeof message) == sizeof message && message == 7 ? 0 : 1;
}

static int put_a_number(void *argument, unsigned number) {
    uint64_t message = number;
    return queue_put(argument, &message, sizeof message) == 0 ? 0 : 1;
}

/* A wake that was spent on the dead, here one that was never given: queue_wake makes up for it. */
static void wake_makes_a_getter_look_again(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    struct team *team = team_start(kind_of(state), 1, get_the_7, queue);
    assert_true(reaches(&queue->not_empty.waiters, 1));
    sleep_ms(20); /* until it sleeps */
    queue_wake(queue);
    atomic_fetch_sub(&queue->not_empty.waiters, 1);
    put_number(queue, 7);
    atomic_fetch_add(&queue->not_empty.waiters, 1);
    sleep_ms(20);
    queue_wake(queue);
    team_join(team);
    assert_true(queue_empty(queue));
    arena_close(&arena);
}

/* One call puts a message for each, so it wakes each. */
static void put_some_wakes_a_getter_for_each(void **state) {
    static const uint64_t sevens[] = {7, 7, 7};
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 4, sizeof(uint64_t));
    struct team *team = team_start(kind_of(state), 3, get_the_7, queue);
    assert_true(reaches(&queue->not_empty.waiters, 3));
    sleep_ms(20); /* until they sleep */
    assert_int_equal(queue_put_some(queue, sevens, sizeof *sevens, 3), 3);
    team_join(team);
    assert_true(queue_empty(queue));
    arena_close(&arena);
}

static void wake_makes_a_putter_look_again(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 1, sizeof(uint64_t));
    put_number(queue, 7);
    struct team *team = team_start(kind_of(state), 1, put_a_number, queue);
    assert_true(reaches(&queue->not_full.waiters, 1));
    sleep_ms(20);
    queue_wake(queue);
    atomic_fetch_sub(&queue->not_full.waiters, 1);
    get_number(queue, 7);
    atomic_fetch_add(&queue->not_full.waiters, 1);
    sleep_ms(20);
    queue_wake(queue);
    team_join(team);
    get_number(queue, 0);
    arena_close(&arena);
}

/* ---- the end ---- */

static int expect_end_of_get(void *argument, unsigned number) {
    uint64_t message;
    (void)number;
    return queue_get(argument, &message, sizeof message) == -EPIPE ? 0 : 1;
}

static int expect_end_of_put(void *argument, unsigned number) {
    uint64_t message = number;
    return queue_put(argument, &message, sizeof message) == -EPIPE ? 0 : 1;
}

static void close_wakes_blocked_getters(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    struct team *team = team_start(kind_of(state), 5, expect_end_of_get, queue);
    assert_true(reaches(&queue->not_empty.waiters, 5));
    queue_close(queue);
    team_join(team);
    arena_close(&arena);
}

static void close_wakes_blocked_putters(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    put_number(queue, 1);
    put_number(queue, 2);
    struct team *team = team_start(kind_of(state), 5, expect_end_of_put, queue);
    assert_true(reaches(&queue->not_full.waiters, 5));
    queue_close(queue);
    team_join(team);
    get_number(queue, 1);
    get_number(queue, 2);
    arena_close(&arena);
}

static void a_closed_queue_is_drained_first(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 4, sizeof(uint64_t));
    uint64_t number = 4;
    for (uint64_t i = 0; i < 3; i++)
        put_number(queue, i);
    queue_close(queue);
    queue_close(queue);
    assert_int_equal(queue_put(queue, &number, sizeof number), -EPIPE);
    for (uint64_t i = 0; i < 3; i++)
        get_number(queue, i);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(queue_get(queue, &number, sizeof number), -EPIPE);
    arena_close(&arena);
}

/* ---- the getter that polls ---- */

static void front_and_drop_take_without_copying(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    const void *message = NULL;
    assert_int_equal(queue_front(queue, &message), -EAGAIN);
    assert_false(queue_ready(queue));
    put_number(queue, 8);
    put_number(queue, 9);
    for (uint64_t number = 8; number <= 9; number++) {
        assert_true(queue_ready(queue));
        for (unsigned again = 0; again < 2; again++) {
            assert_int_equal(queue_front(queue, &message), sizeof(uint64_t));
            assert_int_equal(*(const uint64_t *)message, number);
        }
        queue_drop(queue);
    }
    assert_false(queue_ready(queue));
    put_number(queue, 10);
    queue_close(queue);
    assert_true(queue_ready(queue));
    assert_int_equal(queue_front(queue, &message), sizeof(uint64_t));
    queue_drop(queue);
    assert_true(queue_ready(queue)); /* for the end */
    assert_int_equal(queue_front(queue, &message), -EPIPE);
    arena_close(&arena);
}

static void several_are_seen_and_then_dropped(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 3, sizeof(uint64_t));
    const void *message = NULL;
    for (uint64_t first = 0; first < 20; first += 2) { /* also round the ring's end */
        put_number(queue, first);
        put_number(queue, first + 1);
        for (uint64_t ahead = 0; ahead < 2; ahead++) {
            assert_int_equal(queue_peek(queue, ahead, &message), sizeof(uint64_t));
            assert_int_equal(*(const uint64_t *)message, first + ahead);
        }
        assert_int_equal(queue_peek(queue, 2, &message), -EAGAIN);
        assert_int_equal(queue_size(queue), 2); /* until they are dropped */
        queue_drop_some(queue, 2);
        assert_true(queue_empty(queue));
    }
    put_number(queue, 1);
    queue_close(queue);
    assert_int_equal(queue_peek(queue, 1, &message), -EPIPE);
    arena_close(&arena);
}

static void drop_wakes_a_putter(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 1, sizeof(uint64_t));
    put_number(queue, 1);
    struct team *team = team_start(kind_of(state), 1, put_one_in_time, queue);
    assert_true(reaches(&queue->not_full.waiters, 1));
    queue_drop(queue);
    team_join(team);
    get_number(queue, 0);
    arena_close(&arena);
}

static bool rings(struct bell *bell, int timeout_ms) {
    struct pollfd listen = {.fd = bell->fd, .events = POLLIN};
    bool rung = poll(&listen, 1, timeout_ms) == 1;
    bell_disarm(bell);
    return rung;
}

static void a_half_full_queue_rings(void **state) {
    (void)state;
    for (uint64_t capacity = 1; capacity <= 6; capacity++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, capacity, sizeof(uint64_t));
        queue->on_half_full = take(&arena, sizeof(struct bell));
        assert_int_equal(bell_open(queue->on_half_full), 0);
        for (uint64_t size = 1; size <= capacity; size++) {
            bell_arm(queue->on_half_full);
            put_number(queue, size);
            assert_int_equal(rings(queue->on_half_full, 0), 2 * size >= capacity);
        }
        bell_arm(queue->on_half_full);
        queue_close(queue);
        assert_true(rings(queue->on_half_full, 0));
        bell_close(queue->on_half_full);
        arena_close(&arena);
    }
}

static void a_getter_that_finds_nothing_rings(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    queue->on_empty = take(&arena, sizeof(struct bell));
    assert_int_equal(bell_open(queue->on_empty), 0);
    bell_arm(queue->on_empty);
    struct team *team = team_start(kind_of(state), 1, expect_end_of_get, queue);
    assert_true(rings(queue->on_empty, (int)(PATIENCE_NS / MS)));
    assert_true(reaches(&queue->not_empty.waiters, 1));
    bell_arm(queue->on_empty);
    put_number(queue, 1); /* one that finds something does not, before it looks for the next */
    join_in_time(&team->workers[0]);
    assert_int_equal(team->workers[0].exitcode, 1);
    assert_false(rings(queue->on_empty, 0));
    bell_close(queue->on_empty);
    arena_close(&arena);
}

/* Workers turn orders into answers; the test polls for the answers and hears of them by bell only.
 */
struct office {
    struct queue *orders, *answers;
    struct bell *bell;
};

static int answer(void *argument, unsigned number) {
    struct office *office = argument;
    uint64_t order;
    (void)number;
    while (queue_get(office->orders, &order, sizeof order) > 0) {
        order = ~order;
        if (queue_put(office->answers, &order, sizeof order) != 0)
            return 1;
    }
    return 0;
}

static bool await_answer(struct office *office) {
    while (!queue_ready(office->answers)) {
        bell_arm(office->bell);
        if (!queue_ready(office->answers) && !rings(office->bell, (int)(PATIENCE_NS / MS)))
            return false;
        bell_disarm(office->bell);
    }
    return true;
}

/* `ahead` orders are under way at any time; the sum proves that each was answered once. */
static void run_office(enum worker_kind kind, uint64_t orders, uint64_t answers, unsigned workers,
                       uint64_t ahead) {
    struct arena arena = ARENA_EMPTY;
    struct office *office = take(&arena, sizeof *office);
    uint64_t total = (uint64_t)ROUNDS(3000), sum = 0, given = 0;
    *office = (struct office){
        .orders = new_queue(&arena, orders, sizeof(uint64_t)),
        .answers = new_queue(&arena, answers, sizeof(uint64_t)),
        .bell = take(&arena, sizeof(struct bell)),
    };
    assert_int_equal(bell_open(office->bell), 0);
    office->orders->on_empty = office->bell;
    office->answers->on_half_full = office->bell;
    struct team *team = team_start(kind, workers, answer, office);
    for (uint64_t taken = 0; taken < total; taken++) {
        const void *message = NULL;
        while (given < total && given < taken + ahead &&
               queue_put_until(office->orders, &given, sizeof given, 0) == 0)
            given++;
        assert_true(await_answer(office));
        assert_int_equal(queue_front(office->answers, &message), sizeof(uint64_t));
        sum += ~*(const uint64_t *)message;
        queue_drop(office->answers);
    }
    assert_int_equal(sum, total * (total - 1) / 2);
    queue_close(office->orders);
    team_join(team);
    bell_close(office->bell);
    arena_close(&arena);
}

static void a_polling_getter_hears_of_every_message(void **state) {
    static const uint64_t queues[][3] = {/* orders, answers, ahead */
                                         {1, 1, 1},   {1, 1, 5},        {4, 1, 100},
                                         {1, 8, 100}, {3, 3, 3},        {16, 64, 16},
                                         {64, 2, 64}, {100, 100, 1000}, {16, 100, 1}};
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++)
        for (unsigned workers = 1; workers <= 4; workers += 3)
            run_office(kind_of(state), queues[i][0], queues[i][1], workers, queues[i][2]);
}

/* ---- messages that stand for work ---- */

/* A queue of numbers of tasks, and who has them. */
struct jobs {
    struct queue *queue;
    struct lease_table *leases;
    _Atomic uint32_t *got; /* by task: how often somebody got it */
    _Atomic uint32_t killer, over;
};

struct applicant {
    struct jobs *jobs;
    unsigned worker;
};

enum { KILLER_NONE, KILLER_BEFORE_CLAIM, KILLER_AFTER_CLAIM };

static bool claim_job(void *context, const void *message) {
    const struct applicant *applicant = context;
    struct jobs *jobs = applicant->jobs;
    uint64_t task;
    memcpy(&task, message, sizeof task);
    if (atomic_load(&jobs->killer) == KILLER_BEFORE_CLAIM)
        raise(SIGKILL);
    bool ours = lease_claim(jobs->leases, task, applicant->worker);
    if (atomic_load(&jobs->killer) == KILLER_AFTER_CLAIM)
        raise(SIGKILL);
    return ours;
}

static struct jobs *new_jobs(struct arena *arena, uint64_t capacity, uint64_t tasks) {
    struct jobs *jobs = take(arena, sizeof *jobs);
    jobs->queue = new_queue(arena, capacity, sizeof(uint64_t));
    jobs->got = take(arena, tasks * sizeof *jobs->got);
    assert_int_equal(lease_open(arena, tasks, &jobs->leases), 0);
    return jobs;
}

/* The task, or -errno. */
static long get_job(struct jobs *jobs, unsigned worker, uint64_t deadline_ns) {
    struct applicant applicant = {jobs, worker};
    uint64_t task = 0;
    long bytes = queue_get_claimed(jobs->queue, &task, sizeof task, deadline_ns,
                                   &(struct queue_claim){claim_job, &applicant});
    return bytes == sizeof task ? (long)task : bytes < 0 ? bytes : -EBADMSG;
}

static void what_cannot_be_claimed_is_removed(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct jobs *jobs = new_jobs(&arena, 8, 8);
    char small[4];
    assert_true(lease_claim(jobs->leases, 0, 5));
    assert_true(lease_claim(jobs->leases, 2, 5));
    assert_true(lease_claim(jobs->leases, 3, 5));
    for (uint64_t task = 0; task < 4; task++)
        put_number(jobs->queue, task);
    assert_int_equal(queue_get_claimed(jobs->queue, small, sizeof small, 0,
                                       &(struct queue_claim){claim_job, NULL}),
                     -EMSGSIZE);
    assert_int_equal(queue_size(jobs->queue), 4);
    assert_int_equal(get_job(jobs, 1, CLOCK_NEVER), 1);
    assert_int_equal(queue_size(jobs->queue), 2);
    uint64_t start = clock_now_ns();
    assert_int_equal(get_job(jobs, 1, start + 50 * MS), -ETIMEDOUT);
    assert_in_range(clock_now_ns() - start, 50 * MS, 2000 * MS);
    assert_true(queue_empty(jobs->queue));
    put_number(jobs->queue, 3);
    assert_int_equal(get_job(jobs, 1, 0), -ETIMEDOUT);
    put_number(jobs->queue, 3);
    put_number(jobs->queue, 4);
    queue_close(jobs->queue);
    assert_int_equal(get_job(jobs, 1, 0), 4);
    assert_int_equal(get_job(jobs, 1, 0), -EPIPE);
    assert_int_equal(lease_held_by(jobs->leases, 1), 1);
    arena_close(&arena);
}

static void removing_what_cannot_be_claimed_makes_room(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct jobs *jobs = new_jobs(&arena, 1, 2);
    assert_true(lease_claim(jobs->leases, 1, 5));
    put_number(jobs->queue, 1);
    struct team *team = team_start(kind_of(state), 1, put_a_number, jobs->queue);
    assert_true(reaches(&jobs->queue->not_full.waiters, 1));
    assert_int_equal(get_job(jobs, 1, clock_after_ns(PATIENCE_NS)), 0); /* the putter's */
    team_join(team);
    arena_close(&arena);
}

static int get_jobs(void *argument, unsigned number) {
    struct jobs *jobs = argument;
    long task;
    while ((task = get_job(jobs, number, CLOCK_NEVER)) >= 0)
        atomic_fetch_add(&jobs->got[task], 1);
    return task == -EPIPE ? 0 : 1;
}

/* Every message comes twice, as if a getter had died each time before it could remove it. */
static void each_job_is_got_once_whatever_its_messages(void **state) {
    struct arena arena = ARENA_EMPTY;
    uint64_t tasks = (uint64_t)ROUNDS(30000);
    struct jobs *jobs = new_jobs(&arena, 16, tasks);
    struct team *team = team_start(kind_of(state), 4, get_jobs, jobs);
    for (uint64_t task = 0; task < tasks; task++) {
        put_number(jobs->queue, task);
        put_number(jobs->queue, task ? task - 1 : 0);
    }
    queue_close(jobs->queue);
    team_join(team);
    for (uint64_t task = 0; task < tasks; task++)
        assert_int_equal(jobs->got[task], 1);
    arena_close(&arena);
}

/* Of two jobs one may be leased to worker 1, which is dead: each is held by it, or can be got by
 * another, once. Then the queue works as before. */
static void expect_nothing_lost(struct jobs *jobs) {
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    int64_t held = lease_held_by(jobs->leases, 1);
    assert_in_range(held + 1, 0, 1);
    if (held < 0)
        assert_int_equal(get_job(jobs, 2, deadline), 0);
    assert_int_equal(get_job(jobs, 2, deadline), 1);
    assert_int_equal(get_job(jobs, 2, 0), -ETIMEDOUT);
    put_number(jobs->queue, 2);
    put_number(jobs->queue, 3);
    assert_int_equal(get_job(jobs, 2, deadline), 2);
    assert_int_equal(get_job(jobs, 2, deadline), 3);
    assert_true(queue_empty(jobs->queue));
}

static int get_one_job(void *argument, unsigned number) {
    (void)number;
    return get_job(argument, 1, CLOCK_NEVER) >= 0 ? 0 : 1;
}

static void a_job_is_not_lost_with_its_getter(void **state) {
    static const uint32_t killers[] = {KILLER_BEFORE_CLAIM, KILLER_AFTER_CLAIM};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct arena arena = ARENA_EMPTY;
        struct jobs *jobs = new_jobs(&arena, 2, 4);
        put_number(jobs->queue, 0);
        put_number(jobs->queue, 1);
        atomic_store(&jobs->killer, killers[i]);
        struct team *team = team_start(WORKER_PROCESS, 1, get_one_job, jobs);
        join_in_time(&team->workers[0]);
        assert_int_equal(team->workers[0].exitcode, -SIGKILL);
        atomic_store(&jobs->killer, KILLER_NONE);
        assert_int_equal(lease_held_by(jobs->leases, 1), i == 0 ? -1 : 0);
        assert_int_equal(queue_size(jobs->queue), 2);
        expect_nothing_lost(jobs);
        arena_close(&arena);
    }
}

/* ---- killed after any instruction ---- */

/* Says when it is over: what comes behind is not worth stepping through. */
static int be_stepped_through_a_get(void *argument, unsigned number) {
    struct jobs *jobs = argument;
    (void)ask_to_be_stepped(NULL, number);
    raise(SIGSTOP);
    long task = get_job(jobs, 1, CLOCK_NEVER);
    atomic_store(&jobs->over, 1);
    return task == 0 ? 0 : 1;
}

static int be_stepped_through_a_put(void *argument, unsigned number) {
    struct jobs *jobs = argument;
    (void)ask_to_be_stepped(NULL, number);
    raise(SIGSTOP);
    int err = queue_put(jobs->queue, &(uint64_t){0}, sizeof(uint64_t));
    atomic_store(&jobs->over, 1);
    return err ? 1 : 0;
}

static void run_and_kill(worker_main *main, struct jobs *jobs, unsigned instructions) {
    struct worker worker;
    assert_int_equal(worker_start(&worker, WORKER_PROCESS, "stepped", 1, main, jobs), 0);
    assert_true(await_step(worker.pid));
    assert_true(steps_go(worker.pid, instructions));
    kill_and_join(&worker);
}

/* Whether the getter dies before it is over. */
static bool kill_a_getter(unsigned instructions, bool *held) {
    struct arena arena = ARENA_EMPTY;
    struct jobs *jobs = new_jobs(&arena, 2, 5);
    put_number(jobs->queue, 4);
    assert_int_equal(get_job(jobs, 3, 0), 4); /* what the linker does once is done */
    put_number(jobs->queue, 0);
    put_number(jobs->queue, 1);
    run_and_kill(be_stepped_through_a_get, jobs, instructions);
    bool over = atomic_load(&jobs->over);
    *held = lease_held_by(jobs->leases, 1) == 0;
    expect_nothing_lost(jobs);
    arena_close(&arena);
    return !over;
}

static void a_getter_dead_after_any_instruction_loses_no_job(void **state) {
    (void)state;
    if (!can_step())
        return;
    bool held = false, once_held = false;
    unsigned instructions = 0;
    while (kill_a_getter(instructions, &held)) {
        assert_true(held || !once_held); /* from some instruction on */
        once_held = held;
        instructions++;
    }
    assert_true(held);
    assert_true(instructions > 100);
}

/* The same of a putter; now and then a getter sleeps meanwhile. */
static bool kill_a_putter(unsigned instructions, bool *put) {
    struct arena arena = ARENA_EMPTY;
    struct jobs *jobs = new_jobs(&arena, 2, 5);
    struct worker getter;
    put_number(jobs->queue, 4);
    assert_int_equal(get_job(jobs, 3, 0), 4);
    assert_int_equal(worker_start(&getter, WORKER_PROCESS, "getter", 1, get_one_job, jobs), 0);
    if (instructions % 4 == 0)
        assert_true(reaches(&jobs->queue->not_empty.waiters, 1));
    run_and_kill(be_stepped_through_a_put, jobs, instructions);
    bool over = atomic_load(&jobs->over);
    *put = atomic_load(&jobs->queue->put) == 2;
    queue_wake(jobs->queue); /* as a supervisor does after a death */
    put_number(jobs->queue, 1);
    join_in_time(&getter);
    assert_int_equal(getter.exitcode, 0);
    assert_int_equal(lease_held_by(jobs->leases, 1), *put ? 0 : 1);
    assert_int_equal(get_job(jobs, 2, 0), *put ? 1 : -ETIMEDOUT);
    put_number(jobs->queue, 2);
    assert_int_equal(get_job(jobs, 2, clock_after_ns(PATIENCE_NS)), 2);
    arena_close(&arena);
    return !over;
}

static void a_putter_dead_after_any_instruction_leaves_a_message_or_none(void **state) {
    (void)state;
    if (!can_step())
        return;
    bool put = false, once_put = false;
    unsigned instructions = 0;
    while (kill_a_putter(instructions, &put)) {
        assert_true(put || !once_put); /* from some instruction on */
        once_put = put;
        instructions++;
    }
    assert_true(put);
    assert_true(instructions > 100);
}

static int be_stepped_through_a_put_of_two(void *argument, unsigned number) {
    static const uint64_t tasks[] = {0, 1};
    struct jobs *jobs = argument;
    (void)ask_to_be_stepped(NULL, number);
    raise(SIGSTOP);
    int64_t put = queue_put_some(jobs->queue, tasks, sizeof *tasks, 2);
    atomic_store(&jobs->over, 1);
    return put == 2 ? 0 : 1;
}

static bool kill_a_putter_of_two(unsigned instructions, bool *put) {
    struct arena arena = ARENA_EMPTY;
    struct jobs *jobs = new_jobs(&arena, 2, 5);
    run_and_kill(be_stepped_through_a_put_of_two, jobs, instructions);
    bool over = atomic_load(&jobs->over);
    uint64_t size = queue_size(jobs->queue);
    assert_true(size == 0 || size == 2);
    *put = size == 2;
    queue_wake(jobs->queue);
    for (uint64_t task = 0; task < size; task++)
        assert_int_equal(get_job(jobs, 2, 0), task);
    put_number(jobs->queue, 2);
    assert_int_equal(get_job(jobs, 2, clock_after_ns(PATIENCE_NS)), 2);
    arena_close(&arena);
    return !over;
}

static void a_putter_dead_after_any_instruction_leaves_all_or_none(void **state) {
    (void)state;
    if (!can_step())
        return;
    bool put = false, once_put = false;
    unsigned instructions = 0;
    while (kill_a_putter_of_two(instructions, &put)) {
        assert_true(put || !once_put); /* from some instruction on */
        once_put = put;
        instructions++;
    }
    assert_true(put);
    assert_true(instructions > 100);
}

/* ---- killed users ---- */

enum { LIVES = 1000, LETTER_WORDS = 20000 };

/* A letter is large, so that most kills fall into its copying, under the lock. */
struct letter {
    uint32_t life, number; /* life: a putter that was never replaced by another */
    uint64_t words[LETTER_WORDS];
};

struct post {
    struct queue *queue;
    _Atomic uint32_t stop;
    uint32_t lives;                   /* begun; the test's */
    _Atomic uint32_t sent[LIVES];     /* by each putter: letters whose put has returned */
    _Atomic uint32_t received[LIVES]; /* of each putter: letters that some getter took note of */
    _Atomic uint32_t highest[LIVES];  /* of each putter: the largest number taken note of */
};

static uint64_t word_of(const struct letter *letter, uint64_t at) {
    return ((uint64_t)letter->life << 40 | (uint64_t)letter->number << 20) + at;
}

static int write_letters(void *argument, unsigned life) {
    struct post *post = argument;
    struct letter *letter = malloc(sizeof *letter);
    if (!letter)
        return 1;
    letter->life = life;
    for (letter->number = 1; !atomic_load(&post->stop); letter->number++) {
        for (uint64_t i = 0; i < LETTER_WORDS; i++)
            letter->words[i] = word_of(letter, i);
        size_t bytes = sizeof *letter - (letter->number % 2 ? sizeof letter->words / 2 : 0);
        if (queue_put(post->queue, letter, bytes) != 0)
            break;
        atomic_fetch_add(&post->sent[life], 1);
    }
    free(letter);
    return 0;
}

static bool is_whole(const struct letter *letter, size_t bytes) {
    size_t words = (bytes - offsetof(struct letter, words)) / sizeof(uint64_t);
    if (words != (letter->number % 2 ? LETTER_WORDS / 2 : LETTER_WORDS))
        return false;
    for (uint64_t i = 0; i < words; i++)
        if (letter->words[i] != word_of(letter, i))
            return false;
    return true;
}

/* Only one getter lives at a time, so numbers of a putter rise; equal ones were delivered twice. */
static int read_letters(void *argument, unsigned number) {
    struct post *post = argument;
    struct letter *letter = malloc(sizeof *letter);
    long bytes;
    (void)number;
    if (!letter)
        return 1;
    while ((bytes = queue_get(post->queue, letter, sizeof *letter)) > 0) {
        if (letter->life >= LIVES || !is_whole(letter, (size_t)bytes))
            return 2;
        if (letter->number <= atomic_load(&post->highest[letter->life]))
            return 3;
        atomic_store(&post->highest[letter->life], letter->number);
        atomic_fetch_add(&post->received[letter->life], 1);
    }
    free(letter);
    return bytes == -EPIPE ? 0 : 4;
}

static void replace(struct post *post, struct worker *worker, worker_main *main) {
    unsigned number = main == write_letters ? post->lives++ : 0;
    assert_int_equal(worker_start(worker, WORKER_PROCESS, "again", number, main, post), 0);
}

static void random_nap(uint32_t *seed) {
    struct timespec nap = {.tv_nsec = (long)(random_next(seed) % 3000000)};
    nanosleep(&nap, NULL);
}

static void check_post(const struct post *post, uint32_t getters_killed) {
    uint32_t sent = 0, received = 0;
    for (uint32_t life = 0; life < post->lives; life++) {
        /* A put may have been committed by a putter that died before it could note it. */
        assert_true(post->highest[life] <= post->sent[life] + 1);
        assert_true(post->received[life] <= post->highest[life]);
        sent += post->sent[life];
        received += post->received[life];
    }
    assert_true(received > 0);
    /* Each dead getter may have taken one letter that it could not take note of. */
    if (received + getters_killed < sent)
        fail_msg("%u letters sent, %u received, %u getters killed", sent, received, getters_killed);
}

/* Kills among `putters` and one getter; the chances are that of `putter_share` in 4. */
static void run_post(uint64_t capacity, unsigned putters, uint32_t putter_share, uint32_t seed) {
    struct arena arena = ARENA_EMPTY;
    struct post *post = take(&arena, sizeof *post);
    struct worker *workers = team_new()->workers, *getter = &workers[putters];
    uint32_t getters_killed = 0;
    post->queue = new_queue(&arena, capacity, sizeof(struct letter));
    for (unsigned i = 0; i < putters; i++)
        replace(post, &workers[i], write_letters);
    replace(post, getter, read_letters);
    for (unsigned i = 0; i < ROUNDS(150u); i++) {
        random_nap(&seed);
        bool is_putter = random_next(&seed) % 4 < putter_share;
        struct worker *victim = is_putter ? &workers[random_next(&seed) % putters] : getter;
        if (!worker_is_alive(victim))
            fail_msg("a %s ended by itself, with %d", is_putter ? "putter" : "getter",
                     victim->exitcode);
        kill_and_join(victim);
        queue_wake(post->queue); /* as a supervisor does after a death */
        getters_killed += !is_putter;
        replace(post, victim, is_putter ? write_letters : read_letters);
    }
    atomic_store(&post->stop, 1);
    for (unsigned i = 0; i < putters; i++) {
        join_in_time(&workers[i]);
        assert_int_equal(workers[i].exitcode, 0);
    }
    queue_close(post->queue);
    join_in_time(getter);
    assert_int_equal(getter->exitcode, 0);
    check_post(post, getters_killed);
    arena_close(&arena);
}

static void a_storm_of_killed_putters_leaves_whole_messages(void **state) {
    (void)state;
    run_post(1, 2, 4, 1);
    run_post(8, 3, 4, 2);
}

static void a_storm_of_killed_getters_leaves_whole_messages(void **state) {
    (void)state;
    run_post(1, 2, 0, 3);
    run_post(8, 1, 0, 4);
}

static void a_storm_of_all_kinds_leaves_whole_messages(void **state) {
    (void)state;
    run_post(3, 3, 2, 5);
}

/* Dies with the queue's lock, having written half a message where the next one belongs. */
static int die_in_the_middle_of_a_put(void *argument, unsigned number) {
    struct queue *queue = argument;
    (void)number;
    if (lock_acquire(&queue->lock) < 0)
        return 1;
    memset(queue->slots + queue->put % queue->capacity * queue->slot_bytes, 0xEE,
           queue->slot_bytes / 2);
    raise(SIGKILL);
    return 1;
}

static void a_putter_dead_with_the_lock_leaves_no_half_message(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 2, sizeof(uint64_t));
    struct team *team = team_new();
    for (uint64_t i = 0; i < 10; i++) {
        put_number(queue, i);
        team_add(team, WORKER_PROCESS, die_in_the_middle_of_a_put, queue);
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, -SIGKILL);
        assert_int_equal(queue_size(queue), 1);
        if (i % 2)
            put_number(queue, 100);
        get_number(queue, i);
        if (i % 2)
            get_number(queue, 100);
    }
    arena_close(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_user_sees_the_ring_wrap),
        TEST(a_million_messages_arrive_once_and_in_order),
        TEST(many_messages_between_threads_arrive_once_and_in_order),
        TEST_BOTH(every_capacity_and_crew_delivers),
        TEST_BOTH(messages_of_every_size_are_whole),
        TEST(its_size_says_whether_it_is_empty_or_full),
        TEST_BOTH(its_size_never_exceeds_its_capacity),
        TEST(wrong_sizes_are_refused),
        TEST(messages_in_place_are_aligned),
        TEST(put_some_puts_what_fits),
        TEST(get_and_put_give_up_near_their_deadline),
        TEST(deadline_0_and_past_ones_try_once),
        TEST_BOTH(a_timed_put_finds_room_at_its_deadline),
        TEST_BOTH(wake_makes_a_getter_look_again),
        TEST_BOTH(wake_makes_a_putter_look_again),
        TEST_BOTH(put_some_wakes_a_getter_for_each),
        TEST_BOTH(close_wakes_blocked_getters),
        TEST_BOTH(close_wakes_blocked_putters),
        TEST(a_closed_queue_is_drained_first),
        TEST(front_and_drop_take_without_copying),
        TEST(several_are_seen_and_then_dropped),
        TEST_BOTH(drop_wakes_a_putter),
        TEST(a_half_full_queue_rings),
        TEST_BOTH(a_getter_that_finds_nothing_rings),
        TEST_BOTH(a_polling_getter_hears_of_every_message),
        TEST(what_cannot_be_claimed_is_removed),
        TEST_BOTH(removing_what_cannot_be_claimed_makes_room),
        TEST_BOTH(each_job_is_got_once_whatever_its_messages),
        TEST(a_job_is_not_lost_with_its_getter),
        TEST(a_getter_dead_after_any_instruction_loses_no_job),
        TEST(a_putter_dead_after_any_instruction_leaves_a_message_or_none),
        TEST(a_putter_dead_after_any_instruction_leaves_all_or_none),
        TEST(a_storm_of_killed_putters_leaves_whole_messages),
        TEST(a_storm_of_killed_getters_leaves_whole_messages),
        TEST(a_storm_of_all_kinds_leaves_whole_messages),
        TEST(a_putter_dead_with_the_lock_leaves_no_half_message),
    };
    return cmocka_run_group_tests_name("mp_queue", tests, NULL, NULL);
}
