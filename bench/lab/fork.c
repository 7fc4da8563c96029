/* Lab fork: what a child changes, and what its parent sees of it. */
#include "bench/lab/lab.h"
#include "bench/lab/team.h"
#include "mp/arena.h"
#include "mp/pipe.h"
#include "mp/value.h"

#include <errno.h>
#include <stdlib.h>

struct notes {
    int counter; /* in memory that the child gets a copy of */
    struct value *shared;
    struct pipe pipe;
};

struct message {
    int counter;
    char word[16];
};

/* The child adds 1000 to everything, in each way. */
static int add_in_child(void *argument, unsigned number) {
    struct notes *notes = argument;
    (void)number;
    notes->counter += 1000;
    value_add(notes->shared, 1000);
    struct message message = {.counter = notes->counter, .word = "from the child"};
    return pipe_send(&notes->pipe.ends[1], &message, sizeof message) == 0 ? 0 : 1;
}

static int compare(struct notes *notes, struct lab_table *table) {
    struct message message;
    int err = team_run(WORKER_PROCESS, 1, add_in_child, notes);
    if (err)
        return err;
    long length = pipe_receive_until(&notes->pipe.ends[0], &message, sizeof message, 0);
    if (length < 0)
        return (int)length;
    lab_row(table, "way,before,child_has,parent_sees");
    lab_row(table, "a variable,1,%d,%d", message.counter, notes->counter);
    lab_row(table, "a struct through a pipe,1,%d,%d", message.counter, message.counter);
    lab_row(table, "a shared value,1,1001,%lld", (long long)value_get(notes->shared));
    lab_lesson(table,
               "A child works on a copy: when it has %d in a variable its parent still has %d, and "
               "sees %d only if it is sent back and %lld only if it is made in shared memory.",
               message.counter, notes->counter, message.counter,
               (long long)value_get(notes->shared));
    return 0;
}

static int run(struct lab_table *table) {
    struct arena arena = ARENA_EMPTY;
    struct notes *notes = malloc(sizeof *notes);
    void *piece;
    if (!notes)
        return -ENOMEM;
    notes->counter = 1;
    int err = arena_take(&arena, sizeof(struct value), &piece);
    if (!err) {
        notes->shared = piece;
        err = value_open(notes->shared, 1);
    }
    if (!err)
        err = pipe_open(&notes->pipe);
    if (!err) {
        err = compare(notes, table);
        pipe_close(&notes->pipe.ends[0]);
        pipe_close(&notes->pipe.ends[1]);
    }
    arena_close(&arena);
    free(notes);
    return err;
}

const struct lab lab_fork = {
    .name = "fork",
    .summary = "what does a parent see of what its child changes?",
    .script = "lab-bars.gp",
    .figure = "way child_has parent_sees",
    .xlabel = "the child has",
    .ylabel = "the parent sees",
    .run = run,
};
