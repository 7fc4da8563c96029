/* Proves that every transport carries every message whole, once and in order, of any size, between
 * processes and between threads, streaming and to and fro; that a trial of each ends well; and that
 * one that loses or damages messages, dies or hangs is told from one that does not. */
#include "tests/mp_helpers.h"

#include "bench/ipc/trial.h"

#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {1, 16, 1000, 4096, 32768};

#define SIZES    (sizeof sizes / sizeof *sizes)
#define CAPACITY 8

struct talk {
    const struct transport *transport;
    struct channel there, back;
    uint32_t messages, rounds;
};

static uint64_t word_of(uint32_t number, size_t at) {
    return (number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15) ^ at;
}

static size_t word_bytes(size_t bytes, size_t at) {
    return bytes - at < sizeof(uint64_t) ? bytes - at : sizeof(uint64_t);
}

static void write_message(unsigned char *message, size_t bytes, uint32_t number) {
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        uint64_t word = word_of(number, at);
        memcpy(message + at, &word, word_bytes(bytes, at));
    }
}

static bool is_message(const unsigned char *message, size_t bytes, uint32_t number) {
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        uint64_t word = word_of(number, at);
        if (memcmp(message + at, &word, word_bytes(bytes, at)) != 0)
            return false;
    }
    return true;
}

/* Side 0 streams, and then begins each round; side 1 receives all, and answers in the rounds. */
static int talk_side(struct talk *talk, unsigned number, unsigned char *message) {
    const struct transport *transport = talk->transport;
    size_t bytes = talk->there.bytes;
    for (uint32_t i = 0; i < talk->messages + talk->rounds; i++) {
        if (number == 0) {
            write_message(message, bytes, i);
            if (transport->send(&talk->there, message) != 0)
                return 1;
            memset(message, 0xEE, bytes); /* the buffer is ours again */
        } else if (transport->receive(&talk->there, message) != 0 ||
                   !is_message(message, bytes, i)) {
            return 2;
        }
        if (i < talk->messages)
            continue;
        if (number == 1 && transport->send(&talk->back, message) != 0)
            return 3;
        if (number == 0 &&
            (transport->receive(&talk->back, message) != 0 || !is_message(message, bytes, i)))
            return 4;
    }
    return 0;
}

static int talk_worker(void *argument, unsigned number) {
    struct talk *talk = argument;
    unsigned char *message = malloc(talk->there.bytes);
    int status = message ? talk_side(talk, number, message) : 5;
    free(message);
    return status;
}

static void open_talk(struct talk *talk, struct arena *arena, size_t bytes, uint64_t capacity) {
    talk->there = talk->back =
        (struct channel){.arena = arena, .bytes = bytes, .capacity = capacity};
    assert_int_equal(talk->transport->open(&talk->there), 0);
    assert_int_equal(talk->transport->open(&talk->back), 0);
    assert_true(talk->there.capacity <= capacity);
}

static void run_talk(const struct transport *transport, enum worker_kind kind, size_t bytes,
                     uint64_t capacity) {
    struct arena arena = ARENA_EMPTY;
    struct talk talk = {.transport = transport, .messages = ROUNDS(10000u), .rounds = ROUNDS(200u)};
    teams_used = 0;
    open_talk(&talk, &arena, bytes, capacity);
    team_join(team_start(kind, 2, talk_worker, &talk));
    transport->close(&talk.there);
    transport->close(&talk.back);
    arena_close(&arena);
}

static void every_transport_carries_every_message(void **state) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    assert_true(count >= 9);
    for (unsigned t = 0; t < count; t++) {
        if (transport_unavailable(transports[t]))
            continue;
        for (size_t i = 0; i < SIZES; i++)
            run_talk(transports[t], kind_of(state), sizes[i], CAPACITY);
        run_talk(transports[t], kind_of(state), 16, 1);
        run_talk(transports[t], kind_of(state), 1024, 64);
    }
}

static void names_are_unique_words(void **state) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    (void)state;
    for (unsigned t = 0; t < count; t++) {
        assert_int_equal(strspn(transports[t]->name, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(transports[t]->name));
        assert_non_null(transports[t]->summary);
        for (unsigned other = 0; other < t; other++)
            assert_string_not_equal(transports[t]->name, transports[other]->name);
    }
}

/* ---- trials ---- */

static struct trial_result run(const struct transport *transport, enum worker_kind kind) {
    struct trial trial = {.transport = transport, .kind = kind, .bytes = 64, .capacity = CAPACITY};
    struct trial_result result;
    assert_int_equal(trial_run(&trial, &result), 0);
    assert_no_children();
    return result;
}

static void a_trial_of_every_transport_ends_well(void **state) {
    unsigned count;
    const struct transport *const *transports = transport_list(&count);
    for (unsigned t = 0; t < count; t++) {
        if (transport_unavailable(transports[t]))
            continue;
        struct trial_result result = run(transports[t], kind_of(state));
        if (result.end != TRIAL_DONE)
            fail_msg("%s: %s", transports[t]->name, result.sentence);
        assert_true(result.messages >= 64 && result.stream_ns > 0);
        assert_in_range(result.rounds, 50, 20000);
        assert_true(result.round_trip_median_ns > 0);
        assert_true(result.round_trip_median_ns <= result.round_trip_p99_ns);
        assert_true(result.usage.user_s + result.usage.sys_s > 0);
    }
}

/* A sound transport, but for the sender's tenth message, in the first burst. */
enum fault { DAMAGE, LOSE, DOUBLE, FAIL, DIE };
static enum fault fault;
static _Atomic unsigned sent;

static const struct transport *sound(void) {
    unsigned count;
    return transport_list(&count)[0];
}

static int faulty_open(struct channel *channel) {
    sent = 0;
    return sound()->open(channel);
}

static int faulty_send(struct channel *channel, const void *message) {
    unsigned char other[64];
    if (atomic_fetch_add(&sent, 1) != 9)
        return sound()->send(channel, message);
    memcpy(other, message, channel->bytes);
    other[channel->bytes - 1] ^= 1;
    switch (fault) {
    case DAMAGE:
        return sound()->send(channel, other);
    case LOSE:
        return 0;
    case DOUBLE:
        sound()->send(channel, message);
        return sound()->send(channel, message);
    case FAIL:
        return -ENOBUFS;
    default:
        raise(SIGKILL);
        return 0;
    }
}

static int faulty_receive(struct channel *channel, void *message) {
    return sound()->receive(channel, message);
}

static void faulty_close(struct channel *channel) {
    sound()->close(channel);
}

static const struct transport faulty = {
    .name = "faulty",
    .summary = "breaks",
    .open = faulty_open,
    .send = faulty_send,
    .receive = faulty_receive,
    .close = faulty_close,
};

static void wrong_messages_are_noticed(void **state) {
    static const enum fault faults[] = {DAMAGE, LOSE, DOUBLE};
    for (size_t i = 0; i < 3; i++) {
        fault = faults[i];
        struct trial_result result = run(&faulty, kind_of(state));
        assert_int_equal(result.end, TRIAL_WRONG);
        assert_true(*result.sentence);
    }
}

static void failures_and_deaths_end_a_trial(void **state) {
    static const enum fault faults[] = {FAIL, DIE};
    for (size_t i = 0; i < 2; i++) {
        fault = faults[i];
        struct trial_result result = run(&faulty, kind_of(state));
        assert_int_equal(result.end, TRIAL_FAILED);
        assert_true(*result.sentence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_are_unique_words),
        TEST_BOTH(a_trial_of_every_transport_ends_well),
        TEST_BOTH(wrong_messages_are_noticed),
        TEST_BOTH(failures_and_deaths_end_a_trial),
        TEST_BOTH(every_transport_carries_every_message),
    };
    return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
