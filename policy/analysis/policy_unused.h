#pragma once
/*
 * Granted and not used: what an audit log shows of the rights on one site. For each grant of the
 * policy and each of its spaces (and for each binding that is not ours): what of the role was used,
 * what was not, the smallest role of the policy that covers what was used, or what a new one would
 * have to say. A right that two bindings give counts for the one that the API server names, which
 * is the first it comes to.
 */
#include "policy/analysis/audit_log.h"
#include "policy/resolve/policy_resolve.h"

struct unused_lines { /* permissions in the words of the policy: "get,list /pods,/services" */
    struct str *items;
    size_t n, cap;
};
struct unused_unit {
    struct rbac_subject subject;
    struct str team, role, space;      /* of the policy; team absent: a binding that is not ours */
    struct str src;                    /* "policy.yaml:30", or absent */
    const struct rbac_object *binding; /* not ours: this one */
    size_t n_namespaces;               /* 0: the whole cluster */
    struct str *unused_namespaces;     /* where nothing was used; sorted */
    size_t n_unused_namespaces;
    size_t n_granted, n_used; /* permissions: a verb on a resource of the site */
    uint64_t n_requests;
    int64_t last_ms;              /* of the last request; 0: never */
    struct unused_lines unused;   /* permissions */
    struct str smaller;           /* a role of the policy that covers what was used; absent: none */
    size_t n_smaller;             /* its permissions */
    struct unused_lines proposal; /* without a smaller one: what a new role would say */
};
struct unused_report {
    struct {
        struct unused_unit *items;
        size_t n, cap;
    } units;            /* in the order of the policy, then of the bindings */
    uint64_t n_unknown; /* requests allowed by a binding that is no longer there */
};
/* set: what is bound on the site now. own: what the policy makes of it (policy_emit), for the
 * roles. */
struct unused_report policy_unused(const struct policy_at *at, const struct rbac_set *set,
                                   const struct rbac_set *own, const struct audit_log *log);
