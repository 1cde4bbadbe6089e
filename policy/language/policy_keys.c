/* The table of keys: one map of a section, its unknown and its missing keys. */
#include "policy/language/policy_reader.h"

const struct key_row policy_keys[] = {
#define DOCUMENT(key, shape, section, owner, text)
#define KEY(section, name, type, need, text) \
    {SECTION_##section, \
     {#name, sizeof(#name) - 1}, \
     VALUE_##type, \
     NEED_##need, \
     offsetof(struct policy_##section, name), \
     text},
#include "policy/language/policy_keys.tbl.h"
#undef DOCUMENT
#undef KEY
};
#define N_KEYS (sizeof(policy_keys) / sizeof(*policy_keys))
const size_t n_policy_keys = N_KEYS;

static const char *const section_names[] = {
    [SECTION_none] = "the policy",    [SECTION_ldap] = "ldap",
    [SECTION_site] = "a site",        [SECTION_team] = "a team",
    [SECTION_add] = "a person",       [SECTION_role] = "a role",
    [SECTION_space] = "a space",      [SECTION_grant] = "a grant",
    [SECTION_request] = "a request",  [SECTION_breakglass] = "a break-glass entry",
    [SECTION_ci] = "a ci entry",      [SECTION_invariant] = "an entry of never or always",
    [SECTION_test] = "a test",        [SECTION_accept] = "an entry of accept",
    [SECTION_include] = "an include",
};

const char *const *value_choices(enum value_type type)
{
    static const char *const verdicts[] = {"allow", "deny", NULL};
    static const char *const reasons[] = {"text", "ticket", NULL};
    static const char *const factors[] = {"fido2", NULL};
    static const char *const *const choices[] = {
        [VALUE_VERDICT] = verdicts, [VALUE_REASON] = reasons, [VALUE_FACTOR] = factors};
    return choices[type];
}

/* The rows stand in the order of the sections: where this one begins. */
static size_t rows_of(enum section section)
{
    size_t from = 0, to = N_KEYS;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (policy_keys[middle].section < section)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const struct key_row *key_find(enum section section, size_t first, struct str name)
{
    for (size_t i = first; i < N_KEYS && policy_keys[i].section == section; i++)
        if (str_eq(policy_keys[i].name, name))
            return &policy_keys[i];
    return NULL;
}

static void unknown_key(struct reader *r, enum section section, const struct yaml_pair *pair)
{
    struct str names[N_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++)
        if (policy_keys[i].section == section)
            names[n++] = policy_keys[i].name;
    diag_error(r->d, pair->key_pos, "%s has no key '%.*s'", section_names[section],
               STR_F(pair->key));
    diag_hint_nearest(r->d, pair->key, names, n);
}

bool read_section(struct reader *r, enum section section, const struct yaml *map, void *out)
{
    size_t before = r->d->n_errors, first = rows_of(section);
    if (map->kind != YAML_MAP) {
        diag_error(r->d, map->pos, "%s is written as {key: value, ...}", section_names[section]);
        return false;
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct key_row *row = key_find(section, first, map->pairs[i].key);
        if (row)
            read_value(r, row->type, &map->pairs[i], (char *)out + row->offset);
        else
            unknown_key(r, section, &map->pairs[i]);
    }
    /* a key that is missing may be the one misspelt above: one error per cause */
    for (size_t i = first;
         i < N_KEYS && policy_keys[i].section == section && r->d->n_errors == before; i++)
        if (policy_keys[i].need == NEED_REQUIRED && !yaml_get(map, policy_keys[i].name))
            diag_error(r->d, map->pos, "%s needs '%.*s'", section_names[section],
                       STR_F(policy_keys[i].name));
    return r->d->n_errors == before;
}
