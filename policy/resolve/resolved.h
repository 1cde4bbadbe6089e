#pragma once
/* Inside of the compiler: what policy_resolve makes of a tree. Only policy_*.c and snapshot.c
 * include this. */
#include "policy/resolve/policy_resolve.h"
#include "policy/resolve/snapshot.h"

/* --- permissions of a role on one site, split into atoms: one resource of one group, one set of
 * names */
#define VERBS_MAX 128
struct verbs {
    uint64_t w[VERBS_MAX / 64]; /* by id in policy.verbs */
    bool all;                   /* the literal "*" */
};
struct atom {
    struct str group, resource; /* resource with its subresource: "pods/log" */
    struct strs names;          /* sorted; empty: any */
    struct verbs verbs;
    struct str src;
};
struct atoms {
    struct atom *items;
    size_t n, cap;
};
struct urls { /* rules about non-resource URLs, as a ClusterRole of the cluster has them */
    struct rbac_rule *items;
    size_t n, cap;
};
struct role_rules {
    struct atoms atoms;
    struct urls urls;
    bool done;
};

struct team {
    struct strs group_ids; /* as the directory spells them */
    struct ids people;     /* by groups, without drop: indices in policy.people */
};
struct role {
    uint32_t base;           /* ID_NONE: none, or a ClusterRole */
    struct str cluster_role; /* base: k8s/<this> */
    bool sensitive, cluster, checked;
    struct role_rules *rules; /* per site */
};
struct space {
    uint64_t sites;         /* bit per site */
    struct ids *namespaces; /* per site: indices in cluster->namespaces */
};
struct grant {
    uint32_t team, role; /* ID_NONE: reported, not usable */
    struct ids spaces;
    uint64_t sites;
    bool usable;
    bool timed; /* has an `until` */
};
struct stage {
    int64_t count;
    bool lead;        /* the lead of the team that asks */
    struct ids teams; /* or anybody of these */
};
struct request {
    uint32_t team, role;
    struct ids spaces; /* none: the role is cluster-wide */
    uint64_t sites;
    struct stage *stages;
    size_t n_stages;
    bool usable;
};
struct breakglass {
    uint32_t team, role;
    uint64_t sites;
    bool usable;
};
struct ci {
    uint32_t role;
    struct ids spaces;
    uint64_t sites;
    struct str group; /* "ci:<name>" without prefix; STR_NONE: a service account */
    struct str sa_namespace, sa_name;
    bool usable;
};
/* Where an invariant holds: on these sites, in these spaces; without spaces everywhere there, also
 * cluster-wide. With namespaces, or own, and no spaces: there alone. */
struct place {
    uint64_t sites;
    struct ids spaces;
    struct ids namespaces; /* pairs (site, index in its cluster's namespaces) written out */
    bool own;              /* where the team has standing grants */
};
struct invariant {
    uint32_t team; /* of WHO_TEAM; ID_NONE */
    struct ids except_teams, except_roles, except_ci;
    bool except_all_ci;
    struct place place;
    uint32_t reach;                      /* role; ID_NONE */
    uint32_t *duty_space, *duty_request; /* beside can.items; ID_NONE */
    bool usable;
};
struct site {
    const struct policy_cluster *cluster; /* NULL: no data */
    uint32_t twin; /* an earlier site with the same discovery and ClusterRoles, or itself */
    struct intern namespaces;
};

struct known;
struct policy {
    struct arena *arena;
    const struct policy_tree *tree;
    const struct policy_input *in;
    struct diags *d; /* during resolve only */
    bool chain_reported;
    const struct known *known; /* policy_resolve_check.c: what the discoveries hold */
    struct intern *reported;   /* during resolve only: unknown names already said */
    struct intern site_ids, team_ids, role_ids, space_ids, request_ids, ci_ids;
    struct intern verbs, groups, people;
    struct site *sites;
    struct team *teams;
    struct role *roles;
    struct space *spaces;
    struct grant *grants;
    struct request *requests; /* each beside its entry of the tree */
    struct breakglass *breakglass;
    struct ci *ci;
    struct invariant *invariants;
    struct ids *teams_of_group;  /* by id in groups */
    struct ids *grants_of_team;  /* those that are usable, in the order of the text */
    struct ids *adds_of_person;  /* by id in named: pairs (team, index in add) */
    struct ids *drops_of_person; /* by id in named: teams */
    struct intern named;         /* usernames in add or drop */
    struct str *team_groups;     /* by team, with the prefix: "lotse:team:payments" */
    struct str
        *srcs; /* "policy.yaml:30": lines of grants, requests, breakglass, ci, in this order */
};

/* --- policy_resolve.c */
/* The error for a name that is not there, once per name; true when it was reported now. */
bool resolve_unknown(struct policy *p, const char *what, const struct word *word,
                     const struct intern *known);
/* A name of a section that could not be read as a whole is not an error of its own. ID_NONE. */
uint32_t resolve_name(struct policy *p, const char *what, const struct word *word,
                      const struct intern *ids, unsigned section);
/* The spaces of `in`; false when one of them is unknown. */
bool resolve_spaces_of(struct policy *p, const struct words *in, struct ids *out);
/* What is given and where must fit: a cluster-wide role has no `in`, another needs one. */
struct giving {
    const char *what; /* "a grant" */
    struct pos pos;
    const struct word *role;
    const struct words *in;
};
void resolve_place(struct policy *p, const struct giving *g, uint32_t role);
static inline uint64_t site_bit(size_t site)
{
    return (uint64_t)1 << site;
}
void resolve_sites_of(struct policy *p, const struct words *at, uint64_t *ret_sites);
/* The sites with the label of a word "label=value". */
uint64_t resolve_site_label(struct policy *p, const struct word *word);
/* --- policy_resolve_people.c */
void resolve_teams(
    struct policy *p); /* groups and people of the teams; without directory by name only */
/* The name in `from` as the directory spells it. */
struct str resolve_group_id(struct arena *a, struct str base, struct str written);
/* The person must be, or (a warning) should still be, in the directory. */
void resolve_person(struct policy *p, const char *what, const struct word *person,
                    bool may_be_gone);
/* The usernames of a team now, until `out` has `enough`. */
void resolve_people_of(const struct policy *p, uint32_t team, size_t enough, struct intern *out);
/* --- policy_resolve_request.c */
void resolve_requests(struct policy *p);
void resolve_breakglass(struct policy *p);
/* --- policy_resolve_ci.c */
void resolve_ci(struct policy *p);
/* --- policy_resolve_invariant.c: never, always, accept; the rest is resolved before */
void resolve_invariants(struct policy *p);
void resolve_accepts(struct policy *p);
/* --- policy_resolve_owner.c: what a team's own file may say; after all else */
void resolve_owners(struct policy *p);
/* --- policy_resolve_space.c */
void resolve_spaces(struct policy *p);
bool resolve_space_holds(const struct policy_space *space, const struct policy_namespace *ns);
/* --- policy_resolve_check.c: resources and verbs against the discovery */
void resolve_permissions(struct policy *p, const struct policy_permissions *permissions,
                         bool question);
void resolve_tests(struct policy *p);
/* --- policy_resolve_role.c */
void resolve_roles(
    struct policy *p); /* names of bases; then the rules for each site that has data */
/* --- atoms.c */
void verbs_add(struct policy *p, struct verbs *set, struct str verb);
bool verbs_empty(const struct verbs *set);
void atoms_of_rules(struct policy *p, const struct rbac_object *role, struct str src,
                    struct role_rules *out);
void atoms_of_permission(struct policy *p, const struct policy_permission *permission,
                         struct role_rules *out);
/* Wildcards become what the discovery of the cluster holds. */
void atoms_expand(struct policy *p, const struct policy_cluster *cluster, struct role_rules *rules);
void atoms_deny(struct policy *p, const struct policy_permission *deny, struct role_rules *rules);
/* Canonical: the same permissions give the same rules, however they were written. */
void atoms_to_rules(const struct policy *p, const struct role_rules *rules, struct arena *a,
                    struct rbac_object *out);
struct str src_of(struct arena *a, const struct pos *pos); /* "policy.yaml:14" */

/* --- policy_members.c: people and teams, directory or not */
struct membership {
    struct ids teams; /* sorted, unique */
    int64_t until_ms; /* TIME_NONE, or the first end of an `add` among them */
};
void members_index(struct policy *p);
bool members_of_person(const struct policy_at *at, const struct snapshot_subject *subject,
                       struct membership *ret);
/* The groups without prefix: "team:...", and on a site "jit:...". at->site ID_NONE: no site. */
bool members_groups(const struct policy_at *at, const struct membership *m,
                    struct snapshot_groups *ret);
/* "jit:<space>:<role>", "jit:<role>" when space is ID_NONE */
struct str jit_group(const struct policy *p, uint32_t space, uint32_t role, struct arena *a);
struct str team_group(const struct policy *p, uint32_t team, struct arena *a);
