/*
 * Bases: a role is said on top of another one when that is shorter, or when only the other one can
 * say a part of it (what Kubernetes' own roles allow on resources that exist no longer). From
 * Kubernetes' own roles something may also be taken away.
 */
#include <stdlib.h>

#include "policy/import/import.h"

#define BASE_LINES_MIN 3
#define BASE_DEPTH_MAX 8

struct base {
    uint32_t role;           /* ID_NONE: not a role of the policy */
    struct str cluster_role; /* then this one of Kubernetes' own */
    const uint32_t *forms;   /* by site */
    size_t n_lines, depth;
};
struct bases {
    struct base *items;
    size_t n, cap;
};
struct over { /* a form on top of a base */
    struct form rest, deny;
};

static bool has_names(const struct form *form)
{
    for (size_t i = 0; i < form->n; i++)
        if (form->items[i].names)
            return true;
    return false;
}

static bool sayable(struct importer *im, const struct form *form)
{
    struct form_state state;
    return form->n == 0 || form_sayable(im, form_add(im, form), &state);
}

/* Sites of different versions: what is missing in the base of one of them is said for all, it is
 * allowed there anyway; in the same way for what is too much. */
static bool put_over(struct importer *im, const struct base *base, const struct form *form,
                     struct over *ret)
{
    struct over over = {0};
    bool stars = form_has_star(im, form);
    for (uint32_t site = 0; site < im->n_sites; site++) {
        struct form allowed = form_get(im, base->forms[site]);
        if (site > 0 && base->forms[site] == base->forms[site - 1])
            continue;
        struct form missing = form_minus(im, form, &allowed),
                    too_much = form_minus(im, &allowed, form);
        /* `deny` is worked out over what the discovery has: only without wildcards it says exactly
         * what it says here */
        if (too_much.n &&
            (base->role != ID_NONE || stars || form_has_star(im, &allowed) || has_names(&too_much)))
            return false;
        over.rest = site > 0 ? form_union(im, &over.rest, &missing) : missing;
        over.deny = site > 0 ? form_union(im, &over.deny, &too_much) : too_much;
    }
    if (has_names(&over.rest) && over.deny.n) /* names beside a denial of the same resource */
        return false;
    *ret = over;
    return true;
}

static struct base builtin_base(struct importer *im, const struct import_builtin *builtin)
{
    return (struct base){.role = ID_NONE,
                         .cluster_role = STR_C(builtin->name),
                         .forms = builtin->forms,
                         .n_lines = form_get(im, builtin->forms[0]).n};
}

bool base_makes_sayable(struct importer *im, uint32_t id)
{
    struct form form = form_get(im, id);
    for (size_t i = 0; i < N_IMPORT_BUILTIN; i++) {
        struct over over;
        if (!im->builtin[i].forms)
            continue;
        struct base base = builtin_base(im, &im->builtin[i]);
        if (put_over(im, &base, &form, &over) && sayable(im, &over.rest) && sayable(im, &over.deny))
            return true;
    }
    return false;
}

static void choose_base(struct importer *im, struct import_role *role, const struct bases *bases,
                        size_t *ret_depth)
{
    struct form form = form_get(im, role->form);
    struct over best = {.rest = form};
    const struct base *chosen = NULL;
    bool needed = !sayable(im, &form);
    size_t least = needed ? SIZE_MAX : form.n / 2 + 1;
    for (size_t i = 0; i < bases->n; i++) {
        const struct base *base = &bases->items[i];
        struct over over;
        bool worth = base->n_lines >= BASE_LINES_MIN && base->n_lines <= form.n * 2;
        if ((!needed && !worth) || !put_over(im, base, &form, &over))
            continue;
        size_t cost = over.rest.n + over.deny.n;
        if (cost >= least || !sayable(im, &over.rest) || !sayable(im, &over.deny))
            continue;
        best = over;
        least = cost;
        chosen = base;
    }
    role->rest = best.rest;
    role->deny = best.deny;
    *ret_depth = chosen ? chosen->depth + 1 : 0;
    if (chosen && chosen->role != ID_NONE)
        role->base = chosen->role;
    else if (chosen)
        role->base_cluster_role = chosen->cluster_role;
}

/* --- in which order */

struct sized {
    size_t n_permissions;
    struct str name;
    uint32_t role;
};

static int smaller_first(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->n_permissions != y->n_permissions)
        return x->n_permissions < y->n_permissions ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static size_t permissions_of(const struct form *form)
{
    size_t n = 0;
    for (size_t i = 0; i < form->n; i++) {
        n += (size_t)__builtin_popcountll((unsigned long long)form->items[i].verbs);
        n += (size_t)__builtin_popcountll((unsigned long long)(form->items[i].verbs >> 64));
    }
    return n;
}

/* Cluster-wide twins stand on the role they are twins of. */
static bool twin_of(struct importer *im, uint32_t id)
{
    struct import_role *role = &im->roles.items[id];
    struct str key = im->role_keys.items[id];
    uint32_t plain =
        role->wide ? intern_find(&im->role_keys, str_from_to(key, 0, key.n - 5)) : ID_NONE;
    if (plain != ID_NONE)
        role->base = plain;
    return plain != ID_NONE;
}

/* `view` of the policy when there is one, else k8s/view. Only the latter can be denied from. */
static void base_names(struct importer *im, struct import_role *role)
{
    uint32_t own = ID_NONE;
    if (role->base_cluster_role.n && role->deny.n == 0)
        own = intern_find(&im->role_keys, CONCAT(im->arena, STR("k8s/"), role->base_cluster_role));
    if (own == ID_NONE)
        return;
    role->base = own;
    role->base_cluster_role = STR_NONE;
}

static void add_base(struct importer *im, struct bases *bases, const struct base *base)
{
    if (base->depth < BASE_DEPTH_MAX)
        *ARENA_PUSH(im->arena, bases) = *base;
}

void bases_find(struct importer *im)
{
    struct bases bases = {0};
    size_t n = 0;
    struct sized *order = ARENA_ARRAY(im->arena, im->roles.n, struct sized);
    for (size_t i = 0; i < N_IMPORT_BUILTIN; i++)
        if (im->builtin[i].forms) {
            struct base base = builtin_base(im, &im->builtin[i]);
            add_base(im, &bases, &base);
        }
    for (uint32_t i = 0; i < im->roles.n; i++) {
        if (twin_of(im, i) || im->roles.items[i].form == ID_NONE)
            continue;
        struct form form = form_get(im, im->roles.items[i].form);
        order[n++] = (struct sized){permissions_of(&form), im->roles.items[i].name, i};
    }
    if (n > 1)
        qsort(order, n, sizeof(*order), smaller_first);
    for (size_t i = 0; i < n; i++) {
        struct import_role *role = &im->roles.items[order[i].role];
        uint32_t *forms = ARENA_ARRAY(im->arena, im->n_sites, uint32_t);
        struct base base = {
            .role = order[i].role, .forms = forms, .n_lines = form_get(im, role->form).n};
        choose_base(im, role, &bases, &base.depth);
        base_names(im, role);
        for (size_t site = 0; site < im->n_sites; site++)
            forms[site] = role->form;
        if (!role->wide)
            add_base(im, &bases, &base);
    }
}
