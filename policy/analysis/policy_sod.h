#pragma once
/*
 * Separation of duties: who can have several things together, be it held, for a time, on request,
 * by break-glass, or as an approver. By person, over everybody of the directory and of `add`, at
 * any date. Without a directory over every possible person, who may then be in any teams.
 */
#include "policy/analysis/policy_prove.h"

enum sod_route {
    SOD_NONE,
    SOD_HELD,       /* a standing grant, or a binding that is not ours */
    SOD_TIME_BOXED, /* a grant with `until` */
    SOD_REQUEST,    /* may ask for it */
    SOD_BREAKGLASS,
    SOD_LEAD,    /* approves as lead of the team that asks */
    SOD_APPROVER /* approves as member of a team */
};
struct sod_duty {
    const struct policy_duty *duty;
    uint32_t space, request; /* ID_NONE: everywhere; no approval */
};
struct sod_has { /* how a person has a duty: the most direct way */
    enum sod_route route;
    uint32_t team;   /* through which; ID_NONE: by its own name, or as anybody */
    struct str text; /* "held through team payments: RoleBinding ... (policy.yaml:30)" */
};
struct sod_finding {
    struct str person; /* absent: nobody known, a person in `teams` */
    struct strs teams;
    const struct sod_has *has; /* one per duty */
};
struct sod_findings {
    struct sod_finding *items; /* sorted by person */
    size_t n, cap;
    size_t n_people; /* asked */
};
struct sod_findings policy_sod(const struct policy_proving *in, const struct sod_duty *duties,
                               size_t n);

/* Who may approve the own request, by any route. */
struct sod_self {
    struct str person; /* absent: whoever is in both teams */
    uint32_t request;
    enum sod_route route;
    struct str text;
};
struct sod_selves {
    struct sod_self *items;
    size_t n, cap;
};
struct sod_selves policy_self_approvals(const struct policy_proving *in);
