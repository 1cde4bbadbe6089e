/*
 * `reach`: unlike a single permission, a detour can take several things together, so that two
 * groups reach what neither does alone. Asked is therefore once for all subjects that are not left
 * out, as if they were one token: what they do not reach together no token reaches.
 */
#include "policy/analysis/policy_prove_inside.h"
#include "policy/analysis/policy_reach.h"

struct reaching {
    struct prover *v;
    uint32_t id;
    size_t site;
    struct prove_result *r;
    struct reach_goal goal;
};

static bool reaches(const struct reaching *q, const struct ids *subjects)
{
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    return reach_ask(q->v->sites[q->site].reach, subjects->items, subjects->n, &q->goal, &scratch)
        .reached;
}

/* Fewer subjects that still reach it: one alone if there is such a one, else without any that is
 * not needed. */
static struct ids fewest(const struct reaching *q, struct ids subjects)
{
    struct arena *a = q->v->a;
    for (size_t i = 0; i < subjects.n; i++) {
        const struct ids one = {&subjects.items[i], 1, 0};
        if (reaches(q, &one))
            return one;
    }
    for (size_t i = subjects.n; i > 0 && subjects.n > 1; i--) {
        struct ids less = {0};
        for (size_t k = 0; k < subjects.n; k++)
            if (k != i - 1)
                *ARENA_PUSH(a, &less) = subjects.items[k];
        if (reaches(q, &less))
            subjects = less;
    }
    return subjects;
}

static void show(const struct reaching *q, const struct ids *subjects)
{
    struct prover *v = q->v;
    struct prove_result *r = q->r;
    const struct prove_site *s = &v->sites[q->site];
    struct reach_answer way = reach_ask(s->reach, subjects->items, subjects->n, &q->goal, v->a);
    r->steps = way.steps;
    uint32_t first = way.subject != ID_NONE ? way.subject : subjects->items[0];
    struct cell_at cell = {(uint32_t)q->site, first, 0};
    struct prove_example *e = prove_asks(v, &cell, &way.first);
    struct str *groups = ARENA_ARRAY(v->a, subjects->n + 1, struct str);
    size_t n = 0;
    for (size_t i = 0; i < subjects->n; i++) {
        struct rbac_subject subject = prove_subject(s->x->u, subjects->items[i]);
        if (subject.kind == RBAC_GROUP)
            groups[n++] = subject.name;
    }
    if (subjects->n > 1)
        e->groups = (struct strs){groups, n};
    r->example = e;
}

static void ask(const struct reaching *q, const struct ids *subjects)
{
    struct prover *v = q->v;
    struct ids everybody = {&v->sites[q->site].everybody, 1, 0};
    if (subjects->n == 0) /* whoever comes has this at least */
        subjects = &everybody;
    q->r->n_asked += subjects->n;
    if (subjects->items[0] == ID_NONE)
        return;
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    struct reach_answer all =
        reach_ask(v->sites[q->site].reach, subjects->items, subjects->n, &q->goal, &scratch);
    if (!all.reached)
        return;
    q->r->n_broken++;
    if (q->r->example)
        return;
    struct ids starts = {0};
    for (size_t i = 0; i < all.n_starts; i++)
        *ARENA_PUSH(v->a, &starts) = all.starts[i];
    if (starts.n == 0) /* it begins with what everybody has */
        *ARENA_PUSH(v->a, &starts) = subjects->items[0];
    starts = fewest(q, starts);
    show(q, &starts);
}

static struct ids everybody_but(const struct reaching *q)
{
    const struct prover *v = q->v;
    const struct invariant *inv = &v->p->invariants[q->id];
    struct exempt_roles *holders = prove_exempt_roles(v, q->site, inv);
    struct ids out = {0};
    uint32_t n = access_n_subjects(v->sites[q->site].x->u);
    for (uint32_t i = 0; i < n; i++)
        if (!prove_exempt(v, q->site, inv, i) && !prove_exempt_anywhere(holders, i))
            *ARENA_PUSH(v->a, &out) = i;
    return out;
}

/* False: nowhere on this site. */
static bool set_goal(struct reaching *q, uint32_t team)
{
    const struct prover *v = q->v;
    const struct invariant *inv = &v->p->invariants[q->id];
    const struct prove_site *s = &v->sites[q->site];
    struct spot spot = prove_spot(v, q->site, inv, team);
    struct str *names = ARENA_ARRAY(v->a, spot.namespaces.n + 1, struct str);
    for (size_t i = 0; i < spot.namespaces.n; i++)
        names[i] = s->cluster->namespaces[spot.namespaces.items[i]].name;
    q->goal = (struct reach_goal){
        .role = CONCAT(v->a, STR(RBAC_PREFIX), v->p->tree->roles.items[inv->reach].name.text),
        .cluster_wide = v->p->roles[inv->reach].cluster && spot.everywhere,
        .namespaces = spot.everywhere ? NULL : names,
        .n_namespaces = spot.namespaces.n};
    return !spot.nowhere;
}

static void ask_site(struct reaching *q)
{
    struct prover *v = q->v;
    const struct policy_invariant *written = q->r->invariant;
    const struct invariant *inv = &v->p->invariants[q->id];
    struct ids subjects = {0};
    switch (written->who.kind) {
    case WHO_ANY:
        subjects = everybody_but(q);
        if (set_goal(q, ID_NONE))
            ask(q, &subjects);
        break;
    case WHO_PERSON:
        subjects = prove_person_subjects(v, q->site, written->who.name.text, true);
        if (set_goal(q, ID_NONE))
            ask(q, &subjects);
        break;
    case WHO_TEAM:
        subjects = prove_team_subjects(v, q->site, inv->team);
        if (set_goal(q, inv->team))
            ask(q, &subjects);
        break;
    case WHO_EACH_TEAM:
        for (uint32_t team = 0; team < v->p->tree->teams.n; team++) {
            subjects = prove_team_subjects(v, q->site, team);
            if (set_goal(q, team))
                ask(q, &subjects);
        }
        break;
    case WHO_ONE_PERSON: break; /* policy_sod.c */
    }
}

void prove_reach(struct prover *v, uint32_t id, struct prove_result *r)
{
    for (size_t site = 0; site < v->p->tree->sites.n; site++) {
        struct prove_site *s = &v->sites[site];
        if (!s->x || !(v->p->invariants[id].place.sites & site_bit(site)))
            continue;
        if (!s->reach)
            s->reach = reach_new(v->a, s->x, s->cluster);
        struct reaching q = {.v = v, .id = id, .site = site, .r = r};
        r->sites |= site_bit(site);
        ask_site(&q);
    }
    prove_assume(v, r,
                 STR("a pod may run under every service account of its namespace, and a "
                     "secret may hold a token"));
    prove_assume(v, r, STR("pod security is enforced where no label says `privileged`"));
}
