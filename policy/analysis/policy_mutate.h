#pragma once
/*
 * Are the tests of a policy any good? Each grant is changed as a mistake would change it; a test
 * has to fail. What no test sees comes with the line of a test that would.
 */
#include "policy/resolve/policy_resolve.h"

enum policy_mutation {
    MUTATION_DROPPED,    /* the grant is gone */
    MUTATION_ENDLESS,    /* it has no `until` */
    MUTATION_EVERYWHERE, /* it has no `at` */
    MUTATION_RAISED,     /* the team has another role there, too */
    MUTATION_WIDENED,    /* the team has the role in another space, too */
};
struct policy_mutant {
    enum policy_mutation mutation;
    const struct policy_grant *grant;
    struct str what;                /* "also with role 'debug'" */
    const struct policy_test *seen; /* the test that fails; NULL: none does */
    bool harmless;                  /* nobody may anything more or less: no test can see it */
    struct str test; /* a test that would: "{as: ..., is: deny}"; STR_NONE: none found */
};
struct policy_mutants {
    struct policy_mutant *items;
    size_t n, cap, n_seen, n_harmless;
};
/* Every test of the policy must pass at now_ms; sites without data are left out. -1: a limit, e. */
must_check int policy_mutate(const struct policy *p, int64_t now_ms, struct arena *a,
                             struct policy_mutants *ret, struct err *e);
