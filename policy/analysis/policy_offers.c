#include "policy/analysis/policy_offers.h"

#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct offer { /* an entry in one canonical text */
    struct str name, text;
    struct pos pos;
};
struct offers {
    struct arena *arena;
    struct offer *items;
    size_t n, cap;
};
struct texts {
    struct str *items;
    size_t n, cap;
};

static struct str list(struct arena *a, const struct words *words)
{
    struct str *texts = ARENA_ARRAY(a, words->n, struct str);
    for (size_t i = 0; i < words->n; i++)
        texts[i] = words->items[i].text;
    return strs_join(a, strs_sorted(a, (struct strs){texts, words->n}), ',');
}

static struct str stages(struct arena *a, const struct policy_stages *s)
{
    struct str *texts = ARENA_ARRAY(a, s->n, struct str);
    for (size_t i = 0; i < s->n; i++)
        texts[i] = arena_fmt(a, "%lld of %.*s", (long long)s->items[i].count,
                             STR_F(list(a, &s->items[i].by)));
    if (s->n > 1)
        qsort(texts, s->n, sizeof(*texts), str_order);
    return strs_join(a, (struct strs){texts, s->n}, ';');
}

static struct str matches(struct arena *a, const struct str_pairs *pairs)
{
    struct str *texts = ARENA_ARRAY(a, pairs->n, struct str);
    for (size_t i = 0; i < pairs->n; i++)
        texts[i] = CONCAT(a, pairs->items[i].key, STR("="), pairs->items[i].value);
    if (pairs->n > 1)
        qsort(texts, pairs->n, sizeof(*texts), str_order);
    return strs_join(a, (struct strs){texts, pairs->n}, ';');
}

static void add(struct offers *o, const char *kind, const struct word *name, struct str text)
{
    *ARENA_PUSH(o->arena, o) =
        (struct offer){arena_fmt(o->arena, "%s %.*s", kind, STR_F(name->text)), text, name->pos};
}

static struct offers offers_of(const struct policy *p, struct arena *a)
{
    struct offers o = {.arena = a};
    const struct policy_tree *t = p->tree;
    for (size_t i = 0; i < t->requests.n; i++) {
        const struct policy_request *r = &t->requests.items[i];
        add(&o, "request", &r->name,
            arena_fmt(a, "%.*s|%.*s|%.*s|%.*s|%lld|%.*s|%.*s", STR_F(r->who.text),
                      STR_F(r->role.text), STR_F(list(a, &r->in)), STR_F(list(a, &r->at)),
                      (long long)r->max, STR_F(stages(a, &r->approve)), STR_F(r->reason.text)));
    }
    for (size_t i = 0; i < t->breakglass.n; i++) {
        const struct policy_breakglass *b = &t->breakglass.items[i];
        add(&o, "breakglass", &b->name,
            arena_fmt(a, "%.*s|%.*s|%.*s|%lld|%.*s", STR_F(b->who.text), STR_F(b->role.text),
                      STR_F(list(a, &b->at)), (long long)b->max, STR_F(b->mfa.text)));
    }
    for (size_t i = 0; i < t->ci.n; i++) {
        const struct policy_ci *c = &t->ci.items[i];
        add(&o, "ci", &c->name,
            arena_fmt(a, "%.*s|%.*s|%.*s|%.*s|%lld|%.*s|%.*s|%.*s", STR_F(c->issuer.text),
                      STR_F(c->audience.text), STR_F(matches(a, &c->match)), STR_F(c->sa.text),
                      (long long)c->token, STR_F(c->role.text), STR_F(list(a, &c->in)),
                      STR_F(list(a, &c->at))));
    }
    return o;
}

static const struct offer *find(const struct offers *o, struct str name)
{
    for (size_t i = 0; i < o->n; i++)
        if (str_eq(o->items[i].name, name))
            return &o->items[i];
    return NULL;
}

static void say(struct offers *from, struct texts *out, const struct offer *o, const char *what)
{
    *ARENA_PUSH(from->arena, out) = arena_fmt(from->arena, "%.*s %s (%.*s)", STR_F(o->name), what,
                                              STR_F(src_of(from->arena, &o->pos)));
}

struct strs policy_offers_diff(const struct policy *before, const struct policy *after,
                               struct arena *a)
{
    struct offers was = offers_of(before, a), is = offers_of(after, a);
    struct texts out = {0};
    for (size_t i = 0; i < is.n; i++) {
        const struct offer *old = find(&was, is.items[i].name);
        if (!old || !str_eq(old->text, is.items[i].text))
            say(&is, &out, &is.items[i], old ? "changes" : "is new");
    }
    for (size_t i = 0; i < was.n; i++)
        if (!find(&is, was.items[i].name))
            say(&was, &out, &was.items[i], "is gone");
    return (struct strs){out.items, out.n};
}
