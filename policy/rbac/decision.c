#include "policy/rbac/decision.h"

#include "base/buf.h"

enum rbac_decision rbac_union(const enum rbac_decision *chain, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (chain[i] != RBAC_NO_OPINION)
            return chain[i];
    return RBAC_NO_OPINION;
}

enum rbac_decision rbac_decide(const struct rbac_set *set, const struct rbac_user *user,
                               const struct rbac_question *q, struct rbac_reason *ret_reason)
{
    struct rbac_reason reason = {0};
    enum rbac_decision chain[2] = {RBAC_NO_OPINION, RBAC_NO_OPINION};
    if (strs_has(user->groups, STR(RBAC_MASTERS)))
        chain[0] = RBAC_ALLOW;
    else if (rbac_allows(set, user, q, &reason))
        chain[1] = RBAC_ALLOW;
    if (ret_reason)
        *ret_reason = reason;
    return rbac_union(chain, 2);
}

static void put_quoted(struct buf *out, struct str name, struct str behind)
{
    buf_char(out, '"');
    buf_add(out, name);
    if (behind.n > 0)
        buf_char(out, '/');
    buf_add(out, behind);
    buf_char(out, '"');
}

void rbac_reason_write(const struct rbac_reason *reason, struct buf *out)
{
    const struct rbac_object *binding = reason->binding;
    if (!binding)
        return;
    struct str namespace = reason->subject->namespace;
    buf_fmt(out, "RBAC: allowed by %s ", rbac_kind_name(binding->kind));
    put_quoted(out, binding->name, binding->namespace);
    buf_fmt(out, " of %.*s ", STR_F(binding->role_kind));
    put_quoted(out, binding->role_name, STR_NONE);
    buf_fmt(out, " to %s ", rbac_subject_kind_name(reason->subject->kind));
    if (reason->subject->kind != RBAC_SERVICE_ACCOUNT)
    namespace = STR_NONE;
    else if (namespace.n == 0) namespace = binding->namespace;
    put_quoted(out, reason->subject->name, namespace);
}
