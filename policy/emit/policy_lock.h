#pragma once
/* The lock: what the last applied policy was made from, and the guard against a shrunken directory.
 */
#include "policy/resolve/policy_resolve.h"

struct policy_lock {
    struct str policy, directory; /* "sha256:..." */
    struct policy_lock_count {
        struct str name;
        int64_t n_people;
    } *teams; /* sorted by name */
    size_t n_teams;
    int64_t n_people, n_groups;
};
void policy_lock_make(const struct policy *p, int64_t now_ms, struct arena *a,
                      struct policy_lock *ret_lock);
void policy_lock_write(const struct policy_lock *lock,
                       struct buf *out); /* lotse.lock: JSON, canonical */
must_check int policy_lock_read(struct str text, struct arena *a, struct policy_lock *ret_lock,
                                struct err *e);
/* 0: go on. -1: the directory answered nothing, or has shrunk by more than percent against `last`
 * (NULL: the first time; only the empty answer is refused then): people, groups, or a team that
 * lost everybody. e says what and how to go on. */
must_check int policy_drop_guard(const struct policy_lock *last, const struct policy_lock *now,
                                 int64_t percent, struct err *e);
