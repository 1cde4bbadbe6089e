#include "policy/cli/drift_sites.h"

/* --- roles: rule by rule, without what only one site has */

struct side {
    const struct cluster *cluster;
    struct intern resources; /* "apps/deployments/scale" */
    struct intern own;       /* those that a role names here and the other site does not have */
    struct rbac_set roles;   /* each role with a binding to a group of its name */
};

static struct str full_name(struct arena *a, struct str group, struct str resource, struct str sub)
{
    return sub.n ? CONCAT(a, group, STR("/"), resource, STR("/"), sub)
                 : CONCAT(a, group, STR("/"), resource);
}

static void side_init(struct side *s, const struct cluster *c, struct arena *a)
{
    *s = (struct side){.cluster = c, .resources = {.arena = a}, .own = {.arena = a}};
    for (size_t i = 0; i < c->data.resources.n; i++) {
        const struct policy_resource *r = &c->data.resources.items[i];
        intern_add(&s->resources, full_name(a, r->group, r->resource, r->subresource));
    }
}

static void add_rule(struct rbac_object *role, const struct rbac_rule *rule)
{
    role->rules[role->n_rules++] = *rule;
}

static size_t n_pairs(const struct rbac_object *role)
{
    size_t n = 0;
    for (size_t i = 0; i < role->n_rules; i++)
        n += role->rules[i].api_groups.n * role->rules[i].resources.n + 1;
    return n;
}

/* The rule in single pairs of group and resource; pairs that only this site has are kept apart. */
static void add_rule_pairs(struct side *s, const struct side *other, const struct rbac_rule *rule,
                           struct rbac_object *role, struct arena *a)
{
    if (rule->non_resource_urls.n)
        add_rule(role, rule);
    for (size_t g = 0; g < rule->api_groups.n; g++)
        for (size_t r = 0; r < rule->resources.n; r++) {
            struct str name =
                full_name(a, rule->api_groups.items[g], rule->resources.items[r], STR_NONE);
            bool here = intern_find(&s->resources, name) != ID_NONE,
                 there = intern_find(&other->resources, name) != ID_NONE;
            struct rbac_rule pair = *rule;
            pair.api_groups = (struct strs){&rule->api_groups.items[g], 1};
            pair.resources = (struct strs){&rule->resources.items[r], 1};
            if (here && !there)
                intern_add(&s->own, name);
            else
                add_rule(role, &pair);
        }
}

static void side_roles(struct side *s, const struct side *other, struct arena *a)
{
    const struct rbac_set *set = &s->cluster->objects;
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        if (o->kind != RBAC_CLUSTER_ROLE || !rbac_is_managed(o))
            continue;
        struct rbac_object *role = ARENA_PUSH(a, &s->roles);
        *role = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE, .name = o->name};
        role->rules = ARENA_ARRAY(a, n_pairs(o) + 1, struct rbac_rule);
        for (size_t k = 0; k < o->n_rules; k++)
            add_rule_pairs(s, other, &o->rules[k], role, a);
    }
    for (size_t i = 0, n = s->roles.n; i < n; i++) {
        struct rbac_subject *subject = ARENA_NEW(a, struct rbac_subject);
        struct str name = s->roles.items[i].name;
        *subject = (struct rbac_subject){.kind = RBAC_GROUP, .name = name};
        *ARENA_PUSH(a, &s->roles) = (struct rbac_object){.kind = RBAC_CLUSTER_ROLE_BINDING,
                                                         .name = name,
                                                         .role_kind = STR("ClusterRole"),
                                                         .role_name = name,
                                                         .subjects = subject,
                                                         .n_subjects = 1};
    }
    rbac_set_sort(&s->roles);
}

static int compare_roles(struct side sides[2], struct arena *a, struct sites_difference *ret,
                         struct err *e)
{
    const struct rbac_set *sets[] = {&sides[0].roles, &sides[1].roles};
    const struct universe *u = universe_new(a, sets, 2, &sides[0].cluster->data.resources, e);
    const struct access *x = u ? access_new(a, u, sets[0], e) : NULL;
    const struct access *y = x ? access_new(a, u, sets[1], e) : NULL;
    if (!y)
        return -1;
    struct access_changes changes = access_diff(x, y, a);
    for (size_t i = 0; i < changes.n; i++) {
        const struct access_change *c = &changes.items[i];
        *ARENA_PUSH(a, &ret->roles) =
            (struct role_difference){c->subject.name, c->gained, c->lost, c->n_gained, c->n_lost};
    }
    return 0;
}

/* --- grants: in force where the file wants them, on one site and not on the other? */

struct cells { /* what stands in bindings: "namespace role kind name" */
    struct intern names;
};
struct cell_state {
    size_t wanted, there;
};
struct grant_cells {
    struct intern keys; /* "lines role group" */
    struct {
        struct cell_state (*items)[2];
        size_t n, cap;
    } states;
    struct {
        struct grant_difference *items;
        size_t n, cap;
    } about;
};

static bool is_binding(const struct rbac_object *o)
{
    return o->kind == RBAC_ROLE_BINDING || o->kind == RBAC_CLUSTER_ROLE_BINDING;
}

static struct str cell_name(struct arena *a, const struct rbac_object *o,
                            const struct rbac_subject *s)
{
    return CONCAT(a, o->namespace, STR(" "), o->role_name, STR(" "),
                  STR_C(rbac_subject_kind_name(s->kind)), STR(" "), s->namespace, STR("/"),
                  s->name);
}

static void count_cells(const struct site_view *view, size_t which, struct arena *a,
                        struct grant_cells *out)
{
    struct intern live = {.arena = a};
    for (size_t i = 0; i < view->cluster->objects.n; i++) {
        const struct rbac_object *o = &view->cluster->objects.items[i];
        for (size_t k = 0; is_binding(o) && k < o->n_subjects; k++)
            intern_add(&live, cell_name(a, o, &o->subjects[k]));
    }
    for (size_t i = 0; i < view->want->n; i++) {
        const struct rbac_object *o = &view->want->items[i];
        for (size_t k = 0; is_binding(o) && k < o->n_subjects; k++) {
            const struct rbac_subject *s = &o->subjects[k];
            struct str src = s->src.n ? s->src : o->src;
            uint32_t id =
                intern_add(&out->keys, CONCAT(a, src, STR(" "), o->role_name, STR(" "), s->name));
            if (id == out->states.n) {
                (void)ARENA_PUSH(a, &out->states);
                *ARENA_PUSH(a, &out->about) =
                    (struct grant_difference){src, o->role_name, s->name, false};
            }
            out->states.items[id][which].wanted++;
            out->states.items[id][which].there += intern_find(&live, cell_name(a, o, s)) != ID_NONE;
        }
    }
}

static void compare_grants(const struct site_view *const views[2], struct arena *a,
                           struct sites_difference *ret)
{
    struct grant_cells cells = {.keys = {.arena = a}};
    for (size_t i = 0; i < 2; i++)
        count_cells(views[i], i, a, &cells);
    for (size_t i = 0; i < cells.states.n; i++) {
        const struct cell_state *s = cells.states.items[i];
        bool first = s[0].there == s[0].wanted, second = s[1].there == s[1].wanted;
        if (!s[0].wanted || !s[1].wanted || first == second)
            continue;
        struct grant_difference *d = ARENA_PUSH(a, &ret->grants);
        *d = cells.about.items[i];
        d->on_first = first;
    }
}

int drift_sites_compare(const struct site_view *first, const struct site_view *second,
                        struct arena *a, struct sites_difference *ret, struct err *e)
{
    struct side sides[2];
    const struct site_view *const views[] = {first, second};
    struct sites_difference d = {.first = first->cluster, .second = second->cluster};
    for (size_t i = 0; i < 2; i++)
        side_init(&sides[i], views[i]->cluster, a);
    for (size_t i = 0; i < 2; i++)
        side_roles(&sides[i], &sides[1 - i], a);
    if (compare_roles(sides, a, &d, e) < 0)
        return -1;
    compare_grants(views, a, &d);
    d.only_first = strs_sorted(a, (struct strs){sides[0].own.items, sides[0].own.n});
    d.only_second = strs_sorted(a, (struct strs){sides[1].own.items, sides[1].own.n});
    *ret = d;
    return 0;
}
