/* Typed values of the policy language, and the table of keys. */
#include "base/clock.h"
#include "policy/language/policy_reader.h"

static bool get_text(struct reader *r, const struct yaml *y, struct word *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return false;
    if (text.n == 0) {
        diag_error(r->d, y->pos, "an empty text");
        return false;
    }
    *out = (struct word){text, y->pos};
    return true;
}

static void add_word(struct reader *r, const struct yaml *y, struct words *out)
{
    struct word word;
    if (yaml_is_null(y))
        diag_error(r->d, y->pos, "an empty entry in a list");
    else if (get_text(r, y, &word))
        *ARENA_PUSH(r->arena, out) = word;
}

static void read_words(struct reader *r, const struct yaml_pair *pair, struct words *out)
{
    if (pair->value.kind == YAML_SCALAR) {
        add_word(r, &pair->value, out);
        return;
    }
    if (pair->value.kind != YAML_LIST) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes a name or a list of names",
                   STR_F(pair->key));
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++)
        add_word(r, &pair->value.items[i], out);
}

static void read_labels(struct reader *r, const struct yaml_pair *pair, struct str_pairs *out)
{
    if (pair->value.kind != YAML_MAP) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes labels: {name: value}", STR_F(pair->key));
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++) {
        const struct yaml_pair *label = &pair->value.pairs[i];
        struct str value;
        if (yaml_is_null(&label->value))
            diag_error(r->d, label->key_pos, "label '%.*s' has no value", STR_F(label->key));
        else if (yaml_to_str(&label->value, &value, r->d))
            *ARENA_PUSH(r->arena, out) = (struct str_pair){label->key, value};
    }
}

static void read_permissions(struct reader *r, const struct yaml_pair *pair,
                             struct policy_permissions *out)
{
    if (pair->value.kind == YAML_SCALAR) {
        read_permission(r, &pair->value, out);
        return;
    }
    if (pair->value.kind != YAML_LIST) {
        diag_error(r->d, pair->value.pos, "'%.*s' takes a list of permissions", STR_F(pair->key));
        diag_hint(r->d, "for example [\"get,list,watch /pods,apps/deployments\"]");
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++)
        read_permission(r, &pair->value.items[i], out);
}

static void read_adds(struct reader *r, const struct yaml_pair *pair, struct policy_adds *out)
{
    if (pair->value.kind != YAML_MAP) {
        diag_error(
            r->d, pair->value.pos,
            "'add' takes people with what holds for each: {person: {until: ..., reason: ...}}");
        return;
    }
    for (size_t i = 0; i < pair->value.n; i++) {
        const struct yaml_pair *person = &pair->value.pairs[i];
        struct policy_add *add = ARENA_PUSH(r->arena, out);
        add->person = (struct word){person->key, person->key_pos};
        add->until.ms = TIME_NONE;
        if (!is_username(person->key))
            diag_error(r->d, person->key_pos, "'%.*s' cannot be a username", STR_F(person->key));
        if (!yaml_is_null(&person->value))
            read_section(r, SECTION_add, &person->value, add);
    }
}

static void read_time(struct reader *r, const struct yaml *y, struct policy_time *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return;
    out->pos = y->pos;
    if (time_parse(text, &out->ms))
        return;
    diag_error(r->d, y->pos, "'%.*s' is not a time", STR_F(text));
    diag_hint(r->d, "write 2026-10-31T18:00:00Z, or 2026-10-31 for midnight UTC");
}

static void read_percent(struct reader *r, const struct yaml *y, int64_t *out)
{
    struct str text;
    if (!yaml_to_str(y, &text, r->d))
        return;
    int64_t percent;
    if (str_ends(text, STR("%")) && str_to_i64(str_from_to(text, 0, text.n - 1), &percent) &&
        percent >= 0 && percent <= 100)
        *out = percent;
    else
        diag_error(r->d, y->pos, "'%.*s' is not a share between 0%% and 100%%", STR_F(text));
}

static void read_verdict(struct reader *r, const struct yaml *y, struct word *out)
{
    static const struct str verdicts[] = {{"allow", 5}, {"deny", 4}};
    if (!get_text(r, y, out) || str_eq(out->text, verdicts[0]) || str_eq(out->text, verdicts[1]))
        return;
    diag_error(r->d, y->pos, "'is' takes allow or deny, not '%.*s'", STR_F(out->text));
    diag_hint_nearest(r->d, out->text, verdicts, 2);
}

void read_value(struct reader *r, enum value_type type, const struct yaml_pair *pair, void *field)
{
    const struct yaml *y = &pair->value;
    if (yaml_is_null(y)) {
        diag_error(r->d, pair->key_pos, "'%.*s' has no value", STR_F(pair->key));
        return;
    }
    switch (type) {
    case VALUE_TEXT: get_text(r, y, field); break;
    case VALUE_FLAG: yaml_to_bool(y, field, r->d); break;
    case VALUE_COUNT: yaml_to_i64(y, 1, INT32_MAX, field, r->d); break;
    case VALUE_PERCENT: read_percent(r, y, field); break;
    case VALUE_DURATION: yaml_to_duration(y, field, r->d); break;
    case VALUE_TIME: read_time(r, y, field); break;
    case VALUE_WORDS: read_words(r, pair, field); break;
    case VALUE_LABELS: read_labels(r, pair, field); break;
    case VALUE_PERMISSIONS: read_permissions(r, pair, field); break;
    case VALUE_ADDS: read_adds(r, pair, field); break;
    case VALUE_VERDICT: read_verdict(r, y, field); break;
    case VALUE_LATER: break;
    }
}

/* --- the table of keys */

enum need { NEED_OPTIONAL, NEED_REQUIRED };
struct key_row {
    enum section section;
    struct str name;
    enum value_type type;
    enum need need;
    size_t offset;
};
static const struct key_row keys[] = {
#define KEY(section, name, type, need, text) \
    {SECTION_##section, \
     {#name, sizeof(#name) - 1}, \
     VALUE_##type, \
     NEED_##need, \
     offsetof(struct policy_##section, name)},
#define LATER(section, name) \
    {SECTION_##section, {#name, sizeof(#name) - 1}, VALUE_LATER, NEED_OPTIONAL, 0},
#include "policy/language/policy_keys.tbl.h"
#undef KEY
#undef LATER
};
#define N_KEYS (sizeof(keys) / sizeof(*keys))

static const char *const section_names[] = {
    [SECTION_document] = "the policy", [SECTION_ldap] = "ldap",     [SECTION_site] = "a site",
    [SECTION_team] = "a team",         [SECTION_add] = "a person",  [SECTION_role] = "a role",
    [SECTION_space] = "a space",       [SECTION_grant] = "a grant", [SECTION_test] = "a test",
};

static const struct key_row *key_find(enum section section, struct str name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (keys[i].section == section && str_eq(keys[i].name, name))
            return &keys[i];
    return NULL;
}

bool read_is_later(struct reader *r, const struct yaml_pair *pair)
{
    const struct key_row *row = key_find(SECTION_document, pair->key);
    if (!row)
        return false;
    diag_error(r->d, pair->key_pos, "'%.*s' is not supported by this version", STR_F(pair->key));
    return true;
}

static void unknown_key(struct reader *r, enum section section, const struct yaml_pair *pair)
{
    struct str names[N_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++)
        if (keys[i].section == section)
            names[n++] = keys[i].name;
    diag_error(r->d, pair->key_pos, "%s has no key '%.*s'", section_names[section],
               STR_F(pair->key));
    diag_hint_nearest(r->d, pair->key, names, n);
}

bool read_section(struct reader *r, enum section section, const struct yaml *map, void *out)
{
    size_t before = r->d->n_errors;
    if (map->kind != YAML_MAP) {
        diag_error(r->d, map->pos, "%s is written as {key: value, ...}", section_names[section]);
        return false;
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct key_row *row = key_find(section, map->pairs[i].key);
        if (row)
            read_value(r, row->type, &map->pairs[i], (char *)out + row->offset);
        else
            unknown_key(r, section, &map->pairs[i]);
    }
    /* a key that is missing may be the one misspelt above: one error per cause */
    for (size_t i = 0; i < N_KEYS && r->d->n_errors == before; i++)
        if (keys[i].section == section && keys[i].need == NEED_REQUIRED &&
            !yaml_get(map, keys[i].name))
            diag_error(r->d, map->pos, "%s needs '%.*s'", section_names[section],
                       STR_F(keys[i].name));
    return r->d->n_errors == before;
}
