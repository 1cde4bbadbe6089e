/* The entries of sites, teams, roles, spaces, grants and tests. */
#include "policy/language/policy_reader.h"

#define AUDIENCE_MAX 256

void check_name(struct reader *r, const char *what, const struct yaml_pair *pair)
{
    if (is_policy_name(pair->key))
        return;
    diag_error(r->d, pair->key_pos, "'%.*s' cannot name a %s", STR_F(pair->key), what);
    diag_hint(r->d, "small letters, digits, and - . _ between them; at most 63 characters");
}

void read_site(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_site *site = ARENA_PUSH(r->arena, &r->tree->sites);
    site->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "site", pair);
    site->broken = !read_section(r, SECTION_site, &pair->value, site);
    if (site->audience.text.n > AUDIENCE_MAX || str_has_control(site->audience.text))
        diag_error(r->d, site->audience.pos, "not usable as an audience");
}

void check_person(struct reader *r, const struct word *person)
{
    if (person->text.n > 0 && !is_username(person->text))
        diag_error(r->d, person->pos, "'%.*s' cannot be a username", STR_F(person->text));
}

void read_team(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_team *team = ARENA_PUSH(r->arena, &r->tree->teams);
    team->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "team", pair);
    if (r->owner && !str_eq(pair->key, r->owner->team.text)) {
        diag_error(r->d, pair->key_pos, "this file belongs to team '%.*s': '%.*s' is not its own",
                   STR_F(r->owner->team.text), STR_F(pair->key));
        diag_hint(r->d, "%s:%u includes it", r->owner->pos.source->name, r->owner->pos.line);
    }
    size_t before = r->d->n_errors;
    team->broken = !read_section(r, SECTION_team, &pair->value, team);
    for (size_t i = 0; i < team->drop.n; i++)
        check_person(r, &team->drop.items[i]);
    check_person(r, &team->lead);
    if (before == r->d->n_errors && team->from.n == 0 && team->add.n == 0)
        diag_error(r->d, pair->key_pos, "team '%.*s' has nobody: it needs 'from' or 'add'",
                   STR_F(pair->key));
}

void read_role(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_role *role = ARENA_PUSH(r->arena, &r->tree->roles);
    role->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "role", pair);
    role->broken = !read_section(r, SECTION_role, &pair->value, role);
    if (!role->broken && !role->base.text.n && role->can.n == 0)
        diag_error(r->d, pair->key_pos, "role '%.*s' allows nothing: it needs 'base' or 'can'",
                   STR_F(pair->key));
}

void read_space(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_space *space = ARENA_PUSH(r->arena, &r->tree->spaces);
    space->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "space", pair);
    space->broken = !read_section(r, SECTION_space, &pair->value, space);
    if (!space->broken && space->names.n == 0 && space->label.n == 0)
        diag_error(r->d, pair->key_pos, "space '%.*s' is nowhere: it needs 'names' or 'label'",
                   STR_F(pair->key));
}

void read_grant(struct reader *r, const struct yaml *y)
{
    struct policy_grant *grant = ARENA_PUSH(r->arena, &r->tree->grants);
    grant->pos = y->pos;
    grant->until.ms = TIME_NONE;
    grant->broken = !read_section(r, SECTION_grant, y, grant);
    check_person(r, &grant->by);
}

void read_test(struct reader *r, const struct yaml *y)
{
    struct policy_test *test = ARENA_PUSH(r->arena, &r->tree->tests);
    test->pos = y->pos;
    test->at.ms = TIME_NONE;
    test->broken = !read_section(r, SECTION_test, y, test);
}
