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
 * among the names; its value is the line that gives it. Until the ranks are known the key holds
 * numbers, each in KEY_BITS; then it is packed: the fewer bits, the fewer rounds of sorting. */
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
    struct arena *arena, *scratch; /* the objects', and what is needed until they are made */
    size_t site;
    struct keyed *items; /* the cells */
    size_t n, cap;
    struct intern others; /* names of groups and service accounts that are no team's */
    uint32_t *group_rank, *role_rank, *namespace_rank;
    uint32_t *by_group_rank, *by_role_rank, *by_namespace_rank;
    unsigned group_bits, role_bits; /* of a packed key */
    struct str *role_names;         /* "lotse:<role>" */
    struct str_pairs labels;        /* the same on everything */
    uint32_t *shared;               /* hash of a binding's cells -> its place below + 1 */
    size_t n_shared;
    struct made *made;
    size_t n_made;
};
struct made { /* a binding that was made; others with the same cells share its subjects */
    const struct keyed *cells;
    size_t n, object;
};
#define CLUSTER_WIDE 0 /* the rank before all namespaces */

/* A group or service account by its number: the teams' first. */
static struct str group_name(const struct emitter *e, uint32_t id)
{
    size_t n_teams = e->p->tree->teams.n;
    return id < n_teams ? e->p->team_groups[id] : e->others.items[id - n_teams];
}

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
    bool sorted = true;
    *ret_rank = ARENA_ARRAY(a, n + 1, uint32_t);
    *ret_by_rank = ARENA_ARRAY(a, n + 1, uint32_t);
    for (size_t i = 1; i < n && sorted; i++)
        sorted = named_order(&names[i - 1], &names[i]) <= 0;
    if (!sorted)
        qsort(names, n, sizeof(*names), named_order);
    for (size_t i = 0; i < n; i++) {
        (*ret_rank)[names[i].id] = (uint32_t)i;
        (*ret_by_rank)[i] = names[i].id;
    }
}

static unsigned bits_of(size_t n)
{
    unsigned bits = 1;
    while (n >> bits)
        bits++;
    return bits;
}

static void rank_names(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    const struct policy_cluster *cluster = e->p->sites[e->site].cluster;
    size_t n_groups = t->teams.n + e->others.n, n = t->roles.n;
    n = cluster->n_namespaces > n ? cluster->n_namespaces : n;
    struct named *names = ARENA_ARRAY(e->scratch, n_groups > n ? n_groups : n, struct named);
    for (uint32_t i = 0; i < t->roles.n; i++)
        names[i] = (struct named){t->roles.items[i].name.text, i};
    rank(e->scratch, names, t->roles.n, &e->role_rank, &e->by_role_rank);
    for (uint32_t i = 0; i < cluster->n_namespaces; i++)
        names[i] = (struct named){cluster->namespaces[i].name, i};
    rank(e->scratch, names, cluster->n_namespaces, &e->namespace_rank, &e->by_namespace_rank);
    for (uint32_t i = 0; i < n_groups; i++)
        names[i] = (struct named){group_name(e, i), i};
    rank(e->scratch, names, n_groups, &e->group_rank, &e->by_group_rank);
    e->group_bits = bits_of(n_groups);
    e->role_bits = bits_of(t->roles.n);
}

/* --- cells */

static uint64_t key_of(uint32_t namespace, uint32_t role, uint32_t group)
{
    return (uint64_t)namespace << (2 * KEY_BITS) | (uint64_t)role << KEY_BITS | group;
}

static void add_cell(struct emitter *e, uint32_t namespace, const struct giver *g, uint32_t group)
{
    *ARENA_PUSH(e->scratch, e) = (struct keyed){key_of(namespace, g->role, group), g->line};
}

static struct str prefixed(struct arena *a, struct str name)
{
    return CONCAT(a, STR(RBAC_PREFIX), name);
}

static uint32_t other_group(struct emitter *e, struct str name)
{
    return (uint32_t)e->p->tree->teams.n + intern_add(&e->others, name);
}

static uint32_t group_of(struct emitter *e, const struct giver *g, uint32_t space)
{
    if (g->group != ID_NONE)
        return g->group;
    return other_group(e, prefixed(e->arena, jit_group(e->p, space, g->role, e->scratch)));
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

/* How many cells the grants make, at most. */
static size_t count_cells(const struct emitter *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->p->tree->grants.n; i++) {
        const struct grant *g = &e->p->grants[i];
        n += g->usable && g->spaces.n == 0;
        for (size_t k = 0; g->usable && k < g->spaces.n; k++)
            n += e->p->spaces[g->spaces.items[k]].namespaces[e->site].n;
    }
    return n;
}

static void give_grants(struct emitter *e)
{
    const struct policy_tree *t = e->p->tree;
    (void)ARENA_RESERVE(e->scratch, e, count_cells(e));
    for (uint32_t i = 0; i < t->grants.n; i++) {
        const struct grant *g = &e->p->grants[i];
        if (g->usable)
            give(e, &(struct giver){i, g->role, where(e, g->role, &g->spaces), g->sites,
                                    g->timed ? ID_NONE : g->team});
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
            give(e,
                 &(struct giver){line, b->role, NULL, b->sites,
                                 other_group(e, CONCAT(e->arena, STR(RBAC_PREFIX "bg:"), role))});
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
                                    other_group(e, name)});
    }
}

static void rekey(struct emitter *e)
{
    for (size_t i = 0; i < e->n; i++) {
        uint64_t key = e->items[i].key, namespace = key >> (2 * KEY_BITS);
        if (namespace != CLUSTER_WIDE)
        namespace = (uint64_t)e->namespace_rank[namespace - 1] + 1;
        e->items[i].key = (namespace << e->role_bits | e->role_rank[key >> KEY_BITS & KEY_MASK])
                              << e->group_bits |
                          e->group_rank[key & KEY_MASK];
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

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

#define FEW 64

/* "policy.yaml:30 policy.yaml:34", in the order of the policy; beyond SRCS_MAX their number */
static struct str srcs_of(struct emitter *e, const struct keyed *cells, size_t n)
{
    const struct str *srcs = e->p->srcs;
    if (n == 1)
        return srcs[cells->value];
    uint32_t few[FEW], *ids = n <= FEW ? few : ARENA_ARRAY(e->scratch, n, uint32_t);
    struct str lines[SRCS_MAX + 1];
    size_t n_lines = 0, n_more = 0;
    for (size_t i = 0, k; i < n; i++) {
        for (k = n <= FEW ? i : 0; k > 0 && ids[k - 1] > cells[i].value; k--)
            ids[k] = ids[k - 1];
        ids[n <= FEW ? k : i] = cells[i].value;
    }
    if (n > FEW)
        qsort(ids, n, sizeof(*ids), id_order);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && ids[i] == ids[i - 1])
            continue;
        if (n_lines < SRCS_MAX)
            lines[n_lines++] = srcs[ids[i]];
        else
            n_more++;
    }
    if (n_more > 0)
        lines[n_lines++] = arena_fmt(e->scratch, "+%zu", n_more);
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

/* The same role for the same groups, by the same lines, in another namespace? */
static bool same_cells(const struct emitter *e, const struct keyed *a, const struct keyed *b,
                       size_t n)
{
    uint64_t mask = ((uint64_t)1 << (e->group_bits + e->role_bits)) - 1;
    for (size_t i = 0; i < n; i++)
        if (((a[i].key ^ b[i].key) & mask) || a[i].value != b[i].value)
            return false;
    return true;
}

/* The binding with these cells that was made before, or a place to keep this one. */
static struct made *made_before(struct emitter *e, const struct keyed *cells, size_t n)
{
    uint64_t mask = ((uint64_t)1 << (e->group_bits + e->role_bits)) - 1, h = n;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ (cells[i].key & mask) ^ (uint64_t)cells[i].value << 40) *
            UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    size_t at = (size_t)h & (e->n_shared - 1);
    for (; e->shared[at]; at = (at + 1) & (e->n_shared - 1)) {
        struct made *m = &e->made[e->shared[at] - 1];
        if (m->n == n && same_cells(e, m->cells, cells, n))
            return m;
    }
    struct made *m = &e->made[e->n_made++];
    *m = (struct made){cells, n, SIZE_MAX};
    e->shared[at] = (uint32_t)e->n_made;
    return m;
}

static void add_subjects(struct emitter *e, const struct keyed *cells, size_t n,
                         struct rbac_object *o)
{
    uint64_t mask = ((uint64_t)1 << e->group_bits) - 1;
    o->subjects = ARENA_ARRAY(e->arena, n, struct rbac_subject);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && cells[end].key == cells[i].key;)
            end++;
        struct rbac_subject *subject = &o->subjects[o->n_subjects++];
        *subject = subject_of(group_name(e, e->by_group_rank[cells[i].key & mask]));
        subject->src = srcs_of(e, &cells[i], end - i);
    }
}

static void add_binding(struct emitter *e, struct rbac_set *set, const struct keyed *cells,
                        size_t n)
{
    size_t namespace = (size_t)(cells->key >> (e->group_bits + e->role_bits));
    uint64_t mask = ((uint64_t)1 << e->role_bits) - 1;
    const struct policy_cluster *cluster = e->p->sites[e->site].cluster;
    enum rbac_kind kind = namespace == CLUSTER_WIDE ? RBAC_CLUSTER_ROLE_BINDING : RBAC_ROLE_BINDING;
    struct made *made = made_before(e, cells, n);
    struct rbac_object *o;
    if (made->object != SIZE_MAX) {
        o = ARENA_PUSH(e->arena, set);
        *o = set->items[made->object];
        o->kind = kind;
    } else {
        o = add_object(e, set, kind, srcs_of(e, cells, n));
        o->name = o->role_name = e->role_names[e->by_role_rank[cells->key >> e->group_bits & mask]];
        o->role_kind = STR("ClusterRole");
        add_subjects(e, cells, n, o);
        made->object = set->n - 1;
    }
    o->namespace = namespace == CLUSTER_WIDE
                       ? STR_NONE
                       : cluster->namespaces[e->by_namespace_rank[namespace - 1]].name;
}

/* One binding for each run of cells with the same namespace and role. Cluster-wide ones have rank
 * 0: they come first, as their kind does. */
static void add_bindings(struct emitter *e, struct rbac_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++)
        n += i == 0 || e->items[i].key >> e->group_bits != e->items[i - 1].key >> e->group_bits;
    (void)ARENA_RESERVE(e->arena, set, set->n + n);
    e->n_shared = (size_t)1 << bits_of(2 * n);
    e->shared = ARENA_ARRAY(e->scratch, e->n_shared, uint32_t);
    e->made = ARENA_ARRAY(e->scratch, n, struct made);
    for (size_t i = 0, end; i < e->n; i = end) {
        for (end = i + 1;
             end < e->n && e->items[end].key >> e->group_bits == e->items[i].key >> e->group_bits;)
            end++;
        add_binding(e, set, &e->items[i], end - i);
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
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    struct emitter e = {
        .p = p, .arena = a, .scratch = &scratch, .site = site, .others = {.arena = &scratch}};
    const struct policy_tree *t = p->tree;
    struct rbac_set set = {0};
    if (!p->sites[site].cluster)
        return false;
    give_grants(&e);
    give_prebound(&e);
    give_ci(&e);
    rank_names(&e);
    rekey(&e);
    e.items = keyed_sort(&scratch, e.items, e.n); /* stable: lines stay in the policy's order */
    e.role_names = ARENA_ARRAY(&scratch, t->roles.n, struct str);
    for (size_t i = 0; i < t->roles.n; i++)
        e.role_names[i] = prefixed(a, t->roles.items[i].name.text);
    e.labels = one_pair(a, STR(RBAC_LABEL_MANAGED), STR("true"));
    add_roles(&e, &set);
    add_bindings(&e, &set);
    *ret_set = set;
    return true;
}
