#include "policy/analysis/policy_people.h"

#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct edge { /* a person has a team, or a subject */
    uint32_t person, value;
};
struct edges {
    struct edge *items;
    size_t n, cap;
};

static int id_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static size_t sort_unique(uint32_t *items, size_t n)
{
    if (n < 2)
        return n;
    qsort(items, n, sizeof(*items), id_order);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (items[i] != items[kept - 1])
            items[kept++] = items[i];
    return kept;
}

/* The subjects of a token with these teams; what no binding names counts for nothing. */
static struct access_profile subjects_of(const struct policy_people *p, const struct membership *m)
{
    struct snapshot_groups groups = {0};
    struct access_profile none = {0};
    struct arena *a = p->at.arena;
    if (!members_groups(&p->at, m, &groups) || groups.n == 0)
        return none;
    uint32_t *items = ARENA_ARRAY(a, groups.n, uint32_t);
    size_t n = 0;
    for (size_t i = 0; i < groups.n; i++) {
        uint32_t id =
            access_subject_id(p->access, RBAC_GROUP, CONCAT(a, STR(RBAC_PREFIX), groups.names[i]));
        if (id != ID_NONE)
            items[n++] = id;
    }
    return (struct access_profile){items, sort_unique(items, n)};
}

static void add_team(const struct policy_people *p, uint32_t person, uint32_t team,
                     struct edges *out)
{
    for (size_t i = 0; i < p->by_team[team].n; i++)
        *ARENA_PUSH(p->at.arena, out) = (struct edge){person, p->by_team[team].items[i]};
}

static bool is_dropped(const struct policy *p, uint32_t team, struct str username)
{
    uint32_t named = intern_find(&p->named, username);
    for (size_t i = 0; named != ID_NONE && i < p->drops_of_person[named].n; i++)
        if (p->drops_of_person[named].items[i] == team)
            return true;
    return false;
}

static void walk_teams(struct policy_people *p, const uint32_t *numbers, struct edges *out)
{
    const struct policy *policy = p->at.policy;
    for (uint32_t t = 0; t < policy->tree->teams.n; t++) {
        uint32_t id = t;
        struct membership one = {{&id, 1, 1}, TIME_NONE};
        const struct policy_team *written = &policy->tree->teams.items[t];
        p->by_team[t] = subjects_of(p, &one);
        for (size_t i = 0; i < policy->teams[t].people.n; i++)
            add_team(p, numbers[policy->teams[t].people.items[i]], t, out);
        for (size_t i = 0; i < written->add.n; i++) {
            const struct policy_add *add = &written->add.items[i];
            uint32_t person = intern_add(p->names, add->person.text);
            bool over = add->until.ms != TIME_NONE && add->until.ms <= p->at.now_ms;
            if (!over && !is_dropped(policy, t, add->person.text))
                add_team(p, person, t, out);
        }
    }
}

/* Bindings that name a user as our tokens carry it. */
static void walk_users(struct policy_people *p, struct edges *out)
{
    struct str name, prefix = STR(RBAC_PREFIX);
    uint32_t id;
    for (size_t at = 0; access_user_next(p->access, &at, &name, &id);)
        if (name.n > prefix.n && str_starts(name, prefix)) {
            uint32_t person = intern_add(p->names, str_from_to(name, prefix.n, name.n));
            *ARENA_PUSH(p->at.arena, out) = (struct edge){person, id};
        }
}

static void fill(struct policy_people *p, const struct edges *edges)
{
    struct arena *a = p->at.arena;
    size_t extra = p->everybody != ID_NONE;
    uint32_t *count = ARENA_ARRAY(a, p->n + 1, uint32_t);
    for (size_t i = 0; i < edges->n; i++)
        count[edges->items[i].person]++;
    p->first = ARENA_ARRAY(a, p->n + 1, uint32_t);
    p->subjects = ARENA_ARRAY(a, edges->n + p->n * extra, uint32_t);
    uint32_t *start = ARENA_ARRAY(a, p->n + 1, uint32_t);
    for (size_t i = 0; i < p->n; i++) {
        start[i + 1] = start[i] + count[i] + (uint32_t)extra;
        if (extra)
            p->subjects[start[i]] = p->everybody;
        count[i] = start[i] + (uint32_t)extra;
    }
    for (size_t i = 0; i < edges->n; i++)
        p->subjects[count[edges->items[i].person]++] = edges->items[i].value;
    uint32_t at = 0;
    for (size_t i = 0; i < p->n; i++) { /* sorted, each once, moved together */
        uint32_t *from = p->subjects + start[i];
        size_t n = sort_unique(from, start[i + 1] - start[i]);
        p->first[i] = at;
        memmove(p->subjects + at, from, n * sizeof(*from));
        at += (uint32_t)n;
    }
    p->first[p->n] = at;
}

struct policy_people *policy_people_new(const struct policy_at *at, const struct access *x,
                                        struct intern *names)
{
    struct policy_people *p = ARENA_NEW(at->arena, struct policy_people);
    const struct policy_directory *directory = at->policy->in->directory;
    struct edges edges = {0};
    *p = (struct policy_people){.at = *at, .access = x, .names = names};
    p->everybody = access_subject_id(x, RBAC_GROUP, STR("system:authenticated"));
    p->by_team = ARENA_ARRAY(at->arena, at->policy->tree->teams.n, struct access_profile);
    size_t n_people = directory ? directory->n_people : 0;
    uint32_t *numbers = ARENA_ARRAY(at->arena, n_people, uint32_t);
    for (size_t i = 0; i < n_people; i++)
        numbers[i] = intern_add(names, directory->people[i].username);
    walk_teams(p, numbers, &edges);
    walk_users(p, &edges);
    p->n = names->n;
    fill(p, &edges);
    return p;
}

struct access_profile policy_people_profile(const struct policy_people *p, uint32_t person)
{
    if (person < p->n)
        return (struct access_profile){p->subjects + p->first[person],
                                       p->first[person + 1] - p->first[person]};
    return (struct access_profile){&p->everybody, p->everybody != ID_NONE};
}

struct access_profile policy_people_imagine(const struct policy_people *p, struct str username,
                                            const struct str *group_ids, size_t n_group_ids)
{
    struct snapshot_subject subject = {
        .username = username, .group_ids = group_ids, .n_group_ids = n_group_ids};
    struct membership m = {0};
    struct arena *a = p->at.arena;
    if (!members_of_person(&p->at, &subject, &m))
        return (struct access_profile){0};
    struct access_profile token = subjects_of(p, &m);
    uint32_t *items = ARENA_ARRAY(a, token.n + 2, uint32_t);
    size_t n = token.n;
    if (n)
        memcpy(items, token.items, n * sizeof(*items));
    uint32_t user =
        username.n ? access_subject_id(p->access, RBAC_USER, CONCAT(a, STR(RBAC_PREFIX), username))
                   : ID_NONE;
    if (user != ID_NONE)
        items[n++] = user;
    if (p->everybody != ID_NONE)
        items[n++] = p->everybody;
    return (struct access_profile){items, sort_unique(items, n)};
}

struct strs policy_person_groups(const struct policy *p, struct str username)
{
    uint32_t id = intern_find(&p->people, username);
    return id == ID_NONE ? (struct strs){0} : p->in->directory->people[id].group_ids;
}

int policy_person_check(const struct policy *p, struct str username, struct err *e)
{
    if (intern_find(&p->people, username) != ID_NONE || intern_find(&p->named, username) != ID_NONE)
        return 0;
    struct str near = nearest_name(username, p->people.items, p->people.n);
    if (!p->in->directory)
        return fail(e, ERR_CONFIG,
                    "the policy does not name '%.*s', and there is no directory "
                    "(--directory-config, --directory)",
                    STR_F(username));
    return fail(e, ERR_INPUT, "person '%.*s' does not exist%s%.*s%s", STR_F(username),
                near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
}
