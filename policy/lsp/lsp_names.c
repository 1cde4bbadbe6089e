/* Every name of the tree with its place: one walk, so that hover and definition agree. */
#include "policy/lsp/lsp_server.h"

struct search {
    const struct policy_tree *tree;
    const struct source *source;
    struct pos at;
    bool found;
    struct lsp_name name;
};

static void look(struct search *s, enum lsp_name_kind kind, const struct word *word)
{
    const struct pos *p = &word->pos;
    /* a tree that was read from another version of the document has other sources of this name */
    if (s->found || !p->source || strcmp(p->source->name, s->source->name) != 0 ||
        p->line != s->at.line || s->at.column < p->column || s->at.column > p->column + p->length)
        return;
    s->found = true;
    s->name = (struct lsp_name){kind, *word};
}

static void look_all(struct search *s, enum lsp_name_kind kind, const struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        look(s, kind, &words->items[i]);
}

static void walk_teams(struct search *s)
{
    for (size_t i = 0; i < s->tree->teams.n; i++) {
        const struct policy_team *t = &s->tree->teams.items[i];
        look(s, LSP_TEAM, &t->name);
        look_all(s, LSP_GROUP, &t->from);
        look_all(s, LSP_PERSON, &t->drop);
        look(s, LSP_PERSON, &t->lead);
        for (size_t k = 0; k < t->add.n; k++)
            look(s, LSP_PERSON, &t->add.items[k].person);
    }
}

static void walk_places(struct search *s)
{
    for (size_t i = 0; i < s->tree->sites.n; i++)
        look(s, LSP_SITE, &s->tree->sites.items[i].name);
    for (size_t i = 0; i < s->tree->roles.n; i++) {
        look(s, LSP_ROLE, &s->tree->roles.items[i].name);
        look(s, LSP_ROLE, &s->tree->roles.items[i].base);
    }
    for (size_t i = 0; i < s->tree->spaces.n; i++) {
        look(s, LSP_SPACE, &s->tree->spaces.items[i].name);
        look_all(s, LSP_SITE, &s->tree->spaces.items[i].at);
    }
}

static void walk_grants(struct search *s)
{
    for (size_t i = 0; i < s->tree->grants.n; i++) {
        const struct policy_grant *g = &s->tree->grants.items[i];
        look(s, LSP_TEAM, &g->team);
        look(s, LSP_ROLE, &g->role);
        look(s, LSP_PERSON, &g->by);
        look_all(s, LSP_SPACE, &g->in);
        look_all(s, LSP_SITE, &g->at);
    }
}

static void walk_requests(struct search *s)
{
    for (size_t i = 0; i < s->tree->requests.n; i++) {
        const struct policy_request *r = &s->tree->requests.items[i];
        look(s, LSP_REQUEST, &r->name);
        look(s, LSP_TEAM, &r->who);
        look(s, LSP_ROLE, &r->role);
        look_all(s, LSP_SPACE, &r->in);
        look_all(s, LSP_SITE, &r->at);
        for (size_t k = 0; k < r->approve.n; k++)
            look_all(s, LSP_TEAM, &r->approve.items[k].by);
    }
    for (size_t i = 0; i < s->tree->breakglass.n; i++) {
        look(s, LSP_TEAM, &s->tree->breakglass.items[i].who);
        look(s, LSP_ROLE, &s->tree->breakglass.items[i].role);
    }
    for (size_t i = 0; i < s->tree->ci.n; i++) {
        const struct policy_ci *c = &s->tree->ci.items[i];
        look(s, LSP_CI, &c->name);
        look(s, LSP_ROLE, &c->role);
        look_all(s, LSP_SPACE, &c->in);
    }
}

static void walk_rest(struct search *s)
{
    for (size_t i = 0; i < s->tree->invariants.n; i++) {
        const struct policy_invariant *v = &s->tree->invariants.items[i];
        look(s, LSP_ROLE, &v->reach);
        look_all(s, LSP_SPACE, &v->in);
        if (v->who.kind == WHO_TEAM)
            look(s, LSP_TEAM, &v->who.name);
    }
    for (size_t i = 0; i < s->tree->tests.n; i++)
        look(s, LSP_PERSON, &s->tree->tests.items[i].as);
    for (size_t i = 0; i < s->tree->includes.n; i++) {
        look(s, LSP_TEAM, &s->tree->includes.items[i].team);
        look_all(s, LSP_SPACE, &s->tree->includes.items[i].spaces);
        look_all(s, LSP_ROLE, &s->tree->includes.items[i].roles);
    }
}

bool lsp_name_at(const struct policy_tree *tree, const struct source *source, struct pos at,
                 struct lsp_name *ret)
{
    struct search s = {.tree = tree, .source = source, .at = at};
    walk_teams(&s);
    walk_places(&s);
    walk_grants(&s);
    walk_requests(&s);
    walk_rest(&s);
    if (s.found)
        *ret = s.name;
    return s.found;
}

/* --- definitions: the named entries begin with their name */

static const struct word *find(const void *items, size_t n, size_t size, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        const struct word *word = (const void *)((const char *)items + i * size);
        if (str_eq(word->text, name))
            return word;
    }
    return NULL;
}
#define FIND(section) \
    find(tree->section.items, tree->section.n, sizeof(*tree->section.items), name->word.text)

const struct word *lsp_definition(const struct policy_tree *tree, const struct lsp_name *name)
{
    switch (name->kind) {
    case LSP_TEAM: return FIND(teams);
    case LSP_ROLE: return FIND(roles);
    case LSP_SPACE: return FIND(spaces);
    case LSP_SITE: return FIND(sites);
    case LSP_REQUEST: return FIND(requests);
    case LSP_CI: return FIND(ci);
    case LSP_PERSON:
    case LSP_GROUP: break;
    }
    return NULL;
}
