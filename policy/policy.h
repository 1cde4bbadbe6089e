#pragma once
/*
 * The policy compiler, four stages that know each other only through their results:
 *
 *     text --policy_read--> policy_tree --policy_resolve--> policy --policy_emit--> rbac_set per
 * site --access_new--> cells
 *
 * Pure: no files, no network, no clock. Everything lives in the caller's arena, which must be
 * without a ceiling (ARENA_NO_MAX): what comes in is bounded by the limits of the YAML and JSON
 * readers. Called by lotse-policy, by the gateway's snapshot (read only) and by tests; one thread
 * per arena. The language: docs/policy.md.
 */
#include "policy/access.h"
#include "policy/policy_input.h"
#include "policy/policy_tree.h"

/* --- read: all errors in one run. Several files make one policy. Sources must outlive the tree.
 * NULL only when a text is no YAML at all; else the tree of what could be read, so that
 * policy_resolve can say in the same run what else is wrong. */
const struct policy_tree *policy_read(struct arena *a, const struct source *const *sources,
                                      size_t n_sources, struct diags *d);

/* --- resolve: every name is looked up. NULL when d holds any error, those of policy_read included.
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

/* --- emit: the objects of one site, sorted, canonical. False: there is no cluster data for the
 * site. */
bool policy_emit(const struct policy *p, size_t site, struct arena *a, struct rbac_set *ret_set);
struct policy_file {
    struct str path; /* "00-clusterroles.yaml", "10-rb/pay-api.yaml", ... below out/<site>/ */
    struct str text;
};
struct policy_files {
    struct policy_file *items;
    size_t n, cap;
};
struct policy_issuer {        /* for 30-authn.yaml */
    struct str url;           /* the issuer's URL, https; STR_NONE: no 30-authn.yaml */
    struct str discovery_url; /* may be absent: the issuer's own */
    struct str ca_pem;        /* may be absent: the system's roots */
};
struct policy_files policy_emit_files(const struct policy *p, size_t site,
                                      const struct rbac_set *set,
                                      const struct policy_issuer *issuer, struct arena *a);
/* The AuthenticationConfiguration of one site alone. */
void policy_emit_authn(const struct policy *p, size_t site, const struct policy_issuer *issuer,
                       struct buf *out);

/* --- who can: the chain person <- team <- grant <- binding <- rule */
struct policy_holder {
    struct access_holder holder; /* subject, binding, role, rule with their src */
    uint32_t team;               /* ID_NONE: not one of ours (a live foreign binding) */
    const struct policy_grant
        *grant; /* the first grant of this team behind the subject; NULL with foreign bindings */
    int64_t until_ms; /* TIME_NONE: standing */
};
struct policy_holders {
    struct policy_holder *items;
    size_t n, cap;
};
/* x: the cells of policy_emit's set of this site, or of live objects. */
struct policy_holders policy_who_can(const struct policy_at *at, const struct access *x,
                                     const struct rbac_question *q);
/* "get" and "apps/deployments", "/pods/log", or "pods" when one group alone has it -> a question;
 * name and namespace are the caller's to add. An error names what is wrong and the nearest name. */
must_check int policy_question(const struct policy_at *at, struct str verb, struct str target,
                               struct rbac_question *ret_question, struct err *e);

/* --- tests: */
struct policy_test_result {
    const struct policy_test *test;
    bool passed;
    struct str text; /* when failed: who, what was expected, and the chain that allowed it */
};
struct policy_test_results {
    struct policy_test_result *items;
    size_t n, cap, n_failed;
};
/* accesses: one per site, in the order of the sites; NULL for a site without data (its tests fail
 * and say so). */
struct policy_test_results policy_run_tests(const struct policy *p,
                                            const struct access *const *accesses, int64_t now_ms,
                                            struct arena *a);

/* --- the lock: what the last applied policy was made from, and the guard against a shrunken
 * directory */
struct policy_lock {
    struct str policy, directory; /* "sha256:..." */
    struct policy_lock_count {
        struct str name;
        int64_t n_people;
    } *teams; /* sorted by name */
    size_t n_teams;
    int64_t n_people, n_groups;
};
void policy_lock_make(const struct policy *p, int64_t now_ms, struct arena *a,
                      struct policy_lock *ret_lock);
void policy_lock_write(const struct policy_lock *lock,
                       struct buf *out); /* lotse.lock: JSON, canonical */
must_check int policy_lock_read(struct str text, struct arena *a, struct policy_lock *ret_lock,
                                struct err *e);
/* 0: go on. -1: the directory answered nothing, or has shrunk by more than percent against `last`
 * (NULL: the first time; only the empty answer is refused then): people, groups, or a team that
 * lost everybody. e says what and how to go on. */
must_check int policy_drop_guard(const struct policy_lock *last, const struct policy_lock *now,
                                 int64_t percent, struct err *e);
