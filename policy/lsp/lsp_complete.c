/* What may stand where the cursor is. The text there is mostly unfinished, so this looks at the
 * words before the cursor; the names are those of the policy when it could last be read. */
#include "policy/lsp/lsp_server.h"

enum { KIND_TEXT = 1, KIND_FIELD = 5, KIND_CLASS = 7, KIND_VALUE = 12, KIND_KEYWORD = 14 };
#define ITEMS_MAX 2000

struct completion {
    const struct lsp_compiled *c;
    const struct lsp_world *world;
    struct arena *arena;
    struct lsp_items *out;
};

static void add(struct completion *p, struct str label, int kind, struct str detail)
{
    if (p->out->n < ITEMS_MAX && label.n > 0)
        *ARENA_PUSH(p->arena, p->out) = (struct lsp_item){label, detail, kind};
}

/* --- names of the policy; the named entries begin with their name */

static void add_names(struct completion *p, const void *items, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        add(p, ((const struct word *)(const void *)((const char *)items + i * size))->text,
            KIND_CLASS, STR_NONE);
}
#define ADD_NAMES(section) \
    add_names(p, p->c->tree->section.items, p->c->tree->section.n, \
              sizeof(*p->c->tree->section.items))

static void add_teams(struct completion *p)
{
    ADD_NAMES(teams);
}
static void add_roles(struct completion *p)
{
    ADD_NAMES(roles);
}
static void add_spaces(struct completion *p)
{
    ADD_NAMES(spaces);
}
static void add_sites(struct completion *p)
{
    ADD_NAMES(sites);
    for (size_t i = 0; i < p->c->tree->sites.n; i++) {
        const struct str_pairs *labels = &p->c->tree->sites.items[i].labels;
        for (size_t k = 0; k < labels->n; k++)
            add(p, CONCAT(p->arena, labels->items[k].key, STR("="), labels->items[k].value),
                KIND_VALUE, STR("sites with this label"));
    }
}
static void add_bases(struct completion *p)
{
    const struct policy_input *in = p->world->input;
    add_roles(p);
    for (size_t i = 0; in->n_clusters && i < in->clusters[0].n_cluster_roles; i++)
        add(p, CONCAT(p->arena, STR("k8s/"), in->clusters[0].cluster_roles[i].name), KIND_CLASS,
            STR("ClusterRole"));
}

/* --- of the directory and the clusters */

static void add_people(struct completion *p)
{
    const struct policy_directory *d = p->world->input->directory;
    for (size_t i = 0; d && i < d->n_people; i++)
        add(p, d->people[i].username, KIND_VALUE, STR_NONE);
}
static void add_groups(struct completion *p)
{
    const struct policy_directory *d = p->world->input->directory;
    for (size_t i = 0; d && i < d->n_groups; i++)
        add(p, CONCAT(p->arena, STR("cn="), d->groups[i].name), KIND_VALUE, d->groups[i].id);
}

static void add_resources(struct completion *p)
{
    const struct policy_input *in = p->world->input;
    const struct policy_resources *r = in->n_clusters ? &in->clusters[0].resources : NULL;
    for (size_t i = 0; r && i < r->n; i++) {
        const struct policy_resource *one = &r->items[i];
        struct str sub = one->subresource;
        add(p,
            CONCAT(p->arena, one->group, STR("/"), one->resource, sub.n ? STR("/") : STR_NONE, sub),
            KIND_VALUE, one->version);
    }
}

static void add_verbs(struct completion *p)
{
    static const struct str verbs[] = {
#define VERB(name, standard) {name, sizeof(name) - 1},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        add(p, verbs[i], KIND_KEYWORD, STR_NONE);
}

/* verbs, then resources: after the first space inside of the quotes */
static void add_permission(struct completion *p, struct str value)
{
    size_t quote = value.n;
    while (quote > 0 && value.p[quote - 1] != '"' && value.p[quote - 1] != '\'')
        quote--;
    if (str_has(str_from_to(value, quote, value.n), ' '))
        add_resources(p);
    else
        add_verbs(p);
}

/* --- keys */

static const struct {
    const char *section;
    struct str key, text;
} keys[] = {
#define DOCUMENT(key, shape, section, owner, text)
#define KEY(section, name, type, need, text) \
    {#section, {#name, sizeof(#name) - 1}, {text, sizeof(text) - 1}},
#include "policy/language/policy_keys.tbl.h"
#undef DOCUMENT
#undef KEY
};
static const struct {
    struct str key, text;
    const char *section; /* of its entries' keys */
} documents[] = {
#define DOCUMENT(key, shape, section, owner, text) \
    {{#key, sizeof(#key) - 1}, {text, sizeof(text) - 1}, #section},
#define KEY(section, name, type, need, text)
#include "policy/language/policy_keys.tbl.h"
#undef DOCUMENT
#undef KEY
};
#define N_DOCUMENTS (sizeof(documents) / sizeof(*documents))

static void add_keys(struct completion *p, struct str document)
{
    const char *section = "";
    for (size_t i = 0; i < N_DOCUMENTS; i++)
        if (str_eq(documents[i].key, document))
            section = documents[i].section;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (strcmp(keys[i].section, section) == 0)
            add(p, keys[i].key, KIND_FIELD, keys[i].text);
}

static void add_sections(struct completion *p)
{
    for (size_t i = 0; i < N_DOCUMENTS; i++)
        add(p, documents[i].key, KIND_FIELD, documents[i].text);
}

/* --- where is the cursor? */

static struct str last_line(struct str text)
{
    size_t n = text.n;
    while (n > 0 && text.p[n - 1] != '\n')
        n--;
    return str_from_to(text, n, text.n);
}

/* The top-level key above: the last line that begins with a letter. */
static struct str section_of(struct str text)
{
    struct str line, section = STR_NONE, name, rest;
    while (str_next(&text, '\n', &line))
        if (line.n && line.p[0] >= 'a' && line.p[0] <= 'z' && str_split(line, ':', &name, &rest))
            section = name;
    return section;
}

/* The last "key:" of the line whose value the cursor is in; quotes count as one value. */
static struct str open_key(struct str line, struct str *ret_value)
{
    struct str key = STR_NONE;
    size_t word = 0;
    int depth = 0;
    char quote = 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (quote || c == '"' || c == '\'') {
            quote = quote ? (c == quote ? 0 : quote) : c;
            continue;
        }
        if (c == ':' && i + 1 < line.n && line.p[i + 1] == ' ') {
            key = str_trim(str_from_to(line, word, i));
            *ret_value = str_from_to(line, i + 2, line.n);
        }
        depth += (c == '[') - (c == ']');
        if (strchr("{},", c) && c && depth == 0)
            key = STR_NONE;
        if (strchr("{}[],: -", c) && c)
            word = i + 1;
    }
    return key;
}

static const struct {
    const char *key;
    void (*add)(struct completion *);
} values[] = {
    {"team", add_teams},  {"role", add_roles}, {"in", add_spaces},     {"at", add_sites},
    {"who", add_teams},   {"base", add_bases}, {"from", add_groups},   {"drop", add_people},
    {"lead", add_people}, {"by", add_people},  {"as", add_people},     {"reach", add_roles},
    {"roles", add_roles}, {"add", add_people}, {"spaces", add_spaces},
};

static void add_values(struct completion *p, struct str key, struct str value)
{
    if (str_is(key, "can") || str_is(key, "deny") || str_is(key, "except")) {
        add_permission(p, value);
        return;
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (str_is(key, values[i].key))
            values[i].add(p);
}

void lsp_complete(const struct lsp_compiled *c, const struct lsp_world *world, struct str before,
                  struct arena *a, struct lsp_items *ret)
{
    struct completion p = {c, world, a, ret};
    struct str line = last_line(before), value = STR_NONE, key;
    if (line.n == 0 || (line.p[0] >= 'a' && line.p[0] <= 'z' && !str_has(line, ':'))) {
        add_sections(&p);
        return;
    }
    key = open_key(line, &value);
    if (key.n == 0)
        add_keys(&p, section_of(before));
    else if (c->tree)
        add_values(&p, key, value);
}
