#pragma once
/*
 * Kubernetes RBAC objects as structs (rbac.authorization.k8s.io/v1), wherever they come from: made
 * by policy_emit, read from a live cluster, read from saved files. And the plain evaluator over
 * them: string by string as the API server does it (plugin/pkg/auth/authorizer/rbac/rbac.go,
 * pkg/registry/rbac/validation/rule.go). The fast evaluator is access.h; the two are fuzzed against
 * each other. Pure; any thread.
 */
#include "base/err.h"
#include "policy/rbac/selector.h"

enum rbac_kind { RBAC_CLUSTER_ROLE, RBAC_ROLE, RBAC_CLUSTER_ROLE_BINDING, RBAC_ROLE_BINDING };
enum rbac_subject_kind { RBAC_USER, RBAC_GROUP, RBAC_SERVICE_ACCOUNT, RBAC_SUBJECT_UNKNOWN };

struct rbac_rule {
    struct strs verbs, api_groups, resources, resource_names, non_resource_urls;
    struct str src; /* "policy.yaml:14" of the role's line that gave it; STR_NONE when read from a
                       cluster */
};
struct rbac_rules { /* a list of rules that is no object */
    struct rbac_rule *items;
    size_t n, cap;
};
struct rbac_subject {
    enum rbac_subject_kind kind;
    struct str name, namespace;
    struct str src; /* "policy.yaml:30 policy.yaml:34": the grants behind it; STR_NONE when read
                       from a cluster */
};
struct rbac_object {
    enum rbac_kind kind;
    struct str name, namespace; /* namespace: RoleBinding and Role only */
    struct str_pairs labels, annotations;
    struct str resource_version; /* of a live object; never written by emit */
    struct rbac_rule *rules;     /* roles */
    size_t n_rules;
    bool aggregated; /* ClusterRole with an aggregationRule: the controller owns its rules */
    struct selector *selectors; /* its clusterRoleSelectors; aggregate.h fills rules from them */
    size_t n_selectors;
    struct str role_kind, role_name; /* bindings: roleRef */
    struct rbac_subject *subjects;   /* bindings */
    size_t n_subjects;
    struct str src; /* annotation lotse.io/src, or where the policy says it */
};
struct rbac_set {
    struct rbac_object *items;
    size_t n, cap;
};

#define RBAC_GROUP_NAME    "rbac.authorization.k8s.io"
#define RBAC_LABEL_MANAGED "lotse.io/managed" /* "true" on everything lotse-policy owns */
#define RBAC_SRC           "lotse.io/src"
#define RBAC_PREFIX \
    "lotse:" /* of object names, and of groups and users as the API server sees them */

bool rbac_is_managed(
    const struct rbac_object *o); /* label lotse.io/managed=true and a name with our prefix */
const char *rbac_kind_name(enum rbac_kind kind);                 /* "ClusterRole" */
const char *rbac_subject_kind_name(enum rbac_subject_kind kind); /* "Group" */
/* Kind, namespace, name: the canonical order of emitted objects, and the identity of an object. */
int rbac_object_cmp(const struct rbac_object *a, const struct rbac_object *b);
void rbac_set_sort(struct rbac_set *set);
/* Does apply have to write? True when rules, roleRef, subjects (as sets) and our label agree;
 * annotations do not count. */
bool rbac_object_same(const struct rbac_object *a, const struct rbac_object *b);
/* roleRef is immutable in Kubernetes: when this is false, a binding must be replaced, not patched.
 */
bool rbac_same_role_ref(const struct rbac_object *a, const struct rbac_object *b);

/* --- asking */
struct rbac_user {
    struct str name;
    struct strs groups; /* as the API server sees them: with the prefix; system:authenticated is the
                           caller's to add */
};
struct rbac_question {
    struct str verb;
    struct str api_group, resource, subresource, name, namespace;
    struct str path;   /* a non-resource request when not empty; then only verb counts */
    bool non_resource; /* one with an empty path */
};
static inline bool rbac_is_url(const struct rbac_question *q)
{
    return q->path.n > 0 || q->non_resource;
}
struct rbac_reason { /* which entry allowed it */
    const struct rbac_object *binding;
    const struct rbac_subject *subject;
    const struct rbac_object *role;
    const struct rbac_rule *rule;
};
bool rbac_rule_allows(const struct rbac_rule *rule, const struct rbac_question *q);
bool rbac_subject_is(const struct rbac_subject *s, struct str binding_namespace,
                     const struct rbac_user *user);
/* NULL when the role does not exist: such a binding grants nothing. */
const struct rbac_object *rbac_role_of(const struct rbac_set *set,
                                       const struct rbac_object *binding);
/* ClusterRoleBindings first, then, in a namespace, its RoleBindings; the first that allows.
 * ret_reason may be NULL. */
bool rbac_allows(const struct rbac_set *set, const struct rbac_user *user,
                 const struct rbac_question *q, struct rbac_reason *ret_reason);

/* --- JSON, both ways (rbac_json.c) */
/* One object, or a List of them (RoleBindingList, List, ...); objects of other kinds are passed
 * over. Appends to *set, whose texts are views of text. */
must_check int rbac_read_json(struct str text, struct arena *a, struct rbac_set *set,
                              struct err *e);
/* What the API server takes: apiVersion, kind, metadata, rules | roleRef + subjects. */
void rbac_write_json(const struct rbac_object *o, struct buf *out);
/* --- YAML out (rbac_yaml.c): canonical, byte-identical for the same object everywhere. Starts with
 * "---\n". */
void rbac_write_yaml(const struct rbac_object *o, struct buf *out);
