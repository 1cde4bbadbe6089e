#pragma once
/*
 * What stands around the RBAC objects of a site: the ValidatingAdmissionPolicies that keep others
 * away from what lotse-policy owns, and the account that writes RoleBindings with the least rights
 * it can have. Pure; the same policy gives the same bytes.
 */
#include "policy/emit/policy_emit.h"
#include "policy/rbac/manifest.h"

struct policy_owners {    /* user names as the API server sees them */
    struct str binder;    /* writes RoleBindings: a user, or system:serviceaccount:NS:NAME. Absent:
                             nobody but the platform */
    struct strs platform; /* may write everything of ours, and the labels that select namespaces;
                             "group:NAME" is a group. system:masters always may */
};
#define POLICY_BINDER "system:serviceaccount:lotse-system:lotse-binder"

/* 20-vap.yaml: policies and their bindings. Nothing in them depends on what the cluster holds. */
void policy_emit_vap(const struct policy *p, size_t site, const struct policy_owners *owners,
                     struct arena *a, struct manifests *ret);
/* 50-binder.yaml: namespace, account, ClusterRole, binding. Nothing without a binder. */
void policy_emit_binder(const struct policy *p, const struct policy_owners *owners, struct arena *a,
                        struct manifests *ret);
/* The service accounts of the site's ci entries, as in 40-ci.yaml. */
void policy_emit_ci_accounts(const struct policy *p, size_t site, struct arena *a,
                             struct manifests *ret);
/* Both as files, added to the others of the site, in its arena. */
must_check int policy_emit_guard_files(const struct policy_at *at,
                                       const struct policy_owners *owners,
                                       struct policy_files *files, struct err *e);
/* "lotse:view", ...: the roles that are bound in namespaces, what the binder may refer to; sorted.
 */
struct strs policy_bindable_roles(const struct policy *p, struct arena *a);
