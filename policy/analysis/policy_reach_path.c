/* The way, step by step: what is used of the closure, in the order in which it was found. */
#include "policy/analysis/policy_prove_inside.h"
#include "policy/analysis/policy_reach_inside.h"

struct marks {
    const struct closure *c;
    bool *steps, *starts; /* by step; by subject */
};

static void mark(struct marks *m, uint32_t hold)
{
    const struct hold *h = &m->c->holds.items[hold];
    if (h->step == ID_NONE) {
        if (h->start != ID_NONE)
            m->starts[h->start] = true;
        return;
    }
    m->steps[h->step] = true;
}

/* A step's inputs were there before it: from the last to the first, once each is enough. */
static struct marks mark_all(const struct closure *c, const struct ids *goals)
{
    struct marks m = {c, ARENA_ARRAY(c->a, c->steps.n + 1, bool),
                      ARENA_ARRAY(c->a, access_n_subjects(c->r->x->u) + 1, bool)};
    for (size_t i = 0; i < goals->n; i++)
        mark(&m, goals->items[i]);
    for (size_t s = c->steps.n; s > 0; s--)
        for (size_t k = 0; m.steps[s - 1] && k < REACH_NEEDS_MAX; k++)
            if (c->steps.items[s - 1].inputs[k] != ID_NONE)
                mark(&m, c->steps.items[s - 1].inputs[k]);
    return m;
}

struct ids reach_starts(const struct closure *c, const struct ids *goals)
{
    struct marks m = mark_all(c, goals);
    struct ids out = {0};
    for (uint32_t i = 0; i < access_n_subjects(c->r->x->u); i++)
        if (m.starts[i])
            *ARENA_PUSH(c->a, &out) = i;
    return out;
}

/* --- words */

struct evidence { /* the binding that gives a subject some of a need */
    const struct rbac_object *binding;
    const struct rbac_rule *rule;
    struct rbac_question q;
    enum question_kind kind;
};

static bool binds(const struct closure *c, const struct rbac_object *o, uint32_t subject)
{
    for (size_t i = 0; i < o->n_subjects; i++)
        if (access_subject(c->r->x->u, &o->subjects[i], o->namespace, c->a) == subject)
            return true;
    return false;
}

static enum question_kind best_question(const struct closure *c, const struct permission_mask *mask,
                                        const uint64_t *words, struct rbac_question *ret)
{
    const struct universe *u = c->r->x->u;
    enum question_kind best = QUESTION_UNREAL;
    for (size_t i = 0; i < mask->n && best > QUESTION_KNOWN; i++)
        for (uint64_t bits = mask->bits[i] & words[mask->at[i]]; bits; bits &= bits - 1) {
            struct rbac_question q;
            uint32_t verb = mask->at[i] % (uint32_t)u->words * 64 + (uint32_t)__builtin_ctzll(bits);
            enum question_kind kind =
                universe_question(u, c->a, mask->at[i] / (uint32_t)u->words, verb, &q);
            if (kind < best)
                *ret = q;
            best = kind < best ? kind : best;
        }
    return best;
}

static struct evidence find_evidence(const struct closure *c, const struct hold *h,
                                     const struct permission_mask *mask)
{
    const struct access *x = c->r->x;
    struct evidence e = {0};
    const struct target_list *bindings = &x->bindings[h->namespace];
    for (size_t i = 0; i < bindings->n; i++) {
        const struct rbac_object *o = &x->set->items[bindings->items[i]];
        const struct rbac_object *role = x->roles[bindings->items[i]];
        const uint64_t *words = x->items[x->role_sets[role - x->set->items]].w;
        if (!mask_meets(mask, words) || !binds(c, o, h->subject))
            continue;
        e.kind = best_question(c, mask, words, &e.q);
        if (e.kind == QUESTION_UNREAL)
            continue;
        e.binding = o;
        for (size_t k = 0; k < role->n_rules && !e.rule; k++)
            if (rbac_rule_allows(&role->rules[k], &e.q))
                e.rule = &role->rules[k];
        return e;
    }
    return e;
}

static struct str in_words(const struct closure *c, uint32_t namespace)
{
    struct str name = c->r->x->u->namespaces.items[namespace];
    return name.n ? CONCAT(c->a, STR(" in "), name) : STR(" in the whole cluster");
}

static struct str sources(struct arena *a, struct str binding, struct str rule)
{
    if (!binding.n && !rule.n)
        return STR_NONE;
    return CONCAT(a, STR(" "), binding, binding.n && rule.n ? STR(", rule ") : STR_NONE, rule);
}

/* Where only a wildcard has it, the words of the table say more than an invented resource. */
static struct str asked_text(const struct closure *c, const struct need *need,
                             const struct rbac_question *q, enum question_kind kind)
{
    struct str what = need->text, rest;
    if (kind < QUESTION_FUTURE)
        return prove_question_text(q, c->a);
    str_split(what, '|', &what, &rest);
    return CONCAT(c->a, str_trim(what), q->namespace.n ? STR(" in ") : STR_NONE, q->namespace);
}

static void add_input(const struct closure *c, struct buf *b, const struct hold *h,
                      const struct need *need)
{
    const struct permission_mask *mask = h->namespace == 0 ? &need->full : &need->inside;
    struct rbac_question q = {0};
    if (h->subject == ID_NONE) {
        enum question_kind kind = best_question(c, mask, reach_words(c->r, h->set), &q);
        q.namespace = c->r->x->u->namespaces.items[h->namespace];
        buf_fmt(b, "so it may %.*s", STR_F(asked_text(c, need, &q, kind)));
        return;
    }
    struct rbac_subject s = prove_subject(c->r->x->u, h->subject);
    struct evidence e = find_evidence(c, h, mask);
    e.q.namespace = c->r->x->u->namespaces.items[h->namespace];
    buf_fmt(b, "%.*s may %.*s", STR_F(prove_subject_text(&s, c->a)),
            STR_F(asked_text(c, need, &e.q, e.kind)));
    if (e.binding)
        buf_fmt(b, " (%s %.*s%.*s)", rbac_kind_name(e.binding->kind), STR_F(e.binding->name),
                STR_F(sources(c->a, e.binding->src, e.rule ? e.rule->src : STR_NONE)));
}

static struct str gain_text(const struct closure *c, const struct step *s)
{
    struct str in = in_words(c, s->namespace);
    switch (reach_edges[s->edge].gain) {
    case GAIN_ACCOUNTS: return CONCAT(c->a, STR("every service account and secret"), in);
    case GAIN_ACCOUNT_NAMED: return CONCAT(c->a, STR("service accounts"), in);
    case GAIN_USER_NAMED: return STR("other users");
    case GAIN_GROUP_NAMED: return STR("other groups");
    case GAIN_ROLE_NAMED: return CONCAT(c->a, STR("the role"), in);
    case GAIN_NAMESPACE: return CONCAT(c->a, STR("everything"), in);
    case GAIN_READS: return CONCAT(c->a, STR("the secrets"), in);
    case GAIN_PRIVILEGED:
    case GAIN_ALL: break;
    }
    return STR("everything in the whole cluster");
}

static struct str step_text(const struct closure *c, const struct step *s)
{
    auto_buf b = BUF_INIT((size_t)1 << 20);
    const struct reach_edge *edge = &reach_edges[s->edge];
    for (size_t k = 0; k < REACH_NEEDS_MAX && s->inputs[k] != ID_NONE; k++) {
        buf_c(&b, k ? "; and " : "");
        add_input(c, &b, &c->holds.items[s->inputs[k]], &c->r->needs[c->r->edge_need[s->edge][k]]);
    }
    buf_fmt(&b, " -> %.*s: %s [%s]", STR_F(gain_text(c, s)), edge->why, edge->name);
    return arena_str(c->a, buf_str(&b));
}

/* What is held in the end, when it is somebody else's. */
static struct str goal_text(const struct closure *c, const struct hold *h)
{
    const struct access *x = c->r->x;
    const struct target_list *bindings = &x->bindings[h->namespace];
    if (h->subject == ID_NONE)
        return STR_NONE;
    struct rbac_subject s = prove_subject(x->u, h->subject);
    auto_buf b = BUF_INIT((size_t)1 << 20);
    buf_fmt(&b, "%.*s holds", STR_F(prove_subject_text(&s, c->a)));
    for (size_t i = 0; i < bindings->n; i++) {
        const struct rbac_object *o = &x->set->items[bindings->items[i]];
        const struct rbac_object *role = x->roles[bindings->items[i]];
        if (binds(c, o, h->subject))
            buf_fmt(&b, " %s %.*s (%s %.*s%.*s)", rbac_kind_name(role->kind), STR_F(role->name),
                    rbac_kind_name(o->kind), STR_F(o->name),
                    STR_F(sources(c->a, o->src, STR_NONE)));
    }
    buf_add(&b, in_words(c, h->namespace));
    return arena_str(c->a, buf_str(&b));
}

struct strs reach_steps(const struct closure *c, const struct ids *goals)
{
    struct marks m = mark_all(c, goals);
    struct str *lines = ARENA_ARRAY(c->a, c->steps.n + goals->n + 1, struct str);
    size_t n = 0;
    for (size_t i = 0; i < c->steps.n; i++)
        if (m.steps[i])
            lines[n++] = step_text(c, &c->steps.items[i]);
    for (size_t i = 0; i < goals->n; i++) {
        struct str text = goal_text(c, &c->holds.items[goals->items[i]]);
        if (text.n > 0)
            lines[n++] = text;
    }
    return (struct strs){lines, n};
}

/* By the same way, only elsewhere? */
static bool same_way(const struct closure *c, const struct step *a, const struct step *b)
{
    if (a->edge != b->edge)
        return false;
    for (size_t k = 0; k < REACH_NEEDS_MAX; k++) {
        if (a->inputs[k] == ID_NONE || b->inputs[k] == ID_NONE)
            return a->inputs[k] == b->inputs[k];
        const struct hold *x = &c->holds.items[a->inputs[k]], *y = &c->holds.items[b->inputs[k]];
        if (x->set != y->set || x->subject != y->subject)
            return false;
    }
    return true;
}

struct strs reach_gains(const struct closure *c)
{
    struct str *lines = ARENA_ARRAY(c->a, c->steps.n + c->holds.n + 1, struct str);
    bool *gave = ARENA_ARRAY(c->a, c->steps.n + 1, bool);
    size_t n = 0;
    for (size_t i = 0; i < c->holds.n; i++)
        if (c->holds.items[i].step != ID_NONE)
            gave[c->holds.items[i].step] = true;
    for (size_t i = 0; i < c->steps.n; i++) {
        auto_buf also = BUF_INIT((size_t)1 << 20);
        if (!gave[i])
            continue;
        for (size_t k = i + 1; k < c->steps.n; k++) {
            const struct step *other = &c->steps.items[k];
            if (!gave[k] || !same_way(c, &c->steps.items[i], other))
                continue;
            gave[k] = false;
            buf_fmt(&also, "%s%.*s", also.n ? ", " : "; so also in ",
                    STR_F(c->r->x->u->namespaces.items[other->namespace]));
        }
        lines[n++] = CONCAT(c->a, step_text(c, &c->steps.items[i]), buf_str(&also));
    }
    for (size_t i = 0; i < c->holds.n; i++)
        if (c->holds.items[i].step != ID_NONE && c->holds.items[i].subject != ID_NONE)
            lines[n++] = goal_text(c, &c->holds.items[i]);
    return (struct strs){lines, n};
}

static bool first_of(const struct closure *c, const struct hold *h,
                     const struct permission_mask *mask, struct reach_answer *ret)
{
    struct evidence e = {0};
    if (h->step == ID_NONE && h->subject != ID_NONE)
        e = find_evidence(c, h, mask);
    if (!e.binding)
        return false;
    ret->subject = h->subject;
    ret->first = e.q;
    ret->first.namespace = c->r->x->u->namespaces.items[h->namespace];
    return true;
}

void reach_first(const struct closure *c, const struct ids *goals, struct reach_answer *ret)
{
    struct marks m = mark_all(c, goals);
    for (size_t i = 0; i < c->steps.n; i++) {
        const struct step *s = &c->steps.items[i];
        for (size_t k = 0; m.steps[i] && k < REACH_NEEDS_MAX && s->inputs[k] != ID_NONE; k++) {
            const struct hold *h = &c->holds.items[s->inputs[k]];
            const struct need *need = &c->r->needs[c->r->edge_need[s->edge][k]];
            if (first_of(c, h, h->namespace == 0 ? &need->full : &need->inside, ret))
                return;
        }
    }
    for (size_t i = 0; i < goals->n; i++) { /* nothing but what is held */
        const struct hold *h = &c->holds.items[goals->items[i]];
        struct permission_mask all =
            mask_of(c->a, reach_words(c->r, h->set), mask_words(c->r->x->u));
        if (first_of(c, h, &all, ret))
            return;
    }
}
