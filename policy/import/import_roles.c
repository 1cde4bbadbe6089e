/*
 * Roles: which role of the policy stands for a role object. Objects that allow the same share one;
 * what is Kubernetes' own view, edit, admin or cluster-admin is based on it; what a policy cannot
 * say itself is based on the ClusterRole, when every site has it.
 */
#include <stdlib.h>

#include "policy/import/import.h"

static struct str role_key(struct arena *a, enum rbac_kind kind, struct str namespace,
                           struct str name)
{
    return kind == RBAC_CLUSTER_ROLE ? CONCAT(a, STR("ClusterRole "), name)
                                     : CONCAT(a, STR("Role "), namespace, STR("/"), name);
}

void roles_index(struct importer *im, uint32_t site)
{
    struct import_site_state *s = &im->sites[site];
    const struct rbac_set *set = im->in->sites[site].objects;
    s->role_names.arena = im->arena;
    s->role_objects = ARENA_ARRAY(im->arena, set->n, uint32_t);
    s->forms = ARENA_ARRAY(im->arena, set->n, uint32_t);
    s->choices = ARENA_ARRAY(im->arena, set->n * 2, struct import_object_role);
    for (uint32_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        s->forms[i] = ID_NONE;
        if (o->kind != RBAC_CLUSTER_ROLE && o->kind != RBAC_ROLE)
            continue;
        size_t before = s->role_names.n;
        uint32_t id =
            intern_add(&s->role_names, role_key(im->arena, o->kind, o->namespace, o->name));
        if (s->role_names.n > before) /* of two with one name the first counts */
            s->role_objects[id] = i;
    }
}

static uint32_t object_form(struct importer *im, uint32_t site, uint32_t object)
{
    struct import_site_state *s = &im->sites[site];
    if (s->forms[object] == ID_NONE)
        s->forms[object] = form_of_rules(im, &im->in->sites[site].objects->items[object]);
    return s->forms[object];
}

static uint32_t cluster_role(struct importer *im, uint32_t site, struct str name)
{
    uint32_t id = intern_find(&im->sites[site].role_names,
                              role_key(im->arena, RBAC_CLUSTER_ROLE, STR_NONE, name));
    return id == ID_NONE ? ID_NONE : im->sites[site].role_objects[id];
}

static bool is_everywhere(struct importer *im, struct str name)
{
    for (uint32_t site = 0; site < im->n_sites; site++)
        if (cluster_role(im, site, name) == ID_NONE)
            return false;
    return name_is_safe(name) && !str_has(name, '"');
}

/* --- which */

static uint32_t role_add(struct importer *im, struct str key, bool wide,
                         const struct import_role *role)
{
    size_t before = im->role_keys.n;
    uint32_t id =
        intern_add(&im->role_keys, CONCAT(im->arena, key, wide ? STR("\nwide") : STR("")));
    if (im->role_keys.n > before) {
        struct import_role *slot = ARENA_PUSH(im->arena, &im->roles);
        *slot = *role;
        slot->wide = wide;
        slot->base = ID_NONE;
    }
    return id;
}

static uint32_t role_by_name(struct importer *im, struct str name, bool wide)
{
    struct import_role role = {.form = ID_NONE, .cluster_role = name};
    return role_add(im, CONCAT(im->arena, STR("k8s/"), name), wide, &role);
}

uint32_t *role_forms(struct importer *im, struct str name)
{
    uint32_t *forms = ARENA_ARRAY(im->arena, im->n_sites, uint32_t);
    if (!is_everywhere(im, name))
        return NULL;
    for (uint32_t site = 0; site < im->n_sites; site++)
        forms[site] = object_form(im, site, cluster_role(im, site, name));
    return forms;
}

/* The builtin that allows exactly this here. */
static struct str builtin_like(struct importer *im, uint32_t site, uint32_t form, bool wide)
{
    for (size_t i = 0; i < N_IMPORT_BUILTIN; i++) {
        const struct import_builtin *b = &im->builtin[i];
        if (b->forms &&
            (b->forms[site] == form ||
             (!wide && form_without_urls(im, b->forms[site]) == form_without_urls(im, form))))
            return STR_C(b->name);
    }
    return STR_NONE;
}

/* A ClusterRole that every site has and that allows the same in a namespace. The index is made when
 * the first role asks. */
static struct str cluster_role_like(struct importer *im, uint32_t site, uint32_t form)
{
    struct import_site_state *s = &im->sites[site];
    const struct rbac_set *set = im->in->sites[site].objects;
    if (!s->same_forms.arena) {
        s->same_forms.arena = im->arena;
        s->by_form = ARENA_ARRAY(im->arena, set->n, uint32_t);
        for (uint32_t i = 0; i < set->n; i++) {
            if (set->items[i].kind != RBAC_CLUSTER_ROLE || !is_everywhere(im, set->items[i].name))
                continue;
            uint32_t own = form_without_urls(im, object_form(im, site, i));
            size_t before = s->same_forms.n;
            uint32_t id = intern_add(&s->same_forms, arena_fmt(im->arena, "%u", own));
            if (s->same_forms.n > before)
                s->by_form[id] = i;
        }
    }
    uint32_t id =
        intern_find(&s->same_forms, arena_fmt(im->arena, "%u", form_without_urls(im, form)));
    return id == ID_NONE ? STR_NONE : set->items[s->by_form[id]].name;
}

static struct import_object_role cannot(struct importer *im, const struct rbac_object *o,
                                        enum import_reason reason, struct str what)
{
    struct str name = object_name(im->arena, o);
    return (struct import_object_role){.asked = true,
                                       .role = ID_NONE,
                                       .reason = reason,
                                       .detail = what.n ? CONCAT(im->arena, name, STR(": "), what)
                                                        : name};
}

static struct import_object_role choose(struct importer *im, uint32_t site, uint32_t object,
                                        bool wide)
{
    const struct rbac_object *o = &im->in->sites[site].objects->items[object];
    uint32_t form = object_form(im, site, object);
    struct import_object_role choice = {.asked = true};
    struct form_state state;
    if (form_get(im, form).n == 0)
        return cannot(im, o, IMPORT_EMPTY_ROLE, STR_NONE);
    for (size_t i = 0; i < N_IMPORT_BUILTIN; i++)
        if (o->kind == RBAC_CLUSTER_ROLE && str_is(o->name, im->builtin[i].name) &&
            im->builtin[i].forms) {
            choice.role = role_by_name(im, o->name, wide);
            return choice;
        }
    struct str like = builtin_like(im, site, form, wide);
    if (like.n) {
        choice.role = role_by_name(im, like, wide);
        return choice;
    }
    if (form_sayable(im, form, &state) || base_makes_sayable(im, form)) {
        struct import_role role = {.form = form};
        choice.role = role_add(im, arena_fmt(im->arena, "form %u", form), wide, &role);
        return choice;
    }
    if (o->kind == RBAC_CLUSTER_ROLE && is_everywhere(im, o->name))
        like = o->name;
    else if (!wide)
        like = cluster_role_like(im, site, form);
    if (!like.n)
        return cannot(im, o, state.reason, state.what);
    choice.role = role_by_name(im, like, wide);
    choice.reason = IMPORT_BY_REFERENCE;
    choice.detail = state.what;
    return choice;
}

struct import_object_role role_choose(struct importer *im, uint32_t site, uint32_t object,
                                      bool wide)
{
    struct import_object_role *choice = &im->sites[site].choices[object * 2 + wide];
    const struct rbac_object *o = &im->in->sites[site].objects->items[object];
    if (choice->asked)
        return *choice;
    *choice = choose(im, site, object, wide);
    if (choice->role == ID_NONE)
        return *choice;
    struct import_role *role = &im->roles.items[choice->role];
    *ARENA_PUSH(im->arena, &role->sources) = (struct import_source){o, site};
    struct import_finding note = {.site = im->in->sites[site].name,
                                  .object = object_name(im->arena, o),
                                  .detail = choice->detail,
                                  .reason = IMPORT_BY_REFERENCE};
    if (choice->reason == IMPORT_BY_REFERENCE)
        found(im, &note);
    note.reason = IMPORT_AGGREGATED;
    note.detail = STR_NONE;
    if (o->aggregated)
        found(im, &note);
    return *choice;
}

/* --- names: of the source that says most */

static int source_order(const void *a, const void *b)
{
    const struct rbac_object *x = ((const struct import_source *)a)->object,
                             *y = ((const struct import_source *)b)->object;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1; /* a ClusterRole's name is known in the whole cluster */
    if (x->name.n != y->name.n)
        return x->name.n < y->name.n ? -1 : 1;
    int order = str_cmp(x->name, y->name);
    order = order ? order : str_cmp(x->namespace, y->namespace);
    return order ? order
                 : (((const struct import_source *)a)->site >
                    ((const struct import_source *)b)->site) -
                       (((const struct import_source *)a)->site <
                        ((const struct import_source *)b)->site);
}

static struct str wanted_name(struct importer *im, const struct import_role *role)
{
    struct str raw =
        role->cluster_role.n ? role->cluster_role : role->sources.items[0].object->name;
    if (str_starts(raw, STR(RBAC_PREFIX)))
        raw = str_from_to(raw, sizeof(RBAC_PREFIX) - 1, raw.n);
    return name_from(im->arena, raw, "role");
}

static void name_roles(struct importer *im)
{
    struct intern taken = {.arena = im->arena};
    for (size_t i = 0; i < im->roles.n; i++)
        if (im->roles.items[i].sources.n > 1)
            qsort(im->roles.items[i].sources.items, im->roles.items[i].sources.n,
                  sizeof(struct import_source), source_order);
    /* names of Kubernetes' own first, then in namespaces, then cluster-wide */
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < im->roles.n; i++) {
            struct import_role *role = &im->roles.items[i];
            int own = role->wide ? 2 : role->cluster_role.n ? 0 : 1;
            struct str name = wanted_name(im, role);
            if (own != round)
                continue;
            if (role->wide && intern_find(&taken, name) != ID_NONE)
                name = CONCAT(im->arena, name, STR("-wide"));
            role->name = name_unique(im->arena, &taken, name);
        }
}

static void note_create_names(struct importer *im, const struct import_role *role)
{
    static const struct str nameless[] = {
        {"create", 6}, {"list", 4}, {"watch", 5}, {"deletecollection", 16}};
    struct form form = role->form == ID_NONE ? (struct form){0} : form_get(im, role->form);
    for (size_t i = 0; i < form.n; i++)
        for (size_t v = 0; form.items[i].names && v < sizeof(nameless) / sizeof(*nameless); v++) {
            uint32_t id = intern_find(&im->verbs, nameless[v]);
            if (id == ID_NONE || !verbs_have(form.items[i].verbs, id))
                continue;
            struct import_finding note = {
                .reason = IMPORT_CREATE_NAMES,
                .site = im->in->sites[role->sources.items[0].site].name,
                .object = object_name(im->arena, role->sources.items[0].object)};
            found(im, &note);
            return;
        }
}

void roles_finish(struct importer *im)
{
    name_roles(im);
    bases_find(im);
    for (size_t i = 0; i < im->roles.n; i++)
        note_create_names(im, &im->roles.items[i]);
}
