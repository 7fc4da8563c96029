/* Proves that a pipe does what its header promises: whole messages of any length, both ways,
 * between processes and between threads; deadlines; the end of a channel, also when its holder is
 * killed in the middle of a message; and two ends that both only send. */
#include "tests/mp_helpers.h"

#include "mp/pipe.h"

#include <stdlib.h>
#include <string.h>

#define BIG_BYTES (UINT64_C(8) << 20) /* far beyond any buffer */

/* ---- what the tests share ---- */

/* A channel, whose ends[0] is the test's. In shared pages, where the test's struct pipe changes
 * while workers start; they go by the two descriptors. */
struct channel {
    struct pipe pipe;
    int test_fd, worker_fd;
    enum worker_kind kind;
    _Atomic uint32_t ready, go;
    uint64_t length, rounds; /* what a worker sends */
    uint64_t deadline_ns;
    long result; /* what a worker's send said */
};

static struct channel *channel_open(struct arena *arena, enum worker_kind kind) {
    struct channel *channel = take(arena, sizeof *channel);
    assert_int_equal(pipe_open(&channel->pipe), 0);
    channel->test_fd = channel->pipe.ends[0].fd;
    channel->worker_fd = channel->pipe.ends[1].fd;
    channel->kind = kind;
    return channel;
}

static void channel_close(struct channel *channel, struct arena *arena) {
    pipe_close(&channel->pipe.ends[0]);
    pipe_close(&channel->pipe.ends[1]);
    arena_close(arena);
}

/* A worker's end; a process has inherited the test's end too, and leaves it to the test. */
static struct pipe_end worker_end(const struct channel *channel) {
    if (channel->kind == WORKER_PROCESS)
        close(channel->test_fd);
    return (struct pipe_end){.fd = channel->worker_fd};
}

/* And the test leaves the worker's end to a process; a thread has the same descriptors. */
static void leave_worker_end(struct channel *channel) {
    if (channel->kind == WORKER_PROCESS)
        pipe_close(&channel->pipe.ends[1]);
}

static struct team *start_at(struct channel *channel, worker_main *main) {
    struct team *team = team_start(channel->kind, 1, main, channel);
    leave_worker_end(channel);
    return team;
}

/* Bytes that tell whether one is missing, doubled or moved. */
static unsigned char *pattern_new(size_t bytes, uint32_t seed) {
    unsigned char *pattern = malloc(bytes);
    assert_non_null(pattern);
    seed = seed * 2654435761u | 1;
    for (size_t i = 0; i < bytes; i++)
        pattern[i] = (unsigned char)(random_next(&seed) >> 13);
    return pattern;
}

/* ---- messages ---- */

/* Sends back whatever comes, until the channel ends. */
static int echo(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    (void)number;
    for (;;) {
        long length = pipe_length(&end, CLOCK_NEVER);
        if (length == -EPIPE)
            break;
        unsigned char *message = length > 0 ? malloc((size_t)length) : NULL;
        if (!message || pipe_receive(&end, message, (size_t)length) != length ||
            pipe_send(&end, message, (size_t)length) != 0)
            return 1;
        free(message);
    }
    pipe_close(&end);
    return 0;
}

static void expect_echo(struct pipe_end *end, size_t bytes) {
    unsigned char *sent = pattern_new(bytes, (uint32_t)bytes), *got = malloc(bytes);
    assert_non_null(got);
    assert_int_equal(pipe_send(end, sent, bytes), 0);
    assert_int_equal(pipe_receive(end, got, bytes), bytes);
    assert_memory_equal(got, sent, bytes);
    free(sent);
    free(got);
}

/* The test's end ends, so the worker does. */
static void end_echo(struct channel *channel, struct team *team, struct arena *arena) {
    pipe_close(&channel->pipe.ends[0]);
    team_join(team);
    if (channel->kind == WORKER_THREAD) /* it closed its copy */
        channel->pipe.ends[1].fd = -1;
    channel_close(channel, arena);
}

static void pipe_carries_whole_messages_of_any_length(void **state) {
    static const size_t lengths[] = {1,      2,      7,       8,       9,         4095,   4096,
                                     4097,   65535,  65536,   65537,   212991,    212992, 212993,
                                     300000, 999999, 1 << 20, 3333333, BIG_BYTES, 1};
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    struct team *team = start_at(channel, echo);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        expect_echo(&channel->pipe.ends[0], lengths[i]);
    end_echo(channel, team, &arena);
}

static void pipe_echoes_under_stress(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    struct team *team = start_at(channel, echo);
    uint32_t seed = 5;
    for (unsigned i = 0; i < ROUNDS(20000u); i++) {
        uint32_t dice = random_next(&seed);
        expect_echo(&channel->pipe.ends[0], dice % 100 == 0 ? dice % 300000 + 1 : dice % 600 + 1);
    }
    end_echo(channel, team, &arena);
}

static int send_numbers(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    (void)number;
    for (uint64_t i = 0; i < channel->rounds; i++)
        if (pipe_send(&end, &i, sizeof i) != 0)
            return 1;
    pipe_close(&end);
    return 0;
}

/* Far more than the buffer holds, so that the sender waits again and again. */
static void pipe_keeps_the_order_and_then_ends(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    channel->rounds = ROUNDS(100000);
    struct team *team = start_at(channel, send_numbers);
    struct pipe_end *end = &channel->pipe.ends[0];
    uint64_t number;
    for (uint64_t i = 0; i < channel->rounds; i++) {
        assert_int_equal(pipe_receive(end, &number, sizeof number), sizeof number);
        assert_int_equal(number, i);
    }
    assert_int_equal(pipe_receive(end, &number, sizeof number), -EPIPE);
    assert_int_equal(pipe_length(end, CLOCK_NEVER), -EPIPE);
    end_echo(channel, team, &arena);
}

/* Both send at the same time, little enough that it fits; then both receive. */
static int send_then_receive(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    (void)number;
    for (uint64_t round = 0; round < channel->rounds; round++) {
        uint64_t theirs = 0;
        for (uint64_t i = 0; i < 20; i++)
            if (pipe_send(&end, &i, sizeof i) != 0)
                return 1;
        for (uint64_t i = 0; i < 20; i++)
            if (pipe_receive(&end, &theirs, sizeof theirs) != sizeof theirs || theirs != 100 + i)
                return 2;
    }
    pipe_close(&end);
    return 0;
}

static void pipe_carries_both_ways_at_once(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    channel->rounds = ROUNDS(1000);
    struct team *team = start_at(channel, send_then_receive);
    struct pipe_end *end = &channel->pipe.ends[0];
    for (uint64_t round = 0; round < channel->rounds; round++) {
        uint64_t theirs = 0;
        for (uint64_t i = 100; i < 120; i++)
            assert_int_equal(pipe_send(end, &i, sizeof i), 0);
        for (uint64_t i = 0; i < 20; i++) {
            assert_int_equal(pipe_receive(end, &theirs, sizeof theirs), sizeof theirs);
            assert_int_equal(theirs, i);
        }
    }
    end_echo(channel, team, &arena);
}

static void pipe_refuses_impossible_lengths(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    char byte = 0;
    assert_int_equal(pipe_send(&channel->pipe.ends[0], &byte, 0), -EMSGSIZE);
    assert_int_equal(pipe_send(&channel->pipe.ends[0], &byte, SIZE_MAX / 2 + 1), -EMSGSIZE);
    assert_int_equal(pipe_receive_until(&channel->pipe.ends[1], &byte, 1, 0), -ETIMEDOUT);
    channel_close(channel, &arena);
}

static void pipe_keeps_a_message_that_is_too_long(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    struct pipe_end *ends = channel->pipe.ends;
    char got[16] = "";
    assert_int_equal(pipe_send(&ends[1], "hello, world", 12), 0);
    assert_int_equal(pipe_send(&ends[1], "x", 1), 0);
    for (size_t size = 0; size < 12; size++) {
        assert_int_equal(pipe_receive(&ends[0], got, size), -EMSGSIZE);
        assert_int_equal(got[0], '\0');
        assert_int_equal(pipe_length(&ends[0], 0), 12);
    }
    assert_int_equal(pipe_receive(&ends[0], got, 12), 12);
    assert_memory_equal(got, "hello, world", 12);
    assert_int_equal(pipe_length(&ends[0], 0), 1);
    assert_int_equal(pipe_receive_until(&ends[0], got, sizeof got, 0), 1);
    assert_int_equal(got[0], 'x');
    assert_int_equal(pipe_length(&ends[0], 0), -ETIMEDOUT);
    channel_close(channel, &arena);
}

/* ---- the end of a channel ---- */

static void pipe_ends_after_what_was_sent(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    struct pipe_end *ends = channel->pipe.ends;
    char got[8];
    assert_int_equal(pipe_send(&ends[1], "last", 4), 0);
    pipe_close(&ends[1]);
    pipe_close(&ends[1]); /* it is closed already */
    assert_int_equal(ends[1].fd, -1);
    assert_int_equal(pipe_receive(&ends[0], got, sizeof got), 4);
    assert_int_equal(pipe_receive(&ends[0], got, sizeof got), -EPIPE);
    assert_int_equal(pipe_send(&ends[0], "late", 4), -EPIPE);
    assert_int_equal(pipe_send_until(&ends[0], "late", 4, 0), -EPIPE);
    channel_close(channel, &arena);
}

/* The kernel says ECONNRESET then; it is the same end. */
static void pipe_ends_when_the_other_left_messages_unread(void **state) {
    (void)state;
    for (unsigned sends = 0; sends < 2; sends++) {
        struct arena arena = ARENA_EMPTY;
        struct channel *channel = channel_open(&arena, WORKER_PROCESS);
        struct pipe_end *ends = channel->pipe.ends;
        char got[8];
        assert_int_equal(pipe_send(&ends[0], "unread", 6), 0);
        assert_int_equal(pipe_send(&ends[1], "last", 4), 0);
        pipe_close(&ends[1]);
        if (sends)
            assert_int_equal(pipe_send(&ends[0], "late", 4), -EPIPE);
        assert_int_equal(pipe_receive(&ends[0], got, sizeof got), 4);
        assert_int_equal(pipe_receive(&ends[0], got, sizeof got), -EPIPE);
        assert_int_equal(pipe_receive(&ends[0], got, sizeof got), -EPIPE);
        channel_close(channel, &arena);
    }
}

/* Says that it begins, sends one big message, and stays. */
static int send_big(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    unsigned char *message = calloc(1, channel->length);
    (void)number;
    atomic_store(&channel->ready, 1);
    if (!message || pipe_send(&end, message, channel->length) != 0)
        return 1;
    atomic_store(&channel->ready, 2);
    pause_for_ever();
}

static void pipe_ends_when_the_sender_is_killed_in_a_message(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    struct pipe_end *end = &channel->pipe.ends[0];
    unsigned char *got = malloc(BIG_BYTES);
    channel->length = BIG_BYTES;
    struct team *team = start_at(channel, send_big);
    assert_true(reaches(&channel->ready, 1));
    assert_int_equal(pipe_length(end, clock_after_ns(PATIENCE_NS)), BIG_BYTES);
    sleep_ms(20);
    assert_int_equal(channel->ready, 1); /* it waits for the buffer to be emptied */
    kill_and_join(&team->workers[0]);
    assert_int_equal(pipe_receive(end, got, BIG_BYTES), -EPIPE);
    assert_int_equal(pipe_length(end, CLOCK_NEVER), -EPIPE);
    assert_int_equal(pipe_receive(end, got, BIG_BYTES), -EPIPE);
    assert_int_equal(pipe_send(end, got, 8), -EPIPE);
    free(got);
    channel_close(channel, &arena);
}

/* Takes the length only, and stays. */
static int stay(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    (void)number;
    if (pipe_length(&end, CLOCK_NEVER) < 0)
        return 1;
    atomic_store(&channel->ready, 1);
    pause_for_ever();
}

/* Kills the receiver, once it has seen the message begin. */
static int kill_receiver(void *argument, unsigned number) {
    struct worker *receiver = argument;
    (void)number;
    sleep_ms(100);
    return kill(receiver->pid, SIGKILL) == 0 ? 0 : 1;
}

static void pipe_ends_when_the_receiver_is_killed_in_a_message(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    unsigned char *message = calloc(1, BIG_BYTES);
    struct team *team = start_at(channel, stay);
    struct team *killer = team_start(WORKER_PROCESS, 1, kill_receiver, &team->workers[0]);
    assert_int_equal(pipe_send(&channel->pipe.ends[0], message, BIG_BYTES), -EPIPE);
    assert_int_equal(channel->ready, 1);
    team_join(killer);
    join_in_time(&team->workers[0]);
    assert_int_equal(team->workers[0].exitcode, -SIGKILL);
    free(message);
    channel_close(channel, &arena);
}

/* Sends messages of all sizes without end. */
static int send_without_end(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    uint32_t seed = 3 + number;
    unsigned char *message = calloc(1, 400000);
    while (message) {
        size_t bytes = random_next(&seed) % 400000 + 1;
        memset(message, (int)(bytes % 251), bytes);
        if (pipe_send(&end, message, bytes) != 0)
            return 1;
    }
    return 1;
}

/* Whenever the sender is killed: whole messages, then the end. */
static void pipe_survives_a_storm_of_kills(void **state) {
    (void)state;
    unsigned char *got = malloc(400000);
    uint32_t seed = 17;
    for (unsigned i = 0; i < ROUNDS(200u); i++) {
        struct arena arena = ARENA_EMPTY;
        struct channel *channel = channel_open(&arena, WORKER_PROCESS);
        struct pipe_end *end = &channel->pipe.ends[0];
        struct team *team = start_at(channel, send_without_end);
        uint64_t kill_at_ns = clock_after_ns(random_next(&seed) % 3000000);
        long length;
        while ((length = pipe_receive(end, got, 400000)) > 0) {
            for (long at = 0; at < length; at += 997)
                assert_int_equal(got[at], length % 251);
            if (clock_now_ns() > kill_at_ns)
                assert_int_equal(worker_kill(&team->workers[0]), 0);
        }
        assert_int_equal(length, -EPIPE);
        kill_and_join(&team->workers[0]);
        channel_close(channel, &arena);
    }
    free(got);
}

/* ---- deadlines ---- */

static void expect_in_time(uint64_t start_ns, uint64_t least_ns) {
    assert_in_range(clock_now_ns() - start_ns, least_ns, least_ns + 2000 * MS);
}

static void pipe_receive_gives_up_at_its_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    struct pipe_end *ends = channel->pipe.ends;
    char got[8];
    uint64_t start = clock_now_ns();
    assert_int_equal(pipe_receive_until(&ends[0], got, sizeof got, 0), -ETIMEDOUT);
    assert_int_equal(pipe_receive_until(&ends[0], got, sizeof got, 1), -ETIMEDOUT);
    assert_int_equal(pipe_length(&ends[0], start), -ETIMEDOUT);
    assert_int_equal(pipe_receive_until(&ends[0], got, sizeof got, start + 50 * MS), -ETIMEDOUT);
    expect_in_time(start, 50 * MS);
    start = clock_now_ns();
    assert_int_equal(pipe_length(&ends[0], start + 50 * MS), -ETIMEDOUT);
    expect_in_time(start, 50 * MS);
    assert_int_equal(pipe_send(&ends[1], "there", 5), 0);
    assert_int_equal(pipe_receive_until(&ends[0], got, sizeof got, 1),
                     5); /* whatever the deadline */
    channel_close(channel, &arena);
}

static int send_late(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    (void)number;
    sleep_ms(50);
    return pipe_send(&end, "late", 4) == 0 ? 0 : 1;
}

static void pipe_receive_waits_until_its_deadline(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    struct team *team = start_at(channel, send_late);
    char got[8];
    uint64_t deadline = clock_after_ns(PATIENCE_NS);
    assert_int_equal(pipe_receive_until(&channel->pipe.ends[0], got, sizeof got, deadline), 4);
    team_join(team);
    channel_close(channel, &arena);
}

/* Fills the buffer towards the other end; how many messages that takes. */
static unsigned fill_buffer(struct pipe_end *end, size_t bytes, uint64_t deadline_ns) {
    unsigned char *message = calloc(1, bytes);
    unsigned sent = 0;
    int err;
    while ((err = pipe_send_until(end, message, bytes, deadline_ns)) == 0)
        sent++;
    assert_int_equal(err, -ETIMEDOUT);
    free(message);
    return sent;
}

static void pipe_send_gives_up_at_its_deadline(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, WORKER_PROCESS);
    struct pipe_end *ends = channel->pipe.ends;
    uint64_t number = 0;
    unsigned sent = fill_buffer(&ends[0], sizeof number, 0);
    assert_in_range(sent, 8, 100000);
    uint64_t start = clock_now_ns();
    assert_int_equal(pipe_send_until(&ends[0], "late", 4, start + 50 * MS), -ETIMEDOUT);
    expect_in_time(start, 50 * MS);
    for (unsigned i = 0; i < sent; i++) /* what gave up left nothing of itself */
        assert_int_equal(pipe_receive_until(&ends[1], &number, sizeof number, 0), sizeof number);
    assert_int_equal(pipe_receive_until(&ends[1], &number, sizeof number, 0), -ETIMEDOUT);
    assert_int_equal(pipe_send_until(&ends[0], "fits", 4, 0), 0);
    assert_int_equal(pipe_receive(&ends[1], &number, sizeof number), 4);
    channel_close(channel, &arena);
}

/* Sends one message with the channel's deadline. */
static int send_until(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    unsigned char *message = calloc(1, channel->length);
    (void)number;
    memset(message, 7, channel->length);
    channel->result = pipe_send_until(&end, message, channel->length, channel->deadline_ns);
    free(message);
    atomic_store(&channel->ready, 1);
    return 0;
}

/* Its receiver comes long after the deadline. */
static void pipe_finishes_a_message_that_has_begun(void **state) {
    static const size_t lengths[] = {1 << 20, BIG_BYTES};
    for (size_t i = 0; i < 2; i++)
        for (unsigned late = 0; late < 2; late++) {
            struct arena arena = ARENA_EMPTY;
            struct channel *channel = channel_open(&arena, kind_of(state));
            channel->length = lengths[i];
            channel->deadline_ns = late ? clock_after_ns(20 * MS) : 0;
            channel->result = 1;
            struct team *team = start_at(channel, send_until);
            unsigned char *got = malloc(lengths[i]);
            sleep_ms(1200);
            assert_int_equal(atomic_load(&channel->ready), 0);
            assert_int_equal(pipe_receive_until(&channel->pipe.ends[0], got, lengths[i], 0),
                             lengths[i]);
            for (size_t at = 0; at < lengths[i]; at += 101)
                assert_int_equal(got[at], 7);
            team_join(team);
            assert_int_equal(channel->result, 0);
            free(got);
            channel_close(channel, &arena);
        }
}

/* ---- two that both send ---- */

/* Many small messages, more than the buffer holds, and then no room in time. */
static int send_too_many(void *argument, unsigned number) {
    struct channel *channel = argument;
    struct pipe_end end = worker_end(channel);
    uint64_t message = number;
    int err = 0;
    for (unsigned i = 0; i < 100000 && !err; i++)
        err = pipe_send_until(&end, &message, sizeof message, clock_after_ns(100 * MS));
    channel->result = err;
    return reaches(&channel->go, 1) ? 0 : 1; /* the end of the process would end the channel */
}

static void pipe_timed_sends_end_a_deadlock_of_many_messages(void **state) {
    struct arena arena = ARENA_EMPTY;
    struct channel *channel = channel_open(&arena, kind_of(state));
    struct team *team = start_at(channel, send_too_many);
    fill_buffer(&channel->pipe.ends[0], 8, clock_after_ns(300 * MS));
    atomic_store(&channel->go, 1);
    team_join(team);
    assert_int_equal(channel->result, -ETIMEDOUT);
    channel_close(channel, &arena);
}

/* Both have begun, so neither can give up its message: the first that notices ends the channel. */
static void pipe_timed_sends_end_a_deadlock_of_big_messages(void **state) {
    for (unsigned timed = 0; timed < 2; timed++) {
        struct arena arena = ARENA_EMPTY;
        struct channel *channel = channel_open(&arena, kind_of(state));
        unsigned char *message = calloc(1, BIG_BYTES);
        channel->length = BIG_BYTES;
        channel->deadline_ns = timed ? clock_after_ns(50 * MS) : CLOCK_NEVER;
        struct team *team = start_at(channel, send_until);
        uint64_t start = clock_now_ns();
        long err = pipe_send_until(&channel->pipe.ends[0], message, BIG_BYTES, start + 100 * MS);
        assert_true(clock_now_ns() - start < 4000 * MS);
        team_join(team);
        assert_true(err == -EDEADLK || (timed && err == -EPIPE));
        assert_true(channel->result == -EDEADLK || channel->result == -EPIPE);
        assert_true(err == -EDEADLK || channel->result == -EDEADLK);
        assert_int_equal(pipe_send(&channel->pipe.ends[0], message, 8), -EPIPE);
        assert_int_equal(pipe_receive(&channel->pipe.ends[0], message, BIG_BYTES), -EPIPE);
        free(message);
        channel_close(channel, &arena);
    }
}

/* Both ends in one thread, which neither may hold up: the parts add up to the message. */
static void pipe_goes_on_with_parts(void **state) {
    struct pipe pipe;
    unsigned char *message = malloc(BIG_BYTES), *buffer = calloc(1, BIG_BYTES);
    size_t sent = 0, before = 1;
    (void)state;
    assert_non_null(message);
    assert_non_null(buffer);
    for (size_t i = 0; i < BIG_BYTES; i++)
        message[i] = (unsigned char)(i % 251);
    assert_int_equal(pipe_open(&pipe), 0);
    assert_int_equal(pipe_receive_part(&pipe.ends[1], buffer, BIG_BYTES, 0), -ETIMEDOUT);
    assert_int_equal(pipe_send_part(&pipe.ends[0], message, 0, &sent), -EMSGSIZE);
    for (unsigned parts = 0;; parts++) {
        int err = pipe_send_part(&pipe.ends[0], message, BIG_BYTES, &sent);
        assert_true(err == 0 || (err == -EAGAIN && sent > before)); /* each a little further */
        before = sent;
        long got = pipe_receive_part(&pipe.ends[1], buffer, BIG_BYTES, 0);
        if (got >= 0) {
            assert_int_equal(err, 0);
            assert_int_equal(got, BIG_BYTES);
            assert_true(parts > 0);
            break;
        }
        assert_int_equal(got, -ETIMEDOUT);
    }
    assert_memory_equal(buffer, message, BIG_BYTES);
    assert_int_equal(pipe_send(&pipe.ends[0], "next", 5), 0);
    assert_int_equal(pipe_receive(&pipe.ends[1], buffer, BIG_BYTES), 5);
    assert_string_equal(buffer, "next");
    sent = 0;
    assert_int_equal(pipe_send_part(&pipe.ends[0], message, BIG_BYTES, &sent), -EAGAIN);
    pipe_close(&pipe.ends[1]);
    assert_int_equal(pipe_send_part(&pipe.ends[0], message, BIG_BYTES, &sent), -EPIPE);
    pipe_close(&pipe.ends[0]);
    free(message);
    free(buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_BOTH(pipe_carries_whole_messages_of_any_length),
        TEST_BOTH(pipe_echoes_under_stress),
        TEST_BOTH(pipe_keeps_the_order_and_then_ends),
        TEST_BOTH(pipe_carries_both_ways_at_once),
        TEST(pipe_goes_on_with_parts),
        TEST(pipe_refuses_impossible_lengths),
        TEST(pipe_keeps_a_message_that_is_too_long),
        TEST(pipe_ends_after_what_was_sent),
        TEST(pipe_ends_when_the_other_left_messages_unread),
        TEST(pipe_ends_when_the_sender_is_killed_in_a_message),
        TEST(pipe_ends_when_the_receiver_is_killed_in_a_message),
        TEST(pipe_survives_a_storm_of_kills),
        TEST(pipe_receive_gives_up_at_its_deadline),
        TEST_BOTH(pipe_receive_waits_until_its_deadline),
        TEST(pipe_send_gives_up_at_its_deadline),
        TEST_BOTH(pipe_finishes_a_message_that_has_begun),
        TEST_BOTH(pipe_timed_sends_end_a_deadlock_of_many_messages),
        TEST_BOTH(pipe_timed_sends_end_a_deadlock_of_big_messages),
    };
    return cmocka_run_group_tests_name("mp_pipe", tests, NULL, NULL);
}
