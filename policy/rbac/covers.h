#pragma once
/*
 * Does one list of rules cover another, as the API server means it when somebody writes a role
 * (component-helpers/auth/rbac/validation/policy_comparator.go: Covers)? Not the same question as
 * whether everything that the one allows is allowed by the other: each (group, resource, verb,
 * name) must be covered by one single rule, and `*` by nothing but `*`. So covers(a, b) means that
 * b allows nothing that a does not allow; the reverse does not hold. Also the rules of a user
 * (pkg/registry/rbac/validation/rule.go: RulesFor) and their compaction for messages. Pure; any
 * thread.
 */
#include "policy/rbac/rbac.h"

/* What of servant no rule of owner covers, one rule per (group, resource, verb, name) or (verb,
 * URL), in the order of servant; n == 0: all is covered. */
struct rbac_rules rbac_uncovered(struct rbac_rules owner, struct rbac_rules servant,
                                 struct arena *a);
bool rbac_covers(struct rbac_rules owner, struct rbac_rules servant);
bool rbac_url_covers(struct str owner, struct str servant);

/* One group, one resource, at most one name, no URL: such rules differ by their verbs alone. */
bool rbac_rule_is_simple(const struct rbac_rule *rule);
/* Simple rules for the same thing become one, in the place of the first; all others stay as they
 * are and stand in front (policy_compact.go: CompactRules). */
struct rbac_rules rbac_rules_compact(struct rbac_rules rules, struct arena *a);

/* All rules that hold for the user in the namespace: cluster-wide ones, then those of the
 * namespace's own bindings; empty namespace: only the former. In the order of the set, as often as
 * bindings give them. The lists inside are shared with the set. */
struct rbac_rules rbac_rules_for(const struct rbac_set *set, const struct rbac_user *user,
                                 struct str namespace, struct arena *a);
static inline struct rbac_rules rbac_rules_of(const struct rbac_object *role)
{
    return (struct rbac_rules){role->rules, role->n_rules, role->n_rules};
}
