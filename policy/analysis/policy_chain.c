/* The chain behind an answer, from the team to the rule, each link with its line. */
#include "policy/analysis/policy_who_can.h"
#include "policy/resolve/resolved.h"

const char *policy_holder_name(enum policy_holder_kind kind)
{
    static const char *const names[] = {[HOLDER_TEAM] = "team",
                                        [HOLDER_REQUEST] = "request",
                                        [HOLDER_BREAKGLASS] = "breakglass",
                                        [HOLDER_CI] = "ci",
                                        [HOLDER_FOREIGN] = "foreign"};
    return names[kind];
}

struct links {
    struct arena *arena;
    struct str *items;
    size_t n, cap;
};

static void link(struct links *l, const char *what, struct str name, struct str src)
{
    *ARENA_PUSH(l->arena, l) =
        arena_fmt(l->arena, "%s%s%.*s%s%.*s%s", what, name.n && *what ? " " : "", STR_F(name),
                  src.n ? " (" : "", STR_F(src), src.n ? ")" : "");
}

static void link_word(struct links *l, const char *what, const struct word *word)
{
    link(l, what, word->text, src_of(l->arena, &word->pos));
}

static void link_giver(const struct policy_at *at, const struct policy_holder *h, struct links *l)
{
    const struct policy_tree *t = at->policy->tree;
    switch (h->kind) {
    case HOLDER_TEAM:
        if (h->grant)
            link(l, "grant", STR_NONE, src_of(l->arena, &h->grant->pos));
        break;
    case HOLDER_REQUEST: link_word(l, "request", &t->requests.items[h->entry].name); break;
    case HOLDER_BREAKGLASS: link_word(l, "breakglass", &t->breakglass.items[h->entry].name); break;
    case HOLDER_CI: link_word(l, "ci", &t->ci.items[h->entry].name); break;
    case HOLDER_FOREIGN: break;
    }
}

static struct str object_name(struct arena *a, const struct rbac_object *o)
{
    return arena_fmt(a, "%.*s%s%.*s", STR_F(o->namespace), o->namespace.n ? "/" : "",
                     STR_F(o->name));
}

static struct str rule_text(struct arena *a, const struct rbac_rule *r)
{
    struct str verbs = strs_join(a, r->verbs, ','), groups = strs_join(a, r->api_groups, ',');
    if (r->non_resource_urls.n)
        return arena_fmt(a, "%.*s %.*s", STR_F(verbs),
                         STR_F(strs_join(a, r->non_resource_urls, ',')));
    return arena_fmt(a, "%.*s %.*s/%.*s%s%.*s", STR_F(verbs), STR_F(groups),
                     STR_F(strs_join(a, r->resources, ',')), r->resource_names.n ? " names " : "",
                     STR_F(strs_join(a, r->resource_names, ',')));
}

struct strs policy_chain(const struct policy_at *at, const struct policy_holder *h)
{
    struct links l = {.arena = at->arena};
    const struct rbac_reason *r = &h->holder.reason;
    if (h->team != ID_NONE)
        link_word(&l, "team", &at->policy->tree->teams.items[h->team].name);
    link_giver(at, h, &l);
    if (h->team == ID_NONE)
        link(&l, rbac_subject_kind_name(r->subject->kind), r->subject->name, STR_NONE);
    /* the lines of the grant are said already */
    link(&l, rbac_kind_name(r->binding->kind), object_name(l.arena, r->binding),
         h->kind == HOLDER_FOREIGN ? r->binding->src : STR_NONE);
    link(&l, rbac_kind_name(r->role->kind), object_name(l.arena, r->role), STR_NONE);
    link(&l, "", rule_text(l.arena, r->rule), r->rule->src.n ? r->rule->src : r->role->src);
    return (struct strs){l.items, l.n};
}
