/* Resolving against the directory: groups of teams, people named in the policy, how many a team
 * has. */
#include <stdlib.h>

#include "base/dn.h"
#include "policy/resolve/resolved.h"

struct str resolve_group_id(struct arena *a, struct str base, struct str written)
{
    struct str dn;
    if (!str_has(written, '=') || !dn_join(written, base, a, &dn))
        return written; /* people in a file: groups have plain names. What is no DN will not be
                           found */
    return dn;
}

/* How a group would be written in `from`. */
static struct str as_written(const struct policy_group *g, struct str base)
{
    if (base.n > 0 && g->id.n > base.n + 1 && dn_is_below(g->id, base))
        return str_from_to(g->id, 0, g->id.n - base.n - 1);
    return g->id;
}

static void unknown_group(struct policy *p, const struct word *written)
{
    struct intern names = {.arena = p->arena};
    struct str base = STR_NONE, wanted = written->text;
    if (!dn_normalise(p->tree->ldap.base.text, p->arena, &base) ||
        !dn_normalise(written->text, p->arena, &wanted))
        base = STR_NONE; /* no DN: the nearest of the names as they are */
    for (size_t i = 0; i < p->in->directory->n_groups; i++) {
        struct str name = as_written(&p->in->directory->groups[i], base);
        intern_add(&names, name);
        /* the right name in another folder of the directory */
        if (str_starts(name, wanted) && name.n > wanted.n && name.p[wanted.n] == ',') {
            diag_error(p->d, written->pos, "directory group '%.*s' does not exist",
                       STR_F(written->text));
            diag_hint(p->d, "did you mean '%.*s'?", STR_F(name));
            return;
        }
    }
    resolve_unknown(p, "directory group", written, &names);
}

/* The groups of all teams, each with its teams; *ret_numbers: those of `from`, team by team. */
static void index_groups(struct policy *p, uint32_t **ret_numbers)
{
    const struct policy_tree *t = p->tree;
    size_t n = 0;
    for (size_t i = 0; i < t->teams.n; i++)
        n += t->teams.items[i].from.n;
    uint32_t *numbers = *ret_numbers = ARENA_ARRAY(p->arena, n, uint32_t);
    p->teams_of_group = ARENA_ARRAY(p->arena, n, struct ids);
    for (uint32_t team = 0; team < t->teams.n; team++) {
        const struct words *from = &t->teams.items[team].from;
        struct str *ids = ARENA_ARRAY(p->arena, from->n, struct str);
        p->teams[team].group_ids = (struct strs){ids, from->n};
        for (size_t i = 0; i < from->n; i++) {
            ids[i] = resolve_group_id(p->arena, t->ldap.base.text, from->items[i].text);
            uint32_t group = intern_add(&p->groups, ids[i]);
            *ARENA_PUSH(p->arena, &p->teams_of_group[group]) = team;
            *numbers++ = group;
        }
    }
}

void resolve_person(struct policy *p, const char *what, const struct word *person, bool may_be_gone)
{
    /* what cannot be a username was said when it was read */
    if (!is_username(person->text) || !p->in->directory ||
        intern_find(&p->people, person->text) != ID_NONE)
        return;
    if (!may_be_gone) {
        resolve_unknown(p, "person", person, &p->people);
        return;
    }
    diag_warn(p->d, person->pos, "%s '%.*s' is not in the directory", what, STR_F(person->text));
    diag_hint_nearest(p->d, person->text, p->people.items, p->people.n);
}

static void check_people_of(struct policy *p, const struct policy_team *team)
{
    resolve_person(p, "lead", &team->lead, false);
    for (size_t i = 0; i < team->add.n; i++) {
        const struct policy_add *add = &team->add.items[i];
        resolve_person(p, "person", &add->person, false);
        if (add->until.ms != TIME_NONE && add->until.ms <= p->in->now_ms && p->in->now_ms > 0)
            diag_warn(p->d, add->until.pos, "'%.*s' is no longer added: the time is over",
                      STR_F(add->person.text));
    }
    for (size_t i = 0; i < team->drop.n; i++) /* who is dropped may have left for good */
        resolve_person(p, "dropped person", &team->drop.items[i], true);
}

static bool is_dropped(const struct policy_team *team, struct str username)
{
    for (size_t i = 0; i < team->drop.n; i++)
        if (str_eq(team->drop.items[i].text, username))
            return true;
    return false;
}

/* Directory people into teams, through the index from group to teams. */
static void fill_teams(struct policy *p)
{
    for (size_t i = 0; i < p->in->directory->n_people; i++) {
        const struct policy_person *person = &p->in->directory->people[i];
        for (size_t k = 0; k < person->group_ids.n; k++) {
            uint32_t group = intern_find(&p->groups, person->group_ids.items[k]);
            const struct ids *teams = group == ID_NONE ? NULL : &p->teams_of_group[group];
            for (size_t j = 0; teams && j < teams->n; j++) {
                struct team *team = &p->teams[teams->items[j]];
                bool twice = team->people.n && team->people.items[team->people.n - 1] == i;
                if (!twice && !is_dropped(&p->tree->teams.items[teams->items[j]], person->username))
                    *ARENA_PUSH(p->arena, &team->people) = (uint32_t)i;
            }
        }
    }
}

void resolve_people_of(const struct policy *p, uint32_t team, size_t enough, struct intern *out)
{
    const struct policy_team *written = &p->tree->teams.items[team];
    const struct ids *people = &p->teams[team].people;
    for (size_t i = 0; i < people->n && out->n < enough; i++)
        intern_add(out, p->in->directory->people[people->items[i]].username);
    for (size_t i = 0; i < written->add.n && out->n < enough; i++) {
        const struct policy_add *add = &written->add.items[i];
        bool over = add->until.ms != TIME_NONE && add->until.ms <= p->in->now_ms;
        if (!over && !is_dropped(written, add->person.text))
            intern_add(out, add->person.text);
    }
}

static void warn_nobody(struct policy *p, uint32_t team)
{
    struct intern people = {.arena = p->arena};
    if (p->teams[team].people.n > 0)
        return;
    resolve_people_of(p, team, 1, &people);
    if (people.n == 0)
        diag_warn(p->d, p->tree->teams.items[team].name.pos, "team '%.*s' has no people",
                  STR_F(p->tree->teams.items[team].name.text));
}

static void check_max(struct policy *p, const struct policy_team *team, const struct team *resolved)
{
    size_t n = resolved->people.n + team->add.n;
    for (size_t i = 0; i < team->add.n; i++) {
        struct str added = team->add.items[i].person.text;
        bool inside = is_dropped(team, added);
        for (size_t k = 0; k < resolved->people.n && !inside; k++)
            inside = str_eq(p->in->directory->people[resolved->people.items[k]].username, added);
        n -= inside;
    }
    if (team->max > 0 && n > (size_t)team->max) {
        diag_error(p->d, team->name.pos, "team '%.*s' has %zu people, more than its max of %lld",
                   STR_F(team->name.text), n, (long long)team->max);
        diag_hint(p->d, "has a group of the directory grown, or is it time to raise max?");
    }
}

void resolve_teams(struct policy *p)
{
    const struct policy_directory *directory = p->in->directory;
    uint32_t *numbers;
    p->teams = ARENA_ARRAY(p->arena, p->tree->teams.n, struct team);
    index_groups(p, &numbers);
    bool *known = ARENA_ARRAY(p->arena, p->groups.n, bool);
    for (size_t i = 0; directory && i < directory->n_groups; i++) {
        uint32_t group = intern_find(&p->groups, directory->groups[i].id);
        if (group != ID_NONE)
            known[group] = true;
    }
    for (size_t i = 0; directory && i < directory->n_people; i++)
        intern_add(&p->people, directory->people[i].username);
    for (size_t t = 0; t < p->tree->teams.n; t++) {
        const struct words *from = &p->tree->teams.items[t].from;
        for (size_t i = 0; i < from->n; i++, numbers++)
            if (directory && !known[*numbers])
                unknown_group(p, &from->items[i]);
        check_people_of(p, &p->tree->teams.items[t]);
    }
    for (size_t i = 0; i < p->tree->grants.n; i++) /* who decided may have left */
        resolve_person(p, "person", &p->tree->grants.items[i].by, true);
    if (!directory)
        return;
    fill_teams(p);
    for (uint32_t t = 0; t < p->tree->teams.n; t++) {
        check_max(p, &p->tree->teams.items[t], &p->teams[t]);
        if (p->d->n_errors == 0) /* a group that does not exist has no people */
            warn_nobody(p, t);
    }
}
