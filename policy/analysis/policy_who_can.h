#pragma once
/* Who may do something: the chain person <- team <- grant <- binding <- rule. */
#include "policy/rbac/access.h"
#include "policy/resolve/policy_resolve.h"

struct policy_holder {
    struct access_holder holder; /* subject, binding, role, rule with their src */
    uint32_t team;               /* ID_NONE: not one of ours (a live foreign binding) */
    const struct policy_grant
        *grant; /* the first grant of this team behind the subject; NULL with foreign bindings */
    int64_t until_ms; /* TIME_NONE: standing */
};
struct policy_holders {
    struct policy_holder *items;
    size_t n, cap;
};
/* x: the cells of policy_emit's set of this site, or of live objects. */
struct policy_holders policy_who_can(const struct policy_at *at, const struct access *x,
                                     const struct rbac_question *q);
/* "get" and "apps/deployments", "/pods/log", or "pods" when one group alone has it -> a question;
 * name and namespace are the caller's to add. An error names what is wrong and the nearest name. */
must_check int policy_question(const struct policy_at *at, struct str verb, struct str target,
                               struct rbac_question *ret_question, struct err *e);
