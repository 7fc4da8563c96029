/* mandelbench compare: what became slower or faster between two campaigns, from their raw records
 * alone, and whether that is resolved. */
#include "base/log.h"
#include "base/standard.h"
#include "base/text.h"
#include "base/version.h"
#include "bench/commands.h"
#include "bench/compare/comparison.h"
#include "bench/compare/obstacles.h"
#include "bench/compare/print.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define THRESHOLD_PERCENT 2 /* unless told otherwise */

struct compare_options {
    const char *directories[2], *output;
    double threshold; /* 0.02: 2 % */
    bool force, help;
};

/* One of the two campaigns. */
struct side {
    struct campaign campaign;
    struct raw_rows rows;
    struct cells cells;
    bool wrong; /* some result was */
};

enum { OPT_THRESHOLD = 256, OPT_FORCE, OPT_HELP };

static const struct option long_options[] = {
    {"threshold", required_argument, NULL, OPT_THRESHOLD},
    {"force", no_argument, NULL, OPT_FORCE},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static int print_help(void) {
    printf(
        "Usage: mandelbench compare A B [options]\n"
        "Says what became slower or faster from campaign A to campaign B, and what is not "
        "resolved.\n"
        "\n"
        "      --threshold PCT   a cell that became slower by more than that, its whole "
        "interval\n"
        "                        included, is a regression (default %d)\n"
        "      --force           compare although machine, kernels or compiler differ\n"
        "  -o, --output FILE     the comparison as CSV; - is standard output, without the table\n"
        "\n"
        "Exit status: 0 nothing regressed; 1 the system refused; 2 bad arguments, or campaigns "
        "that are\n"
        "malformed or incomparable; 3 a campaign holds a wrong result; 5 a regression.\n",
        THRESHOLD_PERCENT);
    return standard_flush();
}

static bool take_option(struct compare_options *options, int option, const char *value) {
    double percent;
    switch (option) {
    case OPT_THRESHOLD:
        if (text_parse_double(value, &percent) != 0 || percent < 0) {
            log_say("--threshold must be a percentage from 0 on, not '%.64s'", value);
            return false;
        }
        options->threshold = percent / 100;
        return true;
    case OPT_FORCE:
        options->force = true;
        return true;
    case 'o':
        options->output = value;
        return true;
    default:
        options->help = true;
        return true;
    }
}

static bool parse(struct compare_options *options, int argc, char **argv) {
    int option;
    *options = (struct compare_options){.threshold = THRESHOLD_PERCENT / 100.0};
    while ((option = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            log_say("option '%.64s' is unknown or needs a value; see mandelbench compare --help",
                    argv[optind - 1]);
            return false;
        }
        if (!take_option(options, option, optarg))
            return false;
    }
    if (options->help)
        return true;
    if (argc - optind != 2) {
        log_say("compare takes two campaign directories; see mandelbench compare --help");
        return false;
    }
    options->directories[0] = argv[optind];
    options->directories[1] = argv[optind + 1];
    return true;
}

static int status_of_error(int err) {
    return err == -EPROTO || err == -ENOENT || err == -ENOTDIR || err == -ENODATA
               ? EXIT_USAGE
               : EXIT_REFUSED_BY_SYSTEM;
}

static int read_rows(struct side *side) {
    char path[CAMPAIGN_PATH_SIZE + 128];
    long whole_bytes;
    size_t line = 0;
    int err =
        raw_read(campaign_path(&side->campaign, "raw.csv", path), &side->rows, &whole_bytes, &line);
    if (err == -EPROTO)
        log_say("'%.256s/raw.csv', line %zu: malformed", side->campaign.directory, line);
    else if (err)
        log_say("cannot read '%.256s/raw.csv': %s", side->campaign.directory, strerror(-err));
    for (size_t i = 0; i < side->rows.count; i++)
        side->wrong |= strcmp(side->rows.at[i].status, "wrong") == 0;
    return err;
}

/* EXIT_DONE, or the status of what has been said. */
static int side_open(struct side *side, const char *directory) {
    char sentence[512];
    int err = campaign_read(&side->campaign, directory, sentence, sizeof sentence);
    if (err) {
        log_say("%s", sentence);
        return status_of_error(err);
    }
    if (!side->campaign.plan.count) {
        log_say("'%.256s' is a campaign of %s, which renders nothing; compare takes times of "
                "renders",
                directory, side->campaign.plan.experiment);
        return EXIT_USAGE;
    }
    err = read_rows(side);
    if (err)
        return status_of_error(err);
    if (cells_make(&side->cells, &side->campaign, &side->rows) == 0)
        return EXIT_DONE;
    log_say("cannot compare: %s", strerror(ENOMEM));
    return EXIT_REFUSED_BY_SYSTEM;
}

static void side_close(struct side *side) {
    cells_free(&side->cells);
    raw_free(&side->rows);
    campaign_free(&side->campaign);
}

/* Are they comparable, or is that not to matter? */
static bool admit(const struct compare_options *options, const struct campaign *a,
                  const struct campaign *b) {
    char sentence[1024];
    if (!obstacles_between(a, b, sentence, sizeof sentence))
        return true;
    log_say("%s%s", sentence,
            options->force ? "; compared all the same" : "; --force compares them all the same");
    return options->force;
}

static bool any_regressed(const struct comparison *comparison) {
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->rows[i].regressed == CSV_TRUE)
            return true;
    return false;
}

/* Prints, or writes, what was found. EXIT_DONE or EXIT_REFUSED_BY_SYSTEM. */
static int show(const struct compare_options *options, const struct comparison *comparison,
                const struct side sides[2]) {
    bool only_csv = options->output && strcmp(options->output, "-") == 0;
    int err = options->output ? comparison_write(comparison, options->output) : 0;
    if (err) {
        log_say("cannot write '%.256s': %s", options->output, strerror(-err));
        return EXIT_REFUSED_BY_SYSTEM;
    }
    if (!only_csv)
        comparison_print(comparison, &sides[0].campaign, &sides[1].campaign, options->threshold);
    return standard_flush();
}

static void say_suspect(const struct comparison_control *control, const struct side *side) {
    if (control->suspect)
        log_say("'%.256s' is SUSPECT: its control differs from serial, or has too much noise; so "
                "nothing counts as a regression",
                side->campaign.directory);
}

static void say_wrong(const struct side *side) {
    if (side->wrong)
        log_say("'%.256s' holds wrong results: see status in its raw.csv",
                side->campaign.directory);
}

static int judge(const struct compare_options *options, const struct comparison *comparison,
                 const struct side sides[2]) {
    int status = EXIT_USAGE;
    if (comparison->compared)
        status = show(options, comparison, sides);
    else
        log_say("'%.256s' and '%.256s' have no cell in common", sides[0].campaign.directory,
                sides[1].campaign.directory);
    say_suspect(&comparison->control_a, &sides[0]);
    say_suspect(&comparison->control_b, &sides[1]);
    say_wrong(&sides[0]);
    say_wrong(&sides[1]);
    if (sides[0].wrong || sides[1].wrong)
        return EXIT_WRONG;
    if (status)
        return status;
    return any_regressed(comparison) ? EXIT_REGRESSION : EXIT_DONE;
}

static int compare(const struct compare_options *options, struct side sides[2]) {
    struct comparison comparison = {0};
    int status = side_open(&sides[0], options->directories[0]);
    if (!status)
        status = side_open(&sides[1], options->directories[1]);
    if (!status && !admit(options, &sides[0].campaign, &sides[1].campaign))
        status = EXIT_USAGE;
    if (status)
        return status;
    int err = comparison_make(&comparison, &sides[0].cells, &sides[1].cells, options->threshold);
    if (err)
        log_say("cannot compare: %s", strerror(-err));
    status = err ? EXIT_REFUSED_BY_SYSTEM : judge(options, &comparison, sides);
    comparison_free(&comparison);
    return status;
}

int command_compare(int argc, char **argv) {
    static struct side sides[2];
    struct compare_options options;
    if (!parse(&options, argc, argv))
        return EXIT_USAGE;
    if (options.help)
        return print_help();
    int status = compare(&options, sides);
    side_close(&sides[0]);
    side_close(&sides[1]);
    return status;
}
