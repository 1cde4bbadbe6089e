#include "policy/rbac/escalation.h"

static const struct str star = {"*", 1};
static const struct rbac_rule full_authority[] = {
    {.verbs = {&star, 1}, .api_groups = {&star, 1}, .resources = {&star, 1}},
    {.verbs = {&star, 1}, .non_resource_urls = {&star, 1}},
};

bool escalation_allowed(enum escalation outcome)
{
    switch (outcome) {
    case ESCALATION_MASTERS:
    case ESCALATION_BY_VERB:
    case ESCALATION_COVERED: return true;
    case ESCALATION_MISSING_RULES:
    case ESCALATION_MISSING_ROLE:
    case ESCALATION_AGGREGATION_RULE: return false;
    }
    return false;
}

static bool is_role(const struct rbac_object *o)
{
    return o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE;
}

static bool selects_others(const struct rbac_object *o)
{
    return o && o->kind == RBAC_CLUSTER_ROLE && o->n_selectors > 0;
}

/* escalate on the role that is written, or bind on the one that is bound; both in the namespace of
 * the object */
static bool allowed_by_verb(const struct rbac_set *set, const struct rbac_user *user,
                            const struct escalation_question *w)
{
    const struct rbac_object *o = w->object;
    struct rbac_question q = {.api_group = STR(RBAC_GROUP_NAME), .namespace = o->namespace};
    bool cluster_role =
        is_role(o) ? o->kind == RBAC_CLUSTER_ROLE : str_is(o->role_kind, "ClusterRole");
    if (!is_role(o) && !cluster_role && !str_is(o->role_kind, "Role"))
        return false;
    q.verb = is_role(o) ? STR("escalate") : STR("bind");
    q.resource = cluster_role ? STR("clusterroles") : STR("roles");
    q.name = is_role(o) ? w->name : o->role_name;
    return rbac_allows(set, user, &q, NULL);
}

struct escalation_answer escalation_check(const struct rbac_set *set, const struct rbac_user *user,
                                          const struct escalation_question *q, struct arena *a)
{
    struct escalation_answer answer = {.outcome = ESCALATION_COVERED};
    const struct rbac_object *role = is_role(q->object) ? q->object : rbac_role_of(set, q->object);
    if (strs_has(user->groups, STR("system:masters")))
        return (struct escalation_answer){.outcome = ESCALATION_MASTERS};
    if (allowed_by_verb(set, user, q))
        return (struct escalation_answer){.outcome = ESCALATION_BY_VERB};
    if (!role)
        return (struct escalation_answer){.outcome = ESCALATION_MISSING_ROLE};

    struct rbac_rules held = rbac_rules_for(set, user, q->object->namespace, a);
    answer.missing = rbac_rules_compact(rbac_uncovered(held, rbac_rules_of(role), a), a);
    if (answer.missing.n > 0)
        answer.outcome = ESCALATION_MISSING_RULES;
    else if (selects_others(q->object) || selects_others(q->old))
        for (size_t i = 0; i < 2; i++) {
            struct rbac_rule full = full_authority[i];
            if (!rbac_covers(held, (struct rbac_rules){&full, 1, 1}))
                answer.outcome = ESCALATION_AGGREGATION_RULE;
        }
    return answer;
}
