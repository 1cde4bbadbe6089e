/* The sentences of a person-level diff as text, and the moments between which nothing changes. */
#include <stdlib.h>

#include "policy/analysis/policy_person_diff.h"
#include "policy/analysis/policy_words.h"
#include "policy/resolve/resolved.h"

#define PEOPLE_SHOWN     8
#define NAMESPACES_SHOWN 6

static void write_places(struct strs namespaces, struct buf *out)
{
    bool wide = namespaces.n && namespaces.items[0].n == 0;
    struct strs rest = {namespaces.items + wide, namespaces.n - wide};
    if (wide)
        buf_c(out, " in the whole cluster");
    if (rest.n == 0)
        return;
    buf_c(out, wide ? " and" : " in");
    if (rest.n == 1)
        buf_fmt(out, " %.*s", STR_F(rest.items[0]));
    else
        buf_fmt(out, " %zu namespaces", rest.n);
}

void policy_sentence_write(const struct policy_sentence *s, struct buf *out)
{
    bool one = s->people.n == 1, wide = s->namespaces.n && s->namespaces.items[0].n == 0;
    struct strs rest = {s->namespaces.items + wide, s->namespaces.n - wide};
    buf_char(out, s->gained ? '+' : '-');
    if (one)
        buf_add(out, s->people.items[0]);
    else
        buf_fmt(out, "%zu people", s->people.n);
    buf_fmt(out, " %s%s %.*s", s->gained ? "gain" : "lose", one ? "s" : "", STR_F(s->what));
    write_places(s->namespaces, out);
    if (!one) {
        buf_c(out, ": ");
        policy_list(out, s->people, PEOPLE_SHOWN);
    }
    if (rest.n > 1) {
        buf_c(out, " (");
        policy_list(out, rest, NAMESPACES_SHOWN);
        buf_char(out, ')');
    }
}

/* --- moments */

static int time_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void add_moment(int64_t ms, int64_t now_ms, struct arena *a, struct policy_moments *out)
{
    if (ms != TIME_NONE && ms > now_ms)
        *ARENA_PUSH(a, out) = ms;
}

void policy_moments_add(const struct policy *p, int64_t now_ms, struct arena *a,
                        struct policy_moments *out)
{
    const struct policy_tree *t = p->tree;
    for (size_t i = 0; i < t->grants.n; i++)
        add_moment(t->grants.items[i].until.ms, now_ms, a, out);
    for (size_t i = 0; i < t->teams.n; i++)
        for (size_t k = 0; k < t->teams.items[i].add.n; k++)
            add_moment(t->teams.items[i].add.items[k].until.ms, now_ms, a, out);
    if (out->n < 2)
        return;
    qsort(out->items, out->n, sizeof(*out->items), time_order);
    size_t n = 1;
    for (size_t i = 1; i < out->n; i++)
        if (out->items[i] != out->items[n - 1])
            out->items[n++] = out->items[i];
    out->n = n;
}
