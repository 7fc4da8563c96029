/* Proves that messages made in slots on loan arrive whole, once and in their putter's order, beside
 * copied ones too; that a slot stays on loan when its put fails; and that a borrower killed at any
 * moment, or after any instruction, leaves a message or none, and every slot in one place. */
#include "tests/mp_steps.h"

#include "mp/queue.h"

#include <string.h>

/* A message, as long as it says. */
struct note {
    uint64_t putter, number, words;
    uint64_t body[];
};

enum { WORDS_MOST = 2000, BORROWERS = 3, LIVES = 1000 };

static size_t bytes_of(const struct note *note) {
    return sizeof *note + note->words * sizeof *note->body;
}

static void write_note(struct note *note, uint64_t putter, uint64_t number, uint64_t words) {
    note->putter = putter;
    note->number = number;
    note->words = words;
    for (uint64_t i = 0; i < words; i++)
        note->body[i] = (putter << 48 | number << 16) + i;
}

static bool is_whole(const struct note *note, size_t bytes) {
    if (bytes < sizeof *note || note->words > WORDS_MOST || bytes != bytes_of(note))
        return false;
    for (uint64_t i = 0; i < note->words; i++)
        if (note->body[i] != (note->putter << 48 | note->number << 16) + i)
            return false;
    return true;
}

static struct queue *new_queue(struct arena *arena, uint64_t capacity, uint64_t words) {
    struct queue *queue = NULL;
    size_t bytes = sizeof(struct note) + words * sizeof(uint64_t);
    assert_int_equal(queue_open_lending(arena, capacity, bytes, BORROWERS, &queue), 0);
    return queue;
}

static void *borrow(struct queue *queue, uint64_t borrower) {
    void *slot = NULL;
    assert_int_equal(queue_borrow(queue, borrower, &slot), 0);
    assert_int_equal((uintptr_t)slot % 16, 0);
    return slot;
}

static void expect_note(struct queue *queue, uint64_t putter, uint64_t number) {
    const void *message = NULL;
    long bytes = queue_front(queue, &message);
    const struct note *note = message;
    assert_true(bytes > 0);
    assert_true(is_whole(note, (size_t)bytes));
    assert_int_equal(note->putter, putter);
    assert_int_equal(note->number, number);
    queue_drop(queue);
}

/* ---- one user ---- */

static void made_in_place_or_copied_they_keep_their_order(void **state) {
    (void)state;
    for (uint64_t capacity = 1; capacity <= 5; capacity++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, capacity, 3);
        void *slots[BORROWERS];
        unsigned char copied[sizeof(struct note) + 3 * sizeof(uint64_t)];
        for (uint64_t i = 0; i < BORROWERS; i++)
            slots[i] = borrow(queue, i);
        for (uint64_t i = 0, got = 0; i < 200; i++) {
            uint64_t putter = i * 7 % (BORROWERS + 1);
            struct note *note = putter < BORROWERS ? slots[putter] : (void *)copied;
            write_note(note, putter, i, i % 4);
            if (putter < BORROWERS)
                assert_int_equal(queue_put_borrowed(queue, putter, &slots[putter], bytes_of(note)),
                                 0);
            else
                assert_int_equal(queue_put(queue, note, bytes_of(note)), 0);
            if (queue_full(queue))
                for (; queue_size(queue) > i % capacity; got++)
                    expect_note(queue, got * 7 % (BORROWERS + 1), got);
        }
        for (uint64_t i = 0; i < BORROWERS; i++)
            assert_ptr_equal(borrow(queue, i), slots[i]);
        arena_close(&arena);
    }
}

/* What lies there can be put once there is room. */
static void after_an_error_it_is_still_on_loan(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 1, 3);
    void *slot = borrow(queue, 0), *before;
    write_note(slot, 0, 1, 3);
    assert_int_equal(queue_put_borrowed(queue, 0, &slot, bytes_of(slot)), 0);
    before = slot;
    write_note(slot, 0, 2, 3);
    assert_int_equal(queue_put_borrowed(queue, 0, &slot, 0), -EMSGSIZE);
    assert_int_equal(queue_put_borrowed(queue, 0, &slot, bytes_of(slot) + 1), -EMSGSIZE);
    assert_int_equal(queue_put_borrowed_until(queue, 0, &slot, bytes_of(slot), 0), -ETIMEDOUT);
    uint64_t deadline = clock_after_ns(20 * MS);
    assert_int_equal(queue_put_borrowed_until(queue, 0, &slot, bytes_of(slot), deadline),
                     -ETIMEDOUT);
    assert_true(clock_now_ns() >= deadline);
    assert_ptr_equal(slot, before);
    expect_note(queue, 0, 1);
    assert_int_equal(queue_put_borrowed(queue, 0, &slot, bytes_of(slot)), 0);
    expect_note(queue, 0, 2);
    queue_close(queue);
    assert_int_equal(queue_put_borrowed(queue, 0, &slot, 8), -EPIPE);
    arena_close(&arena);
}

static void too_many_slots_are_refused(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct queue *none = NULL;
    assert_true(queue_open_lending(&arena, 1, 8, UINT64_MAX, &none) < 0);
    assert_true(queue_open_lending(&arena, 1, 1000, UINT64_MAX / 2, &none) < 0);
    arena_close(&arena);
}

/* ---- several ---- */

static const uint64_t each = ROUNDS(100000);

/* Borrowers, and one who has its messages copied. */
static int send_notes(void *argument, unsigned putter) {
    struct queue *queue = argument;
    _Alignas(16) unsigned char copied[sizeof(struct note) + 5 * sizeof(uint64_t)];
    void *slot = copied;
    if (putter < BORROWERS && queue_borrow(queue, putter, &slot) != 0)
        return 1;
    for (uint64_t i = 0; i < each; i++) {
        write_note(slot, putter, i, i % 6);
        int err = putter < BORROWERS ? queue_put_borrowed(queue, putter, &slot, bytes_of(slot))
                                     : queue_put(queue, slot, bytes_of(slot));
        if (err)
            return 2;
    }
    return 0;
}

static void all_arrive_once_and_in_order(void **state) {
    static const uint64_t capacities[] = {1, 2, 7, 64};
    for (unsigned i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        struct arena arena = ARENA_EMPTY;
        struct queue *queue = new_queue(&arena, capacities[i], 5);
        struct team *team = team_start(kind_of(state), BORROWERS + 1, send_notes, queue);
        uint64_t next[BORROWERS + 1] = {0};
        _Alignas(16) unsigned char buffer[sizeof(struct note) + 5 * sizeof(uint64_t)];
        for (uint64_t taken = 0; taken < (BORROWERS + 1) * each; taken++) {
            const struct note *note = (const void *)buffer;
            long bytes = queue_get_until(queue, buffer, sizeof buffer, clock_after_ns(PATIENCE_NS));
            if (bytes < 0 || !is_whole(note, (size_t)bytes) || note->putter > BORROWERS ||
                note->number != next[note->putter]++)
                fail_msg("message %ju: %ld bytes, number %ju of putter %ju", (uintmax_t)taken,
                         bytes, (uintmax_t)note->number, (uintmax_t)note->putter);
        }
        team_join(team);
        assert_true(queue_empty(queue));
        arena_close(&arena);
    }
}

static int expect_the_end(void *argument, unsigned borrower) {
    void *slot;
    if (queue_borrow(argument, borrower, &slot) != 0)
        return 1;
    write_note(slot, borrower, 0, 0);
    return queue_put_borrowed(argument, borrower, &slot, bytes_of(slot)) == -EPIPE ? 0 : 2;
}

static void close_wakes_blocked_borrowers(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct queue *queue = new_queue(&arena, 1, 1);
    assert_int_equal(queue_put(queue, "x", 1), 0);
    struct team *team = team_start(kind_of(state), BORROWERS, expect_the_end, queue);
    assert_true(reaches(&queue->not_full.waiters, BORROWERS));
    queue_close(queue);
    team_join(team);
    arena_close(&arena);
}

/* ---- killed ---- */

/* Borrower 0 puts its first message; says when it is over. */
struct stepped {
    struct queue *queue;
    _Atomic uint32_t over;
};

static int be_stepped_through_a_put(void *argument, unsigned number) {
    struct stepped *stepped = argument;
    void *slot;
    (void)ask_to_be_stepped(NULL, number);
    if (queue_borrow(stepped->queue, 0, &slot) != 0)
        return 1;
    write_note(slot, 0, 1, 3);
    raise(SIGSTOP);
    int err = queue_put_borrowed(stepped->queue, 0, &slot, bytes_of(slot));
    atomic_store(&stepped->over, 1);
    return err ? 2 : 0;
}

/* The first to enter after the death puts a copy, or is another borrower, or the dead one's
 * replacement. */
static uint64_t put_first(struct queue *queue, unsigned who, void **slots) {
    _Alignas(16) unsigned char copied[sizeof(struct note) + 3 * sizeof(uint64_t)];
    if (who == 0) {
        write_note((void *)copied, 9, 1, 3);
        assert_int_equal(queue_put(queue, copied, sizeof copied), 0);
        return 9;
    }
    uint64_t borrower = who == 1 ? 1 : 0;
    if (who == 2) {
        slots[0] = borrow(queue, 0);
        write_note(slots[0], 0, 1, 3);
    }
    assert_int_equal(
        queue_put_borrowed(queue, borrower, &slots[borrower], bytes_of(slots[borrower])), 0);
    return borrower;
}

/* Whether the borrower dies before it is over. Then each slot lies in one place: the others' are as
 * they were, and the ring goes on. */
static bool kill_a_borrower(unsigned instructions, unsigned who, bool *put) {
    struct arena arena = ARENA_EMPTY;
    struct stepped *stepped = take(&arena, sizeof *stepped);
    struct queue *queue = stepped->queue = new_queue(&arena, 2, 3);
    void *slots[BORROWERS] = {borrow(queue, 0), borrow(queue, 1), borrow(queue, 2)};
    struct worker worker;
    write_note(slots[1], 1, 1, 3);
    write_note(slots[2], 2, 1, 3);
    assert_int_equal(queue_put(queue, "x", 1), 0); /* what the linker does once is done */
    queue_drop(queue);
    assert_int_equal(
        worker_start(&worker, WORKER_PROCESS, "stepped", 0, be_stepped_through_a_put, stepped), 0);
    assert_true(await_step(worker.pid));
    assert_true(steps_go(worker.pid, instructions));
    kill_and_join(&worker);
    *put = queue_size(queue) == 1;
    queue_wake(queue); /* as a supervisor does after a death */
    uint64_t first = put_first(queue, who, slots);
    if (*put)
        expect_note(queue, 0, 1);
    expect_note(queue, first, 1);
    slots[0] = borrow(queue, 0);
    write_note(slots[0], 0, 1, 3);
    slots[1] = borrow(queue, 1);
    write_note(slots[1], 1, 1, 3);
    for (uint64_t round = 1; round < 8; round++)
        for (uint64_t i = 0; i < BORROWERS; i++) {
            assert_int_equal(queue_put_borrowed(queue, i, &slots[i], bytes_of(slots[i])), 0);
            write_note(slots[i], i, round + 1, 3);
            expect_note(queue, i, round);
        }
    bool over = atomic_load(&stepped->over);
    arena_close(&arena);
    return !over;
}

static void dead_after_any_instruction_it_leaves_a_message_or_none(void **state) {
    (void)state;
    if (!can_step())
        return;
    bool put = false, once_put = false;
    unsigned instructions = 0;
    for (unsigned again = 0; kill_a_borrower(instructions, again % 3, &put); again++) {
        assert_true(put || !once_put); /* from some instruction on */
        once_put = put;
        instructions += again % 3 == 2; /* each with each first to enter */
    }
    assert_true(put);
    assert_true(instructions > 100);
}

/* Large notes; each life of a borrower numbers its own, so that what arrives is judged by it. */
struct storm {
    struct queue *queue;
    _Atomic uint32_t stop;
    uint32_t lives[BORROWERS];               /* begun; the test's */
    _Atomic uint64_t sent[BORROWERS][LIVES]; /* puts that have returned */
    uint64_t received[BORROWERS][LIVES];
};

static int send_for_life(void *argument, unsigned number) {
    struct storm *storm = argument;
    unsigned borrower = number % BORROWERS, life = number / BORROWERS;
    void *slot;
    if (queue_borrow(storm->queue, borrower, &slot) != 0)
        return 1;
    for (uint64_t i = 0; !atomic_load(&storm->stop); i++) {
        write_note(slot, number, i, WORDS_MOST - i % 2);
        if (queue_put_borrowed(storm->queue, borrower, &slot, bytes_of(slot)) != 0)
            return 2;
        atomic_fetch_add(&storm->sent[borrower][life], 1);
    }
    return 0;
}

static void begin_life(struct storm *storm, struct worker *worker, unsigned borrower) {
    unsigned number = storm->lives[borrower]++ * BORROWERS + borrower;
    assert_int_equal(worker_start(worker, WORKER_PROCESS, "again", number, send_for_life, storm),
                     0);
}

/* Takes what is there; not what comes meanwhile. */
static void receive(struct storm *storm) {
    for (uint64_t there = queue_size(storm->queue); there > 0; there--) {
        const void *message = NULL;
        long bytes = queue_front(storm->queue, &message);
        const struct note *note = message;
        assert_true(bytes > 0);
        assert_true(is_whole(note, (size_t)bytes));
        uint64_t *received = &storm->received[note->putter % BORROWERS][note->putter / BORROWERS];
        assert_int_equal(note->number, *received);
        ++*received;
        queue_drop(storm->queue);
    }
}

static void run_storm(uint64_t capacity, uint32_t seed) {
    struct arena arena = ARENA_EMPTY;
    struct storm *storm = take(&arena, sizeof *storm);
    struct worker *workers = team_new()->workers;
    storm->queue = new_queue(&arena, capacity, WORDS_MOST);
    for (unsigned i = 0; i < BORROWERS; i++)
        begin_life(storm, &workers[i], i);
    for (unsigned i = 0; i < ROUNDS(1000u); i++) {
        unsigned victim = random_next(&seed) % BORROWERS;
        uint64_t until = clock_after_ns(random_next(&seed) % MS);
        while (clock_now_ns() < until)
            receive(storm);
        kill_and_join(&workers[victim]);
        queue_wake(storm->queue);
        if (storm->lives[victim] < LIVES)
            begin_life(storm, &workers[victim], victim);
    }
    atomic_store(&storm->stop, 1);
    for (unsigned i = 0; i < BORROWERS; i++)
        while (worker_is_alive(&workers[i]))
            receive(storm);
    receive(storm);
    for (unsigned i = 0; i < BORROWERS; i++)
        for (unsigned life = 0; life < storm->lives[i]; life++) {
            uint64_t sent = atomic_load(&storm->sent[i][life]);
            /* One may have been put by who died before it could note it. */
            assert_in_range(storm->received[i][life], sent, sent + 1);
        }
    arena_close(&arena);
}

static void a_storm_of_killed_borrowers_leaves_whole_messages(void **state) {
    (void)state;
    for (uint64_t capacity = 1; capacity <= 9; capacity += 4)
        run_storm(capacity, (uint32_t)capacity);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(made_in_place_or_copied_they_keep_their_order),
        TEST(after_an_error_it_is_still_on_loan),
        TEST(too_many_slots_are_refused),
        TEST_BOTH(all_arrive_once_and_in_order),
        TEST_BOTH(close_wakes_blocked_borrowers),
        TEST(dead_after_any_instruction_it_leaves_a_message_or_none),
        TEST(a_storm_of_killed_borrowers_leaves_whole_messages),
    };
    return cmocka_run_group_tests_name("mp_queue_loans", tests, NULL, NULL);
}
