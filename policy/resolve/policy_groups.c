/* What the groups of a cluster are to the policy: the way back from a name in a binding or an audit
 * log to the lines behind it. */
#include "policy/resolve/resolved.h"

static bool is_on(const struct policy_at *at, uint64_t sites)
{
    return at->site == ID_NONE ? sites != 0 : (sites & site_bit(at->site)) != 0;
}

static bool has(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

/* Cuts the prefix off. */
static bool take_prefix(struct str *name, struct str prefix)
{
    if (!str_starts(*name, prefix))
        return false;
    *name = str_from_to(*name, prefix.n, name->n);
    return true;
}

/* "payments:debug", "root" */
static bool read_jit(const struct policy *p, struct str name, struct policy_group_meaning *m)
{
    struct str space, role = name;
    bool has_space = str_split(name, ':', &space, &role);
    m->role = intern_find(&p->role_ids, role);
    m->space = has_space ? intern_find(&p->space_ids, space) : ID_NONE;
    return m->role != ID_NONE && (!has_space || m->space != ID_NONE);
}

/* The role is given in this space, or cluster-wide, on this site. */
static bool gives(const struct policy_at *at, const struct policy_group_meaning *m, uint32_t role,
                  const struct ids *spaces, uint64_t sites)
{
    const struct policy *p = at->policy;
    if (role != m->role || p->roles[role].cluster != (m->space == ID_NONE))
        return false;
    if (m->space == ID_NONE)
        return is_on(at, sites);
    return has(spaces, m->space) && is_on(at, sites & p->spaces[m->space].sites);
}

static void find_jit(const struct policy_at *at, struct policy_group_meaning *m)
{
    const struct policy *p = at->policy;
    for (uint32_t i = 0; i < p->tree->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (g->usable && g->timed && gives(at, m, g->role, &g->spaces, g->sites))
            *ARENA_PUSH(at->arena, &m->grants) = i;
    }
    for (uint32_t i = 0; i < p->tree->requests.n; i++) {
        const struct request *r = &p->requests[i];
        if (r->usable && gives(at, m, r->role, &r->spaces, r->sites))
            *ARENA_PUSH(at->arena, &m->requests) = i;
    }
    if (m->grants.n + m->requests.n > 0)
        m->kind = GROUP_JIT;
}

static void find_breakglass(const struct policy_at *at, struct str role,
                            struct policy_group_meaning *m)
{
    const struct policy *p = at->policy;
    m->role = intern_find(&p->role_ids, role);
    for (uint32_t i = 0; m->role != ID_NONE && i < p->tree->breakglass.n; i++) {
        const struct breakglass *b = &p->breakglass[i];
        if (b->usable && b->role == m->role && is_on(at, b->sites))
            *ARENA_PUSH(at->arena, &m->breakglass) = i;
    }
    if (m->breakglass.n > 0)
        m->kind = GROUP_BREAKGLASS;
}

static void find_ci(const struct policy_at *at, struct str name, struct policy_group_meaning *m)
{
    uint32_t id = intern_find(&at->policy->ci_ids, name);
    if (id == ID_NONE || !at->policy->ci[id].usable || at->policy->ci[id].group.n == 0 ||
        !is_on(at, at->policy->ci[id].sites))
        return;
    *ARENA_PUSH(at->arena, &m->ci) = id;
    m->kind = GROUP_CI;
}

struct policy_group_meaning policy_group_of(const struct policy_at *at, struct str group)
{
    struct policy_group_meaning m = {.team = ID_NONE, .role = ID_NONE, .space = ID_NONE};
    if (!take_prefix(&group, STR(RBAC_PREFIX)))
        return m;
    if (take_prefix(&group, STR("team:"))) {
        m.team = intern_find(&at->policy->team_ids, group);
        m.kind = m.team != ID_NONE ? GROUP_TEAM : GROUP_FOREIGN;
    } else if (take_prefix(&group, STR("jit:"))) {
        if (read_jit(at->policy, group, &m))
            find_jit(at, &m);
    } else if (take_prefix(&group, STR("bg:"))) {
        find_breakglass(at, group, &m);
    } else if (take_prefix(&group, STR("ci:"))) {
        find_ci(at, group, &m);
    }
    if (m.kind == GROUP_FOREIGN)
        m.role = m.space = ID_NONE;
    return m;
}

size_t policy_teams_of_group(const struct policy_at *at, struct str group, uint32_t **ret_teams)
{
    struct policy_group_meaning m = policy_group_of(at, group);
    struct ids teams = {0};
    if (m.kind == GROUP_TEAM)
        *ARENA_PUSH(at->arena, &teams) = m.team;
    for (size_t i = 0; i < m.grants.n; i++) {
        uint32_t team = at->policy->grants[m.grants.items[i]].team;
        int64_t until = at->policy->tree->grants.items[m.grants.items[i]].until.ms;
        if (until > at->now_ms && !has(&teams, team))
            *ARENA_PUSH(at->arena, &teams) = team;
    }
    *ret_teams = teams.items;
    return teams.n;
}

struct ids policy_ci_of_account(const struct policy_at *at, struct str namespace, struct str name)
{
    struct ids out = {0};
    for (uint32_t i = 0; i < at->policy->tree->ci.n; i++) {
        const struct ci *ci = &at->policy->ci[i];
        if (ci->usable && ci->sa_name.n > 0 && str_eq(ci->sa_name, name) &&
            str_eq(ci->sa_namespace, namespace) && is_on(at, ci->sites))
            *ARENA_PUSH(at->arena, &out) = i;
    }
    return out;
}

struct str policy_ci_subject(const struct policy_at *at, uint32_t ci)
{
    const struct ci *entry = &at->policy->ci[ci];
    if (entry->group.n > 0)
        return CONCAT(at->arena, STR(RBAC_PREFIX), entry->group);
    return CONCAT(at->arena, STR("system:serviceaccount:"), entry->sa_namespace, STR(":"),
                  entry->sa_name);
}
