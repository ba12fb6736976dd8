// A disk that forgets what was not synced: the seam of Tests/EndToEnd/peers/test_kills.py.
//
// SIGKILL keeps the page cache, so a killed process proves nothing of fsync. Before each write to the files that it looks
// after, this library notes what stood there (and how long the file was) in a journal beside them; a sync that has returned
// strikes the file's notes out. Whoever cuts the power kills the process and puts back what the journal says, all of it or
// back to any point: that is the disk's content as a power cut may leave it. What it does not do: lose the names of files
// that were made since their directory was synced.
//
// To be put before the C library by LD_PRELOAD, with
//   MUSTER_POWER_CUT         the journal
//   MUSTER_POWER_CUT_FILE    the name of the file that is looked after; the same with -wal is too
//   MUSTER_POWER_CUT_LIES=1  syncs are not noted, as by a disk that lies: so that a test can see the seam bite
//
// A note: five numbers of 64 bits (kind, offset, bytes that stood there, the file's length, bytes of its path), the path,
// the bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITTEN = 1, SYNCED = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static bool lies;
// How many notes of each file are not struck out: the file and its log.
static uint64_t open_notes[2];

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

__attribute__((constructor)) static void begin(void) {
    real_pwrite = next("pwrite64");
    real_write = next("write");
    real_ftruncate = next("ftruncate64");
    real_fsync = next("fsync");
    real_fdatasync = next("fdatasync");
    const char *path = getenv("MUSTER_POWER_CUT");
    lies = getenv("MUSTER_POWER_CUT_LIES") != NULL;
    if (!path || !getenv("MUSTER_POWER_CUT_FILE")) return;
    // What an earlier process has left without a power cut reaches the disk in the end.
    journal = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) abort();
}

// Which of the files it is: 0, or 1 for the log; -1 for any other.
static int looked_after(int fd, char path[4096]) {
    const char *name = getenv("MUSTER_POWER_CUT_FILE");
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, 4095);
    if (journal < 0 || length <= 0) return -1;
    path[length] = 0;
    const char *last = strrchr(path, '/');
    if (!last || strncmp(last + 1, name, strlen(name)) != 0) return -1;
    const char *rest = last + 1 + strlen(name);
    return *rest == 0 ? 0 : strcmp(rest, "-wal") == 0 ? 1 : -1;
}

static void note(uint64_t kind, const char *path, int fd, uint64_t offset, uint64_t count, uint64_t size) {
    uint64_t head[5] = {kind, offset, count, size, strlen(path)};
    size_t whole = sizeof head + head[4] + count;
    char *bytes = malloc(whole);
    if (!bytes) abort();
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, path, head[4]);
    if (count && pread64(fd, bytes + sizeof head + head[4], count, (off_t)offset) != (ssize_t)count) abort();
    if (real_write(journal, bytes, whole) != (ssize_t)whole) abort();
    free(bytes);
}

// Notes what stands where something will be written.
static void before(int fd, off_t offset, size_t count) {
    char path[4096];
    struct stat64 file;
    int which = looked_after(fd, path);
    if (which < 0 || fstat64(fd, &file) != 0) return;
    off_t end = offset + (off_t)count < file.st_size ? offset + (off_t)count : file.st_size;
    note(WRITTEN, path, fd, (uint64_t)offset, end > offset ? (uint64_t)(end - offset) : 0, (uint64_t)file.st_size);
    open_notes[which] += 1;
}

static void synced(int fd) {
    char path[4096];
    int which = looked_after(fd, path);
    if (which < 0 || lies || open_notes[which] == 0) return;
    open_notes[which] = 0;
    note(SYNCED, path, fd, 0, 0, 0);
    if (open_notes[0] + open_notes[1] == 0 && real_ftruncate(journal, 0) != 0) abort();
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    pthread_mutex_lock(&lock);
    before(fd, offset, count);
    ssize_t result = real_pwrite(fd, bytes, count, offset);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }

int ftruncate64(int fd, off_t length) {
    pthread_mutex_lock(&lock);
    struct stat64 file;
    if (fstat64(fd, &file) == 0 && file.st_size > length) before(fd, length, (size_t)(file.st_size - length));
    int result = real_ftruncate(fd, length);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_file(int fd, int (*real)(int)) {
    pthread_mutex_lock(&lock);
    int result = real(fd);
    if (result == 0) synced(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return sync_file(fd, real_fsync); }

int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }
