#pragma once
/*
 * The resolved policy as the gateway uses it: a person's directory groups become the `groups` claim
 * of a token. Immutable, reference counted, any thread. Made from the same text by the same code as
 * the cluster's RBAC, so the two cannot disagree.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "policy/language/policy_loader.h"

struct policy_snapshot;
struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *s);
void policy_snapshot_unref(struct policy_snapshot *s);
/* Reads and checks the text without directory or cluster (groups are matched by name when a person
 * comes). loader: for the files it includes, may be NULL; called during this call only. NULL: see
 * d.
 */
struct policy_snapshot *policy_snapshot_new(const struct source *source,
                                            const struct policy_loader *loader, struct diags *d);

struct snapshot_site {
    struct str name, audience;
};
size_t policy_snapshot_sites(const struct policy_snapshot *s,
                             const struct snapshot_site **ret_sites);

struct snapshot_subject {
    struct str username;
    const struct str *group_ids; /* person_group.id: normalised DNs */
    size_t n_group_ids;
    struct str
        audience; /* of the token: a site's, or any other client's id (then team: groups only) */
    int64_t now_ms;
};
struct snapshot_groups {
    struct str *names; /* "team:<team>" and, for time-boxed grants that run now,
                          "jit:<space>:<role>"; sorted, unique */
    size_t n;
    int64_t until_ms; /* a token with these groups must end by then; 0: no bound. End of the first
                         time-boxed grant or `add` */
};
/* False: the arena is exhausted. */
bool policy_snapshot_groups(const struct policy_snapshot *s, const struct snapshot_subject *subject,
                            struct arena *a, struct snapshot_groups *ret);
