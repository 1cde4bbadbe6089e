/* Which lines of the policy give a role what fires a check: those of `can`, its own and those of
 * the roles it is based on; else the base that comes from the cluster. */
#include "policy/lint/lint_inside.h"

static const struct str standard_verbs[] = {
#define VERB(name, standard) {name, standard ? sizeof(name) - 1 : 0},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};
#define N_VERBS (sizeof(standard_verbs) / sizeof(*standard_verbs))

static struct strs verbs_of(const struct linter *l, const struct policy_permission *can)
{
    size_t n = 0;
    bool star = str_is(can->verbs.items[0].text, "*");
    struct str *verbs = ARENA_ARRAY(l->arena, star ? N_VERBS : can->verbs.n, struct str);
    for (size_t i = 0; star && i < N_VERBS; i++)
        if (standard_verbs[i].n > 0)
            verbs[n++] = standard_verbs[i];
    for (size_t i = 0; !star && i < can->verbs.n; i++)
        verbs[n++] = can->verbs.items[i].text;
    return (struct strs){verbs, n};
}

static bool can_fires(const struct linter *l, const struct policy_permission *can,
                      struct check_at at)
{
    struct str *names = ARENA_ARRAY(l->arena, can->names.n, struct str);
    struct rbac_rule rule = {.verbs = verbs_of(l, can), .resource_names = {names, can->names.n}};
    for (size_t i = 0; i < can->names.n; i++)
        names[i] = can->names.items[i].text;
    for (size_t i = 0; i < can->n_targets; i++) {
        const struct policy_target *t = &can->targets[i];
        struct str resource = t->resource;
        if (t->subresource.n > 0)
            resource = CONCAT(l->arena, t->resource, STR("/"), t->subresource);
        rule.api_groups = (struct strs){&t->group, 1};
        rule.resources = (struct strs){&resource, 1};
        if (questions_fired_by(&l->questions, &rule, at))
            return true;
    }
    return false;
}

struct causes causes_of(const struct linter *l, uint32_t role, struct check_at at)
{
    struct causes out = {0};
    const struct policy_role *last = &l->p->tree->roles.items[role];
    for (uint32_t id = role; id != ID_NONE; id = l->p->roles[id].base) {
        last = &l->p->tree->roles.items[id];
        for (size_t i = 0; i < last->can.n; i++)
            if (can_fires(l, &last->can.items[i], at))
                *ARENA_PUSH(l->arena, &out) = last->can.items[i].pos;
    }
    out.by_base = out.n == 0;
    if (out.by_base)
        *ARENA_PUSH(l->arena, &out) = last->base.text.n ? last->base.pos : last->name.pos;
    return out;
}
