#include "policy/cli/site_plan.h"

#include "policy/cli/lock_file.h"

size_t site_plan_n_steps(const struct site_plan *p)
{
    return p->plan.n + p->n_manifests;
}

/* The admission policies stand before what they protect is written. */
static int look_at_manifests(struct run *s, struct site_plan *p, struct api *api)
{
    struct policy_owners owners = run_owners(s);
    struct manifests lists[3];
    size_t site = run_site(s->policy, p->cluster);
    policy_emit_binder(s->policy, &owners, s->arena, &lists[0]);
    policy_emit_vap(s->policy, site, &owners, s->arena, &lists[1]);
    policy_emit_ci_accounts(s->policy, site, s->arena, &lists[2]);
    p->manifests =
        ARENA_ARRAY(s->arena, lists[0].n + lists[1].n + lists[2].n + 1, struct manifest_step);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < lists[k].n; i++) {
            struct manifest *want = ARENA_NEW(s->arena, struct manifest);
            struct manifest_step *step = &p->manifests[p->n_manifests];
            *want = lists[k].items[i];
            if (manifest_look(api, s->arena, want, step, &s->err) < 0)
                return fail_within(&s->err, "%.*s", STR_F(p->cluster->site));
            p->n_manifests += step->change != MANIFEST_SAME;
            p->n_manifests_same += step->change == MANIFEST_SAME;
        }
    return 0;
}

static bool is_owner(const struct policy_owners *owners, const struct api_self *self)
{
    static const struct str group_prefix = {"group:", 6};
    if (strs_has(self->groups, STR("system:masters")))
        return true;
    for (size_t i = 0; i < owners->platform.n; i++) {
        struct str who = owners->platform.items[i];
        bool group = str_starts(who, group_prefix);
        if (group && strs_has(self->groups, str_from_to(who, group_prefix.n, who.n)))
            return true;
        if (!group && str_eq(who, self->username))
            return true;
    }
    return false;
}

/* Whoever sets up the admission policies must be one of those whom they let through, or the next
 * run could not write any more. */
static int check_identity(struct run *s, const struct cluster *c, struct api *api)
{
    struct policy_owners owners = run_owners(s);
    struct api_self self = {0};
    if (api_self(api, s->arena, &self, &s->err) < 0)
        return fail_within(&s->err, "%.*s", STR_F(c->site));
    if (is_owner(&owners, &self))
        return 0;
    return fail(&s->err, ERR_CONFIG,
                "%.*s: the API server takes us for '%.*s': the admission policies would lock it "
                "out. Say --platform %.*s (or --platform group:ONE-OF-ITS-GROUPS), in every run",
                STR_F(c->site), STR_F(self.username), STR_F(self.username));
}

static int plan_site(struct run *s, const struct cluster *c, struct api *api, struct site_plan *p)
{
    const struct cli_options *o = s->options;
    p->cluster = c;
    p->plan =
        (struct plan){.arena = s->arena, .prune = !o->no_prune, .grants_first = o->grants_first};
    if (run_emit(s, s->policy, c, &p->want, &s->err) < 0 ||
        plan_make(&p->plan, &p->want, &c->objects, &s->err) < 0)
        return -1;
    if (!o->allow_shrink && plan_guard(&p->plan, c->site, o->max_prune, &s->err) < 0)
        return -1;
    if (!o->cluster_wide || !api)
        return 0;
    if (check_identity(s, c, api) < 0)
        return -1;
    return look_at_manifests(s, p, api);
}

/* Groups of yesterday are no ground for giving or taking anything today. */
static int check_age(struct run *s)
{
    auto_buf text = BUF_INIT(64);
    int64_t read_ms = s->directory.read_ms, max_ms = s->tree->ldap.max_age;
    if (read_ms == 0 || s->now_ms - read_ms <= max_ms)
        return 0;
    time_format(&text, read_ms, false);
    return fail(&s->err, ERR_BACKEND,
                "the directory was read at %s, %lld minutes ago, and ldap.max_age is %lld: nothing "
                "is written; read it again, or say --allow-shrink",
                buf_cstr(&text), (long long)((s->now_ms - read_ms) / 60000),
                (long long)(max_ms / 60000));
}

int site_plans_make(struct run *s, struct site_plan **ret)
{
    struct site_plan *plans = ARENA_ARRAY(s->arena, s->n_clusters + 1, struct site_plan);
    if (s->has_directory && !s->options->allow_shrink &&
        (check_age(s) < 0 || lock_file_guard(s, lock_file_path(s), &s->err) < 0))
        return -1;
    for (size_t i = 0; i < s->n_clusters; i++) {
        if (plan_site(s, &s->clusters[i], s->apis[i], &plans[i]) == 0)
            continue;
        if (s->err.class != ERR_BACKEND)
            return -1;
        (void)run_fail(s);
        plans[i].refused = true;
    }
    *ret = plans;
    return 0;
}
