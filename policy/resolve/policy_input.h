#pragma once
/*
 * What the policy is resolved against: the directory, and per site the discovery, the namespaces
 * and the ClusterRoles that `base: k8s/...` may name. Plain data, filled by whoever does the I/O
 * (lotse-policy, tests); the order does not matter.
 */
#include "policy/rbac/discovery.h"

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
    int64_t read_ms; /* when it was read from the directory itself; 0: not known */
};
struct policy_input {
    const struct policy_directory
        *directory; /* NULL: groups and people are not checked, teams have no members */
    const struct policy_cluster
        *clusters; /* a site without one is checked by name only and cannot be emitted */
    size_t n_clusters;
    int64_t now_ms; /* for warnings and tests only: what is emitted never depends on the time */
};
