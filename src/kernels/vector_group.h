/* A group of orbits that advance together, a lane each: the arithmetic of the vector kernels. Part
 * of vector_loop.h, which says the whole. */

#define BLOCK      8                 /* iterations between looks at who is done; a power of two */
#define WIDTH      (VECTORS * LANES) /* lanes of a group: at most the 64 bits of a word */
#define ALL        (~UINT64_C(0) >> (64 - WIDTH))
#define LOWER_HALF (ALL >> WIDTH / 2)
#define FEW        2 /* vectors that take as long as one: a chain of operations */
#define LOWER_FEW  (ALL >> (WIDTH - FEW * LANES))

/* What a block leaves, to tell afterwards when an orbit escaped. */
struct record {
    real norm[BLOCK][WIDTH];    /* |z|² before each iteration; */
    real im2[BLOCK - 1][WIDTH]; /* if SPLIT, less this, and without the last */
} __attribute__((aligned(64)));

/* Sets of lanes are the bits of a word. `end` is rounded where a real is a float and time beyond
 * 2²⁴; compared with `now` rounded alike, it lets an orbit stay for longer then, never for less. */
struct group {
    real zr[WIDTH], zi[WIDTH], cr[WIDTH], ci[WIDTH];
    struct record record;                  /* of the last block */
    real end[WIDTH];                       /* when the lane's orbit is at the limit */
    real past_zr[WIDTH], past_zi[WIDTH];   /* an earlier z of the same orbit, */
    real patience[WIDTH], interval[WIDTH]; /* and how many more looks it is kept, now and next */
    uint64_t birth[WIDTH];                 /* when the lane's orbit was at its start */
    uint64_t place[WIDTH];                 /* where in the batch its count belongs */
    uint64_t now;                          /* the group's time: iterations made */
    uint64_t done;                         /* lanes whose orbit has escaped or is at the limit */
    uint64_t busy;                         /* lanes that have an orbit */
} __attribute__((aligned(64)));

/* Lanes v * LANES … of an array of one number a lane, as a vector. */
#define VECTOR(array, v) (*(reals *)((array) + (v)*LANES))

TARGET static inline reals splat(real value) {
    return value - (reals){0};
}

/* The bits of vector v's lanes, at their place in a set. */
static inline uint64_t set_of(unsigned bits, unsigned v) {
    return (uint64_t)bits << v * LANES;
}

static inline unsigned first_of(uint64_t lanes) {
    return (unsigned)__builtin_ctzll(lanes);
}

/* One iteration. Returns |z|² before it, which is *re2 + *im2. */
TARGET static inline reals iterate(reals *zr, reals *zi, reals cr, reals ci, reals *re2,
                                   reals *im2) {
    *re2 = *zr * *zr;
    *im2 = *zi * *zi;
#ifdef CONTRACTED
    reals norm = fused(*zr, *zr, *im2), next_zr = fused(*zr, *zr, cr - *im2);
    *zi = fused(*zr + *zr, *zi, ci);
    *zr = next_zr;
    return norm;
#else
    *zi = twice_plus(*zr * *zi, ci);
    *zr = (*re2 - *im2) + cr;
    return *re2 + *im2;
#endif
}

/* z of the group's first vectors, into registers and back. (A group's type does not tell gcc that
 * it is aligned; where it does not know, z stays in memory, which costs a quarter.) */
TARGET static inline __attribute__((always_inline)) void
load_z(const struct group *group, reals *zr, reals *zi, unsigned vectors) {
    group = __builtin_assume_aligned(group, _Alignof(struct group));
    memcpy(zr, group->zr, vectors * sizeof *zr);
    memcpy(zi, group->zi, vectors * sizeof *zi);
}

TARGET static inline __attribute__((always_inline)) void
store_z(struct group *group, const reals *zr, const reals *zi, unsigned vectors) {
    group = __builtin_assume_aligned(group, _Alignof(struct group));
    memcpy(group->zr, zr, vectors * sizeof *zr);
    memcpy(group->zi, zi, vectors * sizeof *zi);
}

/* The lanes of vector v whose orbits have neither escaped nor come to their limit. */
TARGET static inline uint64_t going_on(const struct group *group, unsigned v, reals norm) {
    reals now = splat((real)group->now);
    return set_of(at_most(norm, splat(4)) & at_most(now, VECTOR(group->end, v)), v);
}

/* BLOCK iterations of the vectors zr and zi, the group's first ones, and only then a look at who is
 * done. If SPLIT, the last norms are at hand; else there are too few registers for that. */
TARGET static inline __attribute__((always_inline)) void advance_vectors(struct group *group,
                                                                         struct record *record,
                                                                         reals *zr, reals *zi,
                                                                         unsigned vectors) {
    uint64_t lanes = 0;
    group->now += BLOCK;
    for (unsigned step = 0; step < BLOCK; step++) {
        __asm__ volatile("" ::: "memory"); /* c stays in memory: the registers are for z */
        for (unsigned v = 0; v < vectors; v++) {
            reals re2, im2;
            reals norm =
                iterate(&zr[v], &zi[v], VECTOR(group->cr, v), VECTOR(group->ci, v), &re2, &im2);
            if (!SPLIT) {
                VECTOR(record->norm[step], v) = norm;
            } else if (step < BLOCK - 1) {
                VECTOR(record->norm[step], v) = re2;
                VECTOR(record->im2[step], v) = im2;
            } else {
                lanes |= going_on(group, v, norm);
            }
        }
    }
    for (unsigned v = 0; v < vectors && !SPLIT; v++)
        lanes |= going_on(group, v, VECTOR(record->norm[BLOCK - 1], v));
    group->done = ~lanes;
}

/* A block of the group's first vectors. */
TARGET static inline __attribute__((always_inline)) void
advance_block(struct group *group, reals *zr, reals *zi, unsigned vectors) {
    load_z(group, zr, zi, vectors);
    advance_vectors(group, &group->record, zr, zi, vectors);
    store_z(group, zr, zi, vectors);
}

/* A block of the group. Half the vectors, if all orbits are there, take half the time, and so on
 * down to a few. Not inlined: it would crowd out the registers of its callers, and the call is
 * nothing beside it. */
TARGET static __attribute__((noinline)) void advance(struct group *group) {
    if (group->busy & ~LOWER_HALF) {
        reals zr[VECTORS], zi[VECTORS];
        advance_block(group, zr, zi, VECTORS);
    } else if (group->busy & ~LOWER_FEW) {
        reals zr[VECTORS / 2], zi[VECTORS / 2];
        advance_block(group, zr, zi, VECTORS / 2);
    } else {
        reals zr[FEW], zi[FEW];
        advance_block(group, zr, zi, FEW);
    }
}

/* The first block of orbits that begin, at z = c, with whole norms; half of it, if then all that
 * are busy have escaped. Returns the iterations made. */
TARGET static __attribute__((noinline)) unsigned begin(struct group *group) {
    reals zr[VECTORS], zi[VECTORS];
    memcpy(zr, group->cr, sizeof zr);
    memcpy(zi, group->ci, sizeof zi);
    unsigned made = 0;
    do {
        uint64_t lanes = 0;
        for (unsigned step = 1; step <= BLOCK / 2; step++, made++) {
            __asm__ volatile("" ::: "memory");
            for (unsigned v = 0; v < VECTORS; v++) {
                reals re2, im2;
                reals norm =
                    iterate(&zr[v], &zi[v], VECTOR(group->cr, v), VECTOR(group->ci, v), &re2, &im2);
                VECTOR(group->record.norm[made], v) = norm;
                if (step == BLOCK / 2)
                    lanes |= set_of(at_most(norm, splat(4)), v);
            }
        }
        group->done = ~lanes;
    } while (made < BLOCK && group->busy & ~group->done);
    store_z(group, zr, zi, VECTORS);
    return made;
}

/* Was |z| ≤ 2 before an iteration of the block, not the last? A whole norm is compared as an
 * integer, which orders positive numbers, infinity and NaN alike, because the vectors keep the
 * other units busy. */
static inline bool was_inside(const struct record *record, unsigned lane, unsigned step) {
#if SPLIT
    return record->norm[step][lane] + record->im2[step][lane] <= 4;
#else
    static const union {
        real number;
        word bits;
    } four = {4};
    return *(const word *)&record->norm[step][lane] <= four.bits;
#endif
}

/* How many iterations of the block a done lane made within |z| ≤ 2, at most BLOCK - 1: once
 * outside it stays outside. All are looked at, which waits for less than halving. */
static inline unsigned survived(const struct record *record, unsigned lane) {
    unsigned n = 0;
    for (unsigned step = 0; step < BLOCK - 1; step++)
        n += was_inside(record, lane, step);
    return n;
}

/* The count of a lane whose orbit ended in the block that began at `start` and left this record. */
static inline uint32_t count_of(const struct group *group, const struct record *record,
                                unsigned lane, uint64_t start, uint32_t limit) {
    return (uint32_t)size_min(start - group->birth[lane] + survived(record, lane), limit);
}

/* As bits, so that the vector units need not be queued for. */
static inline void copy(real *to, const real *from) {
    *(word *)to = *(const word *)from;
}

static inline void copy_orbit(const struct group *from, unsigned i, struct group *to,
                              unsigned lane) {
    copy(&to->zr[lane], &from->zr[i]);
    copy(&to->zi[lane], &from->zi[i]);
    copy(&to->cr[lane], &from->cr[i]);
    copy(&to->ci[lane], &from->ci[i]);
}

static inline void copy_all_orbits(const struct group *from, struct group *to) {
    memcpy(to->zr, from->zr, sizeof to->zr);
    memcpy(to->zi, from->zi, sizeof to->zi);
    memcpy(to->cr, from->cr, sizeof to->cr);
    memcpy(to->ci, from->ci, sizeof to->ci);
}

/* Idle lanes iterate what they have, and nobody looks. */
static inline void retire(struct group *group, uint64_t lanes) {
    group->busy &= ~lanes;
}
