/*
 * L56: the account that writes our RoleBindings, as the cluster has it, against the least it needs:
 * namespaces to read, RoleBindings to write, and bind on the roles of the policy by their names.
 */
#include "policy/lint/lint_inside.h"
#include "policy/rbac/service_account.h"

#define ALLOWED "lotse.io/the-least-it-needs"

static struct strs one(struct arena *a, const char *text)
{
    struct str *s = ARENA_NEW(a, struct str);
    *s = STR_C(text);
    return (struct strs){s, 1};
}

static struct strs listed(struct arena *a, const char *text)
{
    struct str rest = STR_C(text), item;
    struct str *items = ARENA_ARRAY(a, 8, struct str);
    size_t n = 0;
    while (n < 8 && str_next(&rest, ',', &item))
        items[n++] = item;
    return (struct strs){items, n};
}

/* The roles that are bound in namespaces; a cluster-wide one the binder must not be able to give.
 */
static struct strs bindable(const struct linter *l)
{
    struct str *names = ARENA_ARRAY(l->arena, l->p->tree->roles.n + 1, struct str);
    size_t n = 0;
    for (size_t i = 0; i < l->p->tree->roles.n; i++)
        if (!l->p->roles[i].cluster)
            names[n++] = CONCAT(l->arena, STR(RBAC_PREFIX), l->p->tree->roles.items[i].name.text);
    return (struct strs){names, n};
}

static struct rbac_object allowed_role(const struct linter *l)
{
    struct arena *a = l->arena;
    struct strs names = bindable(l), rbac = one(a, RBAC_GROUP_NAME);
    struct rbac_rule *rules = ARENA_ARRAY(a, 3, struct rbac_rule);
    rules[0] = (struct rbac_rule){.verbs = listed(a, "get,list,watch"),
                                  .api_groups = one(a, ""),
                                  .resources = one(a, "namespaces")};
    rules[1] = (struct rbac_rule){.verbs = listed(a, "get,list,watch,create,patch,delete"),
                                  .api_groups = rbac,
                                  .resources = one(a, "rolebindings")};
    rules[2] = (struct rbac_rule){.verbs = one(a, "bind"),
                                  .api_groups = rbac,
                                  .resources = one(a, "clusterroles"),
                                  .resource_names = names};
    return (struct rbac_object){.kind = RBAC_CLUSTER_ROLE,
                                .name = STR(ALLOWED),
                                .rules = rules,
                                .n_rules = names.n ? 3 : 2};
}

static bool is_binder(const struct linter *l, const struct rbac_object *b,
                      const struct rbac_subject *s)
{
    struct str user = s->name;
    if (s->kind == RBAC_SERVICE_ACCOUNT)
        user =
            service_account_user(l->arena, s->namespace.n ? s->namespace : b->namespace, s->name);
    return (s->kind == RBAC_USER || s->kind == RBAC_SERVICE_ACCOUNT) && str_eq(user, l->in->binder);
}

bool is_our_binder(const struct linter *l, const struct rbac_object *binding,
                   const struct rbac_subject *subject)
{
    return l->in->binder.n > 0 && is_binder(l, binding, subject);
}

/* The binder's bindings with it as their only subject, a User here; and all roles they may mean. */
static size_t collect(const struct linter *l, struct rbac_set *out)
{
    const struct rbac_set *live = l->site->live;
    struct rbac_subject *me = ARENA_NEW(l->arena, struct rbac_subject);
    struct intern wanted = {.arena = l->arena};
    size_t n = 0;
    *me = (struct rbac_subject){.kind = RBAC_USER, .name = l->in->binder};
    for (size_t i = 0; i < live->n; i++) {
        const struct rbac_object *b = &live->items[i];
        bool is = false;
        for (size_t k = 0; k < b->n_subjects; k++)
            is = is || is_binder(l, b, &b->subjects[k]);
        if (!is)
            continue;
        struct rbac_object *copy = ARENA_PUSH(l->arena, out);
        *copy = *b;
        copy->subjects = me;
        copy->n_subjects = 1;
        intern_add(&wanted, b->role_name);
        n++;
    }
    for (size_t i = 0; i < live->n; i++)
        if (live->items[i].kind <= RBAC_ROLE &&
            intern_find(&wanted, live->items[i].name) != ID_NONE)
            *ARENA_PUSH(l->arena, out) = live->items[i];
    return n;
}

static void add_excess(struct linter *l, const struct access *x, const uint64_t *words,
                       struct strs *atoms)
{
    const struct universe *u = x->u;
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        for (uint32_t k = 0; k <= t->n_names; k++)
            for (uint32_t v = 0; v <= u->verbs.n; v++) {
                const uint64_t *w = words + (t->first + k) * u->words;
                if (!(w[v / 64] >> (v % 64) & 1))
                    continue;
                struct str star = STR("*");
                struct str atom =
                    CONCAT(l->arena, v < u->verbs.n ? u->verbs.items[v] : star, STR(" "),
                           t->group == ID_NONE ? star : u->groups.items[t->group], STR("/"),
                           t->resource == ID_NONE ? star : u->resources.items[t->resource],
                           k < t->n_names ? STR(" ") : STR_NONE,
                           k < t->n_names ? u->names.items[t->names[k]] : STR_NONE);
                finding_add_strs(l, atoms, (struct strs){&atom, 1});
            }
    }
}

static void report(struct linter *l, struct strs excess)
{
    struct str who = CONCAT(l->arena, STR("User "), l->in->binder);
    const struct acceptable what = {"L56", who, STR_NONE, STR_NONE};
    bool new;
    if (accepted(l, &what))
        return;
    struct policy_finding like = {.rule = policy_rule_find(STR("L56")),
                                  .severity = LINT_CRITICAL,
                                  .foreign = true,
                                  .who = who,
                                  .object = who};
    struct policy_finding *f = finding_for(l, &like, &new);
    finding_add_strs(l, &f->atoms, excess);
    finding_add_strs(l, &f->subjects, (struct strs){&who, 1});
    finding_add_place(l, f, true, (struct strs){0});
    f->message = CONCAT(l->arena, who, STR(": "), f->rule->title);
    f->mend = STR("apply the binder's manifests (50-binder.yaml) again; remove its other bindings");
}

bool lint_binder(struct linter *l)
{
    struct rbac_set *set = ARENA_NEW(l->arena, struct rbac_set);
    const struct rbac_set **sets = ARENA_NEW(l->arena, const struct rbac_set *);
    const struct policy_resources none = {0};
    if (l->in->binder.n == 0 || collect(l, set) == 0)
        return true;
    *ARENA_PUSH(l->arena, set) = allowed_role(l);
    *sets = set;
    const struct universe *u = universe_new(l->arena, sets, 1, &none, l->e);
    const struct access *x = u ? access_new(l->arena, u, set, l->e) : NULL;
    if (!x)
        return false;
    struct strs excess = {0};
    const uint64_t *allowed = x->items[x->role_sets[set->n - 1]].w;
    uint64_t *over = ARENA_ARRAY(l->arena, x->n_words, uint64_t);
    for (size_t i = 0; i < x->n_cells; i++) {
        for (size_t w = 0; w < x->n_words; w++)
            over[w] |= x->items[x->cells[i].value].w[w] & ~allowed[w];
    }
    for (size_t w = u->first_url * u->words; w < x->n_words; w++)
        if (over[w]) {
            struct str urls = STR("URLs");
            finding_add_strs(l, &excess, (struct strs){&urls, 1});
        }
    add_excess(l, x, over, &excess);
    if (excess.n > 0)
        report(l, excess);
    return true;
}
