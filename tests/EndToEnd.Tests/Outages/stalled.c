/* Preloaded into a process: while the file STALLED_GATE exists, a flush of a file below STALLED_ROOT whose name ends with .db or -wal does not come
 * back, as on a disk that hangs. Each flush that begins to wait adds a byte to STALLED_GATE, so that a test knows that it has. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_watched(int fd)
{
    char link[64], path[4096];
    const char *root = getenv("STALLED_ROOT");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (root == NULL || length < 4) return 0;
    path[length] = 0;
    if (strncmp(path, root, strlen(root)) != 0) return 0;
    return strcmp(path + length - 3, ".db") == 0 || strcmp(path + length - 4, "-wal") == 0;
}

static int flush(int fd, long call)
{
    if (is_watched(fd)) {
        const char *gate = getenv("STALLED_GATE");
        int told = open(gate, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (told >= 0) {
            if (write(told, "w", 1) != 1) abort(); /* the test would wait in vain */
            close(told);
            while (access(gate, F_OK) == 0) usleep(2000);
        }
    }
    return (int)syscall(call, fd);
}

int fsync(int fd) { return flush(fd, SYS_fsync); }

int fdatasync(int fd) { return flush(fd, SYS_fdatasync); }
