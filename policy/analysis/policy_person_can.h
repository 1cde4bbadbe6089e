#pragma once
/* Everything a person may do on one site, where, and why; and what they may ask for. */
#include "policy/analysis/policy_people.h"
#include "policy/analysis/policy_who_can.h"

struct policy_held {        /* the same permissions in these namespaces */
    struct str place;       /* "the whole cluster", "space payments (6 namespaces)", "pay-api" */
    struct strs namespaces; /* sorted; the first is "" when it is the whole cluster */
    struct str what;
    struct access_lines permissions;
    struct strs because; /* "team payments: role deploy (policy.yaml:124)" */
};
struct policy_held_list {
    struct policy_held *items;
    size_t n, cap;
};
/* x: cells of the site's objects. What everybody has (system:authenticated) is among it. */
struct policy_held_list policy_person_held(const struct policy_at *at, const struct access *x,
                                           struct str username);
/* "debug-prod: debug in payments, at most 2h": names of the requests of this site that the person
 * may make: indices in tree->requests. */
size_t policy_person_requests(const struct policy_at *at, struct str username,
                              uint32_t **ret_requests);
/* Who may do it through what: one holder of `policy_who_can`, and how the person comes to it.
 * False: not allowed. */
struct policy_answer {
    struct policy_holder holder;
    struct str through; /* "cn=pay-dev (policy.yaml:10)"; STR_NONE: the user, or everybody */
};
bool policy_person_may(const struct policy_at *at, const struct access *x, struct str username,
                       const struct rbac_question *q, struct policy_answer *ret);
