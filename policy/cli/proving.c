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
