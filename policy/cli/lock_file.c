#include "policy/cli/lock_file.h"

#include <unistd.h>

#include "base/file.h"

#define LOCK_MAX ((size_t)16 << 20)

const char *lock_file_path(const struct run *s)
{
    struct str policy = s->options->policy.items[0];
    size_t n = policy.n;
    if (s->options->lock.n)
        return arena_cstr(s->arena, s->options->lock);
    while (n > 0 && policy.p[n - 1] != '/')
        n--;
    return arena_fmt(s->arena, "%.*slotse.lock", (int)n, policy.p).p;
}

int lock_file_write(const struct run *s, const char *path, struct err *e)
{
    auto_buf text = BUF_INIT(LOCK_MAX);
    struct policy_lock lock;
    policy_lock_make(s->policy, s->now_ms, s->arena, &lock);
    policy_lock_write(&lock, &text);
    if (buf_failed(&text))
        return fail(e, ERR_LIMIT, "%s: too large", path);
    return file_replace(path, 0644, buf_str(&text), e);
}

int lock_file_read(const struct run *s, const char *path, struct policy_lock *ret, bool *ret_found,
                   struct err *e)
{
    auto_buf text = BUF_INIT(LOCK_MAX);
    *ret_found = access(path, F_OK) == 0;
    if (*ret_found && (file_read(path, LOCK_MAX, &text, e) < 0 ||
                       policy_lock_read(buf_str(&text), s->arena, ret, e) < 0))
        return fail_within(e, "%s", path);
    return 0;
}

int lock_file_guard(const struct run *s, const char *path, struct err *e)
{
    struct policy_lock now, last;
    bool has_last = false;
    policy_lock_make(s->policy, s->now_ms, s->arena, &now);
    if (lock_file_read(s, path, &last, &has_last, e) < 0)
        return -1;
    return policy_drop_guard(has_last ? &last : NULL, &now, s->tree->ldap.drop_guard, e);
}
