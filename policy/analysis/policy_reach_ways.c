/* Who begins, by name, and where it should end. */
#include "policy/analysis/policy_prove_inside.h"
#include "policy/analysis/policy_reach.h"
#include "policy/rbac/service_account.h"

struct asking {
    struct prover v;
    struct str to;
    struct prove_reach_ways *out;
};

static void ask(struct asking *q, size_t site, struct str who, const struct ids *subjects)
{
    struct prove_site *s = &q->v.sites[site];
    struct arena *a = q->v.a;
    uint32_t role = intern_find(&q->v.p->role_ids, q->to);
    struct reach_goal goal = {.role = q->to, .cluster_wide = true};
    if (role != ID_NONE) {
        goal.role = CONCAT(a, STR(RBAC_PREFIX), q->to);
        goal.cluster_wide = q->v.p->roles[role].cluster;
    } else
        goal.role = STR_NONE; /* cluster-admin: everything there is */
    if (!s->reach)
        s->reach = reach_new(a, s->x, s->cluster);
    *ARENA_PUSH(a, q->out) = (struct prove_reach_way){
        (uint32_t)site, who,
        reach_ask(s->reach, subjects->items, subjects->n, q->to.n ? &goal : NULL, a)};
}

static void ask_everybody(struct asking *q, size_t site)
{
    const struct prove_site *s = &q->v.sites[site];
    uint32_t n = access_n_subjects(s->x->u);
    for (uint32_t i = 0; i < n; i++) {
        struct rbac_subject subject = prove_subject(s->x->u, i);
        const struct ids one = {&i, 1, 0};
        if (s->control_plane[i])
            continue;
        ask(q, site, prove_subject_text(&subject, q->v.a), &one);
        q->out->n -= !q->out->items[q->out->n - 1].answer.reached;
    }
}

/* A subject by its own name; everybody is told apart by what the name looks like. */
static struct ids by_name(struct asking *q, size_t site, struct str who)
{
    const struct universe *u = q->v.sites[site].x->u;
    struct str namespace, account;
    struct ids out = {0};
    uint32_t id = ID_NONE;
    if (str_split(who, '/', &namespace, &account)) {
        id = intern_find(&u->subject_accounts, service_account_user(q->v.a, namespace, account));
        id = id == ID_NONE ? ID_NONE : id + (uint32_t)(u->subject_groups.n + u->subject_users.n);
        struct strs groups = service_account_groups(q->v.a, namespace);
        for (size_t i = 0; i < groups.n; i++)
            if (intern_find(&u->subject_groups, groups.items[i]) != ID_NONE)
                *ARENA_PUSH(q->v.a, &out) = intern_find(&u->subject_groups, groups.items[i]);
    } else if (str_has(who, ':')) {
        id = intern_find(&u->subject_groups, who);
        if (id == ID_NONE && intern_find(&u->subject_users, who) != ID_NONE)
            id = intern_find(&u->subject_users, who) + (uint32_t)u->subject_groups.n;
    } else
        return prove_person_subjects(&q->v, site, who, true);
    if (id != ID_NONE)
        *ARENA_PUSH(q->v.a, &out) = id;
    return out;
}

static int no_such(struct err *e, const char *what, struct str name, const struct intern *known)
{
    struct str near = nearest_name(name, known->items, known->n);
    if (near.n > 0)
        return fail(e, ERR_CONFIG, "%s '%.*s': did you mean '%.*s'?", what, STR_F(name),
                    STR_F(near));
    return fail(e, ERR_CONFIG, "%s '%.*s'", what, STR_F(name));
}

static bool is_person(struct str who)
{
    return !str_has(who, ':') && !str_has(who, '/') && !str_is(who, "everybody");
}

static int check_names(const struct policy *p, struct str who, struct str to, struct err *e)
{
    struct str team = str_starts(who, STR("team:")) ? str_from_to(who, 5, who.n) : STR_NONE;
    if (to.n > 0 && !str_is(to, "cluster-admin") && intern_find(&p->role_ids, to) == ID_NONE)
        return no_such(e, "--to: the policy has no role", to, &p->role_ids);
    if (team.n > 0 && intern_find(&p->team_ids, team) == ID_NONE)
        return no_such(e, "the policy has no team", team, &p->team_ids);
    if (is_person(who) && p->in->directory && intern_find(&p->people, who) == ID_NONE &&
        intern_find(&p->named, who) == ID_NONE)
        return no_such(e, "the directory has nobody called", who, &p->people);
    return 0;
}

int policy_reach_ways(const struct policy_proving *in, struct str who, struct str to,
                      struct prove_reach_ways *ret, struct err *e)
{
    struct asking q = {{.in = in, .p = in->policy, .a = in->arena}, to, ret};
    *ret = (struct prove_reach_ways){0};
    if (check_names(q.v.p, who, to, e) < 0)
        return -1;
    prove_sites_make(&q.v);
    for (size_t site = 0; site < q.v.p->tree->sites.n; site++) {
        struct ids subjects;
        if (!q.v.sites[site].x)
            continue;
        if (str_is(who, "everybody")) {
            ask_everybody(&q, site);
            continue;
        }
        bool team = str_starts(who, STR("team:"));
        if (team) {
            struct str name = str_from_to(who, 5, who.n);
            subjects = prove_team_subjects(&q.v, site, intern_find(&q.v.p->team_ids, name));
            ask(&q, site, CONCAT(q.v.a, STR("team "), name), &subjects);
        } else {
            subjects = by_name(&q, site, who);
            ask(&q, site, who, &subjects);
        }
    }
    return 0;
}
