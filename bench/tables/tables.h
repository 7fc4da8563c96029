/* Tables: what is derived from a campaign's raw records. Each is an array of rows, written as a CSV
 * of its own; plots and terminal show nothing that is not in one. results/README.md is the
 * dictionary of their columns. */
#ifndef BENCH_TABLES_TABLES_H
#define BENCH_TABLES_TABLES_H

#include "bench/campaign/csv.h"
#include "bench/tables/cells.h"

/* The fourteen columns that say what a row is about, and how exact its kernel is: the last two
 * columns of a table, where it has them. */
struct table_key {
    uint64_t schema;
    char campaign[96], experiment[32], role[16], backend[32], kernel[32];
    enum csv_bool shortcuts;
    char schedule[32], view[32];
    uint64_t width, height, max_iter, batch, workers;
    enum csv_bool exact;
    uint64_t pixels_differing; /* from scalar's picture; CSV_NO_WHOLE: not known */
};

/* They as columns, of a struct whose `key` they are. */
#define KEY(row, field, kind)                                                                      \
    { #field, kind, offsetof(struct row, key.field), sizeof(((struct row *)0)->key.field) }
#define KEY_COLUMNS(row)                                                                           \
    KEY(row, schema, CSV_WHOLE), KEY(row, campaign, CSV_TEXT), KEY(row, experiment, CSV_TEXT),     \
        KEY(row, role, CSV_TEXT), KEY(row, backend, CSV_TEXT), KEY(row, kernel, CSV_TEXT),         \
        KEY(row, shortcuts, CSV_BOOL), KEY(row, schedule, CSV_TEXT), KEY(row, view, CSV_TEXT),     \
        KEY(row, width, CSV_WHOLE), KEY(row, height, CSV_WHOLE), KEY(row, max_iter, CSV_WHOLE),    \
        KEY(row, batch, CSV_WHOLE), KEY(row, workers, CSV_WHOLE)
#define EXACT_COLUMNS(row) KEY(row, exact, CSV_BOOL), KEY(row, pixels_differing, CSV_WHOLE)

/* summary.csv: every cell by itself. */
struct summary_row {
    struct table_key key;
    uint64_t n;
    double median_s, ci_lo_s, ci_hi_s, min_s, q25_s, q75_s, max_s, mad_s;
    uint64_t outliers, noisy;
    double cpu_s, mpixels_per_s, giterations_per_s, half_width;
    enum csv_bool bimodal;
};

/* speedup.csv: every cell against serial, paired by block. */
struct speedup_row {
    struct table_key key;
    uint64_t n;
    double median_s, ci_lo_s, ci_hi_s, speedup, speedup_lo, speedup_hi, speedup_self, efficiency,
        karp_flatt, bound_s, pct_of_bound;
    char verdict[64];
    double detectable, efficiency_lo, efficiency_hi;
};

/* control.csv: serial against itself, one row for each baseline. */
struct control_row {
    struct table_key key;
    uint64_t n;
    double ratio, ratio_lo, ratio_hi, half_width, detectable;
    char verdict[16];
};

#define CONTROL_SOUND   "sound"
#define CONTROL_BROKEN  "broken"
#define CONTROL_NOISY   "too noisy"
#define CONTROL_UNKNOWN "not known" /* too few blocks for an interval */

/* ranking.csv: each backend at its best number of workers within the usable CPUs, against the best
 * of all. */
struct ranking_row {
    struct table_key key;
    uint64_t rank, n;
    double median_s, ratio_to_best, ratio_lo, ratio_hi;
    char verdict[64];
};

/* plumbing.csv: what the null kernel leaves: the cost of sharing. */
struct plumbing_row {
    struct table_key key;
    uint64_t n, batches;
    double median_s, ci_lo_s, ci_hi_s, per_batch_s, open_s, close_s;
};

/* A number and its interval. */
struct factor {
    double value, lo, hi;
};

/* factors.csv: what a global efficiency is made of; the factors of POP. */
struct factors_row {
    struct table_key key;
    uint64_t n; /* blocks whose time was accounted for */
    struct factor load_balance, communication_efficiency, parallel_efficiency, ns_per_iteration,
        computational_scaling, global_efficiency, karp_flatt;
};

/* loss.csv: where the workers' time went; the parts in percent add up to 100. */
struct loss_row {
    struct table_key key;
    uint64_t n;
    double worker_s; /* workers × wall of one render, the mean over the blocks */
    double ideal_pct, extra_pct, wait_pct, send_pct, end_wait_pct, descheduled_pct, start_pct,
        residual_pct;
    double coordinator_pct; /* no part: of the render, how long the coordinator was busy */
    char largest[16];       /* the part that loses most: its column without _pct */
    double largest_pct;
    char sentence[160];
    double lost_pct; /* all parts but the ideal */
};

/* gantt.csv: who did what, and when: the marks of a figure for each backend. */
struct gantt_row {
    uint64_t schema;
    char campaign[96], backend[32];
    uint64_t track;           /* a worker or coordinator, from 1 */
    char name[48], phase[16]; /* of the track; what it did */
    double begin_s, end_s;    /* since the trace's begin */
    double low, high;         /* of the lane's height: 0 and 1, or shares of the interval */
};

/* threshold.csv: along batches or picture sizes, the least one from which a backend is good enough.
 */
struct threshold_row {
    struct table_key key; /* of the cell at the threshold, or of the last one if there is none */
    char criterion[48];
    uint64_t
        threshold;   /* pixels per batch, or pixels per picture; CSV_NO_WHOLE: none on this axis */
    double crossing; /* pixels of the picture where the median speedup passes 1; NaN: nowhere */
    /* Along batches: the efficiency at the threshold, and serial's time that it is held against. */
    double efficiency, serial_s;
};

/* granularity.csv: a picture in batches of several sizes, against the best that serial does with
 * any of them. */
struct granularity_row {
    struct table_key key;
    uint64_t n;
    double median_s, ci_lo_s, ci_hi_s;
    double serial_s;       /* serial's best median, */
    uint64_t serial_batch; /* with batches of that size */
    double efficiency, efficiency_lo, efficiency_hi;
};

/* outside.csv: whole processes as hyperfine saw them, beside what the same processes said of
 * themselves. */
struct outside_row {
    uint64_t schema;
    char campaign[96], backend[32];
    uint64_t workers, n;
    double outside_s, outside_lo_s, outside_hi_s, inside_s, render_s, difference_s, difference_lo_s,
        difference_hi_s, inside_share;
};

struct tables {
    struct summary_row *summary;
    struct speedup_row *speedup;
    struct ranking_row *ranking;
    struct plumbing_row *plumbing;
    struct outside_row *outside;
    struct granularity_row *granularity;
    struct threshold_row *threshold;
    struct control_row *control;
    struct factors_row *factors;
    struct loss_row *loss;
    struct gantt_row *gantt;
    size_t granularity_count, threshold_count, control_count, factors_count, loss_count,
        gantt_count;
    size_t summary_count, speedup_count, ranking_count, plumbing_count, outside_count;
    uint64_t blocks, blocks_planned; /* that have samples; that there might have been */
    struct looks looks;              /* at which it might have ended */
};

/* Derives all tables. 0 or -ENOMEM; with 0 there may be a sentence: a trace is not what it should
 * be, and not in gantt.csv, or hyperfine's files are not, and there is no outside.csv. tables_free
 * them, also after a failure. */
int tables_make(struct tables *tables, const struct cells *cells, char *sentence, size_t size);
void tables_free(struct tables *tables);

/* Writes each table into the campaign's directory, whole or not at all. 0 or -errno. */
int tables_write(const struct tables *tables, const struct campaign *campaign);

/* The parts, each for its own rows; 0 or -errno. */
int summary_make(struct tables *tables, const struct cells *cells);
int control_make(struct tables *tables, const struct cells *cells);
int speedup_make(struct tables *tables, const struct cells *cells); /* after control_make */
int ranking_make(struct tables *tables, const struct cells *cells);
int plumbing_make(struct tables *tables, const struct cells *cells);
int granularity_make(struct tables *tables, const struct cells *cells);
int threshold_make(struct tables *tables, const struct cells *cells); /* after these */
int factors_make(struct tables *tables, const struct cells *cells);
int loss_make(struct tables *tables, const struct cells *cells);
int gantt_make(struct tables *tables, const struct campaign *campaign, char *sentence, size_t size);
int outside_make(struct tables *tables, const struct campaign *campaign, char *sentence,
                 size_t size);

/* Is a cell's interval narrow enough: not wider than 2 % of the median on either side of its
 * middle?
 */
#define PRECISION_HALF_WIDTH 0.02
bool summary_is_precise(const struct summary_row *row);

/* May the campaign stop: is every cell so, and has every comparison an interval? */
bool tables_are_precise(const struct tables *tables, const struct cells *cells);

/* The control in the group of a row, or NULL. */
const struct control_row *control_of(const struct tables *tables, const struct table_key *key);

/* How far from 1 its ratio may lie by chance, as a logarithm; infinite when that is not known. */
double control_floor(const struct control_row *control);

/* Does it show a difference where there is none, or too much noise? And does any control? */
bool control_is_suspect(const struct control_row *control);
bool tables_are_suspect(const struct tables *tables);

/* Is there a control, and is every one sound? Less than that proves nothing, as with too few blocks
 * for an interval: no campaign to be strict with. */
bool tables_are_sound(const struct tables *tables);

/* Do both rows stand for the same workload, kernel and batch? */
bool table_key_same_group(const struct table_key *a, const struct table_key *b);

/* And for the same role, backend, schedule and workers? */
bool table_key_same(const struct table_key *a, const struct table_key *b);

/* The key columns of a cell. */
struct table_key table_key_of(const struct cells *cells, const struct cell *cell);

/* What granularity.csv says of the cell that a key names, or NULL. */
const struct granularity_row *granularity_of(const struct tables *tables,
                                             const struct table_key *key);

/* The loss of the cell that a key names, or NULL. */
const struct loss_row *loss_of(const struct tables *tables, const struct table_key *key);

#endif
