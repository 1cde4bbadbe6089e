/* Rules that match nothing, or nothing where they are bound. */
#include "policy/lint/lint_inside.h"

static const struct str known_verbs[] = {
#define VERB(name, standard) {name, sizeof(name) - 1},
#include "policy/rbac/verbs.tbl.h"
#undef VERB
};
static const struct {
    const char *group, *resource;
} virtuals[] = {
#define VIRTUAL(group, resource) {group, resource},
#include "policy/rbac/virtual.tbl.h"
#undef VIRTUAL
};

struct inert {
    struct linter *l;
    struct intern resources; /* "group/resource" of the discovery */
    struct intern verbs;
    bool *wide, *inside; /* by object: how the role is bound */
    const struct rbac_object **binding;
};

static void index_discovery(struct inert *n)
{
    struct arena *a = n->l->arena;
    const struct policy_resources *all = &n->l->cluster->resources;
    n->resources.arena = n->verbs.arena = a;
    for (size_t i = 0; i < sizeof(known_verbs) / sizeof(*known_verbs); i++)
        intern_add(&n->verbs, known_verbs[i]);
    for (size_t i = 0; i < sizeof(virtuals) / sizeof(*virtuals); i++)
        intern_add(&n->resources,
                   CONCAT(a, STR_C(virtuals[i].group), STR("/"), STR_C(virtuals[i].resource)));
    for (size_t i = 0; i < all->n; i++) {
        const struct policy_resource *r = &all->items[i];
        intern_add(&n->resources, CONCAT(a, r->group, STR("/"), r->resource,
                                         r->subresource.n ? STR("/") : STR_NONE, r->subresource));
        for (size_t v = 0; v < r->verbs.n; v++)
            intern_add(&n->verbs, r->verbs.items[v]);
    }
}

static void index_roles(struct inert *n)
{
    const struct access *x = n->l->x;
    n->wide = ARENA_ARRAY(n->l->arena, x->set->n, bool);
    n->inside = ARENA_ARRAY(n->l->arena, x->set->n, bool);
    n->binding = ARENA_ARRAY(n->l->arena, x->set->n, const struct rbac_object *);
    for (size_t i = 0; i < x->set->n; i++) {
        if (!x->roles[i])
            continue;
        size_t role = (size_t)(x->roles[i] - x->set->items);
        bool wide = x->set->items[i].kind == RBAC_CLUSTER_ROLE_BINDING;
        *(wide ? &n->wide[role] : &n->inside[role]) = true;
        if (!n->binding[role])
            n->binding[role] = &x->set->items[i];
    }
}

/* --- saying */

static struct str role_who(const struct linter *l, const struct rbac_object *role)
{
    if (!l->foreign)
        return CONCAT(l->arena, STR("role "),
                      str_from_to(role->name, sizeof(RBAC_PREFIX) - 1, role->name.n));
    if (role->kind == RBAC_ROLE)
        return CONCAT(l->arena, STR("Role "), role->namespace, STR("/"), role->name);
    return CONCAT(l->arena, STR("ClusterRole "), role->name);
}

static struct policy_finding *say(struct linter *l, const char *rule,
                                  const struct rbac_object *role, struct str src)
{
    struct str who = role_who(l, role);
    const struct acceptable what = {rule, who, STR_NONE, STR_NONE};
    bool new;
    if (accepted(l, &what))
        return NULL;
    struct policy_finding like = {.rule = policy_rule_find(STR_C(rule)),
                                  .foreign = l->foreign,
                                  .who = who,
                                  .pos = l->foreign ? (struct pos){0} : pos_of_src(l->p, src),
                                  .object = l->foreign ? who : STR_NONE};
    like.severity = like.rule->severity;
    struct policy_finding *f = finding_for(l, &like, &new);
    f->message = CONCAT(l->arena, who, STR(": "), f->rule->title);
    return f;
}

/* --- L40 */

static bool is_star(struct str s)
{
    return str_starts(s, STR("*"));
}

static bool verbs_known(const struct inert *n, const struct rbac_rule *rule)
{
    for (size_t i = 0; i < rule->verbs.n; i++)
        if (is_star(rule->verbs.items[i]) || str_starts(rule->verbs.items[i], STR("impersonate")) ||
            intern_find(&n->verbs, rule->verbs.items[i]) != ID_NONE)
            return true;
    return false;
}

static bool resources_known(const struct inert *n, const struct rbac_rule *rule)
{
    for (size_t g = 0; g < rule->api_groups.n; g++)
        for (size_t r = 0; r < rule->resources.n; r++) {
            struct str group = rule->api_groups.items[g], resource = rule->resources.items[r];
            if (is_star(group) || is_star(resource) || /* some of authentication.k8s.io's are made
                                                          of the keys of extra fields */
                str_starts(resource, STR("userextras/")) ||
                intern_find(&n->resources, CONCAT(n->l->arena, group, STR("/"), resource)) !=
                    ID_NONE)
                return true;
        }
    return false;
}

static struct str rule_text(struct arena *a, const struct rbac_rule *rule)
{
    struct str group = rule->api_groups.n ? rule->api_groups.items[0] : STR_NONE;
    struct str resource = rule->resources.n ? rule->resources.items[0] : STR_NONE;
    return CONCAT(a, strs_join(a, rule->verbs, ','), STR(" "), group, STR("/"), resource,
                  rule->resources.n > 1 || rule->api_groups.n > 1 ? STR(",...") : STR_NONE);
}

static void look_at_rule(const struct inert *n, const struct rbac_object *role,
                         const struct rbac_rule *rule)
{
    struct linter *l = n->l;
    if (rule->resources.n == 0 || rule->api_groups.n == 0 || rule->verbs.n == 0)
        return;
    bool verbs = verbs_known(n, rule);
    if (verbs && resources_known(n, rule))
        return;
    struct policy_finding *f = say(l, "L40", role, rule->src);
    if (!f)
        return;
    struct str atom = rule_text(l->arena, rule);
    finding_add_strs(l, &f->atoms, (struct strs){&atom, 1});
    finding_add_place(l, f, role->kind == RBAC_CLUSTER_ROLE,
                      (struct strs){&role->namespace, role->kind == RBAC_ROLE});
    const struct intern *names = verbs ? &n->resources : &n->verbs;
    struct str wrong =
        verbs ? CONCAT(l->arena, rule->api_groups.items[0], STR("/"), rule->resources.items[0])
              : rule->verbs.items[0];
    struct str near = nearest_name(wrong, names->items, names->n);
    f->mend =
        arena_fmt(l->arena, "there is no '%.*s' on %.*s%s%.*s%s", STR_F(wrong), STR_F(site_name(l)),
                  near.n ? ": did you mean '" : "", STR_F(near), near.n ? "'?" : "");
}

/* --- L41: see also lint_text.c for the words of the policy */

static bool only_nameless(const struct rbac_rule *rule)
{
    for (size_t i = 0; i < rule->verbs.n; i++) {
        struct str v = rule->verbs.items[i];
        if (!str_is(v, "create") && !str_is(v, "list") && !str_is(v, "watch") &&
            !str_is(v, "deletecollection"))
            return false;
    }
    return rule->resource_names.n > 0 && rule->resources.n > 0;
}

static void look_at_names(const struct inert *n, const struct rbac_object *role,
                          const struct rbac_rule *rule)
{
    struct policy_finding *f = only_nameless(rule) ? say(n->l, "L41", role, rule->src) : NULL;
    if (!f)
        return;
    struct str atom = rule_text(n->l->arena, rule);
    finding_add_strs(n->l, &f->atoms, (struct strs){&atom, 1});
    finding_add_place(n->l, f, role->kind == RBAC_CLUSTER_ROLE,
                      (struct strs){&role->namespace, role->kind == RBAC_ROLE});
    f->mend = STR("leave the names out, or take verbs that carry one");
}

/* --- L42 and L44: what the whole role holds */

static uint64_t target_verbs(const struct access *x, uint32_t set, const struct target *t)
{
    uint64_t any = 0;
    for (uint32_t k = 0; k <= t->n_names; k++)
        for (uint32_t w = 0; w < x->u->words; w++)
            any |= x->items[set].w[(t->first + k) * x->u->words + w];
    return any;
}

static bool counts_inside(const struct access *x, uint32_t set)
{
    const struct universe *u = x->u;
    for (size_t i = 0; i < u->n; i++) {
        const struct target *t = &u->items[i];
        bool of_namespace = t->resource != ID_NONE &&
                            str_starts(u->resources.items[t->resource], STR("namespaces"));
        /* bind is asked in the namespace of the binding */
        bool of_roles =
            t->resource != ID_NONE && str_is(u->resources.items[t->resource], "clusterroles");
        if ((!t->known || t->namespaced || of_namespace || of_roles) && target_verbs(x, set, t))
            return true;
    }
    return false;
}

static void look_at_scope(const struct inert *n, size_t object)
{
    struct linter *l = n->l;
    const struct rbac_object *role = &l->x->set->items[object];
    uint32_t set = l->x->role_sets[object];
    if (!n->inside[object] || n->wide[object] || set == 0 || counts_inside(l->x, set))
        return;
    struct policy_finding *f = say(l, "L42", role, n->binding[object]->src);
    if (!f)
        return;
    const struct rbac_object *b = n->binding[object];
    finding_add_place(l, f, false, (struct strs){&b->namespace, 1});
    f->mend = l->foreign ? STR("bind it by a ClusterRoleBinding, or delete the binding")
                         : CONCAT(l->arena, STR("make "), f->who,
                                  STR(" `cluster: true`, or take the grant away"));
}

static void look_at_gap(const struct inert *n, size_t object)
{
    struct linter *l = n->l;
    const struct rbac_object *role = &l->x->set->items[object];
    const struct policy_resources *all = &l->cluster->resources;
    uint32_t set = l->x->role_sets[object];
    struct policy_finding *f = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct policy_resource *r = &all->items[i];
        struct rbac_question q = {.api_group = r->group, .resource = r->resource};
        if (r->subresource.n > 0 || !r->namespaced || !strs_has(r->verbs, STR("create")) ||
            !strs_has(r->verbs, STR("patch")))
            continue;
        uint32_t class = universe_class(l->x->u, &q);
        bool create = permset_has(l->x, set, class, universe_verb(l->x->u, STR("create")));
        bool patch = permset_has(l->x, set, class, universe_verb(l->x->u, STR("patch")));
        if (create == patch)
            continue;
        struct str target = CONCAT(l->arena, create ? STR("create ") : STR("patch "), r->group,
                                   STR("/"), r->resource);
        f = f ? f : say(l, "L44", role, role->src);
        if (!f)
            return;
        finding_add_strs(l, &f->atoms, (struct strs){&target, 1});
        f->mend = STR("give create and patch together, or neither");
    }
}

void lint_inert(struct linter *l)
{
    struct inert n = {.l = l};
    if (!l->cluster || l->cluster->resources.n == 0)
        return;
    index_roles(&n);
    if (l->foreign)
        index_discovery(&n);
    for (size_t i = 0; i < l->x->set->n; i++) {
        const struct rbac_object *o = &l->x->set->items[i];
        if (o->kind > RBAC_ROLE || (!n.wide[i] && !n.inside[i]))
            continue;
        look_at_scope(&n, i);
        if (!l->foreign)
            look_at_gap(&n, i);
        for (size_t r = 0; l->foreign && r < o->n_rules; r++) {
            look_at_rule(&n, o, &o->rules[r]);
            look_at_names(&n, o, &o->rules[r]);
        }
    }
}
