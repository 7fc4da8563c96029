/* Proves that arena, lock, condition, value and bell do what their headers promise: between
 * processes and between threads, at deadlines, and when a worker is killed at the worst moment. */
#include "tests/mp_helpers.h"

#include "mp/bell.h"
#include "mp/condition.h"
#include "mp/lock.h"
#include "mp/value.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

/* ---- arena ---- */

static bool is_filled(const unsigned char *bytes, size_t count, unsigned char with) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != with)
            return false;
    return true;
}

static void arena_pieces_are_zeroed_aligned_and_apart(void **state) {
    enum { PIECES = 2000 };
    (void)state;
    struct arena arena = ARENA_EMPTY;
    unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = take(&arena, i * 7 + 1);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        assert_true(is_filled(pieces[i], i * 7 + 1, 0));
        memset(pieces[i], (int)(i % 251) + 1, i * 7 + 1);
    }
    for (size_t i = 0; i < PIECES; i++)
        assert_true(is_filled(pieces[i], i * 7 + 1, (unsigned char)(i % 251 + 1)));
    arena_close(&arena);
}

static void arena_gives_large_pieces_and_refuses_impossible_ones(void **state) {
    static const size_t sizes[] = {65535, 65536, 65536 - 64, 65536 - 63, 4096, 64 << 20, 1};
    (void)state;
    struct arena arena = ARENA_EMPTY;
    void *piece = NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *bytes = take(&arena, sizes[i]);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        assert_int_equal(bytes[0], 0);
        bytes[0] = bytes[sizes[i] - 1] = 1;
    }
    assert_int_equal(arena_take(&arena, SIZE_MAX, &piece), -ENOMEM);
    assert_int_equal(arena_take(&arena, SIZE_MAX - 63, &piece), -ENOMEM);
    assert_int_equal(arena_take(&arena, SIZE_MAX / 2, &piece), -ENOMEM);
    *(unsigned char *)take(&arena, 1) = 1;
    arena_close(&arena);
}

static int write_own_number(void *argument, unsigned number) {
    uint32_t *numbers = argument;
    numbers[number] = number + 1;
    return 0;
}

static void arena_is_shared_with_workers(void **state) {
    struct arena arena = ARENA_EMPTY;
    uint32_t *numbers = take(&arena, 4 * sizeof *numbers);
    struct team *team = team_start(kind_of(state), 4, write_own_number, numbers);
    team_join(team);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(numbers[i], i + 1);
    arena_close(&arena);
}

static void arena_close_unmaps_everything(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    char *pieces[3];
    for (size_t i = 0; i < 3; i++)
        pieces[i] = take(&arena, 1 << 20);
    arena_close(&arena);
    assert_null(arena.chunks);
    for (size_t i = 0; i < 3; i++) {
        void *page = (void *)((uintptr_t)pieces[i] / 4096 * 4096);
        assert_int_equal(msync(page, 4096, MS_ASYNC), -1);
        assert_int_equal(errno, ENOMEM);
    }
    arena_close(&arena); /* empty now */
    *(char *)take(&arena, 1) = 1;
    arena_close(&arena);
}

/* ---- lock ---- */

struct guarded {
    struct lock lock;
    struct condition condition;
    _Atomic uint32_t ready;
    _Atomic uint32_t stop;
    uint64_t first, second; /* not atomic: the lock guards them */
    uint32_t tokens, turn;
};

static struct guarded *guarded_open(struct arena *arena) {
    struct guarded *guarded = take(arena, sizeof *guarded);
    assert_int_equal(lock_open(&guarded->lock), 0);
    return guarded;
}

#define INCREMENTS ((uint64_t)ROUNDS(100000))

static int increment_under_lock(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    for (uint64_t i = 0; i < INCREMENTS; i++) {
        if (lock_acquire(&guarded->lock) != 0)
            return 1;
        guarded->first++;
        lock_release(&guarded->lock);
    }
    return 0;
}

static void lock_excludes(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    team_join(team_start(kind_of(state), 4, increment_under_lock, guarded));
    assert_int_equal(guarded->first, 4 * INCREMENTS);
    lock_close(&guarded->lock);
    arena_close(&arena);
}

/* Acquires, says so, and never gives back. */
static int keep_lock(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    if (lock_acquire(&guarded->lock) < 0)
        return 1;
    atomic_fetch_add(&guarded->ready, 1);
    pause_for_ever();
}

static void lock_recovers_from_a_killed_owner(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_new();
    for (uint32_t i = 0; i < 10; i++) { /* each owner but the first recovers from the one before */
        team_add(team, WORKER_PROCESS, keep_lock, guarded);
        assert_true(reaches(&guarded->ready, i + 1));
        kill_and_join(&team->workers[i]);
    }
    assert_int_equal(lock_acquire(&guarded->lock), LOCK_RECOVERED);
    lock_release(&guarded->lock);
    assert_int_equal(lock_acquire(&guarded->lock), 0);
    lock_release(&guarded->lock);
    arena_close(&arena);
}

/* Waits for the lock; its exit code is 0 when it was recovered. */
static int expect_recovery(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    atomic_fetch_add(&guarded->ready, 1);
    int err = lock_acquire(&guarded->lock);
    if (err >= 0)
        lock_release(&guarded->lock);
    return err == LOCK_RECOVERED ? 0 : 1;
}

static void lock_wakes_a_waiter_when_its_owner_is_killed(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(WORKER_PROCESS, 1, keep_lock, guarded);
    assert_true(reaches(&guarded->ready, 1));
    team_add(team, WORKER_PROCESS, expect_recovery, guarded);
    assert_true(reaches(&guarded->ready, 2));
    sleep_ms(50); /* it sleeps in the lock */
    kill_and_join(&team->workers[0]);
    join_in_time(&team->workers[1]);
    assert_int_equal(team->workers[1].exitcode, 0);
    arena_close(&arena);
}

static void lock_gives_up_near_its_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(WORKER_PROCESS, 1, keep_lock, guarded);
    assert_true(reaches(&guarded->ready, 1));
    uint64_t start = clock_now_ns();
    assert_int_equal(lock_acquire_until(&guarded->lock, start + 50 * MS), -ETIMEDOUT);
    uint64_t waited = clock_now_ns() - start;
    assert_in_range(waited, 50 * MS, 2000 * MS);
    assert_int_equal(lock_acquire_until(&guarded->lock, 0), -ETIMEDOUT);
    kill_and_join(&team->workers[0]);
    assert_int_equal(lock_acquire_until(&guarded->lock, clock_after_ns(PATIENCE_NS)),
                     LOCK_RECOVERED);
    lock_release(&guarded->lock);
    assert_int_equal(lock_acquire_until(&guarded->lock, CLOCK_NEVER), 0);
    lock_release(&guarded->lock);
    arena_close(&arena);
}

/* Two stores under the lock that a kill may part; whoever recovers repairs. */
static int change_twice(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    while (!atomic_load(&guarded->stop)) {
        int err = lock_acquire(&guarded->lock);
        if (err < 0)
            return 1;
        if (err == LOCK_RECOVERED)
            guarded->second = guarded->first;
        if (guarded->first != guarded->second)
            return 2;
        guarded->first++;
        guarded->second++;
        lock_release(&guarded->lock);
        atomic_fetch_add(&guarded->ready, 1);
    }
    return 0;
}

/* One at a time is killed at a random moment and replaced. */
static void lock_survives_a_storm_of_kills(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(WORKER_PROCESS, 3, change_twice, guarded);
    uint32_t seed = 7;
    for (unsigned i = 0; i < ROUNDS(100u); i++) {
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 2000000)};
        nanosleep(&nap, NULL);
        struct worker *victim = &team->workers[random_next(&seed) % 3];
        kill_and_join(victim);
        assert_int_equal(
            worker_start(victim, WORKER_PROCESS, "again", victim->number, change_twice, guarded),
            0);
    }
    atomic_store(&guarded->ready, 0);
    assert_true(reaches(&guarded->ready, 100)); /* they go on */
    atomic_store(&guarded->stop, 1);
    team_join(team);
    int err = lock_acquire(&guarded->lock);
    assert_true(err >= 0);
    assert_true(err == LOCK_RECOVERED || guarded->first == guarded->second);
    arena_close(&arena);
}

/* ---- condition ---- */

#define TURNS ((uint32_t)ROUNDS(20000))

/* Workers 0 and 1 alternate: a single lost wake-up ends the game. */
static int take_turns(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    for (uint32_t i = 0; i < TURNS; i++) {
        lock_acquire(&guarded->lock);
        while (guarded->turn % 2 != number)
            if (condition_wait(&guarded->condition, &guarded->lock, clock_after_ns(PATIENCE_NS)))
                return 1;
        guarded->turn++;
        lock_release(&guarded->lock);
        condition_notify(&guarded->condition);
    }
    return 0;
}

static void condition_loses_no_wake_in_ping_pong(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    team_join(team_start(kind_of(state), 2, take_turns, guarded));
    assert_int_equal(guarded->turn, 2 * TURNS);
    assert_int_equal(guarded->condition.waiters, 0);
    arena_close(&arena);
}

/* Waits until there is a token and takes it. */
static int take_token(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    lock_acquire(&guarded->lock);
    while (guarded->tokens == 0)
        if (condition_wait(&guarded->condition, &guarded->lock, CLOCK_NEVER) < 0)
            return 1;
    guarded->tokens--;
    lock_release(&guarded->lock);
    return 0;
}

static void give_tokens(struct guarded *guarded, uint32_t tokens) {
    assert_true(lock_acquire(&guarded->lock) >= 0);
    guarded->tokens += tokens;
    lock_release(&guarded->lock);
}

static void condition_notify_all_wakes_all(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    for (unsigned round = 0; round < 5; round++) {
        struct team *team = team_start(kind_of(state), 8, take_token, guarded);
        assert_true(reaches(&guarded->condition.waiters, 8));
        give_tokens(guarded, 8);
        condition_notify_all(&guarded->condition);
        team_join(team);
        assert_int_equal(guarded->tokens, 0);
    }
    arena_close(&arena);
}

static void condition_notify_wakes_one_for_each_call(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(kind_of(state), 6, take_token, guarded);
    assert_true(reaches(&guarded->condition.waiters, 6));
    for (unsigned i = 0; i < 6; i++) {
        give_tokens(guarded, 1);
        condition_notify(&guarded->condition);
    }
    team_join(team);
    assert_int_equal(guarded->tokens, 0);
    arena_close(&arena);
}

/* The lock must not be free: another process finds it held. */
static int expect_held(void *argument, unsigned number) {
    struct guarded *guarded = argument;
    (void)number;
    return lock_acquire_until(&guarded->lock, 0) == -ETIMEDOUT ? 0 : 1;
}

static void condition_times_out_with_the_lock_held(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    assert_int_equal(lock_acquire(&guarded->lock), 0);
    uint64_t start = clock_now_ns();
    int err = condition_wait(&guarded->condition, &guarded->lock, start + 50 * MS);
    uint64_t waited = clock_now_ns() - start;
    assert_int_equal(err, -ETIMEDOUT);
    assert_in_range(waited, 50 * MS, 2000 * MS);
    assert_int_equal(condition_wait(&guarded->condition, &guarded->lock, 1), -ETIMEDOUT);
    team_join(team_start(WORKER_PROCESS, 1, expect_held, guarded));
    assert_int_equal(guarded->condition.waiters, 0);
    lock_release(&guarded->lock);
    arena_close(&arena);
}

static void condition_releases_the_lock_while_it_waits(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(kind_of(state), 1, take_token, guarded);
    assert_true(reaches(&guarded->condition.waiters, 1));
    assert_int_equal(lock_acquire(&guarded->lock), 0); /* would block for ever otherwise */
    guarded->tokens = 1;
    condition_notify(&guarded->condition); /* with the lock held is allowed too */
    lock_release(&guarded->lock);
    team_join(team);
    arena_close(&arena);
}

static void condition_is_not_disturbed_by_a_killed_waiter(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    struct team *team = team_start(WORKER_PROCESS, 4, take_token, guarded);
    assert_true(reaches(&guarded->condition.waiters, 4));
    sleep_ms(20);
    kill_and_join(&team->workers[1]);
    condition_notify_all(&guarded->condition); /* nothing to find: the others sleep again */
    sleep_ms(20);
    for (unsigned i = 0; i < 3; i++) {
        give_tokens(guarded, 1);
        condition_notify(&guarded->condition);
    }
    for (unsigned i = 0; i < 4; i++)
        if (i != 1) {
            join_in_time(&team->workers[i]);
            assert_int_equal(team->workers[i].exitcode, 0);
        }
    assert_int_equal(guarded->tokens, 0);
    arena_close(&arena);
}

/* Notifies and kills race; as a supervisor must, the test wakes all after each death. */
static void condition_survives_a_storm_of_kills(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct guarded *guarded = guarded_open(&arena);
    uint32_t seed = 11;
    for (unsigned round = 0; round < ROUNDS(100u); round++) {
        struct team *team = team_start(WORKER_PROCESS, 3, take_token, guarded);
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 300000)};
        nanosleep(&nap, NULL);
        give_tokens(guarded, 3);
        for (unsigned i = 0; i < 3; i++)
            condition_notify(&guarded->condition);
        struct worker *victim = &team->workers[random_next(&seed) % 3];
        assert_int_equal(worker_kill(victim), 0);
        join_in_time(victim);
        condition_notify_all(&guarded->condition);
        for (unsigned i = 0; i < 3; i++)
            if (&team->workers[i] != victim) {
                join_in_time(&team->workers[i]);
                assert_int_equal(team->workers[i].exitcode, 0);
            }
        assert_true(guarded->tokens <= 1);
        guarded->tokens = 0;
    }
    arena_close(&arena);
}

/* ---- value ---- */

struct sums {
    struct value atomic, locked;
};

static int add_to_both(void *argument, unsigned number) {
    struct sums *sums = argument;
    for (uint64_t i = 0; i < INCREMENTS; i++) {
        value_add(&sums->atomic, number % 2 ? -1 : 3);
        if (lock_acquire(&sums->locked.lock) != 0)
            return 1;
        value_set(&sums->locked, value_get(&sums->locked) + 1);
        lock_release(&sums->locked.lock);
    }
    return 0;
}

static void value_counts_exactly(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct sums *sums = take(&arena, sizeof *sums);
    assert_int_equal(value_open(&sums->atomic, -5), 0);
    assert_int_equal(value_open(&sums->locked, INT64_MAX - 4 * (int64_t)INCREMENTS), 0);
    assert_int_equal(value_get(&sums->atomic), -5);
    team_join(team_start(kind_of(state), 4, add_to_both, sums));
    assert_int_equal(value_add(&sums->atomic, 1), 4 * (int64_t)INCREMENTS - 5);
    assert_int_equal(value_get(&sums->atomic), 4 * (int64_t)INCREMENTS - 4);
    assert_int_equal(value_get(&sums->locked), INT64_MAX);
    arena_close(&arena);
}

/* ---- bell ---- */

static bool is_rung(const struct bell *bell, int timeout_ms) {
    struct pollfd listen = {.fd = bell->fd, .events = POLLIN};
    return poll(&listen, 1, timeout_ms) == 1;
}

static void bell_writes_only_when_armed(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct bell *bell = take(&arena, sizeof *bell);
    assert_int_equal(bell_open(bell), 0);
    bell_ring(bell);
    assert_false(is_rung(bell, 0));
    bell_arm(bell);
    assert_false(is_rung(bell, 0));
    bell_ring(bell);
    bell_ring(bell);
    assert_true(is_rung(bell, 0));
    bell_disarm(bell);
    assert_false(is_rung(bell, 0));
    bell_ring(bell);
    assert_false(is_rung(bell, 0));
    bell_disarm(bell); /* without a ring: does not block */
    bell_close(bell);
    bell_close(bell);
    arena_close(&arena);
}

struct game {
    struct bell bells[2];
    _Atomic uint32_t ball; /* whose number it is modulo 2, he plays */
};

/* The listener's protocol: arm, look once more, poll, disarm. False when no bell came. */
static bool await_ball(struct game *game, uint32_t least, struct bell *bell) {
    while (atomic_load_explicit(&game->ball, memory_order_acquire) < least) {
        bell_arm(bell);
        bool rung = atomic_load_explicit(&game->ball, memory_order_acquire) >= least ||
                    is_rung(bell, (int)(PATIENCE_NS / MS));
        bell_disarm(bell);
        if (!rung)
            return false;
    }
    return true;
}

static int play(void *argument, unsigned number) {
    struct game *game = argument;
    for (uint32_t i = 0; i < TURNS; i++) {
        if (!await_ball(game, 2 * i + number, &game->bells[number]))
            return 1;
        atomic_store_explicit(&game->ball, 2 * i + number + 1, memory_order_release);
        bell_ring(&game->bells[1 - number]);
    }
    return 0;
}

static struct game *game_open(struct arena *arena) {
    struct game *game = take(arena, sizeof *game);
    assert_int_equal(bell_open(&game->bells[0]), 0);
    assert_int_equal(bell_open(&game->bells[1]), 0);
    return game;
}

static void game_close(struct game *game, struct arena *arena) {
    bell_close(&game->bells[0]);
    bell_close(&game->bells[1]);
    arena_close(arena);
}

static void bell_loses_no_wake_in_ping_pong(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct game *game = game_open(&arena);
    team_join(team_start(kind_of(state), 2, play, game));
    assert_int_equal(game->ball, 2 * TURNS);
    game_close(game, &arena);
}

/* Each adds its share and rings; the listener (the test) must learn of the last one. */
static int add_and_ring(void *argument, unsigned number) {
    struct game *game = argument;
    (void)number;
    for (uint32_t i = 0; i < TURNS; i++) {
        atomic_fetch_add_explicit(&game->ball, 1, memory_order_release);
        bell_ring(&game->bells[0]);
    }
    return 0;
}

static void bell_of_many_ringers_is_heard(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct game *game = game_open(&arena);
    struct team *team = team_start(kind_of(state), 3, add_and_ring, game);
    for (uint32_t least = 0; least <= 3 * TURNS; least += 7)
        assert_true(await_ball(game, least, &game->bells[0]));
    assert_true(await_ball(game, 3 * TURNS, &game->bells[0]));
    team_join(team);
    game_close(game, &arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(arena_pieces_are_zeroed_aligned_and_apart),
        TEST(arena_gives_large_pieces_and_refuses_impossible_ones),
        TEST_BOTH(arena_is_shared_with_workers),
        TEST(arena_close_unmaps_everything),
        TEST_BOTH(lock_excludes),
        TEST(lock_recovers_from_a_killed_owner),
        TEST(lock_wakes_a_waiter_when_its_owner_is_killed),
        TEST(lock_gives_up_near_its_deadline),
        TEST(lock_survives_a_storm_of_kills),
        TEST_BOTH(condition_loses_no_wake_in_ping_pong),
        TEST_BOTH(condition_notify_all_wakes_all),
        TEST_BOTH(condition_notify_wakes_one_for_each_call),
        TEST(condition_times_out_with_the_lock_held),
        TEST_BOTH(condition_releases_the_lock_while_it_waits),
        TEST(condition_is_not_disturbed_by_a_killed_waiter),
        TEST(condition_survives_a_storm_of_kills),
        TEST_BOTH(value_counts_exactly),
        TEST(bell_writes_only_when_armed),
        TEST_BOTH(bell_loses_no_wake_in_ping_pong),
        TEST_BOTH(bell_of_many_ringers_is_heard),
    };
    return cmocka_run_group_tests_name("mp_sync", tests, NULL, NULL);
}
