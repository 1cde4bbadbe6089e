#pragma once
/*
 * The policy as written: a typed tree, every word with its place. Made by policy_read, immutable
 * afterwards. Nothing in here is looked up yet: names are texts.
 */
#include "base/words.h"

#define TIME_NONE INT64_MIN

struct policy_time {
    int64_t ms; /* TIME_NONE: not written */
    struct pos pos;
};
struct policy_target { /* "apps/deployments", "/pods/log" */
    struct str group, resource, subresource;
    struct pos pos;
};
struct policy_permission { /* "get,list apps/deployments,/pods names a,b" */
    struct pos pos;
    struct words verbs; /* as written; {"*"} is all of the standard verbs in `can`, and every verb
                           in `deny` */
    struct policy_target *targets;
    size_t n_targets, cap_targets;
    struct words names;
};
struct policy_permissions {
    struct policy_permission *items;
    size_t n, cap;
};

struct policy_site { /* the named entries begin with their name */
    struct word name, audience;
    struct str_pairs labels;
    bool broken; /* an error was reported inside: what is missing is no error of its own */
};
struct policy_ldap {
    struct pos pos;
    struct word base; /* DN */
    bool nested;
    int64_t max_age;    /* ms */
    int64_t drop_guard; /* percent */
};
struct policy_add {
    struct word person, reason;
    struct policy_time until;
};
struct policy_adds {
    struct policy_add *items;
    size_t n, cap;
};
struct policy_team {
    struct word name, lead;
    struct words from, drop;
    struct policy_adds add;
    int64_t max; /* people; 0: no limit */
    bool broken;
};
struct policy_role {
    struct word name, base;
    struct policy_permissions can, deny;
    bool sensitive, cluster, broken;
};
struct policy_space {
    struct word name;
    struct words names, not, at;
    struct str_pairs label;
    bool broken;
};
struct policy_grant {
    struct pos pos;
    struct word team, role, by, reason;
    struct words in, at;
    struct policy_time until;
    bool broken;
};
struct policy_test {
    struct pos pos;
    struct word as, in, is, why;
    struct policy_permissions can;
    struct policy_time at;
    bool broken;
};

#define POLICY_VEC(type) \
    struct { \
        struct type *items; \
        size_t n, cap; \
    }
#define POLICY_SITES_MAX 64
enum { TREE_SITES = 1, TREE_TEAMS = 2, TREE_ROLES = 4, TREE_SPACES = 8 };

struct policy_tree {
    const struct source *const *sources;
    size_t n_sources;
    unsigned unreadable; /* TREE_*: the section as a whole; names of it are then not looked up */
    struct policy_ldap ldap;
    POLICY_VEC(policy_site) sites;
    POLICY_VEC(policy_team) teams;
    POLICY_VEC(policy_role) roles;
    POLICY_VEC(policy_space) spaces;
    POLICY_VEC(policy_grant) grants;
    POLICY_VEC(policy_test) tests;
};
