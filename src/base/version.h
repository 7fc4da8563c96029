/* The version of both programs, and the exit statuses that they share (DESIGN: command line). */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define VERSION "0.1.0"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_REFUSED_BY_SYSTEM = 1, /* open, write, memory, fork, a closed stdout, a lost worker */
    EXIT_USAGE = 2,             /* refused before any work: arguments, environment, input */
    EXIT_WRONG = 3,             /* a result is wrong */
    EXIT_SUSPECT = 4,           /* suspect measurements under --strict */
    EXIT_REGRESSION = 5,        /* found by compare */
    EXIT_SIGNAL = 128,          /* plus the signal's number: 130 SIGINT, 143 SIGTERM */
};

#endif
