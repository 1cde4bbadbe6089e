/*
 * Atoms -> canonical rules. Three rounds of sort and merge, each over one dimension: the same
 * resource and names (verbs are united), then the same group, names and verbs (resources are
 * listed), then the same resources, names and verbs (groups are listed). The order of what was
 * written is gone after the first.
 */
#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct line {                                        /* a rule on its way */
    struct str names_key, groups_key, resources_key; /* joined, to compare */
    struct verbs verbs;
    struct strs groups, resources, names, srcs;
};
struct lines {
    struct line *items;
    size_t n;
};

static int verbs_cmp(const struct verbs *a, const struct verbs *b)
{
    if (a->all != b->all)
        return a->all ? -1 : 1;
    for (size_t w = 0; w < VERBS_MAX / 64; w++)
        if (a->w[w] != b->w[w])
            return a->w[w] < b->w[w] ? -1 : 1;
    return 0;
}

static int by_resource(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = str_cmp(x->groups_key, y->groups_key);
    if (order == 0)
        order = str_cmp(x->resources_key, y->resources_key);
    return order ? order : str_cmp(x->names_key, y->names_key);
}

static int by_group_and_verbs(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = str_cmp(x->groups_key, y->groups_key);
    if (order == 0)
        order = str_cmp(x->names_key, y->names_key);
    if (order == 0)
        order = verbs_cmp(&x->verbs, &y->verbs);
    return order ? order : str_cmp(x->resources_key, y->resources_key);
}

static int by_resources_and_verbs(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = str_cmp(x->resources_key, y->resources_key);
    if (order == 0)
        order = str_cmp(x->names_key, y->names_key);
    if (order == 0)
        order = verbs_cmp(&x->verbs, &y->verbs);
    return order ? order : str_cmp(x->groups_key, y->groups_key);
}

static void sort_lines(struct lines *lines, int (*order)(const void *, const void *))
{
    if (lines->n > 1)
        qsort(lines->items, lines->n, sizeof(*lines->items), order);
}

static struct strs join_srcs(struct arena *a, const struct line *from, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += from[i].srcs.n;
    struct str *all = ARENA_ARRAY(a, total, struct str);
    total = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < from[i].srcs.n; k++)
            all[total++] = from[i].srcs.items[k];
    return n == 1 ? from->srcs : strs_sorted(a, (struct strs){all, total});
}

static struct str key_of(struct arena *a, struct strs set)
{
    if (set.n == 1) /* a name with a comma inside cannot be told from two: keys of several start
                       with their number */
        return set.items[0];
    return set.n ? arena_fmt(a, "%zu,%.*s", set.n, STR_F(strs_join(a, set, ','))) : STR_NONE;
}

static void merge_same_resource(struct arena *a, struct lines *lines)
{
    sort_lines(lines, by_resource);
    size_t n = 0;
    for (size_t i = 0, end; i < lines->n; i = end) {
        struct line merged = lines->items[i];
        for (end = i + 1; end < lines->n && by_resource(&lines->items[i], &lines->items[end]) == 0;
             end++) {
            for (size_t w = 0; w < VERBS_MAX / 64; w++)
                merged.verbs.w[w] |= lines->items[end].verbs.w[w];
            merged.verbs.all = merged.verbs.all || lines->items[end].verbs.all;
        }
        if (merged.verbs.all)
            merged.verbs = (struct verbs){.all = true};
        merged.srcs = join_srcs(a, &lines->items[i], end - i);
        lines->items[n++] = merged;
    }
    lines->n = n;
}

static void merge_resources(struct arena *a, struct lines *lines)
{
    sort_lines(lines, by_group_and_verbs);
    size_t n = 0;
    for (size_t i = 0, end; i < lines->n; i = end) {
        const struct line *first = &lines->items[i];
        for (end = i + 1; end < lines->n &&
                          str_eq(lines->items[end].groups_key, first->groups_key) &&
                          str_eq(lines->items[end].names_key, first->names_key) &&
                          verbs_cmp(&lines->items[end].verbs, &first->verbs) == 0;)
            end++;
        struct line merged = *first;
        struct str *resources = ARENA_ARRAY(a, end - i, struct str);
        for (size_t k = i; k < end; k++)
            resources[k - i] = lines->items[k].resources.items[0];
        merged.resources = (struct strs){resources, end - i}; /* sorted and unique already */
        merged.resources_key = key_of(a, merged.resources);
        merged.srcs = join_srcs(a, first, end - i);
        lines->items[n++] = merged;
    }
    lines->n = n;
}

static void merge_groups(struct arena *a, struct lines *lines)
{
    sort_lines(lines, by_resources_and_verbs);
    size_t n = 0;
    for (size_t i = 0, end; i < lines->n; i = end) {
        const struct line *first = &lines->items[i];
        for (end = i + 1; end < lines->n &&
                          str_eq(lines->items[end].resources_key, first->resources_key) &&
                          str_eq(lines->items[end].names_key, first->names_key) &&
                          verbs_cmp(&lines->items[end].verbs, &first->verbs) == 0;)
            end++;
        struct line merged = *first;
        struct str *groups = ARENA_ARRAY(a, end - i, struct str);
        for (size_t k = i; k < end; k++)
            groups[k - i] = lines->items[k].groups.items[0];
        merged.groups = (struct strs){groups, end - i};
        merged.srcs = join_srcs(a, first, end - i);
        lines->items[n++] = merged;
    }
    lines->n = n;
}

static struct strs verb_names(const struct policy *p, const struct verbs *set, struct arena *a)
{
    static const struct str star = {"*", 1};
    if (set->all)
        return (struct strs){&star, 1};
    struct str *names = ARENA_ARRAY(a, VERBS_MAX, struct str);
    size_t n = 0;
    for (size_t id = 0; id < p->verbs.n && id < VERBS_MAX; id++)
        if (set->w[id / 64] >> (id % 64) & 1)
            names[n++] = p->verbs.items[id];
    return strs_sorted(a, (struct strs){names, n});
}

/* The final order must not depend on the numbers of verbs: those follow the order of the text. */
static int rule_order(const void *a, const void *b)
{
    const struct rbac_rule *x = a, *y = b;
    const struct strs xs[] = {x->api_groups, x->resources, x->resource_names, x->non_resource_urls,
                              x->verbs};
    const struct strs ys[] = {y->api_groups, y->resources, y->resource_names, y->non_resource_urls,
                              y->verbs};
    for (size_t i = 0; i < sizeof(xs) / sizeof(*xs); i++) {
        for (size_t k = 0; k < xs[i].n && k < ys[i].n; k++) {
            int order = str_cmp(xs[i].items[k], ys[i].items[k]);
            if (order)
                return order;
        }
        if (xs[i].n != ys[i].n)
            return xs[i].n < ys[i].n ? -1 : 1;
    }
    return 0;
}

static void put_urls(const struct role_rules *rules, struct arena *a, struct rbac_object *out)
{
    for (size_t i = 0; i < rules->urls.n; i++) {
        struct rbac_rule rule = rules->urls.items[i];
        rule.verbs = strs_sorted(a, rule.verbs);
        rule.non_resource_urls = strs_sorted(a, rule.non_resource_urls);
        bool twice = false;
        for (size_t k = 0; k < out->n_rules; k++)
            twice = twice || rule_order(&out->rules[k], &rule) == 0;
        if (!twice)
            out->rules[out->n_rules++] = rule;
    }
}

void atoms_to_rules(const struct policy *p, const struct role_rules *rules, struct arena *a,
                    struct rbac_object *out)
{
    struct lines lines = {ARENA_ARRAY(a, rules->atoms.n, struct line), rules->atoms.n};
    for (size_t i = 0; i < lines.n; i++) {
        struct atom *atom = &rules->atoms.items[i];
        lines.items[i] = (struct line){.names_key = key_of(a, atom->names),
                                       .groups_key = atom->group,
                                       .resources_key = atom->resource,
                                       .verbs = atom->verbs,
                                       .groups = {&atom->group, 1},
                                       .resources = {&atom->resource, 1},
                                       .names = atom->names,
                                       .srcs = {&atom->src, 1}};
    }
    merge_same_resource(a, &lines);
    merge_resources(a, &lines);
    merge_groups(a, &lines);
    out->rules = ARENA_ARRAY(a, lines.n + rules->urls.n, struct rbac_rule);
    out->n_rules = 0;
    for (size_t i = 0; i < lines.n; i++) {
        const struct line *line = &lines.items[i];
        out->rules[out->n_rules++] = (struct rbac_rule){.verbs = verb_names(p, &line->verbs, a),
                                                        .api_groups = line->groups,
                                                        .resources = line->resources,
                                                        .resource_names = line->names,
                                                        .src = strs_join(a, line->srcs, ' ')};
    }
    put_urls(rules, a, out);
    if (out->n_rules > 1)
        qsort(out->rules, out->n_rules, sizeof(*out->rules), rule_order);
}
