/* Starve: a library to preload that lets one call of one kind fail, as a system does that has no
 * more to give. STARVE names the kind (the names in `kinds`), STARVE_AT says which call of that
 * kind, from 1; children go on counting where their parent was, each for itself. When the call
 * fails, the descriptor in STARVE_FD is written a byte, so that whoever tries every n knows when
 * to stop. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { HEAP, PAGES, FORK, THREAD, DESCRIPTOR, WRITE, KINDS };

static const char *const kinds[KINDS] = {"heap", "pages", "fork", "thread", "descriptor", "write"};

static enum kind starved = KINDS;
static _Atomic long left; /* calls until the one that fails */
static int witness = -1;

/* Not before the program's own libraries are set up. */
__attribute__((constructor)) static void start(void) {
    const char *name = getenv("STARVE"), *at = getenv("STARVE_AT"), *fd = getenv("STARVE_FD");
    if (!name || !at || !fd)
        return;
    witness = atoi(fd);
    atomic_store(&left, atol(at));
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (strcmp(name, kinds[kind]) == 0)
            starved = kind;
}

/* Is this the call that fails? */
static bool fails(enum kind kind, int error) {
    if (kind != starved || atomic_fetch_sub(&left, 1) != 1)
        return false;
    syscall(SYS_write, witness, "!", 1);
    errno = error;
    return true;
}

/* glibc's own names, since dlsym allocates itself. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) {
    return fails(HEAP, ENOMEM) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    return fails(HEAP, ENOMEM) ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes) {
    return fails(HEAP, ENOMEM) ? NULL : __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    return fails(HEAP, ENOMEM) ? NULL : __libc_memalign(alignment, bytes);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
    if (fails(PAGES, ENOMEM))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
}

pid_t fork(void) {
    static pid_t (*real)(void);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fork");
    return fails(FORK, EAGAIN) ? -1 : real();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                   void *argument) {
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return fails(THREAD, EAGAIN) ? EAGAIN : real(thread, attributes, main, argument);
}

int eventfd(unsigned count, int flags) {
    return fails(DESCRIPTOR, EMFILE) ? -1 : (int)syscall(SYS_eventfd2, count, flags);
}

int epoll_create1(int flags) {
    return fails(DESCRIPTOR, EMFILE) ? -1 : (int)syscall(SYS_epoll_create1, flags);
}

int socketpair(int domain, int type, int protocol, int ends[2]) {
    return fails(DESCRIPTOR, EMFILE) ? -1
                                     : (int)syscall(SYS_socketpair, domain, type, protocol, ends);
}

/* An eventfd, which has no type, is never full. */
static bool is_file(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) != 0;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return is_file(fd) && fails(WRITE, ENOSPC) ? -1 : syscall(SYS_write, fd, bytes, count);
}
