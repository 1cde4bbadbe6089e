#pragma once
/*
 * What apply would do to one cluster: the wanted objects against the live ones, as steps in the
 * order in which they are carried out. Pure. The order takes before it gives: at no moment, also
 * when it is interrupted, does anybody hold more than what the old and the new state both allow in
 * that cell, apart from what one write changes at once. grants_first turns it round: nobody is
 * without access in between.
 */
#include "policy/rbac/rbac.h"

enum step_kind {
    STEP_CREATE,
    STEP_PATCH,
    STEP_REPLACE, /* somebody has given a binding of ours another roleRef, which is immutable:
                     delete, then create */
    STEP_DELETE,
};
struct step {
    enum step_kind kind;
    unsigned phase;
    const struct rbac_object *want; /* NULL: delete */
    const struct rbac_object *have; /* NULL: create */
};
struct plan {
    struct arena *arena; /* set these two before plan_make */
    bool prune;          /* remove what is ours and not wanted */
    bool grants_first;   /* give before taking */
    struct step *items;
    size_t n, cap;
    struct {
        const struct rbac_object **items; /* carry a name of ours but not our label: left alone */
        size_t n, cap;
    } foreign;
    size_t n_same, n_owned, n_deletes; /* n_owned: objects of ours that are there now */
};

/* Both sets sorted (rbac_set_sort). -1: the arena's limit. */
must_check int plan_make(struct plan *plan, const struct rbac_set *want,
                         const struct rbac_set *live, struct err *e);
/* -1: more than percent of what is ours would go (three objects may always go), or all of it. */
must_check int plan_guard(const struct plan *plan, struct str site, int64_t percent, struct err *e);
/* What the cluster would hold afterwards: live with the steps applied. */
must_check int plan_result(const struct plan *plan, const struct rbac_set *live,
                           struct rbac_set *ret, struct err *e);
/* "RoleBinding pay-api/lotse:deploy" */
void plan_name(const struct rbac_object *o, struct buf *out);
/* "create RoleBinding pay-api/lotse:deploy (policy.yaml:30)", with what changes: "+Group
 * lotse:team:shop". */
void plan_describe(const struct step *s, bool done, struct buf *out);
