#pragma once
/*
 * The evaluator: RBAC objects become cells (subject x namespace -> permission set), permission sets
 * are bitsets over one universe, each distinct set stored once. Analyses read the cells: who can,
 * semantic diff, tests.
 *
 * The universe has a class for each string that any rule or the discovery spells, and one class
 * "anything else" per dimension, so its answers hold for every possible request, not only for what
 * exists today. Exact with respect to rbac_allows(). Immutable once made: any number of threads may
 * ask.
 */
#include "policy/rbac/discovery.h"

struct universe;
struct access; /* the cells of one set of objects, in one universe */

/* From the rules of all sets and the discovery (may be empty). The sets must outlive it. NULL: a
 * limit, see e. */
const struct universe *universe_new(struct arena *a, const struct rbac_set *const *sets,
                                    size_t n_sets, const struct policy_resources *discovery,
                                    struct err *e);
size_t universe_bits(const struct universe *u);
/* NULL: a limit, see e. The set must be one of those the universe was made from. */
const struct access *access_new(struct arena *a, const struct universe *u,
                                const struct rbac_set *set, struct err *e);
const struct rbac_set *access_set(const struct access *x); /* what it was made from */
struct access_size {
    size_t n_subjects, n_namespaces, n_cells, n_permission_sets;
};
struct access_size access_size(const struct access *x);

bool access_allows(const struct access *x, const struct rbac_user *user,
                   const struct rbac_question *q);

/* --- who can: every subject of every binding that allows it, in the order of the objects
 * (cluster-wide ones first) */
struct access_holder {
    struct rbac_reason reason; /* subject <- binding <- role <- rule, each with its src */
};
struct access_holders {
    struct access_holder *items;
    size_t n, cap;
};
struct access_holders access_who_can(const struct access *x, const struct rbac_question *q,
                                     struct arena *a);

/* --- diff: what each subject gains and loses between two sets, cluster-wide or per namespace */
struct access_permissions { /* one line: "get,list,watch" on "/pods,/pods/log,apps/deployments"
                               [names] */
    struct str verbs, targets, names;
};
struct access_change {
    struct rbac_subject subject;
    struct str namespace; /* empty: cluster-wide */
    struct access_permissions *gained, *lost;
    size_t n_gained, n_lost;
    struct str cause; /* "policy.yaml:30 policy.yaml:34", the lines behind bindings and rules that
                         differ; may be absent */
};
struct access_changes {
    struct access_change
        *items; /* sorted by subject, namespace; only those with a gain or a loss */
    size_t n, cap;
};
/* before and after must stand in the same universe. What a subject has cluster-wide is not reported
 * again per namespace, and what is inert in a namespace (cluster-scoped resources, URLs) is not
 * reported there. */
struct access_changes access_diff(const struct access *before, const struct access *after,
                                  struct arena *a);
