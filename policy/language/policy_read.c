/* Reading: text -> typed tree. The document and its sections; values and keys in
 * policy_read_value.c. */
#include "policy/language/policy_read.h"

#include "policy/language/policy_reader.h"

/* A policy is an operator's own file, and ours is checked on big ones: more room than a
 * configuration gets. */
#define POLICY_LIMITS ((struct yaml_limits){(size_t)64 << 20, 32, (size_t)16 << 20})
#define AUDIENCE_MAX  256

static void read_version(struct reader *r, const struct yaml_pair *pair)
{
    if (pair->value.kind == YAML_SCALAR && str_is(pair->value.text, "1"))
        return;
    diag_error(r->d, pair->value.pos, "this version reads 'lotse: 1'");
}

static void read_ldap(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_ldap *ldap = &r->tree->ldap;
    if (ldap->pos.line) {
        diag_error(r->d, pair->key_pos, "'ldap' stands in another file already");
        return;
    }
    ldap->pos = pair->key_pos;
    read_section(r, SECTION_ldap, &pair->value, ldap);
}

/* --- the named entries: sites, teams, roles, spaces */

static void check_name(struct reader *r, const char *what, const struct yaml_pair *pair)
{
    if (is_policy_name(pair->key))
        return;
    diag_error(r->d, pair->key_pos, "'%.*s' cannot name a %s", STR_F(pair->key), what);
    diag_hint(r->d, "small letters, digits, and - . _ between them; at most 63 characters");
}

static void read_site(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_site *site = ARENA_PUSH(r->arena, &r->tree->sites);
    site->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "site", pair);
    site->broken = !read_section(r, SECTION_site, &pair->value, site);
    if (site->audience.text.n > AUDIENCE_MAX || str_has_control(site->audience.text))
        diag_error(r->d, site->audience.pos, "not usable as an audience");
}

static void check_person(struct reader *r, const struct word *person)
{
    if (person->text.n > 0 && !is_username(person->text))
        diag_error(r->d, person->pos, "'%.*s' cannot be a username", STR_F(person->text));
}

static void read_team(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_team *team = ARENA_PUSH(r->arena, &r->tree->teams);
    team->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "team", pair);
    size_t before = r->d->n_errors;
    team->broken = !read_section(r, SECTION_team, &pair->value, team);
    for (size_t i = 0; i < team->drop.n; i++)
        check_person(r, &team->drop.items[i]);
    check_person(r, &team->lead);
    if (before == r->d->n_errors && team->from.n == 0 && team->add.n == 0)
        diag_error(r->d, pair->key_pos, "team '%.*s' has nobody: it needs 'from' or 'add'",
                   STR_F(pair->key));
}

static void read_role(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_role *role = ARENA_PUSH(r->arena, &r->tree->roles);
    role->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "role", pair);
    role->broken = !read_section(r, SECTION_role, &pair->value, role);
    if (!role->broken && !role->base.text.n && role->can.n == 0)
        diag_error(r->d, pair->key_pos, "role '%.*s' allows nothing: it needs 'base' or 'can'",
                   STR_F(pair->key));
}

static void read_space(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_space *space = ARENA_PUSH(r->arena, &r->tree->spaces);
    space->name = (struct word){pair->key, pair->key_pos};
    check_name(r, "space", pair);
    space->broken = !read_section(r, SECTION_space, &pair->value, space);
    if (!space->broken && space->names.n == 0 && space->label.n == 0)
        diag_error(r->d, pair->key_pos, "space '%.*s' is nowhere: it needs 'names' or 'label'",
                   STR_F(pair->key));
}

static void read_entries(struct reader *r, const struct yaml_pair *section,
                         void (*read_entry)(struct reader *, const struct yaml_pair *),
                         unsigned bit)
{
    if (yaml_is_null(&section->value))
        return;
    if (section->value.kind != YAML_MAP) {
        diag_error(r->d, section->value.pos, "'%.*s' takes names: {name: {...}}",
                   STR_F(section->key));
        r->tree->unreadable |= bit;
        return;
    }
    for (size_t i = 0; i < section->value.n; i++)
        read_entry(r, &section->value.pairs[i]);
}

/* --- the lists: grants, tests */

static void read_grant(struct reader *r, const struct yaml *y)
{
    struct policy_grant *grant = ARENA_PUSH(r->arena, &r->tree->grants);
    grant->pos = y->pos;
    grant->until.ms = TIME_NONE;
    grant->broken = !read_section(r, SECTION_grant, y, grant);
    check_person(r, &grant->by);
}

static void read_test(struct reader *r, const struct yaml *y)
{
    struct policy_test *test = ARENA_PUSH(r->arena, &r->tree->tests);
    test->pos = y->pos;
    test->at.ms = TIME_NONE;
    test->broken = !read_section(r, SECTION_test, y, test);
}

static void read_list(struct reader *r, const struct yaml_pair *section,
                      void (*read_item)(struct reader *, const struct yaml *))
{
    if (yaml_is_null(&section->value))
        return;
    if (section->value.kind != YAML_LIST) {
        diag_error(r->d, section->value.pos, "'%.*s' takes a list: each entry begins with \"- \"",
                   STR_F(section->key));
        return;
    }
    for (size_t i = 0; i < section->value.n; i++)
        read_item(r, &section->value.items[i]);
}

/* --- the document */

static void do_sites(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_site, TREE_SITES);
}
static void do_teams(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_team, TREE_TEAMS);
}
static void do_roles(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_role, TREE_ROLES);
}
static void do_spaces(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_space, TREE_SPACES);
}
static void do_grants(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_grant);
}
static void do_tests(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_test);
}

static const struct document_key {
    struct str name;
    void (*read)(struct reader *, const struct yaml_pair *);
} document_keys[] = {
    {{"lotse", 5}, read_version}, {{"ldap", 4}, read_ldap}, {{"sites", 5}, do_sites},
    {{"teams", 5}, do_teams},     {{"roles", 5}, do_roles}, {{"spaces", 6}, do_spaces},
    {{"grants", 6}, do_grants},   {{"tests", 5}, do_tests},
};
#define N_DOCUMENT_KEYS (sizeof(document_keys) / sizeof(*document_keys))

static void read_pair(struct reader *r, const struct yaml_pair *pair)
{
    struct str names[N_DOCUMENT_KEYS];
    for (size_t i = 0; i < N_DOCUMENT_KEYS; i++) {
        names[i] = document_keys[i].name;
        if (str_eq(pair->key, names[i])) {
            document_keys[i].read(r, pair);
            return;
        }
    }
    if (read_is_later(r, pair))
        return;
    diag_error(r->d, pair->key_pos, "the policy has no key '%.*s'", STR_F(pair->key));
    diag_hint_nearest(r->d, pair->key, names, N_DOCUMENT_KEYS);
}

static bool read_source(struct reader *r, const struct source *source)
{
    const struct yaml *root = yaml_read(r->arena, source, &POLICY_LIMITS, r->d);
    struct pos file = {.source = source};
    if (!root)
        return false;
    if (root->kind != YAML_MAP) {
        diag_error(r->d, root->pos,
                   "a policy is written as sections: 'lotse: 1', 'sites:', 'teams:', ...");
        return false;
    }
    if (!yaml_get(root, STR("lotse"))) {
        diag_error(r->d, file, "the file does not say that it is a policy");
        diag_hint(r->d, "it begins with 'lotse: 1'");
    }
    for (size_t i = 0; i < root->n; i++)
        read_pair(r, &root->pairs[i]);
    return true;
}

/* Within one file the YAML reader refuses a second one; this is for several files. */
static void check_unique(struct reader *r, const char *what, const void *items, size_t n,
                         size_t size)
{
    struct intern names = {.arena = r->arena};
    for (size_t i = 0; i < n; i++) {
        /* every named entry begins with its name */
        const struct word *name = (const void *)((const char *)items + i * size);
        if (intern_add(&names, name->text) == names.n - 1 && names.n == i + 1)
            continue;
        const struct word *first =
            (const void *)((const char *)items + intern_find(&names, name->text) * size);
        diag_error(r->d, name->pos, "%s '%.*s' is defined twice", what, STR_F(name->text));
        diag_hint(r->d, "the first is %s:%u", first->pos.source->name, first->pos.line);
        return; /* the numbers above hold up to the first one */
    }
}

static void check_audiences(struct reader *r)
{
    const struct policy_tree *t = r->tree;
    for (size_t i = 0; i < t->sites.n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct word *audience = &t->sites.items[i].audience;
            if (audience->text.n == 0 || !str_eq(audience->text, t->sites.items[k].audience.text))
                continue;
            /* a token of one site must not work on another */
            diag_error(r->d, audience->pos,
                       "site '%.*s' has this audience already: each needs its own",
                       STR_F(t->sites.items[k].name.text));
            break;
        }
}

const struct policy_tree *policy_read(struct arena *a, const struct source *const *sources,
                                      size_t n_sources, const struct policy_loader *loader,
                                      struct diags *d)
{
    (void)loader;
    struct policy_tree *tree = ARENA_NEW(a, struct policy_tree);
    struct reader r = {a, d, tree};
    bool readable = true;
    tree->sources = sources;
    tree->n_sources = n_sources;
    tree->ldap = (struct policy_ldap){.nested = true, .max_age = 15 * 60 * 1000, .drop_guard = 20};
    for (size_t i = 0; i < n_sources; i++)
        readable = read_source(&r, sources[i]) && readable;
    if (!readable)
        return NULL;
    if (tree->sites.n == 0 && !(tree->unreadable & TREE_SITES)) {
        diag_error(d, (struct pos){.source = n_sources ? sources[0] : NULL},
                   "the policy names no site");
        diag_hint(d, "sites: {fra: {audience: k8s-fra}}");
    }
    if (tree->sites.n > POLICY_SITES_MAX)
        diag_error(d, tree->sites.items[POLICY_SITES_MAX].name.pos, "more than %d sites",
                   POLICY_SITES_MAX);
    check_unique(&r, "site", tree->sites.items, tree->sites.n, sizeof(*tree->sites.items));
    check_unique(&r, "team", tree->teams.items, tree->teams.n, sizeof(*tree->teams.items));
    check_unique(&r, "role", tree->roles.items, tree->roles.n, sizeof(*tree->roles.items));
    check_unique(&r, "space", tree->spaces.items, tree->spaces.n, sizeof(*tree->spaces.items));
    check_audiences(&r);
    return tree;
}
