/* raw.csv, ipc_raw.csv, faults_raw.csv and peak_raw.csv, read, written and read again; and what is
 * left of a file to go on with. The first byte: 'r', 'i', 'f' or 'p' for rows behind the header of
 * one of them, 'I', 'F' or 'P' for its columns and a header that is up to the input, as all is with
 * any other. */
#include "bench/campaign/raw.h"
#include "bench/faults/records.h"
#include "bench/ipc/samples.h"
#include "bench/kernels/records.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The rows of a file as the text that is written of them, header included. */
struct kept {
    const struct csv_file *file;
    FILE *stream;
    char *text;
    size_t size, rows;
};

static int keep(void *context, const void *row) {
    struct kept *kept = context;
    csv_write_row(kept->file->columns, kept->file->column_count, row, kept->stream);
    kept->rows++;
    return 0;
}

static struct csv_file file_of(uint8_t kind) {
    static struct raw_row raw_row;
    static struct ipc_row ipc_row;
    static struct faults_row faults_row;
    static struct peak_row peak_row;
    struct csv_file file = {.columns = raw_columns,
                            .column_count = raw_column_count,
                            .least_columns = RAW_FIRST_COLUMNS,
                            .row = &raw_row,
                            .keep = keep};
    if (kind == 'i' || kind == 'I') {
        file.columns = ipc_samples.columns;
        file.column_count = file.least_columns = ipc_samples.column_count;
        file.row = &ipc_row;
    }
    if (kind == 'f' || kind == 'F') {
        file.columns = faults_records.columns;
        file.column_count = file.least_columns = faults_records.column_count;
        file.row = &faults_row;
    }
    if (kind == 'p' || kind == 'P') {
        file.columns = peak_columns;
        file.column_count = file.least_columns = peak_column_count;
        file.row = &peak_row;
    }
    return file;
}

static int read_kept(struct csv_file *file, const char *path, struct kept *kept) {
    *kept = (struct kept){.file = file};
    kept->stream = open_memstream(&kept->text, &kept->size);
    HOLDS(kept->stream);
    file->context = kept;
    csv_write_header(file->columns, file->column_count, kept->stream);
    int err = csv_read_file(file, path);
    HOLDS(fclose(kept->stream) == 0);
    HOLDS(err == 0 || err == -EPROTO || err == -ENODATA);
    return err;
}

/* What was written reads back to the same. */
static void try_again(struct csv_file *file, const struct kept *first) {
    struct kept second;
    char path[64];
    int fd = memfd_create("again", MFD_CLOEXEC);
    HOLDS(fd >= 0 && write(fd, first->text, first->size) == (ssize_t)first->size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    HOLDS(read_kept(file, path, &second) == 0);
    HOLDS(second.rows == first->rows && second.size == first->size);
    HOLDS(memcmp(second.text, first->text, first->size) == 0);
    free(second.text);
    close(fd);
}

/* Going on keeps every whole row, and a row can be added; but not to columns of another version. */
static void try_resume(struct csv_file *file, const char *path, size_t rows) {
    struct kept kept;
    FILE *stream;
    csv_clear(file->columns, file->column_count, file->row);
    kept = (struct kept){.file = file, .stream = fopen("/dev/null", "we")};
    file->context = &kept;
    HOLDS(kept.stream);
    int err = csv_resume(file, path, &stream);
    fclose(kept.stream);
    HOLDS(err == 0 || (err == -EPROTO && file->fields != file->column_count));
    if (err)
        return;
    csv_clear(file->columns, file->column_count, file->row);
    HOLDS(csv_append(file, stream) == 0);
    fclose(stream);
    err = read_kept(file, path, &kept);
    HOLDS(err == 0 && kept.rows == rows + 1);
    free(kept.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    struct csv_file file = file_of(data[0]);
    struct kept kept;
    char path[64];
    int fd = memfd_create("rows", MFD_CLOEXEC);
    HOLDS(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (strchr("rifp", data[0]) && data[0]) {
        FILE *stream = fopen(path, "we");
        HOLDS(stream);
        csv_write_header(file.columns, file.least_columns, stream);
        fclose(stream);
        lseek(fd, 0, SEEK_END);
    }
    HOLDS(write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    int err = read_kept(&file, path, &kept);
    if (err == 0) {
        try_again(&file, &kept);
        try_resume(&file, path, kept.rows);
    }
    free(kept.text);
    close(fd);
    return 0;
}
