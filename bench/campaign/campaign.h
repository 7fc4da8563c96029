/* Campaign: a directory of measurements. manifest.json says what was planned, on what, by which
 * command; raw.csv holds every sample. Everything else in it can be derived again from those. */
#ifndef BENCH_CAMPAIGN_CAMPAIGN_H
#define BENCH_CAMPAIGN_CAMPAIGN_H

#include "bench/campaign/plan.h"
#include "bench/measure/machine.h"
#include "bench/stats/looks.h"

#include <stdint.h>
#include <stdio.h>

#define CAMPAIGN_PATH_SIZE  4096
#define CAMPAIGN_BLOCKS_MAX 1000 /* as far as the statistics are exact */
#define CAMPAIGN_REPEATS    3    /* of a disturbed block, at most */

struct campaign {
    char directory[CAMPAIGN_PATH_SIZE];
    char name[96];      /* the directory's own name, a column of every table */
    char command[1024]; /* how it was made */
    char started[32];   /* UTC, ISO 8601 */
    char version[32], commit[64], compiler[160];
    char flags[512]; /* that the compiler was given; "": the manifest is older than they are */
    uint64_t seed, blocks; /* blocks at most: it may be precise enough before */
    struct looks looks;    /* when that is asked; the last one is at `blocks` */
    uint64_t repeats;      /* how often a disturbed block is taken again at most */
    struct machine machine;
    struct plan plan;
};

/* A path inside the campaign, in a buffer of CAMPAIGN_PATH_SIZE + 128. */
const char *campaign_path(const struct campaign *campaign, const char *file, char *path);

/* Makes the directory (and its parents), with its subdirectories plots and, for
 * renders, images and trace. 0; -ENOTEMPTY: it exists and holds something; or -errno. */
int campaign_create(const struct campaign *campaign);

/* Writes manifest.json, whole or not at all. 0 or -errno. */
int campaign_write_manifest(const struct campaign *campaign);

/* Names a campaign by its directory. 0 or -ENAMETOOLONG. */
int campaign_name(struct campaign *campaign, const char *directory);

/* Reads a campaign's manifest, its plan included. 0; -errno; -EPROTO and one sentence, also for a
 * directory with anything in it but files and directories: through a link one would write
 * elsewhere. campaign_free it, also after a failure. */
int campaign_read(struct campaign *campaign, const char *directory, char *sentence, size_t size);
void campaign_free(struct campaign *campaign);

/* Keeps the command that makes a campaign, so that a shell would run it again: argv[0] is the
 * subcommand. */
void campaign_keep_command(struct campaign *campaign, int argc, char *const argv[]);

/* Fills in time, version, compiler, machine and name for a campaign that starts now. */
void campaign_stamp(struct campaign *campaign);

/* results/latest → the campaign, if that is where it lies. Failures do not matter. */
void campaign_link_latest(const struct campaign *campaign);

#endif
