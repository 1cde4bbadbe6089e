/* Resolving roles: what they are based on, and for each site what they allow once `deny` is taken
 * away. */
#include "policy/resolve/resolved.h"

#define CHAIN_MAX 16

static void resolve_base(struct policy *p, const struct policy_role *role, struct role *out)
{
    static const struct str cluster_prefix = {"k8s/", 4};
    out->base = ID_NONE;
    out->sensitive = role->sensitive;
    out->cluster = role->cluster;
    if (role->base.text.n == 0)
        return;
    if (str_starts(role->base.text, cluster_prefix)) {
        out->cluster_role = str_from_to(role->base.text, cluster_prefix.n, role->base.text.n);
        return;
    }
    out->base = intern_find(&p->role_ids, role->base.text);
    if (out->base == ID_NONE && !(p->tree->unreadable & TREE_ROLES)) {
        bool said = resolve_unknown(p, "role", &role->base, &p->role_ids);
        if (said && p->d->items[p->d->n - 1].hint.n == 0)
            diag_hint(p->d, "a ClusterRole of the cluster is written k8s/%.*s",
                      STR_F(role->base.text));
    }
}

/* Cuts the base of a role that reaches itself, so that everything after may follow bases blindly.
 */
static void check_chain(struct policy *p, uint32_t id)
{
    struct role *role = &p->roles[id];
    const struct policy_role *written = &p->tree->roles.items[id];
    uint32_t at = role->base;
    for (int depth = 0; at != ID_NONE; depth++, at = p->roles[at].base) {
        if (at != id && depth < CHAIN_MAX) {
            /* what builds on something sensitive is sensitive: a detour must not drop the time
             * limit */
            role->sensitive = role->sensitive || p->roles[at].sensitive;
            continue;
        }
        if (at == id)
            diag_error(p->d, written->base.pos, "role '%.*s' is based on itself",
                       STR_F(written->name.text));
        else if (!p->chain_reported) /* once: the others of the chain stand on it, too */
            diag_error(p->d, written->base.pos,
                       "role '%.*s' stands on a chain of more than %d roles",
                       STR_F(written->name.text), CHAIN_MAX);
        p->chain_reported = p->chain_reported || at != id;
        role->base = ID_NONE;
        return;
    }
}

static const struct rbac_object *cluster_role_find(const struct policy_cluster *cluster,
                                                   struct str name)
{
    for (size_t i = 0; i < cluster->n_cluster_roles; i++)
        if (cluster->cluster_roles[i].kind == RBAC_CLUSTER_ROLE &&
            str_eq(cluster->cluster_roles[i].name, name))
            return &cluster->cluster_roles[i];
    return NULL;
}

static void no_cluster_role(struct policy *p, uint32_t id, size_t site)
{
    const struct policy_cluster *cluster = p->sites[site].cluster;
    const struct word *base = &p->tree->roles.items[id].base;
    struct intern names = {.arena = p->arena};
    for (size_t i = 0; i < cluster->n_cluster_roles; i++)
        intern_add(&names, arena_fmt(p->arena, "k8s/%.*s", STR_F(cluster->cluster_roles[i].name)));
    size_t before = p->reported->n;
    intern_add(p->reported, arena_fmt(p->arena, "cluster role %.*s", STR_F(base->text)));
    if (p->reported->n == before)
        return;
    diag_error(p->d, base->pos, "site '%.*s' has no ClusterRole '%.*s'",
               STR_F(p->tree->sites.items[site].name.text), STR_F(p->roles[id].cluster_role));
    diag_hint_nearest(p->d, base->text, names.items, names.n);
}

/* Depth is bounded by check_chain. */
static const struct role_rules *rules_of(struct policy *p, uint32_t id, size_t site)
{
    const struct policy_cluster *cluster = p->sites[site].cluster;
    const struct policy_role *written = &p->tree->roles.items[id];
    struct role *role = &p->roles[id];
    struct role_rules *out = &role->rules[site];
    if (out->done)
        return out;
    out->done = true;
    if (p->sites[site].twin != site) {
        *out = *rules_of(p, id, p->sites[site].twin);
        return out;
    }
    if (role->base != ID_NONE) {
        const struct role_rules *base = rules_of(p, role->base, site);
        for (size_t i = 0; i < base->atoms.n; i++)
            *ARENA_PUSH(p->arena, &out->atoms) = base->atoms.items[i];
        for (size_t i = 0; i < base->urls.n; i++)
            *ARENA_PUSH(p->arena, &out->urls) = base->urls.items[i];
    } else if (role->cluster_role.n > 0) {
        const struct rbac_object *base = cluster_role_find(cluster, role->cluster_role);
        if (base)
            atoms_of_rules(p, base, src_of(p->arena, &written->base.pos), out);
        else
            no_cluster_role(p, id, site);
    }
    for (size_t i = 0; i < written->can.n; i++)
        atoms_of_permission(p, &written->can.items[i], out);
    if (written->deny.n > 0)
        atoms_expand(p, cluster, out);
    for (size_t i = 0; i < written->deny.n; i++)
        atoms_deny(p, &written->deny.items[i], out);
    return out;
}

void resolve_roles(struct policy *p)
{
    size_t n = p->tree->roles.n;
    p->roles = ARENA_ARRAY(p->arena, n, struct role);
    for (size_t i = 0; i < n; i++) {
        resolve_base(p, &p->tree->roles.items[i], &p->roles[i]);
        resolve_permissions(p, &p->tree->roles.items[i].can, false);
        resolve_permissions(p, &p->tree->roles.items[i].deny, false);
    }
    for (size_t i = 0; i < n; i++)
        check_chain(p, (uint32_t)i);
    for (size_t i = 0; i < n; i++) {
        p->roles[i].rules = ARENA_ARRAY(p->arena, p->tree->sites.n, struct role_rules);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t site = 0; site < p->tree->sites.n; site++)
            if (p->sites[site].cluster && !p->sites[site].cluster->bindings_only)
                rules_of(p, (uint32_t)i, site);
}
