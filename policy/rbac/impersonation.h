#pragma once
/*
 * Impersonation by the verb `impersonate` (apiserver/pkg/endpoints/filters/impersonation,
 * impersonation.go: WithImpersonation): each thing that somebody wants to be is a question of its
 * own, and who gets through all of them is somebody else. Since 1.36 an API server tries
 * constrained impersonation (KEP-5284) first and this way last. Pure; any thread.
 */
#include "policy/rbac/rbac.h"

struct impersonation { /* what the request headers want */
    struct str user, uid;
    struct strs groups;
    struct str_pairs extra; /* a pair for each value; keys by impersonation_extra_key() */
};
enum impersonation_outcome {
    IMPERSONATION_NONE,         /* nothing is wanted */
    IMPERSONATION_ALLOWED,      /* *ret is who acts from now on */
    IMPERSONATION_REFUSED,      /* one of the questions */
    IMPERSONATION_WITHOUT_USER, /* groups, extra or a uid without a user: 400 */
};
struct rbac_questions {
    struct rbac_question *items;
    size_t n, cap;
};
/* All that must be allowed, in the order of asking. */
struct rbac_questions impersonation_questions(const struct impersonation *wanted, struct arena *a);
enum impersonation_outcome impersonation_check(const struct rbac_set *set,
                                               const struct rbac_user *user,
                                               const struct impersonation *wanted, struct arena *a,
                                               struct rbac_user *ret);
/* Who it then is: the name, and the groups with those that the API server adds. */
struct rbac_user impersonation_user(const struct impersonation *wanted, struct arena *a);
/* From what stands behind Impersonate-Extra- in the name of a header: small letters, %XX decoded;
 * as it is when it cannot be. */
struct str impersonation_extra_key(struct str header, struct arena *a);
