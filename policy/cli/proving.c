#include "policy/cli/proving.h"

#include "policy/cluster/plan.h"

/* What apply would leave: the policy's objects, and what is there and not ours. */
static const struct rbac_set *after_apply(struct run *s, const struct policy *policy,
                                          const struct cluster *c)
{
    struct rbac_set want, *result = ARENA_NEW(s->arena, struct rbac_set);
    struct plan plan = {.arena = s->arena, .prune = true};
    if (run_emit(s, policy, c, &want, &s->err) < 0 ||
        plan_make(&plan, &want, &c->objects, &s->err) < 0 ||
        plan_result(&plan, &c->objects, result, &s->err) < 0)
        return NULL;
    rbac_set_sort(result);
    return result;
}

int proving_open(struct run *s, const struct policy *policy, struct policy_proving *ret)
{
    const struct access **all =
        ARENA_ARRAY(s->arena, policy_n_sites(policy) + 1, const struct access *);
    const struct rbac_set **sets =
        ARENA_ARRAY(s->arena, s->n_clusters + 1, const struct rbac_set *);
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        sets[i] = after_apply(s, policy, c);
        const struct universe *u =
            sets[i] ? universe_new(s->arena, &sets[i], 1, &c->data.resources, &s->err) : NULL;
        const struct access *x = u ? access_new(s->arena, u, sets[i], &s->err) : NULL;
        if (!x)
            return -1;
        all[run_site(policy, c)] = x;
    }
    *ret = (struct policy_proving){policy, all, s->now_ms, s->arena};
    return 0;
}

/* The policy, resolved as if there were a namespace in every space. NULL: there is already. */
static const struct policy *fill_spaces(struct run *s, const struct policy *policy)
{
    struct policy_input input = s->input;
    struct policy_cluster *clusters =
        ARENA_ARRAY(s->arena, input.n_clusters + 1, struct policy_cluster);
    struct diags said_already;
    size_t n_all = 0;
    for (size_t i = 0; i < input.n_clusters; i++) {
        struct policy_cluster *c = &clusters[i];
        const struct policy_namespace *more;
        *c = input.clusters[i];
        uint32_t site = policy_site_find(policy, c->site);
        size_t n = site == ID_NONE ? 0 : policy_future_namespaces(policy, site, s->arena, &more);
        if (n == 0)
            continue;
        struct policy_namespace *all =
            ARENA_ARRAY(s->arena, c->n_namespaces + n, struct policy_namespace);
        for (size_t k = 0; k < c->n_namespaces + n; k++)
            all[k] = k < c->n_namespaces ? c->namespaces[k] : more[k - c->n_namespaces];
        c->namespaces = all;
        c->n_namespaces += n;
        n_all += n;
    }
    input.clusters = clusters;
    diags_init(&said_already, s->arena);
    return n_all ? policy_resolve(s->arena, policy_tree_of(policy), &input, &said_already) : NULL;
}

int proving_ask(struct run *s, const struct policy_proving *in, struct prove_results *ret)
{
    struct policy_proving later;
    bool kept = false;
    *ret = policy_prove_all(in);
    for (size_t i = 0; i < ret->n; i++)
        kept = kept || (!ret->items[i].invariant->always && ret->items[i].status == PROVE_KEPT);
    const struct policy *filled = kept ? fill_spaces(s, in->policy) : NULL;
    if (!filled)
        return 0;
    if (proving_open(s, filled, &later) < 0)
        return -1;
    policy_prove_later(ret, &later);
    return 0;
}
