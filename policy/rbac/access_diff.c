/* The semantic difference of two sets of objects: not what was written otherwise, but who gains and
 * loses what. */
#include <stdlib.h>

#include "policy/rbac/access_cells.h"

struct differ {
    const struct access *before, *after;
    const struct universe *u;
    struct arena *arena;
    uint32_t *same; /* by permission set of before: the equal one of after, or ID_NONE */
    uint64_t *gained, *lost, *in_namespace; /* words of a permission set; the last: what is not
                                               inert inside a namespace */
    struct access_changes out;
};

/* --- what counts inside of a namespace: no URLs, no cluster-scoped resources; of the namespace
 * itself what carries its name */

static void allow_class(struct differ *d, uint32_t class, const uint64_t *verbs)
{
    for (size_t w = 0; w < d->u->words; w++)
        d->in_namespace[class * d->u->words + w] = verbs ? verbs[w] : UINT64_MAX;
}

static void make_mask(struct differ *d)
{
    const struct universe *u = d->u;
    static const struct str named_verbs[] = {
        {"get", 3}, {"update", 6}, {"patch", 5}, {"delete", 6}};
    uint64_t *of_namespace = ARENA_ARRAY(d->arena, u->words, uint64_t);
    for (size_t i = 0; i < sizeof(named_verbs) / sizeof(*named_verbs); i++) {
        uint32_t verb = universe_verb(u, named_verbs[i]);
        of_namespace[verb / 64] |= (uint64_t)1 << (verb % 64);
    }
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        bool is_namespace = t->resource != ID_NONE && t->group != ID_NONE &&
                            u->groups.items[t->group].n == 0 &&
                            (str_is(u->resources.items[t->resource], "namespaces") ||
                             str_starts(u->resources.items[t->resource], STR("namespaces/")));
        if (t->known && !t->namespaced && !is_namespace)
            continue;
        for (uint32_t k = 0; k <= t->n_names; k++)
            allow_class(d, t->first + k, is_namespace ? of_namespace : NULL);
    }
}

static void match_sets(struct differ *d)
{
    d->same = ARENA_ARRAY(d->arena, d->before->n, uint32_t);
    for (size_t i = 0; i < d->before->n; i++)
        d->same[i] = permset_find(d->after, d->before->items[i].w);
}

/* --- words into lines */

struct entry { /* some verbs on one target */
    const uint64_t *verbs;
    struct str target, names;
};
struct entries {
    struct entry *items;
    size_t n, cap;
};

static const uint64_t *class_words(const struct differ *d, const uint64_t *words, uint32_t class)
{
    return words + class * d->u->words;
}

static bool same_words(const struct differ *d, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, d->u->words * sizeof(*a)) == 0;
}

static bool no_words(const struct differ *d, const uint64_t *words)
{
    for (size_t i = 0; i < d->u->words; i++)
        if (words[i])
            return false;
    return true;
}

static bool uniform(const struct differ *d, const struct target *t, const uint64_t *words)
{
    for (uint32_t i = 1; i <= t->n_names; i++)
        if (!same_words(d, class_words(d, words, t->first), class_words(d, words, t->first + i)))
            return false;
    return true;
}

static void add_entry(struct differ *d, struct entries *out, const uint64_t *verbs,
                      struct str target, struct str names)
{
    if (!no_words(d, verbs))
        *ARENA_PUSH(d->arena, out) = (struct entry){verbs, target, names};
}

static struct str group_text(const struct differ *d, uint32_t group)
{
    return group == ID_NONE || group == d->u->groups.n ? STR("(other)") : d->u->groups.items[group];
}

static void add_target(struct differ *d, const struct target *t, const uint64_t *words,
                       struct entries *out)
{
    const struct universe *u = d->u;
    struct str resource = t->resource == ID_NONE ? STR("(other)") : u->resources.items[t->resource];
    if (t->sub != ID_NONE && t->resource != ID_NONE)
        return; /* the same words as the target of that spelling without it, but for oddly split
                   questions */
    struct str target =
        arena_fmt(d->arena, "%.*s/%.*s", STR_F(group_text(d, t->group)), STR_F(resource));
    if (t->sub != ID_NONE)
        target = arena_fmt(d->arena, "%.*s/%.*s", STR_F(target), STR_F(u->subs.items[t->sub]));
    if (uniform(d, t, words)) {
        add_entry(d, out, class_words(d, words, t->first), target, STR_NONE);
        return;
    }
    for (uint32_t i = 0; i < t->n_names; i++)
        add_entry(d, out, class_words(d, words, t->first + i), target, u->names.items[t->names[i]]);
    add_entry(d, out, class_words(d, words, t->first + (uint32_t)t->n_names), target,
              STR("(other)"));
}

/* All of a group alike: "apps" and a star instead of a page of resources. */
static const uint64_t *whole_group(const struct differ *d, uint32_t group, const uint64_t *words)
{
    const struct target_list *list = &d->u->by_group[group];
    const uint64_t *first = class_words(d, words, d->u->items[list->items[0]].first);
    for (size_t i = 0; i < list->n; i++) {
        const struct target *t = &d->u->items[list->items[i]];
        if (!uniform(d, t, words) || !same_words(d, first, class_words(d, words, t->first)))
            return NULL;
    }
    return first;
}

static bool add_whole(struct differ *d, const uint64_t *words, struct entries *out)
{
    const uint64_t *all = whole_group(d, (uint32_t)d->u->groups.n, words);
    for (uint32_t g = 0; all && g < d->u->groups.n; g++) {
        const uint64_t *one = whole_group(d, g, words);
        if (!one || !same_words(d, one, all))
            all = NULL;
    }
    if (!all)
        return false;
    add_entry(d, out, all, STR("*/*"), STR_NONE);
    return true;
}

static void add_groups(struct differ *d, const uint64_t *words, struct entries *out)
{
    for (uint32_t g = 0; g <= d->u->groups.n; g++) {
        const struct target_list *list = &d->u->by_group[g];
        const uint64_t *all = whole_group(d, g, words);
        if (all && list->n > 1) {
            add_entry(d, out, all, arena_fmt(d->arena, "%.*s/*", STR_F(group_text(d, g))),
                      STR_NONE);
            continue;
        }
        for (size_t i = 0; i < list->n; i++)
            add_target(d, &d->u->items[list->items[i]], words, out);
    }
}

static void add_urls(struct differ *d, const uint64_t *words, struct entries *out)
{
    const struct universe *u = d->u;
    for (uint32_t i = 0; i < u->urls.n; i++)
        if (!str_ends(u->urls.items[i], STR("*")))
            add_entry(d, out, class_words(d, words, u->first_url + i),
                      arena_fmt(d->arena, "url:%.*s", STR_F(u->urls.items[i])), STR_NONE);
    uint32_t first = u->first_url + (uint32_t)u->urls.n;
    for (uint32_t i = 0; i < u->url_prefixes.n; i++)
        add_entry(d, out, class_words(d, words, first + i),
                  arena_fmt(d->arena, "url:%.*s*", STR_F(u->url_prefixes.items[i])), STR_NONE);
}

static struct str verbs_text(const struct differ *d, const uint64_t *words)
{
    const struct universe *u = d->u;
    struct str *names = ARENA_ARRAY(d->arena, u->verbs.n + 1, struct str);
    size_t n = 0;
    for (size_t v = 0; v <= u->verbs.n; v++)
        if (words[v / 64] >> (v % 64) & 1)
            names[n++] = v < u->verbs.n ? u->verbs.items[v] : STR("(other)");
    if (n == u->verbs.n + 1)
        return STR("*");
    return strs_join(d->arena, (struct strs){names, n}, ',');
}

/* Entries with the same verbs and names become one line. */
static struct access_permissions *lines_of(struct differ *d, struct entries *entries, size_t *ret_n)
{
    struct {
        struct access_permissions *items;
        size_t n, cap;
    } out = {0};
    struct str *targets = ARENA_ARRAY(d->arena, entries->n, struct str);
    bool *done = ARENA_ARRAY(d->arena, entries->n, bool);
    for (size_t i = 0; i < entries->n; i++) {
        size_t n = 0;
        for (size_t k = i; k < entries->n && !done[i]; k++) {
            const struct entry *e = &entries->items[k];
            if (done[k] || !same_words(d, e->verbs, entries->items[i].verbs) ||
                !str_eq(e->names, entries->items[i].names))
                continue;
            done[k] = k != i;
            targets[n++] = e->target;
        }
        if (n == 0)
            continue;
        done[i] = true;
        struct strs sorted = strs_sorted(d->arena, (struct strs){targets, n});
        *ARENA_PUSH(d->arena, &out) =
            (struct access_permissions){verbs_text(d, entries->items[i].verbs),
                                        strs_join(d->arena, sorted, ','), entries->items[i].names};
    }
    *ret_n = out.n;
    return out.items;
}

static struct access_permissions *describe(struct differ *d, const uint64_t *words, size_t *ret_n)
{
    struct entries entries = {0};
    if (!add_whole(d, words, &entries))
        add_groups(d, words, &entries);
    add_urls(d, words, &entries);
    return lines_of(d, &entries, ret_n);
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
    change.gained = describe(d, d->gained, &change.n_gained);
    change.lost = describe(d, d->lost, &change.n_lost);
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
    d.in_namespace = ARENA_ARRAY(a, before->n_words, uint64_t);
    make_mask(&d);
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
