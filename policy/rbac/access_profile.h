#pragma once
/*
 * What several subjects hold together: a person is a user and some groups, and holds the union of
 * their cells. Two accesses of one universe are compared profile by profile; every union and every
 * difference of permission sets is worked out once, so twenty thousand people cost little more than
 * the few different sets among them. One thread; all memory is the arena's.
 */
#include "policy/rbac/access.h"

/* A number for a group or user that some binding names; ID_NONE: none does. The same in all
 * accesses of a universe. */
uint32_t access_subject_id(const struct access *x, enum rbac_subject_kind kind, struct str name);
/* Users (not service accounts) that some binding names, one after another; false: no more. */
bool access_user_next(const struct access *x, size_t *at, struct str *ret_name, uint32_t *ret_id);

struct access_profile { /* numbers of subjects, sorted, each once */
    const uint32_t *items;
    size_t n;
};
struct access_delta {
    uint32_t namespace;    /* 0: cluster-wide */
    uint32_t gained, lost; /* permission sets; 0: nothing */
};
struct access_deltas {
    struct access_delta *items; /* by name of namespace; shared: never written to */
    size_t n, cap;
};

struct access_profiles;
struct access_profiles *access_profiles_new(const struct access *before, const struct access *after,
                                            struct arena *a);
/* Too many different sets: the answers since then are incomplete. */
bool access_profiles_failed(const struct access_profiles *p);
/* What who was `before` and is now `after` gains and loses. The rules of access_diff: cluster-wide
 * is not said again per namespace, what is inert in a namespace is not said there. */
const struct access_deltas *access_profiles_compare(struct access_profiles *p,
                                                    struct access_profile before,
                                                    struct access_profile after);
/* The places where a profile holds something, each with all of it (as `gained`): a compare with
 * nothing. */
const struct access_deltas *access_profiles_held(struct access_profiles *p,
                                                 struct access_profile after);
struct access_lines {
    const struct access_permissions *items;
    size_t n;
};
struct access_lines access_profiles_lines(struct access_profiles *p, uint32_t set);
struct str access_profiles_namespace(const struct access_profiles *p, uint32_t namespace);

/* Where a gain (or a loss) comes from. */
struct access_origin {
    const struct rbac_object *binding, *role;
    const struct rbac_subject *subject;
    bool
        joined; /* the binding is the same on both sides: the person came to the subject, or left it
                 */
    bool role_differs; /* the binding was there before: its role has changed */
};
struct access_origins {
    struct access_origin *items;
    size_t n, cap;
};
struct access_origins access_profiles_origins(struct access_profiles *p,
                                              struct access_profile before,
                                              struct access_profile after,
                                              const struct access_delta *delta, bool gained);
