/*
 * People and teams. Who is in a team is worked out from the person's own groups, by the same code
 * whether a compiler looks at the whole directory or a gateway at one person; `drop` wins over
 * `add`, and both over the directory.
 */
#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct add_ref { /* an entry of `add` */
    uint32_t team, index;
};

static void index_named(struct policy *p)
{
    const struct policy_tree *t = p->tree;
    size_t n = 0;
    for (size_t i = 0; i < t->teams.n; i++)
        n += t->teams.items[i].add.n + t->teams.items[i].drop.n;
    p->adds_of_person = ARENA_ARRAY(p->arena, n, struct ids);
    p->drops_of_person = ARENA_ARRAY(p->arena, n, struct ids);
    for (uint32_t team = 0; team < t->teams.n; team++) {
        const struct policy_team *written = &t->teams.items[team];
        for (uint32_t i = 0; i < written->add.n; i++) {
            uint32_t person = intern_add(&p->named, written->add.items[i].person.text);
            *ARENA_PUSH(p->arena, &p->adds_of_person[person]) = team;
            *ARENA_PUSH(p->arena, &p->adds_of_person[person]) = i;
        }
        for (size_t i = 0; i < written->drop.n; i++) {
            uint32_t person = intern_add(&p->named, written->drop.items[i].text);
            *ARENA_PUSH(p->arena, &p->drops_of_person[person]) = team;
        }
    }
}

void members_index(struct policy *p)
{
    const struct policy_tree *t = p->tree;
    struct ids *of_team = p->grants_of_team = ARENA_ARRAY(p->arena, t->teams.n, struct ids);
    uint32_t *all = ARENA_ARRAY(p->arena, t->grants.n, uint32_t);
    for (size_t i = 0; i < t->grants.n; i++) /* counted first: one array for all of them */
        if (p->grants[i].usable)
            of_team[p->grants[i].team].cap++;
    for (size_t i = 0; i < t->teams.n; all += of_team[i++].cap)
        of_team[i].items = all;
    for (uint32_t i = 0; i < t->grants.n; i++)
        if (p->grants[i].usable) {
            struct ids *mine = &of_team[p->grants[i].team];
            mine->items[mine->n++] = i;
        }
    index_named(p);
}

static bool ids_have(const struct ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

static bool ids_push(struct arena *a, struct ids *ids, uint32_t id)
{
    uint32_t *slot = ARENA_PUSH(a, ids);
    if (slot)
        *slot = id;
    return slot != NULL;
}

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void sort_unique(struct ids *ids)
{
    if (ids->n < 2)
        return;
    qsort(ids->items, ids->n, sizeof(*ids->items), id_order);
    size_t n = 1;
    for (size_t i = 1; i < ids->n; i++)
        if (ids->items[i] != ids->items[n - 1])
            ids->items[n++] = ids->items[i];
    ids->n = n;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == TIME_NONE || b == TIME_NONE)
        return a == TIME_NONE ? b : a;
    return a < b ? a : b;
}

/* By groups first; what `add` gives on top bounds the time only where the directory does not give
 * it anyway. */
static bool add_added(const struct policy *p, uint32_t named, int64_t now_ms, struct arena *a,
                      struct membership *m)
{
    size_t by_groups = m->teams.n;
    const struct ids *adds = &p->adds_of_person[named];
    for (size_t i = 0; i + 1 < adds->n; i += 2) {
        uint32_t team = adds->items[i];
        int64_t until = p->tree->teams.items[team].add.items[adds->items[i + 1]].until.ms;
        struct ids groups = {m->teams.items, by_groups, 0};
        if ((until != TIME_NONE && until <= now_ms) || ids_have(&groups, team) ||
            ids_have(&p->drops_of_person[named], team))
            continue;
        m->until_ms = earlier(m->until_ms, until);
        if (!ids_push(a, &m->teams, team))
            return false;
    }
    return true;
}

bool members_of_person(const struct policy_at *at, const struct snapshot_subject *subject,
                       struct membership *ret)
{
    const struct policy *p = at->policy;
    struct arena *a = at->arena;
    struct membership m = {.until_ms = TIME_NONE};
    uint32_t named = intern_find(&p->named, subject->username);
    for (size_t i = 0; i < subject->n_group_ids; i++) {
        uint32_t group = intern_find(&p->groups, subject->group_ids[i]);
        for (size_t k = 0; group != ID_NONE && k < p->teams_of_group[group].n; k++) {
            uint32_t team = p->teams_of_group[group].items[k];
            bool dropped = named != ID_NONE && ids_have(&p->drops_of_person[named], team);
            if (!dropped && !ids_push(a, &m.teams, team))
                return false;
        }
    }
    sort_unique(&m.teams);
    if (named != ID_NONE && !add_added(p, named, at->now_ms, a, &m))
        return false;
    sort_unique(&m.teams);
    *ret = m;
    return true;
}

struct str team_group(const struct policy *p, uint32_t team, struct arena *a)
{
    return CONCAT(a, STR("team:"), p->tree->teams.items[team].name.text);
}

struct str jit_group(const struct policy *p, uint32_t space, uint32_t role, struct arena *a)
{
    struct str role_name = p->tree->roles.items[role].name.text;
    if (space == ID_NONE)
        return CONCAT(a, STR("jit:"), role_name);
    return CONCAT(a, STR("jit:"), p->tree->spaces.items[space].name.text, STR(":"), role_name);
}

/* --- the groups of a token */

struct names {
    struct str *items;
    size_t n, cap;
};

static bool names_push(struct arena *a, struct names *names, struct str name)
{
    struct str *slot = name.p ? ARENA_PUSH(a, names) : NULL;
    if (slot)
        *slot = name;
    return slot != NULL;
}

static bool add_jit(const struct policy_at *at, uint32_t id, struct names *names)
{
    const struct policy *p = at->policy;
    const struct grant *grant = &p->grants[id];
    if (p->roles[grant->role].cluster)
        return names_push(at->arena, names, jit_group(p, ID_NONE, grant->role, at->arena));
    for (size_t i = 0; i < grant->spaces.n; i++) {
        uint32_t space = grant->spaces.items[i];
        if (p->spaces[space].sites & site_bit(at->site) &&
            !names_push(at->arena, names, jit_group(p, space, grant->role, at->arena)))
            return false;
    }
    return true;
}

/* The groups of the team's time-boxed grants that run now on this site. */
static bool add_jits(const struct policy_at *at, uint32_t team, struct names *names,
                     int64_t *until_ms)
{
    const struct policy *p = at->policy;
    const struct ids *grants = &p->grants_of_team[team];
    for (size_t i = 0; i < grants->n; i++) {
        uint32_t id = grants->items[i];
        int64_t until = p->tree->grants.items[id].until.ms;
        if (!p->grants[id].timed || until <= at->now_ms ||
            !(p->grants[id].sites & site_bit(at->site)))
            continue;
        size_t before = names->n;
        if (!add_jit(at, id, names))
            return false;
        if (names->n > before)
            *until_ms = earlier(*until_ms, until);
    }
    return true;
}

bool members_groups(const struct policy_at *at, const struct membership *m,
                    struct snapshot_groups *ret)
{
    struct names names = {0};
    int64_t until = m->until_ms;
    for (size_t i = 0; i < m->teams.n; i++) {
        uint32_t team = m->teams.items[i];
        if (!names_push(at->arena, &names, team_group(at->policy, team, at->arena)))
            return false;
        if (at->site != ID_NONE && !add_jits(at, team, &names, &until))
            return false;
    }
    struct strs sorted = strs_sorted(at->arena, (struct strs){names.items, names.n});
    if (names.n > 0 && sorted.n == 0)
        return false;
    ret->names = names.items;
    if (sorted.n > 0)
        memcpy(names.items, sorted.items, sorted.n * sizeof(*names.items));
    ret->n = sorted.n;
    ret->until_ms = until == TIME_NONE ? 0 : until;
    return true;
}

/* --- for the compiler */

static int member_order(const void *a, const void *b)
{
    return str_cmp(((const struct policy_member *)a)->username,
                   ((const struct policy_member *)b)->username);
}

struct policy_members policy_team_members(const struct policy *p, size_t team, int64_t now_ms,
                                          struct arena *a)
{
    struct policy_members out = {0};
    const struct policy_team *written = &p->tree->teams.items[team];
    const struct team *resolved = &p->teams[team];
    for (size_t i = 0; i < resolved->people.n; i++)
        *ARENA_PUSH(a, &out) = (struct policy_member){
            p->in->directory->people[resolved->people.items[i]].username, TIME_NONE};
    size_t by_groups = out.n;
    for (size_t i = 0; i < written->add.n; i++) {
        const struct policy_add *add = &written->add.items[i];
        bool out_of_time = add->until.ms != TIME_NONE && add->until.ms <= now_ms;
        bool skip =
            out_of_time ||
            ids_have(&p->drops_of_person[intern_find(&p->named, add->person.text)], (uint32_t)team);
        for (size_t k = 0; k < by_groups && !skip; k++)
            skip = str_eq(out.items[k].username, add->person.text);
        if (!skip)
            *ARENA_PUSH(a, &out) = (struct policy_member){add->person.text, add->until.ms};
    }
    if (out.n > 1)
        qsort(out.items, out.n, sizeof(*out.items), member_order);
    return out;
}

struct rbac_user policy_user(const struct policy_at *at, struct str username)
{
    const struct policy *p = at->policy;
    struct snapshot_subject subject = {.username = username};
    uint32_t id = intern_find(&p->people, username);
    if (id != ID_NONE) {
        subject.group_ids = p->in->directory->people[id].group_ids.items;
        subject.n_group_ids = p->in->directory->people[id].group_ids.n;
    }
    struct membership m = {0};
    struct snapshot_groups groups = {0};
    if (!members_of_person(at, &subject, &m) || !members_groups(at, &m, &groups))
        return (struct rbac_user){0};
    struct str *names = ARENA_ARRAY(at->arena, groups.n + 1, struct str);
    for (size_t i = 0; i < groups.n; i++)
        names[i] = CONCAT(at->arena, STR(RBAC_PREFIX), groups.names[i]);
    names[groups.n] = STR("system:authenticated");
    return (struct rbac_user){CONCAT(at->arena, STR(RBAC_PREFIX), username), {names, groups.n + 1}};
}
