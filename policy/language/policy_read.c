/* Reading: text -> typed tree. The document and its sections; their entries in policy_read_entry.c
 * and policy_read_access.c, values in policy_read_value.c, keys in policy_keys.c. */
#include "policy/language/policy_reader.h"

/* --- sections: maps of named entries, and lists */

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

/* Big sections are known in size: they need not grow. */
#define reserve(r, vec, section) \
    (void)ARENA_RESERVE((r)->arena, (vec), (vec)->n + (section)->value.n)

/* --- the document */

static void do_lotse(struct reader *r, const struct yaml_pair *pair)
{
    if (pair->value.kind == YAML_SCALAR && str_is(pair->value.text, "1"))
        return;
    diag_error(r->d, pair->value.pos, "this version reads 'lotse: 1'");
}
static void do_ldap(struct reader *r, const struct yaml_pair *pair)
{
    struct policy_ldap *ldap = &r->tree->ldap;
    if (ldap->pos.line) {
        diag_error(r->d, pair->key_pos, "'ldap' stands in another file already");
        return;
    }
    ldap->pos = pair->key_pos;
    read_section(r, SECTION_ldap, &pair->value, ldap);
}
static void do_sites(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_site, TREE_SITES);
}
static void do_teams(struct reader *r, const struct yaml_pair *pair)
{
    reserve(r, &r->tree->teams, pair);
    read_entries(r, pair, read_team, TREE_TEAMS);
}
static void do_roles(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_role, TREE_ROLES);
}
static void do_spaces(struct reader *r, const struct yaml_pair *pair)
{
    reserve(r, &r->tree->spaces, pair);
    read_entries(r, pair, read_space, TREE_SPACES);
}
static void do_requests(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_request, TREE_REQUESTS);
}
static void do_breakglass(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_breakglass, 0);
}
static void do_ci(struct reader *r, const struct yaml_pair *pair)
{
    read_entries(r, pair, read_ci, TREE_CI);
}
static void do_grants(struct reader *r, const struct yaml_pair *pair)
{
    reserve(r, &r->tree->grants, pair);
    read_list(r, pair, read_grant);
}
static void do_never(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_never);
}
static void do_always(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_always);
}
static void do_tests(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_test);
}
static void do_accept(struct reader *r, const struct yaml_pair *pair)
{
    read_list(r, pair, read_accept);
}
static void do_include(struct reader *r, const struct yaml_pair *pair)
{
    read_includes(r, pair, pair->key_pos.source);
}

static const struct document_key {
    struct str name;
    enum owner owner;
    void (*read)(struct reader *, const struct yaml_pair *);
} document_keys[] = {
#define DOCUMENT(key, shape, section, owner, text) \
    {{#key, sizeof(#key) - 1}, OWNER_##owner, do_##key},
#define KEY(section, name, type, need, text)
#include "policy/language/policy_keys.tbl.h"
#undef DOCUMENT
#undef KEY
};
#define N_DOCUMENT_KEYS (sizeof(document_keys) / sizeof(*document_keys))

/* What others decide for a team stands in files that the team cannot change. */
static bool is_refused(struct reader *r, const struct document_key *key,
                       const struct yaml_pair *pair)
{
    if (!r->owner || key->owner == OWNER_TEAM)
        return false;
    diag_error(r->d, pair->key_pos, "'%.*s' is the platform's: this file belongs to team '%.*s'",
               STR_F(pair->key), STR_F(r->owner->team.text));
    diag_hint(r->d, "%s:%u includes it", r->owner->pos.source->name, r->owner->pos.line);
    r->tree->unreadable = TREE_ALL;
    return true;
}

static void read_pair(struct reader *r, const struct yaml_pair *pair)
{
    struct str names[N_DOCUMENT_KEYS];
    for (size_t i = 0; i < N_DOCUMENT_KEYS; i++) {
        names[i] = document_keys[i].name;
        if (!str_eq(pair->key, names[i]))
            continue;
        if (!is_refused(r, &document_keys[i], pair))
            document_keys[i].read(r, pair);
        return;
    }
    diag_error(r->d, pair->key_pos, "the policy has no key '%.*s'", STR_F(pair->key));
    diag_hint_nearest(r->d, pair->key, names, N_DOCUMENT_KEYS);
}

bool read_source(struct reader *r, const struct source *source)
{
    auto_arena nodes = {0}; /* the tree of words; what it says goes into the policy's own */
    arena_init(&nodes, ARENA_NO_MAX);
    const struct yaml *root = yaml_read_apart(&nodes, r->arena, source, &POLICY_LIMITS, r->d);
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

/* --- what holds for all files together */

/* The names of a section are in words of its entries, `offset` into each. */
struct names_of {
    const char *what;
    const void *items;
    size_t n, size, offset;
};
#define NAMES_OF(what, vec, field) \
    {what, (vec).items, (vec).n, sizeof(*(vec).items), offsetof(__typeof__(*(vec).items), field)}

static const struct word *name_at(const struct names_of *of, size_t i)
{
    return (const void *)((const char *)of->items + i * of->size + of->offset);
}

/* Within one file the YAML reader refuses a second one; this is for several files, and for lists.
 */
static void check_unique(struct reader *r, const struct names_of *of)
{
    struct intern names = {.arena = r->arena};
    struct ids_seen {
        uint32_t *items;
        size_t n, cap;
    } first_of = {0}; /* by number of the name: its first entry */
    for (size_t i = 0; i < of->n; i++) {
        const struct word *name = name_at(of, i);
        if (name->text.n == 0)
            continue; /* was reported */
        uint32_t id = intern_add(&names, name->text);
        if (id == first_of.n) {
            *ARENA_PUSH(r->arena, &first_of) = (uint32_t)i;
            continue;
        }
        const struct word *first = name_at(of, first_of.items[id]);
        diag_error(r->d, name->pos, "%s '%.*s' is defined twice", of->what, STR_F(name->text));
        diag_hint(r->d, "the first is %s:%u", first->pos.source->name, first->pos.line);
    }
}

static void check_names(struct reader *r)
{
    const struct policy_tree *t = r->tree;
    const struct names_of all[] = {
        NAMES_OF("site", t->sites, name),       NAMES_OF("team", t->teams, name),
        NAMES_OF("role", t->roles, name),       NAMES_OF("space", t->spaces, name),
        NAMES_OF("request", t->requests, name), NAMES_OF("breakglass", t->breakglass, name),
        NAMES_OF("ci entry", t->ci, name),      NAMES_OF("invariant", t->invariants, id),
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        check_unique(r, &all[i]);
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
    struct policy_tree *tree = ARENA_NEW(a, struct policy_tree);
    struct reader r = {.arena = a, .d = d, .tree = tree, .loader = loader};
    bool readable = true;
    tree->ldap = (struct policy_ldap){.nested = true, .max_age = 15 * 60 * 1000, .drop_guard = 20};
    for (size_t i = 0; i < n_sources; i++)
        *ARENA_PUSH(a, &r.files) = sources[i];
    for (size_t i = 0; i < n_sources; i++)
        readable = read_source(&r, sources[i]) && readable;
    tree->sources = r.files.items;
    tree->n_sources = r.files.n;
    if (!readable || r.unreadable)
        return NULL;
    if (tree->sites.n == 0 && !(tree->unreadable & TREE_SITES)) {
        diag_error(d, (struct pos){.source = n_sources ? sources[0] : NULL},
                   "the policy names no site");
        diag_hint(d, "sites: {fra: {audience: k8s-fra}}");
    }
    if (tree->sites.n > POLICY_SITES_MAX)
        diag_error(d, tree->sites.items[POLICY_SITES_MAX].name.pos, "more than %d sites",
                   POLICY_SITES_MAX);
    check_names(&r);
    check_audiences(&r);
    return tree;
}
