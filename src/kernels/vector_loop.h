/* The vector kernels' one algorithm, for every width. Bit-identical to orbit(): the same products
 * and sums in the same order, one rounding each, in IEEE lanes (zr·zi + zi·zr is 2·zr·zi, doubling
 * being exact). What is left to win is everything but the arithmetic, and that is:
 *
 *   Several vectors in flight. An iteration is a chain of three operations, each of some cycles;
 *   VECTORS independent chains keep the units busy.
 *   No test in the loop. A group makes BLOCK iterations and stores |z|² of each; who has escaped,
 *   and when, is read from there afterwards. This needs that an escaped orbit never seems to
 *   return, infinity and NaN included; see RIM. If SPLIT, the two squares are stored and only
 *   those that are looked at are added up: an operation in seven less, for a store more.
 *   Lanes are refilled. A lane whose orbit is done takes the batch's next one, so none waits for
 *   its neighbours, however long their orbits.
 *   A nursery. Pixels enter WIDTH at a time along the row, where coordinates are computed in
 *   vectors, by quotient() where the CPU fuses; their first block is made there, and who escapes
 *   in it never needs a lane.
 *   Two groups in turn. One is harvested (branches, scalars) while the other's arithmetic still
 *   runs. Harvesting uses integers where it can, so that it need not queue for the vector units.
 *   A batch's end. When no pixel is left, the orbits close ranks, in one group, then in half of it,
 *   then in a few vectors, so that no batch drags empty ones along; and of this last group a
 *   block's counts are written while its next one runs, so that the last orbits never wait.
 *
 * Refilling lanes is known from ray tracing on GPUs (Aila and Laine, HPG 2009: idle threads fetch
 * new rays); the rest is the folklore of vectorised Mandelbrot programs, put together.
 *
 * The including file defines
 *   LANES, VECTORS           numbers in a vector; vectors in a group, even, at least 4:
 *                            LANES * VECTORS ≤ 64
 *   TARGET                   the function attribute that permits its instructions (may be empty)
 *   real, reals, masks       a number; a vector of them; a vector of integers of the same size
 *   word                     an unsigned integer of that size that may alias
 *   at_most(a, b)            the lanes where a ≤ b, as bits; false for NaN
 *   twice_plus(a, b)         2a + b, rounded as orbit() rounds
 *   FUSES                    1 if __builtin_fma is an instruction there
 *   SPLIT                    1 if a sum costs more than a store
 * or, for a kernel that is not exact, CONTRACTED and fused(a, b, c), a·b + c rounded once;
 * and gets vector_fill, a kernel's fill hook. */
#ifndef LANES
#error "define what the comment above lists before including vector_loop.h"
#endif

#include "base/size.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/interior.h"
#include "kernels/quotient.h"
#include "kernels/vector_group.h"
#include "kernels/vector_shortcuts.h"

/* With |c|² ≤ RIM an escaped orbit stays outside: let |c| ≤ 2 - d, so d ≥ 2⁻⁴², and let the rounded
 * |z|² be above 4. Then |z|² > 4 - 2⁻⁴⁹, and the next |z|, rounded, is above 4 - (2 - d) - 2⁻⁴⁸ >
 * 2 + d/2; from there on each exceeds the last, up to infinity and NaN. With |c|² > 4 the count is
 * 0. The few between (in the width of a hair around |c| = 2) are left to orbit() itself. */
#define RIM (4 - 0x1p-40)

/* A batch being filled. */
struct filling {
    struct group nursery, groups[2];
    const struct workload *workload;
    uint32_t *out;
    uint64_t count, next; /* pixels of the batch; the first that has not been in the nursery */
    uint64_t waiting;     /* the nursery's lanes whose orbits need a lane of a group */
    uint64_t nursed;      /* the place of the nursery's lane 0 */
    double top, extent_im;
    uint32_t row, col;    /* of pixel `next` */
    struct interior near; /* what lies about the pixels from row near_first to near_last */
    uint32_t near_first, near_last;
};

/* The real parts of `count` columns from `col` on, as workload_re() says. */
TARGET static void enter_columns(const struct workload *workload, uint32_t col, unsigned count,
                                 real *restrict cr) {
    double left = workload_left(workload), extent = workload->extent, width = workload->width;
    double inverse = 1 / width;
    if (FUSES && extent >= QUOTIENT_MIN)
        for (unsigned i = 0; i < count; i++)
            cr[i] = (real)(left + quotient(extent * (col + i), width, inverse));
    else
        for (unsigned i = 0; i < count; i++)
            cr[i] = (real)workload_re(workload, left, col + i);
}

/* Lanes of the nursery, which has just got pixels of the rows from `first` on, that are known as
 * interior. Most nurseries are in the row of the last one. */
TARGET static uint64_t known_interior(struct filling *filling, uint32_t first) {
    uint32_t last = filling->col == 0 ? filling->row - 1 : filling->row;
    if (first != filling->near_first || last != filling->near_last) {
        const struct workload *workload = filling->workload;
        filling->near_first = first;
        filling->near_last = last;
        interior_between(workload_im(workload, filling->top, filling->extent_im, first),
                         workload_im(workload, filling->top, filling->extent_im, last),
                         &filling->near);
    }
    return interior(&filling->nursery, &filling->near);
}

/* The nursery's lanes get the batch's next `here` pixels. */
TARGET static void enter_pixels(struct filling *filling, unsigned here) {
    const struct workload *workload = filling->workload;
    struct group *nursery = &filling->nursery;
    for (unsigned i = 0; i < here;) {
        unsigned count = (unsigned)size_min(here - i, workload->width - filling->col);
        real im = (real)workload_im(workload, filling->top, filling->extent_im, filling->row);
        enter_columns(workload, filling->col, count, &nursery->cr[i]);
        for (unsigned end = i + count; i < end; i++)
            nursery->ci[i] = im;
        filling->col += count;
        if (filling->col == workload->width) {
            filling->col = 0;
            filling->row++;
        }
    }
    filling->nursed = filling->next;
    filling->next += here;
}

/* Counts the `made` first iterations of `here` orbits. One that starts outside counts none. */
TARGET static void count_first(const struct group *nursery, unsigned made, uint32_t limit,
                               unsigned here, uint32_t *out) {
    masks counts[VECTORS];
    for (unsigned v = 0; v < VECTORS; v++) {
        masks count = {0};
        for (unsigned step = 0; step < made; step++)
            count -= VECTOR(nursery->record.norm[step], v) <= 4; /* a set mask is -1 */
        counts[v] = count & (VECTOR(nursery->record.norm[0], v) <= 4);
    }
    for (unsigned i = 0; i < here; i++) {
        uint32_t count = (uint32_t)((const word *)counts)[i];
        out[i] = count < limit ? count : limit;
    }
}

/* Lanes that start within |z| ≤ 2, but beyond RIM. */
TARGET static uint64_t on_the_rim(const struct group *nursery) {
    uint64_t rim = 0;
    for (unsigned v = 0; v < VECTORS; v++) {
        reals norm = VECTOR(nursery->record.norm[0], v);
        rim |= set_of(at_most(norm, splat(4)) & ~at_most(norm, splat((real)RIM)), v);
    }
    return rim;
}

/* Decides what it can of the next pixels; the others wait. */
TARGET static void nurse(struct filling *filling) {
    struct group *nursery = &filling->nursery;
    uint32_t limit = filling->workload->max_iter, *out = filling->out + filling->next;
    unsigned here = (unsigned)size_min(WIDTH, filling->count - filling->next);
    uint64_t taken = ALL >> (WIDTH - here);
    uint32_t row = filling->row;
    enter_pixels(filling, here);
    uint64_t inside = filling->workload->shortcuts ? taken & known_interior(filling, row) : 0;
    if (inside == taken) {
        for (unsigned i = 0; i < here; i++)
            out[i] = limit;
        return;
    }
    nursery->busy = taken & ~inside;
    unsigned made = begin(nursery);
    uint64_t left = nursery->busy & ~nursery->done, rim = taken & on_the_rim(nursery);
    if (left != taken || limit <= BLOCK)
        count_first(nursery, made, limit, here, out);
    filling->waiting = limit > BLOCK ? left & ~rim : 0;
    for (; inside; inside &= inside - 1)
        out[first_of(inside)] = limit;
    for (; rim; rim &= rim - 1) {
        unsigned i = first_of(rim);
        out[i] = orbit((double)nursery->cr[i], (double)nursery->ci[i], limit);
    }
}

/* Makes orbits wait, if the batch has more of them. */
TARGET static __attribute__((noinline)) void find_orbits(struct filling *filling) {
    while (!filling->waiting && filling->next < filling->count)
        nurse(filling);
}

/* No orbit is left but those in lanes. */
static inline bool is_ending(const struct filling *filling) {
    return !filling->waiting && filling->next == filling->count;
}

/* Takes a waiting orbit into a lane: its block in the nursery was made from time `start` on. */
static inline void refill(struct filling *filling, struct group *group, unsigned lane,
                          uint64_t start, real end) {
    unsigned i = first_of(filling->waiting);
    filling->waiting &= filling->waiting - 1;
    copy_orbit(&filling->nursery, i, group, lane);
    group->birth[lane] = start;
    group->end[lane] = end;
    group->place[lane] = filling->nursed + i;
    if (filling->workload->shortcuts)
        watch(group, lane);
}

/* Writes the counts of the orbits that the last block brought to an end, and refills their lanes.
 */
TARGET static __attribute__((noinline)) void harvest(struct filling *filling, struct group *group) {
    uint32_t limit = filling->workload->max_iter;
    if (filling->workload->shortcuts && group->now % LOOK == 0)
        finish_repeating(group, limit);
    uint64_t start = group->now - BLOCK;
    real end = (real)(start + limit);
    for (uint64_t done = group->done & group->busy; done; done &= done - 1) {
        if (!filling->waiting)
            find_orbits(filling);
        unsigned lane = first_of(done);
        filling->out[group->place[lane]] = count_of(group, &group->record, lane, start, limit);
        if (filling->waiting)
            refill(filling, group, lane, start, end);
        else
            retire(group, UINT64_C(1) << lane);
    }
}

/* The first orbits of a group: the nursery's, each in its own lane, and others where none waits. */
TARGET static void populate(struct filling *filling, struct group *group) {
    real end = (real)filling->workload->max_iter;
    find_orbits(filling);
    copy_all_orbits(&filling->nursery, group);
    group->now = BLOCK;
    group->done = 0;
    group->busy = filling->waiting;
    filling->waiting = 0;
    for (unsigned lane = 0; lane < WIDTH; lane++) {
        group->birth[lane] = 0;
        group->end[lane] = end;
        group->place[lane] = filling->nursed + lane;
        if (filling->workload->shortcuts)
            watch(group, lane);
    }
    for (uint64_t idle = ~group->busy & ALL; idle; idle &= idle - 1) {
        find_orbits(filling);
        if (!filling->waiting)
            return;
        refill(filling, group, first_of(idle), 0, end);
        group->busy |= idle & -idle;
    }
}

/* Moves the orbits in the lanes `leave` of a group into idle ones among `enter` of another, or of
 * the same, if there is room for all. `from` has just been harvested; `to` may be waiting for it,
 * so what moved there is not done. */
TARGET static void close_ranks(const struct workload *workload, struct group *from, uint64_t leave,
                               struct group *to, uint64_t enter) {
    uint64_t leaving = from->busy & leave, idle = enter & ~to->busy, entered = 0;
    if (__builtin_popcountll(leaving) > __builtin_popcountll(idle))
        return;
    for (uint64_t left = leaving; left; left &= left - 1, idle &= idle - 1) {
        unsigned i = first_of(left), lane = first_of(idle);
        copy_orbit(from, i, to, lane);
        if (workload->shortcuts)
            copy_watch(from, i, to, lane);
        to->birth[lane] = from->birth[i] - from->now + to->now;
        to->end[lane] = (real)(to->birth[lane] + workload->max_iter);
        to->place[lane] = from->place[i];
        entered |= idle & -idle;
    }
    retire(from, leaving);
    to->busy |= entered;
    to->done &= ~entered;
}

/* Writes the counts of lanes of the last group; nobody takes their place. */
TARGET static inline void write_counts(const struct filling *filling, struct group *group,
                                       const struct record *record, uint64_t lanes,
                                       uint64_t start) {
    uint32_t limit = filling->workload->max_iter;
    retire(group, lanes);
    for (; lanes; lanes &= lanes - 1) {
        unsigned lane = first_of(lanes);
        filling->out[group->place[lane]] = count_of(group, record, lane, start, limit);
    }
}

/* Blocks of the last group's first vectors, at most so many, ≥ 1, until no more than `few` orbits
 * are left. z stays in registers, and the counts of a block are written while the next one runs,
 * which leaves its record in the other place. */
TARGET static inline __attribute__((always_inline)) void
drain_vectors(const struct filling *filling, struct group *group, struct record *spare,
              uint64_t blocks, unsigned few, reals *zr, reals *zi, unsigned vectors) {
    struct record *record = &group->record, *last = spare;
    uint64_t ended = 0; /* lanes whose orbits ended in the last block */
    load_z(group, zr, zi, vectors);
    do {
        advance_vectors(group, record, zr, zi, vectors);
        write_counts(filling, group, last, ended, group->now - 2 * BLOCK);
        ended = group->busy & group->done;
        struct record *swap = last;
        last = record;
        record = swap;
    } while (--blocks > 0 && (unsigned)__builtin_popcountll(group->busy & ~ended) > few);
    write_counts(filling, group, last, ended, group->now - BLOCK);
    store_z(group, zr, zi, vectors);
}

/* Blocks that a group makes before somebody has to look whether its orbits repeat. */
static inline uint64_t until_look(const struct filling *filling, const struct group *group) {
    return filling->workload->shortcuts ? (LOOK - group->now % LOOK) / BLOCK : UINT64_MAX;
}

/* Advances the last group until its orbits have room in fewer vectors, or have been looked at. */
TARGET static __attribute__((noinline)) void drain(const struct filling *filling,
                                                   struct group *group, struct record *spare) {
    uint64_t blocks = until_look(filling, group);
    if (group->busy & ~LOWER_HALF) {
        reals zr[VECTORS], zi[VECTORS];
        drain_vectors(filling, group, spare, blocks, WIDTH / 2, zr, zi, VECTORS);
    } else if (group->busy & ~LOWER_FEW) {
        reals zr[VECTORS / 2], zi[VECTORS / 2];
        drain_vectors(filling, group, spare, blocks, FEW * LANES, zr, zi, VECTORS / 2);
    } else {
        reals zr[FEW], zi[FEW];
        drain_vectors(filling, group, spare, blocks, 0, zr, zi, FEW);
    }
    if (filling->workload->shortcuts && group->now % LOOK == 0) {
        finish_repeating(group, filling->workload->max_iter);
        write_counts(filling, group, spare, group->busy & group->done, group->now - BLOCK);
    }
}

/* Advances until every orbit is done. One group is left only when no pixel is. */
TARGET static void finish(struct filling *filling) {
    struct group *first = &filling->groups[0], *second = &filling->groups[1];
    const struct workload *workload = filling->workload;
    while (second->busy) {
        advance(first);
        harvest(filling, second);
        if (is_ending(filling))
            close_ranks(workload, second, ALL, first, ALL);
        advance(second);
        harvest(filling, first);
    }
    while (first->busy) {
        close_ranks(workload, first, ALL & ~LOWER_HALF, first, LOWER_HALF);
        close_ranks(workload, first, ALL & ~LOWER_FEW, first, LOWER_FEW);
        drain(filling, first, &second->record);
    }
}

TARGET static uint64_t vector_fill(const struct workload *workload, struct batch batch,
                                   uint32_t *out) {
    struct filling filling; /* large: set only as far as it is used */
    filling.workload = workload;
    filling.out = out;
    filling.count = batch.count;
    filling.next = filling.nursed = filling.waiting = 0;
    filling.near_first = filling.near_last = UINT32_MAX; /* no row */
    filling.top = workload_top(workload);
    filling.extent_im = workload_extent_im(workload);
    filling.row = (uint32_t)(batch.first / workload->width);
    filling.col = (uint32_t)(batch.first % workload->width);
    memset(filling.nursery.cr, 0, sizeof filling.nursery.cr); /* for lanes that get no pixel */
    memset(filling.nursery.ci, 0, sizeof filling.nursery.ci);
    filling.groups[1].busy = 0;
    populate(&filling, &filling.groups[0]);
    if (!is_ending(&filling))
        populate(&filling, &filling.groups[1]);
    finish(&filling);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < batch.count; i++)
        sum += out[i];
    return sum;
}
