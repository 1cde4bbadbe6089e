#pragma once
/*
 * The lints L01-L60: what is dangerous, useless or forgotten in a policy and on its clusters. Each
 * is a question to the evaluator's cells, never a comparison of texts in rules; the questions are
 * rows (checks.tbl.h), their meaning is in rules.tbl.h. Pure; one thread per arena.
 */
#include "policy/emit/policy_lock.h"
#include "policy/lint/finding.h"
#include "policy/rbac/access.h"

struct policy_lint_site {
    size_t site;
    const struct access *planned; /* the cells of policy_emit's objects, discovery included */
    const struct rbac_set *live;  /* every RBAC object on the cluster; NULL: not looked at */
};
struct policy_lint_authn { /* what an API server has been told about issuers */
    size_t site;
    const struct yaml *config; /* AuthenticationConfiguration */
    const struct source *source;
};
struct policy_lint_input {
    const struct policy *policy;
    int64_t now_ms;
    const struct policy_lint_site *sites;
    size_t n_sites;
    const struct policy_lock *last;        /* what was applied last; NULL: not known */
    const struct policy_lint_authn *authn; /* may be none */
    size_t n_authn;
    struct str binder; /* user name of the account that writes our bindings */
};
/* Everything that is found, without what an `accept` bears. -1: a limit, see e. */
must_check int policy_lint(const struct policy_lint_input *in, struct arena *a,
                           struct policy_findings *ret, struct err *e);
