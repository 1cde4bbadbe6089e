/* Who can: the chain from the line of a grant to the rule that answers. And the questions people
 * type. */
#include "policy/analysis/policy_who_can.h"
#include "policy/analysis/policy_person_diff.h"
#include "policy/resolve/resolved.h"

/* The first running grant of the team behind a group, in a binding of `role` in `namespace` (""
 * cluster-wide). */
static bool grant_gives(const struct policy *p, const struct grant *g, uint32_t site, uint32_t role,
                        struct str namespace)
{
    if (!g->usable || g->role != role || !(g->sites & site_bit(site)))
        return false;
    if (namespace.n == 0)
        return p->roles[role].cluster;
    uint32_t wanted = intern_find(&p->sites[site].namespaces, namespace);
    for (size_t i = 0; i < g->spaces.n; i++) {
        const struct ids *namespaces = &p->spaces[g->spaces.items[i]].namespaces[site];
        for (size_t k = 0; k < namespaces->n; k++)
            if (namespaces->items[k] == wanted)
                return true;
    }
    return false;
}

static const struct policy_grant *grant_behind(const struct policy_at *at, uint32_t team,
                                               const struct access_holder *h)
{
    const struct policy *p = at->policy;
    struct str name = h->reason.role->name;
    uint32_t role =
        str_starts(name, STR(RBAC_PREFIX))
            ? intern_find(&p->role_ids, str_from_to(name, sizeof(RBAC_PREFIX) - 1, name.n))
            : ID_NONE;
    bool boxed = str_starts(h->reason.subject->name, STR(RBAC_PREFIX "jit:"));
    const struct ids *grants = &p->grants_of_team[team];
    for (size_t i = 0; role != ID_NONE && i < grants->n; i++) {
        const struct grant *g = &p->grants[grants->items[i]];
        const struct policy_grant *written = &p->tree->grants.items[grants->items[i]];
        if (g->timed == boxed && (!boxed || written->until.ms > at->now_ms) &&
            grant_gives(p, g, (uint32_t)at->site, role, h->reason.binding->namespace))
            return written;
    }
    return NULL;
}

static struct str no_prefix(struct str group)
{
    return str_from_to(group, sizeof(RBAC_PREFIX) - 1, group.n);
}

static void push(const struct policy_at *at, struct policy_holder h, struct policy_holders *out)
{
    *ARENA_PUSH(at->arena, out) = h;
}

static void add_teams(const struct policy_at *at, const struct access_holder *h,
                      struct policy_holders *out)
{
    uint32_t *teams = NULL;
    size_t n = policy_teams_of_group(at, h->reason.subject->name, &teams);
    for (size_t i = 0; i < n; i++) {
        const struct policy_grant *grant = grant_behind(at, teams[i], h);
        if (!grant && str_starts(h->reason.subject->name, STR(RBAC_PREFIX "jit:")))
            continue; /* the grant is another space's */
        push(at,
             (struct policy_holder){.kind = HOLDER_TEAM,
                                    .entry = ID_NONE,
                                    .holder = *h,
                                    .team = teams[i],
                                    .grant = grant,
                                    .until_ms = grant ? grant->until.ms : TIME_NONE},
             out);
    }
}

static bool request_mints(const struct policy_at *at, const struct request *r, struct str group)
{
    const struct policy *p = at->policy;
    if (!r->usable || !(r->sites & site_bit(at->site)))
        return false;
    if (r->spaces.n == 0)
        return str_eq(jit_group(p, ID_NONE, r->role, at->arena), group);
    for (size_t i = 0; i < r->spaces.n; i++)
        if (str_eq(jit_group(p, r->spaces.items[i], r->role, at->arena), group))
            return true;
    return false;
}

static void add_requests(const struct policy_at *at, const struct access_holder *h,
                         struct policy_holders *out)
{
    const struct policy *p = at->policy;
    struct str group = no_prefix(h->reason.subject->name);
    for (uint32_t i = 0; i < p->tree->requests.n; i++)
        if (request_mints(at, &p->requests[i], group))
            push(at,
                 (struct policy_holder){.kind = HOLDER_REQUEST,
                                        .entry = i,
                                        .holder = *h,
                                        .team = p->requests[i].team,
                                        .until_ms = TIME_NONE},
                 out);
    for (uint32_t i = 0; i < p->tree->breakglass.n; i++) {
        const struct breakglass *b = &p->breakglass[i];
        struct str role = p->tree->breakglass.items[i].role.text;
        if (b->usable && b->sites & site_bit(at->site) &&
            str_eq(group, CONCAT(at->arena, STR("bg:"), role)))
            push(at,
                 (struct policy_holder){.kind = HOLDER_BREAKGLASS,
                                        .entry = i,
                                        .holder = *h,
                                        .team = b->team,
                                        .until_ms = TIME_NONE},
                 out);
    }
}

static uint32_t ci_of(const struct policy_at *at, const struct rbac_subject *s,
                      struct str binding_namespace)
{
    const struct policy *p = at->policy;
    struct str namespace = s->namespace.n ? s->namespace : binding_namespace;
    for (uint32_t i = 0; i < p->tree->ci.n; i++) {
        const struct ci *ci = &p->ci[i];
        bool group = ci->group.n && s->kind == RBAC_GROUP &&
                     str_starts(s->name, STR(RBAC_PREFIX)) && str_eq(no_prefix(s->name), ci->group);
        bool account = ci->sa_name.n && s->kind == RBAC_SERVICE_ACCOUNT &&
                       str_eq(s->name, ci->sa_name) && str_eq(namespace, ci->sa_namespace);
        if (ci->usable && (group || account))
            return i;
    }
    return ID_NONE;
}

struct policy_holders policy_who_can(const struct policy_at *at, const struct access *x,
                                     const struct rbac_question *q)
{
    struct policy_holders out = {0};
    struct access_holders holders = access_who_can(x, q, at->arena);
    for (size_t i = 0; i < holders.n; i++) {
        const struct rbac_reason *r = &holders.items[i].reason;
        size_t before = out.n;
        if (r->subject->kind == RBAC_GROUP && str_starts(r->subject->name, STR(RBAC_PREFIX))) {
            add_teams(at, &holders.items[i], &out);
            add_requests(at, &holders.items[i], &out);
        }
        uint32_t ci = ci_of(at, r->subject, r->binding->namespace);
        bool idle = str_starts(r->subject->name, STR(RBAC_PREFIX "jit:")) &&
                    policy_group_is_minted(at, r->subject->name);
        if (out.n > before || (ci == ID_NONE && idle))
            continue; /* a grant that has ended: nobody carries the group */
        push(at,
             (struct policy_holder){.kind = ci == ID_NONE ? HOLDER_FOREIGN : HOLDER_CI,
                                    .entry = ci,
                                    .holder = holders.items[i],
                                    .team = ID_NONE,
                                    .until_ms = TIME_NONE},
             &out);
    }
    return out;
}

/* --- questions */

static struct str whole(struct arena *a, const struct policy_resource *r, bool with_group)
{
    struct str sub = r->subresource;
    return arena_fmt(a, "%.*s%s%.*s%s%.*s", STR_F(with_group ? r->group : STR_NONE),
                     with_group ? "/" : "", STR_F(r->resource), sub.n ? "/" : "", STR_F(sub));
}

static int no_resource(const struct policy_cluster *cluster, struct str target, struct arena *a,
                       struct err *e)
{
    struct str *names = ARENA_ARRAY(a, cluster->resources.n * 2, struct str);
    for (size_t i = 0; i < cluster->resources.n; i++) {
        names[2 * i] = whole(a, &cluster->resources.items[i], true);
        names[2 * i + 1] = whole(a, &cluster->resources.items[i], false);
    }
    struct str near = nearest_name(target, names, cluster->resources.n * 2);
    if (near.n > 0)
        return fail(e, ERR_INPUT, "site '%.*s' has no resource '%.*s': did you mean '%.*s'?",
                    STR_F(cluster->site), STR_F(target), STR_F(near));
    return fail(e, ERR_INPUT, "site '%.*s' has no resource '%.*s'", STR_F(cluster->site),
                STR_F(target));
}

/* "pods", "pods/log", "/pods", "apps/deployments", "apps/deployments/scale" */
static bool row_is(const struct policy_resource *r, struct str target, struct arena *a)
{
    return str_eq(target, whole(a, r, true)) || str_eq(target, whole(a, r, false));
}

int policy_question(const struct policy_at *at, struct str verb, struct str target,
                    struct rbac_question *ret_question, struct err *e)
{
    const struct policy *p = at->policy;
    struct arena *a = at->arena;
    const struct policy_cluster *cluster = p->sites[at->site].cluster;
    const struct policy_resource *found = NULL;
    if (!cluster)
        return fail(e, ERR_CONFIG, "there is no data of site '%.*s'",
                    STR_F(p->tree->sites.items[at->site].name.text));
    for (size_t i = 0; i < cluster->resources.n; i++) {
        const struct policy_resource *r = &cluster->resources.items[i];
        if (!row_is(r, target, a))
            continue;
        if (found && !str_eq(found->group, r->group))
            return fail(e, ERR_INPUT, "'%.*s' is in several groups: write '%.*s' or '%.*s'",
                        STR_F(target), STR_F(whole(a, found, true)), STR_F(whole(a, r, true)));
        found = r;
    }
    if (!found)
        return no_resource(cluster, target, a, e);
    *ret_question = (struct rbac_question){.verb = verb,
                                           .api_group = found->group,
                                           .resource = found->resource,
                                           .subresource = found->subresource};
    return 0;
}
