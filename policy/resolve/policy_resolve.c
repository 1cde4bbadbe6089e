/* Resolving: every name of the tree is looked up. Here what the policy says about itself;
 * directory, namespaces and discovery stand in the policy_resolve_*.c beside this file. */
#include "base/clock.h"
#include "policy/resolve/resolved.h"

bool resolve_unknown(struct policy *p, const char *what, const struct word *word,
                     const struct intern *known)
{
    struct str key = arena_fmt(p->arena, "%s %.*s", what, STR_F(word->text));
    size_t before = p->reported->n;
    intern_add(p->reported, key);
    if (p->reported->n == before)
        return false;
    diag_error(p->d, word->pos, "%s '%.*s' does not exist", what, STR_F(word->text));
    diag_hint_nearest(p->d, word->text, known->items, known->n);
    return true;
}

uint32_t resolve_name(struct policy *p, const char *what, const struct word *word,
                      const struct intern *ids, unsigned section)
{
    uint32_t id = intern_find(ids, word->text);
    if (id == ID_NONE && !(p->tree->unreadable & section))
        resolve_unknown(p, what, word, ids);
    return id;
}

/* --- sites */

uint64_t resolve_site_label(struct policy *p, const struct word *word)
{
    uint64_t found = 0;
    struct str key = STR_NONE, value = STR_NONE;
    str_split(word->text, '=', &key, &value);
    struct intern labels = {.arena = p->arena};
    for (size_t i = 0; i < p->tree->sites.n; i++) {
        const struct str_pairs *pairs = &p->tree->sites.items[i].labels;
        for (size_t k = 0; k < pairs->n; k++) {
            const struct str_pair *pair = &pairs->items[k];
            if (str_eq(pair->key, key) && str_eq(pair->value, value))
                found |= site_bit(i);
        }
    }
    if (found || p->tree->unreadable & TREE_SITES)
        return found;
    for (size_t i = 0; i < p->tree->sites.n; i++)
        for (size_t k = 0; k < p->tree->sites.items[i].labels.n; k++) {
            const struct str_pair *pair = &p->tree->sites.items[i].labels.items[k];
            intern_add(&labels,
                       arena_fmt(p->arena, "%.*s=%.*s", STR_F(pair->key), STR_F(pair->value)));
        }
    resolve_unknown(p, "a site with label", word, &labels);
    return 0;
}

void resolve_sites_of(struct policy *p, const struct words *at, uint64_t *ret_sites)
{
    size_t n = p->tree->sites.n;
    uint64_t all = n >= 64 ? UINT64_MAX : site_bit(n) - 1;
    uint64_t found = 0;
    for (size_t i = 0; i < at->n; i++) {
        if (str_has(at->items[i].text, '=')) {
            found |= resolve_site_label(p, &at->items[i]);
            continue;
        }
        uint32_t site = resolve_name(p, "site", &at->items[i], &p->site_ids, TREE_SITES);
        if (site != ID_NONE && site < POLICY_SITES_MAX)
            found |= site_bit(site);
    }
    *ret_sites = at->n ? found : all;
}

static bool same_rows(const struct policy_resources *a, const struct policy_resources *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n && a->items != b->items; i++) {
        const struct policy_resource *x = &a->items[i], *y = &b->items[i];
        if (!str_eq(x->group, y->group) || !str_eq(x->resource, y->resource) ||
            !str_eq(x->subresource, y->subresource) || x->verbs.n != y->verbs.n)
            return false;
        for (size_t k = 0; k < x->verbs.n; k++)
            if (!str_eq(x->verbs.items[k], y->verbs.items[k]))
                return false;
    }
    return true;
}

static bool same_roles(const struct policy_cluster *a, const struct policy_cluster *b)
{
    if (a->n_cluster_roles != b->n_cluster_roles)
        return false;
    for (size_t i = 0; i < a->n_cluster_roles; i++)
        if (!rbac_object_same(&a->cluster_roles[i], &b->cluster_roles[i]))
            return false;
    return true;
}

/* Sites of one company mostly run the same Kubernetes: what roles allow is worked out once for all
 * that agree. */
static uint32_t twin_of(const struct policy *p, size_t site)
{
    const struct policy_cluster *mine = p->sites[site].cluster;
    for (size_t i = 0; i < site; i++) {
        const struct policy_cluster *other = p->sites[i].cluster;
        if (other && p->sites[i].twin == i && same_rows(&mine->resources, &other->resources) &&
            same_roles(mine, other))
            return (uint32_t)i;
    }
    return (uint32_t)site;
}

static void resolve_clusters(struct policy *p)
{
    p->sites = ARENA_ARRAY(p->arena, p->tree->sites.n, struct site);
    for (size_t i = 0; i < p->in->n_clusters; i++) {
        const struct policy_cluster *cluster = &p->in->clusters[i];
        uint32_t site = intern_find(&p->site_ids, cluster->site);
        if (site != ID_NONE)
            p->sites[site].cluster = cluster;
    }
    for (size_t i = 0; i < p->tree->sites.n; i++) {
        p->sites[i].twin = (uint32_t)i;
        p->sites[i].namespaces.arena = p->arena;
        if (!p->sites[i].cluster)
            continue;
        p->sites[i].twin = twin_of(p, i);
        for (size_t k = 0; k < p->sites[i].cluster->n_namespaces; k++)
            intern_add(&p->sites[i].namespaces, p->sites[i].cluster->namespaces[k].name);
    }
}

/* --- grants */

bool resolve_spaces_of(struct policy *p, const struct words *in, struct ids *out)
{
    bool good = true;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t space = resolve_name(p, "space", &in->items[i], &p->space_ids, TREE_SPACES);
        if (space != ID_NONE)
            *ARENA_PUSH(p->arena, out) = space;
        good = good && space != ID_NONE;
    }
    return good;
}

static void check_somewhere(struct policy *p, const struct policy_grant *g, const struct grant *out)
{
    uint64_t somewhere = 0;
    for (size_t i = 0; i < out->spaces.n; i++)
        somewhere |= p->spaces[out->spaces.items[i]].sites & out->sites;
    if (out->usable && g->in.n > 0 && !somewhere)
        diag_warn(p->d, g->pos, "the grant holds nowhere: its spaces are on none of its sites");
}

void resolve_place(struct policy *p, const struct giving *g, uint32_t role)
{
    struct str name = g->role->text;
    if (p->roles[role].cluster && g->in->n > 0)
        diag_error(p->d, g->in->items[0].pos, "role '%.*s' holds cluster-wide: leave 'in' out",
                   STR_F(name));
    if (!p->roles[role].cluster && g->in->n == 0)
        diag_error(p->d, g->pos, "%s of role '%.*s' needs 'in': the spaces where it holds", g->what,
                   STR_F(name));
}

static void check_grant_time(struct policy *p, const struct policy_grant *g,
                             const struct role *role)
{
    if (role->sensitive && g->until.ms == TIME_NONE)
        diag_error(p->d, g->role.pos, "role '%.*s' is sensitive: the grant needs 'until'",
                   STR_F(g->role.text));
    if (g->until.ms != TIME_NONE && g->until.ms <= p->in->now_ms && p->in->now_ms > 0)
        diag_warn(p->d, g->until.pos, "the grant has ended");
}

static void resolve_grant(struct policy *p, const struct policy_grant *g, struct grant *out)
{
    *out = (struct grant){.team = ID_NONE, .role = ID_NONE, .timed = g->until.ms != TIME_NONE};
    if (g->broken)
        return;
    out->team = resolve_name(p, "team", &g->team, &p->team_ids, TREE_TEAMS);
    out->role = resolve_name(p, "role", &g->role, &p->role_ids, TREE_ROLES);
    out->usable = out->team != ID_NONE && out->role != ID_NONE;
    resolve_sites_of(p, &g->at, &out->sites);
    out->usable = resolve_spaces_of(p, &g->in, &out->spaces) && out->usable;
    check_somewhere(p, g, out);
    if (out->role == ID_NONE || p->tree->roles.items[out->role].broken)
        return;
    resolve_place(p, &(struct giving){"a grant", g->pos, &g->role, &g->in}, out->role);
    check_grant_time(p, g, &p->roles[out->role]);
}

static void intern_names(struct policy *p, struct intern *ids, const void *items, size_t n,
                         size_t size)
{
    ids->arena = p->arena;
    for (size_t i = 0; i < n; i++) /* the named entries begin with their name */
        intern_add(ids,
                   ((const struct word *)(const void *)((const char *)items + i * size))->text);
}

/* What every site's objects carry: made once for all of them. */
static void name_lines(struct policy *p)
{
    const struct policy_tree *t = p->tree;
    size_t n = 0;
    if (p->in->n_clusters == 0)
        return;
    p->team_groups = ARENA_ARRAY(p->arena, t->teams.n, struct str);
    for (size_t i = 0; i < t->teams.n; i++)
        p->team_groups[i] = CONCAT(p->arena, STR(RBAC_PREFIX "team:"), t->teams.items[i].name.text);
    p->srcs =
        ARENA_ARRAY(p->arena, t->grants.n + t->requests.n + t->breakglass.n + t->ci.n, struct str);
    for (size_t i = 0; i < t->grants.n; i++)
        p->srcs[n++] = src_of(p->arena, &t->grants.items[i].pos);
    for (size_t i = 0; i < t->requests.n; i++)
        p->srcs[n++] = src_of(p->arena, &t->requests.items[i].name.pos);
    for (size_t i = 0; i < t->breakglass.n; i++)
        p->srcs[n++] = src_of(p->arena, &t->breakglass.items[i].name.pos);
    for (size_t i = 0; i < t->ci.n; i++)
        p->srcs[n++] = src_of(p->arena, &t->ci.items[i].name.pos);
}

const struct policy *policy_resolve(struct arena *a, const struct policy_tree *tree,
                                    const struct policy_input *in, struct diags *d)
{
    struct intern reported = {.arena = a};
    struct policy *p = ARENA_NEW(a, struct policy);
    *p = (struct policy){.arena = a, .tree = tree, .in = in, .d = d, .reported = &reported};
    p->verbs.arena = p->groups.arena = p->people.arena = p->named.arena = a;
    intern_names(p, &p->site_ids, tree->sites.items, tree->sites.n, sizeof(*tree->sites.items));
    intern_names(p, &p->team_ids, tree->teams.items, tree->teams.n, sizeof(*tree->teams.items));
    intern_names(p, &p->role_ids, tree->roles.items, tree->roles.n, sizeof(*tree->roles.items));
    intern_names(p, &p->space_ids, tree->spaces.items, tree->spaces.n, sizeof(*tree->spaces.items));
    intern_names(p, &p->request_ids, tree->requests.items, tree->requests.n,
                 sizeof(*tree->requests.items));
    intern_names(p, &p->ci_ids, tree->ci.items, tree->ci.n, sizeof(*tree->ci.items));
    /* a name defined twice was reported; its numbers no longer fit the tree */
    if (p->site_ids.n != tree->sites.n || p->team_ids.n != tree->teams.n ||
        p->role_ids.n != tree->roles.n || p->space_ids.n != tree->spaces.n ||
        p->request_ids.n != tree->requests.n || p->ci_ids.n != tree->ci.n ||
        tree->sites.n > POLICY_SITES_MAX)
        return NULL;
    resolve_clusters(p);
    resolve_teams(p);
    resolve_roles(p);
    resolve_spaces(p);
    p->grants = ARENA_ARRAY(a, tree->grants.n, struct grant);
    for (size_t i = 0; i < tree->grants.n; i++)
        resolve_grant(p, &tree->grants.items[i], &p->grants[i]);
    resolve_requests(p);
    resolve_breakglass(p);
    resolve_ci(p);
    resolve_invariants(p);
    resolve_accepts(p);
    resolve_tests(p);
    resolve_owners(p);
    p->d = NULL;
    p->reported = NULL;
    if (d->n_errors > 0)
        return NULL;
    members_index(p);
    name_lines(p);
    return p;
}

const struct policy_tree *policy_tree_of(const struct policy *p)
{
    return p->tree;
}

size_t policy_n_sites(const struct policy *p)
{
    return p->tree->sites.n;
}

const struct policy_site *policy_site_at(const struct policy *p, size_t site)
{
    return &p->tree->sites.items[site];
}

uint32_t policy_site_find(const struct policy *p, struct str name)
{
    return intern_find(&p->site_ids, name);
}

const struct policy_cluster *policy_cluster_of(const struct policy *p, size_t site)
{
    return p->sites[site].cluster;
}

uint32_t policy_team_find(const struct policy *p, struct str name)
{
    return intern_find(&p->team_ids, name);
}

struct strs policy_space_namespaces(const struct policy *p, size_t space, size_t site,
                                    struct arena *a)
{
    const struct ids *ids = &p->spaces[space].namespaces[site];
    struct str *names = ARENA_ARRAY(a, ids->n, struct str);
    for (size_t i = 0; i < ids->n; i++)
        names[i] = p->sites[site].cluster->namespaces[ids->items[i]].name;
    return strs_sorted(a, (struct strs){names, ids->n});
}
