#include "policy/analysis/policy_why_not.h"

#include <stdlib.h>

#include "base/clock.h"
#include "policy/analysis/policy_person_diff.h"
#include "policy/emit/policy_emit.h"
#include "policy/resolve/resolved.h"

#define SHOWN_MAX 3
#define FAR       100 /* a role that has nothing to do with the question is no near miss */

struct search {
    const struct policy_at *at;
    const struct policy *p;
    struct arena *arena;
    struct str username;
    const struct rbac_question *q;
    const struct rbac_set *emitted;
    struct {
        struct candidate {
            struct near_miss miss;
            unsigned cost;
        } *items;
        size_t n, cap;
    } all;
};
struct offer { /* a grant, a request or a break-glass entry */
    enum near_kind kind;
    size_t entry;
    uint32_t team, role;
    const struct ids *spaces;
    uint64_t sites;
    int64_t until_ms;
    struct pos pos;
};
struct missing {
    struct str *items;
    size_t n, cap;
    unsigned cost;
};

static void miss(struct search *s, struct missing *m, unsigned cost, struct str text)
{
    *ARENA_PUSH(s->arena, m) = text;
    m->cost += cost;
}

/* --- the team */

static struct str joined_from(struct search *s, uint32_t team)
{
    const struct words *from = &s->p->tree->teams.items[team].from;
    struct str *names = ARENA_ARRAY(s->arena, from->n, struct str);
    for (size_t i = 0; i < from->n; i++)
        names[i] = from->items[i].text;
    return from->n ? strs_join(s->arena, (struct strs){names, from->n}, ' ') : STR("no group");
}

static void check_team(struct search *s, const struct offer *o, struct missing *m)
{
    const struct policy_team *team = &s->p->tree->teams.items[o->team];
    if (policy_membership(s->at, s->username, o->team).n)
        return;
    for (size_t i = 0; i < team->drop.n; i++)
        if (str_eq(team->drop.items[i].text, s->username)) {
            miss(s, m, 1,
                 arena_fmt(s->arena, "%.*s is dropped from team %.*s (%.*s)", STR_F(s->username),
                           STR_F(team->name.text),
                           STR_F(src_of(s->arena, &team->drop.items[i].pos))));
            return;
        }
    for (size_t i = 0; i < team->add.n; i++)
        if (str_eq(team->add.items[i].person.text, s->username)) {
            miss(s, m, 1,
                 arena_fmt(s->arena, "the time of %.*s in team %.*s is over (%.*s)",
                           STR_F(s->username), STR_F(team->name.text),
                           STR_F(src_of(s->arena, &team->add.items[i].person.pos))));
            return;
        }
    miss(s, m, 2,
         arena_fmt(s->arena, "%.*s is not in team %.*s, which takes %.*s (%.*s)",
                   STR_F(s->username), STR_F(team->name.text), STR_F(joined_from(s, o->team)),
                   STR_F(src_of(s->arena, &team->name.pos))));
}

/* --- the place */

static const struct policy_namespace *namespace_of(const struct search *s)
{
    const struct policy_cluster *c = s->p->sites[s->at->site].cluster;
    for (size_t i = 0; i < c->n_namespaces; i++)
        if (str_eq(c->namespaces[i].name, s->q->namespace))
            return &c->namespaces[i];
    return NULL;
}

static bool in_space(const struct search *s, uint32_t space)
{
    const struct ids *ids = &s->p->spaces[space].namespaces[s->at->site];
    const struct policy_cluster *c = s->p->sites[s->at->site].cluster;
    for (size_t i = 0; i < ids->n; i++)
        if (str_eq(c->namespaces[ids->items[i]].name, s->q->namespace))
            return true;
    return false;
}

static struct str site_name(const struct search *s)
{
    return s->p->tree->sites.items[s->at->site].name.text;
}

static struct str words_text(struct search *s, const struct words *words)
{
    struct str *texts = ARENA_ARRAY(s->arena, words->n, struct str);
    for (size_t i = 0; i < words->n; i++)
        texts[i] = words->items[i].text;
    return strs_join(s->arena, (struct strs){texts, words->n}, ',');
}

/* The one condition of the space that the namespace fails. */
static struct str why_outside(struct search *s, uint32_t id)
{
    const struct policy_space *space = &s->p->tree->spaces.items[id];
    const struct policy_namespace *ns = namespace_of(s);
    struct str src = src_of(s->arena, &space->name.pos), name = space->name.text;
    if (!(s->p->spaces[id].sites & site_bit(s->at->site)))
        return arena_fmt(s->arena, "space %.*s is not on site %.*s (at: %.*s, %.*s)", STR_F(name),
                         STR_F(site_name(s)), STR_F(words_text(s, &space->at)), STR_F(src));
    if (!ns)
        return arena_fmt(s->arena, "there is no namespace %.*s", STR_F(s->q->namespace));
    for (size_t i = 0; i < space->label.n; i++) {
        const struct str_pair *want = &space->label.items[i];
        struct str has = pairs_get(&ns->labels, want->key);
        if (!has.p || !str_eq(has, want->value))
            return arena_fmt(
                s->arena, "namespace %.*s lacks label %.*s=%.*s%s%.*s%s%.*s%s of space %.*s (%.*s)",
                STR_F(ns->name), STR_F(want->key), STR_F(want->value), has.p ? " (it has " : "",
                STR_F(has.p ? want->key : STR_NONE), has.p ? "=" : "", STR_F(has), has.p ? ")" : "",
                STR_F(name), STR_F(src));
    }
    for (size_t i = 0; i < space->not.n; i++)
        if (glob_matches(space->not.items[i].text, ns->name))
            return arena_fmt(s->arena, "space %.*s excludes namespace %.*s (not: %.*s, %.*s)",
                             STR_F(name), STR_F(ns->name), STR_F(space->not.items[i].text),
                             STR_F(src_of(s->arena, &space->not.items[i].pos)));
    return arena_fmt(s->arena, "space %.*s does not hold namespace %.*s (names: %.*s, %.*s)",
                     STR_F(name), STR_F(ns->name), STR_F(words_text(s, &space->names)), STR_F(src));
}

static void check_place(struct search *s, const struct offer *o, struct missing *m)
{
    if (!(o->sites & site_bit(s->at->site)))
        miss(s, m, 1,
             arena_fmt(s->arena, "it does not hold on site %.*s (at)", STR_F(site_name(s))));
    if (o->spaces->n == 0)
        return; /* the whole cluster */
    if (s->q->namespace.n == 0) {
        miss(s, m, 1, STR("it holds in namespaces, not in the whole cluster"));
        return;
    }
    for (size_t i = 0; i < o->spaces->n; i++)
        if (in_space(s, o->spaces->items[i]))
            return;
    miss(s, m, 1, why_outside(s, o->spaces->items[0]));
}

/* --- the role */

static const struct rbac_object *role_object(const struct search *s, uint32_t role)
{
    struct str name = CONCAT(s->arena, STR(RBAC_PREFIX), s->p->tree->roles.items[role].name.text);
    for (size_t i = 0; i < s->emitted->n; i++)
        if (s->emitted->items[i].kind == RBAC_CLUSTER_ROLE &&
            str_eq(s->emitted->items[i].name, name))
            return &s->emitted->items[i];
    return NULL;
}

static bool role_allows(const struct rbac_object *role, const struct rbac_question *q)
{
    for (size_t i = 0; role && i < role->n_rules; i++)
        if (rbac_rule_allows(&role->rules[i], q))
            return true;
    return false;
}

/* The verbs that the role has on just this target. */
static struct str other_verbs(struct search *s, const struct rbac_object *role)
{
    struct strs none = {0};
    struct intern verbs = {.arena = s->arena};
    for (size_t i = 0; role && i < role->n_rules; i++)
        for (size_t v = 0; v < role->rules[i].verbs.n; v++) {
            struct rbac_question q = *s->q;
            q.verb = role->rules[i].verbs.items[v];
            if (rbac_rule_allows(&role->rules[i], &q))
                intern_add(&verbs, q.verb);
        }
    none = (struct strs){verbs.items, verbs.n};
    return verbs.n ? strs_join(s->arena, none, ',') : STR_NONE;
}

static bool any_name(const struct rbac_object *role, const struct rbac_question *q)
{
    for (size_t i = 0; role && i < role->n_rules; i++) {
        struct rbac_rule rule = role->rules[i];
        rule.resource_names = (struct strs){0};
        if (rbac_rule_allows(&rule, q))
            return true;
    }
    return false;
}

static void check_role(struct search *s, const struct offer *o, struct missing *m)
{
    const struct rbac_object *role = role_object(s, o->role);
    const struct policy_role *written = &s->p->tree->roles.items[o->role];
    struct str src = src_of(s->arena, &written->name.pos);
    if (role_allows(role, s->q)) {
        if (s->q->path.n && o->spaces->n)
            miss(s, m, FAR, STR("paths are allowed cluster-wide only"));
        return;
    }
    struct str verbs = other_verbs(s, role);
    if (any_name(role, s->q))
        miss(s, m, 1,
             arena_fmt(s->arena, "role %.*s allows it for objects of other names only (%.*s)",
                       STR_F(written->name.text), STR_F(src)));
    else if (verbs.n)
        miss(s, m, 1,
             arena_fmt(s->arena, "role %.*s lacks the verb %.*s here: it has %.*s (%.*s)",
                       STR_F(written->name.text), STR_F(s->q->verb), STR_F(verbs), STR_F(src)));
    else
        miss(s, m, FAR, STR("the role has nothing of it"));
}

/* --- offers */

static struct str sentence(struct search *s, const struct offer *o, const struct missing *m)
{
    static const char *const what[] = {[NEAR_REQUEST] = "request",
                                       [NEAR_BREAKGLASS] = "break-glass entry",
                                       [NEAR_GRANT] = "grant"};
    const struct policy_tree *t = s->p->tree;
    struct str src = src_of(s->arena, &o->pos), role = t->roles.items[o->role].name.text;
    struct str reasons = STR_NONE;
    for (size_t i = 0; i < m->n; i++)
        reasons = i ? CONCAT(s->arena, reasons, STR("; and "), m->items[i]) : m->items[i];
    if (m->n == 0 && o->kind == NEAR_REQUEST)
        return arena_fmt(s->arena, "needs %.*s; %.*s may request it: %.*s (%.*s)", STR_F(role),
                         STR_F(s->username), STR_F(t->requests.items[o->entry].name.text),
                         STR_F(src));
    if (m->n == 0)
        return arena_fmt(s->arena, "needs %.*s; in an emergency by breaking the glass: %.*s (%.*s)",
                         STR_F(role), STR_F(t->breakglass.items[o->entry].name.text), STR_F(src));
    return arena_fmt(s->arena, "the %s %.*s (team %.*s, role %.*s) would allow it, but %.*s",
                     what[o->kind], STR_F(src), STR_F(t->teams.items[o->team].name.text),
                     STR_F(role), STR_F(reasons));
}

static void try_offer(struct search *s, const struct offer *o)
{
    struct missing m = {0};
    check_role(s, o, &m);
    if (m.cost >= FAR)
        return;
    check_team(s, o, &m);
    check_place(s, o, &m);
    if (o->until_ms != TIME_NONE && o->until_ms <= s->at->now_ms) {
        auto_buf text = BUF_INIT(256);
        buf_c(&text, "it ended at ");
        time_format(&text, o->until_ms, false);
        miss(s, &m, 1, arena_str(s->arena, buf_str(&text)));
    }
    if (o->kind == NEAR_GRANT && m.n == 0) /* who asks knows that the cluster does not allow it */
        miss(s, &m, 1,
             arena_fmt(s->arena, "site %.*s does not have it yet (lotse-policy apply)",
                       STR_F(site_name(s))));
    struct candidate *c = ARENA_PUSH(s->arena, &s->all);
    c->cost = m.cost + (unsigned)m.n * 2 + (o->kind == NEAR_BREAKGLASS);
    c->miss = (struct near_miss){.kind = o->kind,
                                 .entry = o->entry,
                                 .team = s->p->tree->teams.items[o->team].name.text,
                                 .role = s->p->tree->roles.items[o->role].name.text,
                                 .src = src_of(s->arena, &o->pos),
                                 .missing = {m.items, m.n},
                                 .text = sentence(s, o, &m)};
}

static void try_all(struct search *s)
{
    const struct policy_tree *t = s->p->tree;
    static const struct ids nowhere = {0};
    for (size_t i = 0; i < t->requests.n; i++) {
        const struct request *r = &s->p->requests[i];
        if (r->usable)
            try_offer(s, &(struct offer){NEAR_REQUEST, i, r->team, r->role, &r->spaces, r->sites,
                                         TIME_NONE, t->requests.items[i].name.pos});
    }
    for (size_t i = 0; i < t->breakglass.n; i++) {
        const struct breakglass *b = &s->p->breakglass[i];
        if (b->usable)
            try_offer(s, &(struct offer){NEAR_BREAKGLASS, i, b->team, b->role, &nowhere, b->sites,
                                         TIME_NONE, t->breakglass.items[i].name.pos});
    }
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct grant *g = &s->p->grants[i];
        if (g->usable)
            try_offer(s, &(struct offer){NEAR_GRANT, i, g->team, g->role, &g->spaces, g->sites,
                                         t->grants.items[i].until.ms, t->grants.items[i].pos});
    }
}

static int by_cost(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    if (x->miss.kind != y->miss.kind)
        return x->miss.kind < y->miss.kind ? -1 : 1;
    return (x->miss.entry > y->miss.entry) - (x->miss.entry < y->miss.entry);
}

struct near_misses policy_why_not(const struct policy_at *at, struct str username,
                                  const struct rbac_question *q)
{
    struct rbac_set emitted = {0};
    struct search s = {at, at->policy, at->arena, username, q, &emitted, {0}};
    struct near_misses out = {0};
    if (!policy_emit(at->policy, at->site, at->arena, &emitted))
        return out;
    try_all(&s);
    if (s.all.n > 1)
        qsort(s.all.items, s.all.n, sizeof(*s.all.items), by_cost);
    for (size_t i = 0; i < s.all.n && out.n < SHOWN_MAX; i++)
        if (s.all.items[i].miss.missing.n <= s.all.items[0].miss.missing.n)
            *ARENA_PUSH(at->arena, &out) = s.all.items[i].miss;
    return out;
}
