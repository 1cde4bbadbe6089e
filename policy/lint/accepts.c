/* `accept`: findings that are known and borne for a while. */
#include "policy/lint/lint_inside.h"

void accepts_begin(struct linter *l)
{
    const struct policy_tree *t = l->p->tree;
    l->accepts = ARENA_ARRAY(l->arena, t->accepts.n, struct accept_use);
    for (size_t i = 0; i < t->accepts.n; i++) {
        const struct policy_accept *written = &t->accepts.items[i];
        l->accepts[i].running = written->until.ms == TIME_NONE || written->until.ms > l->in->now_ms;
        for (size_t k = 0; k < written->in.n; k++) {
            uint32_t space = intern_find(&l->p->space_ids, written->in.items[k].text);
            if (space != ID_NONE)
                *ARENA_PUSH(l->arena, &l->accepts[i].spaces) = space;
        }
    }
}

static bool is_about(const struct policy_accept *accept, const char *rule)
{
    return !accept->broken && str_eq_nocase(accept->id.text, STR_C(rule));
}

bool has_accepts(const struct linter *l, const char *rule)
{
    for (size_t i = 0; i < l->p->tree->accepts.n; i++)
        if (l->accepts[i].running && is_about(&l->p->tree->accepts.items[i], rule))
            return true;
    return false;
}

static bool in_spaces(const struct linter *l, const struct ids *spaces, struct str namespace)
{
    if (!l->site || namespace.n == 0)
        return false;
    uint32_t wanted = intern_find(&l->p->sites[l->site->site].namespaces, namespace);
    for (size_t i = 0; i < spaces->n; i++) {
        const struct ids *all = &l->p->spaces[spaces->items[i]].namespaces[l->site->site];
        for (size_t k = 0; k < all->n; k++)
            if (all->items[k] == wanted)
                return true;
    }
    return false;
}

bool accepted(struct linter *l, const struct acceptable *what)
{
    bool borne = false;
    for (size_t i = 0; i < l->p->tree->accepts.n; i++) {
        const struct policy_accept *a = &l->p->tree->accepts.items[i];
        if (!is_about(a, what->rule))
            continue;
        bool who = str_is(a->who.text, "any") || a->who.text.n == 0 ||
                   str_eq(a->who.text, what->who) ||
                   (what->subject.n > 0 && str_eq(a->who.text, what->subject));
        if (!who || (a->in.n > 0 && !in_spaces(l, &l->accepts[i].spaces, what->namespace)))
            continue;
        l->accepts[i].used = true; /* an expired one as well: it is reported as that alone */
        borne = borne || l->accepts[i].running;
    }
    if (borne)
        intern_add(&l->borne, CONCAT(l->arena, STR_C(what->rule), STR(" "), what->who));
    return borne;
}

void lint_accepts(struct linter *l)
{
    l->site = NULL;
    for (size_t i = 0; i < l->p->tree->accepts.n; i++) {
        const struct policy_accept *a = &l->p->tree->accepts.items[i];
        struct str who = arena_fmt(l->arena, "accept %.*s of %.*s", STR_F(a->id.text),
                                   STR_F(a->who.text.n ? a->who.text : STR("any")));
        const struct policy_rule *rule = policy_rule_find(a->id.text);
        if (a->broken)
            continue;
        if (!l->accepts[i].running) {
            struct policy_finding *f = finding_plain(l, "A01", a->pos, who);
            f->message = CONCAT(l->arena, who, STR(": its time is over"));
            f->mend = STR("give it a new `until`, or remove it");
            continue;
        }
        /* what nobody looked at may be there: sites without data, rules that others decide */
        bool all_seen = l->in->n_sites == l->p->tree->sites.n && l->p->in->directory && rule &&
                        rule->by == LINT_BY_LINT;
        for (size_t s = 0; all_seen && s < l->in->n_sites; s++)
            all_seen = l->in->sites[s].live != NULL;
        if (l->accepts[i].used || !all_seen)
            continue;
        struct policy_finding *f = finding_plain(l, "A02", a->pos, who);
        f->message = CONCAT(l->arena, who, STR(": there is no such finding"));
        f->mend = STR("remove it, or mend `who` and `in`");
    }
}
