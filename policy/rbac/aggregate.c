#include "policy/rbac/aggregate.h"

#include <stdlib.h>

/* In order, and as often: what the controller compares (equality.Semantic.DeepEqual). */
static bool same_list(struct strs a, struct strs b)
{
    for (size_t i = 0; i < a.n && a.n == b.n; i++)
        if (!str_eq(a.items[i], b.items[i]))
            return false;
    return a.n == b.n;
}

static bool same_rule(const struct rbac_rule *a, const struct rbac_rule *b)
{
    return same_list(a->verbs, b->verbs) && same_list(a->api_groups, b->api_groups) &&
           same_list(a->resources, b->resources) &&
           same_list(a->resource_names, b->resource_names) &&
           same_list(a->non_resource_urls, b->non_resource_urls);
}

static void add_rule(struct rbac_rules *out, const struct rbac_rule *rule, struct arena *a)
{
    for (size_t i = 0; i < out->n; i++)
        if (same_rule(&out->items[i], rule))
            return;
    *ARENA_PUSH(a, out) = *rule;
}

struct roles {
    const struct rbac_object **items;
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    const struct rbac_object *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static struct roles cluster_roles(const struct rbac_set *set, struct arena *a)
{
    struct roles out = {ARENA_ARRAY(a, set->n, const struct rbac_object *), 0};
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == RBAC_CLUSTER_ROLE)
            out.items[out.n++] = &set->items[i];
    if (out.n > 1)
        qsort(out.items, out.n, sizeof(*out.items), by_name);
    return out;
}

static struct rbac_rules aggregate(const struct roles *roles, const struct rbac_object *role,
                                   struct arena *a)
{
    struct rbac_rules out = {0};
    for (size_t s = 0; s < role->n_selectors; s++)
        for (size_t i = 0; i < roles->n; i++) {
            const struct rbac_object *other = roles->items[i];
            if (str_eq(other->name, role->name) ||
                !selector_matches(&role->selectors[s], &other->labels))
                continue;
            for (size_t r = 0; r < other->n_rules; r++)
                add_rule(&out, &other->rules[r], a);
        }
    return out;
}

struct rbac_rules rbac_aggregate(const struct rbac_set *set, const struct rbac_object *role,
                                 struct arena *a)
{
    struct roles roles = cluster_roles(set, a);
    return aggregate(&roles, role, a);
}

static bool has_all(const struct rbac_rules *rules, const struct rbac_object *role)
{
    if (rules->n != role->n_rules)
        return false;
    for (size_t i = 0; i < rules->n; i++)
        if (!same_rule(&rules->items[i], &role->rules[i]))
            return false;
    return true;
}

void rbac_set_aggregate(struct rbac_set *set, struct arena *a)
{
    struct roles roles = cluster_roles(set, a);
    /* a chain is as long as there are roles at most; roles that select each other might change
     * the order of their rules for ever, but not what they allow */
    bool changed = true;
    for (size_t round = 0; changed && round <= roles.n; round++) {
        changed = false;
        for (size_t i = 0; i < set->n; i++) {
            struct rbac_object *role = &set->items[i];
            if (role->kind != RBAC_CLUSTER_ROLE || !role->aggregated)
                continue;
            struct rbac_rules rules = aggregate(&roles, role, a);
            if (has_all(&rules, role))
                continue;
            role->rules = rules.items;
            role->n_rules = rules.n;
            changed = true;
        }
    }
}
