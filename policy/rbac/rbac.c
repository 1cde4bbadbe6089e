#include "policy/rbac/rbac.h"
#include "policy/rbac/service_account.h"

#include <stdlib.h>

static const char *const kind_names[] = {
    [RBAC_CLUSTER_ROLE] = "ClusterRole",
    [RBAC_ROLE] = "Role",
    [RBAC_CLUSTER_ROLE_BINDING] = "ClusterRoleBinding",
    [RBAC_ROLE_BINDING] = "RoleBinding",
};
static const char *const subject_kind_names[] = {
    [RBAC_USER] = "User",
    [RBAC_GROUP] = "Group",
    [RBAC_SERVICE_ACCOUNT] = "ServiceAccount",
    [RBAC_SUBJECT_UNKNOWN] = "",
};

const char *rbac_kind_name(enum rbac_kind kind)
{
    return kind_names[kind];
}

const char *rbac_subject_kind_name(enum rbac_subject_kind kind)
{
    return subject_kind_names[kind];
}

bool rbac_is_managed(const struct rbac_object *o)
{
    return str_is(pairs_get(&o->labels, STR(RBAC_LABEL_MANAGED)), "true") &&
           str_starts(o->name, STR(RBAC_PREFIX));
}

int rbac_object_cmp(const struct rbac_object *a, const struct rbac_object *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = str_cmp(a->namespace, b->namespace);
    return order ? order : str_cmp(a->name, b->name);
}

static int object_order(const void *a, const void *b)
{
    return rbac_object_cmp(a, b);
}

void rbac_set_sort(struct rbac_set *set)
{
    if (set->n > 1)
        qsort(set->items, set->n, sizeof(*set->items), object_order);
}

/* --- the same access? */

/* Each of a in b and the other way round; the lists of one rule or binding are short. */
static bool same_strs(struct strs a, struct strs b)
{
    for (size_t i = 0; i < a.n; i++)
        if (!strs_has(b, a.items[i]))
            return false;
    for (size_t i = 0; i < b.n; i++)
        if (!strs_has(a, b.items[i]))
            return false;
    return true;
}

static bool same_rule(const struct rbac_rule *a, const struct rbac_rule *b)
{
    return same_strs(a->verbs, b->verbs) && same_strs(a->api_groups, b->api_groups) &&
           same_strs(a->resources, b->resources) &&
           same_strs(a->resource_names, b->resource_names) &&
           same_strs(a->non_resource_urls, b->non_resource_urls);
}

static bool has_rule(const struct rbac_object *o, const struct rbac_rule *rule)
{
    for (size_t i = 0; i < o->n_rules; i++)
        if (same_rule(&o->rules[i], rule))
            return true;
    return false;
}

static bool same_rules(const struct rbac_object *a, const struct rbac_object *b)
{
    for (size_t i = 0; i < a->n_rules; i++)
        if (!has_rule(b, &a->rules[i]))
            return false;
    for (size_t i = 0; i < b->n_rules; i++)
        if (!has_rule(a, &b->rules[i]))
            return false;
    return true;
}

static int subject_cmp(const void *a, const void *b)
{
    const struct rbac_subject *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = str_cmp(x->namespace, y->namespace);
    return order ? order : str_cmp(x->name, y->name);
}

static bool has_subject(const struct rbac_object *o, const struct rbac_subject *s)
{
    for (size_t i = 0; i < o->n_subjects; i++)
        if (subject_cmp(&o->subjects[i], s) == 0)
            return true;
    return false;
}

static bool subjects_in_order_agree(const struct rbac_object *a, const struct rbac_object *b)
{
    if (a->n_subjects != b->n_subjects)
        return false;
    for (size_t i = 0; i < a->n_subjects; i++)
        if (subject_cmp(&a->subjects[i], &b->subjects[i]) != 0)
            return false;
    return true;
}

static bool same_subjects(const struct rbac_object *a, const struct rbac_object *b)
{
    if (subjects_in_order_agree(a, b)) /* as we wrote it: no need for all pairs */
        return true;
    for (size_t i = 0; i < a->n_subjects; i++)
        if (!has_subject(b, &a->subjects[i]))
            return false;
    for (size_t i = 0; i < b->n_subjects; i++)
        if (!has_subject(a, &b->subjects[i]))
            return false;
    return true;
}

bool rbac_same_role_ref(const struct rbac_object *a, const struct rbac_object *b)
{
    return str_eq(a->role_kind, b->role_kind) && str_eq(a->role_name, b->role_name);
}

bool rbac_object_same(const struct rbac_object *a, const struct rbac_object *b)
{
    return rbac_object_cmp(a, b) == 0 && rbac_is_managed(a) == rbac_is_managed(b) &&
           a->aggregated == b->aggregated && rbac_same_role_ref(a, b) && same_rules(a, b) &&
           same_subjects(a, b);
}

/* --- one rule: pkg/apis/rbac/v1/evaluation_helpers.go. Byte-wise and case-sensitive throughout. */

static bool in_star(struct strs set, struct str s)
{
    for (size_t i = 0; i < set.n; i++)
        if (str_is(set.items[i], "*") || str_eq(set.items[i], s))
            return true;
    return false;
}

/* r == resource "/" subresource, without building it */
static bool is_combined(struct str r, struct str resource, struct str sub)
{
    if (sub.n == 0)
        return str_eq(r, resource);
    return r.n == resource.n + 1 + sub.n && str_starts(r, resource) && r.p[resource.n] == '/' &&
           str_ends(r, sub);
}

/* A slash and star alone, with nothing behind, never match: the lengths must agree and sub is not
 * empty. */
static bool is_star_sub(struct str r, struct str sub)
{
    return sub.n > 0 && r.n == sub.n + 2 && r.p[0] == '*' && r.p[1] == '/' && str_ends(r, sub);
}

static bool resource_matches(struct strs resources, const struct rbac_question *q)
{
    for (size_t i = 0; i < resources.n; i++) {
        struct str r = resources.items[i];
        if (str_is(r, "*") || is_combined(r, q->resource, q->subresource) ||
            is_star_sub(r, q->subresource))
            return true;
    }
    return false;
}

/* "*" among resourceNames is the literal name "*": no wildcard. */
static bool name_matches(struct strs names, struct str name)
{
    return names.n == 0 || strs_has(names, name);
}

static bool url_matches(struct strs urls, struct str path)
{
    for (size_t i = 0; i < urls.n; i++) {
        struct str u = urls.items[i];
        if (str_is(u, "*") || str_eq(u, path))
            return true;
        if (!str_ends(u, STR("*")))
            continue;
        while (u.n > 0 && u.p[u.n - 1] == '*') /* strings.TrimRight: all of them */
            u.n--;
        if (str_starts(path, u))
            return true;
    }
    return false;
}

bool rbac_rule_allows(const struct rbac_rule *rule, const struct rbac_question *q)
{
    if (!in_star(rule->verbs, q->verb))
        return false;
    if (rbac_is_url(q))
        return url_matches(rule->non_resource_urls, q->path);
    return in_star(rule->api_groups, q->api_group) && resource_matches(rule->resources, q) &&
           name_matches(rule->resource_names, q->name);
}

/* --- the walk: pkg/registry/rbac/validation/rule.go */

bool rbac_subject_is(const struct rbac_subject *s, struct str binding_namespace,
                     const struct rbac_user *user)
{
    switch (s->kind) {
    case RBAC_USER: return str_eq(s->name, user->name);
    case RBAC_GROUP: return strs_has(user->groups, s->name);
    case RBAC_SERVICE_ACCOUNT:
        if (s->namespace.n > 0)
            binding_namespace = s->namespace;
        return binding_namespace.n > 0 &&
               service_account_is(user->name, binding_namespace, s->name);
    case RBAC_SUBJECT_UNKNOWN: return false;
    }
    return false;
}

const struct rbac_object *rbac_role_of(const struct rbac_set *set,
                                       const struct rbac_object *binding)
{
    bool is_role = str_is(binding->role_kind, "Role");
    if (!is_role && !str_is(binding->role_kind, "ClusterRole"))
        return NULL;
    if (is_role && binding->kind != RBAC_ROLE_BINDING)
        return NULL;
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        if (o->kind != (is_role ? RBAC_ROLE : RBAC_CLUSTER_ROLE) ||
            !str_eq(o->name, binding->role_name))
            continue;
        if (!is_role || str_eq(o->namespace, binding->namespace))
            return o;
    }
    return NULL;
}

static const struct rbac_subject *subject_for(const struct rbac_object *binding,
                                              const struct rbac_user *user)
{
    for (size_t i = 0; i < binding->n_subjects; i++)
        if (rbac_subject_is(&binding->subjects[i], binding->namespace, user))
            return &binding->subjects[i];
    return NULL;
}

static bool binding_allows(const struct rbac_set *set, const struct rbac_object *binding,
                           const struct rbac_user *user, const struct rbac_question *q,
                           struct rbac_reason *ret_reason)
{
    const struct rbac_subject *subject = subject_for(binding, user);
    const struct rbac_object *role = subject ? rbac_role_of(set, binding) : NULL;
    for (size_t i = 0; role && i < role->n_rules; i++)
        if (rbac_rule_allows(&role->rules[i], q)) {
            if (ret_reason)
                *ret_reason = (struct rbac_reason){binding, subject, role, &role->rules[i]};
            return true;
        }
    return false;
}

bool rbac_allows(const struct rbac_set *set, const struct rbac_user *user,
                 const struct rbac_question *q, struct rbac_reason *ret_reason)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == RBAC_CLUSTER_ROLE_BINDING &&
            binding_allows(set, &set->items[i], user, q, ret_reason))
            return true;
    if (rbac_is_url(q) || q->namespace.n == 0)
        return false;
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == RBAC_ROLE_BINDING &&
            str_eq(set->items[i].namespace, q->namespace) &&
            binding_allows(set, &set->items[i], user, q, ret_reason))
            return true;
    return false;
}
