#pragma once
/* Inside of the evaluator: the cells. Only access*.c, universe_mask and the analyses that walk
 * cells include this. */
#include "policy/rbac/keyed.h"
#include "policy/rbac/universe.h"

struct permset { /* a bit per class and verb */
    uint64_t *w;
    uint64_t hash;
};
struct access {
    const struct universe *u;
    const struct rbac_set *set;
    struct arena *arena;
    size_t n_words;        /* of a permission set */
    struct permset *items; /* permission sets by id, each distinct one once; 0 is the empty one */
    size_t n, cap;
    uint32_t *slots;
    size_t n_slots;
    struct keyed *cells; /* sorted by subject, namespace; value: permission set */
    size_t n_cells;
    uint32_t *first_cell; /* by subject; one more behind */
    uint32_t *role_sets;  /* by object: the permission set of a role */
    const struct rbac_object *
        *roles;                      /* by object: the role of a binding, NULL when there is none */
    struct target_list *bindings;    /* by namespace: objects */
    const uint32_t *const *subjects; /* by object, subject: its code (access_coded) */
};

/* Subjects of all three kinds in one numbering: groups, then users, then service accounts. */
uint32_t access_n_subjects(const struct universe *u);
static inline uint32_t access_coded(const struct universe *u, uint32_t code)
{
    uint32_t id = code & (((uint32_t)1 << SUBJECT_SHIFT) - 1);
    switch (code >> SUBJECT_SHIFT) {
    case SUBJECT_GROUP: return id;
    case SUBJECT_USER: return (uint32_t)u->subject_groups.n + id;
    case SUBJECT_ACCOUNT: return (uint32_t)(u->subject_groups.n + u->subject_users.n) + id;
    default: return ID_NONE;
    }
}
uint32_t access_subject(const struct universe *u, const struct rbac_subject *s,
                        struct str namespace, struct arena *scratch);
static inline bool permset_has(const struct access *x, uint32_t set, uint32_t class, uint32_t verb)
{
    return x->items[set].w[class * x->u->words + verb / 64] >> (verb % 64) & 1;
}
uint32_t permset_find(const struct access *x, const uint64_t *w); /* ID_NONE: no such set */
uint32_t access_cell(const struct access *x, uint32_t subject,
                     uint32_t namespace); /* a permission set; 0 when none */

/* --- access_describe.c */
struct access_permissions *access_describe(const struct universe *u, const uint64_t *words,
                                           struct arena *a, size_t *ret_n);
