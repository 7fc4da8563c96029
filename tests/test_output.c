/* Proves base/output.h: an output is whole or absent, whatever stood in its place, and devices stay
 * what they are. */
#include "tests/helpers.h"

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT "every byte\n"

static int write_text(struct output *output, const char *text) {
    return output_write(output, text, strlen(text));
}

/* The way of every successful run. */
static void write_whole(const char *path, const char *text) {
    struct output output;
    assert_int_equal(output_open(&output, path), 0);
    assert_int_equal(write_text(&output, text), 0);
    assert_int_equal(output_commit(&output), 0);
    assert_int_equal(output.fd, -1);
}

static void assert_refused(const char *path, int err) {
    struct output output;
    int got = output_open(&output, path);
    if (got == 0)
        output_abandon(&output);
    if (got != err)
        fail_msg("%s: %d, want %d", path, got, err);
    assert_int_equal(output.fd, -1);
    assert_null(output.target);
    assert_null(output.named);
}

static mode_t mode_of(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode;
}

static void a_new_file_appears_whole(void **state) {
    struct path path = path_in(*state, "new");
    struct output output;
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(write_text(&output, "one "), 0);
    assert_int_equal(output_write(&output, "", 0), 0);
    assert_int_equal(write_text(&output, "two"), 0);
    assert_int_equal(access(path.text, F_OK), -1);
    assert_int_equal(folder_entries(*state), output.named ? 1 : 0);
    assert_int_equal(output_commit(&output), 0);
    assert_file_holds(path.text, "one two");
    assert_int_equal(folder_entries(*state), 1);
}

static void a_new_file_obeys_the_umask(void **state) {
    static const mode_t masks[] = {0, 022, 027, 077};
    for (size_t i = 0; i < LENGTH(masks); i++) {
        struct path path = path_in(*state, (const char[]){(char)('a' + i), '\0'});
        mode_t before = umask(masks[i]);
        write_whole(path.text, TEXT);
        umask(before);
        assert_int_equal(mode_of(path.text), S_IFREG | (0666 & ~masks[i]));
    }
}

static void an_empty_output_is_an_empty_file(void **state) {
    struct path path = path_in(*state, "empty");
    write_whole(path.text, "");
    assert_file_holds(path.text, "");
}

static void a_long_output_is_whole(void **state) {
    enum { SIZE = 3000001, PIECE = 70001 };
    struct path path = path_in(*state, "long");
    struct output output;
    size_t size;
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 3);
    assert_int_equal(output_open(&output, path.text), 0);
    for (size_t at = 0; at < SIZE; at += PIECE)
        assert_int_equal(output_write(&output, bytes + at, at + PIECE < SIZE ? PIECE : SIZE - at),
                         0);
    assert_int_equal(output_commit(&output), 0);
    char *again = file_read(path.text, &size);
    assert_int_equal(size, SIZE);
    assert_memory_equal(again, bytes, SIZE);
    free(again);
    free(bytes);
}

static void abandon_leaves_nothing(void **state) {
    struct path path = path_in(*state, "never");
    struct output output;
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(write_text(&output, TEXT), 0);
    output_abandon(&output);
    assert_int_equal(output.fd, -1);
    output_abandon(&output);
    assert_int_equal(folder_entries(*state), 0);
}

static void a_closed_output_can_be_abandoned(void **state) {
    (void)state;
    struct output output = OUTPUT_CLOSED;
    output_abandon(&output);
    assert_int_equal(output.fd, -1);
}

static void abandon_keeps_what_was_there(void **state) {
    struct path path = path_in(*state, "old");
    struct output output;
    file_write(path.text, "old");
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(write_text(&output, TEXT), 0);
    assert_file_holds(path.text, "old");
    output_abandon(&output);
    assert_file_holds(path.text, "old");
    assert_int_equal(folder_entries(*state), 1);
}

static void a_regular_file_is_replaced_and_keeps_its_mode(void **state) {
    static const mode_t modes[] = {0600, 0640, 0644, 0664, 0666, 0700, 0755, 0777};
    mode_t before = umask(022);
    for (size_t i = 0; i < LENGTH(modes); i++) {
        struct path path = path_in(*state, "old");
        file_write(path.text, "older and much longer than what replaces it");
        assert_int_equal(chmod(path.text, modes[i]), 0);
        write_whole(path.text, TEXT);
        assert_file_holds(path.text, TEXT);
        mode_t mode = mode_of(path.text);
        umask(before);
        if (mode != (S_IFREG | modes[i]))
            fail_msg("mode %o became %o", modes[i], mode & 07777);
        before = umask(022);
    }
    umask(before);
    assert_int_equal(folder_entries(*state), 1);
}

static void readers_of_the_old_file_keep_it(void **state) {
    struct path path = path_in(*state, "old"), other = path_in(*state, "other");
    file_write(path.text, "old");
    assert_int_equal(link(path.text, other.text), 0);
    write_whole(path.text, TEXT);
    assert_file_holds(other.text, "old");
    assert_file_holds(path.text, TEXT);
}

#define NOBODY 65534

/* Root may write everything: then nobody tries. */
static void a_file_that_may_not_be_written_is_refused(void **state) {
    struct path path = path_in(*state, "readonly");
    bool root = geteuid() == 0;
    file_write(path.text, "old");
    assert_int_equal(chmod(path.text, 0444), 0);
    assert_int_equal(chmod(*state, 0777), 0);
    if (root && setresuid(NOBODY, NOBODY, 0) != 0)
        return; /* a user namespace that knows nobody */
    struct output output;
    int err = output_open(&output, path.text);
    if (root)
        assert_int_equal(setresuid(0, 0, 0), 0);
    assert_int_equal(err, -EACCES);
    assert_file_holds(path.text, "old");
    assert_int_equal(folder_entries(*state), 1);
}

static void symbolic_links_are_followed(void **state) {
    struct path target = path_in(*state, "target"), link1 = path_in(*state, "link1"),
                link2 = path_in(*state, "link2");
    file_write(target.text, "old");
    assert_int_equal(symlink("target", link1.text), 0);   /* relative to its own folder */
    assert_int_equal(symlink(link1.text, link2.text), 0); /* absolute */
    write_whole(link2.text, TEXT);
    assert_file_holds(target.text, TEXT);
    assert_true(S_ISREG(mode_of(target.text)));
    assert_true(S_ISLNK(mode_of(link1.text)));
    assert_true(S_ISLNK(mode_of(link2.text)));
    assert_int_equal(folder_entries(*state), 3);
}

static void a_dangling_link_gets_its_target(void **state) {
    struct path folder = path_in(*state, "sub"), link = path_in(*state, "link"),
                target = path_in(*state, "sub/target");
    assert_int_equal(mkdir(folder.text, 0777), 0);
    assert_int_equal(symlink("sub/target", link.text), 0);
    write_whole(link.text, TEXT);
    assert_true(S_ISLNK(mode_of(link.text)));
    assert_true(S_ISREG(mode_of(target.text)));
    assert_file_holds(target.text, TEXT);
}

static void a_link_to_nowhere_is_refused(void **state) {
    struct path lost = path_in(*state, "lost"), loop = path_in(*state, "loop");
    assert_int_equal(symlink("no-such-folder/target", lost.text), 0);
    assert_int_equal(symlink("loop", loop.text), 0);
    assert_refused(lost.text, -ENOENT);
    assert_refused(loop.text, -ELOOP);
    assert_int_equal(folder_entries(*state), 2);
}

static void a_fifo_is_written_in_place(void **state) {
    struct path path = path_in(*state, "fifo");
    char got[64] = "";
    assert_int_equal(mkfifo(path.text, 0600), 0);
    int reader = open(path.text, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    write_whole(path.text, TEXT);
    assert_int_equal(read(reader, got, sizeof got), sizeof TEXT - 1);
    assert_string_equal(got, TEXT);
    close(reader);
    assert_true(S_ISFIFO(mode_of(path.text)));
    assert_int_equal(folder_entries(*state), 1);
}

static void a_reader_that_leaves_is_reported(void **state) {
    struct path path = path_in(*state, "fifo");
    struct output output;
    assert_int_equal(mkfifo(path.text, 0600), 0);
    int reader = open(path.text, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(output_open(&output, path.text), 0);
    close(reader);
    assert_int_equal(write_text(&output, TEXT), -EPIPE);
    output_abandon(&output);
    assert_true(S_ISFIFO(mode_of(path.text)));
}

static void assert_device(const char *path, unsigned minor_number) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    assert_int_equal(major(status.st_rdev), 1);
    assert_int_equal(minor(status.st_rdev), minor_number);
}

static void the_null_device_stays(void **state) {
    struct path link = path_in(*state, "link");
    assert_int_equal(symlink("/dev/null", link.text), 0);
    write_whole("/dev/null", TEXT);
    write_whole(link.text, TEXT);
    assert_device("/dev/null", 3);
    assert_true(S_ISLNK(mode_of(link.text)));
    assert_int_equal(folder_entries(*state), 1);
}

static void a_full_device_is_reported_and_stays(void **state) {
    struct path link = path_in(*state, "link");
    assert_int_equal(symlink("/dev/full", link.text), 0);
    const char *const paths[] = {"/dev/full", link.text};
    for (size_t i = 0; i < LENGTH(paths); i++) {
        struct output output;
        assert_int_equal(output_open(&output, paths[i]), 0);
        assert_int_equal(write_text(&output, TEXT), -ENOSPC);
        output_abandon(&output);
        assert_device("/dev/full", 7);
    }
    assert_int_equal(folder_entries(*state), 1);
}

static void a_directory_is_refused(void **state) {
    struct path folder = path_in(*state, "sub"), slash = path_in(*state, "sub/"),
                link = path_in(*state, "link");
    assert_int_equal(mkdir(folder.text, 0777), 0);
    assert_int_equal(symlink("sub", link.text), 0);
    assert_refused(folder.text, -EISDIR);
    assert_refused(slash.text, -EISDIR);
    assert_refused(link.text, -EISDIR);
    assert_refused("/", -EISDIR);
    assert_refused(".", -EISDIR);
    assert_int_equal(folder_entries(folder.text), 0);
    assert_int_equal(folder_entries(*state), 2);
}

static void impossible_paths_are_refused(void **state) {
    struct path file = path_in(*state, "file"), below = path_in(*state, "file/below"),
                lost = path_in(*state, "no/file"), slash = path_in(*state, "new/");
    file_write(file.text, "old");
    assert_refused(below.text, -ENOTDIR);
    assert_refused(lost.text, -ENOENT);
    assert_refused(slash.text, -ENOENT);
    assert_refused("", -ENOENT);
    assert_int_equal(folder_entries(*state), 1);
}

static void a_relative_name_lands_in_the_working_directory(void **state) {
    struct path path = path_in(*state, "name");
    char *before = getcwd(NULL, 0);
    assert_non_null(before);
    assert_int_equal(chdir(*state), 0);
    write_whole("name", TEXT);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_file_holds(path.text, TEXT);
    assert_int_equal(folder_entries(*state), 1);
}

static void the_longest_name_is_possible(void **state) {
    char name[NAME_MAX + 1];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    struct path path = path_in(*state, name);
    write_whole(path.text, TEXT);
    assert_file_holds(path.text, TEXT);
    assert_int_equal(folder_entries(*state), 1);
}

static void a_commit_that_fails_leaves_nothing(void **state) {
    struct path path = path_in(*state, "name");
    struct output output;
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(write_text(&output, TEXT), 0);
    assert_int_equal(mkdir(path.text, 0777), 0); /* somebody else was faster */
    assert_int_equal(output_commit(&output), -EISDIR);
    assert_int_equal(output.fd, -1);
    assert_int_equal(folder_entries(*state), 1);
    assert_int_equal(folder_entries(path.text), 0);
}

static void a_file_that_cannot_grow_leaves_nothing(void **state) {
    struct path path = path_in(*state, "name");
    struct output output;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4;
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int err = write_text(&output, TEXT);
    output_abandon(&output);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err, -EFBIG);
    assert_int_equal(folder_entries(*state), 0);
}

static void a_dash_is_standard_output(void **state) {
    struct path path = path_in(*state, "stdout");
    fflush(stdout);
    int before = dup(STDOUT_FILENO), file = open(path.text, O_WRONLY | O_CREAT, 0600);
    assert_true(before >= 0 && file >= 0);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    close(file);
    write_whole("-", TEXT);
    bool open_still = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    assert_int_equal(dup2(before, STDOUT_FILENO), STDOUT_FILENO);
    close(before);
    assert_true(open_still);
    assert_file_holds(path.text, TEXT);
}

static void two_outputs_of_one_name_do_not_mix(void **state) {
    struct path path = path_in(*state, "name");
    struct output first, second;
    assert_int_equal(output_open(&first, path.text), 0);
    assert_int_equal(output_open(&second, path.text), 0);
    assert_int_equal(write_text(&first, "first"), 0);
    assert_int_equal(write_text(&second, "second"), 0);
    assert_int_equal(output_commit(&second), 0);
    assert_file_holds(path.text, "second");
    assert_int_equal(output_commit(&first), 0);
    assert_file_holds(path.text, "first");
    assert_int_equal(folder_entries(*state), 1);
}

static void what_is_placed_can_be_taken_back(void **state) {
    struct path fresh = path_in(*state, "fresh"), old = path_in(*state, "old");
    struct output first, second;
    file_write(old.text, "old");
    assert_int_equal(output_open(&first, fresh.text), 0);
    assert_int_equal(output_open(&second, old.text), 0);
    assert_int_equal(write_text(&first, "first"), 0);
    assert_int_equal(write_text(&second, "second"), 0);
    assert_int_equal(output_place(&first), 0);
    assert_int_equal(folder_entries(*state), 2); /* no other name stands beside the new one */
    assert_int_equal(output_place(&second), 0);
    assert_file_holds(fresh.text, "first");
    assert_file_holds(old.text, "second");
    output_abandon(&first);
    output_abandon(&second);
    assert_int_equal(access(fresh.text, F_OK), -1);
    assert_file_holds(old.text, "old");
    assert_int_equal(folder_entries(*state), 1);
}

static void what_is_kept_stays(void **state) {
    struct path fresh = path_in(*state, "fresh"), old = path_in(*state, "old");
    struct output first, second;
    file_write(old.text, "old");
    assert_int_equal(output_open(&first, fresh.text), 0);
    assert_int_equal(output_open(&second, old.text), 0);
    assert_int_equal(write_text(&first, "first"), 0);
    assert_int_equal(write_text(&second, "second"), 0);
    assert_int_equal(output_place(&first), 0);
    assert_int_equal(output_place(&second), 0);
    output_keep(&first);
    output_keep(&second);
    output_abandon(&first);
    output_abandon(&second);
    assert_file_holds(fresh.text, "first");
    assert_file_holds(old.text, "second");
    assert_int_equal(folder_entries(*state), 2);
}

/* As a signal handler does. Afterwards nobody may change an output, so a child does it. */
static void whoever_ends_takes_back_what_is_not_kept(void **state) {
    struct path fresh = path_in(*state, "fresh"), old = path_in(*state, "old"),
                open_still = path_in(*state, "open");
    int status = 1;
    file_write(old.text, "old");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct output first, second, third;
        int failed = output_open(&first, fresh.text) | output_open(&second, old.text) |
                     output_open(&third, open_still.text) | output_place(&first) |
                     output_place(&second);
        _exit(failed || !output_remove_partial() || output_remove_partial() ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(fresh.text, F_OK), -1);
    assert_file_holds(old.text, "old");
    assert_int_equal(folder_entries(*state), 1);
}

static void a_placing_that_fails_leaves_nothing(void **state) {
    struct path folder = path_in(*state, "sub"), path = path_in(*state, "sub/name");
    struct output output;
    assert_int_equal(mkdir(folder.text, 0777), 0);
    assert_int_equal(output_open(&output, path.text), 0);
    assert_int_equal(write_text(&output, TEXT), 0);
    if (output.named) { /* without O_TMPFILE: then the folder is not empty */
        output_abandon(&output);
        return;
    }
    assert_int_equal(rmdir(folder.text), 0);
    assert_int_equal(output_place(&output), -ENOENT);
    assert_int_equal(output.fd, -1);
    assert_int_equal(folder_entries(*state), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_new_file_appears_whole),
        IN_FOLDER(a_new_file_obeys_the_umask),
        IN_FOLDER(an_empty_output_is_an_empty_file),
        IN_FOLDER(a_long_output_is_whole),
        IN_FOLDER(abandon_leaves_nothing),
        cmocka_unit_test(a_closed_output_can_be_abandoned),
        IN_FOLDER(abandon_keeps_what_was_there),
        IN_FOLDER(a_regular_file_is_replaced_and_keeps_its_mode),
        IN_FOLDER(readers_of_the_old_file_keep_it),
        IN_FOLDER(a_file_that_may_not_be_written_is_refused),
        IN_FOLDER(symbolic_links_are_followed),
        IN_FOLDER(a_dangling_link_gets_its_target),
        IN_FOLDER(a_link_to_nowhere_is_refused),
        IN_FOLDER(a_fifo_is_written_in_place),
        IN_FOLDER(a_reader_that_leaves_is_reported),
        IN_FOLDER(the_null_device_stays),
        IN_FOLDER(a_full_device_is_reported_and_stays),
        IN_FOLDER(a_directory_is_refused),
        IN_FOLDER(impossible_paths_are_refused),
        IN_FOLDER(a_relative_name_lands_in_the_working_directory),
        IN_FOLDER(the_longest_name_is_possible),
        IN_FOLDER(a_commit_that_fails_leaves_nothing),
        IN_FOLDER(a_file_that_cannot_grow_leaves_nothing),
        IN_FOLDER(a_dash_is_standard_output),
        IN_FOLDER(two_outputs_of_one_name_do_not_mix),
        IN_FOLDER(what_is_placed_can_be_taken_back),
        IN_FOLDER(what_is_kept_stays),
        IN_FOLDER(whoever_ends_takes_back_what_is_not_kept),
        IN_FOLDER(a_placing_that_fails_leaves_nothing),
    };
    signal(SIGPIPE, SIG_IGN); /* as both programs do */
    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
