#pragma once
/*
 * Impersonation (apiserver/pkg/endpoints/filters/impersonation): each thing that somebody wants to
 * be is a question of its own, and who gets through all of them is somebody else. The old way asks
 * for the verb `impersonate`. Constrained impersonation (KEP-5284, on in 1.36) has modes, which ask
 * for `impersonate-on:MODE:VERB` on what is then done and for `impersonate:MODE` on who it is; the
 * old way is tried last. A rule with the verb * allows all of it. Pure; any thread.
 */
#include "policy/rbac/rbac.h"

struct impersonation { /* what the request headers want */
    struct str user, uid;
    struct strs groups;
    struct str_pairs extra;    /* a pair for each value; keys by impersonation_extra_key() */
    struct str requestor_node; /* where the pod runs whose service account asks: the only value of
                                  authentication.kubernetes.io/node-name in its extra */
};
enum impersonation_mode {
    IMPERSONATE_ASSOCIATED_NODE,
    IMPERSONATE_ARBITRARY_NODE,
    IMPERSONATE_SERVICE_ACCOUNT,
    IMPERSONATE_USER_INFO,
    IMPERSONATE_LEGACY,
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
/* With all modes, as 1.36 does it. */
struct impersonation_question {
    const struct rbac_set *set;
    const struct rbac_user *user;
    const struct impersonation *wanted;
    const struct rbac_question *request; /* what is done then */
};
struct impersonation_answer {
    enum impersonation_outcome outcome;
    enum impersonation_mode mode; /* the first that allows it, in the order of the enum */
    struct rbac_user user;        /* who acts from now on */
};
struct impersonation_answer impersonation_answer(const struct impersonation_question *q,
                                                 struct arena *a);
/* Who it then is: the name, and the groups with those that the API server adds. */
struct rbac_user impersonation_user(const struct impersonation *wanted, struct arena *a);
/* From what stands behind Impersonate-Extra- in the name of a header: small letters, %XX decoded;
 * as it is when it cannot be. */
struct str impersonation_extra_key(struct str header, struct arena *a);
