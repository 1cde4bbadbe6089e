#pragma once
/*
 * Questions about RBAC as lines of JSON, answered by our code; tests/go/authorizer answers the same
 * lines by upstream's. "op" says what is asked, behind it what it takes and -> what it gives:
 *
 *     world: objects; those of the questions that follow -> true
 *     ask: user, groups, verb, path | group, resource, subresource, name, namespace -> bool
 *     why: as ask -> the reason in the audit log; empty: not allowed
 *     who: as ask, without a user -> [[kind, name, namespace], ...] of all bindings
 *     rules: user, groups, namespace -> the rules that hold there
 *     aggregate: name -> the rules of that aggregated ClusterRole; null
 *     settle: fills all aggregated ones -> {role: rules}
 *     write: object, old, user, groups, name -> bool: may it be written?
 *     covers: owner, servant (rules) -> {covered, uncovered}
 *     compact: owner -> rules, sorted
 *     request: method, url -> the attributes
 *     account: user -> [namespace, name]; null
 *     impersonate: user, groups, as {user, groups, uid, extra, node} -> [user, groups];
 *         400, 403; null: nothing is wanted
 *     impersonate_on: both that and ask -> as impersonate, with all modes of 1.36
 *
 * and only here, for the tables of upstream's own tests (tests/unit/vectors):
 *
 *     simple: owner, one rule -> bool
 *     is_account: user, namespace, name -> bool
 *     chain: chain [-1 deny, 0 no opinion, 1 allow] -> the same
 *
 * Questions that both evaluators can answer are put to both; should they differ, that is the
 * answer.
 */
#include <jansson.h>

#include "policy/rbac/access.h"

struct rbac_oracle {
    struct arena arena; /* of the world */
    struct rbac_set set;
    const struct access *access;
};
void rbac_oracle_init(struct rbac_oracle *o);
void rbac_oracle_fini(struct rbac_oracle *o);
/* A new reference; NULL and e when the question cannot be read. */
json_t *rbac_oracle_answer(struct rbac_oracle *o, struct str line, struct err *e);
