#pragma once
/* What a cluster says of itself: its resources, namespaces and ClusterRoles. Plain data. */
#include "policy/rbac/rbac.h"

struct policy_resource { /* one row of the discovery of one version */
    struct str group, version, resource, subresource;
    bool namespaced;
    struct strs verbs;
};
struct policy_resources {
    const struct policy_resource *items;
    size_t n;
};
struct policy_namespace {
    struct str name;
    struct str_pairs labels;
    struct str project; /* Rancher's, "c-abc:p-xyz": annotation field.cattle.io/projectId */
};
struct policy_cluster {
    struct str site; /* name in `sites` */
    struct policy_resources resources;
    const struct policy_namespace *namespaces;
    size_t n_namespaces;
    const struct rbac_object *cluster_roles; /* view, edit, admin, cluster-admin, ... */
    size_t n_cluster_roles;
    /* Only the namespaces were read, because no more may be read: resources and ClusterRoles are
     * unknown, roles get no rules, and of what is emitted only the RoleBindings count. */
    bool bindings_only;
};
