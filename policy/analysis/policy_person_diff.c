#include "policy/analysis/policy_person_inside.h"

#include <stdlib.h>

#include "policy/analysis/policy_words.h"

#define ASKED_MAX 32 /* people whose reasons are looked for, per sentence */

void policy_compare_begin(struct policy_compare *c)
{
    c->profiles = access_profiles_new(c->access_before, c->access_after, c->after.arena);
    c->names = (struct intern){.arena = c->after.arena};
}

/* --- grouping: the same gain in the same namespaces is one sentence */

struct piece {
    uint32_t set, order, namespace;
    bool gained;
};

static int piece_order(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->gained != y->gained)
        return x->gained ? -1 : 1;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void add_to_group(struct grouper *g, const struct piece *pieces, size_t n, uint32_t holder)
{
    auto_buf key = BUF_INIT((size_t)64 << 20);
    buf_fmt(&key, "%d %u", pieces->gained, pieces->set);
    for (size_t i = 0; i < n; i++)
        buf_bytes(&key, &pieces[i].namespace, sizeof(pieces[i].namespace));
    uint32_t id = intern_find(&g->keys, buf_str(&key));
    if (id == ID_NONE) {
        id = intern_add(&g->keys, arena_str(g->arena, buf_str(&key)));
        struct group *group = ARENA_PUSH(g->arena, &g->groups);
        group->gained = pieces->gained;
        group->set = pieces->set;
        for (size_t i = 0; i < n; i++)
            *ARENA_PUSH(g->arena, &group->namespaces) = pieces[i].namespace;
    }
    *ARENA_PUSH(g->arena, &g->groups.items[id].holders) = holder;
}

void people_add_holder(struct grouper *g, const struct holder *h)
{
    const struct access_deltas *d = access_profiles_compare(g->c->profiles, h->before, h->after);
    size_t n = 0;
    if (d->n == 0)
        return;
    struct piece *pieces = ARENA_ARRAY(g->arena, d->n * 2, struct piece);
    for (uint32_t i = 0; i < d->n; i++) {
        const struct access_delta *one = &d->items[i];
        if (one->gained)
            pieces[n++] = (struct piece){one->gained, i, one->namespace, true};
        if (one->lost)
            pieces[n++] = (struct piece){one->lost, i, one->namespace, false};
    }
    qsort(pieces, n, sizeof(*pieces), piece_order);
    *ARENA_PUSH(g->arena, &g->holders) = *h;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1;
             end < n && pieces[end].set == pieces[i].set && pieces[end].gained == pieces[i].gained;)
            end++;
        add_to_group(g, pieces + i, end - i, (uint32_t)g->holders.n - 1);
    }
}

/* --- sentences */

static struct str *sort(struct str *items, size_t n)
{
    if (n > 1)
        qsort(items, n, sizeof(*items), str_order);
    return items;
}

static struct policy_sentence sentence_of(struct grouper *g, const struct group *group)
{
    struct arena *a = g->arena;
    struct str *people = ARENA_ARRAY(a, group->holders.n, struct str);
    struct str *namespaces = ARENA_ARRAY(a, group->namespaces.n, struct str);
    struct reasons reasons = {0};
    for (size_t i = 0; i < group->holders.n; i++)
        people[i] = g->holders.items[group->holders.items[i]].label;
    for (size_t i = 0; !g->without_reasons && i < group->holders.n && i < ASKED_MAX; i++)
        people_reasons(g, group, &g->holders.items[group->holders.items[i]], &reasons);
    for (size_t i = 0; i < group->namespaces.n; i++)
        namespaces[i] = access_profiles_namespace(g->c->profiles, group->namespaces.items[i]);
    struct access_lines lines = access_profiles_lines(g->c->profiles, group->set);
    return (struct policy_sentence){
        .gained = group->gained,
        .people = {sort(people, group->holders.n), group->holders.n},
        .namespaces = {sort(namespaces, group->namespaces.n), group->namespaces.n},
        .what = policy_words(lines.items, lines.n, a),
        .permissions = lines,
        .because = {reasons.items, reasons.n}};
}

static int strs_order(struct strs a, struct strs b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int order = str_cmp(a.items[i], b.items[i]);
        if (order)
            return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Gains first, then what concerns most people. */
static int sentence_order(const void *a, const void *b)
{
    const struct policy_sentence *x = a, *y = b;
    if (x->gained != y->gained)
        return x->gained ? -1 : 1;
    if (x->people.n != y->people.n)
        return x->people.n > y->people.n ? -1 : 1;
    int order = str_cmp(x->what, y->what);
    if (order == 0)
        order = strs_order(x->namespaces, y->namespaces);
    return order ? order : strs_order(x->people, y->people);
}

struct policy_sentences people_sentences(struct grouper *g)
{
    struct policy_sentences out = {0};
    for (size_t i = 0; i < g->groups.n; i++) {
        struct policy_sentence s = sentence_of(g, &g->groups.items[i]);
        if (s.permissions.n) /* else a spelling that no API server asks */
            *ARENA_PUSH(g->arena, &out) = s;
    }
    if (out.n > 1)
        qsort(out.items, out.n, sizeof(*out.items), sentence_order);
    return out;
}

struct grouper people_grouper(struct policy_compare *c)
{
    return (struct grouper){.c = c, .arena = c->after.arena, .keys = {.arena = c->after.arena}};
}

struct policy_sentences policy_person_diff(struct policy_compare *c)
{
    struct grouper g = people_grouper(c);
    struct policy_people *before = policy_people_new(&c->before, c->access_before, &c->names);
    struct policy_people *after = policy_people_new(&c->after, c->access_after, &c->names);
    for (uint32_t i = 0; i < c->names.n; i++) {
        struct str name = c->names.items[i];
        people_add_holder(&g, &(struct holder){.label = name,
                                               .username = name,
                                               .before = policy_people_profile(before, i),
                                               .after = policy_people_profile(after, i)});
    }
    return people_sentences(&g);
}
