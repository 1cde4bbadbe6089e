#include "policy/analysis/policy_leaver.h"

#include "base/clock.h"
#include "policy/analysis/policy_person_diff.h"
#include "policy/resolve/resolved.h"

static const struct {
    struct str verbs, target, what, how;
} rows[] = {
#define RESIDUE(verbs, target, what, how) \
    {{verbs, sizeof(verbs) - 1}, \
     {target, sizeof(target) - 1}, \
     {what, sizeof(what) - 1}, \
     {how, sizeof(how) - 1}},
#include "policy/analysis/policy_leaver.tbl.h"
#undef RESIDUE
};

/* --- the policy */

struct mentioning {
    const struct policy_at *at;
    struct str username;
    struct policy_mentions out;
};

static void mention(struct mentioning *m, const struct pos *pos, struct str text)
{
    *ARENA_PUSH(m->at->arena, &m->out) = (struct policy_mention){text, src_of(m->at->arena, pos)};
}

static void mention_team(struct mentioning *m, const struct policy_team *team)
{
    struct arena *a = m->at->arena;
    if (str_eq(team->lead.text, m->username))
        mention(m, &team->lead.pos,
                arena_fmt(a, "leads team %.*s: approves its requests", STR_F(team->name.text)));
    for (size_t i = 0; i < team->add.n; i++) {
        const struct policy_add *add = &team->add.items[i];
        auto_buf text = BUF_INIT(4096);
        if (!str_eq(add->person.text, m->username))
            continue;
        buf_fmt(&text, "is added to team %.*s, whatever the directory says",
                STR_F(team->name.text));
        if (add->until.ms != TIME_NONE) {
            buf_c(&text, ", until ");
            time_format(&text, add->until.ms, false);
        }
        mention(m, &add->person.pos, arena_str(a, buf_str(&text)));
    }
}

static void mention_approver(struct mentioning *m, const struct policy_request *r)
{
    const struct policy *p = m->at->policy;
    for (size_t i = 0; i < r->approve.n; i++)
        for (size_t k = 0; k < r->approve.items[i].by.n; k++) {
            const struct word *by = &r->approve.items[i].by.items[k];
            uint32_t team = policy_team_find(p, by->text);
            if (team != ID_NONE && policy_membership(m->at, m->username, team).n)
                mention(m, &by->pos,
                        arena_fmt(m->at->arena, "approves request %.*s as one of team %.*s",
                                  STR_F(r->name.text), STR_F(by->text)));
        }
}

struct policy_mentions policy_leaver_mentions(const struct policy_at *at, struct str username)
{
    struct mentioning m = {at, username, {0}};
    const struct policy_tree *t = at->policy->tree;
    struct arena *a = at->arena;
    for (size_t i = 0; i < t->teams.n; i++)
        mention_team(&m, &t->teams.items[i]);
    for (size_t i = 0; i < t->requests.n; i++)
        mention_approver(&m, &t->requests.items[i]);
    for (size_t i = 0; i < t->grants.n; i++) {
        const struct policy_grant *g = &t->grants.items[i];
        if (str_eq(g->by.text, username))
            mention(&m, &g->by.pos,
                    arena_fmt(a, "answers for the grant of %.*s to team %.*s", STR_F(g->role.text),
                              STR_F(g->team.text)));
        uint32_t team = at->policy->grants[i].team;
        bool boxed = g->until.ms != TIME_NONE && g->until.ms > at->now_ms;
        if (boxed && team != ID_NONE && policy_membership(at, username, team).n)
            mention(&m, &g->pos,
                    arena_fmt(a, "holds %.*s for a while, with team %.*s", STR_F(g->role.text),
                              STR_F(g->team.text)));
    }
    for (size_t i = 0; i < t->tests.n; i++)
        if (str_eq(t->tests.items[i].as.text, username))
            mention(&m, &t->tests.items[i].pos, STR("is asked about by a test"));
    return m.out;
}

/* --- a site */

static struct str filled(struct arena *a, struct str how, struct str site, struct str namespace)
{
    auto_buf out = BUF_INIT(65536);
    for (size_t i = 0; i < how.n;) {
        struct str rest = str_from_to(how, i, how.n);
        if (str_starts(rest, STR("SITE"))) {
            buf_add(&out, site);
            i += 4;
        } else if (namespace.n && str_starts(rest, STR(" NS "))) {
            buf_fmt(&out, " %.*s ", STR_F(namespace));
            i += 4;
        } else {
            buf_char(&out, how.p[i++]);
        }
    }
    return arena_str(a, buf_str(&out));
}

static struct rbac_question question_of(struct str verb, struct str target, struct str namespace)
{
    struct rbac_question q = {.verb = verb, .namespace = namespace};
    str_split(target, '/', &q.api_group, &q.resource);
    str_split(q.resource, '/', &q.resource, &q.subresource);
    return q;
}

/* Any verb of the row. */
static bool held(const struct access *x, const struct rbac_user *user, size_t row,
                 struct str namespace)
{
    struct str verbs = rows[row].verbs, verb;
    while (str_next(&verbs, ',', &verb)) {
        struct rbac_question q = question_of(verb, rows[row].target, namespace);
        if (access_allows(x, user, &q))
            return true;
    }
    return false;
}

static void try_row(const struct policy_at *at, const struct access *x,
                    const struct rbac_user *user, size_t row, struct policy_leaver *out)
{
    const struct policy_cluster *c = policy_cluster_of(at->policy, at->site);
    struct str *namespaces = ARENA_ARRAY(at->arena, c->n_namespaces + 1, struct str);
    size_t n = 0;
    bool wide = held(x, user, row, STR_NONE);
    if (wide)
        namespaces[n++] = STR_NONE;
    for (size_t i = 0; !wide && i < c->n_namespaces; i++)
        if (held(x, user, row, c->namespaces[i].name))
            namespaces[n++] = c->namespaces[i].name;
    if (n == 0)
        return;
    *ARENA_PUSH(at->arena, &out->residues) = (struct policy_residue){
        .verbs = rows[row].verbs,
        .target = rows[row].target,
        .what = rows[row].what,
        .how = filled(at->arena, rows[row].how, c->site, n == 1 ? namespaces[0] : STR_NONE),
        .namespaces = {namespaces, n}};
}

static bool is_user(const struct rbac_subject *s, struct str username)
{
    struct str prefix = STR(RBAC_PREFIX);
    if (s->kind != RBAC_USER)
        return false;
    return str_eq(s->name, username) ||
           (str_starts(s->name, prefix) &&
            str_eq(str_from_to(s->name, prefix.n, s->name.n), username));
}

/* Names of bindings are anybody's: the API server takes all but / and % in them. */
static struct str edit_command(const struct policy_at *at, const struct rbac_object *o)
{
    auto_buf text = BUF_INIT(65536);
    buf_lit(&text, "kubectl --context ");
    buf_shell(&text, policy_site_at(at->policy, at->site)->name.text);
    if (o->namespace.n > 0) {
        buf_lit(&text, " -n ");
        buf_shell(&text, o->namespace);
    }
    buf_fmt(&text, " edit %s ",
            o->kind == RBAC_ROLE_BINDING ? "rolebinding" : "clusterrolebinding");
    buf_shell(&text, o->name);
    return arena_str(at->arena, buf_str(&text));
}

static void find_bindings(const struct policy_at *at, const struct access *x, struct str username,
                          struct policy_leaver *out)
{
    const struct rbac_set *set = access_set(x);
    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < set->items[i].n_subjects; k++) {
            const struct rbac_object *o = &set->items[i];
            if (!is_user(&o->subjects[k], username))
                continue;
            *ARENA_PUSH(at->arena, &out->bindings) =
                (struct policy_leaver_binding){o, &o->subjects[k], edit_command(at, o)};
        }
}

struct policy_leaver policy_leaver(const struct policy_at *at, const struct access *x,
                                   struct str username)
{
    struct policy_leaver out = {0};
    struct rbac_user user = policy_user(at, username);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        try_row(at, x, &user, i, &out);
    find_bindings(at, x, username, &out);
    return out;
}
