#include "policy/cli/proving.h"

#include "policy/cluster/plan.h"
#include "policy/emit/policy_emit_vap.h"
#include "policy/rbac/covers.h"

/* --- the binder: RBAC alone lets it bind our roles anywhere, also in kube-system; what holds it
 * back is lotse-binder-limits. Left out as long as its rights are no more than 50-binder.yaml's. */

static const struct rbac_object *find(const struct rbac_set *set, const struct rbac_object *like)
{
    for (size_t i = 0; i < set->n; i++)
        if (rbac_object_cmp(&set->items[i], like) == 0)
            return &set->items[i];
    return NULL;
}

static bool is_as_emitted(const struct rbac_set *live, const struct rbac_object *wanted)
{
    const struct rbac_object *there = find(live, wanted);
    return there && (wanted->kind == RBAC_CLUSTER_ROLE
                         ? rbac_covers(rbac_rules_of(wanted), rbac_rules_of(there))
                         : rbac_object_same(there, wanted));
}

static int leave_out_binder(struct run *s, const struct policy *policy, struct rbac_set *set,
                            bool *ret_left_out)
{
    struct manifests manifests = {0};
    struct rbac_set binder = {0};
    const struct policy_owners owners = run_owners(s);
    policy_emit_binder(policy, &owners, s->arena, &manifests);
    for (size_t i = 0; i < manifests.n; i++)
        if (rbac_read_json(manifests.items[i].text, s->arena, &binder, &s->err) < 0)
            return -1;
    for (size_t i = 0; i < binder.n; i++)
        if (!is_as_emitted(set, &binder.items[i]))
            return 0;
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) { /* its binding only: others may bind its role, too */
        const struct rbac_object *ours = find(&binder, &set->items[i]);
        if (!ours || ours->kind == RBAC_CLUSTER_ROLE)
            set->items[n++] = set->items[i];
    }
    *ret_left_out = *ret_left_out || n < set->n;
    set->n = n;
    return 0;
}

/* What apply would leave: the policy's objects, and what is there and not ours. */
static const struct rbac_set *after_apply(struct run *s, const struct policy *policy,
                                          const struct cluster *c, bool *ret_left_out)
{
    struct rbac_set want, *result = ARENA_NEW(s->arena, struct rbac_set);
    struct plan plan = {.arena = s->arena, .prune = true};
    if (run_emit(s, policy, c, &want, &s->err) < 0 ||
        plan_make(&plan, &want, &c->objects, &s->err) < 0 ||
        plan_result(&plan, &c->objects, result, &s->err) < 0 ||
        leave_out_binder(s, policy, result, ret_left_out) < 0)
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
    bool left_out = false;
    for (size_t i = 0; i < s->n_clusters; i++) {
        const struct cluster *c = &s->clusters[i];
        sets[i] = after_apply(s, policy, c, &left_out);
        const struct universe *u =
            sets[i] ? universe_new(s->arena, &sets[i], 1, &c->data.resources, &s->err) : NULL;
        const struct access *x = u ? access_new(s->arena, u, sets[i], &s->err) : NULL;
        if (!x)
            return -1;
        all[run_site(policy, c)] = x;
    }
    *ret = (struct policy_proving){policy, all, s->now_ms, s->arena, left_out};
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

void proving_say_left_out(struct run *s, const struct policy_proving *in)
{
    if (in->binder_left_out)
        run_say(s, "left out: the binder (50-binder.yaml); assumed: the admission policies of "
                   "20-vap.yaml are in force and hold it, and nobody gets at its account");
}
