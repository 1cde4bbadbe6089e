#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "login/os.h"

int os_lock_open(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    return fd >= 0 ? fd : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

bool os_lock_try(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void wake(int signal_number)
{
    (void)signal_number;
}

/* flock has no deadline. A timer that fires again and again ends the call with EINTR; firing once
   would be lost when it comes just before the call. The parent is looked at rather than told to us:
   it may have many threads, and PR_SET_PDEATHSIG speaks when the one that started us ends. */
bool os_lock_wait(int fd, enum os_lock kind, int64_t wait_ms)
{
    pid_t parent = getppid();
    int64_t until = clock_monotonic_ms(&clock_system) + wait_ms;
    struct sigaction action = {.sa_handler = wake}, before;
    struct itimerval tick = {{0, 250000}, {0, 250000}}, off = {{0, 0}, {0, 0}};
    bool locked = false;

    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &tick, NULL);
    while (!locked && clock_monotonic_ms(&clock_system) < until && getppid() == parent) {
        locked = flock(fd, kind == OS_LOCK_ALONE ? LOCK_EX : LOCK_SH) == 0;
        if (!locked && errno != EINTR)
            break;
    }
    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &before, NULL);
    return locked;
}

/* In the child, between fork and exec: only calls that are safe there. */
static void become(const struct os_child *child)
{
    if (child->detached) {
        setsid();
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; null >= 0 && fd < 3; fd++)
            dup2(null, fd);
    } else {
        dup2(2, 1); /* whatever the child prints, it never lands in the answer to kubectl */
    }
    for (size_t i = 0; i < sizeof(child->keep) / sizeof(child->keep[0]); i++)
        if (child->keep[i] >= 0)
            fcntl(child->keep[i], F_SETFD, 0);
    execve(child->program, child->argv, child->environment);
    _exit(127);
}

int os_spawn(const struct os_child *child, int *ret_pid, struct err *e)
{
    pid_t pid = fork();
    if (pid < 0)
        return fail_errno(e, "cannot start %s", child->program);
    if (pid == 0)
        become(child);
    *ret_pid = pid;
    return 0;
}

/* True while there may be more. */
static bool read_some(int fd, struct buf *out)
{
    char *room = buf_reserve(out, 4096);
    if (!room)
        return false;
    ssize_t n = read(fd, room, 4096);
    if (n > 0)
        buf_commit(out, (size_t)n);
    return n > 0 || (n < 0 && errno == EINTR);
}

void os_wait_for(struct os_wait *w)
{
    pid_t parent = getppid();
    int status = 0;
    bool open = w->from >= 0;
    while (open && !w->ret_orphaned) {
        struct pollfd p = {.fd = w->from, .events = POLLIN};
        if (poll(&p, 1, 250) > 0)
            open = read_some(w->from, w->ret_output);
        w->ret_orphaned = getppid() != parent;
    }
    if (w->ret_orphaned)
        return;
    while (waitpid(w->pid, &status, 0) < 0)
        if (errno != EINTR) {
            w->ret_status = -1;
            return;
        }
    w->ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#ifndef __linux__
int os_program_folder(struct buf *ret, struct err *e)
{
    (void)ret;
    return fail(e, ERR_SYSTEM, "this system does not say where a program stands");
}

void os_parent_key(struct buf *ret)
{
    buf_fmt(ret, "%d", (int)getppid());
}

void os_protect_memory(void)
{
}

void os_die_with_parent(void)
{
}
#endif
