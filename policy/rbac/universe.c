#include "policy/rbac/universe.h"

#include "base/buf.h"
#include "policy/rbac/service_account.h"

#define CLASSES_MAX ((size_t)1 << 22)

static const struct str standard_verbs[] = {
#define VERB(name, standard) {name, sizeof(name) - 1},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};

static bool is_star(struct str s)
{
    return s.n == 1 && s.p[0] == '*';
}

/* "*" "/" sub: every resource's subresource of that name. An empty one never matches. */
static bool star_sub(struct str resource, struct str *ret_sub)
{
    if (resource.n < 3 || resource.p[0] != '*' || resource.p[1] != '/')
        return false;
    *ret_sub = str_from_to(resource, 2, resource.n);
    return true;
}

/* --- targets */

static size_t target_slot(const struct universe *u, uint32_t group, uint32_t resource, uint32_t sub)
{
    uint64_t h = group * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ resource) * UINT64_C(0xBF58476D1CE4E5B9);
    h = (h ^ sub) * UINT64_C(0x94D049BB133111EB);
    size_t mask = u->n_slots - 1;
    size_t i = (size_t)(h >> 20) & mask;
    while (u->slots[i]) {
        const struct target *t = &u->items[u->slots[i] - 1];
        if (t->group == group && t->resource == resource && t->sub == sub)
            break;
        i = (i + 1) & mask;
    }
    return i;
}

uint32_t target_find(const struct universe *u, uint32_t group, uint32_t resource, uint32_t sub)
{
    return u->slots[target_slot(u, group, resource, sub)] - 1; /* 0 - 1 is ID_NONE */
}

static void grow_slots(struct universe *u)
{
    u->n_slots = u->n_slots ? u->n_slots * 4 : 256;
    u->slots = ARENA_ARRAY(u->arena, u->n_slots, uint32_t);
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        u->slots[target_slot(u, t->group, t->resource, t->sub)] = (uint32_t)i + 1;
    }
}

static struct target *add_one(struct universe *u, uint32_t group, uint32_t resource, uint32_t sub)
{
    if ((u->n + 1) * 2 > u->n_slots)
        grow_slots(u);
    size_t slot = target_slot(u, group, resource, sub);
    if (u->slots[slot])
        return &u->items[u->slots[slot] - 1];
    struct target *t = ARENA_PUSH(u->arena, u);
    *t = (struct target){.group = group, .resource = resource, .sub = sub};
    u->slots[slot] = (uint32_t)u->n;
    return t;
}

/* A resource, and once more for each told-apart subresource its spelling may end in: a question for
 * "a/b" may come as resource "a", subresource "b", or as resource "a/b" without one. */
static void add_target(struct universe *u, uint32_t group, uint32_t resource)
{
    add_one(u, group, resource, ID_NONE);
    struct str text = u->resources.items[resource];
    for (uint32_t s = 0; s < u->subs.n; s++) {
        struct str sub = u->subs.items[s];
        if (text.n > sub.n && text.p[text.n - sub.n - 1] == '/' && str_ends(text, sub))
            add_one(u, group, resource, s);
    }
}

/* --- from the rules */

static void intern_all(struct intern *t, struct strs set)
{
    for (size_t i = 0; i < set.n; i++)
        if (!is_star(set.items[i]))
            intern_add(t, set.items[i]);
}

static void spell_rule(struct universe *u, const struct rbac_rule *rule)
{
    intern_all(&u->verbs, rule->verbs);
    intern_all(&u->groups, rule->api_groups);
    intern_all(&u->resources, rule->resources);
    for (size_t i = 0; i < rule->resources.n; i++) {
        struct str sub;
        if (star_sub(rule->resources.items[i], &sub))
            intern_add(&u->subs, sub);
    }
    for (size_t i = 0; i < rule->non_resource_urls.n; i++) {
        struct str url = rule->non_resource_urls.items[i];
        intern_add(&u->urls, url);
        if (!str_ends(url, STR("*")))
            continue;
        while (url.n > 0 && url.p[url.n - 1] == '*')
            url.n--;
        intern_add(&u->url_prefixes, url);
    }
}

static struct str combined(struct universe *u, const struct policy_resource *r)
{
    if (r->subresource.n == 0)
        return r->resource;
    return CONCAT(u->arena, r->resource, STR("/"), r->subresource);
}

static void spell(struct universe *u, const struct policy_resources *discovery)
{
    for (size_t i = 0; i < sizeof(standard_verbs) / sizeof(*standard_verbs); i++)
        intern_add(&u->verbs, standard_verbs[i]);
    for (size_t s = 0; s < u->n_sets; s++)
        for (size_t i = 0; i < u->sets[s]->n; i++) {
            const struct rbac_object *o = &u->sets[s]->items[i];
            for (size_t r = 0; r < o->n_rules; r++)
                spell_rule(u, &o->rules[r]);
        }
    for (size_t i = 0; i < discovery->n; i++) {
        const struct policy_resource *r = &discovery->items[i];
        intern_all(&u->verbs, r->verbs);
        intern_add(&u->groups, r->group);
        uint32_t resource = intern_add(&u->resources, combined(u, r));
        add_target(u, intern_find(&u->groups, r->group), resource);
        struct target *t =
            &u->items[target_find(u, intern_find(&u->groups, r->group), resource, ID_NONE)];
        t->known = true;
        t->namespaced = t->namespaced || r->namespaced;
    }
}

static void target_pairs(struct universe *u, const struct rbac_rule *rule, bool *starred)
{
    for (size_t r = 0; r < rule->resources.n; r++) {
        if (is_star(rule->resources.items[r]))
            continue;
        uint32_t resource = intern_find(&u->resources, rule->resources.items[r]);
        for (size_t g = 0; g < rule->api_groups.n; g++) {
            if (is_star(rule->api_groups.items[g]))
                starred[resource] = true;
            else
                add_target(u, intern_find(&u->groups, rule->api_groups.items[g]), resource);
        }
    }
}

static bool add_targets(struct universe *u)
{
    bool *starred = ARENA_ARRAY(u->arena, u->resources.n, bool);
    for (size_t s = 0; s < u->n_sets; s++)
        for (size_t i = 0; i < u->sets[s]->n; i++)
            for (size_t r = 0; r < u->sets[s]->items[i].n_rules; r++)
                target_pairs(u, &u->sets[s]->items[i].rules[r], starred);
    for (uint32_t g = 0; g <= u->groups.n; g++) {
        uint32_t group = g == u->groups.n ? ID_NONE : g;
        for (uint32_t r = 0; r < u->resources.n; r++)
            if (starred[r])
                add_target(u, group, r);
        add_one(u, group, ID_NONE, ID_NONE);
        for (uint32_t s = 0; s < u->subs.n; s++)
            add_one(u, group, ID_NONE, s);
        if (u->n > CLASSES_MAX)
            return false;
    }
    return true;
}

static void push_target(struct universe *u, struct target_list *list, uint32_t target)
{
    *ARENA_PUSH(u->arena, list) = target;
}

static void index_targets(struct universe *u)
{
    u->by_group = ARENA_ARRAY(u->arena, u->groups.n + 1, struct target_list);
    u->by_resource = ARENA_ARRAY(u->arena, u->resources.n, struct target_list);
    u->by_sub = ARENA_ARRAY(u->arena, u->subs.n, struct target_list);
    for (uint32_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        push_target(u, &u->by_group[t->group == ID_NONE ? u->groups.n : t->group], i);
        if (t->resource != ID_NONE)
            push_target(u, &u->by_resource[t->resource], i);
        if (t->sub != ID_NONE)
            push_target(u, &u->by_sub[t->sub], i);
    }
}

/* --- what a rule matches */

struct visit {
    void (*visit)(void *context, uint32_t target);
    void *context;
    const struct universe *u;
    const struct rbac_rule *rule;
    bool any_group;
};

static bool group_in(const struct visit *v, uint32_t group)
{
    return v->any_group ||
           (group != ID_NONE && strs_has(v->rule->api_groups, v->u->groups.items[group]));
}

static void visit_list(const struct visit *v, const struct target_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (group_in(v, v->u->items[list->items[i]].group))
            v->visit(v->context, list->items[i]);
}

static void visit_groups(const struct visit *v)
{
    for (size_t g = 0; v->any_group && g <= v->u->groups.n; g++)
        visit_list(v, &v->u->by_group[g]);
    for (size_t i = 0; !v->any_group && i < v->rule->api_groups.n; i++)
        visit_list(v, &v->u->by_group[intern_find(&v->u->groups, v->rule->api_groups.items[i])]);
}

void universe_visit(const struct universe *u, const struct rbac_rule *rule,
                    void (*visit)(void *context, uint32_t target), void *context)
{
    struct visit v = {visit, context, u, rule, strs_has(rule->api_groups, STR("*"))};
    for (size_t r = 0; r < rule->resources.n; r++) {
        struct str resource = rule->resources.items[r], sub;
        if (is_star(resource)) {
            visit_groups(&v);
            continue;
        }
        visit_list(&v, &u->by_resource[intern_find(&u->resources, resource)]);
        if (star_sub(resource, &sub))
            visit_list(&v, &u->by_sub[intern_find(&u->subs, sub)]);
    }
}

/* --- names */

struct naming {
    struct universe *u;
    const struct rbac_rule *rule;
    size_t n_total;
};

static void add_name(struct universe *u, struct target *t, uint32_t name)
{
    for (size_t i = 0; i < t->n_names; i++)
        if (t->names[i] == name)
            return;
    uint32_t *slot =
        arena_push(u->arena, (void **)&t->names, &t->n_names, &t->cap_names, sizeof(name));
    *slot = name;
}

static void name_target(void *context, uint32_t target)
{
    struct naming *n = context;
    struct target *t = &n->u->items[target];
    size_t before = t->n_names;
    if (n->n_total > CLASSES_MAX)
        return;
    for (size_t i = 0; i < n->rule->resource_names.n; i++)
        add_name(n->u, t, intern_add(&n->u->names, n->rule->resource_names.items[i]));
    n->n_total += t->n_names - before;
}

static bool add_names(struct universe *u)
{
    struct naming n = {.u = u};
    for (size_t s = 0; s < u->n_sets; s++)
        for (size_t i = 0; i < u->sets[s]->n; i++)
            for (size_t r = 0; r < u->sets[s]->items[i].n_rules; r++) {
                n.rule = &u->sets[s]->items[i].rules[r];
                if (n.rule->resource_names.n > 0)
                    universe_visit(u, n.rule, name_target, &n);
            }
    return n.n_total <= CLASSES_MAX;
}

static void number_classes(struct universe *u)
{
    for (size_t i = 0; i < u->n; i++) {
        u->items[i].first = u->n_classes;
        u->n_classes += (uint32_t)u->items[i].n_names + 1;
    }
    u->first_url = u->n_classes;
    u->n_classes += (uint32_t)(u->urls.n + u->url_prefixes.n + 1);
    u->words = (u->verbs.n + 1 + 63) / 64;
}

const struct universe *universe_new(struct arena *a, const struct rbac_set *const *sets,
                                    size_t n_sets, const struct policy_resources *discovery,
                                    struct err *e)
{
    struct universe *u = ARENA_NEW(a, struct universe);
    *u = (struct universe){.arena = a, .sets = sets, .n_sets = n_sets};
    struct intern *tables[] = {&u->verbs,         &u->groups,
                               &u->resources,     &u->subs,
                               &u->names,         &u->urls,
                               &u->url_prefixes,  &u->subject_groups,
                               &u->subject_users, &u->subject_accounts,
                               &u->namespaces};
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
        tables[i]->arena = a;
    intern_add(&u->namespaces, STR_NONE);
    grow_slots(u);
    spell(u, discovery);
    universe_spell_subjects(u);
    if (!add_targets(u)) {
        fail(e, ERR_LIMIT, "the rules tell more than %zu resources apart", CLASSES_MAX);
        return NULL;
    }
    index_targets(u);
    if (!add_names(u)) {
        fail(e, ERR_LIMIT, "the rules tell more than %zu resources and names apart", CLASSES_MAX);
        return NULL;
    }
    number_classes(u);
    return u;
}

size_t universe_bits(const struct universe *u)
{
    return (size_t)u->n_classes * (u->verbs.n + 1);
}

/* --- questions */

uint32_t universe_verb(const struct universe *u, struct str verb)
{
    uint32_t id = intern_find(&u->verbs, verb);
    return id == ID_NONE ? (uint32_t)u->verbs.n : id;
}

static uint32_t url_class(const struct universe *u, struct str path)
{
    uint32_t id = intern_find(&u->urls, path);
    if (id != ID_NONE)
        return u->first_url + id;
    uint32_t best = (uint32_t)u->url_prefixes.n; /* no prefix at all */
    for (uint32_t i = 0; i < u->url_prefixes.n; i++) {
        struct str prefix = u->url_prefixes.items[i];
        if (str_starts(path, prefix) &&
            (best == u->url_prefixes.n || prefix.n > u->url_prefixes.items[best].n))
            best = i;
    }
    return u->first_url + (uint32_t)u->urls.n + best;
}

static uint32_t resource_id(const struct universe *u, const struct rbac_question *q)
{
    if (q->subresource.n == 0)
        return intern_find(&u->resources, q->resource);
    char small[256]; /* nearly always enough: no heap in a question */
    struct str text = {small, q->resource.n + 1 + q->subresource.n};
    auto_buf large = BUF_INIT((size_t)1 << 20);
    if (text.n > sizeof(small)) {
        buf_fmt(&large, "%.*s/%.*s", STR_F(q->resource), STR_F(q->subresource));
        return intern_find(&u->resources, buf_str(&large));
    }
    if (q->resource.n > 0)
        memcpy(small, q->resource.p, q->resource.n);
    small[q->resource.n] = '/';
    memcpy(small + q->resource.n + 1, q->subresource.p, q->subresource.n);
    return intern_find(&u->resources, text);
}

uint32_t universe_class(const struct universe *u, const struct rbac_question *q)
{
    if (rbac_is_url(q))
        return url_class(u, q->path);
    uint32_t group = intern_find(&u->groups, q->api_group);
    uint32_t resource = resource_id(u, q);
    uint32_t sub = q->subresource.n ? intern_find(&u->subs, q->subresource) : ID_NONE;
    uint32_t target = target_find(u, group, resource, sub);
    if (target == ID_NONE) /* spelt elsewhere, but not for this group: only wildcards can match */
        target = target_find(u, group, ID_NONE, sub);
    const struct target *t = &u->items[target];
    uint32_t name = intern_find(&u->names, q->name);
    for (uint32_t i = 0; name != ID_NONE && i < t->n_names; i++)
        if (t->names[i] == name)
            return t->first + i;
    return t->first + (uint32_t)t->n_names;
}
