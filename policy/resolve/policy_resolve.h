#pragma once
/*
 * The second stage: every name of the tree is looked up, against the directory and the clusters.
 * Immutable once made: any number of threads may ask.
 */
#include "policy/language/policy_tree.h"
#include "policy/resolve/policy_input.h"

/* Every name is looked up. NULL when d holds any error, those of policy_read included.
 * Tree and input must outlive the result. */
struct policy;
const struct policy *policy_resolve(struct arena *a, const struct policy_tree *tree,
                                    const struct policy_input *in, struct diags *d);
const struct policy_tree *policy_tree_of(const struct policy *p);

size_t policy_n_sites(const struct policy *p);
const struct policy_site *policy_site_at(const struct policy *p, size_t site);
uint32_t policy_site_find(const struct policy *p, struct str name); /* ID_NONE */
const struct policy_cluster *policy_cluster_of(const struct policy *p,
                                               size_t site); /* NULL: no data for this site */

/* The namespaces of a space (index in tree->spaces) on a site that has data, sorted. */
struct strs policy_space_namespaces(const struct policy *p, size_t space, size_t site,
                                    struct arena *a);

/* One namespace that could be made for each space that holds none on the site: *ret, in the arena.
 */
size_t policy_future_namespaces(const struct policy *p, size_t site, struct arena *a,
                                const struct policy_namespace **ret);

/* A question is asked at a site and a moment; what it gives stands in the arena. */
struct policy_at {
    const struct policy *policy;
    size_t site;
    int64_t now_ms;
    struct arena *arena;
};

/* --- people and teams, at a moment (drop wins over add; until is exclusive) */
struct policy_member {
    struct str username;
    int64_t until_ms; /* TIME_NONE: as long as the directory says so; else a time-limited `add` */
};
struct policy_members {
    struct policy_member *items; /* sorted by username */
    size_t n, cap;
};
uint32_t policy_team_find(const struct policy *p,
                          struct str name); /* index in tree->teams; ID_NONE */
struct policy_members policy_team_members(const struct policy *p, size_t team, int64_t now_ms,
                                          struct arena *a);
/* The person as a site's API server sees them: name and groups, both with the prefix,
 * system:authenticated among the groups. Also for people the directory does not know (then only
 * what `add` gives). */
struct rbac_user policy_user(const struct policy_at *at, struct str username);
/* The team behind a group as a site sees it: "lotse:team:payments" -> index; "lotse:jit:..." -> the
 * teams with a running grant. Number of teams written to ret_teams (in the arena). */
size_t policy_teams_of_group(const struct policy_at *at, struct str group, uint32_t **ret_teams);

/* --- what a subject of a cluster is to the policy */
struct ids {
    uint32_t *items;
    size_t n, cap;
};
enum policy_group_kind {
    GROUP_FOREIGN,    /* none of the policy's */
    GROUP_TEAM,       /* "lotse:team:payments" */
    GROUP_JIT,        /* "lotse:jit:payments:debug", "lotse:jit:root": held for a while */
    GROUP_BREAKGLASS, /* "lotse:bg:root" */
    GROUP_CI,         /* "lotse:ci:gitlab" */
};
struct policy_group_meaning {
    enum policy_group_kind kind;
    uint32_t team;        /* of GROUP_TEAM; ID_NONE */
    uint32_t role, space; /* of GROUP_JIT, GROUP_BREAKGLASS; space ID_NONE: cluster-wide */
    /* Entries of the tree that put it into a token on this site, by index: of GROUP_JIT the grants
     * with `until`, running or not, and the requests. */
    struct ids grants, requests, breakglass, ci;
};
/* What a group as a site sees it means there; at->site ID_NONE: on any site; the moment does not
 * matter. A name that nothing in the policy gives on this site is GROUP_FOREIGN. */
struct policy_group_meaning policy_group_of(const struct policy_at *at, struct str group);
/* The entries of ci with this service account on at->site (ID_NONE: any). */
struct ids policy_ci_of_account(const struct policy_at *at, struct str namespace, struct str name);
/* "lotse:ci:<name>", or "system:serviceaccount:<namespace>:<name>": the user or group by which the
 * entry is bound. */
struct str policy_ci_subject(const struct policy_at *at, uint32_t ci);
