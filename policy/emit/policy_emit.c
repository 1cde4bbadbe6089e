/*
 * Emitting: the RBAC objects of one site. One RoleBinding per (namespace, role), so their number
 * does not depend on how many teams there are; names stable, order canonical: the same policy gives
 * the same bytes everywhere, at any time. A time-boxed grant binds a group that only a running
 * grant puts into a token, so neither its begin nor its end touches the cluster.
 */
#include <stdlib.h>

#include "policy/emit/policy_emit.h"
#include "policy/rbac/keyed.h"
#include "policy/resolve/resolved.h"

#define SRCS_MAX 8 /* lines named in one annotation */

/* A cell: one subject in one binding. Its key sorts by namespace, role, group, each by its rank
 * among the names; its value is the grant. */
#define KEY_BITS 21
#define KEY_MASK (((uint32_t)1 << KEY_BITS) - 1)

struct emitter {
    const struct policy *p;
    struct arena *arena;
    size_t site;
    struct keyed *cells;
    size_t n, cap;
    struct intern groups; /* group names by id; then ranks */
    uint32_t *group_rank, *role_rank, *namespace_rank;
    uint32_t *by_group_rank, *by_role_rank, *by_namespace_rank;
    struct str *role_names; /* "lotse:<role>" */
    struct str *grant_srcs;
    struct str_pairs labels; /* the same on everything */
};
#define CLUSTER_WIDE 0 /* the rank before all namespaces */

/* --- ranks: the place of each name in sorted order, and back */

struct named {
    struct str name;
    uint32_t id;
};

static int named_order(const void *a, const void *b)
{
    return str_cmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void rank(struct arena *a, struct named *names, size_t n, uint32_t **ret_rank,
                 uint32_t **ret_by_rank)
{
    *ret_rank = ARENA_ARRAY(a, n + 1, uint32_t);
    *ret_by_rank = ARENA_ARRAY(a, n + 1, uint32_t);
    if (n > 1)
        qsort(names, n, sizeof(*names), named_order);
    for (size_t i = 0; i < n; i++) {
        (*ret_rank)[names[i].id] = (uint32_t)i;
        (*ret_by_rank)[i] = names[i].id;
    }
}

static void rank_names(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    const struct policy_cluster *cluster = e->p->sites[e->site].cluster;
    size_t n = t->roles.n > cluster->n_namespaces ? t->roles.n : cluster->n_namespaces;
    struct named *names = ARENA_ARRAY(e->arena, n > e->groups.n ? n : e->groups.n, struct named);
    for (uint32_t i = 0; i < t->roles.n; i++)
        names[i] = (struct named){t->roles.items[i].name.text, i};
    rank(e->arena, names, t->roles.n, &e->role_rank, &e->by_role_rank);
    for (uint32_t i = 0; i < cluster->n_namespaces; i++)
        names[i] = (struct named){cluster->namespaces[i].name, i};
    rank(e->arena, names, cluster->n_namespaces, &e->namespace_rank, &e->by_namespace_rank);
    for (uint32_t i = 0; i < e->groups.n; i++)
        names[i] = (struct named){e->groups.items[i], i};
    rank(e->arena, names, e->groups.n, &e->group_rank, &e->by_group_rank);
}

/* --- cells */

static uint64_t key_of(uint32_t namespace, uint32_t role, uint32_t group)
{
    return (uint64_t)namespace << (2 * KEY_BITS) | (uint64_t)role << KEY_BITS | group;
}

static void add_cell(struct emitter *e, uint32_t namespace, uint32_t grant, uint32_t group)
{
    struct keyed *cell = arena_push(e->arena, (void **)&e->cells, &e->n, &e->cap, sizeof(*cell));
    *cell = (struct keyed){key_of(namespace, e->p->grants[grant].role, group), grant};
}

static struct str prefixed(struct arena *a, struct str name)
{
    return CONCAT(a, STR(RBAC_PREFIX), name);
}

/* The group a grant binds: the team, or for a time-boxed one the group that is minted while it
 * runs. */
static uint32_t group_of(struct emitter *e, uint32_t grant, uint32_t space, uint32_t *team_groups)
{
    const struct grant *g = &e->p->grants[grant];
    if (e->p->tree->grants.items[grant].until.ms != TIME_NONE)
        return intern_add(&e->groups,
                          prefixed(e->arena, jit_group(e->p, space, g->role, e->arena)));
    if (team_groups[g->team] == ID_NONE)
        team_groups[g->team] =
            intern_add(&e->groups, prefixed(e->arena, team_group(e->p, g->team, e->arena)));
    return team_groups[g->team];
}

static void add_grant(struct emitter *e, uint32_t id, uint32_t *team_groups)
{
    const struct grant *g = &e->p->grants[id];
    if (!g->usable || !(g->sites & site_bit(e->site)))
        return;
    if (e->p->roles[g->role].cluster) {
        add_cell(e, CLUSTER_WIDE, id, group_of(e, id, ID_NONE, team_groups));
        return;
    }
    for (size_t i = 0; i < g->spaces.n; i++) {
        const struct ids *namespaces = &e->p->spaces[g->spaces.items[i]].namespaces[e->site];
        uint32_t group = namespaces->n ? group_of(e, id, g->spaces.items[i], team_groups) : 0;
        for (size_t k = 0; k < namespaces->n; k++)
            add_cell(e, namespaces->items[k] + 1, id, group);
    }
}

static void rekey(struct emitter *e)
{
    for (size_t i = 0; i < e->n; i++) {
        uint64_t key = e->cells[i].key;
        uint32_t namespace = (uint32_t)(key >> (2 * KEY_BITS));
        if (namespace != CLUSTER_WIDE)
        namespace = e->namespace_rank[namespace - 1] + 1;
        e->cells[i].key = key_of(namespace, e->role_rank[key >> KEY_BITS & KEY_MASK],
                                 e->group_rank[key & KEY_MASK]);
    }
}

/* --- objects */

static struct str_pairs one_pair(struct arena *a, struct str key, struct str value)
{
    struct str_pair *pair = ARENA_NEW(a, struct str_pair);
    *pair = (struct str_pair){key, value};
    return (struct str_pairs){pair, 1, 1};
}

static struct rbac_object *add_object(struct emitter *e, struct rbac_set *set, enum rbac_kind kind,
                                      struct str src)
{
    struct rbac_object *o = ARENA_PUSH(e->arena, set);
    o->kind = kind;
    o->src = src;
    o->labels = e->labels;
    o->annotations = one_pair(e->arena, STR(RBAC_SRC), src);
    return o;
}

static struct str grant_src(struct emitter *e, uint32_t grant)
{
    if (!e->grant_srcs[grant].p)
        e->grant_srcs[grant] = src_of(e->arena, &e->p->tree->grants.items[grant].pos);
    return e->grant_srcs[grant];
}

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* "policy.yaml:30 policy.yaml:34", in the order of the policy; beyond SRCS_MAX their number */
static struct str srcs_of(struct emitter *e, const struct keyed *cells, size_t n)
{
    if (n == 1)
        return grant_src(e, cells->value);
    uint32_t *grants = ARENA_ARRAY(e->arena, n, uint32_t);
    struct str lines[SRCS_MAX + 1];
    size_t n_lines = 0, n_more = 0;
    for (size_t i = 0; i < n; i++)
        grants[i] = cells[i].value;
    qsort(grants, n, sizeof(*grants), id_order);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && grants[i] == grants[i - 1])
            continue;
        if (n_lines < SRCS_MAX)
            lines[n_lines++] = grant_src(e, grants[i]);
        else
            n_more++;
    }
    if (n_more > 0)
        lines[n_lines++] = arena_fmt(e->arena, "+%zu", n_more);
    return strs_join(e->arena, (struct strs){lines, n_lines}, ' ');
}

static void add_binding(struct emitter *e, struct rbac_set *set, const struct keyed *cells,
                        size_t n)
{
    uint32_t namespace = (uint32_t)(cells->key >> (2 * KEY_BITS));
    uint32_t role = e->by_role_rank[cells->key >> KEY_BITS & KEY_MASK];
    const struct policy_cluster *cluster = e->p->sites[e->site].cluster;
    struct rbac_object *o = add_object(
        e, set, namespace == CLUSTER_WIDE ? RBAC_CLUSTER_ROLE_BINDING : RBAC_ROLE_BINDING,
        srcs_of(e, cells, n));
    if (namespace != CLUSTER_WIDE)
        o->namespace = cluster->namespaces[e->by_namespace_rank[namespace - 1]].name;
    o->name = o->role_name = e->role_names[role];
    o->role_kind = STR("ClusterRole");
    o->subjects = ARENA_ARRAY(e->arena, n, struct rbac_subject);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && cells[end].key == cells[i].key;)
            end++;
        o->subjects[o->n_subjects++] = (struct rbac_subject){
            .kind = RBAC_GROUP,
            .name = e->groups.items[e->by_group_rank[cells[i].key & KEY_MASK]],
            .src = srcs_of(e, &cells[i], end - i)};
    }
}

static void add_roles(struct emitter *e, struct rbac_set *set)
{
    for (size_t i = 0; i < e->p->tree->roles.n; i++) {
        uint32_t role = e->by_role_rank[i];
        struct str src = src_of(e->arena, &e->p->tree->roles.items[role].name.pos);
        struct rbac_object *o = add_object(e, set, RBAC_CLUSTER_ROLE, src);
        o->name = e->role_names[role];
        atoms_to_rules(e->p, &e->p->roles[role].rules[e->site], e->arena, o);
    }
}

bool policy_emit(const struct policy *p, size_t site, struct arena *a, struct rbac_set *ret_set)
{
    struct emitter e = {.p = p, .arena = a, .site = site, .groups = {.arena = a}};
    const struct policy_tree *t = p->tree;
    struct rbac_set set = {0};
    if (!p->sites[site].cluster)
        return false;
    uint32_t *team_groups = ARENA_ARRAY(a, t->teams.n, uint32_t);
    for (size_t i = 0; i < t->teams.n; i++)
        team_groups[i] = ID_NONE;
    for (uint32_t i = 0; i < t->grants.n; i++)
        add_grant(&e, i, team_groups);
    rank_names(&e);
    rekey(&e);
    e.cells = keyed_sort(a, e.cells, e.n); /* stable: grants stay in the order of the policy */
    e.role_names = ARENA_ARRAY(a, t->roles.n, struct str);
    for (size_t i = 0; i < t->roles.n; i++)
        e.role_names[i] = prefixed(a, t->roles.items[i].name.text);
    e.labels = one_pair(a, STR(RBAC_LABEL_MANAGED), STR("true"));
    e.grant_srcs = ARENA_ARRAY(a, t->grants.n, struct str);
    add_roles(&e, &set);
    for (size_t i = 0, end; i < e.n;
         i = end) { /* cluster-wide ones have rank 0: they come first, as their kind does */
        for (end = i + 1; end < e.n && e.cells[end].key >> KEY_BITS == e.cells[i].key >> KEY_BITS;)
            end++;
        add_binding(&e, &set, &e.cells[i], end - i);
    }
    *ret_set = set;
    return true;
}
