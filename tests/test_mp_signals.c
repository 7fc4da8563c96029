/* Proves that semaphore, event and barrier do what their headers promise: between processes and
 * between threads, at deadlines, and when a worker is killed while it waits. */
#include "tests/mp_helpers.h"

#include "mp/barrier.h"
#include "mp/event.h"
#include "mp/semaphore.h"

#include <sched.h>

#define WORKERS 5u

/* What a test and its workers share. */
struct scene {
    struct semaphore semaphore;
    struct event event;
    struct barrier barrier;
    _Atomic uint32_t ready, passed, lasts, inside, most;
    _Atomic uint32_t arrived[WORKERS]; /* the round that each has come to */
    uint32_t rounds;
    uint32_t actions; /* not atomic: changed by a barrier's action only */
    bool wrong;       /* an action saw what must not be */
    uint64_t written; /* not atomic: what is awaited orders it */
};

static void take_note(void *argument);

static struct scene *scene_open(struct arena *arena, uint64_t permits, uint32_t parties) {
    struct scene *scene = take(arena, sizeof *scene);
    assert_int_equal(semaphore_open(&scene->semaphore, permits), 0);
    assert_int_equal(event_open(&scene->event), 0);
    assert_int_equal(barrier_open(&scene->barrier, parties, take_note, scene), 0);
    return scene;
}

static void expect_waited(uint64_t start_ns, uint64_t least_ns) {
    assert_in_range(clock_now_ns() - start_ns, least_ns, least_ns + 2000 * MS);
}

/* They sleep in it, or are about to. */
static void expect_waiters(struct condition *condition, uint32_t count) {
    assert_true(reaches(&condition->waiters, count));
    sleep_ms(20);
}

/* ---- semaphore ---- */

static void note_most(struct scene *scene) {
    uint32_t inside = atomic_fetch_add(&scene->inside, 1) + 1, most = atomic_load(&scene->most);
    while (inside > most && !atomic_compare_exchange_weak(&scene->most, &most, inside))
        ;
}

/* Again and again inside, together with as many as there are permits. */
static int enter_often(void *argument, unsigned number) {
    struct scene *scene = argument;
    for (uint32_t i = 0; i < scene->rounds; i++) {
        if (semaphore_acquire(&scene->semaphore) != 0)
            return 1;
        note_most(scene);
        if ((i + number) % 4 == 0)
            sched_yield();
        atomic_fetch_sub(&scene->inside, 1);
        if (semaphore_release(&scene->semaphore, 1) != 0)
            return 2;
    }
    return 0;
}

static void semaphore_admits_no_more_than_its_permits(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 2, 1);
    scene->rounds = ROUNDS(20000);
    team_join(team_start(kind_of(state), WORKERS, enter_often, scene));
    assert_in_range(scene->most, 1, 2);
    assert_int_equal(scene->inside, 0);
    assert_int_equal(scene->semaphore.permits, 2);
    assert_int_equal(scene->semaphore.freed.waiters, 0);
    arena_close(&arena);
}

/* With a single permit what is inside needs no other guard. */
static int count_inside(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    for (uint32_t i = 0; i < scene->rounds; i++) {
        if (semaphore_acquire(&scene->semaphore) != 0)
            return 1;
        scene->written++;
        semaphore_release(&scene->semaphore, 1);
    }
    return 0;
}

static void semaphore_of_one_permit_excludes(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 1, 1);
    scene->rounds = ROUNDS(20000);
    team_join(team_start(kind_of(state), WORKERS, count_inside, scene));
    assert_int_equal(scene->written, WORKERS * scene->rounds);
    arena_close(&arena);
}

static int acquire_one(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    int err = semaphore_acquire_until(&scene->semaphore, clock_after_ns(PATIENCE_NS));
    atomic_fetch_add(&scene->passed, err == 0);
    return err ? 1 : 0;
}

static void semaphore_release_admits_as_many_as_it_says(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    struct team *team = team_start(kind_of(state), WORKERS, acquire_one, scene);
    expect_waiters(&scene->semaphore.freed, WORKERS);
    assert_int_equal(semaphore_release(&scene->semaphore, 0), 0); /* all look again */
    sleep_ms(20);
    assert_int_equal(atomic_load(&scene->passed), 0);
    assert_int_equal(semaphore_release(&scene->semaphore, 3), 0);
    assert_true(reaches(&scene->passed, 3));
    sleep_ms(50);
    assert_int_equal(atomic_load(&scene->passed), 3);
    assert_int_equal(semaphore_release(&scene->semaphore, 1), 0);
    assert_int_equal(semaphore_release(&scene->semaphore, 1), 0);
    team_join(team);
    assert_int_equal(semaphore_acquire_until(&scene->semaphore, 0), -ETIMEDOUT);
    arena_close(&arena);
}

static void semaphore_gives_up_at_its_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 2, 1);
    struct semaphore *semaphore = &scene->semaphore;
    assert_int_equal(semaphore_acquire_until(semaphore, 0), 0);
    assert_int_equal(semaphore_acquire_until(semaphore, 1), 0); /* there is one, so it is in time */
    uint64_t start = clock_now_ns();
    assert_int_equal(semaphore_acquire_until(semaphore, 0), -ETIMEDOUT);
    assert_int_equal(semaphore_acquire_until(semaphore, 1), -ETIMEDOUT);
    assert_int_equal(semaphore_acquire_until(semaphore, start + 50 * MS), -ETIMEDOUT);
    expect_waited(start, 50 * MS);
    assert_int_equal(semaphore->freed.waiters, 0);
    assert_int_equal(semaphore_release(semaphore, 1), 0); /* who gave up took nothing */
    assert_int_equal(semaphore_acquire(semaphore), 0);
    arena_close(&arena);
}

static int acquire_and_stay(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    if (semaphore_acquire(&scene->semaphore) != 0)
        return 1;
    pause_for_ever();
}

/* A dead waiter takes no permit; a wake that was spent on it is repeated by releasing 0. */
static void semaphore_is_not_disturbed_by_killed_waiters(void **state) {
    (void)state;
    uint32_t seed = 23;
    for (unsigned round = 0; round < ROUNDS(50u); round++) {
        struct arena arena = ARENA_EMPTY;
        struct scene *scene = scene_open(&arena, 0, 1);
        struct team *team = team_start(WORKER_PROCESS, 1, acquire_and_stay, scene);
        team_add(team, WORKER_PROCESS, acquire_one, scene);
        if (round == 0)
            expect_waiters(&scene->semaphore.freed, 2);
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 500000)};
        nanosleep(&nap, NULL);
        assert_int_equal(semaphore_release(&scene->semaphore, 1), 0);
        kill_and_join(&team->workers[0]);
        assert_int_equal(semaphore_release(&scene->semaphore, 0), 0);
        if (scene->semaphore.permits == 0 && atomic_load(&scene->passed) == 0)
            semaphore_release(&scene->semaphore, 1); /* the dead took it with them */
        join_in_time(&team->workers[1]);
        assert_int_equal(team->workers[1].exitcode, 0);
        arena_close(&arena);
    }
}

/* ---- event ---- */

/* Waits, and must see what was written before the event was set. */
static int await_event(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    if (event_wait(&scene->event) != 0)
        return 1;
    atomic_fetch_add(&scene->passed, 1);
    return scene->written == 42 ? 0 : 2;
}

static void event_releases_all_who_wait(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    struct team *team = team_start(kind_of(state), WORKERS, await_event, scene);
    expect_waiters(&scene->event.changed, WORKERS);
    assert_int_equal(atomic_load(&scene->passed), 0);
    assert_false(event_is_set(&scene->event));
    scene->written = 42;
    assert_int_equal(event_set(&scene->event), 0);
    team_join(team);
    assert_int_equal(scene->passed, WORKERS);
    assert_int_equal(scene->event.changed.waiters, 0);
    arena_close(&arena);
}

static void event_set_before_anybody_waits_holds(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    scene->written = 42;
    assert_int_equal(event_set(&scene->event), 0);
    assert_int_equal(event_set(&scene->event), 0); /* again: no change */
    team_join(team_start(kind_of(state), WORKERS, await_event, scene));
    assert_true(event_is_set(&scene->event)); /* it stays, however many passed */
    assert_int_equal(event_wait(&scene->event), 0);
    assert_int_equal(event_wait_until(&scene->event, 0), 0);
    assert_int_equal(event_wait_until(&scene->event, 1), 0);
    arena_close(&arena);
}

static void event_can_be_cleared(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    scene->written = 42;
    for (unsigned round = 0; round < 20; round++) {
        assert_false(event_is_set(&scene->event));
        struct team *team = team_start(kind_of(state), 2, await_event, scene);
        assert_true(reaches(&scene->event.changed.waiters, 2));
        assert_int_equal(atomic_load(&scene->passed), 2 * round);
        assert_int_equal(event_set(&scene->event), 0);
        team_join(team);
        assert_int_equal(event_clear(&scene->event), 0);
        assert_int_equal(event_clear(&scene->event), 0);
        assert_int_equal(event_wait_until(&scene->event, 0), -ETIMEDOUT);
    }
    arena_close(&arena);
}

static void event_gives_up_at_its_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    uint64_t start = clock_now_ns();
    assert_int_equal(event_wait_until(&scene->event, 0), -ETIMEDOUT);
    assert_int_equal(event_wait_until(&scene->event, 1), -ETIMEDOUT);
    assert_int_equal(event_wait_until(&scene->event, start + 50 * MS), -ETIMEDOUT);
    expect_waited(start, 50 * MS);
    assert_int_equal(scene->event.changed.waiters, 0);
    arena_close(&arena);
}

static int set_late(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    sleep_ms(50);
    return event_set(&scene->event) == 0 ? 0 : 1;
}

static void event_waits_until_its_deadline(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    struct team *team = team_start(kind_of(state), 1, set_late, scene);
    assert_int_equal(event_wait_until(&scene->event, clock_after_ns(PATIENCE_NS)), 0);
    team_join(team);
    arena_close(&arena);
}

static void event_is_not_disturbed_by_a_killed_waiter(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, 1);
    scene->written = 42;
    struct team *team = team_start(WORKER_PROCESS, 3, await_event, scene);
    expect_waiters(&scene->event.changed, 3);
    kill_and_join(&team->workers[1]);
    assert_int_equal(event_set(&scene->event), 0);
    for (unsigned i = 0; i < 3; i += 2) {
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, 0);
    }
    assert_int_equal(scene->passed, 2);
    arena_close(&arena);
}

/* ---- barrier ---- */

/* The barrier's action: everybody has arrived, nobody has passed, and it is the first time. */
static void take_note(void *argument) {
    struct scene *scene = argument;
    for (uint32_t i = 0; i < scene->barrier.parties && i < WORKERS; i++)
        scene->wrong |= atomic_load(&scene->arrived[i]) != scene->actions + 1;
    scene->wrong |= atomic_load(&scene->passed) != scene->actions * scene->barrier.parties;
    scene->actions++;
}

/* Many rounds; nobody is ever a round ahead of one who has not arrived. */
static int meet_often(void *argument, unsigned number) {
    struct scene *scene = argument;
    for (uint32_t round = 1; round <= scene->rounds; round++) {
        atomic_store(&scene->arrived[number], round);
        if ((round + number) % 8 == 0)
            sched_yield();
        int arrived = round % 2 ? barrier_wait(&scene->barrier)
                                : barrier_wait_until(&scene->barrier, clock_after_ns(PATIENCE_NS));
        if (arrived != 0 && arrived != BARRIER_LAST)
            return 1;
        for (unsigned i = 0; i < scene->barrier.parties; i++)
            if (atomic_load(&scene->arrived[i]) < round)
                return 2;
        if (scene->actions < round)
            return 3;
        atomic_fetch_add(&scene->lasts, arrived == BARRIER_LAST);
        atomic_fetch_add(&scene->passed, 1);
    }
    return 0;
}

static void expect_meetings(enum worker_kind kind, uint32_t parties, uint32_t rounds) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, parties);
    scene->rounds = rounds;
    team_join(team_start(kind, parties, meet_often, scene));
    assert_false(scene->wrong);
    assert_int_equal(scene->actions, rounds);
    assert_int_equal(scene->lasts, rounds);
    assert_int_equal(barrier_rounds(&scene->barrier), rounds);
    assert_int_equal(scene->barrier.passed.waiters, 0);
    arena_close(&arena);
}

static void barrier_holds_all_until_all_are_there(void **state) {
    expect_meetings(kind_of(state), WORKERS, ROUNDS(5000));
    expect_meetings(kind_of(state), 2, ROUNDS(20000));
    expect_meetings(kind_of(state), 1, 100);
}

/* One by one: all but the last sleep. */
static int meet_once(void *argument, unsigned number) {
    struct scene *scene = argument;
    atomic_store(&scene->arrived[number], 1);
    int arrived = barrier_wait(&scene->barrier);
    atomic_fetch_add(&scene->lasts, arrived == BARRIER_LAST);
    atomic_fetch_add(&scene->passed, arrived >= 0);
    return arrived == -EOWNERDEAD ? 3 : arrived < 0 ? 1 : 0;
}

static void barrier_passes_nobody_while_one_is_missing(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, WORKERS);
    struct team *team = team_start(kind_of(state), WORKERS - 1, meet_once, scene);
    expect_waiters(&scene->barrier.passed, WORKERS - 1);
    assert_int_equal(atomic_load(&scene->passed), 0);
    assert_int_equal(barrier_rounds(&scene->barrier), 0);
    atomic_store(&scene->arrived[WORKERS - 1], 1);
    assert_int_equal(barrier_wait(&scene->barrier), BARRIER_LAST);
    team_join(team);
    assert_int_equal(scene->passed, WORKERS - 1);
    assert_int_equal(scene->lasts, 0);
    assert_int_equal(scene->actions, 1);
    assert_false(scene->wrong);
    arena_close(&arena);
}

static void barrier_needs_no_action(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct barrier *barrier = take(&arena, sizeof *barrier);
    assert_int_equal(barrier_open(barrier, 1, NULL, NULL), 0);
    for (uint64_t round = 1; round < 10; round++) {
        assert_int_equal(barrier_wait(barrier), BARRIER_LAST);
        assert_int_equal(barrier_wait_until(barrier, 0), BARRIER_LAST);
        assert_int_equal(barrier_rounds(barrier), 2 * round);
    }
    arena_close(&arena);
}

/* All of a team were told that the barrier is broken. */
static void expect_broken(struct scene *scene, struct team *team) {
    for (unsigned i = 0; i < team->count; i++) {
        join_in_time(&team->workers[i]);
        if (team->workers[i].exitcode != -SIGKILL)
            assert_int_equal(team->workers[i].exitcode, 3);
    }
    assert_int_equal(scene->passed, 0);
    assert_int_equal(scene->actions, 0);
    assert_int_equal(barrier_wait(&scene->barrier), -EOWNERDEAD);
    assert_int_equal(barrier_wait_until(&scene->barrier, 0), -EOWNERDEAD);
    assert_int_equal(barrier_wait_until(&scene->barrier, CLOCK_NEVER), -EOWNERDEAD);
    assert_int_equal(barrier_rounds(&scene->barrier), 0);
}

static void barrier_break_releases_all_who_wait(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, WORKERS);
    struct team *team = team_start(kind_of(state), WORKERS - 1, meet_once, scene);
    expect_waiters(&scene->barrier.passed, WORKERS - 1);
    barrier_break(&scene->barrier);
    barrier_break(&scene->barrier); /* broken already */
    expect_broken(scene, team);
    arena_close(&arena);
}

static void barrier_breaks_for_all_at_a_deadline(void **state) {
    static const uint64_t after_ns[] = {0, 50 * MS};
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = ARENA_EMPTY;
        struct scene *scene = scene_open(&arena, 0, WORKERS);
        struct team *team = team_start(kind_of(state), WORKERS - 2, meet_once, scene);
        expect_waiters(&scene->barrier.passed, WORKERS - 2);
        uint64_t start = clock_now_ns(), deadline = after_ns[i] ? start + after_ns[i] : 0;
        assert_int_equal(barrier_wait_until(&scene->barrier, deadline), -ETIMEDOUT);
        expect_waited(start, after_ns[i]);
        expect_broken(scene, team);
        arena_close(&arena);
    }
}

/* The supervisor's part: who learns of the death breaks the barrier. */
static void barrier_with_a_killed_party_can_be_broken(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = scene_open(&arena, 0, WORKERS);
    struct team *team = team_start(WORKER_PROCESS, WORKERS - 1, meet_once, scene);
    expect_waiters(&scene->barrier.passed, WORKERS - 1);
    kill_and_join(&team->workers[2]);
    sleep_ms(20);
    assert_int_equal(atomic_load(&scene->passed), 0);
    barrier_break(&scene->barrier);
    expect_broken(scene, team);
    arena_close(&arena);
}

/* Meets until the barrier is broken. */
static int meet_without_end(void *argument, unsigned number) {
    struct scene *scene = argument;
    int arrived;
    (void)number;
    while ((arrived = barrier_wait(&scene->barrier)) >= 0)
        ;
    return arrived == -EOWNERDEAD ? 0 : 1;
}

/* Whatever the victim was doing: it may have held the lock, or have been the last. */
static void barrier_survives_a_storm_of_kills(void **state) {
    (void)state;
    uint32_t seed = 29;
    for (unsigned i = 0; i < ROUNDS(200u); i++) {
        struct arena arena = ARENA_EMPTY;
        struct scene *scene = scene_open(&arena, 0, 3);
        struct team *team = team_start(WORKER_PROCESS, 3, meet_without_end, scene);
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 1000000)};
        nanosleep(&nap, NULL);
        struct worker *victim = &team->workers[random_next(&seed) % 3];
        kill_and_join(victim);
        barrier_break(&scene->barrier);
        for (unsigned other = 0; other < 3; other++)
            if (&team->workers[other] != victim) {
                join_in_time(&team->workers[other]);
                assert_int_equal(team->workers[other].exitcode, 0);
            }
        arena_close(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_BOTH(semaphore_admits_no_more_than_its_permits),
        TEST_BOTH(semaphore_of_one_permit_excludes),
        TEST_BOTH(semaphore_release_admits_as_many_as_it_says),
        TEST(semaphore_gives_up_at_its_deadline),
        TEST(semaphore_is_not_disturbed_by_killed_waiters),
        TEST_BOTH(event_releases_all_who_wait),
        TEST_BOTH(event_set_before_anybody_waits_holds),
        TEST_BOTH(event_can_be_cleared),
        TEST(event_gives_up_at_its_deadline),
        TEST_BOTH(event_waits_until_its_deadline),
        TEST(event_is_not_disturbed_by_a_killed_waiter),
        TEST_BOTH(barrier_holds_all_until_all_are_there),
        TEST_BOTH(barrier_passes_nobody_while_one_is_missing),
        TEST(barrier_needs_no_action),
        TEST_BOTH(barrier_break_releases_all_who_wait),
        TEST_BOTH(barrier_breaks_for_all_at_a_deadline),
        TEST(barrier_with_a_killed_party_can_be_broken),
        TEST(barrier_survives_a_storm_of_kills),
    };
    return cmocka_run_group_tests_name("mp_signals", tests, NULL, NULL);
}
