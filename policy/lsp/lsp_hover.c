/* What is said about a name: the people behind a team, what a role allows, where a space is. */
#include "base/clock.h"
#include "policy/lsp/lsp_server.h"

#define PEOPLE_MAX     60
#define NAMESPACES_MAX 20

struct hover {
    const struct lsp_compiled *c;
    const struct lsp_world *world;
    struct arena *arena;
    struct buf *out;
};

static void put_words(struct buf *out, const char *lead, const struct words *words)
{
    if (words->n == 0)
        return;
    buf_c(out, lead);
    for (size_t i = 0; i < words->n; i++) {
        if (i)
            buf_c(out, ", ");
        buf_char(out, '`');
        buf_add(out, words->items[i].text);
        buf_char(out, '`');
    }
}

static void put_until(struct buf *out, const struct policy_time *until)
{
    if (until->ms == TIME_NONE)
        return;
    buf_c(out, " until ");
    time_format(out, until->ms, false);
}

/* --- teams */

static void put_people(struct hover *h, size_t team)
{
    struct policy_members m = policy_team_members(h->c->policy, team, h->c->now_ms, h->arena);
    buf_fmt(h->out, "\n\n%zu people", m.n);
    for (size_t i = 0; i < m.n && i < PEOPLE_MAX; i++) {
        buf_c(h->out, i ? ", " : ": ");
        buf_add(h->out, m.items[i].username);
        put_until(h->out, &(struct policy_time){.ms = m.items[i].until_ms});
    }
    if (m.n > PEOPLE_MAX)
        buf_fmt(h->out, " and %zu more", m.n - PEOPLE_MAX);
}

static void hover_team(struct hover *h, struct str name)
{
    const struct policy_tree *t = h->c->tree;
    for (size_t i = 0; i < t->teams.n; i++) {
        const struct policy_team *team = &t->teams.items[i];
        if (!str_eq(team->name.text, name))
            continue;
        put_words(h->out, "\n\nfrom ", &team->from);
        if (team->lead.text.n)
            buf_fmt(h->out, "\n\nlead %.*s", STR_F(team->lead.text));
        put_words(h->out, "\n\nwithout ", &team->drop);
        if (h->c->policy && h->world->input->directory)
            put_people(h, i);
        else
            buf_c(h->out, h->c->policy
                              ? "\n\nno directory: start with --directory to see its people"
                              : "\n\nthe policy has errors: its people are not known");
    }
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct policy_grant *g = &t->grants.items[i];
        if (!str_eq(g->team.text, name))
            continue;
        buf_fmt(h->out, "\n- **%.*s**", STR_F(g->role.text));
        put_words(h->out, " in ", &g->in);
        put_until(h->out, &g->until);
    }
}

/* --- roles, spaces, sites */

static void put_permissions(struct buf *out, const char *lead, const struct policy_permissions *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct policy_permission *one = &p->items[i];
        buf_fmt(out, "\n- %s `", lead);
        for (size_t v = 0; v < one->verbs.n; v++)
            buf_fmt(out, "%s%.*s", v ? "," : "", STR_F(one->verbs.items[v].text));
        for (size_t k = 0; k < one->n_targets; k++) {
            const struct policy_target *t = &one->targets[k];
            buf_fmt(out, "%s%.*s/%.*s%s%.*s", k ? "," : " ", STR_F(t->group), STR_F(t->resource),
                    t->subresource.n ? "/" : "", STR_F(t->subresource));
        }
        for (size_t k = 0; k < one->names.n; k++)
            buf_fmt(out, "%s%.*s", k ? "," : " names ", STR_F(one->names.items[k].text));
        buf_char(out, '`');
    }
}

static void hover_role(struct hover *h, struct str name)
{
    const struct policy_tree *t = h->c->tree;
    for (size_t i = 0; i < t->roles.n; i++) {
        const struct policy_role *r = &t->roles.items[i];
        if (!str_eq(r->name.text, name))
            continue;
        if (r->sensitive || r->cluster)
            buf_fmt(h->out, "\n\n%s%s%s", r->sensitive ? "sensitive" : "",
                    r->sensitive && r->cluster ? ", " : "", r->cluster ? "cluster-wide" : "");
        if (r->base.text.n)
            buf_fmt(h->out, "\n\nbased on `%.*s`", STR_F(r->base.text));
        put_permissions(h->out, "can", &r->can);
        put_permissions(h->out, "without", &r->deny);
    }
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct policy_grant *g = &t->grants.items[i];
        if (!str_eq(g->role.text, name))
            continue;
        buf_fmt(h->out, "\n- held by **%.*s**", STR_F(g->team.text));
        put_words(h->out, " in ", &g->in);
        put_until(h->out, &g->until);
    }
}

static void put_namespaces(struct hover *h, size_t space, size_t site)
{
    struct strs names = policy_space_namespaces(h->c->policy, space, site, h->arena);
    buf_fmt(h->out, "\n- %.*s: %zu namespaces", STR_F(h->c->tree->sites.items[site].name.text),
            names.n);
    for (size_t i = 0; i < names.n && i < NAMESPACES_MAX; i++)
        buf_fmt(h->out, "%s%.*s", i ? ", " : ": ", STR_F(names.items[i]));
    if (names.n > NAMESPACES_MAX)
        buf_fmt(h->out, " and %zu more", names.n - NAMESPACES_MAX);
}

static void hover_space(struct hover *h, struct str name)
{
    const struct policy_tree *t = h->c->tree;
    for (size_t i = 0; i < t->spaces.n; i++) {
        const struct policy_space *s = &t->spaces.items[i];
        if (!str_eq(s->name.text, name))
            continue;
        put_words(h->out, "\n\nnames ", &s->names);
        put_words(h->out, " not ", &s->not);
        for (size_t k = 0; k < s->label.n; k++)
            buf_fmt(h->out, "%s`%.*s=%.*s`", k ? ", " : "\n\nlabels ", STR_F(s->label.items[k].key),
                    STR_F(s->label.items[k].value));
        put_words(h->out, "\n\nat ", &s->at);
        for (size_t site = 0; h->c->policy && site < t->sites.n; site++)
            if (policy_cluster_of(h->c->policy, site))
                put_namespaces(h, i, site);
    }
}

static void hover_site(struct hover *h, struct str name)
{
    for (size_t i = 0; i < h->c->tree->sites.n; i++) {
        const struct policy_site *s = &h->c->tree->sites.items[i];
        if (!str_eq(s->name.text, name))
            continue;
        buf_fmt(h->out, "\n\naudience `%.*s`", STR_F(s->audience.text));
        for (size_t k = 0; k < s->labels.n; k++)
            buf_fmt(h->out, "%s`%.*s=%.*s`", k ? ", " : "\n\nlabels ",
                    STR_F(s->labels.items[k].key), STR_F(s->labels.items[k].value));
    }
}

/* --- people and groups of the directory */

static void hover_person(struct hover *h, struct str name)
{
    const struct policy_tree *t = h->c->tree;
    size_t n = 0;
    for (size_t i = 0; h->c->policy && i < t->teams.n; i++) {
        struct policy_members m = policy_team_members(h->c->policy, i, h->c->now_ms, h->arena);
        for (size_t k = 0; k < m.n; k++)
            if (str_eq(m.items[k].username, name))
                buf_fmt(h->out, "%s**%.*s**", n++ ? ", " : "\n\nin the teams ",
                        STR_F(t->teams.items[i].name.text));
    }
    if (h->c->policy && n == 0)
        buf_c(h->out, "\n\nin no team");
}

/* `cn=pay-dev` is written; the directory knows the whole name. */
static bool is_group(const struct policy_group *g, struct str name)
{
    return str_eq_nocase(g->id, name) || str_eq_nocase(g->name, name) ||
           (g->id.n > name.n && g->id.p[name.n] == ',' &&
            str_eq_nocase(str_from_to(g->id, 0, name.n), name));
}

static void hover_group(struct hover *h, struct str name)
{
    const struct policy_directory *d = h->world->input->directory;
    for (size_t i = 0; d && i < d->n_groups; i++) {
        size_t n = 0;
        if (!is_group(&d->groups[i], name))
            continue;
        buf_fmt(h->out, "\n\n`%.*s`", STR_F(d->groups[i].id));
        for (size_t p = 0; p < d->n_people; p++)
            if (strs_has(d->people[p].group_ids, d->groups[i].id) && n++ < PEOPLE_MAX)
                buf_fmt(h->out, "%s%.*s",
                        n > 1 ? ", " : "\n\npeople: ", STR_F(d->people[p].username));
        buf_fmt(h->out, "\n\n%zu people", n);
        return;
    }
    buf_c(h->out, d ? "\n\nnot in the directory" : "\n\nno directory: start with --directory");
}

struct str lsp_hover(const struct lsp_compiled *c, const struct lsp_world *world,
                     const struct lsp_name *name, struct arena *a)
{
    static const struct {
        const char *title;
        void (*put)(struct hover *, struct str);
    } kinds[] = {
        [LSP_TEAM] = {"team", hover_team},       [LSP_ROLE] = {"role", hover_role},
        [LSP_SPACE] = {"space", hover_space},    [LSP_SITE] = {"site", hover_site},
        [LSP_PERSON] = {"person", hover_person}, [LSP_GROUP] = {"group", hover_group},
        [LSP_REQUEST] = {"request", NULL},       [LSP_CI] = {"ci", NULL},
    };
    auto_buf text = BUF_INIT((size_t)256 * 1024);
    struct hover h = {c, world, a, &text};
    buf_fmt(&text, "**%s %.*s**", kinds[name->kind].title, STR_F(name->word.text));
    if (kinds[name->kind].put)
        kinds[name->kind].put(&h, name->word.text);
    return arena_str(a, buf_str(&text));
}
