/* The semantic difference of two sets of objects: not what was written otherwise, but who gains and
 * loses what. */
#include <stdlib.h>

#include "policy/rbac/access_cells.h"

struct differ {
    const struct access *before, *after;
    const struct universe *u;
    struct arena *arena;
    uint32_t *same; /* by permission set of before: the equal one of after, or ID_NONE */
    uint64_t *gained, *lost;
    const uint64_t *in_namespace; /* of a permission set: what is not inert in a namespace */
    struct access_changes out;
};

static void match_sets(struct differ *d)
{
    d->same = ARENA_ARRAY(d->arena, d->before->n, uint32_t);
    for (size_t i = 0; i < d->before->n; i++)
        d->same[i] = permset_find(d->after, d->before->items[i].w);
}

/* --- causes */

static const struct rbac_subject *subject_in(const struct differ *d, const struct rbac_object *o,
                                             uint32_t subject)
{
    for (size_t i = 0; i < o->n_subjects; i++)
        if (access_subject(d->u, &o->subjects[i], o->namespace, d->arena) == subject)
            return &o->subjects[i];
    return NULL;
}

static bool binds_too(const struct differ *d, const struct access *x,
                      const struct rbac_object *binding, uint32_t namespace, uint32_t subject)
{
    const struct target_list *list = &x->bindings[namespace];
    for (size_t i = 0; i < list->n; i++) {
        const struct rbac_object *o = &x->set->items[list->items[i]];
        if (str_eq(o->name, binding->name) && rbac_same_role_ref(o, binding))
            return subject_in(d, o, subject) != NULL;
    }
    return false;
}

struct causes {
    struct str *items;
    size_t n, cap;
};

/* The lines behind bindings that only one side has; where both have the binding, it is the role
 * that differs. What was gained is looked for in after, what was lost in before. */
static void add_causes(struct differ *d, bool gained, uint64_t key, struct causes *out)
{
    const struct access *x = gained ? d->after : d->before, *other = gained ? d->before : d->after;
    const uint64_t *words = gained ? d->gained : d->lost;
    uint32_t subject = (uint32_t)(key >> 32), namespace = (uint32_t)key;
    const struct target_list *list = &x->bindings[namespace];
    for (size_t i = 0; i < list->n; i++) {
        const struct rbac_object *o = &x->set->items[list->items[i]],
                                 *role = x->roles[list->items[i]];
        const uint64_t *set = x->items[x->role_sets[role - x->set->items]].w;
        bool touches = false;
        for (size_t w = 0; w < x->n_words && !touches; w++)
            touches = set[w] & words[w];
        const struct rbac_subject *s = touches ? subject_in(d, o, subject) : NULL;
        if (!s)
            continue;
        struct str src = binds_too(d, other, o, namespace, subject) ? role->src : s->src;
        if (src.n > 0)
            *ARENA_PUSH(d->arena, out) = src;
    }
}

/* --- the walk over both arrays of cells */

static struct rbac_subject subject_of(const struct universe *u, uint32_t id)
{
    if (id < u->subject_groups.n)
        return (struct rbac_subject){.kind = RBAC_GROUP, .name = u->subject_groups.items[id]};
    id -= (uint32_t)u->subject_groups.n;
    if (id < u->subject_users.n)
        return (struct rbac_subject){.kind = RBAC_USER, .name = u->subject_users.items[id]};
    struct str user = u->subject_accounts.items[id - (uint32_t)u->subject_users.n];
    struct rbac_subject s = {.kind = RBAC_SERVICE_ACCOUNT};
    struct str rest = str_from_to(user, sizeof("system:serviceaccount:") - 1, user.n);
    str_split(rest, ':', &s.namespace, &s.name);
    return s;
}

static bool compare_cell(struct differ *d, uint64_t key)
{
    uint32_t subject = (uint32_t)(key >> 32), namespace = (uint32_t)key;
    uint32_t before_set = access_cell(d->before, subject, namespace);
    uint32_t after_set = access_cell(d->after, subject, namespace);
    uint32_t before_wide = access_cell(d->before, subject, 0);
    uint32_t after_wide = access_cell(d->after, subject, 0);
    const uint64_t *b = d->before->items[before_set].w, *b0 = d->before->items[before_wide].w;
    const uint64_t *a = d->after->items[after_set].w, *a0 = d->after->items[after_wide].w;
    bool differs = false;
    if (d->same[before_set] == after_set && d->same[before_wide] == after_wide)
        return false; /* the usual case: the same sets, known by their numbers */
    for (size_t w = 0; w < d->before->n_words; w++) {
        uint64_t had = b[w] | b0[w], has = a[w] | a0[w];
        d->gained[w] = has & ~had;
        d->lost[w] = had & ~has;
        if (namespace != 0) { /* what changed cluster-wide is said there */
            d->gained[w] &= ~(a0[w] & ~b0[w]) & d->in_namespace[w];
            d->lost[w] &= ~(b0[w] & ~a0[w]) & d->in_namespace[w];
        }
        differs = differs || d->gained[w] || d->lost[w];
    }
    return differs;
}

static void add_change(struct differ *d, uint64_t key)
{
    struct causes causes = {0};
    struct access_change change = {.subject = subject_of(d->u, (uint32_t)(key >> 32)),
                                   .namespace = d->u->namespaces.items[(uint32_t)key]};
    change.gained = access_describe(d->u, d->gained, d->arena, &change.n_gained);
    change.lost = access_describe(d->u, d->lost, d->arena, &change.n_lost);
    if (change.n_gained == 0 && change.n_lost == 0)
        return;
    add_causes(d, true, key, &causes);
    add_causes(d, false, key, &causes);
    change.cause =
        strs_join(d->arena, strs_sorted(d->arena, (struct strs){causes.items, causes.n}), ' ');
    *ARENA_PUSH(d->arena, &d->out) = change;
}

static int change_order(const void *a, const void *b)
{
    const struct access_change *x = a, *y = b;
    if (x->subject.kind != y->subject.kind)
        return x->subject.kind < y->subject.kind ? -1 : 1;
    int order = str_cmp(x->subject.namespace, y->subject.namespace);
    if (order == 0)
        order = str_cmp(x->subject.name, y->subject.name);
    return order ? order : str_cmp(x->namespace, y->namespace);
}

struct access_changes access_diff(const struct access *before, const struct access *after,
                                  struct arena *a)
{
    struct differ d = {.before = before, .after = after, .u = before->u, .arena = a};
    d.gained = ARENA_ARRAY(a, before->n_words, uint64_t);
    d.lost = ARENA_ARRAY(a, before->n_words, uint64_t);
    d.in_namespace = access_namespace_mask(d.u, a);
    match_sets(&d);
    size_t i = 0, k = 0;
    while (i < before->n_cells || k < after->n_cells) {
        uint64_t left = i < before->n_cells ? before->cells[i].key : UINT64_MAX;
        uint64_t right = k < after->n_cells ? after->cells[k].key : UINT64_MAX;
        uint64_t key = left < right ? left : right;
        i += left == key;
        k += right == key;
        if (compare_cell(&d, key))
            add_change(&d, key);
    }
    if (d.out.n > 1)
        qsort(d.out.items, d.out.n, sizeof(*d.out.items), change_order);
    return d.out;
}
