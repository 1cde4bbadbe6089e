/* Can a role of the policy say this? Mirrors what policy_read and policy_resolve take. */
#include "policy/import/import.h"

struct known { /* over all sites */
    struct intern resources, any_group, groups, subresources, verbs;
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

static void know(struct known *k, struct arena *a, struct str group, struct str resource)
{
    struct str name, sub;
    intern_add(&k->resources, CONCAT(a, group, STR("/"), resource));
    intern_add(&k->any_group, resource);
    intern_add(&k->groups, group);
    if (str_split(resource, '/', &name, &sub))
        intern_add(&k->subresources, sub);
}

static void know_cluster(struct known *k, struct arena *a, const struct policy_cluster *cluster)
{
    for (size_t i = 0; i < cluster->resources.n; i++) {
        const struct policy_resource *r = &cluster->resources.items[i];
        know(k, a, r->group,
             r->subresource.n ? CONCAT(a, r->resource, STR("/"), r->subresource) : r->resource);
        for (size_t v = 0; v < r->verbs.n; v++)
            intern_add(&k->verbs, r->verbs.items[v]);
    }
}

static const struct known *known_of(struct importer *im)
{
    if (im->known)
        return im->known;
    struct known *k = ARENA_NEW(im->arena, struct known);
    k->resources.arena = k->any_group.arena = k->groups.arena = k->subresources.arena =
        k->verbs.arena = im->arena;
    for (size_t i = 0; i < sizeof(usual_verbs) / sizeof(*usual_verbs); i++)
        intern_add(&k->verbs, usual_verbs[i]);
    for (size_t i = 0; i < sizeof(virtual_resources) / sizeof(*virtual_resources); i++)
        know(k, im->arena, virtual_resources[i].group, virtual_resources[i].resource);
    for (size_t i = 0; i < im->n_sites; i++)
        know_cluster(k, im->arena, im->in->sites[i].cluster);
    im->known = k;
    return k;
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == ',' || s.p[i] == 0x7f)
            return false;
    return s.n > 0;
}

static bool resource_sayable(const struct known *k, struct arena *a, struct str group,
                             struct str resource)
{
    struct str name = resource, sub = STR_NONE;
    bool has_sub = str_split(resource, '/', &name, &sub);
    bool any_group = str_is(group, "*");
    if (!is_word(resource) || str_is(sub, "*") || (has_sub && sub.n == 0) || name.n == 0)
        return false;
    if (str_is(group, "authentication.k8s.io") && str_is(name, "userextras"))
        return true;
    if (!any_group && intern_find(&k->groups, group) == ID_NONE)
        return false;
    if (str_is(name, "*"))
        return !has_sub || intern_find(&k->subresources, sub) != ID_NONE;
    if (any_group)
        return intern_find(&k->any_group, resource) != ID_NONE;
    return intern_find(&k->resources, CONCAT(a, group, STR("/"), resource)) != ID_NONE;
}

static bool cannot(struct form_state *state, enum import_reason reason, struct str what)
{
    state->reason = reason;
    state->what = what;
    return false;
}

static bool verbs_sayable(struct importer *im, const struct known *k, import_verbs verbs,
                          struct form_state *state)
{
    if (verbs_have(verbs, 0))
        return cannot(state, IMPORT_ROLE_VERB_STAR, STR("verb '*'"));
    for (uint32_t v = 1; v < im->verbs.n && v < IMPORT_VERBS_MAX; v++)
        if (verbs_have(verbs, v) && intern_find(&k->verbs, im->verbs.items[v]) == ID_NONE)
            return cannot(state, IMPORT_ROLE_VERB,
                          arena_fmt(im->arena, "verb '%.*s'", STR_F(im->verbs.items[v])));
    return true;
}

static bool line_sayable(struct importer *im, const struct form_line *line,
                         struct form_state *state)
{
    const struct known *k = known_of(im);
    struct str resource = im->words.items[line->resource];
    if (line->group == URL_GROUP)
        return cannot(state, IMPORT_ROLE_URLS, arena_fmt(im->arena, "URL '%.*s'", STR_F(resource)));
    struct str group = im->words.items[line->group];
    if (!resource_sayable(k, im->arena, group, resource))
        return cannot(state, IMPORT_ROLE_RESOURCE,
                      arena_fmt(im->arena, "'%.*s/%.*s'", STR_F(group), STR_F(resource)));
    struct strs names = im->name_sets[line->names];
    for (size_t i = 0; i < names.n; i++)
        if (!is_word(names.items[i]) || !name_is_safe(names.items[i]))
            return cannot(state, IMPORT_ROLE_NAMES,
                          arena_fmt(im->arena, "name '%.*s'", STR_F(names.items[i])));
    return verbs_sayable(im, k, line->verbs, state);
}

bool form_sayable(struct importer *im, uint32_t id, struct form_state *ret)
{
    struct form_state *state = &im->form_states[id];
    struct form form = form_get(im, id);
    if (state->sayable == SAYABLE_UNKNOWN) {
        bool good = !im->too_many_verbs ||
                    cannot(state, IMPORT_ROLE_SIZE, arena_fmt(im->arena, "%zu verbs", im->verbs.n));
        for (size_t i = 0; good && i < form.n; i++)
            good = line_sayable(im, &form.items[i], state);
        state->sayable = good ? SAYABLE : UNSAYABLE;
    }
    *ret = *state;
    return state->sayable == SAYABLE;
}
