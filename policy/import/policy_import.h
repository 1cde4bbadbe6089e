#pragma once
/*
 * Importing: the RBAC objects of existing clusters become a policy of teams, roles and spaces that
 * gives every group the same access, proven in the same run: the policy is compiled and compared
 * with what it was made from. What cannot be said in a policy is named with its object and its
 * reason, and stays on the clusters as it is. Pure: the same objects give the same text. One
 * thread.
 *
 * A group becomes a team, so subjects change their names: group `pay-dev` becomes
 * `lotse:team:pay-dev`. Roles that allow the same become one; namespaces that are always bound
 * together become a space.
 */
#include "policy/rbac/access.h"
#include "policy/resolve/policy_input.h"

struct import_site {
    struct str name;
    const struct rbac_set *objects;
    const struct policy_cluster *cluster;
};
struct import_findings;
struct import_input {
    const struct import_site *sites;
    size_t n_sites;                           /* 1 to POLICY_SITES_MAX */
    const struct policy_directory *directory; /* may be NULL: then `from` says cn=<group> */
    const struct import_findings *earlier; /* NULL, or what was found before: it joins the others */
};

enum import_reason {
#define REASON(id, kind, text) IMPORT_##id,
#include "policy/import/import_reasons.tbl.h"
#undef REASON
    N_IMPORT_REASONS
};
struct import_finding {
    enum import_reason reason;
    struct str site, object, subject; /* "RoleBinding pay-api/x"; "User m.sommer", may be absent */
    struct str detail;                /* may be absent: "ClusterRole x: verb '*'" */
};
struct import_findings {
    struct import_finding *items;
    size_t n, cap;
};
struct import_proof { /* of one site */
    struct str site;
    size_t n_bindings, n_groups;   /* taken over */
    struct access_changes changes; /* before: what was bound, after: the compiled policy; none means
                                      equal */
};
struct import_result {
    struct str text; /* the policy */
    struct import_findings findings;
    struct import_proof *proofs; /* one per site */
    bool equal;
    size_t n_default; /* subjects of Kubernetes' own bindings, passed over */
    size_t n_teams, n_roles, n_spaces, n_grants;
};

/* -1: the import itself failed (a limit; a policy that does not resolve), see e. */
must_check int policy_import(struct arena *a, const struct import_input *in,
                             struct import_result *ret, struct err *e);
bool import_is_left(enum import_reason reason); /* or a note */
const char *import_reason_text(enum import_reason reason);
/* "user", "role_verb_star": for machines */
const char *import_reason_name(enum import_reason reason);
