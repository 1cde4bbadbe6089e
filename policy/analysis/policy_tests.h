#pragma once
/* The tests that stand in the policy. */
#include "policy/rbac/access.h"
#include "policy/resolve/policy_resolve.h"

struct policy_test_result {
    const struct policy_test *test;
    bool passed;
    struct str text; /* when failed: who, what was expected, and the chain that allowed it */
};
struct policy_test_results {
    struct policy_test_result *items;
    size_t n, cap, n_failed;
};
/* accesses: one per site, in the order of the sites; NULL for a site without data (its tests fail
 * and say so). */
struct policy_test_results policy_run_tests(const struct policy *p,
                                            const struct access *const *accesses, int64_t now_ms,
                                            struct arena *a);
