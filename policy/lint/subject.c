/* How the subjects of bindings are called: by the words of the policy where it has made them. */
#include "policy/lint/lint_inside.h"

static void name_group(struct linter *l, struct str group, struct str name)
{
    uint32_t id = intern_find(&l->x->u->subject_groups, CONCAT(l->arena, STR(RBAC_PREFIX), group));
    if (id == ID_NONE)
        return;
    struct str *slot = &l->subject_names[id];
    if (slot->n == 0)
        *slot = name;
    else if (!str_eq(*slot, name))
        *slot = CONCAT(l->arena, *slot, STR(", "), name);
}

static void name_jit(struct linter *l, const struct ids *spaces, uint32_t role, struct str name)
{
    if (l->p->roles[role].cluster)
        name_group(l, jit_group(l->p, ID_NONE, role, l->arena), name);
    for (size_t i = 0; i < spaces->n; i++)
        name_group(l, jit_group(l->p, spaces->items[i], role, l->arena), name);
}

static void name_ours(struct linter *l)
{
    const struct policy *p = l->p;
    const struct policy_tree *t = p->tree;
    for (uint32_t i = 0; i < t->teams.n; i++)
        name_group(l, team_group(p, i, l->arena),
                   CONCAT(l->arena, STR("team "), t->teams.items[i].name.text));
    for (size_t i = 0; i < t->requests.n && p->requests; i++)
        if (p->requests[i].usable)
            name_jit(l, &p->requests[i].spaces, p->requests[i].role,
                     CONCAT(l->arena, STR("request "), t->requests.items[i].name.text));
    for (size_t i = 0; i < t->grants.n; i++)
        if (p->grants[i].usable && t->grants.items[i].until.ms != TIME_NONE)
            name_jit(l, &p->grants[i].spaces, p->grants[i].role,
                     CONCAT(l->arena, STR("team "), t->grants.items[i].team.text));
    for (size_t i = 0; i < t->breakglass.n && p->breakglass; i++)
        if (p->breakglass[i].usable)
            name_group(
                l, CONCAT(l->arena, STR("bg:"), t->roles.items[p->breakglass[i].role].name.text),
                CONCAT(l->arena, STR("breakglass "), t->breakglass.items[i].name.text));
    for (size_t i = 0; i < t->ci.n && p->ci; i++)
        if (p->ci[i].usable && p->ci[i].group.n > 0)
            name_group(l, p->ci[i].group, CONCAT(l->arena, STR("ci "), t->ci.items[i].name.text));
}

static struct str account_name(struct linter *l, struct str user)
{
    struct str namespace, name;
    const struct policy_tree *t = l->p->tree;
    user = str_from_to(user, sizeof("system:serviceaccount:") - 1, user.n);
    if (!str_split(user, ':', &namespace, &name))
        return user;
    for (size_t i = 0; i < t->ci.n && l->p->ci && !l->foreign; i++)
        if (l->p->ci[i].usable && str_eq(l->p->ci[i].sa_namespace, namespace) &&
            str_eq(l->p->ci[i].sa_name, name))
            return CONCAT(l->arena, STR("ci "), t->ci.items[i].name.text);
    return CONCAT(l->arena, STR("ServiceAccount "), namespace, STR("/"), name);
}

void name_subjects(struct linter *l)
{
    const struct universe *u = l->x->u;
    size_t n = 0;
    l->subject_names = ARENA_ARRAY(l->arena, access_n_subjects(u), struct str);
    if (!l->foreign)
        name_ours(l);
    for (size_t i = 0; i < u->subject_groups.n; i++, n++)
        if (l->subject_names[n].n == 0)
            l->subject_names[n] = CONCAT(l->arena, STR("Group "), u->subject_groups.items[i]);
    for (size_t i = 0; i < u->subject_users.n; i++)
        l->subject_names[n++] = CONCAT(l->arena, STR("User "), u->subject_users.items[i]);
    for (size_t i = 0; i < u->subject_accounts.n; i++)
        l->subject_names[n++] = account_name(l, u->subject_accounts.items[i]);
}

struct strs names_of_bits(const struct linter *l, const uint64_t *subjects)
{
    uint32_t n = access_n_subjects(l->x->u);
    struct str *names = ARENA_ARRAY(l->arena, n, struct str);
    size_t n_names = 0;
    for (uint32_t i = 0; i < n; i++)
        if (subjects[i / 64] >> (i % 64) & 1)
            names[n_names++] = l->subject_names[i];
    return strs_sorted(l->arena, (struct strs){names, n_names});
}
