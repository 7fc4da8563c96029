/* Proves that a manager's server carries out every verb exactly once, whole and alone, for
 * processes and threads at once; that verbs which wait hold up nobody and keep their deadlines; and
 * that it outlives its clients, is missed when it dies, and ends when it should. */
#include "tests/mp_helpers.h"

#include "mp/manager_types.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A server, this process's proxy, and what workers are told. */
struct desk {
    struct arena arena;
    struct supervisor supervisor;
    struct manager manager;
    struct manager_proxy proxy;
    uint32_t list, dict, value, queue;
    _Atomic uint32_t *progress; /* shared */
    uint32_t each;
};

static uint32_t new_one(struct manager_proxy *proxy, enum manager_kind kind, uint64_t capacity) {
    int64_t id = manager_new(proxy, kind, capacity);
    assert_true(id >= 0);
    return (uint32_t)id;
}

static void desk_open_with(struct desk *desk, const struct manager_object *objects,
                           uint32_t count) {
    *desk = (struct desk){.arena = ARENA_EMPTY};
    desk->progress = take(&desk->arena, 64);
    assert_int_equal(supervisor_open(&desk->supervisor, &desk->arena, 1, -1), 0);
    assert_int_equal(manager_open(&desk->manager, objects, count), 0);
    assert_int_equal(manager_start(&desk->manager, &desk->supervisor), 0);
}

/* Containers, made through a proxy that is gone before any worker is started. */
static void desk_open(struct desk *desk) {
    desk_open_with(desk, NULL, 0);
    assert_int_equal(manager_connect(&desk->manager, &desk->proxy), 0);
    desk->list = new_one(&desk->proxy, MANAGER_LIST, 0);
    desk->dict = new_one(&desk->proxy, MANAGER_DICT, 0);
    desk->value = new_one(&desk->proxy, MANAGER_VALUE, 0);
    desk->queue = new_one(&desk->proxy, MANAGER_QUEUE, 0);
    manager_disconnect(&desk->proxy);
}

static void desk_connect(struct desk *desk) {
    assert_int_equal(manager_connect(&desk->manager, &desk->proxy), 0);
}

/* Everybody has gone, so the server ends by itself. */
static void desk_close(struct desk *desk) {
    struct worker *bad = NULL;
    manager_disconnect(&desk->proxy);
    manager_close(&desk->manager);
    join_in_time(&desk->supervisor.workers[0]);
    assert_int_equal(supervisor_join(&desk->supervisor, &bad), 0);
    supervisor_close(&desk->supervisor);
    arena_close(&desk->arena);
    assert_no_children();
}

static struct manager_string text(const char *text) {
    return (struct manager_string){text, strlen(text)};
}

static bool is_text(struct manager_string string, const char *expected) {
    return string.bytes == strlen(expected) && memcmp(string.at, expected, string.bytes) == 0;
}

static void assert_text(struct manager_string string, const char *expected) {
    if (!is_text(string, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)string.bytes, (const char *)string.at, expected);
}

/* ---- every verb, alone ---- */

static void a_list_keeps_strings_in_order(void **state) {
    struct desk desk;
    struct manager_string string;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    assert_int_equal(manager_length(proxy, desk.list), 0);
    assert_int_equal(manager_list_get(proxy, desk.list, 0, &string), -ERANGE);
    assert_int_equal(manager_list_append(proxy, desk.list, text("zero")), 0);
    assert_int_equal(manager_list_append(proxy, desk.list, text("")), 1);
    assert_int_equal(manager_list_append(proxy, desk.list, text("two")), 2);
    assert_int_equal(manager_list_get(proxy, desk.list, 0, &string), 0);
    assert_text(string, "zero");
    assert_int_equal(manager_list_get(proxy, desk.list, 1, &string), 0);
    assert_text(string, "");
    assert_int_equal(manager_list_set(proxy, desk.list, 1, text("a longer one")), 0);
    assert_int_equal(manager_list_set(proxy, desk.list, 3, text("no")), -ERANGE);
    assert_int_equal(manager_list_take(proxy, desk.list, 0, &string), 0);
    assert_text(string, "zero");
    assert_int_equal(manager_list_take(proxy, desk.list, 1, &string), 0);
    assert_text(string, "two");
    assert_int_equal(manager_list_take(proxy, desk.list, UINT64_MAX, &string), -ERANGE);
    assert_int_equal(manager_length(proxy, desk.list), 1);
    desk_close(&desk);
}

/* Against a plain array that does the same. */
static void a_list_is_right_after_many_random_verbs(void **state) {
    enum { MOST = 200 };
    struct desk desk;
    struct manager_string string;
    uint32_t model[MOST], count = 0, seed = 2463534242u;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    for (uint32_t i = 0; i < ROUNDS(20000u); i++) {
        uint32_t dice = random_next(&seed), at = count ? dice / 16 % count : 0;
        if (count < MOST && dice % 8 < 4) {
            struct manager_string number = {&i, sizeof i};
            assert_int_equal(manager_list_append(&desk.proxy, desk.list, number), count);
            model[count++] = i;
        } else if (count > 0) {
            at = dice % 8 < 7 ? 0 : at; /* mostly as a queue */
            assert_int_equal(manager_list_take(&desk.proxy, desk.list, at, &string), 0);
            assert_int_equal(string.bytes, sizeof i);
            assert_memory_equal(string.at, &model[at], sizeof i);
            memmove(model + at, model + at + 1, (--count - at) * sizeof *model);
        }
    }
    assert_int_equal(manager_length(&desk.proxy, desk.list), count);
    desk_close(&desk);
}

static void a_dictionary_finds_what_was_set(void **state) {
    struct desk desk;
    struct manager_string string;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    struct manager_string zeros[2] = {{"k\0a", 3}, {"k\0b", 3}};
    assert_int_equal(manager_dict_get(proxy, desk.dict, text("k"), &string), -ENODATA);
    assert_int_equal(manager_dict_set(proxy, desk.dict, text("k"), text("one")), 0);
    assert_int_equal(manager_dict_set(proxy, desk.dict, text("k"), text("another")), 0);
    assert_int_equal(manager_dict_set(proxy, desk.dict, text(""), text("empty key")), 0);
    assert_int_equal(manager_dict_set(proxy, desk.dict, zeros[0], text("a")), 0);
    assert_int_equal(manager_dict_set(proxy, desk.dict, zeros[1], text("")), 0);
    assert_int_equal(manager_length(proxy, desk.dict), 4);
    assert_int_equal(manager_dict_get(proxy, desk.dict, text("k"), &string), 0);
    assert_text(string, "another");
    assert_int_equal(manager_dict_get(proxy, desk.dict, text(""), &string), 0);
    assert_text(string, "empty key");
    assert_int_equal(manager_dict_take(proxy, desk.dict, zeros[0], &string), 0);
    assert_text(string, "a");
    assert_int_equal(manager_dict_take(proxy, desk.dict, zeros[0], &string), -ENODATA);
    assert_int_equal(manager_dict_get(proxy, desk.dict, zeros[1], &string), 0);
    assert_text(string, "");
    assert_int_equal(manager_length(proxy, desk.dict), 3);
    desk_close(&desk);
}

static void a_dictionary_of_many_keys(void **state) {
    struct desk desk;
    struct manager_string string;
    uint32_t keys = ROUNDS(20000u);
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    for (uint32_t i = 0; i < keys; i++) {
        uint32_t key = i * 2654435761u, value = ~i;
        assert_int_equal(manager_dict_set(&desk.proxy, desk.dict,
                                          (struct manager_string){&key, sizeof key},
                                          (struct manager_string){&value, sizeof value}),
                         0);
    }
    assert_int_equal(manager_length(&desk.proxy, desk.dict), keys);
    for (uint32_t i = 0; i < keys; i++) {
        uint32_t key = i * 2654435761u, value = ~i;
        assert_int_equal(manager_dict_take(&desk.proxy, desk.dict,
                                           (struct manager_string){&key, sizeof key}, &string),
                         0);
        assert_int_equal(string.bytes, sizeof value);
        assert_memory_equal(string.at, &value, sizeof value);
    }
    assert_int_equal(manager_length(&desk.proxy, desk.dict), 0);
    desk_close(&desk);
}

static void a_value_is_set_and_added_to(void **state) {
    struct desk desk;
    int64_t number = 1;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    assert_int_equal(manager_value_get(proxy, desk.value, &number), 0);
    assert_int_equal(number, 0);
    assert_int_equal(manager_value_set(proxy, desk.value, INT64_MAX), 0);
    assert_int_equal(manager_value_add(proxy, desk.value, 1, &number), 0);
    assert_true(number == INT64_MAX);
    assert_int_equal(manager_value_add(proxy, desk.value, -5, NULL), 0);
    assert_int_equal(manager_value_get(proxy, desk.value, &number), 0);
    assert_true(number == INT64_MAX - 4);
    desk_close(&desk);
}

static void a_queue_gives_up_at_the_deadline(void **state) {
    struct desk desk;
    struct manager_string string;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    uint32_t narrow = new_one(proxy, MANAGER_QUEUE, 2);
    assert_int_equal(manager_queue_get_until(proxy, narrow, &string, 0), -ETIMEDOUT);
    uint64_t start = clock_now_ns();
    assert_int_equal(manager_queue_get_until(proxy, narrow, &string, 1), -ETIMEDOUT); /* past */
    assert_int_equal(manager_queue_get_until(proxy, narrow, &string, start + 50 * MS), -ETIMEDOUT);
    assert_true(clock_now_ns() - start >= 50 * MS && clock_now_ns() - start < 1000 * MS);
    assert_int_equal(manager_queue_put(proxy, narrow, text("one")), 0);
    assert_int_equal(manager_queue_put_until(proxy, narrow, text("two"), 0), 0);
    assert_int_equal(manager_queue_put_until(proxy, narrow, text("three"), 0), -ETIMEDOUT);
    start = clock_now_ns();
    assert_int_equal(manager_queue_put_until(proxy, narrow, text("four"), start + 50 * MS),
                     -ETIMEDOUT);
    assert_true(clock_now_ns() - start >= 50 * MS);
    assert_int_equal(manager_length(proxy, narrow), 2);
    assert_int_equal(manager_queue_get(proxy, narrow, &string), 0);
    assert_text(string, "one");
    assert_int_equal(manager_queue_get_until(proxy, narrow, &string, 0), 0);
    assert_text(string, "two");
    assert_int_equal(manager_queue_get_until(proxy, narrow, &string, 0), -ETIMEDOUT);
    desk_close(&desk);
}

static void unknown_objects_and_wrong_verbs_are_refused(void **state) {
    struct desk desk;
    struct manager_string string;
    int64_t number;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    assert_int_equal(manager_length(proxy, 1000), -ENOENT);
    assert_int_equal(manager_new(proxy, (enum manager_kind)99, 0), -EINVAL);
    assert_int_equal(manager_drop(proxy, 1000), -ENOENT);
    assert_int_equal(manager_list_append(proxy, desk.dict, text("x")), -ENOSYS);
    assert_int_equal(manager_value_get(proxy, desk.queue, &number), -ENOSYS);
    assert_int_equal(manager_queue_put(proxy, desk.value, text("x")), -EINVAL);
    assert_int_equal(manager_length(proxy, desk.value), -ENOSYS);
    assert_int_equal(manager_list_get(proxy, desk.queue, 0, &string), -ENOSYS);
    assert_int_equal(manager_call(proxy, desk.list, 0, NULL, 0), -EINVAL);
    assert_int_equal(manager_call(proxy, desk.dict, 2, "\xff\xff\xff\xff\xff\xff\xff\xff", 8),
                     -EINVAL);
    assert_int_equal(manager_call(proxy, UINT32_MAX, 1000, NULL, 0), -ENOSYS);
    assert_int_equal(manager_answer(proxy), -EINVAL); /* nothing was asked */
    assert_int_equal(manager_ask(proxy, desk.list, 0, 0, 0), 0);
    assert_int_equal(manager_length(proxy, desk.list), -EBUSY);
    assert_int_equal(manager_answer(proxy), -EINVAL);
    assert_int_equal(manager_drop(proxy, desk.list), 0);
    assert_int_equal(manager_drop(proxy, desk.list), -ENOENT);
    assert_int_equal(manager_length(proxy, desk.list), -ENOENT);
    assert_true(new_one(proxy, MANAGER_LIST, 0) > desk.queue);
    desk_close(&desk);
}

static void strings_of_megabytes_are_whole(void **state) {
    static const size_t sizes[] = {1, 65536, 212992, 1000003, 20u << 20};
    struct desk desk;
    struct manager_string got;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct manager_string string = {malloc(sizes[i]), sizes[i]};
        assert_non_null(string.at);
        for (size_t at = 0; at < sizes[i]; at++)
            ((unsigned char *)(uintptr_t)string.at)[at] = (unsigned char)(at * 31 + i);
        assert_int_equal(manager_dict_set(&desk.proxy, desk.dict, string, string), 0);
        assert_int_equal(manager_dict_get(&desk.proxy, desk.dict, string, &got), 0);
        assert_int_equal(got.bytes, sizes[i]);
        assert_memory_equal(got.at, string.at, sizes[i]);
        free((void *)(uintptr_t)string.at);
    }
    desk_close(&desk);
}

/* ---- many clients at once ---- */

/* Each adds to the value and to the list, sets keys of its own, and passes messages on. */
static int do_everything(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    struct manager_string got;
    int wrong = manager_connect(&desk->manager, &proxy) != 0;
    for (uint32_t i = 0; !wrong && i < desk->each; i++) {
        uint32_t mark[2] = {number, i};
        struct manager_string string = {mark, sizeof mark};
        wrong = manager_value_add(&proxy, desk->value, 3, NULL) != 0 ||
                manager_list_append(&proxy, desk->list, string) < 0 ||
                manager_dict_set(&proxy, desk->dict, string, string) != 0 ||
                manager_queue_put(&proxy, desk->queue, string) != 0 ||
                manager_queue_get(&proxy, desk->queue, &got) != 0 || got.bytes != sizeof mark ||
                manager_value_add(&proxy, desk->value, ((const uint32_t *)got.at)[1], NULL) != 0 ||
                manager_dict_get(&proxy, desk->dict, string, &got) != 0 ||
                memcmp(got.at, mark, sizeof mark) != 0;
    }
    manager_disconnect(&proxy);
    return wrong;
}

static void counts_are_exact(void **state) {
    enum { CLIENTS = 6 };
    struct desk desk;
    struct manager_string string;
    uint32_t last[CLIENTS] = {0};
    int64_t sum;
    desk_open(&desk);
    desk.each = ROUNDS(1000u);
    team_join(team_start(kind_of(state), CLIENTS, do_everything, &desk));
    desk_connect(&desk);
    assert_int_equal(manager_value_get(&desk.proxy, desk.value, &sum), 0);
    assert_int_equal(sum, CLIENTS * desk.each * 3 + CLIENTS * desk.each * (desk.each - 1) / 2);
    assert_int_equal(manager_length(&desk.proxy, desk.queue), 0);
    assert_int_equal(manager_length(&desk.proxy, desk.dict), CLIENTS * desk.each);
    assert_int_equal(manager_length(&desk.proxy, desk.list), CLIENTS * desk.each);
    for (uint32_t i = 0; i < CLIENTS * desk.each; i++) {
        assert_int_equal(manager_list_get(&desk.proxy, desk.list, i, &string), 0);
        const uint32_t *mark = string.at;
        assert_true(mark[0] < CLIENTS);
        assert_int_equal(mark[1], last[mark[0]]++); /* each client's in its order */
    }
    desk_close(&desk);
}

/* Half put, half get, through a narrow queue: all must wait, again and again. */
static int put_or_get(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    struct manager_string got;
    int64_t sum = 0;
    int wrong = manager_connect(&desk->manager, &proxy) != 0;
    for (uint32_t i = 0; !wrong && i < desk->each; i++) {
        uint64_t padded[100] = {i};
        if (number % 2) {
            wrong = manager_queue_put(&proxy, desk->queue,
                                      (struct manager_string){padded, 8 + i % 99 * 8});
            continue;
        }
        wrong = manager_queue_get(&proxy, desk->queue, &got);
        if (wrong)
            break;
        memcpy(padded, got.at, 8);
        wrong = got.bytes != 8 + padded[0] % 99 * 8;
        sum += (int64_t)padded[0];
    }
    wrong |= manager_value_add(&proxy, desk->value, sum, NULL);
    manager_disconnect(&proxy);
    return wrong != 0;
}

static void putters_and_getters_wait_for_each_other(void **state) {
    struct desk desk;
    int64_t sum;
    desk_open(&desk);
    desk_connect(&desk);
    desk.queue = new_one(&desk.proxy, MANAGER_QUEUE, 2);
    manager_disconnect(&desk.proxy);
    desk.each = ROUNDS(3000u);
    team_join(team_start(kind_of(state), 8, put_or_get, &desk));
    desk_connect(&desk);
    assert_int_equal(manager_value_get(&desk.proxy, desk.value, &sum), 0);
    assert_int_equal(sum, 4 * (int64_t)desk.each * (desk.each - 1) / 2);
    desk_close(&desk);
}

/* Gets one message, whose first byte is then the client's progress. */
static int get_one(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    struct manager_string got;
    (void)number;
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    atomic_fetch_add(desk->progress, 1);
    int err = manager_queue_get(&proxy, desk->queue, &got);
    manager_disconnect(&proxy);
    return err ? -err : 0;
}

static void a_waiting_getter_holds_nobody_up(void **state) {
    struct desk desk;
    desk_open(&desk);
    struct team *team = team_start(kind_of(state), 3, get_one, &desk);
    desk_connect(&desk);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    uint64_t start = clock_now_ns();
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(manager_list_append(&desk.proxy, desk.list, text("x")), i);
    assert_true(clock_now_ns() - start < 1000 * MS);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(manager_queue_put(&desk.proxy, desk.queue, text("go")), 0);
    team_join(team);
    assert_int_equal(manager_length(&desk.proxy, desk.queue), 0);
    desk_close(&desk);
}

static void a_dropped_queue_wakes_who_waits(void **state) {
    struct desk desk;
    desk_open(&desk);
    struct team *team = team_start(kind_of(state), 3, get_one, &desk);
    desk_connect(&desk);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    assert_int_equal(manager_drop(&desk.proxy, desk.queue), 0);
    for (unsigned i = 0; i < 3; i++) {
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, ENOENT);
    }
    desk_close(&desk);
}

/* ---- objects of one's own ---- */

enum own_verb { OWN_ADD, OWN_TEXT, OWN_AWAIT };

/* A counter that also tells who carries its verbs out. */
struct own {
    uint64_t count;
    pid_t parent;
    _Atomic uint32_t *closed;
};

static int64_t own_call(void *context, uint32_t verb, const void *request, size_t bytes,
                        struct manager_bytes *reply) {
    struct own *own = context;
    if (getpid() == own->parent || (uintptr_t)request % 16 != 0)
        return -EFAULT;
    switch (verb) {
    case OWN_ADD:
        own->count += bytes;
        return (int64_t)own->count;
    case OWN_TEXT:
        for (size_t i = 0; i < bytes; i++)
            if (manager_bytes_add(reply, (const char *)request + bytes - 1 - i, 1) != 0)
                return -ENOMEM;
        return 7;
    case OWN_AWAIT: /* until the count is what the request says */
        return own->count >= *(const uint64_t *)request ? 0 : -EAGAIN;
    default:
        return -ENOSYS;
    }
}

static void own_close(void *context) {
    struct own *own = context;
    atomic_fetch_add(own->closed, 1);
}

static int await_count(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    uint64_t count = 10 * (number + 1);
    (void)number;
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    void *request = manager_room(&proxy, sizeof count);
    memcpy(request, &count, sizeof count);
    int64_t err = manager_ask(&proxy, 1, OWN_AWAIT, sizeof count, CLOCK_NEVER);
    atomic_fetch_add(&desk->progress[1], 1);
    if (!err)
        err = manager_answer(&proxy);
    atomic_fetch_add(&desk->progress[2], 1);
    manager_disconnect(&proxy);
    return err != 0;
}

static void own_objects_are_carried_out_by_the_server(void **state) {
    struct desk desk;
    struct own own[2] = {{.parent = getpid()}, {.parent = getpid()}};
    struct manager_object objects[2] = {{own_call, own_close, &own[0]}, {own_call, NULL, &own[1]}};
    struct arena arena = ARENA_EMPTY;
    size_t bytes;
    own[0].closed = take(&arena, 64);
    desk_open_with(&desk, objects, 2);
    struct team *team = team_start(kind_of(state), 3, await_count, &desk);
    desk_connect(&desk);
    assert_int_equal(new_one(&desk.proxy, MANAGER_LIST, 0), 2);
    assert_int_equal(manager_call(&desk.proxy, 0, OWN_ADD, "abc", 3), 3);
    assert_int_equal(manager_call(&desk.proxy, 0, OWN_TEXT, "olleh", 5), 7);
    const char *reply = manager_reply(&desk.proxy, &bytes);
    assert_int_equal(bytes, 5);
    assert_memory_equal(reply, "hello", 5);
    assert_int_equal(manager_call(&desk.proxy, 0, 99, NULL, 0), -ENOSYS);
    assert_true(reaches(&desk.progress[1], 3));
    for (uint32_t i = 1; i <= 3; i++) { /* the other object's clients wait for theirs */
        assert_int_equal(manager_call(&desk.proxy, 1, OWN_ADD, "0123456789", 10), 10 * i);
        assert_true(reaches(&desk.progress[2], i));
    }
    team_join(team);
    assert_int_equal(own[0].count, 0); /* the server's copy counted, not ours */
    desk_close(&desk);
    assert_int_equal(*own[0].closed, 1);
    arena_close(&arena);
}

/* ---- deaths ---- */

static int wait_for_ever(void *argument, unsigned number) {
    get_one(argument, number);
    pause_for_ever();
}

/* It was waiting for a message, which must not be spent on it. */
static void a_killed_getter_is_forgotten(void **state) {
    struct desk desk;
    struct manager_string got;
    (void)state;
    desk_open(&desk);
    struct team *team = team_start(WORKER_PROCESS, 3, wait_for_ever, &desk);
    desk_connect(&desk);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    for (unsigned i = 0; i < 3; i++)
        kill_and_join(&team->workers[i]);
    assert_int_equal(manager_queue_put(&desk.proxy, desk.queue, text("for the living")), 0);
    assert_int_equal(manager_queue_get_until(&desk.proxy, desk.queue, &got, 0), 0);
    assert_text(got, "for the living");
    desk_close(&desk);
}

/* Sends the beginning of a request that promises more, and says so. */
static int send_a_part(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    unsigned char part[5008];
    uint64_t length = 1 << 20;
    (void)number;
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    memset(part, 'x', sizeof part);
    memcpy(part, &length, sizeof length);
    if (write(proxy.pipe.fd, part, sizeof part) != sizeof part)
        return 2;
    atomic_fetch_add(desk->progress, 1);
    pause_for_ever();
}

static void a_client_killed_in_the_middle_of_a_request_is_forgotten(void **state) {
    struct desk desk;
    (void)state;
    desk_open(&desk);
    for (uint32_t i = 1; i <= 5; i++) {
        struct team *team = team_start(WORKER_PROCESS, 1, send_a_part, &desk);
        assert_true(reaches(desk.progress, i));
        kill_and_join(&team->workers[0]);
        desk_connect(&desk);
        assert_int_equal(manager_length(&desk.proxy, desk.list), 0);
        manager_disconnect(&desk.proxy);
    }
    desk_close(&desk);
}

/* Appends large strings for ever. */
static int append_for_ever(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    static unsigned char bytes[300000];
    memset(bytes, (int)number + 1, sizeof bytes);
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    while (manager_list_append(&proxy, desk->list, (struct manager_string){bytes, sizeof bytes}) >=
           0)
        atomic_fetch_add(desk->progress, 1);
    return 1;
}

/* Killed at random moments: what is in the list is whole, and no more than one request per client
 * went further than its client knows. */
static void requests_of_killed_clients_are_whole_or_not_at_all(void **state) {
    enum { CLIENTS = 3 };
    struct desk desk;
    struct manager_string got;
    uint32_t seed = 88172645u;
    (void)state;
    for (unsigned round = 0; round < ROUNDS(30u); round++) {
        desk_open(&desk);
        struct team *team = team_start(WORKER_PROCESS, CLIENTS, append_for_ever, &desk);
        assert_true(reaches(desk.progress, 1));
        struct timespec nap = clock_timespec(random_next(&seed) % (5 * MS));
        nanosleep(&nap, NULL);
        for (unsigned i = 0; i < CLIENTS; i++)
            kill_and_join(&team->workers[i]);
        desk_connect(&desk);
        int64_t length = manager_length(&desk.proxy, desk.list), known = *desk.progress;
        assert_true(length >= known && length <= known + CLIENTS);
        for (int64_t i = 0; i < length; i++) {
            assert_int_equal(manager_list_take(&desk.proxy, desk.list, 0, &got), 0);
            assert_int_equal(got.bytes, 300000);
            const unsigned char *bytes = got.at;
            assert_true(bytes[0] >= 1 && bytes[0] <= CLIENTS);
            assert_memory_equal(bytes, bytes + 1, got.bytes - 1); /* all the same */
        }
        desk_close(&desk);
    }
}

static void kill_server(struct desk *desk) {
    struct worker *dead = NULL;
    assert_int_equal(worker_kill(&desk->supervisor.workers[0]), 0);
    int news = supervisor_wait(&desk->supervisor, clock_after_ns(PATIENCE_NS), &dead);
    assert_int_equal(news, SUPERVISOR_DEATH);
    assert_int_equal(dead->exitcode, -SIGKILL);
}

static void a_killed_server_is_missed(void **state) {
    struct desk desk;
    struct manager_proxy late;
    desk_open(&desk);
    struct team *team = team_start(kind_of(state), 3, get_one, &desk);
    desk_connect(&desk);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    kill_server(&desk);
    for (unsigned i = 0; i < 3; i++) {
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, EOWNERDEAD);
    }
    assert_int_equal(manager_length(&desk.proxy, desk.list), -EPIPE);
    assert_int_equal(manager_length(&desk.proxy, desk.list), -EPIPE);
    assert_int_equal(manager_connect(&desk.manager, &late), -EPIPE);
    manager_disconnect(&late);
    manager_disconnect(&desk.proxy);
    manager_close(&desk.manager);
    supervisor_close(&desk.supervisor);
    arena_close(&desk.arena);
    assert_no_children();
}

/* It does not even answer; then the deadline of manager_answer_until helps. */
static void a_stopped_server_can_be_given_up(void **state) {
    struct desk desk;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    assert_int_equal(manager_length(&desk.proxy, desk.list), 0);
    pid_t server = desk.supervisor.workers[0].pid;
    assert_int_equal(kill(server, SIGSTOP), 0);
    assert_int_equal(manager_ask(&desk.proxy, desk.queue, 0, 0, 0), 0);
    assert_int_equal(manager_answer_until(&desk.proxy, clock_after_ns(20 * MS)), -ETIMEDOUT);
    assert_true(desk.proxy.asked);
    assert_int_equal(kill(server, SIGCONT), 0);
    assert_int_equal(manager_answer_until(&desk.proxy, clock_after_ns(PATIENCE_NS)), -EINVAL);
    assert_false(desk.proxy.asked);
    desk_close(&desk);
}

static void stop_server(struct desk *desk) {
    stop_and_see(&desk->supervisor.workers[0]);
}

static void continue_server(struct desk *desk) {
    assert_int_equal(kill(desk->supervisor.workers[0].pid, SIGCONT), 0);
}

/* A timed verb gives a server up that does not answer; what it says later is not lost. */
static void a_timed_verb_gives_a_stopped_server_up(void **state) {
    static const uint64_t after_ns[] = {0, 50 * MS};
    struct desk desk;
    struct manager_string got;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    for (unsigned i = 0; i < 4; i++) {
        bool full = i / 2;
        if (full)
            assert_int_equal(manager_queue_put(&desk.proxy, desk.queue, text("kept")), 0);
        stop_server(&desk);
        uint64_t start = clock_now_ns(), deadline = after_ns[i % 2] ? start + after_ns[i % 2] : 0;
        assert_int_equal(manager_queue_get_until(&desk.proxy, desk.queue, &got, deadline),
                         -ETIMEDOUT);
        assert_in_range(clock_now_ns() - start, MANAGER_GRACE_NS, 5 * MANAGER_GRACE_NS);
        assert_true(desk.proxy.asked);
        assert_int_equal(manager_length(&desk.proxy, desk.queue), -EBUSY);
        continue_server(&desk);
        int64_t status = manager_answer_until(&desk.proxy, clock_after_ns(PATIENCE_NS));
        assert_int_equal(status, full ? 0 : -ETIMEDOUT);
        got.at = manager_reply(&desk.proxy, &got.bytes);
        assert_text(got, full ? "kept" : "");
        assert_int_equal(manager_length(&desk.proxy, desk.queue), 0);
    }
    desk_close(&desk);
}

static void patience_is_a_deadline_for_every_verb(void **state) {
    struct desk desk;
    struct manager_string got;
    struct manager_proxy late;
    int64_t number;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    struct manager_proxy *proxy = &desk.proxy;
    assert_int_equal(manager_list_append(proxy, desk.list, text("first")), 0);
    proxy->patience_ns = 20 * MS;
    for (unsigned verb = 0; verb < 6; verb++) {
        int64_t status = 0;
        stop_server(&desk);
        switch (verb) {
        case 0:
            status = manager_list_append(proxy, desk.list, text("second"));
            break;
        case 1:
            status = manager_list_get(proxy, desk.list, 0, &got);
            break;
        case 2:
            status = manager_dict_set(proxy, desk.dict, text("key"), text("value"));
            break;
        case 3:
            status = manager_value_get(proxy, desk.value, &number);
            break;
        case 4:
            status = manager_new(proxy, MANAGER_LIST, 0);
            break;
        default:
            status = manager_queue_get_until(proxy, desk.queue, &got, 0);
        }
        assert_int_equal(status, -ETIMEDOUT);
        continue_server(&desk);
        manager_answer_until(proxy, clock_after_ns(PATIENCE_NS));
        assert_false(proxy->asked);
    }
    proxy->patience_ns = PATIENCE_NS;
    assert_int_equal(manager_length(proxy, desk.list), 2); /* it was carried out after all */
    assert_int_equal(manager_length(proxy, desk.dict), 1);
    stop_server(&desk);
    assert_int_equal(manager_connect_until(&desk.manager, &late, clock_after_ns(20 * MS)),
                     -ETIMEDOUT);
    assert_int_equal(late.pipe.fd, -1);
    continue_server(&desk);
    desk_close(&desk);
}

/* ---- clients that do not take, or do not give, all of a message ---- */

enum { LARGE = 4 << 20 };

/* The two halves of a get whose reply does not fit the pipe. */
static void ask_for_large(struct desk *desk, struct manager_proxy *proxy) {
    uint64_t *index = manager_room(proxy, sizeof *index);
    assert_non_null(index);
    *index = 0;
    assert_int_equal(manager_ask(proxy, desk->list, 3, sizeof *index, CLOCK_NEVER), 0);
}

static void append_large(struct desk *desk) {
    char *bytes = malloc(LARGE);
    assert_non_null(bytes);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i % 251);
    assert_int_equal(
        manager_list_append(&desk->proxy, desk->list, (struct manager_string){bytes, LARGE}), 0);
    free(bytes);
}

static bool is_large(const struct manager_proxy *proxy) {
    size_t bytes;
    const char *at = manager_reply(proxy, &bytes);
    bool right = bytes == LARGE;
    for (size_t i = 0; right && i < LARGE; i++)
        right = at[i] == (char)(i % 251);
    return right;
}

static void a_reply_that_nobody_takes_holds_nobody_up(void **state) {
    struct desk desk;
    struct manager_proxy others[3];
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    desk.proxy.patience_ns = PATIENCE_NS;
    append_large(&desk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(manager_connect(&desk.manager, &others[i]), 0);
        ask_for_large(&desk, &others[i]);
    }
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(manager_length(&desk.proxy, desk.list), 1);
    manager_disconnect(&others[1]); /* without a look at it */
    assert_int_equal(manager_length(&desk.proxy, desk.list), 1);
    for (unsigned i = 0; i < 3; i += 2) { /* the others can have it still, and go on */
        assert_int_equal(manager_answer_until(&others[i], clock_after_ns(PATIENCE_NS)), 0);
        assert_true(is_large(&others[i]));
        assert_int_equal(manager_length(&others[i], desk.list), 1);
        manager_disconnect(&others[i]);
    }
    desk_close(&desk);
}

static void a_half_sent_request_holds_nobody_up(void **state) {
    struct desk desk;
    (void)state;
    desk_open(&desk);
    desk_connect(&desk);
    desk.proxy.patience_ns = PATIENCE_NS;
    struct team *team = team_start(WORKER_PROCESS, 1, send_a_part, &desk);
    assert_true(reaches(desk.progress, 1));
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(manager_length(&desk.proxy, desk.list), 0);
    kill_and_join(&team->workers[0]);
    desk_close(&desk);
}

/* Told to end, it completes what is being taken, and does not wait for who takes nothing. */
static int take_large(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    ask_for_large(desk, &proxy);
    atomic_fetch_add(desk->progress, 1);
    if (number == 1)
        pause_for_ever();
    while (atomic_load(&desk->progress[1]) == 0)
        sleep_ms(1);
    return manager_answer(&proxy) == 0 && is_large(&proxy) ? 0 : 2;
}

static void told_to_end_it_completes_replies(void **state) {
    struct desk desk;
    struct worker *bad = NULL;
    (void)state;
    for (unsigned idlers = 0; idlers < 2; idlers++) {
        desk_open(&desk);
        desk_connect(&desk);
        append_large(&desk);
        struct team *team = team_start(WORKER_PROCESS, 1, take_large, &desk);
        if (idlers)
            team_add(team, WORKER_PROCESS, take_large, &desk);
        assert_true(reaches(desk.progress, 1 + idlers));
        assert_int_equal(manager_length(&desk.proxy, desk.list), 1);
        if (!idlers) {
            atomic_store(&desk.progress[1], 1);
            assert_int_equal(manager_end(&desk.proxy), 0);
            team_join(team);
        } else {
            assert_int_equal(manager_end(&desk.proxy), 0);
        }
        join_in_time(&desk.supervisor.workers[0]);
        assert_int_equal(supervisor_join(&desk.supervisor, &bad), 0);
        for (unsigned i = 0; idlers && i < 2; i++)
            kill_and_join(&team->workers[i]);
        desk_close(&desk);
    }
}

/* ---- ends ---- */

static void told_to_end_it_answers_all_who_wait(void **state) {
    struct desk desk;
    struct worker *bad = NULL;
    desk_open(&desk);
    struct team *team = team_start(kind_of(state), 3, get_one, &desk);
    desk_connect(&desk);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    assert_int_equal(manager_end(&desk.proxy), 0);
    join_in_time(&desk.supervisor.workers[0]);
    assert_int_equal(supervisor_join(&desk.supervisor, &bad), 0);
    for (unsigned i = 0; i < 3; i++) {
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, EPIPE);
    }
    assert_int_equal(manager_length(&desk.proxy, desk.list), -EPIPE);
    desk_close(&desk);
}

static int stay_connected(void *argument, unsigned number) {
    struct desk *desk = argument;
    struct manager_proxy proxy;
    if (manager_connect(&desk->manager, &proxy) != 0)
        return 1;
    manager_close(&desk->manager); /* the proxy alone keeps the server */
    atomic_fetch_add(desk->progress, 1);
    while (atomic_load(&desk->progress[1]) == 0)
        sleep_ms(1);
    for (uint32_t i = 0; i < 100; i++)
        if (manager_value_add(&proxy, desk->value, number, NULL) != 0)
            return 2;
    manager_disconnect(&proxy);
    return 0;
}

static void it_ends_after_its_last_client(void **state) {
    struct desk desk;
    struct worker *bad = NULL;
    (void)state;
    desk_open(&desk);
    struct team *team = team_start(WORKER_PROCESS, 3, stay_connected, &desk);
    manager_close(&desk.manager);
    assert_true(reaches(desk.progress, 3));
    sleep_ms(20);
    assert_true(worker_is_alive(&desk.supervisor.workers[0]));
    atomic_store(&desk.progress[1], 1);
    team_join(team);
    join_in_time(&desk.supervisor.workers[0]);
    assert_int_equal(supervisor_join(&desk.supervisor, &bad), 0);
    desk_close(&desk);
}

/* Clients may be born before the server; they connect as soon as they like. */
static void clients_may_be_started_before_the_server(void **state) {
    enum { CLIENTS = 12 };
    struct desk desk = {.arena = ARENA_EMPTY, .each = 20, .dict = 1, .value = 2, .queue = 3};
    (void)state;
    desk.progress = take(&desk.arena, 64);
    assert_int_equal(supervisor_open(&desk.supervisor, &desk.arena, 1, -1), 0);
    assert_int_equal(manager_open(&desk.manager, NULL, 0), 0);
    struct team *team = team_start(WORKER_PROCESS, CLIENTS, get_one, &desk);
    sleep_ms(20);
    assert_int_equal(*desk.progress, 0); /* nobody is let in yet */
    assert_int_equal(manager_start(&desk.manager, &desk.supervisor), 0);
    for (unsigned i = 0; i < CLIENTS; i++) { /* they asked for a queue that nobody had made */
        join_in_time(&team->workers[i]);
        assert_int_equal(team->workers[i].exitcode, ENOENT);
    }
    desk_close(&desk);
}

static void nothing_is_left(void **state) {
    struct desk desk;
    (void)state;
    int before = open("/dev/null", O_RDONLY), after;
    close(before);
    for (unsigned i = 0; i < 5; i++) {
        desk_open(&desk);
        desk_connect(&desk);
        assert_int_equal(manager_length(&desk.proxy, desk.list), 0);
        desk_close(&desk);
    }
    after = open("/dev/null", O_RDONLY);
    close(after);
    assert_int_equal(after, before);
    struct manager zeroed = {0};
    struct manager_proxy idle = {0};
    manager_close(&zeroed);
    manager_close(&zeroed);
    manager_disconnect(&idle);
    manager_disconnect(&idle);
    assert_true(fcntl(0, F_GETFD) >= 0); /* they were not taken for standard input */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_list_keeps_strings_in_order),
        TEST(a_list_is_right_after_many_random_verbs),
        TEST(a_dictionary_finds_what_was_set),
        TEST(a_dictionary_of_many_keys),
        TEST(a_value_is_set_and_added_to),
        TEST(a_queue_gives_up_at_the_deadline),
        TEST(unknown_objects_and_wrong_verbs_are_refused),
        TEST(strings_of_megabytes_are_whole),
        TEST_BOTH(counts_are_exact),
        TEST_BOTH(putters_and_getters_wait_for_each_other),
        TEST_BOTH(a_waiting_getter_holds_nobody_up),
        TEST_BOTH(a_dropped_queue_wakes_who_waits),
        TEST_BOTH(own_objects_are_carried_out_by_the_server),
        TEST(a_killed_getter_is_forgotten),
        TEST(a_client_killed_in_the_middle_of_a_request_is_forgotten),
        TEST(requests_of_killed_clients_are_whole_or_not_at_all),
        TEST_BOTH(a_killed_server_is_missed),
        TEST(a_stopped_server_can_be_given_up),
        TEST(a_timed_verb_gives_a_stopped_server_up),
        TEST(patience_is_a_deadline_for_every_verb),
        TEST(a_reply_that_nobody_takes_holds_nobody_up),
        TEST(a_half_sent_request_holds_nobody_up),
        TEST(told_to_end_it_completes_replies),
        TEST_BOTH(told_to_end_it_answers_all_who_wait),
        TEST(it_ends_after_its_last_client),
        TEST(clients_may_be_started_before_the_server),
        TEST(nothing_is_left),
    };
    return cmocka_run_group_tests_name("mp_manager", tests, NULL, NULL);
}
