#pragma once
/* What still works after a person has left now: where the policy and bindings name them, and what
 * they may have taken along. Whether they did only an audit log can say. */
#include "policy/analysis/policy_people.h"

struct policy_mention { /* the policy names the person */
    struct str text, src;
};
struct policy_mentions {
    struct policy_mention *items;
    size_t n, cap;
};
struct policy_mentions policy_leaver_mentions(const struct policy_at *at, struct str username);

struct policy_residue {       /* on one site */
    struct str verbs, target; /* any of the verbs is held */
    struct str what, how;     /* how: with the site's name; NS where it differs */
    struct strs namespaces;   /* STR_NONE first: the whole cluster */
};
struct policy_residues {
    struct policy_residue *items;
    size_t n, cap;
};
struct policy_leaver_binding { /* a binding that names the user, with or without our prefix */
    const struct rbac_object *binding;
    const struct rbac_subject *subject;
    struct str how;
};
struct policy_leaver {
    struct policy_residues residues;
    struct {
        struct policy_leaver_binding *items;
        size_t n, cap;
    } bindings;
};
struct policy_leaver policy_leaver(const struct policy_at *at, const struct access *x,
                                   struct str username);
