/* Why a person gains or loses: the line of the policy, or what changed in the directory. */
#include "base/clock.h"
#include "policy/analysis/policy_person_inside.h"

#define REASONS_MAX 6

static struct str where(struct grouper *g, const struct policy_at *at, const struct pos *pos)
{
    struct str src = src_of(g->arena, pos), name, line;
    const struct policy_tree *other =
        at == &g->c->before ? g->c->after.policy->tree : g->c->before.policy->tree;
    /* both sides may call their file the same */
    if (at == &g->c->before && other != at->policy->tree && str_split(src, ':', &name, &line))
        for (size_t i = 0; i < other->n_sources; i++) {
            const struct pos there = {.source = other->sources[i], .line = 1};
            struct str its_name, rest;
            if (str_split(src_of(g->arena, &there), ':', &its_name, &rest) &&
                str_eq(its_name, name))
                return CONCAT(g->arena, src, STR(" before"));
        }
    return src;
}

static const struct word *from_word(const struct policy *p, uint32_t team, struct str group)
{
    const struct strs *ids = &p->teams[team].group_ids;
    for (size_t i = 0; i < ids->n; i++)
        if (str_eq(ids->items[i], group))
            return &p->tree->teams.items[team].from.items[i];
    return NULL;
}

static const struct word *drop_word(const struct policy *p, uint32_t team, struct str username)
{
    const struct words *drop = &p->tree->teams.items[team].drop;
    for (size_t i = 0; i < drop->n; i++)
        if (str_eq(drop->items[i].text, username))
            return &drop->items[i];
    return NULL;
}

static const struct policy_add *add_of(const struct policy_at *at, uint32_t team,
                                       struct str username)
{
    const struct policy_adds *adds = &at->policy->tree->teams.items[team].add;
    for (size_t i = 0; i < adds->n; i++)
        if (str_eq(adds->items[i].person.text, username) &&
            (adds->items[i].until.ms == TIME_NONE || adds->items[i].until.ms > at->now_ms))
            return &adds->items[i];
    return NULL;
}

/* "cn=pay-dev" of a DN */
struct str people_group_name(struct str id)
{
    struct str head = id, rest;
    str_split(id, ',', &head, &rest);
    return head;
}

static struct str membership(const struct policy_at *at, struct str username, struct strs groups,
                             uint32_t team)
{
    struct arena *a = at->arena;
    if (drop_word(at->policy, team, username))
        return STR_NONE;
    for (size_t i = 0; i < groups.n; i++) {
        const struct word *from = from_word(at->policy, team, groups.items[i]);
        if (from)
            return arena_fmt(a, "%.*s (%.*s)", STR_F(people_group_name(groups.items[i])),
                             STR_F(src_of(a, &from->pos)));
    }
    const struct policy_add *add = add_of(at, team, username);
    if (!add)
        return STR_NONE;
    auto_buf text = BUF_INIT(4096);
    buf_fmt(&text, "added (%.*s)", STR_F(src_of(a, &add->person.pos)));
    if (add->until.ms != TIME_NONE) {
        buf_c(&text, " until ");
        time_format(&text, add->until.ms, false);
    }
    return arena_str(a, buf_str(&text));
}

struct str policy_membership(const struct policy_at *at, struct str username, uint32_t team)
{
    return membership(at, username, policy_person_groups(at->policy, username), team);
}

static struct strs groups_of(const struct policy_at *at, const struct holder *h)
{
    if (h->imagined)
        return (struct strs){h->group, h->group ? 1 : 0};
    return policy_person_groups(at->policy, h->username);
}

static bool in_team(const struct policy_at *at, const struct holder *h, uint32_t team)
{
    return team != ID_NONE && membership(at, h->username, groups_of(at, h), team).n > 0;
}

static bool has_add(const struct policy *p, uint32_t team, struct str username)
{
    const struct policy_adds *adds = &p->tree->teams.items[team].add;
    for (size_t i = 0; i < adds->n; i++)
        if (str_eq(adds->items[i].person.text, username))
            return true;
    return false;
}

static uint32_t same_team(const struct policy_at *here, const struct policy_at *there,
                          uint32_t team)
{
    return policy_team_find(there->policy, here->policy->tree->teams.items[team].name.text);
}

/* Through a group: whether the directory changed, or the policy. */
static struct str reason_by_group(struct grouper *g, const struct policy_at *here,
                                  const struct policy_at *there, const struct holder *h,
                                  uint32_t team)
{
    bool gained = here == &g->c->after;
    struct strs groups = groups_of(here, h), others = groups_of(there, h);
    uint32_t other = same_team(here, there, team);
    struct str name = here->policy->tree->teams.items[team].name.text;
    for (size_t i = 0; i < groups.n; i++) {
        const struct word *from = from_word(here->policy, team, groups.items[i]);
        struct str group = people_group_name(groups.items[i]);
        if (!from)
            continue;
        if (!strs_has(others, groups.items[i]))
            return arena_fmt(g->arena,
                             gained ? "now in %.*s (directory)" : "no longer in %.*s (directory)",
                             STR_F(group));
        if (other == ID_NONE || !from_word(there->policy, other, groups.items[i]))
            return arena_fmt(g->arena,
                             gained ? "team %.*s takes %.*s (%.*s)"
                                    : "team %.*s no longer takes %.*s (%.*s)",
                             STR_F(name), STR_F(group), STR_F(where(g, here, &from->pos)));
    }
    return STR_NONE;
}

/* Why somebody has a team here and not there. */
static struct str reason_of_team(struct grouper *g, const struct policy_at *here,
                                 const struct policy_at *there, const struct holder *h,
                                 uint32_t team)
{
    bool gained = here == &g->c->after;
    uint32_t other = same_team(here, there, team);
    struct str name = here->policy->tree->teams.items[team].name.text;
    const struct word *drop =
        other == ID_NONE ? NULL : drop_word(there->policy, other, h->username);
    if (drop)
        return arena_fmt(g->arena,
                         gained ? "no longer dropped from %.*s (%.*s)" : "dropped from %.*s (%.*s)",
                         STR_F(name), STR_F(where(g, there, &drop->pos)));
    struct str by_group = reason_by_group(g, here, there, h, team);
    const struct policy_add *add = add_of(here, team, h->username);
    if (by_group.n || !add)
        return by_group;
    if (!gained && other != ID_NONE && has_add(there->policy, other, h->username))
        return arena_fmt(g->arena, "the time in %.*s is over (%.*s)", STR_F(name),
                         STR_F(where(g, here, &add->person.pos)));
    return arena_fmt(g->arena, gained ? "added to %.*s (%.*s)" : "no longer added to %.*s (%.*s)",
                     STR_F(name), STR_F(where(g, here, &add->person.pos)));
}

static void add_reason(struct grouper *g, struct reasons *out, struct str text)
{
    if (text.n && out->n < REASONS_MAX && !strs_has((struct strs){out->items, out->n}, text))
        *ARENA_PUSH(g->arena, out) = text;
}

/* The subject is held on one side only: by a team that was joined or left, or because a time-boxed
 * grant runs on one side only. */
static void reasons_of_subject(struct grouper *g, bool gained, const struct holder *h,
                               const struct access_origin *o, struct reasons *out)
{
    const struct policy_at *here = gained ? &g->c->after : &g->c->before;
    const struct policy_at *there = gained ? &g->c->before : &g->c->after;
    uint32_t *teams = NULL;
    size_t n =
        o->subject->kind == RBAC_GROUP ? policy_teams_of_group(here, o->subject->name, &teams) : 0;
    for (size_t i = 0; i < n; i++) {
        if (!in_team(here, h, teams[i]))
            continue;
        if (in_team(there, h, same_team(here, there, teams[i])))
            add_reason(
                g, out,
                arena_fmt(g->arena, gained ? "runs: %.*s" : "ends: %.*s", STR_F(o->subject->src)));
        else
            add_reason(g, out, reason_of_team(g, here, there, h, teams[i]));
    }
}

static struct str src_before(struct grouper *g, const struct policy_at *here, struct str src)
{
    struct str name, line;
    struct pos at = {.line = 1};
    const struct policy_tree *tree = here->policy->tree;
    bool is_before = here == &g->c->before && g->c->before.policy != g->c->after.policy;
    if (!is_before || !str_split(src, ':', &name, &line))
        return src;
    at.source = tree->sources[0];
    return str_ends(where(g, here, &at), STR(" before")) ? CONCAT(g->arena, src, STR(" before"))
                                                         : src;
}

/* --- a role that changed: the entries of its `can` that give what is gained or lost, or the `deny`
 * of the other side that took it away */

static bool list_has(struct str list, struct str one)
{
    struct str part;
    while (str_next(&list, ',', &part))
        if (str_eq(part, one))
            return true;
    return false;
}

static bool target_in(const struct policy_target *t, struct str list)
{
    struct str one;
    while (str_next(&list, ',', &one)) {
        struct str group = STR_NONE, rest = one, resource, sub = STR_NONE;
        str_split(one, '/', &group, &rest);
        resource = rest;
        str_split(rest, '/', &resource, &sub);
        bool all = str_is(t->resource, "*");
        if ((str_is(t->group, "*") || str_eq(t->group, group)) &&
            (all || str_eq(t->resource, resource)) &&
            ((all && t->subresource.n == 0) || str_eq(t->subresource, sub)))
            return true;
    }
    return false;
}

static bool entry_gives(const struct policy_permission *p, const struct access_permissions *line)
{
    bool verb = false, target = false;
    for (size_t i = 0; i < p->verbs.n && !verb; i++)
        verb = str_is(p->verbs.items[i].text, "*") || list_has(line->verbs, p->verbs.items[i].text);
    for (size_t i = 0; i < p->n_targets && !target; i++)
        target = target_in(&p->targets[i], line->targets);
    return verb && target;
}

struct role_search {
    struct grouper *g;
    const struct policy_at *at;
    struct access_lines lines;
    struct reasons *out;
    bool found;
};

static void search_entries(struct role_search *s, const struct policy_permissions *entries)
{
    for (size_t i = 0; i < entries->n; i++)
        for (size_t k = 0; k < s->lines.n; k++)
            if (entry_gives(&entries->items[i], &s->lines.items[k])) {
                add_reason(s->g, s->out, where(s->g, s->at, &entries->items[i].pos));
                s->found = true;
                break;
            }
}

/* The role and those it is based on; a role of the cluster has no entries of its own here. */
static void search_role(struct role_search *s, struct str name, bool deny)
{
    const struct policy *p = s->at->policy;
    struct str prefix = STR(RBAC_PREFIX);
    uint32_t id = str_starts(name, prefix)
                      ? intern_find(&p->role_ids, str_from_to(name, prefix.n, name.n))
                      : ID_NONE;
    for (size_t depth = 0; id != ID_NONE && depth < p->tree->roles.n; depth++) {
        const struct policy_role *role = &p->tree->roles.items[id];
        search_entries(s, deny ? &role->deny : &role->can);
        id = p->roles[id].base;
    }
}

static bool reasons_of_role(struct grouper *g, const struct group *group, struct str role,
                            struct reasons *out)
{
    const struct policy_at *here = group->gained ? &g->c->after : &g->c->before;
    const struct policy_at *there = group->gained ? &g->c->before : &g->c->after;
    struct role_search s = {g, here, access_profiles_lines(g->c->profiles, group->set), out, false};
    search_role(&s, role, false);
    if (!s.found) {
        s.at = there;
        search_role(&s, role, true);
    }
    return s.found;
}

void people_reasons(struct grouper *g, const struct group *group, const struct holder *h,
                    struct reasons *out)
{
    const struct policy_at *here = group->gained ? &g->c->after : &g->c->before;
    const struct access_delta delta = {group->namespaces.items[0], group->set, group->set};
    struct access_origins origins =
        access_profiles_origins(g->c->profiles, h->before, h->after, &delta, group->gained);
    for (size_t i = 0; i < origins.n; i++) {
        const struct access_origin *o = &origins.items[i];
        struct str src = o->role_differs ? o->role->src : o->subject->src;
        if (o->joined) {
            reasons_of_subject(g, group->gained, h, o, out);
            continue;
        }
        if (o->role_differs && reasons_of_role(g, group, o->role->name, out))
            continue;
        if (!src.n)
            src = o->binding->src.n
                      ? o->binding->src
                      : arena_fmt(g->arena, "%s %.*s", rbac_kind_name(o->binding->kind),
                                  STR_F(o->binding->name));
        add_reason(g, out, src_before(g, here, src));
    }
}
