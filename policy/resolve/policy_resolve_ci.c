/* Resolving machines. What they hold they hold all day, without anybody looking: never a sensitive
 * role. */
#include "policy/resolve/resolved.h"

static void check_role(struct policy *p, const struct policy_ci *ci, uint32_t role)
{
    if (p->tree->roles.items[role].broken)
        return;
    resolve_place(p, &(struct giving){"a ci entry", ci->name.pos, &ci->role, &ci->in}, role);
    if (p->roles[role].sensitive)
        diag_error(p->d, ci->role.pos, "role '%.*s' is sensitive: a machine cannot have it",
                   STR_F(ci->role.text));
}

/* Its pods run in a namespace that the policy does not make. */
static void check_namespace(struct policy *p, const struct policy_ci *ci, const struct ci *out)
{
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        if (!(out->sites & site_bit(site)) || !p->sites[site].cluster ||
            intern_find(&p->sites[site].namespaces, out->sa_namespace) != ID_NONE)
            continue;
        diag_warn(p->d, ci->sa.pos, "site '%.*s' has no namespace '%.*s'",
                  STR_F(p->tree->sites.items[site].name.text), STR_F(out->sa_namespace));
        diag_hint_nearest(p->d, out->sa_namespace, p->sites[site].namespaces.items,
                          p->sites[site].namespaces.n);
        return;
    }
}

static void check_nowhere(struct policy *p, const struct policy_ci *ci, const struct ci *out)
{
    uint64_t somewhere = 0;
    for (size_t i = 0; i < out->spaces.n; i++)
        somewhere |= p->spaces[out->spaces.items[i]].sites & out->sites;
    if (out->usable && ci->in.n > 0 && !somewhere)
        diag_warn(p->d, ci->name.pos, "it holds nowhere: its spaces are on none of its sites");
}

/* An API server takes 64, and the gateway is one of them. */
#define ISSUERS_MAX 63

static void check_issuers(struct policy *p)
{
    for (size_t site = 0; site < p->tree->sites.n; site++) {
        struct intern issuers = {.arena = p->arena};
        for (size_t i = 0; i < p->tree->ci.n; i++) {
            const struct policy_ci *ci = &p->tree->ci.items[i];
            if (ci->issuer.text.n == 0 || !(p->ci[i].sites & site_bit(site)) ||
                intern_add(&issuers, ci->issuer.text) < ISSUERS_MAX)
                continue;
            diag_error(p->d, ci->issuer.pos, "more than %d issuers for site '%.*s'", ISSUERS_MAX,
                       STR_F(p->tree->sites.items[site].name.text));
            return;
        }
    }
}

void resolve_ci(struct policy *p)
{
    size_t n = p->tree->ci.n;
    p->ci = ARENA_ARRAY(p->arena, n, struct ci);
    for (size_t i = 0; i < n; i++) {
        const struct policy_ci *ci = &p->tree->ci.items[i];
        struct ci *out = &p->ci[i];
        *out = (struct ci){.role = ID_NONE};
        if (ci->broken)
            continue;
        out->role = resolve_name(p, "role", &ci->role, &p->role_ids, TREE_ROLES);
        resolve_sites_of(p, &ci->at, &out->sites);
        out->usable = resolve_spaces_of(p, &ci->in, &out->spaces) && out->role != ID_NONE;
        if (out->role != ID_NONE)
            check_role(p, ci, out->role);
        check_nowhere(p, ci, out);
        if (str_split(ci->sa.text, '/', &out->sa_namespace, &out->sa_name))
            check_namespace(p, ci, out);
        else
            out->group = CONCAT(p->arena, STR("ci:"), ci->name.text);
    }
    check_issuers(p);
}
