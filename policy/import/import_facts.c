/* What is bound, as facts: one group (a team to be), one role of the policy, one namespace of a
 * site or the whole of it. What cannot become one is named. */
#include <stdlib.h>

#include "policy/import/import.h"

struct reading {
    struct importer *im;
    uint32_t site;
    const struct rbac_object *binding;
    uint32_t place;
    struct import_object_role role;
    bool is_default; /* made by the API server itself */
};

static void leave(const struct reading *r, enum import_reason reason,
                  const struct rbac_subject *subject, struct str detail)
{
    struct importer *im = r->im;
    struct import_finding f = {.reason = reason,
                               .site = im->in->sites[r->site].name,
                               .object = object_name(im->arena, r->binding),
                               .detail = detail};
    struct str kind = subject ? STR_C(rbac_subject_kind_name(subject->kind)) : STR_NONE;
    if (subject && subject->namespace.n)
        f.subject = CONCAT(im->arena, kind, STR(" "), subject->namespace, STR("/"), subject->name);
    else if (subject)
        f.subject = CONCAT(im->arena, kind, STR(" "), subject->name);
    found(im, &f);
}

static bool is_kubernetes_own(const struct rbac_subject *s)
{
    return str_starts(s->name, STR("system:")) ||
           (s->kind == RBAC_SERVICE_ACCOUNT && str_starts(s->namespace, STR("kube-")));
}

static bool is_minted(struct str group)
{
    struct str ours = STR(RBAC_PREFIX), rest = str_from_to(group, ours.n, group.n);
    return str_starts(group, ours) &&
           (!str_starts(rest, STR("team:")) || !is_policy_name(str_from_to(rest, 5, rest.n)));
}

/* LEFT reasons of the subject itself; N_IMPORT_REASONS: it can be taken. */
static enum import_reason reason_of(const struct rbac_subject *s)
{
    switch (s->kind) {
    case RBAC_USER: return str_starts(s->name, STR("system:")) ? IMPORT_SYSTEM : IMPORT_USER;
    case RBAC_SERVICE_ACCOUNT: return IMPORT_SERVICE_ACCOUNT;
    case RBAC_SUBJECT_UNKNOWN: return IMPORT_UNKNOWN_SUBJECT;
    case RBAC_GROUP: break;
    }
    if (str_starts(s->name, STR("system:")))
        return IMPORT_SYSTEM;
    if (!name_is_safe(s->name))
        return IMPORT_BAD_NAME;
    return is_minted(s->name) ? IMPORT_MINTED : N_IMPORT_REASONS;
}

/* --- what is taken, as it was */

static void take_subject(const struct reading *r, struct rbac_object **taken,
                         const struct rbac_subject *subject)
{
    struct importer *im = r->im;
    if (!*taken) {
        *taken = ARENA_PUSH(im->arena, &im->sites[r->site].taken);
        **taken = *r->binding;
        (*taken)->subjects = ARENA_ARRAY(im->arena, r->binding->n_subjects, struct rbac_subject);
        (*taken)->n_subjects = 0;
    }
    (*taken)->subjects[(*taken)->n_subjects++] = *subject;
    *ARENA_PUSH(im->arena, &im->facts) = (struct import_fact){
        intern_add(&im->groups, subject->name), r->role.role, r->place, r->binding};
    im->roles.items[r->role.role].n_uses++;
}

static void read_subjects(const struct reading *r)
{
    struct rbac_object *taken = NULL;
    for (size_t i = 0; i < r->binding->n_subjects; i++) {
        const struct rbac_subject *s = &r->binding->subjects[i];
        enum import_reason reason = reason_of(s);
        if (r->is_default && is_kubernetes_own(s))
            r->im->out->n_default++;
        else if (reason != N_IMPORT_REASONS)
            leave(r, reason, s, STR_NONE);
        else if (r->role.role == ID_NONE)
            leave(r, r->role.reason, s, r->role.detail);
        else
            take_subject(r, &taken, s);
    }
}

/* The role of a binding: its object, then what of the policy stands for it. */
static void find_role(struct reading *r)
{
    const struct rbac_object *b = r->binding;
    const struct import_site_state *s = &r->im->sites[r->site];
    bool wide = b->kind == RBAC_CLUSTER_ROLE_BINDING,
         by_cluster_role = str_is(b->role_kind, "ClusterRole");
    struct str key = by_cluster_role
                         ? CONCAT(r->im->arena, STR("ClusterRole "), b->role_name)
                         : CONCAT(r->im->arena, STR("Role "), b->namespace, STR("/"), b->role_name);
    uint32_t id = intern_find(&s->role_names, key);
    if (!by_cluster_role && (wide || !str_is(b->role_kind, "Role")))
        id = ID_NONE;
    r->role = (struct import_object_role){.role = ID_NONE, .reason = IMPORT_NO_ROLE, .detail = key};
    if (id != ID_NONE)
        r->role = role_choose(r->im, r->site, s->role_objects[id], wide);
}

static bool anything_to_take(const struct reading *r)
{
    for (size_t i = 0; i < r->binding->n_subjects; i++)
        if (reason_of(&r->binding->subjects[i]) == N_IMPORT_REASONS)
            return true;
    return false;
}

static void read_binding(struct reading *r)
{
    const struct rbac_object *b = r->binding;
    const struct import_site_state *s = &r->im->sites[r->site];
    r->is_default =
        str_starts(b->name, STR("system:")) ||
        str_is(pairs_get(&b->labels, STR("kubernetes.io/bootstrapping")), "rbac-defaults");
    r->place = (uint32_t)r->im->n_places + r->site;
    r->role = (struct import_object_role){.role = ID_NONE, .reason = IMPORT_NO_NAMESPACE};
    bool there = true;
    if (b->kind == RBAC_ROLE_BINDING) {
        uint32_t namespace = intern_find(&s->namespaces, b->namespace);
        there = namespace != ID_NONE;
        r->place = s->first_place + namespace;
    }
    if (str_has(b->namespace, '*') || (b->namespace.n && !name_is_safe(b->namespace))) {
        r->role.reason = IMPORT_BAD_NAME;
        there = false;
    }
    if (there && anything_to_take(r))
        find_role(r);
    read_subjects(r);
}

/* --- places, in the order of their names */

static void number_places(struct importer *im)
{
    for (uint32_t site = 0; site < im->n_sites; site++)
        im->n_places += im->in->sites[site].cluster->n_namespaces;
    im->place_site = ARENA_ARRAY(im->arena, im->n_places + im->n_sites, uint8_t);
    uint32_t at = 0;
    for (uint32_t site = 0; site < im->n_sites; site++) {
        const struct policy_cluster *c = im->in->sites[site].cluster;
        struct import_site_state *s = &im->sites[site];
        struct str *names = ARENA_ARRAY(im->arena, c->n_namespaces, struct str);
        for (size_t i = 0; i < c->n_namespaces; i++)
            names[i] = c->namespaces[i].name;
        struct strs sorted = strs_sorted(im->arena, (struct strs){names, c->n_namespaces});
        s->namespaces.arena = im->arena;
        s->first_place = at;
        for (size_t i = 0; i < sorted.n; i++) {
            intern_add(&s->namespaces, sorted.items[i]);
            im->place_site[at++] = (uint8_t)site;
        }
    }
    im->n_places = at;
    for (uint32_t site = 0; site < im->n_sites; site++)
        im->place_site[at + site] = (uint8_t)site;
}

static int fact_order(const void *a, const void *b)
{
    const struct import_fact *x = a, *y = b;
    if (x->team != y->team)
        return x->team < y->team ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void facts_read(struct importer *im)
{
    number_places(im);
    for (uint32_t site = 0; site < im->n_sites; site++)
        roles_index(im, site);
    static const char *const builtin[N_IMPORT_BUILTIN] = {"view", "edit", "admin", "cluster-admin"};
    for (size_t i = 0; i < N_IMPORT_BUILTIN; i++)
        im->builtin[i] = (struct import_builtin){builtin[i], role_forms(im, STR_C(builtin[i]))};
    for (uint32_t site = 0; site < im->n_sites; site++) {
        const struct rbac_set *set = im->in->sites[site].objects;
        for (size_t i = 0; i < set->n; i++) {
            struct reading r = {.im = im, .site = site, .binding = &set->items[i]};
            if (r.binding->kind == RBAC_ROLE_BINDING ||
                r.binding->kind == RBAC_CLUSTER_ROLE_BINDING)
                read_binding(&r);
        }
    }
    if (im->facts.n > 1)
        qsort(im->facts.items, im->facts.n, sizeof(*im->facts.items), fact_order);
}
