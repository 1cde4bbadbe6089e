#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "login/os.h"

int os_program_folder(struct buf *ret, struct err *e)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
    if (n <= 0 || (size_t)n >= sizeof(path))
        return fail_errno(e, "/proc/self/exe");
    while (n > 1 && path[n - 1] != '/')
        n--;
    buf_bytes(ret, path, (size_t)n - 1);
    return 0;
}

/* proc(5): field 22 of stat is the start time; the name in field 2 may hold anything, so look
 * behind its last ')'. */
void os_parent_key(struct buf *ret)
{
    char path[64], stat[1024];
    pid_t parent = getppid();
    buf_fmt(ret, "%d:", (int)parent);
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)parent);
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, stat, sizeof(stat)) : -1;
    struct str text = {stat, n > 0 ? (size_t)n : 0}, field;
    size_t name_end = text.n;
    while (name_end > 0 && text.p[name_end - 1] != ')')
        name_end--;
    text = str_from_to(text, name_end, text.n);
    for (int i = 2; str_next(&text, ' ', &field); i++)
        if (i == 22)
            buf_add(ret, field);
}

/* No core file (RFC 8252 asks for care with tokens; a core_pattern with a pipe ignores
 * RLIMIT_CORE), no ptrace. */
void os_protect_memory(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
}

void os_die_with_parent(void)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
}
#endif
