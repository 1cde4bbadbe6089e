#pragma once
/*
 * What differs between systems, behind one small file each: os_posix.c for every Unix, os_linux.c
 * for what only Linux has. Nothing else in login/ includes a system header beyond POSIX files.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* --- locks: held by an open descriptor, so that they end with the process however it ends, and
 * pass on to a child */

/* Opens (and creates) a lock file below dir. -1: cannot be opened (read-only home). */
int os_lock_open(int dir, const char *name);
bool os_lock_try(int fd);
/* Blocks until the lock is ours, wait_ms have passed, or our parent has died. OS_LOCK_SHARED only
 * waits for the one who has it alone: forty waiters are woken at once, not one after the other. */
enum os_lock { OS_LOCK_SHARED, OS_LOCK_ALONE };
bool os_lock_wait(int fd, enum os_lock kind, int64_t wait_ms);

/* --- processes */

/* The folder our own program stands in, without a trailing slash. */
must_check int os_program_folder(struct buf *ret, struct err *e);
/* Who called us, as a text that no other process will ever have: "pid:start time". */
void os_parent_key(struct buf *ret);
/* From now on this process leaves no core dump behind and may not be traced by the same user's
 * other programs. */
void os_protect_memory(void);
/* Signals us (SIGTERM) when our parent dies; only meaningful when the parent has one thread. */
void os_die_with_parent(void);

struct os_child {
    const char *program;
    char *const *argv;
    char *const *environment;
    int keep[2];   /* descriptors the child inherits under the same number; -1: none */
    bool detached; /* a session of its own, no terminal, nobody waits for it; else stdin stays and
                      stdout becomes stderr */
};
must_check int os_spawn(const struct os_child *child, int *ret_pid, struct err *e);
/* Waits for the child; what it writes into from (a pipe's read end, or -1) is read meanwhile. Ends
   early, with *ret_orphaned, when our own parent dies. *ret_status: exit status, or -1 when a
   signal ended the child. */
struct os_wait {
    int pid, from;
    struct buf *ret_output;
    int ret_status;
    bool ret_orphaned;
};
void os_wait_for(struct os_wait *w);
