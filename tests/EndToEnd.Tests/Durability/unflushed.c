/* Preloaded into a process, journals every change of the watched files (name ends with .db or -wal, below UNFLUSHED_ROOT) that is not flushed yet, so
 * that it can be undone after the process was killed: what a machine that loses power may lose. Flushes are noted after they happened.
 *
 * A record of the journal: kind, length of path, path, four 64-bit numbers, then bytes.
 *   W: offset, old size of the file, count of old bytes, count of new bytes; old bytes
 *   T: new size, old size, count of old bytes, 0; old bytes (what a truncation cuts off)
 *   S: 0 0 0 0 (the file is flushed)
 * With UNFLUSHED_LIE=1 a flush does not happen and yet succeeds, as on a disk that lies: nothing is noted. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;

static void put(const void *bytes, size_t count)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t done = syscall(SYS_write, journal, at, count);
        if (done <= 0) abort(); /* without its journal the test would prove nothing */
        at += done;
        count -= (size_t)done;
    }
}

/* The path of a watched file, or 0. */
static int watched(int fd, char *path, size_t size)
{
    const char *root = getenv("UNFLUSHED_ROOT");
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (root == NULL || length < 4) return 0;
    path[length] = 0;
    if (strncmp(path, root, strlen(root)) != 0) return 0;
    return strcmp(path + length - 3, ".db") == 0 || strcmp(path + length - 4, "-wal") == 0;
}

static void record(char kind, const char *path, int64_t a, int64_t b, int64_t c, int64_t d)
{
    if (journal < 0) {
        journal = open(getenv("UNFLUSHED_JOURNAL"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (journal < 0) abort();
    }
    uint32_t length = (uint32_t)strlen(path);
    int64_t numbers[4] = { a, b, c, d };
    put(&kind, 1);
    put(&length, sizeof length);
    put(path, length);
    put(numbers, sizeof numbers);
}

static void save(int fd, int64_t offset, int64_t count)
{
    char *old = malloc((size_t)count + 1);
    if (old == NULL || (count > 0 && syscall(SYS_pread64, fd, old, (size_t)count, offset) != count)) abort();
    put(old, (size_t)count);
    free(old);
}

static int64_t size_of(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0) abort();
    return info.st_size;
}

static void before_write(int fd, const char *path, int64_t offset, int64_t count)
{
    int64_t size = size_of(fd);
    int64_t old = offset >= size ? 0 : size - offset < count ? size - offset : count;
    record('W', path, offset, size, old, count);
    save(fd, offset, old);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    char path[4096];
    if (!watched(fd, path, sizeof path)) return syscall(SYS_pwrite64, fd, bytes, count, offset);
    pthread_mutex_lock(&lock);
    before_write(fd, path, offset, (int64_t)count);
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, count, offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }

ssize_t write(int fd, const void *bytes, size_t count)
{
    char path[4096];
    if (!watched(fd, path, sizeof path)) return syscall(SYS_write, fd, bytes, count);
    pthread_mutex_lock(&lock);
    before_write(fd, path, lseek(fd, 0, SEEK_CUR), (int64_t)count);
    ssize_t done = syscall(SYS_write, fd, bytes, count);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off64_t size)
{
    char path[4096];
    if (!watched(fd, path, sizeof path)) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int64_t old = size_of(fd);
    int64_t cut = old > size ? old - size : 0;
    record('T', path, size, old, cut, 0);
    save(fd, size, cut);
    int done = (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int flush(int fd, long call)
{
    char path[4096];
    if (!watched(fd, path, sizeof path)) return (int)syscall(call, fd);
    if (getenv("UNFLUSHED_LIE") != NULL) return 0;
    pthread_mutex_lock(&lock);
    int done = (int)syscall(call, fd);
    if (done == 0) record('S', path, 0, 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return flush(fd, SYS_fsync); }

int fdatasync(int fd) { return flush(fd, SYS_fdatasync); }
