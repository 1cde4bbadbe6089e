#pragma once
/* Inside of prove, reach and sod: who may carry a subject, and where an invariant holds. Only
 * policy_{prove,reach,sod}*.c include this. */
#include "policy/analysis/policy_prove.h"
#include "policy/rbac/universe_mask.h"
#include "policy/resolve/resolved.h"

/* --- carriers: how a group (or service account) gets into a token */
enum carrier_kind { CARRY_TEAM, CARRY_GRANT, CARRY_REQUEST, CARRY_BREAKGLASS, CARRY_CI };
struct carrier {
    enum carrier_kind kind;
    uint32_t team;  /* ID_NONE: a CI identity */
    uint32_t index; /* of the grant, request, breakglass, ci */
};
struct carrier_list {
    struct carrier *items;
    size_t n, cap;
};
struct carriers { /* of one site, by the group's name as the API server sees it */
    const struct policy *policy;
    size_t n;             /* names: the teams' own by their number, then those in others */
    struct intern others; /* all that is no team's own */
    struct carrier_list *lists;
    size_t cap;
    struct ids *of_team; /* names a member may carry, the team's own first */
};
void carriers_make(const struct policy *p, size_t site, struct arena *a, struct carriers *out);
uint32_t carriers_find(const struct carriers *c, struct str group); /* ID_NONE */
struct str carriers_name(const struct carriers *c, uint32_t name);
const struct carrier_list *carriers_of(const struct carriers *c, struct str group);

/* --- one site */
struct prove_site {
    const struct access *x; /* NULL: no data */
    const struct policy_cluster *cluster;
    struct carriers carriers;
    uint64_t *namespaced;   /* mask_namespaced */
    uint32_t *namespace_of; /* by index in the cluster's namespaces: in the universe */
    uint32_t *team_subject; /* by team: the subject of its own group; ID_NONE: bound nowhere */
    bool *control_plane;    /* by subject */
    size_t n_control_plane;
    uint32_t everybody;        /* system:authenticated, which every token has; ID_NONE */
    const struct reach *reach; /* made when needed */
};
struct prover {
    const struct policy_proving *in;
    const struct policy *p;
    struct arena *a;
    struct prove_site *sites;
    bool moment; /* what is sure is so at in->now_ms; else at all dates */
    struct prove_results out;
};
void prove_sites_make(struct prover *v);
uint32_t prove_group(const struct prove_site *s, struct str group); /* ID_NONE: bound nowhere */
bool prove_is_control_plane(const struct rbac_object *binding, const struct rbac_subject *s);
/* Every subject that a member of the team can carry: its groups, and users that are members. */
struct ids prove_team_subjects(const struct prover *v, size_t site, uint32_t team);

/* --- where */
struct spot {
    bool nowhere;
    bool everywhere;                 /* no namespaces named: also what is only cluster-wide */
    struct ids namespaces;           /* indices in the cluster's namespaces, sorted */
    struct ids inside;               /* those that anything is bound in: of the universe, sorted */
    const struct policy_duty *asked; /* whose words an example should use; may be NULL */
};
bool prove_spot_has(const struct spot *spot, uint32_t namespace); /* of the universe, not 0 */
/* team: whose `own` it is; ID_NONE */
struct spot prove_spot(const struct prover *v, size_t site, const struct invariant *inv,
                       uint32_t team);
/* The same, in one space only; ID_NONE: no such condition. */
struct spot prove_spot_of(const struct prover *v, size_t site, const struct invariant *inv,
                          uint32_t team, uint32_t space);
bool prove_grant_in(const struct policy *p, const struct ids *spaces, size_t site,
                    struct str namespace);

void prove_sort(struct ids *ids); /* each once */

/* --- what */
/* Adds what the duty asks for, takes `except` away. always: "*" is the standard verbs only. */
struct permission_mask prove_mask(const struct prover *v, size_t site,
                                  const struct policy_duty *duty,
                                  const struct policy_invariant *written);

/* What of it is not inert in a namespace. */
struct permission_mask prove_inside(const struct prover *v, size_t site,
                                    const struct permission_mask *mask);

/* --- who, by name */
struct ids prove_person_teams(const struct prover *v, struct str username, bool any_date);

/* Adds what a member of these teams surely carries. */
void prove_sure_subjects(const struct prover *v, size_t site, const struct ids *teams,
                         struct ids *out);

/* What the person surely carries, or with any_date may carry. */
struct ids prove_person_subjects(const struct prover *v, size_t site, struct str username,
                                 bool any_date);

/* --- examples */
struct cell_at {
    uint32_t site, subject, namespace; /* namespace 0: cluster-wide */
};
const struct prove_example *prove_example(const struct prover *v, const struct cell_at *cell,
                                          const struct permission_mask *mask,
                                          const struct spot *spot);
const struct prove_example *prove_missing(const struct prover *v, size_t site, uint32_t team,
                                          const struct policy_who *who,
                                          const struct rbac_question *q);
/* Somebody who carries the subject asks this. */
struct prove_example *prove_asks(const struct prover *v, const struct cell_at *cell,
                                 const struct rbac_question *q);
struct str prove_question_text(const struct rbac_question *q, struct arena *a);
struct rbac_subject prove_subject(const struct universe *u, uint32_t subject);
/* "Group lotse:team:payments", "ServiceAccount ns/name" */
struct str prove_subject_text(const struct rbac_subject *s, struct arena *a);

/* --- the kinds of invariants */
/* Those of `who: any ...` together, in one walk over the cells. */
void prove_any_never(struct prover *v);
void prove_can_never(struct prover *v, uint32_t id, struct prove_result *r);
void prove_can_always(struct prover *v, uint32_t id, struct prove_result *r);
void prove_one_person(struct prover *v, uint32_t id, struct prove_result *r);
void prove_reach(struct prover *v, uint32_t id, struct prove_result *r);
void prove_assume(const struct prover *v, struct prove_result *r, struct str sentence);
/* Is the subject left out of "any except ..."? By carriers, everywhere on the site. */
bool prove_exempt(const struct prover *v, size_t site, const struct invariant *inv,
                  uint32_t subject);
/* By what it holds: subjects bound to a role of `except`, here or cluster-wide. */
struct exempt_roles;
struct exempt_roles *prove_exempt_roles(const struct prover *v, size_t site,
                                        const struct invariant *inv);
bool prove_exempt_here(const struct exempt_roles *e, const struct cell_at *cell);
bool prove_exempt_anywhere(const struct exempt_roles *e, uint32_t subject);
