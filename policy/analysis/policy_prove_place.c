/* What an invariant asks for, where it holds, and whom it leaves out. */
#include <stdlib.h>

#include "policy/analysis/policy_prove_inside.h"

/* --- where */

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void add_space(struct arena *a, const struct policy *p, uint32_t space, size_t site,
                      struct ids *out)
{
    const struct ids *namespaces = &p->spaces[space].namespaces[site];
    for (size_t i = 0; p->spaces[space].sites & site_bit(site) && i < namespaces->n; i++)
        *ARENA_PUSH(a, out) = namespaces->items[i];
}

/* Where the team has standing grants: the spaces of its grants without `until`. */
static bool add_own(struct arena *a, const struct policy *p, uint32_t team, size_t site,
                    struct ids *out)
{
    bool any = false;
    for (size_t i = 0; i < p->grants_of_team[team].n; i++) {
        const struct grant *g = &p->grants[p->grants_of_team[team].items[i]];
        if (!g->usable || g->timed || !(g->sites & site_bit(site)))
            continue;
        for (size_t k = 0; k < g->spaces.n; k++) {
            any = any || p->spaces[g->spaces.items[k]].sites & site_bit(site);
            add_space(a, p, g->spaces.items[k], site, out);
        }
    }
    return any;
}

static bool add_pairs(struct arena *a, const struct place *place, size_t site, struct ids *out)
{
    bool any = false;
    for (size_t i = 0; i + 1 < place->namespaces.n; i += 2)
        if (place->namespaces.items[i] == site) {
            *ARENA_PUSH(a, out) = place->namespaces.items[i + 1];
            any = true;
        }
    return any;
}

void prove_sort(struct ids *ids)
{
    size_t n = 0;
    if (ids->n > 1)
        qsort(ids->items, ids->n, sizeof(*ids->items), id_order);
    for (size_t i = 0; i < ids->n; i++)
        if (i == 0 || ids->items[i] != ids->items[n - 1])
            ids->items[n++] = ids->items[i];
    ids->n = n;
}

struct spot prove_spot(const struct prover *v, size_t site, const struct invariant *inv,
                       uint32_t team)
{
    const struct place *place = &inv->place;
    const struct policy *p = v->p;
    const struct prove_site *s = &v->sites[site];
    struct spot spot = {0};
    bool here = place->sites & site_bit(site), any = false;
    if (place->spaces.n == 0 && place->namespaces.n == 0 && !place->own) {
        spot.everywhere = here;
        spot.nowhere = !here;
        return spot;
    }
    for (size_t i = 0; here && i < place->spaces.n; i++) {
        any = any || p->spaces[place->spaces.items[i]].sites & site_bit(site);
        add_space(v->a, p, place->spaces.items[i], site, &spot.namespaces);
    }
    if (here && place->own && team != ID_NONE)
        any = add_own(v->a, p, team, site, &spot.namespaces) || any;
    any = add_pairs(v->a, place, site, &spot.namespaces) || any;
    prove_sort(&spot.namespaces);
    spot.nowhere = !any;
    for (size_t i = 0; i < spot.namespaces.n; i++) {
        uint32_t namespace = s->namespace_of[spot.namespaces.items[i]];
        if (namespace != ID_NONE)
            *ARENA_PUSH(v->a, &spot.inside) = namespace;
    }
    prove_sort(&spot.inside);
    return spot;
}

static struct ids both(struct arena *a, const struct ids *x, const struct ids *y)
{
    struct ids out = {0};
    for (size_t i = 0, k = 0; i < x->n && k < y->n;)
        if (x->items[i] == y->items[k]) {
            *ARENA_PUSH(a, &out) = x->items[i++];
            k++;
        } else if (x->items[i] < y->items[k])
            i++;
        else
            k++;
    return out;
}

struct spot prove_spot_of(const struct prover *v, size_t site, const struct invariant *inv,
                          uint32_t team, uint32_t space)
{
    struct spot spot = prove_spot(v, site, inv, team);
    if (space == ID_NONE || spot.nowhere)
        return spot;
    struct invariant in_space = {.place = {.sites = inv->place.sites, .spaces = {&space, 1, 0}}};
    struct spot inner = prove_spot(v, site, &in_space, ID_NONE);
    if (spot.everywhere || inner.nowhere)
        return inner;
    inner.namespaces = both(v->a, &inner.namespaces, &spot.namespaces);
    inner.inside = both(v->a, &inner.inside, &spot.inside);
    inner.nowhere = inner.namespaces.n == 0;
    return inner;
}

bool prove_spot_has(const struct spot *spot, uint32_t namespace)
{
    size_t from = 0, to = spot->inside.n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (spot->inside.items[middle] < namespace)
            from = middle + 1;
        else
            to = middle;
    }
    return spot->everywhere || (from < spot->inside.n && spot->inside.items[from] == namespace);
}

bool prove_grant_in(const struct policy *p, const struct ids *spaces, size_t site,
                    struct str namespace)
{
    uint32_t wanted = intern_find(&p->sites[site].namespaces, namespace);
    for (size_t i = 0; i < spaces->n; i++) {
        const struct space *space = &p->spaces[spaces->items[i]];
        const struct ids *namespaces = &space->namespaces[site];
        for (size_t k = 0; space->sites & site_bit(site) && k < namespaces->n; k++)
            if (namespaces->items[k] == wanted)
                return true;
    }
    return false;
}

/* --- what */

static const struct str standard_verbs[] = {
#define VERB(name, standard) {standard ? name : "", standard ? sizeof(name) - 1 : 0},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};

/* "*" is every verb there can be when something is forbidden, and the standard ones when it is
 * demanded. */
static struct strs verbs_of(struct arena *a, const struct policy_permission *permission,
                            bool demanded)
{
    size_t n = permission->verbs.n, n_all = sizeof(standard_verbs) / sizeof(*standard_verbs);
    struct str *verbs = ARENA_ARRAY(a, n + n_all, struct str);
    bool star = false;
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        verbs[k++] = permission->verbs.items[i].text;
        star = star || str_is(verbs[k - 1], "*");
    }
    if (star && demanded) {
        k = 0;
        for (size_t i = 0; i < n_all; i++)
            if (standard_verbs[i].n > 0)
                verbs[k++] = standard_verbs[i];
    }
    return (struct strs){verbs, k};
}

static void paint(struct arena *a, const struct universe *u,
                  const struct policy_permission *permission, bool demanded, uint64_t *words)
{
    struct str *names = ARENA_ARRAY(a, permission->names.n + 1, struct str);
    for (size_t i = 0; i < permission->names.n; i++)
        names[i] = permission->names.items[i].text;
    for (size_t i = 0; i < permission->n_targets; i++) {
        const struct policy_target *t = &permission->targets[i];
        const struct permission_pattern pattern = {.verbs = verbs_of(a, permission, demanded),
                                                   .group = t->group,
                                                   .resource = t->resource,
                                                   .subresource = t->subresource,
                                                   .names = {names, permission->names.n}};
        mask_paint(u, &pattern, words);
    }
}

struct permission_mask prove_mask(const struct prover *v, size_t site,
                                  const struct policy_duty *duty,
                                  const struct policy_invariant *written)
{
    const struct universe *u = v->sites[site].x->u;
    size_t n = mask_words(u);
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    uint64_t *words = ARENA_ARRAY(&scratch, n, uint64_t), *cut;
    bool demanded = written && written->always;
    if (duty->everything)
        mask_paint_all(u, words);
    for (size_t i = 0; i < duty->permission.n; i++)
        paint(&scratch, u, &duty->permission.items[i], demanded, words);
    if (written && written->except.n > 0) {
        cut = ARENA_ARRAY(&scratch, n, uint64_t);
        for (size_t i = 0; i < written->except.n; i++)
            paint(&scratch, u, &written->except.items[i], false, cut);
        for (size_t i = 0; i < n; i++)
            words[i] &= ~cut[i];
    }
    return mask_of(v->a, words, n);
}

struct permission_mask prove_inside(const struct prover *v, size_t site,
                                    const struct permission_mask *mask)
{
    struct permission_mask out = {.n = 0};
    out.at = ARENA_ARRAY(v->a, mask->n, uint32_t);
    out.bits = ARENA_ARRAY(v->a, mask->n, uint64_t);
    for (size_t i = 0; i < mask->n; i++) {
        uint64_t bits = mask->bits[i] & v->sites[site].namespaced[mask->at[i]];
        if (!bits)
            continue;
        out.at[out.n] = mask->at[i];
        out.bits[out.n++] = bits;
    }
    return out;
}

/* --- whom it leaves out */

static bool in_ids(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

/* Only when everybody who can carry it is: a group that two teams can ask for is not one team's. */
bool prove_exempt(const struct prover *v, size_t site, const struct invariant *inv,
                  uint32_t subject)
{
    const struct prove_site *s = &v->sites[site];
    const struct universe *u = s->x->u;
    struct str name = subject < u->subject_groups.n ? u->subject_groups.items[subject] : STR_NONE;
    uint32_t accounts = (uint32_t)(u->subject_groups.n + u->subject_users.n);
    if (s->control_plane[subject])
        return true;
    if (inv->except_teams.n == 0 && inv->except_ci.n == 0 && !inv->except_all_ci)
        return false;
    if (subject >= accounts)
        name = u->subject_accounts.items[subject - accounts];
    const struct carrier_list *list = carriers_of(&s->carriers, name);
    for (size_t i = 0; i < list->n; i++) {
        const struct carrier *c = &list->items[i];
        bool out = c->kind == CARRY_CI ? inv->except_all_ci || in_ids(&inv->except_ci, c->index)
                                       : in_ids(&inv->except_teams, c->team);
        if (!out)
            return false;
    }
    return list->n > 0;
}

struct exempt_roles {
    const struct access *x;
    bool *cells; /* by cell: bound to one of the roles there */
};

static size_t cell_index(const struct access *x, uint32_t subject, uint32_t namespace)
{
    uint64_t key = (uint64_t)subject << 32 | namespace;
    size_t from = x->first_cell[subject], to = x->first_cell[subject + 1];
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (x->cells[middle].key < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < x->first_cell[subject + 1] && x->cells[from].key == key ? from : SIZE_MAX;
}

struct exempt_roles *prove_exempt_roles(const struct prover *v, size_t site,
                                        const struct invariant *inv)
{
    const struct access *x = v->sites[site].x;
    const struct rbac_set *set = access_set(x);
    struct exempt_roles *e = ARENA_NEW(v->a, struct exempt_roles);
    *e = (struct exempt_roles){.x = x};
    if (inv->except_roles.n == 0)
        return e;
    struct intern names = {.arena = v->a};
    for (size_t i = 0; i < inv->except_roles.n; i++) {
        const struct policy_role *role = &v->p->tree->roles.items[inv->except_roles.items[i]];
        intern_add(&names, CONCAT(v->a, STR(RBAC_PREFIX), role->name.text));
    }
    e->cells = ARENA_ARRAY(v->a, x->n_cells + 1, bool);
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        if (!x->roles[i] || x->roles[i]->kind != RBAC_CLUSTER_ROLE ||
            intern_find(&names, o->role_name) == ID_NONE)
            continue;
        uint32_t namespace = intern_find(&x->u->namespaces, o->namespace);
        for (size_t k = 0; k < o->n_subjects; k++) {
            uint32_t subject = access_coded(x->u, x->subjects[i][k]);
            size_t cell = subject == ID_NONE ? SIZE_MAX : cell_index(x, subject, namespace);
            if (cell != SIZE_MAX)
                e->cells[cell] = true;
        }
    }
    return e;
}

bool prove_exempt_here(const struct exempt_roles *e, const struct cell_at *cell)
{
    if (!e->cells)
        return false;
    size_t wide = cell_index(e->x, cell->subject, 0);
    size_t here = cell_index(e->x, cell->subject, cell->namespace);
    return (wide != SIZE_MAX && e->cells[wide]) || (here != SIZE_MAX && e->cells[here]);
}

bool prove_exempt_anywhere(const struct exempt_roles *e, uint32_t subject)
{
    for (size_t i = e->x->first_cell[subject]; e->cells && i < e->x->first_cell[subject + 1]; i++)
        if (e->cells[i])
            return true;
    return false;
}
