#pragma once
/*
 * May somebody write this role or binding? Beside create, update or patch on the object the API
 * server asks more, so that nobody hands out what he does not hold
 * (pkg/registry/rbac/escalation_check.go and the policybased storages). Pure; any thread.
 *
 * Whether the object itself may be written is the caller's question, by rbac_allows().
 */
#include "policy/rbac/covers.h"

enum escalation {
    ESCALATION_MASTERS,         /* in system:masters: never asked */
    ESCALATION_BY_VERB,         /* escalate on the role, or bind on the role that is bound */
    ESCALATION_COVERED,         /* holds already what the object would give */
    ESCALATION_MISSING_RULES,   /* refused: see missing */
    ESCALATION_MISSING_ROLE,    /* refused: the role that is bound does not exist */
    ESCALATION_AGGREGATION_RULE /* refused: an aggregationRule wants everything on everything */
};
struct escalation_answer {
    enum escalation outcome;
    struct rbac_rules missing; /* compacted */
};
struct escalation_question {
    const struct rbac_object *object; /* as it would be; a binding or a role */
    const struct rbac_object *old;    /* as it is; NULL: it is created */
    struct str name; /* in the URL: of an update the object's, of a create empty. `escalate` with
                        resourceNames therefore never helps to create */
};
bool escalation_allowed(enum escalation outcome);
/* A change that changes nothing but owners and finalizers is always allowed and not asked here. */
struct escalation_answer escalation_check(const struct rbac_set *set, const struct rbac_user *user,
                                          const struct escalation_question *q, struct arena *a);
