#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "login/net/kubeconfig.h"
#include "login/options.h"

#define FILE_MAX   ((size_t)4 << 20)
#define LOCK_TRIES 50

int kubeconfig_path(const char *option, char *const *environment, struct buf *ret, struct err *e)
{
    struct str list = str_from(environment_get(environment, "KUBECONFIG")), one, last = STR_NONE;
    const char *home = environment_get(environment, "HOME");
    if (option) {
        buf_c(ret, option);
        return 0;
    }
    while (str_next(&list, ':', &one)) {
        if (one.n == 0)
            continue;
        last = one;
        buf_reset(ret);
        buf_add(ret, one);
        if (access(buf_cstr(ret), F_OK) == 0)
            return 0;
    }
    buf_reset(ret);
    buf_add(ret, last);
    if (last.n > 0)
        return 0;
    if (!home)
        return fail(e, ERR_CONFIG, "neither KUBECONFIG nor HOME is set");
    buf_fmt(ret, "%s/.kube/config", home);
    return 0;
}

/* client-go's lock: <file>.lock, made with O_EXCL, removed afterwards. It does not say whose it is.
 */
static int lock(const char *path, struct err *e)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
            return 0;
        }
        if (errno != EEXIST)
            return fail_errno(e, "%s", path);
        struct timespec pause = {0, 100000000};
        nanosleep(&pause, NULL);
    }
    return fail(e, ERR_SYSTEM,
                "%s exists: another program is writing, or ended while it did; then remove it",
                path);
}

static int folder_of(const char *path, struct err *e)
{
    auto_free char *folder = mem_strdup(path);
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return 0;
    *slash = '\0';
    return folder_make(folder, 0750, e);
}

static int merge_locked(const char *path, const struct kubeconfig_plan *plan, struct arena *a,
                        bool *ret_changed, struct err *e)
{
    auto_buf before = BUF_INIT(FILE_MAX), after = BUF_INIT(2 * FILE_MAX),
             backup = BUF_INIT(PATH_MAX + 32);
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (exists && file_read(path, FILE_MAX, &before, e) != 0)
        return -1;
    if (kubeconfig_merge(buf_str(&before), plan, a, &after, e) != 0)
        return fail_within(e, "%s", path);
    *ret_changed = !str_eq(buf_str(&before), buf_str(&after));
    if (!*ret_changed)
        return 0;
    unsigned mode = exists ? st.st_mode & 0777 : 0600;
    buf_fmt(&backup, "%s.lotse-backup", path);
    if (exists && file_replace(buf_cstr(&backup), mode, buf_str(&before), e) != 0)
        return -1;
    return file_replace(path, mode, buf_str(&after), e);
}

int kubeconfig_update(const char *path, const struct kubeconfig_plan *plan, struct arena *a,
                      bool *ret_changed, struct err *e)
{
    char real[PATH_MAX];
    auto_buf lock_path = BUF_INIT(PATH_MAX + 32);
    if (folder_of(path, e) != 0)
        return -1;
    if (!realpath(path,
                  real)) /* a link in somebody's dotfiles stays a link: its target is replaced */
        snprintf(real, sizeof(real), "%s", path);
    buf_fmt(&lock_path, "%s.lock", path);
    if (lock(buf_cstr(&lock_path), e) != 0)
        return -1;
    int result = merge_locked(real, plan, a, ret_changed, e);
    unlink(buf_cstr(&lock_path));
    return result;
}
