#pragma once
/*
 * Why somebody may not: the grants, requests and break-glass entries that come nearest, each with
 * the one condition (or the few) that fails, in words. Decided by the policy alone, as it would be
 * after an apply.
 */
#include "policy/resolve/policy_resolve.h"

enum near_kind { NEAR_REQUEST, NEAR_BREAKGLASS, NEAR_GRANT };
struct near_miss {
    enum near_kind kind;
    size_t entry; /* in tree->requests, breakglass or grants */
    struct str team, role;
    struct str src;      /* "policy.yaml:124" */
    struct strs missing; /* what fails; none: may be had by asking */
    struct str text;     /* all of it in one sentence */
};
struct near_misses { /* the nearest alone: those with the fewest failing conditions */
    struct near_miss *items;
    size_t n, cap;
};
/* The site must have data. What the person may do already is the caller's to have asked. */
struct near_misses policy_why_not(const struct policy_at *at, struct str username,
                                  const struct rbac_question *q);
