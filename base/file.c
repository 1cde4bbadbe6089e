#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/secret.h"

static ssize_t read_some(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_errno(e, "open %s", path);
    char chunk[16384];
    size_t n = 0;
    ssize_t got;
    while ((got = read_some(fd, chunk, sizeof(chunk))) > 0) {
        n += (size_t)got;
        if (n <= max)
            buf_bytes(out, chunk, (size_t)got);
        if (out->wipe)
            bytes_wipe(chunk, (size_t)got);
        if (n > max || buf_failed(out))
            return fail(e, ERR_LIMIT, "%s: larger than the %zu bytes allowed", path, max);
    }
    if (got < 0)
        return fail_errno(e, "read %s", path);
    return 0;
}

static int write_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t done = write(fd, s.p, s.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        s = (struct str){s.p + done, s.n - (size_t)done};
    }
    return 0;
}

static struct str folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return STR(".");
    return slash == path ? STR("/") : (struct str){path, (size_t)(slash - path)};
}

static int folder_sync(const char *path, struct err *e)
{
    struct str folder = folder_of(path);
    char name[PATH_MAX];
    if (snprintf(name, sizeof(name), "%.*s", STR_F(folder)) >= (int)sizeof(name))
        return fail(e, ERR_LIMIT, "%.64s...: path too long", path);
    auto_fd fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(e, "open %s", name);
    if (fsync(fd) != 0 && errno != EINVAL) /* some file systems cannot sync a folder */
        return fail_errno(e, "fsync %s", name);
    return 0;
}

static int fill(int fd, const char *path, struct str content, bool durable, struct err *e)
{
    if (write_all(fd, content) != 0)
        return fail_errno(e, "write %s", path);
    if (durable && fsync(fd) != 0)
        return fail_errno(e, "fsync %s", path);
    return 0;
}

static int replace(const char *path, unsigned mode, struct str content, bool durable, struct err *e)
{
    uint64_t number;
    random_fill(&random_system, &number, sizeof(number));
    char temporary[PATH_MAX];
    int n =
        snprintf(temporary, sizeof(temporary), "%s.%016llx.tmp", path, (unsigned long long)number);
    if (n < 0 || (size_t)n >= sizeof(temporary))
        return fail(e, ERR_LIMIT, "%.64s...: path too long", path);
    auto_fd fd =
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return fail_errno(e, "create %s", temporary);
    int done = fchmod(fd, (mode_t)mode) != 0 ? fail_errno(e, "chmod %s", temporary)
                                             : fill(fd, path, content, durable, e);
    if (done == 0 && rename(temporary, path) != 0)
        done = fail_errno(e, "rename to %s", path);
    if (done != 0)
        unlink(temporary);
    return done;
}

int file_replace(const char *path, unsigned mode, struct str content, struct err *e)
{
    return replace(path, mode, content, true, e) < 0 ? -1 : folder_sync(path, e);
}

int file_make(const char *path, unsigned mode, struct str content, struct err *e)
{
    return replace(path, mode, content, false, e);
}

static int folder_make_one(const char *path, unsigned mode, struct err *e)
{
    if (mkdir(path, (mode_t)mode) == 0)
        return 0;
    if (errno != EEXIST)
        return fail_errno(e, "mkdir %s", path);
    struct stat st;
    if (stat(path, &st) != 0)
        return fail_errno(e, "stat %s", path);
    if (!S_ISDIR(st.st_mode))
        return fail(e, ERR_SYSTEM, "%s: exists and is not a folder", path);
    return 0;
}

int folder_make(const char *path, unsigned mode, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part))
        return fail(e, ERR_LIMIT, "folder path of %zu bytes: empty or too long", n);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/')
            continue;
        if (path[i - 1] == '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (folder_make_one(part, mode, e) != 0)
            return -1;
    }
    return 0;
}
