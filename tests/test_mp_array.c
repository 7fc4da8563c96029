/* Proves that an array's elements are where they should be, change as a whole under the lock, need
 * none where each has one writer, and stay usable when the holder of the lock is killed. */
#include "tests/mp_helpers.h"

#include "mp/array.h"

#include <signal.h>
#include <string.h>

static struct array *new_array(struct arena *arena, uint64_t length, size_t element_bytes) {
    struct array *array = NULL;
    assert_int_equal(array_open(arena, length, element_bytes, &array), 0);
    assert_int_equal(array->length, length);
    assert_int_equal(array->element_bytes, element_bytes);
    return array;
}

static void elements_lie_zeroed_one_behind_the_other(void **state) {
    static const size_t sizes[] = {1, 3, 8, 24, 64, 1000};
    (void)state;
    struct arena arena = ARENA_EMPTY;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct array *array = new_array(&arena, 50, sizes[i]);
        const unsigned char *first = array_at(array, 0);
        assert_int_equal((uintptr_t)first % 64, 0);
        for (uint64_t at = 0; at < 50; at++)
            assert_ptr_equal(array_at(array, at), first + at * sizes[i]);
        for (size_t byte = 0; byte < 50 * sizes[i]; byte++)
            assert_int_equal(first[byte], 0);
        memset(array_at(array, 0), 0xFF, 50 * sizes[i]); /* all of it is ours */
    }
    arena_close(&arena);
}

static void get_returns_what_was_set(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct array *array = new_array(&arena, 20, 3);
    for (unsigned char i = 0; i < 20; i++)
        assert_int_equal(array_set(array, i, (unsigned char[]){i, 1, (unsigned char)~i}), 0);
    for (unsigned char i = 0; i < 20; i++) {
        unsigned char element[3] = {0};
        assert_int_equal(array_get(array, i, element), 0);
        assert_memory_equal(element, ((unsigned char[]){i, 1, (unsigned char)~i}), 3);
    }
    arena_close(&arena);
}

static void what_lies_beyond_is_refused(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct array *array = new_array(&arena, 4, sizeof(uint32_t));
    uint32_t element = 7;
    assert_int_equal(array_get(array, 3, &element), 0);
    element = 7;
    assert_int_equal(array_get(array, 4, &element), -ERANGE);
    assert_int_equal(array_set(array, 4, &element), -ERANGE);
    assert_int_equal(array_get(array, UINT64_MAX, &element), -ERANGE);
    assert_int_equal(array_set(array, UINT64_MAX, &element), -ERANGE);
    assert_int_equal(element, 7);
    assert_int_equal(lock_acquire(&array->lock), 0);
    lock_release(&array->lock);
    arena_close(&arena);
}

static void impossible_arrays_are_refused(void **state) {
    static const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX / 8, UINT64_C(1) << 61};
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct array *none = NULL;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_int_equal(array_open(&arena, lengths[i], 8, &none), -ENOMEM);
    assert_int_equal(array_open(&arena, 1, SIZE_MAX, &none), -ENOMEM);
    assert_int_equal(array_open(&arena, 1, SIZE_MAX - 64, &none), -ENOMEM);
    assert_null(none);
    arena_close(&arena);
}

/* ---- together ---- */

#define WIDE 64u

struct scene {
    struct array *array;
    _Atomic uint32_t ready, stop;
};

static bool is_uniform(const unsigned char *element) {
    return memcmp(element, element + 1, WIDE - 1) == 0;
}

/* Writes elements whose bytes are all equal, and never reads another kind. */
static int set_and_get(void *argument, unsigned number) {
    struct scene *scene = argument;
    unsigned char element[WIDE];
    for (uint32_t i = 0; i < (uint32_t)ROUNDS(40000); i++) {
        memset(element, (int)((i * 4 + number) & 0xFF), sizeof element);
        if (array_set(scene->array, i % 2, element) != 0)
            return 1;
        if (array_get(scene->array, (i + 1) % 2, element) != 0)
            return 2;
        if (!is_uniform(element))
            return 3;
    }
    return 0;
}

static void elements_change_as_a_whole(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = take(&arena, sizeof *scene);
    scene->array = new_array(&arena, 2, WIDE);
    team_join(team_start(kind_of(state), 4, set_and_get, scene));
    arena_close(&arena);
}

/* Two elements are one change under the lock: their sum stays what it is. */
static int move_between_two(void *argument, unsigned number) {
    struct scene *scene = argument;
    int64_t *a = array_at(scene->array, 0), *b = array_at(scene->array, 1);
    for (int64_t i = 0; i < ROUNDS(40000); i++) {
        if (lock_acquire(&scene->array->lock) < 0)
            return 1;
        bool kept = *a + *b == 1000;
        *a += i % (number + 2);
        *b = 1000 - *a;
        lock_release(&scene->array->lock);
        if (!kept)
            return 2;
    }
    return 0;
}

static void the_lock_makes_several_elements_one_change(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = take(&arena, sizeof *scene);
    scene->array = new_array(&arena, 2, sizeof(int64_t));
    assert_int_equal(array_set(scene->array, 1, &(int64_t){1000}), 0);
    team_join(team_start(kind_of(state), 4, move_between_two, scene));
    arena_close(&arena);
}

/* Without the lock: each worker has its own slice, and the join orders it before our reads. */
#define SLICE ((uint64_t)ROUNDS(10000) + 1)

static int fill_slice(void *argument, unsigned number) {
    struct scene *scene = argument;
    for (uint64_t i = number * SLICE; i < (number + 1) * SLICE; i++)
        *(uint32_t *)array_at(scene->array, i) = (uint32_t)i * 3 + 1;
    return 0;
}

static void disjoint_slices_need_no_lock(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = take(&arena, sizeof *scene);
    scene->array = new_array(&arena, 5 * SLICE, sizeof(uint32_t));
    team_join(team_start(kind_of(state), 5, fill_slice, scene));
    for (uint64_t i = 0; i < 5 * SLICE; i++) {
        uint32_t element = 0;
        assert_int_equal(array_get(scene->array, i, &element), 0);
        assert_int_equal(element, (uint32_t)i * 3 + 1);
    }
    arena_close(&arena);
}

/* ---- killed holders ---- */

static int hold_the_lock(void *argument, unsigned number) {
    struct scene *scene = argument;
    (void)number;
    if (lock_acquire(&scene->array->lock) < 0)
        return 1;
    atomic_store(&scene->ready, 1);
    pause_for_ever();
}

static int get_one(void *argument, unsigned number) {
    struct scene *scene = argument;
    unsigned char element[WIDE];
    return array_get(scene->array, number % 2, element) == 0 && is_uniform(element) ? 0 : 1;
}

static void a_dead_holder_lets_the_others_go_on(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = take(&arena, sizeof *scene);
    scene->array = new_array(&arena, 2, WIDE);
    for (unsigned round = 0; round < 10; round++) {
        atomic_store(&scene->ready, 0);
        struct team *holder = team_start(WORKER_PROCESS, 1, hold_the_lock, scene);
        assert_true(reaches(&scene->ready, 1));
        struct team *waiting = team_start(WORKER_PROCESS, 3, get_one, scene);
        assert_int_equal(worker_join_until(&waiting->workers[0], clock_after_ns(20 * MS)),
                         -ETIMEDOUT);
        kill_and_join(&holder->workers[0]);
        team_join(waiting);
    }
    arena_close(&arena);
}

/* Kills at any moment. */
static int set_for_ever(void *argument, unsigned number) {
    struct scene *scene = argument;
    unsigned char element[WIDE];
    for (uint32_t i = 0; !atomic_load(&scene->stop); i++) {
        memset(element, (int)(i & 0xFF), sizeof element);
        if (array_set(scene->array, number % 2, element) != 0)
            return 1;
    }
    return 0;
}

static void a_storm_of_killed_writers_leaves_it_usable(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct scene *scene = take(&arena, sizeof *scene);
    uint32_t seed = 11;
    scene->array = new_array(&arena, 2, WIDE);
    struct team *team = team_start(WORKER_PROCESS, 4, set_for_ever, scene);
    for (unsigned i = 0; i < ROUNDS(200u); i++) {
        struct worker *victim = &team->workers[random_next(&seed) % 4];
        struct timespec nap = {.tv_nsec = (long)(random_next(&seed) % 2000000)};
        nanosleep(&nap, NULL);
        assert_true(worker_is_alive(victim));
        kill_and_join(victim);
        assert_int_equal(
            worker_start(victim, WORKER_PROCESS, "again", victim->number, set_for_ever, scene), 0);
    }
    atomic_store(&scene->stop, 1);
    team_join(team);
    for (uint64_t i = 0; i < 2; i++) /* the dead may have left half an element */
        assert_int_equal(array_set(scene->array, i, (unsigned char[WIDE]){0}), 0);
    team_join(team_start(WORKER_PROCESS, 4, set_and_get, scene));
    arena_close(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(elements_lie_zeroed_one_behind_the_other),
        TEST(get_returns_what_was_set),
        TEST(what_lies_beyond_is_refused),
        TEST(impossible_arrays_are_refused),
        TEST_BOTH(elements_change_as_a_whole),
        TEST_BOTH(the_lock_makes_several_elements_one_change),
        TEST_BOTH(disjoint_slices_need_no_lock),
        TEST(a_dead_holder_lets_the_others_go_on),
        TEST(a_storm_of_killed_writers_leaves_it_usable),
    };
    return cmocka_run_group_tests_name("mp_array", tests, NULL, NULL);
}
