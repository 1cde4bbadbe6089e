#include "policy/analysis/policy_blast.h"

#include <stdlib.h>

#include "policy/analysis/policy_person_inside.h"

struct blaster {
    const struct policy_at *at;
    const struct policy *p;
    struct arena *arena;
    struct policy_people people;
    struct policy_compare compare;
    struct grouper g;
    struct policy_blast *out;
    struct intern kept_by;
    struct {
        struct kept {
            struct str *items;
            size_t n, cap;
        } *items;
        size_t n, cap;
    } kept;
};

static int find_group(struct blaster *b, struct str written, struct err *e)
{
    const struct policy_directory *d = b->p->in->directory;
    struct intern names = {.arena = b->arena};
    struct str id = resolve_group_id(b->arena, b->p->tree->ldap.base.text, written);
    for (size_t i = 0; d && i < d->n_groups; i++) {
        struct str one = d->groups[i].id;
        if (str_eq(one, id) || str_eq(one, written) || str_eq(d->groups[i].name, written)) {
            b->out->group = one;
            return 0;
        }
        intern_add(&names, people_group_name(one));
    }
    if (intern_find(&b->p->groups, id) != ID_NONE) {
        b->out->group = id;
        return 0;
    }
    struct str near = nearest_name(written, names.items, names.n);
    return fail(e, ERR_INPUT, "directory group '%.*s' does not exist%s%.*s%s", STR_F(written),
                near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
}

static void find_teams(struct blaster *b)
{
    uint32_t id = intern_find(&b->p->groups, b->out->group);
    const struct ids none = {0}, *teams = id == ID_NONE ? &none : &b->p->teams_of_group[id];
    b->out->teams = ARENA_ARRAY(b->arena, teams->n, struct policy_blast_team);
    for (size_t i = 0; i < teams->n; i++) {
        uint32_t team = teams->items[i];
        const struct policy_team *written = &b->p->tree->teams.items[team];
        struct str *others = ARENA_ARRAY(b->arena, written->from.n, struct str);
        struct policy_blast_team *t = &b->out->teams[b->out->n_teams++];
        *t = (struct policy_blast_team){.team = team, .others = {others, 0}};
        for (size_t k = 0; k < written->from.n; k++) {
            if (str_eq(b->p->teams[team].group_ids.items[k], b->out->group))
                t->src = src_of(b->arena, &written->from.items[k].pos);
            else
                others[t->others.n++] = written->from.items[k].text;
        }
    }
}

/* --- people */

static struct strs without(struct blaster *b, struct strs groups)
{
    struct str *items = ARENA_ARRAY(b->arena, groups.n, struct str);
    size_t n = 0;
    for (size_t i = 0; i < groups.n; i++)
        if (!str_eq(groups.items[i], b->out->group))
            items[n++] = groups.items[i];
    return (struct strs){items, n};
}

static void count_places(struct blaster *b, const struct holder *h)
{
    struct access_profile alone = policy_people_imagine(&b->people, h->username, &b->out->group, 1);
    struct access_profile nothing = policy_people_imagine(&b->people, h->username, NULL, 0);
    const struct access_deltas *brings =
        access_profiles_compare(b->compare.profiles, nothing, alone);
    const struct access_deltas *lost =
        access_profiles_compare(b->compare.profiles, h->before, h->after);
    for (size_t i = 0; i < brings->n; i++) {
        bool gone = false;
        for (size_t k = 0; k < lost->n && !gone; k++)
            gone = lost->items[k].namespace == brings->items[i].namespace && lost->items[k].lost;
        b->out->n_exclusive += gone;
        b->out->n_shared += !gone;
    }
}

static bool added(const struct blaster *b, struct str username, uint32_t team)
{
    const struct policy_adds *adds = &b->p->tree->teams.items[team].add;
    for (size_t i = 0; i < adds->n; i++)
        if (str_eq(adds->items[i].person.text, username))
            return true;
    return false;
}

/* Through what else is the person in the teams of the group? */
static void note_kept(struct blaster *b, struct str username, struct strs rest)
{
    for (size_t t = 0; t < b->out->n_teams; t++) {
        uint32_t team = b->out->teams[t].team;
        struct str through = added(b, username, team) ? STR("`add` of its team") : STR_NONE;
        if (!policy_membership(b->at, username, team).n)
            continue;
        for (size_t i = 0; i < rest.n; i++)
            if (strs_has(b->p->teams[team].group_ids, rest.items[i])) {
                through = people_group_name(rest.items[i]);
                break;
            }
        if (through.n == 0)
            continue; /* nothing else brings the team: there was nothing to lose */
        size_t before = b->kept_by.n;
        uint32_t id = intern_add(&b->kept_by, through);
        if (b->kept_by.n > before)
            *ARENA_PUSH(b->arena, &b->kept) = (struct kept){0};
        struct kept *k = &b->kept.items[id];
        if (!strs_has((struct strs){k->items, k->n}, username))
            *ARENA_PUSH(b->arena, k) = username;
    }
}

static void try_person(struct blaster *b, const struct policy_person *person)
{
    if (!strs_has(person->group_ids, b->out->group))
        return;
    struct strs rest = without(b, person->group_ids), all = person->group_ids;
    struct holder h = {.label = person->username, .username = person->username};
    h.before = policy_people_imagine(&b->people, person->username, all.items, all.n);
    h.after = policy_people_imagine(&b->people, person->username, rest.items, rest.n);
    b->out->n_people++;
    people_add_holder(&b->g, &h);
    count_places(b, &h);
    if (access_profiles_compare(b->compare.profiles, h.before, h.after)->n == 0)
        note_kept(b, person->username, rest);
}

static void write_kept(struct blaster *b)
{
    b->out->kept = ARENA_ARRAY(b->arena, b->kept.n, struct policy_blast_kept);
    for (size_t i = 0; i < b->kept.n; i++) {
        struct kept *k = &b->kept.items[i];
        qsort(k->items, k->n, sizeof(*k->items), str_order);
        b->out->kept[b->out->n_kept++] =
            (struct policy_blast_kept){b->kept_by.items[i], {k->items, k->n}};
    }
}

int policy_blast(const struct policy_at *at, const struct access *x, struct str group,
                 struct policy_blast *ret, struct err *e)
{
    struct policy_blast out = {0};
    struct blaster b = {.at = at,
                        .p = at->policy,
                        .arena = at->arena,
                        .out = &out,
                        .kept_by = {.arena = at->arena}};
    const struct policy_directory *directory = b.p->in->directory;
    if (find_group(&b, group, e) < 0)
        return -1;
    out.name = people_group_name(out.group);
    b.people = (struct policy_people){
        .at = *at,
        .access = x,
        .everybody = access_subject_id(x, RBAC_GROUP, STR("system:authenticated"))};
    b.compare =
        (struct policy_compare){.before = *at, .after = *at, .access_before = x, .access_after = x};
    policy_compare_begin(&b.compare);
    b.g = people_grouper(&b.compare);
    b.g.without_reasons = true;
    find_teams(&b);
    for (size_t i = 0; directory && i < directory->n_people; i++)
        try_person(&b, &directory->people[i]);
    out.lost = people_sentences(&b.g);
    write_kept(&b);
    *ret = out;
    return 0;
}
