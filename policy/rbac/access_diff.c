/* The semantic difference of two sets of objects: not what was written otherwise, but who gains and
 * loses what. */
#include <stdlib.h>

#include "policy/rbac/access_cells.h"
#include "policy/rbac/universe_mask.h"

struct differ {
    const struct access *before, *after;
    const struct universe *u;
    struct arena *arena;
    uint32_t *same; /* by permission set of before: the equal one of after, or ID_NONE */
    struct kind *kinds;
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

static const struct rbac_subject *subject_in(const struct access *x, uint32_t object,
                                             uint32_t subject)
{
    const struct rbac_object *o = &x->set->items[object];
    for (size_t i = 0; i < o->n_subjects; i++)
        if (access_coded(x->u, x->subjects[object][i]) == subject)
            return &o->subjects[i];
    return NULL;
}

static bool binds_too(const struct access *x, const struct rbac_object *binding, uint64_t key)
{
    const struct target_list *list = &x->bindings[(uint32_t)key];
    for (size_t i = 0; i < list->n; i++) {
        const struct rbac_object *o = &x->set->items[list->items[i]];
        if (str_eq(o->name, binding->name) && rbac_same_role_ref(o, binding))
            return subject_in(x, list->items[i], (uint32_t)(key >> 32)) != NULL;
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
        const struct rbac_subject *s = touches ? subject_in(x, list->items[i], subject) : NULL;
        if (!s)
            continue;
        struct str src = binds_too(other, o, key) ? role->src : s->src;
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

/* The sets of a subject: in this cell and cluster-wide, before and after. Few kinds of change
 * happen many times, so each is worked out once. */
struct sets {
    uint32_t before, after, before_wide, after_wide;
};
struct kind { /* of a change */
    struct sets sets;
    bool inside, made, differs; /* inside of a namespace */
    uint64_t *gained, *lost;
    struct access_change change; /* what is gained and lost */
};
#define KINDS 1024 /* one per slot: the last that fell there */

static bool find_words(struct differ *d, const struct sets *s, bool inside)
{
    const uint64_t *b = d->before->items[s->before].w, *b0 = d->before->items[s->before_wide].w;
    const uint64_t *a = d->after->items[s->after].w, *a0 = d->after->items[s->after_wide].w;
    bool differs = false;
    for (size_t w = 0; w < d->before->n_words; w++) {
        uint64_t had = b[w] | b0[w], has = a[w] | a0[w];
        d->gained[w] = has & ~had;
        d->lost[w] = had & ~has;
        if (inside) { /* what changed cluster-wide is said there */
            d->gained[w] &= ~(a0[w] & ~b0[w]) & d->in_namespace[w];
            d->lost[w] &= ~(b0[w] & ~a0[w]) & d->in_namespace[w];
        }
        differs = differs || d->gained[w] || d->lost[w];
    }
    return differs;
}

static struct kind *kind_of(struct differ *d, const struct sets *s, bool inside)
{
    uint64_t h = s->before * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ s->after) * UINT64_C(0xBF58476D1CE4E5B9);
    h = (h ^ s->before_wide) * UINT64_C(0x94D049BB133111EB);
    h = (h ^ s->after_wide) * UINT64_C(0x9E3779B97F4A7C15) ^ inside;
    struct kind *kind = &d->kinds[(h ^ h >> 32) % KINDS];
    if (kind->made && kind->inside == inside && memcmp(&kind->sets, s, sizeof(*s)) == 0)
        return kind;
    size_t bytes = d->before->n_words * sizeof(uint64_t);
    uint64_t *gained = kind->made ? kind->gained : arena_alloc(d->arena, bytes);
    uint64_t *lost = kind->made ? kind->lost : arena_alloc(d->arena, bytes);
    *kind = (struct kind){.sets = *s, .inside = inside, .made = true};
    kind->gained = d->gained = gained;
    kind->lost = d->lost = lost;
    kind->differs = find_words(d, s, inside);
    if (!kind->differs)
        return kind;
    struct access_change *c = &kind->change;
    c->gained = access_describe(d->u, gained, d->arena, &c->n_gained);
    c->lost = access_describe(d->u, lost, d->arena, &c->n_lost);
    kind->differs = c->n_gained > 0 || c->n_lost > 0;
    return kind;
}

static void add_change(struct differ *d, uint64_t key, const struct kind *kind)
{
    struct causes causes = {0};
    struct access_change change = kind->change;
    change.subject = subject_of(d->u, (uint32_t)(key >> 32));
    change.namespace = d->u->namespaces.items[(uint32_t)key];
    d->gained = kind->gained;
    d->lost = kind->lost;
    add_causes(d, true, key, &causes);
    add_causes(d, false, key, &causes);
    change.cause =
        strs_join(d->arena, strs_sorted(d->arena, (struct strs){causes.items, causes.n}), ' ');
    *ARENA_PUSH(d->arena, &d->out) = change;
}

/* One step of the walk: the cell with this key, in whichever of the two has it. */
static void compare_cell(struct differ *d, uint64_t key, struct sets *s)
{
    bool inside = (uint32_t)key != 0;
    if (!inside) {
        s->before_wide = s->before;
        s->after_wide = s->after;
    }
    if (d->same[s->before] == s->after && d->same[s->before_wide] == s->after_wide)
        return; /* the usual case: the same sets, known by their numbers */
    const struct kind *kind = kind_of(d, s, inside);
    if (kind->differs)
        add_change(d, key, kind);
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
    struct sets sets = {0};
    uint64_t subject = UINT64_MAX;
    d.in_namespace = mask_namespaced(d.u, a);
    d.kinds = ARENA_ARRAY(a, KINDS, struct kind);
    match_sets(&d);
    size_t i = 0, k = 0;
    while (i < before->n_cells || k < after->n_cells) {
        uint64_t left = i < before->n_cells ? before->cells[i].key : UINT64_MAX;
        uint64_t right = k < after->n_cells ? after->cells[k].key : UINT64_MAX;
        uint64_t key = left < right ? left : right;
        if (key >> 32 != subject) /* the cluster-wide cell is a subject's first */
            sets.before_wide = sets.after_wide = 0;
        subject = key >> 32;
        sets.before = left == key ? before->cells[i++].value : 0;
        sets.after = right == key ? after->cells[k++].value : 0;
        compare_cell(&d, key, &sets);
    }
    if (d.out.n > 1)
        qsort(d.out.items, d.out.n, sizeof(*d.out.items), change_order);
    return d.out;
}
