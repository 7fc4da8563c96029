/* Finding and running helpers; contracts in support.h. */
#include "bench/report/support.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The directory of this executable, without '/' at its end. */
static int own_directory(char *directory, size_t size) {
    ssize_t length = readlink("/proc/self/exe", directory, size - 1);
    if (length < 0)
        return -errno;
    directory[length] = '\0';
    *strrchr(directory, '/') = '\0';
    return 0;
}

int support_find(const char *file, char *path, size_t size) {
    static const char *const places[] = {
        "../scripts",           "../bench",    /* build/ */
        "../../scripts",        "../../bench", /* build/asan/ */
        "../share/mandelbench",                /* installed */
    };
    char directory[2048];
    int err = own_directory(directory, sizeof directory);
    for (size_t i = 0; !err && i < sizeof places / sizeof *places; i++) {
        int length = snprintf(path, size, "%s/%s/%s", directory, places[i], file);
        if (length < (int)size && access(path, R_OK) == 0)
            return 0;
    }
    return err ? err : -ENOENT;
}

int support_sibling(const char *program, char *path, size_t size) {
    char directory[2048];
    int err = own_directory(directory, sizeof directory);
    if (!err && snprintf(path, size, "%s/%s", directory, program) >= (int)size)
        err = -ENAMETOOLONG;
    return err;
}

int support_run(char *const argv[]) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t usual;
    pid_t pid;
    int status;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    int err = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (err)
        return -err;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
