/* L43: a deny that takes nothing away, a grant that another one of the team covers everywhere. */
#include "policy/lint/lint_inside.h"

/* --- denies */

static bool is_star(struct str s)
{
    return s.n == 1 && s.p[0] == '*';
}

/* Could both patterns be about one resource? */
static bool resources_meet(struct str a, struct str b)
{
    struct str star = STR("*/");
    if (is_star(a) || is_star(b) || str_eq(a, b))
        return true;
    if (str_starts(a, star))
        return str_ends(b, str_from_to(a, 1, a.n));
    return str_starts(b, star) && str_ends(a, str_from_to(b, 1, b.n));
}

static bool names_meet(struct strs a, const struct words *b)
{
    if (a.n == 0 || b->n == 0)
        return true;
    for (size_t i = 0; i < b->n; i++)
        if (strs_has(a, b->items[i].text))
            return true;
    return false;
}

static bool has_verb(const struct policy *p, const struct verbs *verbs, const struct words *words)
{
    if (verbs->all || str_is(words->items[0].text, "*"))
        return true;
    for (size_t i = 0; i < words->n; i++) {
        uint32_t id = intern_find(&p->verbs, words->items[i].text);
        if (id < VERBS_MAX && verbs->w[id / 64] >> (id % 64) & 1)
            return true;
    }
    return false;
}

static bool atom_meets(const struct linter *l, const struct atom *atom,
                       const struct policy_permission *deny)
{
    for (size_t i = 0; i < deny->n_targets; i++) {
        const struct policy_target *t = &deny->targets[i];
        struct str resource = t->resource;
        if (t->subresource.n > 0)
            resource = CONCAT(l->arena, t->resource, STR("/"), t->subresource);
        if ((is_star(atom->group) || is_star(t->group) || str_eq(atom->group, t->group)) &&
            resources_meet(atom->resource, resource) && names_meet(atom->names, &deny->names) &&
            has_verb(l->p, &atom->verbs, &deny->verbs))
            return true;
    }
    return false;
}

static bool rule_meets(const struct linter *l, const struct rbac_rule *rule,
                       const struct policy_permission *deny)
{
    struct atom atom = {.names = rule->resource_names};
    for (size_t v = 0; v < rule->verbs.n; v++) {
        uint32_t id = intern_find(&l->p->verbs, rule->verbs.items[v]);
        atom.verbs.all = atom.verbs.all || is_star(rule->verbs.items[v]);
        if (id < VERBS_MAX)
            atom.verbs.w[id / 64] |= (uint64_t)1 << (id % 64);
    }
    for (size_t g = 0; g < rule->api_groups.n; g++)
        for (size_t r = 0; r < rule->resources.n; r++) {
            atom.group = rule->api_groups.items[g];
            atom.resource = rule->resources.items[r];
            if (atom_meets(l, &atom, deny))
                return true;
        }
    return false;
}

static bool words_meet(const struct words *a, const struct words *b)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            if (is_star(a->items[i].text) || is_star(b->items[k].text) ||
                str_eq(a->items[i].text, b->items[k].text))
                return true;
    return false;
}

static bool targets_meet(const struct policy_target *can, const struct policy_target *deny)
{
    bool group = is_star(can->group) || is_star(deny->group) || str_eq(can->group, deny->group);
    if (!group || is_star(deny->resource))
        return group;
    return resources_meet(can->resource, deny->resource) &&
           (is_star(can->resource) || str_eq(can->subresource, deny->subresource));
}

static bool can_meets(const struct policy_permission *can, const struct policy_permission *deny)
{
    bool meets = false;
    for (size_t i = 0; i < can->n_targets; i++)
        for (size_t k = 0; k < deny->n_targets; k++)
            meets = meets || targets_meet(&can->targets[i], &deny->targets[k]);
    return meets && words_meet(&can->verbs, &deny->verbs);
}

/* On this site: does the deny meet anything of the base or of `can`? */
static bool deny_meets(const struct linter *l, uint32_t id, const struct policy_permission *deny)
{
    const struct role *role = &l->p->roles[id];
    const struct policy_role *written = &l->p->tree->roles.items[id];
    for (size_t i = 0; i < written->can.n; i++)
        if (can_meets(&written->can.items[i], deny))
            return true;
    if (role->base != ID_NONE) {
        const struct atoms *atoms = &l->p->roles[role->base].rules[l->site->site].atoms;
        for (size_t i = 0; i < atoms->n; i++)
            if (atom_meets(l, &atoms->items[i], deny))
                return true;
        return false;
    }
    for (size_t i = 0; role->cluster_role.n && i < l->cluster->n_cluster_roles; i++) {
        const struct rbac_object *base = &l->cluster->cluster_roles[i];
        for (size_t r = 0; str_eq(base->name, role->cluster_role) && r < base->n_rules; r++)
            if (rule_meets(l, &base->rules[r], deny))
                return true;
    }
    return false;
}

static void look_at_denies(struct linter *l)
{
    const struct policy_tree *t = l->p->tree;
    size_t n = 0;
    for (uint32_t i = 0; i < t->roles.n; i++)
        for (size_t k = 0; k < t->roles.items[i].deny.n; k++, n++)
            if (deny_meets(l, i, &t->roles.items[i].deny.items[k]))
                l->useful_denies[n] = true;
}

/* --- grants */

/* A standing grant of one team in one namespace, keyed by the namespace; cluster-wide: ID_NONE */
struct helds {
    struct keyed *items;
    size_t n, cap;
};

static bool set_within(const struct access *x, uint32_t inner, uint32_t outer)
{
    for (size_t i = 0; i < x->n_words; i++)
        if (x->items[inner].w[i] & ~x->items[outer].w[i])
            return false;
    return true;
}

/* Of two alike the later one is too much; so no two grants call each other so. */
static bool covered_by(const struct linter *l, const uint32_t *role_sets, uint32_t grant,
                       uint32_t other)
{
    uint32_t inner = role_sets[l->p->grants[grant].role],
             outer = role_sets[l->p->grants[other].role];
    if (inner == outer)
        return other < grant;
    return set_within(l->x, inner, outer);
}

static void add_held(struct linter *l, uint32_t id, struct helds *out)
{
    const struct grant *g = &l->p->grants[id];
    if (l->p->roles[g->role].cluster) {
        *ARENA_PUSH(l->arena, out) = (struct keyed){ID_NONE, id};
        return;
    }
    for (size_t i = 0; i < g->spaces.n; i++) {
        const struct ids *all = &l->p->spaces[g->spaces.items[i]].namespaces[l->site->site];
        for (size_t k = 0; k < all->n; k++)
            *ARENA_PUSH(l->arena, out) = (struct keyed){all->items[k], id};
    }
}

static uint32_t *sets_of_roles(const struct linter *l)
{
    const struct policy *p = l->p;
    const struct rbac_set *set = l->x->set;
    uint32_t *out = ARENA_ARRAY(l->arena, p->tree->roles.n + 1, uint32_t);
    for (size_t i = 0; i < set->n; i++) {
        struct str name = set->items[i].name;
        uint32_t role = ID_NONE;
        if (set->items[i].kind == RBAC_CLUSTER_ROLE)
            role = intern_find(&p->role_ids, str_from_to(name, sizeof(RBAC_PREFIX) - 1, name.n));
        if (role != ID_NONE)
            out[role] = l->x->role_sets[i];
    }
    return out;
}

/* The grants of one team in one namespace, each against the others. */
static void look_at_place(struct linter *l, const uint32_t *role_sets, const struct keyed *held,
                          size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct grant_cover *cover = &l->covers[held[k].value];
        bool covered = false;
        for (size_t m = 0; m < n && !covered; m++)
            if (held[m].value != held[k].value &&
                covered_by(l, role_sets, held[k].value, held[m].value)) {
                covered = true;
                cover->by = held[m].value;
            }
        cover->seen = true;
        cover->needed = cover->needed || !covered;
    }
}

/* Stable: the grants of a place in their order. Most teams have a handful. */
static const struct keyed *by_place(struct arena *a, struct helds *all)
{
    if (all->n > 64)
        return keyed_sort(a, all->items, all->n);
    for (size_t i = 1; i < all->n; i++) {
        struct keyed held = all->items[i];
        size_t k = i;
        for (; k > 0 && all->items[k - 1].key > held.key; k--)
            all->items[k] = all->items[k - 1];
        all->items[k] = held;
    }
    return all->items;
}

static void look_at_grants(struct linter *l)
{
    const struct policy *p = l->p;
    const uint32_t *role_sets = sets_of_roles(l);
    struct helds all = {0};
    for (size_t team = 0; team < p->tree->teams.n; team++) {
        const struct ids *grants = &p->grants_of_team[team];
        all.n = 0;
        for (size_t i = 0; i < grants->n; i++)
            if (!p->grants[grants->items[i]].timed &&
                p->grants[grants->items[i]].sites & site_bit(l->site->site))
                add_held(l, grants->items[i], &all);
        const struct keyed *sorted = by_place(l->arena, &all);
        for (size_t i = 0, end; i < all.n; i = end) {
            for (end = i + 1; end < all.n && sorted[end].key == sorted[i].key;)
                end++;
            look_at_place(l, role_sets, &sorted[i], end - i);
        }
    }
}

void lint_redundant(struct linter *l)
{
    if (!l->cluster)
        return;
    look_at_denies(l);
    look_at_grants(l);
}

/* --- after all sites: what was of no use on any */

static void say(struct linter *l, struct pos pos, struct str who, struct str message)
{
    const struct acceptable what = {"L43", who, STR_NONE, STR_NONE};
    if (accepted(l, &what))
        return;
    struct policy_finding *f = finding_plain(l, "L43", pos, who);
    f->message = message;
    f->mend = STR("remove it");
}

void lint_redundant_end(struct linter *l)
{
    const struct policy_tree *t = l->p->tree;
    size_t n = 0;
    if (l->in->n_sites < t->sites.n) /* it may be of use on a site that was not looked at */
        return;
    for (uint32_t i = 0; i < t->roles.n; i++)
        for (size_t k = 0; k < t->roles.items[i].deny.n; k++) {
            struct str who = CONCAT(l->arena, STR("role "), t->roles.items[i].name.text);
            if (!l->useful_denies[n++])
                say(l, t->roles.items[i].deny.items[k].pos, who,
                    CONCAT(l->arena, who, STR(": this deny takes nothing away")));
        }
    for (uint32_t i = 0; i < t->grants.n; i++) {
        const struct grant_cover *cover = &l->covers[i];
        const struct policy_grant *grant = &t->grants.items[i];
        if (!cover->seen || cover->needed)
            continue;
        struct str who = CONCAT(l->arena, STR("team "), grant->team.text);
        struct str by = src_of(l->arena, &t->grants.items[cover->by].pos);
        say(l, grant->pos, who,
            CONCAT(l->arena, who, STR(": role "), grant->role.text,
                   STR(" is covered everywhere by the grant of "), by));
    }
}
