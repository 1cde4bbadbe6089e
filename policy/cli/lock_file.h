#pragma once
/* lotse.lock: what the last applied policy was made from; the guard against an empty or shrunken
 * directory reads it. */
#include "policy/cli/run.h"

/* --lock, or lotse.lock beside the policy */
const char *lock_file_path(const struct run *s);
/* What was applied last; *ret_found false: never. */
must_check int lock_file_read(const struct run *s, const char *path, struct policy_lock *ret,
                              bool *ret_found, struct err *e);
must_check int lock_file_write(const struct run *s, const char *path, struct err *e);
/* -1: the directory of this run has shrunk against the lock, or answered nothing (ERR_CONFIG, with
 * the way on). */
must_check int lock_file_guard(const struct run *s, const char *path, struct err *e);
