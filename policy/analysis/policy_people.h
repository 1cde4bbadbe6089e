#pragma once
/*
 * All people on one site at one moment, each as the subjects that their token and their name bring:
 * teams, running time-boxed grants, what foreign bindings give to the user or to everybody.
 */
#include "policy/rbac/access_profile.h"
#include "policy/resolve/policy_resolve.h"

struct policy_people {
    struct policy_at at;
    const struct access *access;
    struct intern *names; /* usernames by number; shared when two sides are compared */
    size_t n;
    uint32_t *first, *subjects; /* by person, one more behind; sorted */
    struct access_profile *by_team;
    uint32_t everybody; /* system:authenticated, when a binding names it; or ID_NONE */
};
/* names: an intern table with its arena set; people of the directory, of `add`, and users that
 * bindings name are added to it. */
struct policy_people *policy_people_new(const struct policy_at *at, const struct access *x,
                                        struct intern *names);
/* A number that this side does not know has nothing but what everybody has. */
struct access_profile policy_people_profile(const struct policy_people *p, uint32_t person);
/* What a person with just these groups of the directory would be; username may be STR_NONE. */
struct access_profile policy_people_imagine(const struct policy_people *p, struct str username,
                                            const struct str *group_ids, size_t n_group_ids);
/* The person's groups in the directory; none when it does not know them. */
struct strs policy_person_groups(const struct policy *p, struct str username);
/* "u.adler" when the directory or an `add` knows the name; an error with the nearest one if not. */
must_check int policy_person_check(const struct policy *p, struct str username, struct err *e);
