#include "connectors/local_file.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "connectors/names.h"

#define HASH_MAX   512
#define GROUPS_MAX 2000

struct reader {
    struct local_people *people;
    struct str connector_id;
    struct diags diags;
    struct {
        struct local_person *items;
        size_t n, cap;
    } found;
};

void local_people_unref(struct local_people *p)
{
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    arena_fini(&p->arena);
    mem_free(p);
}

static bool read_text(struct reader *r, const struct yaml *map, const char *key, struct str *ret)
{
    const struct yaml *y = yaml_get(map, str_from(key));
    if (!y) {
        diag_error(&r->diags, map->pos, "'%s' is missing", key);
        return false;
    }
    return yaml_to_str(y, ret, &r->diags);
}

static void read_optional(struct reader *r, const struct yaml *map, const char *key,
                          struct str *ret)
{
    const struct yaml *y = yaml_get(map, str_from(key));
    if (y && !yaml_is_null(y))
        yaml_to_str(y, ret, &r->diags);
}

static int by_group_id(const void *a, const void *b)
{
    return str_cmp(((const struct person_group *)a)->id, ((const struct person_group *)b)->id);
}

static void read_groups(struct reader *r, const struct yaml *map, struct person *person)
{
    const struct yaml *y = yaml_get(map, STR("groups"));
    if (!y)
        return;
    if (y->kind != YAML_LIST || y->n > GROUPS_MAX) {
        diag_error(&r->diags, y->pos, "'groups' is a list of at most %d names", GROUPS_MAX);
        return;
    }
    person->groups = ARENA_ARRAY(&r->people->arena, y->n + 1, struct person_group);
    for (size_t i = 0; person->groups && i < y->n; i++) {
        struct str name = STR_NONE;
        if (!yaml_to_str(&y->items[i], &name, &r->diags))
            continue;
        if (!group_name_is_allowed(name)) {
            diag_error(&r->diags, y->items[i].pos, "this cannot be the name of a group");
            continue;
        }
        person->groups[person->n_groups++] = (struct person_group){name, name};
    }
    if (person->n_groups > 0)
        qsort(person->groups, person->n_groups, sizeof *person->groups, by_group_id);
    for (size_t i = 1; i < person->n_groups; i++)
        if (str_eq(person->groups[i].id, person->groups[i - 1].id))
            diag_error(&r->diags, y->pos, "the group '%.*s' stands here twice",
                       STR_F(person->groups[i].id));
}

static void check_person(struct reader *r, const struct yaml *map, const struct local_person *p)
{
    const struct person *person = &p->person;
    if (person->username.n && !username_is_allowed(person->username))
        diag_error(&r->diags, yaml_get(map, STR("username"))->pos,
                   "a username is 1 to 128 characters of a-z 0-9 . _ @ -");
    if (person->id.n && !person_id_is_allowed(person->id))
        diag_error(&r->diags, yaml_get(map, STR("id"))->pos,
                   "an id is 1 to 64 letters, digits and '-' (for example a UUID)");
    if (p->hash.n && (!str_starts(p->hash, STR("$argon2id$")) || p->hash.n > HASH_MAX)) {
        diag_error(&r->diags, yaml_get(map, STR("password"))->pos, "not an argon2id hash");
        diag_hint(&r->diags, "make one with: lotse-gateway --hash-password");
    }
}

static void read_person(struct reader *r, const struct yaml *map)
{
    static const struct str keys[] = {{"username", 8}, {"id", 2},       {"name", 4},    {"mail", 4},
                                      {"groups", 6},   {"password", 8}, {"disabled", 8}};
    if (map->kind != YAML_MAP) {
        diag_error(&r->diags, map->pos, "a person is a map with username, id and password");
        return;
    }
    yaml_check_keys(map, keys, sizeof keys / sizeof *keys, &r->diags);
    struct local_person *p = ARENA_PUSH(&r->people->arena, &r->found);
    if (!p)
        return;
    bool disabled = false;
    p->person.connector_id = r->connector_id;
    read_text(r, map, "username", &p->person.username);
    read_text(r, map, "id", &p->person.id);
    read_text(r, map, "password", &p->hash);
    read_optional(r, map, "name", &p->person.display_name);
    read_optional(r, map, "mail", &p->person.mail);
    if (yaml_get(map, STR("disabled")))
        yaml_to_bool(yaml_get(map, STR("disabled")), &disabled, &r->diags);
    p->person.state = disabled ? ACCOUNT_DISABLED : ACCOUNT_ACTIVE;
    read_groups(r, map, &p->person);
    check_person(r, map, p);
    for (size_t i = 0; i + 1 < r->found.n; i++) {
        const struct person *other = &r->found.items[i].person;
        if (str_eq(other->username, p->person.username) || str_eq(other->id, p->person.id))
            diag_error(&r->diags, map->pos, "'%.*s' has the username or the id of '%.*s'",
                       STR_F(p->person.username), STR_F(other->username));
    }
}

static int by_username(const void *a, const void *b)
{
    return str_cmp(((const struct local_person *)a)->person.username,
                   ((const struct local_person *)b)->person.username);
}

static int read_people(struct reader *r, const struct source *source, struct err *e)
{
    static const struct str keys[] = {{"people", 6}};
    const struct yaml_limits limits = {LOCAL_FILE_MAX, 8, 500000};
    const struct yaml *root = yaml_read(&r->people->arena, source, &limits, &r->diags);
    if (root) {
        yaml_check_keys(root, keys, 1, &r->diags);
        const struct yaml *list = yaml_get(root, STR("people"));
        if (!list || list->kind != YAML_LIST)
            diag_error(&r->diags, root->pos, "'people' is missing or not a list");
        for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++)
            read_person(r, &list->items[i]);
    }
    if (r->diags.n_errors > 0) {
        const struct diag *d = r->diags.items;
        while (d->severity != SEVERITY_ERROR)
            d++;
        return fail(e, ERR_CONFIG, "%s:%u:%u: %.*s", source->name, d->pos.line, d->pos.column,
                    STR_F(d->message));
    }
    if (!root || r->people->arena.exhausted)
        return fail(e, ERR_LIMIT, "%s: too large", source->name);
    return 0;
}

struct local_people *local_people_read(const char *path, struct str connector_id, struct err *e)
{
    auto_buf content = BUF_INIT(LOCAL_FILE_MAX);
    if (file_read(path, LOCAL_FILE_MAX, &content, e) != 0)
        return NULL;
    struct local_people *people = MEM_NEW(struct local_people);
    atomic_init(&people->refs, 1);
    arena_init(&people->arena, 16 * LOCAL_FILE_MAX);
    struct source *source = ARENA_NEW(&people->arena, struct source);
    *source = (struct source){arena_cstr(&people->arena, str_from(path)),
                              arena_str(&people->arena, buf_str(&content))};
    struct reader r = {.people = people, .connector_id = connector_id};
    diags_init(&r.diags, &people->arena);
    if (read_people(&r, source, e) != 0) {
        local_people_unref(people);
        return NULL;
    }
    people->items = r.found.items;
    people->n = r.found.n;
    if (people->n > 0)
        qsort(people->items, people->n, sizeof *people->items, by_username);
    return people;
}

const struct local_person *local_people_by_name(const struct local_people *p, struct str username)
{
    const struct local_person key = {.person = {.username = username}};
    return p->n ? bsearch(&key, p->items, p->n, sizeof key, by_username) : NULL;
}

const struct local_person *local_people_by_id(const struct local_people *p, struct str id)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(p->items[i].person.id, id))
            return &p->items[i];
    return NULL;
}
