#include "login/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static const char *const folders[STATE_KIND_COUNT] = {"tokens", "sessions", "issuers", "failures",
                                                      "locks"};

struct state_key state_key_of(const struct options *o, struct str audience)
{
    struct str parts[] = {option_get(o, OPTION_ISSUER), option_get(o, OPTION_CLIENT_ID), audience,
                          option_get(o, OPTION_PROFILE)};
    return (struct state_key){sha256_of_parts(parts, sizeof(parts) / sizeof(parts[0]))};
}

void state_name(struct buf *ret, enum state_kind kind, const struct state_key *key)
{
    buf_c(ret, folders[kind]);
    buf_char(ret, '/');
    buf_hex(ret, (struct str){(const char *)key->hash.bytes, SHA256_BYTES});
}

int state_path(struct state *s, const struct options *o, char *const *environment, struct err *e)
{
    const char *given = o->value[OPTION_STATE_DIR];
    const char *xdg = environment_get(environment, "XDG_STATE_HOME");
    const char *home = environment_get(environment, "HOME");
    int n;
    if (given)
        n = snprintf(s->path, sizeof(s->path), "%s", given);
    else if (xdg && xdg[0] == '/') /* XDG Base Directory: a relative path is invalid and ignored */
        n = snprintf(s->path, sizeof(s->path), "%s/lotse", xdg);
    else if (home)
        n = snprintf(s->path, sizeof(s->path), "%s/.local/state/lotse", home);
    else
        return fail(e, ERR_CONFIG, "neither HOME nor LOTSE_STATE_DIR is set");
    if (n < 0 || (size_t)n >= sizeof(s->path))
        return fail(e, ERR_CONFIG, "the state folder's path is longer than %zu", sizeof(s->path));
    return 0;
}

/* RFC 8252 8.1 and good practice: what others may read or write is not ours to trust. */
static bool is_ours(int fd, mode_t type, const char *path, size_t *ret_size, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        fail_errno(e, "%s", path);
        return false;
    }
    if ((st.st_mode & S_IFMT) != type)
        fail(e, ERR_CONFIG, "%s is not a %s", path, type == S_IFDIR ? "folder" : "regular file");
    else if (st.st_uid != geteuid())
        fail(e, ERR_CONFIG, "%s belongs to another user (uid %u)", path, (unsigned)st.st_uid);
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        fail(e, ERR_CONFIG, "%s is open to other users (mode %03o); chmod go-rwx it", path,
             (unsigned)(st.st_mode & 0777));
    else {
        *ret_size = (size_t)st.st_size;
        return true;
    }
    return false;
}

static enum state_result open_folder(struct state *s, struct err *e)
{
    s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat there;
    if (s->fd < 0 && (errno == ELOOP || errno == ENOTDIR) && lstat(s->path, &there) == 0) {
        fail(e, ERR_CONFIG, "%s is a link or no folder", s->path);
        return STATE_REFUSED;
    }
    if (s->fd < 0) {
        fail_errno(e, "%s", s->path);
        return errno == EACCES ? STATE_REFUSED : STATE_ABSENT;
    }
    if (!is_ours(s->fd, S_IFDIR, s->path, &(size_t){0}, e)) {
        state_close(s);
        return STATE_REFUSED;
    }
    return STATE_OK;
}

enum state_result state_open(struct state *s, bool create, struct err *e)
{
    if (!create)
        return open_folder(s, e);
    mode_t before = umask(0077);
    int made = folder_make(s->path, 0700, e);
    enum state_result result = open_folder(s, made == 0 ? e : &(struct err){0});
    for (int i = 0; i < STATE_KIND_COUNT && result == STATE_OK; i++)
        (void)mkdirat(s->fd, folders[i],
                      0700); /* there already, or read-only: the first use tells */
    umask(before);
    return result;
}

void state_close(struct state *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* O_NONBLOCK: a FIFO in the place of a file must not stop us. */
static enum state_result read_at(const struct state *s, const char *name, struct buf *ret,
                                 struct err *e)
{
    auto_fd fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno != ELOOP && errno != EACCES)
        return STATE_ABSENT;
    if (fd < 0) {
        fail_errno(e, "%s/%s", s->path, name);
        return STATE_REFUSED;
    }
    size_t left;
    if (!is_ours(fd, S_IFREG, name, &left, e))
        return STATE_REFUSED;
    char *room = left < ret->max ? buf_reserve(ret, left) : NULL;
    while (room && left > 0) {
        ssize_t n = read(fd, room, left);
        if (n <= 0) /* shorter than it said: nobody of ours writes in place */
            return STATE_ABSENT;
        buf_commit(ret, (size_t)n);
        room += n;
        left -= (size_t)n;
    }
    return room ? STATE_OK : STATE_ABSENT;
}

enum state_result state_read(const struct state *s, enum state_kind kind,
                             const struct state_key *key, struct buf *ret, struct err *e)
{
    if (s->fd < 0)
        return STATE_ABSENT;
    auto_buf name = BUF_INIT(128);
    state_name(&name, kind, key);
    return read_at(s, buf_cstr(&name), ret, e);
}

static int write_all(int fd, struct str content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        content = str_from_to(content, (size_t)n, content.n);
    }
    return fsync(fd);
}

int state_write(const struct state *s, enum state_kind kind, const struct state_key *key,
                struct str content, struct err *e)
{
    if (s->fd < 0)
        return fail(e, ERR_SYSTEM, "%s cannot be written", s->path);
    auto_fd folder = openat(s->fd, folders[kind], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return fail_errno(e, "%s/%s", s->path, folders[kind]);
    if (!is_ours(folder, S_IFDIR, folders[kind], &(size_t){0}, e))
        return -1;
    auto_buf name = BUF_INIT(128);
    auto_buf temporary = BUF_INIT(128);
    buf_hex(&name, (struct str){(const char *)key->hash.bytes, SHA256_BYTES});
    buf_fmt(&temporary, ".%.16s.%d", buf_cstr(&name), (int)getpid());
    (void)unlinkat(folder, buf_cstr(&temporary), 0); /* of a process with our number that died */
    auto_fd fd = openat(folder, buf_cstr(&temporary),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(e, "%s/%s", s->path, folders[kind]);
    if (write_all(fd, content) != 0 ||
        renameat(folder, buf_cstr(&temporary), folder, buf_cstr(&name)) != 0) {
        fail_errno(e, "%s/%s", s->path, folders[kind]);
        (void)unlinkat(folder, buf_cstr(&temporary), 0);
        return -1;
    }
    (void)fsync(folder);
    return 0;
}

void state_delete(const struct state *s, enum state_kind kind, const struct state_key *key)
{
    auto_buf name = BUF_INIT(128);
    state_name(&name, kind, key);
    if (s->fd >= 0)
        (void)unlinkat(s->fd, buf_cstr(&name), 0);
}

static DIR *open_kind(const struct state *s, enum state_kind kind)
{
    int fd = s->fd < 0
                 ? -1
                 : openat(s->fd, folders[kind], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder && fd >= 0)
        close(fd);
    return folder;
}

void state_each(const struct state *s, enum state_kind kind, state_visit *visit, void *context)
{
    DIR *folder = open_kind(s, kind);
    const struct dirent *entry;
    bool more = true;
    while (folder && more && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        auto_buf name = BUF_INIT(512);
        auto_buf content = BUF_INIT(STATE_FILE_MAX);
        content.wipe = true;
        buf_fmt(&name, "%s/%s", folders[kind], entry->d_name);
        if (read_at(s, buf_cstr(&name), &content, &(struct err){0}) == STATE_OK)
            more = visit(context, buf_str(&content));
    }
    if (folder)
        closedir(folder);
}

size_t state_delete_all(const struct state *s, enum state_kind kind)
{
    DIR *folder = open_kind(s, kind);
    const struct dirent *entry;
    size_t n = 0;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(folder), entry->d_name, 0) == 0)
            n++;
    if (folder)
        closedir(folder);
    return n;
}
