#pragma once
/*
 * What the chain of authorizers in an API server says (union.go: Authorize; authorizerfactory
 * builtin.go: NewPrivilegedGroups): the first that allows or denies wins. RBAC itself never denies;
 * system:masters is answered before RBAC and webhooks are asked and cannot be refused. Pure; any
 * thread.
 */
#include "policy/rbac/rbac.h"

#define RBAC_MASTERS "system:masters"

enum rbac_decision { RBAC_NO_OPINION, RBAC_ALLOW, RBAC_DENY };

/* In the order of the chain; all without an opinion: RBAC_NO_OPINION, which is a refusal. */
enum rbac_decision rbac_union(const enum rbac_decision *chain, size_t n);
/* system:masters, then RBAC. The reason is empty for the former; may be NULL. */
enum rbac_decision rbac_decide(const struct rbac_set *set, const struct rbac_user *user,
                               const struct rbac_question *q, struct rbac_reason *ret_reason);
/* As in the audit log (annotation authorization.k8s.io/reason): RBAC: allowed by RoleBinding "b/ns"
 * of ClusterRole "r" to Group "g"; empty for an empty reason. */
void rbac_reason_write(const struct rbac_reason *reason, struct buf *out);
