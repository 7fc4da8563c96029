/* Support: files that belong to the program but are not in it (gnuplot scripts, the outside view's
 * script), and other programs that it runs. */
#ifndef BENCH_REPORT_SUPPORT_H
#define BENCH_REPORT_SUPPORT_H

#include <stddef.h>

/* Where a file is: in the share directory beside an installed program, or in the source that it was
 * built from. 0 and the path; -ENOENT. */
int support_find(const char *file, char *path, size_t size);

/* The path of a program that lies beside this one. 0 or -errno. */
int support_sibling(const char *program, char *path, size_t size);

/* Runs a program from PATH (no shell; signals as usual; its stdout is our stderr, since ours is for
 * results) and waits. Its exit status 0 … 255; 128 + the signal that ended it; -ENOENT: there is no
 * such program; -ECANCELED: a stop was asked for, and it was killed with all of its process group;
 * -errno. It dies with this process. */
int support_run(char *const argv[]);

/* Runs gnuplot on one of our scripts with its arguments (at most 16, NULL-terminated). 0; -ENOENT:
 * no gnuplot; -ENOSYS: no such script; -EIO: gnuplot failed and has said why; or as above. */
int support_plot(const char *script, const char *const arguments[]);

#endif
