#pragma once
/* Who may do something: the chain person <- team <- grant <- binding <- rule. */
#include "policy/rbac/access.h"
#include "policy/resolve/policy_resolve.h"

enum policy_holder_kind {
    HOLDER_TEAM,       /* a team, standing or while a grant runs */
    HOLDER_REQUEST,    /* a team, once its request is approved */
    HOLDER_BREAKGLASS, /* a team, in an emergency */
    HOLDER_CI,         /* a machine that `ci` names */
    HOLDER_FOREIGN,    /* whoever a binding that is not ours names */
};
struct policy_holder {
    enum policy_holder_kind kind;
    uint32_t entry;              /* of HOLDER_REQUEST, _BREAKGLASS, _CI: index in the tree */
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
/* From the team to the rule, a text per link, each with its line: "team payments (policy.yaml:10)",
 * "grant (policy.yaml:124)", "RoleBinding pay-api/lotse:deploy", "ClusterRole lotse:deploy", "get
 * /pods (policy.yaml:57)". Before it stands how a person comes to the team: policy_membership. */
struct strs policy_chain(const struct policy_at *at, const struct policy_holder *h);
const char *policy_holder_name(enum policy_holder_kind kind); /* "team", "request", ... */
/* "get" and "apps/deployments", "/pods/log", or "pods" when one group alone has it -> a question;
 * name and namespace are the caller's to add. An error names what is wrong and the nearest name. */
must_check int policy_question(const struct policy_at *at, struct str verb, struct str target,
                               struct rbac_question *ret_question, struct err *e);
