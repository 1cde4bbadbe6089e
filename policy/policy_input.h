#pragma once
/*
 * What the policy is resolved against: the directory, and per site the discovery, the namespaces
 * and the ClusterRoles that `base: k8s/...` may name. Plain data, filled by whoever does the I/O
 * (lotse-policy, tests); the order does not matter.
 */
#include "policy/rbac.h"

struct policy_group {
    struct str id;   /* normalised DN; for people in a file the group's name */
    struct str name; /* cn */
};
struct policy_person {
    struct str username;
    struct strs group_ids; /* direct and nested */
};
struct policy_directory {
    const struct policy_person *people;
    size_t n_people;
    const struct policy_group *groups;
    size_t n_groups;
};
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
};
struct policy_cluster {
    struct str site; /* name in `sites` */
    struct policy_resources resources;
    const struct policy_namespace *namespaces;
    size_t n_namespaces;
    const struct rbac_object *cluster_roles; /* view, edit, admin, cluster-admin, ... */
    size_t n_cluster_roles;
};
struct policy_input {
    const struct policy_directory
        *directory; /* NULL: groups and people are not checked, teams have no members */
    const struct policy_cluster
        *clusters; /* a site without one is checked by name only and cannot be emitted */
    size_t n_clusters;
    int64_t now_ms; /* for warnings and tests only: what is emitted never depends on the time */
};
