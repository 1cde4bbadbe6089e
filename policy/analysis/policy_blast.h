#pragma once
/* What a group of the directory carries on one site: alone (it goes when the group goes) or
 * together with others. */
#include "policy/analysis/policy_person_diff.h"

struct policy_blast_team {
    uint32_t team;
    struct str src;     /* where the team takes the group */
    struct strs others; /* the team's other groups; none: the group carries it alone */
};
struct policy_blast_kept { /* people who lose nothing, and what keeps it for them */
    struct str through;    /* "cn=pay-dev", "added" */
    struct strs people;
};
struct policy_blast {
    struct str group; /* as the directory spells it */
    struct str name;  /* "cn=pay-qa" */
    size_t n_people;  /* in the group */
    struct policy_blast_team *teams;
    size_t n_teams;
    struct policy_sentences lost; /* if the group were empty */
    struct policy_blast_kept *kept;
    size_t n_kept;
    /* person x place that the group brings: gone without it, or also there by another group */
    size_t n_exclusive, n_shared;
};
/* "cn=pay-qa" or a whole DN; -1: neither the directory nor the policy knows it, e has the nearest.
 */
must_check int policy_blast(const struct policy_at *at, const struct access *x, struct str group,
                            struct policy_blast *ret, struct err *e);
