#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "gateway/store/sqlite_internal.h"

/* statfs(2); linux/magic.h does not have all of them */
static const struct file_system {
    uint32_t magic;
    const char *name;
} network_file_systems[] = {
    {0x00006969, "NFS"},    {0xff534d42, "CIFS"}, {0xfe534d42, "SMB2"}, {0x0000517b, "SMB"},
    {0x5346414f, "AFS"},    {0x73757245, "Coda"}, {0x00c36400, "Ceph"}, {0x47504653, "GPFS"},
    {0x0bd00bd0, "Lustre"}, {0x0000564c, "NCP"},
};
#define FUSE_MAGIC 0x65735546
#define V9FS_MAGIC 0x01021997

static int judge_file_system(int fd, const char *path, struct err *e)
{
    struct statfs s;

    if (fstatfs(fd, &s) < 0)
        return fail_errno(e, "%s: look at the file system", path);
    uint32_t magic = (uint32_t)s.f_type;
    for (size_t i = 0; i < sizeof(network_file_systems) / sizeof(network_file_systems[0]); i++)
        if (magic == network_file_systems[i].magic)
            return fail(e, ERR_CONFIG,
                        "%s lies on a network file system (%s), where SQLite loses data; give it a "
                        "path on a local disk",
                        path, network_file_systems[i].name);
    if (magic == FUSE_MAGIC || magic == V9FS_MAGIC)
        log_warn("the store lies on a file system that may not keep what it is told to sync",
                 LOG_C("path", path));
    return 0;
}

/* The lock file says who holds it: "PID NAME\n". Only for the message; what counts is the lock. */
static int refuse(int fd, const char *path, struct err *e)
{
    char text[64] = "";
    struct str who = {text, 0}, pid, name;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    who.n = n > 0 ? (size_t)n : 0;
    who = str_trim(who);
    if (str_has_control(who) || !str_split(who, ' ', &pid, &name))
        return fail(e, ERR_CONFIG,
                    "%s is used by another process; stop it or give this one another file", base);
    return fail(e, ERR_CONFIG,
                "%s is used by process %.*s (%.*s); stop it or give this one another file", base,
                STR_F(pid), STR_F(name));
}

static int write_owner(int fd, const char *path, struct err *e)
{
    auto_buf text = BUF_INIT(64);

    buf_fmt(&text, "%ld %s\n", (long)getpid(), program_invocation_short_name);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text.p, text.n, 0) != (ssize_t)text.n)
        return fail_errno(e, "%s.lock: write", path);
    return 0;
}

/* An open-file-description lock: it also keeps out a second store in this process, and closing
 * another descriptor of the file does not drop it (fcntl(2)). */
static int lock_file(int fd, const char *path, struct err *e)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return write_owner(fd, path, e);
    if (errno == EAGAIN || errno == EACCES)
        return refuse(fd, path, e);
    return fail_errno(e, "%s.lock: lock", path);
}

/* The same file by two names is one file. Made here, so that nobody else may read it (SQLite would
 * ask the umask). */
static int resolve(const char *path, char **ret_path, struct err *e)
{
    char resolved[PATH_MAX];

    auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return fail_errno(e, "%s: open", path);
    if (judge_file_system(fd, path, e) < 0)
        return -1;
    if (!realpath(path, resolved))
        return fail_errno(e, "%s: resolve", path);
    *ret_path = mem_strdup(resolved);
    return 0;
}

int sqlite_place_take(struct sqlite_place *place, const char *path, struct err *e)
{
    auto_free char *resolved = NULL;
    auto_buf lock_path = BUF_INIT(PATH_MAX + 8);

    if (resolve(path, &resolved, e) < 0)
        return -1;
    buf_fmt(&lock_path, "%s.lock", resolved);
    auto_fd fd =
        open(buf_cstr(&lock_path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd < 0)
        return fail_errno(e, "%s: open", buf_cstr(&lock_path));
    if (lock_file(fd, resolved, e) < 0)
        return -1;
    place->path = take(resolved);
    place->lock_fd = fd;
    fd = -1;
    return 0;
}

void sqlite_place_give(struct sqlite_place *place)
{
    if (place->lock_fd >= 0)
        close(
            place
                ->lock_fd); /* the file stays: removing it would race with whoever just opened it */
    place->lock_fd = -1;
    mem_free(place->path);
    place->path = NULL;
}
