#include "connectors/connector_config.h"

#include <limits.h>
#include <stdio.h>

#include "base/file.h"

#define CA_MAX ((size_t)1 << 20)

enum key_type { KEY_BOTH, KEY_LDAP, KEY_LOCAL };
enum key_kind {
    KIND_TYPE,
    KIND_TEXT,
    KIND_TEXTS,
    KIND_FLAG,
    KIND_DURATION,
    KIND_SIZE,
    KIND_UNSIGNED,
    KIND_CHOICE_SCOPE,
    KIND_CHOICE_ACCOUNT,
    KIND_CHOICE_GROUPS,
};

struct choice {
    const char *name;
    int value;
};
static const struct choice scopes[] = {
    {"subtree", LDAP_SEARCH_SUBTREE}, {"one", LDAP_SEARCH_ONE_LEVEL}, {NULL, 0}};
static const struct choice accounts[] = {{"openldap", LDAP_ACCOUNT_OPENLDAP},
                                         {"ad", LDAP_ACCOUNT_AD},
                                         {"none", LDAP_ACCOUNT_NONE},
                                         {NULL, 0}};
static const struct choice group_rules[] = {{"member", LDAP_GROUPS_MEMBER},
                                            {"member_of", LDAP_GROUPS_MEMBER_OF},
                                            {"member_in_chain", LDAP_GROUPS_MEMBER_IN_CHAIN},
                                            {"none", LDAP_GROUPS_NONE},
                                            {NULL, 0}};
static const struct choice types[] = {
    {"ldap", CONNECTOR_LDAP}, {"local", CONNECTOR_LOCAL}, {NULL, 0}};

struct key {
    enum key_type type;
    enum key_kind kind;
    size_t offset;
};
#define KEY(type, section, name, kind, field, value, help) \
    {KEY_##type, KIND_##kind, offsetof(struct connector_config, field)},
static const struct key keys[] = {
#include "connectors/connector_config.tbl.h"
};
#undef KEY
#define KEY_NAME_BOTH  "both"
#define KEY_NAME_LDAP  "ldap"
#define KEY_NAME_LOCAL "local"
#define KEY(type, section, name, kind, field, value, help) \
    {KEY_NAME_##type, section, name, value, help},
const struct connector_key connector_keys[] = {
#include "connectors/connector_config.tbl.h"
};
#undef KEY
const size_t n_connector_keys = sizeof(connector_keys) / sizeof(*connector_keys);

#define N_KEYS (sizeof(keys) / sizeof(*keys))

struct reader {
    struct arena *arena;
    struct diags *diags;
    struct connector_config *config;
};

static bool read_choice(const struct yaml *y, const struct choice *choices, int *ret,
                        struct diags *d)
{
    struct str text, names[8];
    size_t n = 0;
    if (!yaml_to_str(y, &text, d))
        return false;
    for (const struct choice *c = choices; c->name; c++) {
        names[n++] = STR_C(c->name);
        if (str_is(text, c->name)) {
            *ret = c->value;
            return true;
        }
    }
    diag_error(d, y->pos, "'%.*s' is not one of the values of this key", STR_F(text));
    diag_hint_nearest(d, text, names, n);
    return false;
}

static void read_texts(struct reader *r, const struct yaml *y)
{
    if (y->kind != YAML_LIST || y->n == 0) {
        diag_error(r->diags, y->pos, "expected a list of texts");
        return;
    }
    struct str *items = ARENA_ARRAY(r->arena, y->n, struct str);
    for (size_t i = 0; items && i < y->n; i++)
        if (!yaml_to_str(&y->items[i], &items[i], r->diags))
            return;
    r->config->ldap.urls = items;
    r->config->ldap.n_urls = items ? y->n : 0;
}

static void read_number(struct reader *r, const struct key *key, const struct yaml *y)
{
    int64_t value = 0;
    if (!yaml_to_i64(y, 1, 1000000, &value, r->diags))
        return;
    void *field = (char *)r->config + key->offset;
    if (key->kind == KIND_SIZE)
        *(size_t *)field = (size_t)value;
    else
        *(unsigned *)field = (unsigned)value;
}

static void read_choice_into(struct reader *r, const struct choice *choices, const struct yaml *y,
                             int *ret)
{
    (void)read_choice(y, choices, ret, r->diags);
}

static void read_value(struct reader *r, const struct key *key, const struct yaml *y)
{
    void *field = (char *)r->config + key->offset;
    int choice = -1;
    switch (key->kind) {
    case KIND_TEXT: (void)yaml_to_str(y, field, r->diags); break;
    case KIND_TEXTS: read_texts(r, y); break;
    case KIND_FLAG: (void)yaml_to_bool(y, field, r->diags); break;
    case KIND_DURATION: (void)yaml_to_duration(y, field, r->diags); break;
    case KIND_SIZE:
    case KIND_UNSIGNED: read_number(r, key, y); break;
    case KIND_TYPE: break; /* read before the others: it says which of them may stand here */
    case KIND_CHOICE_SCOPE:
        read_choice_into(r, scopes, y, &choice);
        if (choice >= 0)
            *(enum ldap_scope_of_search *)field = (enum ldap_scope_of_search)choice;
        break;
    case KIND_CHOICE_ACCOUNT:
        read_choice_into(r, accounts, y, &choice);
        if (choice >= 0)
            r->config->ldap.account.rules = (enum ldap_account_rules)choice;
        break;
    case KIND_CHOICE_GROUPS:
        read_choice_into(r, group_rules, y, &choice);
        if (choice >= 0)
            r->config->ldap.groups.rules = (enum ldap_group_rules)choice;
        break;
    }
}

static bool key_belongs(const struct key *key, enum connector_type type)
{
    return key->type == KEY_BOTH || (key->type == KEY_LDAP) == (type == CONNECTOR_LDAP);
}

/* The keys of one map (the connector itself, or a section of it), read by the table. */
static void read_section(struct reader *r, const struct yaml *map, const char *section)
{
    struct str names[N_KEYS + 3];
    size_t n = 0;
    bool is_ldap = r->config->type == CONNECTOR_LDAP;
    for (size_t i = 0; i < N_KEYS; i++)
        if (strcmp(connector_keys[i].section, section) == 0 &&
            key_belongs(&keys[i], r->config->type))
            names[n++] = STR_C(connector_keys[i].name);
    if (is_ldap && !*section) {
        names[n++] = STR("people");
        names[n++] = STR("account");
        names[n++] = STR("groups");
    }
    if (!yaml_check_keys(map, names, n, r->diags))
        return;
    for (size_t i = 0; i < N_KEYS; i++) {
        const struct yaml *value = strcmp(connector_keys[i].section, section) == 0
                                       ? yaml_get(map, STR_C(connector_keys[i].name))
                                       : NULL;
        if (value && key_belongs(&keys[i], r->config->type))
            read_value(r, &keys[i], value);
    }
}

static void require(struct reader *r, struct str value, const struct yaml *map, const char *name)
{
    if (value.n == 0)
        diag_error(r->diags, map->pos, "a connector of this type needs '%s'", name);
}

static void read_ldap(struct reader *r, const struct yaml *map)
{
    static const char *const sections[] = {"people", "account", "groups"};
    struct ldap_settings *ldap = &r->config->ldap;
    ldap->groups.rules = LDAP_GROUPS_MEMBER;
    for (size_t i = 0; i < 3; i++) {
        const struct yaml *section = yaml_get(map, STR_C(sections[i]));
        if (section && section->kind != YAML_MAP)
            diag_error(r->diags, section->pos, "'%s' is a map of keys and values", sections[i]);
        else if (section)
            read_section(r, section, sections[i]);
    }
    ldap->id = r->config->id;
    require(r, ldap->n_urls ? ldap->urls[0] : STR_NONE, map, "urls");
    require(r, ldap->people.base, map, "people.base");
    if (ldap->groups.rules != LDAP_GROUPS_NONE)
        require(r, ldap->groups.base, map, "groups.base");
}

static void read_one(struct reader *r, const struct yaml *map)
{
    if (map->kind != YAML_MAP) {
        diag_error(r->diags, map->pos, "a connector is a map of keys and values");
        return;
    }
    const struct yaml *type = yaml_get(map, STR("type"));
    int chosen = 0;
    if (!type) {
        diag_error(r->diags, map->pos, "a connector needs 'type': ldap or local");
        return;
    }
    if (!read_choice(type, types, &chosen, r->diags))
        return;
    r->config->type = (enum connector_type)chosen;
    r->config->pos = map->pos;
    read_section(r, map, "");
    require(r, r->config->id, map, "id");
    if (r->config->type == CONNECTOR_LDAP) {
        read_ldap(r, map);
        return;
    }
    r->config->local.id = r->config->id;
    require(r, r->config->local.path, map, "path");
}

static void refuse_same_id(const struct connector_configs *all, struct diags *d)
{
    for (size_t i = 1; i < all->n; i++)
        for (size_t j = 0; j < i; j++)
            if (all->items[i].id.n && str_eq(all->items[i].id, all->items[j].id))
                diag_error(d, all->items[i].pos,
                           "the id '%.*s' stands twice: subjects would be mixed up",
                           STR_F(all->items[i].id));
}

bool connector_configs_read(const struct yaml *list, struct arena *a, struct diags *d,
                            struct connector_configs *ret)
{
    size_t errors = d->n_errors;
    struct connector_configs all = {0};
    if (list->kind != YAML_LIST || list->n == 0) {
        diag_error(d, list->pos, "'connectors' is a list with at least one connector");
        return false;
    }
    for (size_t i = 0; i < list->n; i++) {
        struct reader r = {.arena = a, .diags = d, .config = ARENA_PUSH(a, &all)};
        if (!r.config) {
            diag_error(d, list->pos, "too many connectors");
            return false;
        }
        read_one(&r, &list->items[i]);
    }
    refuse_same_id(&all, d);
    if (d->n_errors != errors)
        return false;
    *ret = all;
    return true;
}

/* "key: " what is wrong with the file; libldap would say it at the first login only. */
static int check_authorities(struct str file, struct err *e)
{
    auto_buf pem = BUF_INIT(CA_MAX), path = BUF_INIT(PATH_MAX);
    buf_add(&path, file);
    if (file.n == 0)
        return 0;
    if (file_read(buf_cstr(&path), CA_MAX, &pem, e) < 0)
        return fail_within(e, "ca_file");
    if (!str_contains(buf_str(&pem), STR("-----BEGIN CERTIFICATE-----")))
        return fail(e, ERR_CONFIG, "ca_file: %s holds no certificate in PEM form", buf_cstr(&path));
    return 0;
}

int connector_open(const struct connector_config *config, const struct clock *clock,
                   struct connector **ret, struct err *e)
{
    if (config->type == CONNECTOR_LOCAL)
        return local_connector_new(&config->local, clock, ret, e);
    struct ldap_settings settings = config->ldap;
    auto_secret password = {0};
    char path[4096];
    if (check_authorities(settings.ca_file, e) < 0)
        return -1;
    if (config->bind_password_file.n) {
        if (config->bind_password_file.n >= sizeof(path))
            return fail(e, ERR_CONFIG, "bind_password_file: the path is too long");
        memcpy(path, config->bind_password_file.p, config->bind_password_file.n);
        path[config->bind_password_file.n] = '\0';
        if (secret_read_file(&password, path, e) < 0)
            return fail_within(e, "bind_password_file");
        settings.bind_password = &password;
    }
    return ldap_connector_new(&settings, clock, ret, e);
}

void connector_configs_resolve(struct connector_configs *configs, struct arena *a,
                               struct str folder)
{
    for (size_t i = 0; i < configs->n; i++)
        for (size_t k = 0; k < N_KEYS; k++) {
            struct str *path = (struct str *)(void *)((char *)&configs->items[i] + keys[k].offset);
            if (strcmp(connector_keys[k].value, "file") == 0 && path->n && path->p[0] != '/')
                *path = arena_fmt(a, "%.*s/%.*s", STR_F(folder), STR_F(*path));
        }
}
