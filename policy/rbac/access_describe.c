/* Permission sets in words: "get,list /pods,apps/deployments"; and which of them mean something
 * inside of a namespace. */
#include "policy/rbac/access_cells.h"

/* --- what counts inside of a namespace: no URLs, no cluster-scoped resources; of the namespace
 * itself what carries its name */

struct describer {
    const struct universe *u;
    struct arena *arena;
};

/* --- words into lines */

struct entry { /* some verbs on one target */
    const uint64_t *verbs;
    struct str target, names;
};
struct entries {
    struct entry *items;
    size_t n, cap;
};

static const uint64_t *class_words(const struct describer *d, const uint64_t *words, uint32_t class)
{
    return words + class * d->u->words;
}

static bool same_words(const struct describer *d, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, d->u->words * sizeof(*a)) == 0;
}

static bool no_words(const struct describer *d, const uint64_t *words)
{
    for (size_t i = 0; i < d->u->words; i++)
        if (words[i])
            return false;
    return true;
}

static bool uniform(const struct describer *d, const struct target *t, const uint64_t *words)
{
    for (uint32_t i = 1; i <= t->n_names; i++)
        if (!same_words(d, class_words(d, words, t->first), class_words(d, words, t->first + i)))
            return false;
    return true;
}

static void add_entry(struct describer *d, struct entries *out, const uint64_t *verbs,
                      struct str target, struct str names)
{
    if (!no_words(d, verbs))
        *ARENA_PUSH(d->arena, out) = (struct entry){verbs, target, names};
}

static struct str group_text(const struct describer *d, uint32_t group)
{
    return group == ID_NONE || group == d->u->groups.n ? STR("(other)") : d->u->groups.items[group];
}

/* "pods/log" as one word is what no API server asks where the subresource is told apart, and the
 * spelling of a star before a slash is no resource. */
static bool is_spelling_only(const struct universe *u, const struct target *t)
{
    if (t->resource == ID_NONE)
        return false;
    struct str resource = u->resources.items[t->resource], before, sub;
    if (!str_split(resource, '/', &before, &sub))
        return false;
    uint32_t id = t->sub == ID_NONE ? intern_find(&u->subs, sub) : ID_NONE;
    return str_is(before, "*") ||
           (id != ID_NONE && target_find(u, t->group, t->resource, id) != ID_NONE);
}

static void add_target(struct describer *d, const struct target *t, const uint64_t *words,
                       struct entries *out)
{
    const struct universe *u = d->u;
    struct str resource = t->resource == ID_NONE ? STR("(other)") : u->resources.items[t->resource];
    if (is_spelling_only(u, t))
        return;
    struct str target =
        arena_fmt(d->arena, "%.*s/%.*s", STR_F(group_text(d, t->group)), STR_F(resource));
    if (t->sub != ID_NONE && t->resource == ID_NONE)
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
static const uint64_t *whole_group(const struct describer *d, uint32_t group, const uint64_t *words)
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

static bool add_whole(struct describer *d, const uint64_t *words, struct entries *out)
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

static void add_groups(struct describer *d, const uint64_t *words, struct entries *out)
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

static void add_urls(struct describer *d, const uint64_t *words, struct entries *out)
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

static struct str verbs_text(const struct describer *d, const uint64_t *words)
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
static struct access_permissions *lines_of(struct describer *d, struct entries *entries,
                                           size_t *ret_n)
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

struct access_permissions *access_describe(const struct universe *u, const uint64_t *words,
                                           struct arena *a, size_t *ret_n)
{
    struct describer describer = {u, a}, *d = &describer;
    struct entries entries = {0};
    if (!add_whole(d, words, &entries))
        add_groups(d, words, &entries);
    add_urls(d, words, &entries);
    return lines_of(d, &entries, ret_n);
}
