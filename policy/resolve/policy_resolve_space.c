/*
 * Resolving spaces: which namespaces of each site they hold. Never every space against every
 * namespace: candidates come from an index (a literal name, the sorted names with the literal start
 * of a pattern, the namespaces with one label) and only those are tried against the rest of the
 * space's conditions.
 */
#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct named {
    struct str name;
    uint32_t id;
};
struct label_index { /* namespaces by the value of one label */
    struct intern values;
    struct ids *by_value;
    size_t n_values;
};
struct site_index {
    const struct policy_cluster *cluster;
    const struct intern *ids;
    struct named *sorted;
    struct label_index *labels; /* by key id */
};
struct space_search {
    struct policy *p;
    struct intern keys; /* the first label of each space */
};

static int named_order(const void *a, const void *b)
{
    return str_cmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void index_label(struct policy *p, const struct policy_cluster *cluster, struct str key,
                        struct label_index *out)
{
    out->values.arena = p->arena;
    out->by_value = ARENA_ARRAY(p->arena, cluster->n_namespaces, struct ids);
    for (size_t i = 0; i < cluster->n_namespaces; i++) {
        struct str value = pairs_get(&cluster->namespaces[i].labels, key);
        if (value.p)
            *ARENA_PUSH(p->arena, &out->by_value[intern_add(&out->values, value)]) = (uint32_t)i;
    }
}

static void index_site(struct space_search *s, const struct site *site, struct site_index *out)
{
    struct arena *a = s->p->arena;
    size_t n = site->cluster->n_namespaces;
    *out = (struct site_index){.cluster = site->cluster, .ids = &site->namespaces};
    out->sorted = ARENA_ARRAY(a, n, struct named);
    for (size_t i = 0; i < n; i++)
        out->sorted[i] = (struct named){site->cluster->namespaces[i].name, (uint32_t)i};
    if (n > 1)
        qsort(out->sorted, n, sizeof(*out->sorted), named_order);
    out->labels = ARENA_ARRAY(a, s->keys.n, struct label_index);
    for (size_t i = 0; i < s->keys.n; i++)
        index_label(s->p, site->cluster, s->keys.items[i], &out->labels[i]);
}

static bool any_glob(const struct words *globs, struct str name)
{
    for (size_t i = 0; i < globs->n; i++)
        if (glob_matches(globs->items[i].text, name))
            return true;
    return false;
}

bool resolve_space_holds(const struct policy_space *space, const struct policy_namespace *ns)
{
    if (space->names.n > 0 && !any_glob(&space->names, ns->name))
        return false;
    for (size_t i = 0; i < space->label.n; i++) {
        struct str value = pairs_get(&ns->labels, space->label.items[i].key);
        if (!value.p || !str_eq(value, space->label.items[i].value))
            return false;
    }
    return !any_glob(&space->not, ns->name);
}

static size_t lower_bound(const struct site_index *x, struct str prefix)
{
    size_t from = 0, to = x->cluster->n_namespaces;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_cmp(x->sorted[middle].name, prefix) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void by_name(struct policy *p, const struct site_index *x, struct str pattern,
                    struct ids *out)
{
    const char *star = pattern.n ? memchr(pattern.p, '*', pattern.n) : NULL;
    if (!star) {
        uint32_t id = intern_find(x->ids, pattern);
        if (id != ID_NONE)
            *ARENA_PUSH(p->arena, out) = id;
        return;
    }
    struct str prefix = {pattern.p, (size_t)(star - pattern.p)};
    for (size_t i = lower_bound(x, prefix); i < x->cluster->n_namespaces; i++) {
        if (!str_starts(x->sorted[i].name, prefix))
            break;
        *ARENA_PUSH(p->arena, out) = x->sorted[i].id;
    }
}

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void candidates_of(struct space_search *s, const struct policy_space *space,
                          const struct site_index *x, struct ids *out)
{
    if (space->names.n == 0) {
        const struct label_index *index =
            &x->labels[intern_find(&s->keys, space->label.items[0].key)];
        uint32_t value = intern_find(&index->values, space->label.items[0].value);
        if (value != ID_NONE)
            *out = index->by_value[value];
        return;
    }
    for (size_t i = 0; i < space->names.n; i++)
        by_name(s->p, x, space->names.items[i].text, out);
    if (out->n > 1)
        qsort(out->items, out->n, sizeof(*out->items), id_order);
}

static void fill_space(struct space_search *s, const struct policy_space *space,
                       const struct site_index *x, struct ids *out)
{
    struct ids candidates = {0};
    candidates_of(s, space, x, &candidates);
    for (size_t i = 0; i < candidates.n; i++) {
        uint32_t id = candidates.items[i];
        bool twice = i > 0 && candidates.items[i - 1] == id;
        if (!twice && resolve_space_holds(space, &x->cluster->namespaces[id]))
            *ARENA_PUSH(s->p->arena, out) = id;
    }
}

/* What `not` takes away for certain: its pattern covers the other pattern as a text, so also
 * whatever stands for the stars in it. Says whether nothing is left of `names`. */
static bool names_excluded(struct policy *p, const struct policy_space *space)
{
    struct words out = {0};
    for (size_t i = 0; i < space->names.n; i++)
        if (any_glob(&space->not, space->names.items[i].text))
            *ARENA_PUSH(p->arena, &out) = space->names.items[i];
    if (space->names.n > 0 && out.n == space->names.n) {
        diag_warn(p->d, space->name.pos,
                  "space '%.*s' is empty for ever: 'not' takes all its names",
                  STR_F(space->name.text));
        return true;
    }
    for (size_t i = 0; i < out.n; i++)
        diag_warn(p->d, out.items[i].pos, "'not' takes '%.*s' away again",
                  STR_F(out.items[i].text));
    return false;
}

/* A namespace that the space would hold on a site that `at` leaves out. */
static void hint_other_site(struct policy *p, const struct policy_space *space,
                            const struct space *resolved)
{
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        const struct policy_cluster *cluster = p->sites[site].cluster;
        if (!cluster || resolved->sites & site_bit(site))
            continue;
        for (size_t i = 0; i < cluster->n_namespaces; i++) {
            if (!resolve_space_holds(space, &cluster->namespaces[i]))
                continue;
            diag_hint(p->d, "it would hold '%.*s' on site '%.*s', which 'at' leaves out",
                      STR_F(cluster->namespaces[i].name),
                      STR_F(p->tree->sites.items[site].name.text));
            return;
        }
    }
}

/* A space that holds nothing is mostly a slip of the pen; but its namespace may be made tomorrow.
 */
static void warn_empty(struct policy *p, const struct policy_space *space,
                       const struct space *resolved)
{
    size_t n = 0, n_known = 0;
    struct intern names = {.arena = p->arena};
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        if (!p->sites[site].cluster || !(resolved->sites & site_bit(site)))
            continue;
        n_known++;
        n += resolved->namespaces[site].n;
    }
    if (names_excluded(p, space) || n > 0 || n_known == 0)
        return;
    diag_warn(p->d, space->name.pos, "space '%.*s' holds no namespace on any of its sites",
              STR_F(space->name.text));
    hint_other_site(p, space, resolved);
    if (p->d->items[p->d->n - 1].hint.n > 0)
        return;
    for (size_t site = 0; site < p->tree->sites.n && space->names.n > 0; site++)
        for (size_t i = 0; p->sites[site].cluster && i < p->sites[site].cluster->n_namespaces; i++)
            intern_add(&names, p->sites[site].cluster->namespaces[i].name);
    if (names.n > 0)
        diag_hint_nearest(p->d, space->names.items[0].text, names.items, names.n);
}

void resolve_spaces(struct policy *p)
{
    struct space_search s = {.p = p, .keys = {.arena = p->arena}};
    for (size_t i = 0; i < p->tree->spaces.n; i++)
        if (p->tree->spaces.items[i].names.n == 0 && p->tree->spaces.items[i].label.n > 0)
            intern_add(&s.keys, p->tree->spaces.items[i].label.items[0].key);
    struct site_index *index = ARENA_ARRAY(p->arena, p->tree->sites.n, struct site_index);
    for (size_t site = 0; site < p->tree->sites.n; site++)
        if (p->sites[site].cluster)
            index_site(&s, &p->sites[site], &index[site]);

    p->spaces = ARENA_ARRAY(p->arena, p->tree->spaces.n, struct space);
    for (size_t i = 0; i < p->tree->spaces.n; i++) {
        const struct policy_space *space = &p->tree->spaces.items[i];
        struct space *out = &p->spaces[i];
        resolve_sites_of(p, &space->at, &out->sites);
        out->namespaces = ARENA_ARRAY(p->arena, p->tree->sites.n, struct ids);
        if (space->broken || (space->names.n == 0 && space->label.n == 0))
            continue;
        for (size_t site = 0; site < p->tree->sites.n; site++)
            if (index[site].cluster && out->sites & site_bit(site))
                fill_space(&s, space, &index[site], &out->namespaces[site]);
        warn_empty(p, space, out);
    }
}
