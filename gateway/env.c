#include "gateway/env.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"
#include "gateway/config_internal.h"
#include "jose/signer_local.h"

struct env {
    _Atomic unsigned refs;
    struct config *config;
    struct arena arena;
    struct connector **connectors;
    size_t n_connectors;
    struct oidc_env oidc;
};

static void free_parts(struct env *e)
{
    for (size_t i = 0; i < e->n_connectors; i++)
        e->connectors[i]->ops->free(e->connectors[i]);
    if (e->oidc.policy)
        policy_snapshot_unref(e->oidc.policy);
    if (e->oidc.signer)
        signer_local_free(e->oidc.signer);
    keyset_unref(e->oidc.keyset);
    arena_fini(&e->arena);
}

/* --- policy */

static const struct snapshot_site *site_of_policy(const struct policy_snapshot *p, struct str name)
{
    const struct snapshot_site *sites;
    size_t n = policy_snapshot_sites(p, &sites);
    for (size_t i = 0; i < n; i++)
        if (str_eq(sites[i].name, name))
            return &sites[i];
    return NULL;
}

/* The two files must mean the same clusters, or tokens would carry the groups of no cluster at all.
 */
static void check_sites(const struct config *c, const struct policy_snapshot *p, struct diags *d)
{
    struct pos pos = config_pos(c, "kubernetes", "sites");
    for (size_t i = 0; i < c->oidc.n_sites; i++) {
        const struct kubernetes_site *site = &c->oidc.sites[i];
        const struct snapshot_site *other = site_of_policy(p, site->name);
        if (!other)
            diag_warn(d, pos, "the policy knows no site '%.*s': nobody has rights there",
                      STR_F(site->name));
        else if (!str_eq(other->audience, site->audience))
            diag_error(d, pos, "site '%.*s' has the audience '%.*s' here and '%.*s' in the policy",
                       STR_F(site->name), STR_F(site->audience), STR_F(other->audience));
    }
}

static struct policy_snapshot *read_policy(struct config *c, struct diags *d)
{
    const struct policy_loader files = {config_policy_file, c};
    if (!c->policy_source.name)
        return NULL;
    struct policy_snapshot *p = policy_snapshot_new(&c->policy_source, &files, d);
    if (p)
        check_sites(c, p, d);
    return p;
}

/* --- connectors */

static void open_connectors(struct env *e, struct diags *d)
{
    const struct connector_configs *k = &e->config->connectors;
    e->connectors = ARENA_ARRAY(&e->arena, k->n, struct connector *);
    for (size_t i = 0; i < k->n; i++) {
        struct err problem = {0};
        if (connector_open(&k->items[i], &clock_system, &e->connectors[e->n_connectors],
                           &problem) == 0)
            e->n_connectors++;
        else
            diag_error(d, k->items[i].pos, "connector '%.*s': %s", STR_F(k->items[i].id),
                       problem.text);
    }
}

void env_check(struct config *config, struct diags *d)
{
    struct env e = {.config = config};
    arena_init(&e.arena, ARENA_NO_MAX);
    open_connectors(&e, d);
    e.oidc.policy = read_policy(config, d);
    free_parts(&e);
}

/* --- the signer: every client is an audience, and the issuer for its own userinfo */

static struct signer *make_signer(const struct config *c, struct keyset *keyset)
{
    const struct oidc_settings *o = &c->oidc;
    struct signer_limits limits = {.issuer = o->issuer, .n_audiences = o->n_clients + 1};
    struct str *audiences = mem_array(limits.n_audiences, sizeof(*audiences));
    int64_t longest_ms =
        o->id_token_ttl_ms > o->access_token_ttl_ms ? o->id_token_ttl_ms : o->access_token_ttl_ms;
    audiences[0] = o->issuer;
    for (size_t i = 0; i < o->n_clients; i++) {
        audiences[i + 1] = o->clients[i].id;
        if (o->clients[i].id_token_ttl_ms > longest_ms)
            longest_ms = o->clients[i].id_token_ttl_ms;
    }
    limits.audiences = audiences;
    limits.max_lifetime_s = longest_ms / 1000;
    struct signer *s = signer_local_new(keyset, &limits);
    mem_free(audiences);
    return s;
}

struct env *env_new(struct config *config, const struct env_parts *parts, struct diags *d)
{
    struct env *e = MEM_NEW(struct env);
    struct err problem = {0};
    atomic_store(&e->refs, 1);
    e->config = config;
    arena_init(&e->arena, ARENA_NO_MAX);
    open_connectors(e, d);
    e->oidc = (struct oidc_env){.settings = &config->oidc,
                                .policy = read_policy(config, d),
                                .connectors = e->connectors,
                                .n_connectors = e->n_connectors,
                                .store = parts->store,
                                .keyset = keyset_ref(parts->keyset),
                                .signer = make_signer(config, parts->keyset),
                                .sealer = parts->sealer,
                                .clock = &clock_system,
                                .random = &random_system,
                                .events = parts->events,
                                .throttle = parts->throttle};
    if (d->n_errors == 0 && oidc_prepare(&e->oidc, &e->arena, &problem) < 0)
        diag_error(d, (struct pos){0}, "%s", problem.text);
    if (d->n_errors == 0)
        return e;
    free_parts(e);
    mem_free(e);
    return NULL;
}

struct env *env_ref(struct env *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void env_unref(struct env *e)
{
    if (!e || atomic_fetch_sub(&e->refs, 1) != 1)
        return;
    free_parts(e);
    config_free(e->config);
    mem_free(e);
}

const struct config *env_config(const struct env *e)
{
    return e->config;
}

struct oidc_env *env_oidc(struct env *e)
{
    return &e->oidc;
}

struct env *env_of_oidc(struct oidc_env *o)
{
    return (struct env *)(void *)((char *)o - offsetof(struct env, oidc));
}
