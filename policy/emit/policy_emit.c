/*
 * Emitting: the RBAC objects of one site. One RoleBinding per (namespace, role), so their number
 * does not depend on how many teams there are; names stable, order canonical: the same policy gives
 * the same bytes everywhere, at any time. What is held only for a while (time-boxed grants,
 * requests, break-glass) binds a group that a token carries only meanwhile, so neither its begin
 * nor its end touches the cluster.
 */
#include <stdlib.h>

#include "policy/emit/policy_emit.h"
#include "policy/rbac/keyed.h"
#include "policy/resolve/resolved.h"

#define SRCS_MAX 8 /* lines named in one annotation */

/* A cell: one subject in one binding. Its key sorts by namespace, role, group, each by its rank
 * among the names; its value is the line that gives it. */
#define KEY_BITS 21
#define KEY_MASK (((uint32_t)1 << KEY_BITS) - 1)

/* One line that gives a role: an entry of grants, requests, breakglass or ci, numbered in this
 * order. */
struct giver {
    uint32_t line, role;
    const struct ids *spaces; /* NULL: cluster-wide */
    uint64_t sites;
    uint32_t group; /* ID_NONE: "jit:", each space its own */
};

struct emitter {
    const struct policy *p;
    struct arena *arena;
    size_t site;
    struct keyed *cells;
    size_t n, cap;
    struct intern groups; /* names of groups and service accounts by id; then ranks */
    uint32_t *group_rank, *role_rank, *namespace_rank;
    uint32_t *by_group_rank, *by_role_rank, *by_namespace_rank;
    struct str *role_names;  /* "lotse:<role>" */
    struct str *srcs;        /* by number of the line */
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

static void add_cell(struct emitter *e, uint32_t namespace, const struct giver *g, uint32_t group)
{
    struct keyed *cell = arena_push(e->arena, (void **)&e->cells, &e->n, &e->cap, sizeof(*cell));
    *cell = (struct keyed){key_of(namespace, g->role, group), g->line};
}

static struct str prefixed(struct arena *a, struct str name)
{
    return CONCAT(a, STR(RBAC_PREFIX), name);
}

static uint32_t group_of(struct emitter *e, const struct giver *g, uint32_t space)
{
    if (g->group != ID_NONE)
        return g->group;
    return intern_add(&e->groups, prefixed(e->arena, jit_group(e->p, space, g->role, e->arena)));
}

static void give(struct emitter *e, const struct giver *g)
{
    if (!(g->sites & site_bit(e->site)))
        return;
    if (!g->spaces) {
        add_cell(e, CLUSTER_WIDE, g, group_of(e, g, ID_NONE));
        return;
    }
    for (size_t i = 0; i < g->spaces->n; i++) {
        const struct ids *namespaces = &e->p->spaces[g->spaces->items[i]].namespaces[e->site];
        uint32_t group = namespaces->n ? group_of(e, g, g->spaces->items[i]) : 0;
        for (size_t k = 0; k < namespaces->n; k++)
            add_cell(e, namespaces->items[k] + 1, g, group);
    }
}

/* The spaces of what is given; a cluster-wide role has none. */
static const struct ids *where(const struct emitter *e, uint32_t role, const struct ids *spaces)
{
    return e->p->roles[role].cluster ? NULL : spaces;
}

static void give_grants(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    uint32_t *team_groups = ARENA_ARRAY(e->arena, t->teams.n, uint32_t);
    for (size_t i = 0; i < t->teams.n; i++)
        team_groups[i] = ID_NONE;
    for (uint32_t i = 0; i < t->grants.n; i++) {
        const struct grant *g = &e->p->grants[i];
        if (!g->usable)
            continue;
        struct giver giver = {i, g->role, where(e, g->role, &g->spaces), g->sites, ID_NONE};
        if (t->grants.items[i].until.ms == TIME_NONE) {
            if (team_groups[g->team] == ID_NONE)
                team_groups[g->team] =
                    intern_add(&e->groups, prefixed(e->arena, team_group(e->p, g->team, e->arena)));
            giver.group = team_groups[g->team];
        }
        give(e, &giver);
    }
}

/* Bound from the beginning, so that an approval writes to no cluster. */
static void give_prebound(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    uint32_t line = (uint32_t)t->grants.n;
    for (size_t i = 0; i < t->requests.n; i++, line++) {
        const struct request *r = &e->p->requests[i];
        if (r->usable)
            give(e,
                 &(struct giver){line, r->role, where(e, r->role, &r->spaces), r->sites, ID_NONE});
    }
    for (size_t i = 0; i < t->breakglass.n; i++, line++) {
        const struct breakglass *b = &e->p->breakglass[i];
        struct str role = b->usable ? t->roles.items[b->role].name.text : STR_NONE;
        if (b->usable)
            give(e, &(struct giver){
                        line, b->role, NULL, b->sites,
                        intern_add(&e->groups, CONCAT(e->arena, STR(RBAC_PREFIX "bg:"), role))});
    }
}

#define ACCOUNT "system:serviceaccount:" /* a user's name, as the API server spells it */

static void give_ci(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    uint32_t line = (uint32_t)(t->grants.n + t->requests.n + t->breakglass.n);
    for (size_t i = 0; i < t->ci.n; i++, line++) {
        const struct ci *ci = &e->p->ci[i];
        struct str name =
            ci->group.n ? prefixed(e->arena, ci->group)
                        : CONCAT(e->arena, STR(ACCOUNT), ci->sa_namespace, STR(":"), ci->sa_name);
        if (ci->usable)
            give(e, &(struct giver){line, ci->role, where(e, ci->role, &ci->spaces), ci->sites,
                                    intern_add(&e->groups, name)});
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

static const struct pos *pos_of_line(const struct policy_tree *t, size_t line)
{
    if (line < t->grants.n)
        return &t->grants.items[line].pos;
    line -= t->grants.n;
    if (line < t->requests.n)
        return &t->requests.items[line].name.pos;
    line -= t->requests.n;
    if (line < t->breakglass.n)
        return &t->breakglass.items[line].name.pos;
    return &t->ci.items[line - t->breakglass.n].name.pos;
}

static struct str src_of_line(struct emitter *e, uint32_t line)
{
    if (!e->srcs[line].p)
        e->srcs[line] = src_of(e->arena, pos_of_line(e->p->tree, line));
    return e->srcs[line];
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
        return src_of_line(e, cells->value);
    uint32_t *ids = ARENA_ARRAY(e->arena, n, uint32_t);
    struct str lines[SRCS_MAX + 1];
    size_t n_lines = 0, n_more = 0;
    for (size_t i = 0; i < n; i++)
        ids[i] = cells[i].value;
    qsort(ids, n, sizeof(*ids), id_order);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && ids[i] == ids[i - 1])
            continue;
        if (n_lines < SRCS_MAX)
            lines[n_lines++] = src_of_line(e, ids[i]);
        else
            n_more++;
    }
    if (n_more > 0)
        lines[n_lines++] = arena_fmt(e->arena, "+%zu", n_more);
    return strs_join(e->arena, (struct strs){lines, n_lines}, ' ');
}

static struct rbac_subject subject_of(struct str name)
{
    struct rbac_subject out = {.kind = RBAC_GROUP, .name = name};
    if (!str_starts(name, STR(ACCOUNT)))
        return out;
    out.kind = RBAC_SERVICE_ACCOUNT;
    str_split(str_from_to(name, sizeof(ACCOUNT) - 1, name.n), ':', &out.namespace, &out.name);
    return out;
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
        struct rbac_subject *subject = &o->subjects[o->n_subjects++];
        *subject = subject_of(e->groups.items[e->by_group_rank[cells[i].key & KEY_MASK]]);
        subject->src = srcs_of(e, &cells[i], end - i);
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
    give_grants(&e);
    give_prebound(&e);
    give_ci(&e);
    rank_names(&e);
    rekey(&e);
    e.cells = keyed_sort(a, e.cells, e.n); /* stable: lines stay in the order of the policy */
    e.role_names = ARENA_ARRAY(a, t->roles.n, struct str);
    for (size_t i = 0; i < t->roles.n; i++)
        e.role_names[i] = prefixed(a, t->roles.items[i].name.text);
    e.labels = one_pair(a, STR(RBAC_LABEL_MANAGED), STR("true"));
    e.srcs = ARENA_ARRAY(a, t->grants.n + t->requests.n + t->breakglass.n + t->ci.n, struct str);
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
