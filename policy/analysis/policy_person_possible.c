/* Everybody who could be: whether any person, also one who does not exist yet, would notice. */
#include "policy/analysis/policy_person_inside.h"

struct possible {
    struct grouper g;
    struct policy_people *before, *after;
    struct intern groups; /* of the directory, named in `from` on either side */
};

static void try_person(struct possible *x, struct str username, const struct str *group,
                       struct str label)
{
    size_t n = group ? 1 : 0;
    people_add_holder(
        &x->g, &(struct holder){.label = label,
                                .username = username,
                                .group = group,
                                .imagined = true,
                                .before = policy_people_imagine(x->before, username, group, n),
                                .after = policy_people_imagine(x->after, username, group, n)});
}

static void add_groups(struct possible *x, const struct policy *p)
{
    for (size_t t = 0; t < p->tree->teams.n; t++)
        for (size_t i = 0; i < p->teams[t].group_ids.n; i++)
            intern_add(&x->groups, p->teams[t].group_ids.items[i]);
}

static bool drops_through(const struct policy *p, struct str username, struct str group)
{
    uint32_t named = intern_find(&p->named, username);
    for (size_t i = 0; named != ID_NONE && i < p->drops_of_person[named].n; i++)
        if (strs_has(p->teams[p->drops_of_person[named].items[i]].group_ids, group))
            return true;
    return false;
}

static void try_named(struct possible *x, struct str username)
{
    struct policy_compare *c = x->g.c;
    struct arena *a = x->g.arena;
    try_person(x, username, NULL, username);
    for (size_t i = 0; i < x->groups.n; i++) {
        struct str group = x->groups.items[i];
        if (drops_through(c->before.policy, username, group) ||
            drops_through(c->after.policy, username, group))
            try_person(x, username, &x->groups.items[i],
                       CONCAT(a, username, STR(", if in "), people_group_name(group)));
    }
}

struct policy_sentences policy_possible_diff(struct policy_compare *c)
{
    struct possible x = {.g = people_grouper(c), .groups = {.arena = c->after.arena}};
    struct intern named = {.arena = c->after.arena};
    x.before = policy_people_new(&c->before, c->access_before, &c->names);
    x.after = policy_people_new(&c->after, c->access_after, &c->names);
    add_groups(&x, c->before.policy);
    add_groups(&x, c->after.policy);
    try_person(&x, STR_NONE, NULL, STR("anybody"));
    for (size_t i = 0; i < x.groups.n; i++)
        try_person(&x, STR_NONE, &x.groups.items[i],
                   CONCAT(x.g.arena, STR("anybody in "), people_group_name(x.groups.items[i])));
    const struct policy *sides[] = {c->before.policy, c->after.policy};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sides[s]->named.n; i++)
            intern_add(&named, sides[s]->named.items[i]);
    for (size_t i = 0; i < named.n; i++)
        try_named(&x, named.items[i]);
    return people_sentences(&x.g);
}

bool policy_group_is_minted(const struct policy_at *at, struct str group)
{
    const struct policy *p = at->policy;
    struct str team = STR(RBAC_PREFIX "team:"), jit = STR(RBAC_PREFIX "jit:");
    if (str_starts(group, team))
        return policy_team_find(p, str_from_to(group, team.n, group.n)) != ID_NONE;
    if (!str_starts(group, jit))
        return false;
    struct str wanted = str_from_to(group, sizeof(RBAC_PREFIX) - 1, group.n);
    for (size_t i = 0; i < p->tree->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (!g->usable || p->tree->grants.items[i].until.ms == TIME_NONE)
            continue;
        if (p->roles[g->role].cluster && str_eq(jit_group(p, ID_NONE, g->role, at->arena), wanted))
            return true;
        for (size_t s = 0; s < g->spaces.n; s++)
            if (str_eq(jit_group(p, g->spaces.items[s], g->role, at->arena), wanted))
                return true;
    }
    return false;
}

bool policy_group_is_offered(const struct policy_at *at, struct str group)
{
    const struct policy *p = at->policy;
    for (size_t i = 0; i < p->tree->requests.n; i++) {
        const struct request *r = &p->requests[i];
        if (!r->usable || !str_starts(group, STR(RBAC_PREFIX)))
            continue;
        struct str wanted = str_from_to(group, sizeof(RBAC_PREFIX) - 1, group.n);
        if (r->spaces.n == 0 && str_eq(jit_group(p, ID_NONE, r->role, at->arena), wanted))
            return true;
        for (size_t s = 0; s < r->spaces.n; s++)
            if (str_eq(jit_group(p, r->spaces.items[s], r->role, at->arena), wanted))
                return true;
    }
    return false;
}
