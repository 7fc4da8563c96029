/* The subcommands of mandelbench: each a function of its arguments (argv[0] is its own name) that
 * returns the exit status. commands.def lists them. */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include <stdbool.h>

#define COMMAND(name, summary) int command_##name(int argc, char **argv);
#include "bench/commands.def"
#undef COMMAND

/* Derives every table and plot of a campaign directory and prints the result: what `report` does,
 * and `run` at its end. The exit status; `strict` makes that of a suspect campaign EXIT_SUSPECT. */
int report_campaign(const char *directory, bool strict);

#endif
