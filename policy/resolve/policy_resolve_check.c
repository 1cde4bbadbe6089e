/* Resolving permissions and tests against the discovery of the sites: a resource or verb that no
 * site has is an error. */
#include "policy/resolve/resolved.h"

struct known {               /* over all sites that have data; made once per policy */
    struct intern resources; /* "apps/deployments", "/pods/log" */
    struct intern groups, subresources, verbs;
    size_t n_sites;
};

static const struct {
    struct str group, resource;
} virtual_resources[] = {
#define VIRTUAL(group, resource) {{group, sizeof(group) - 1}, {resource, sizeof(resource) - 1}},
#include "policy/rbac/virtual.tbl.h"
#undef VIRTUAL
};
static const struct str usual_verbs[] = {
#define VERB(name, standard) {name, sizeof(name) - 1},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};

static void know(struct known *k, struct arena *a, struct str group, struct str resource,
                 struct str sub)
{
    struct str key = sub.n > 0 ? CONCAT(a, group, STR("/"), resource, STR("/"), sub)
                               : CONCAT(a, group, STR("/"), resource);
    intern_add(&k->resources, key);
    intern_add(&k->groups, group);
    if (sub.n > 0)
        intern_add(&k->subresources, sub);
}

static void know_cluster(struct known *k, struct arena *a, const struct policy_cluster *cluster)
{
    for (size_t i = 0; i < cluster->resources.n; i++) {
        const struct policy_resource *r = &cluster->resources.items[i];
        know(k, a, r->group, r->resource, r->subresource);
        for (size_t v = 0; v < r->verbs.n; v++)
            intern_add(&k->verbs, r->verbs.items[v]);
    }
    k->n_sites++;
}

static const struct known *known_of(struct policy *p)
{
    if (p->known)
        return p->known;
    struct known *k = ARENA_NEW(p->arena, struct known);
    k->resources.arena = k->groups.arena = k->subresources.arena = k->verbs.arena = p->arena;
    for (size_t i = 0; i < sizeof(usual_verbs) / sizeof(*usual_verbs); i++)
        intern_add(&k->verbs, usual_verbs[i]);
    for (size_t i = 0; i < p->tree->sites.n; i++)
        if (p->sites[i].cluster && p->sites[i].twin == i && !p->sites[i].cluster->bindings_only)
            know_cluster(k, p->arena, p->sites[i].cluster);
    for (size_t i = 0; k->n_sites && i < sizeof(virtual_resources) / sizeof(*virtual_resources);
         i++) {
        struct str sub = STR_NONE, resource = virtual_resources[i].resource;
        str_split(resource, '/', &resource, &sub);
        know(k, p->arena, virtual_resources[i].group, resource, sub);
    }
    p->known = k;
    return k;
}

/* userextras/<key>: the key is free (authentication.k8s.io, impersonation of extras) */
static bool is_userextra(const struct policy_target *t)
{
    return str_is(t->group, "authentication.k8s.io") && str_is(t->resource, "userextras");
}

static struct str written(struct policy *p, const struct policy_target *t)
{
    if (t->subresource.n == 0)
        return arena_fmt(p->arena, "%.*s/%.*s", STR_F(t->group), STR_F(t->resource));
    return arena_fmt(p->arena, "%.*s/%.*s/%.*s", STR_F(t->group), STR_F(t->resource),
                     STR_F(t->subresource));
}

/* The same resource in another group is what was most likely meant. */
static bool hint_other_group(struct policy *p, const struct known *k, struct str name)
{
    struct str group, rest;
    if (!str_split(name, '/', &group, &rest))
        return false;
    for (size_t i = 0; i < k->resources.n; i++) {
        struct str other_group, other_rest;
        if (str_split(k->resources.items[i], '/', &other_group, &other_rest) &&
            str_eq(rest, other_rest)) {
            diag_hint(p->d, "did you mean '%.*s'?", STR_F(k->resources.items[i]));
            return true;
        }
    }
    return false;
}

/* "apps/v1/deployments" */
static bool looks_like_version(struct str s)
{
    return s.n >= 2 && s.p[0] == 'v' && s.p[1] >= '0' && s.p[1] <= '9';
}

static void unknown_resource(struct policy *p, const struct known *k, const struct policy_target *t)
{
    struct str name = written(p, t);
    struct str key = arena_fmt(p->arena, "resource %.*s", STR_F(name));
    size_t before = p->reported->n;
    intern_add(p->reported, key);
    if (p->reported->n == before)
        return;
    diag_error(p->d, t->pos, "no site has a resource '%.*s'", STR_F(name));
    if (looks_like_version(t->resource) && t->subresource.n > 0)
        diag_hint(p->d, "without the version: '%.*s/%.*s'", STR_F(t->group), STR_F(t->subresource));
    else if (!hint_other_group(p, k, name))
        diag_hint_nearest(p->d, name, k->resources.items, k->resources.n);
}

static void check_wildcard(struct policy *p, const struct known *k, const struct policy_target *t)
{
    struct word group = {t->group, t->pos}, sub = {t->subresource, t->pos};
    if (!str_is(t->group, "*") && intern_find(&k->groups, t->group) == ID_NONE)
        resolve_unknown(p, "API group", &group, &k->groups);
    else if (t->subresource.n > 0 && intern_find(&k->subresources, t->subresource) == ID_NONE)
        resolve_unknown(p, "subresource", &sub, &k->subresources);
}

static void check_any_group(struct policy *p, const struct known *k, const struct policy_target *t)
{
    struct str name = written(p, t);
    for (size_t i = 0; i < k->resources.n; i++) {
        struct str group, rest;
        if (str_split(k->resources.items[i], '/', &group, &rest) &&
            str_eq(rest, str_from_to(name, 2, name.n)))
            return;
    }
    unknown_resource(p, k, t);
}

static void check_target(struct policy *p, const struct known *k, const struct policy_target *t,
                         bool question)
{
    bool wildcard = str_is(t->resource, "*") || str_is(t->group, "*");
    if (question && wildcard) {
        diag_error(p->d, t->pos, "a test asks about one resource: '*' is not one");
        return;
    }
    if (k->n_sites == 0 || is_userextra(t))
        return;
    if (str_is(t->resource, "*"))
        check_wildcard(p, k, t);
    else if (str_is(t->group, "*"))
        check_any_group(p, k, t);
    else if (intern_find(&k->resources, written(p, t)) == ID_NONE)
        unknown_resource(p, k, t);
}

void resolve_permissions(struct policy *p, const struct policy_permissions *permissions,
                         bool question)
{
    const struct known *k = known_of(p);
    for (size_t i = 0; i < permissions->n; i++) {
        const struct policy_permission *permission = &permissions->items[i];
        for (size_t v = 0; v < permission->verbs.n; v++) {
            const struct word *verb = &permission->verbs.items[v];
            /* without discovery a verb may be one we cannot know */
            if (!str_is(verb->text, "*") && k->n_sites > 0 &&
                intern_find(&k->verbs, verb->text) == ID_NONE)
                resolve_unknown(p, "verb", verb, &k->verbs);
        }
        for (size_t t = 0; t < permission->n_targets; t++)
            check_target(p, k, &permission->targets[t], question);
    }
}

/* --- tests */

static void check_who(struct policy *p, const struct word *as)
{
    if (str_starts(as->text, STR("any of "))) {
        struct word team = {str_trim(str_from_to(as->text, 7, as->text.n)), as->pos};
        if (intern_find(&p->team_ids, team.text) == ID_NONE && !(p->tree->unreadable & TREE_TEAMS))
            resolve_unknown(p, "team", &team, &p->team_ids);
        return;
    }
    if (p->in->directory && intern_find(&p->people, as->text) == ID_NONE &&
        intern_find(&p->named, as->text) == ID_NONE)
        resolve_unknown(p, "person", as, &p->people);
}

static void check_where(struct policy *p, const struct word *in)
{
    struct str site_name = in->text, namespace = STR_NONE;
    bool has_namespace = str_split(in->text, ':', &site_name, &namespace);
    struct word site_word = {site_name, in->pos};
    uint32_t site = intern_find(&p->site_ids, site_name);
    if (site == ID_NONE) {
        if (!(p->tree->unreadable & TREE_SITES))
            resolve_unknown(p, "site", &site_word, &p->site_ids);
        return;
    }
    struct word word = {namespace, in->pos};
    if (has_namespace && p->sites[site].cluster &&
        intern_find(&p->sites[site].namespaces, namespace) == ID_NONE)
        resolve_unknown(p, "namespace", &word, &p->sites[site].namespaces);
}

void resolve_tests(struct policy *p)
{
    for (size_t i = 0; i < p->tree->tests.n; i++) {
        const struct policy_test *test = &p->tree->tests.items[i];
        if (test->broken)
            continue;
        check_who(p, &test->as);
        check_where(p, &test->in);
        resolve_permissions(p, &test->can, true);
    }
}
