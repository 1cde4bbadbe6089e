/* What stands on the cluster beside ours: bindings to nobody, to everybody, to people by name. */
#include "policy/lint/lint_inside.h"

struct live {
    struct linter *l;
    struct intern roles; /* "namespace/name" of roles, "/name" of cluster roles */
    const struct rbac_object **role_objects;
};

/* Everybody, or nearly. */
static bool is_broad(const struct rbac_subject *s)
{
    return s->kind == RBAC_GROUP &&
           (str_starts(s->name, STR("system:serviceaccounts")) ||
            str_is(s->name, "system:authenticated") || str_is(s->name, "system:unauthenticated"));
}

/* A default binding to everybody counts as default only while its role is harmless: the API server
 * adds to default roles what is missing, but takes nothing away. */
static bool is_harmless(const struct rbac_object *role)
{
    for (size_t r = 0; role && r < role->n_rules; r++) {
        const struct rbac_rule *rule = &role->rules[r];
        for (size_t g = 0; g < rule->api_groups.n; g++)
            if (!str_is(rule->api_groups.items[g], "authorization.k8s.io") &&
                !str_is(rule->api_groups.items[g], "authentication.k8s.io"))
                return false;
    }
    return true;
}

static struct str role_key(struct arena *a, struct str namespace, struct str name)
{
    return CONCAT(a, namespace, STR("/"), name);
}

static const struct rbac_object *role_of(struct live *v, const struct rbac_object *binding)
{
    bool cluster = str_is(binding->role_kind, "ClusterRole");
    uint32_t id =
        intern_find(&v->roles, role_key(v->l->arena, cluster ? STR_NONE : binding->namespace,
                                        binding->role_name));
    return id == ID_NONE ? NULL : v->role_objects[id];
}

static void index_roles(struct live *v)
{
    const struct rbac_set *set = v->l->site->live;
    v->roles.arena = v->l->arena;
    v->role_objects = ARENA_ARRAY(v->l->arena, set->n, const struct rbac_object *);
    for (size_t i = 0; i < set->n; i++) {
        const struct rbac_object *o = &set->items[i];
        if (o->kind != RBAC_CLUSTER_ROLE && o->kind != RBAC_ROLE)
            continue;
        uint32_t id = intern_add(&v->roles, role_key(v->l->arena, o->namespace, o->name));
        if (!v->role_objects[id])
            v->role_objects[id] = o;
    }
}

static bool is_binding(const struct rbac_object *o)
{
    return o->kind == RBAC_CLUSTER_ROLE_BINDING || o->kind == RBAC_ROLE_BINDING;
}

static bool is_foreign(struct live *v, const struct rbac_object *binding,
                       const struct rbac_subject *s)
{
    if (is_our_binder(v->l, binding, s)) /* it has a rule of its own */
        return false;
    if (!is_default_subject(binding, s))
        return true;
    return is_broad(s) && !is_harmless(role_of(v, binding));
}

static struct str subject_text(struct linter *l, const struct rbac_object *b,
                               const struct rbac_subject *s)
{
    if (s->kind != RBAC_SERVICE_ACCOUNT)
        return CONCAT(l->arena, s->kind == RBAC_GROUP ? STR("Group ") : STR("User "), s->name);
    return CONCAT(l->arena, STR("ServiceAccount "), s->namespace.n ? s->namespace : b->namespace,
                  STR("/"), s->name);
}

static void say(struct live *v, const char *rule, const struct rbac_object *b, struct str who,
                struct str mend)
{
    struct linter *l = v->l;
    const struct acceptable what = {rule, who, who, b->namespace};
    struct policy_finding like = {
        .rule = policy_rule_find(STR_C(rule)), .foreign = true, .who = who};
    if (accepted(l, &what))
        return;
    like.severity = like.rule->severity;
    like.object = arena_fmt(l->arena, "%s %.*s", rbac_kind_name(b->kind), STR_F(b->name));
    bool new;
    struct policy_finding *f = finding_for(l, &like, &new);
    finding_add_strs(l, &f->subjects, (struct strs){&who, 1});
    finding_add_place(l, f, b->namespace.n == 0, (struct strs){&b->namespace, b->namespace.n > 0});
    f->message = CONCAT(l->arena, who, STR(": "), f->rule->title);
    f->mend = mend;
    struct str *chain = ARENA_ARRAY(l->arena, 2, struct str);
    chain[0] = arena_fmt(l->arena, "%.*s%s%.*s on %.*s", STR_F(like.object),
                         b->namespace.n ? " in " : "", STR_F(b->namespace), STR_F(site_name(l)));
    chain[1] = CONCAT(l->arena, b->role_kind, STR(" "), b->role_name);
    f->chain = (struct strs){chain, 2};
}

/* --- subjects */

static bool is_gone(struct live *v, const struct rbac_object *b, const struct rbac_subject *s)
{
    struct linter *l = v->l;
    const struct policy *p = l->p;
    struct str name = s->name, team = STR(RBAC_PREFIX "team:");
    if (s->kind == RBAC_SERVICE_ACCOUNT) {
        struct str namespace = s->namespace.n ? s->namespace : b->namespace;
        return intern_find(&p->sites[l->site->site].namespaces, namespace) == ID_NONE;
    }
    if (s->kind == RBAC_GROUP && str_starts(name, team))
        return intern_find(&p->team_ids, str_from_to(name, team.n, name.n)) == ID_NONE;
    struct str prefix = STR(RBAC_PREFIX);
    return s->kind == RBAC_USER && str_starts(name, prefix) && p->in->directory &&
           intern_find(&p->people, str_from_to(name, prefix.n, name.n)) == ID_NONE &&
           intern_find(&p->named, str_from_to(name, prefix.n, name.n)) == ID_NONE;
}

static void look_at_subject(struct live *v, const struct rbac_object *b,
                            const struct rbac_subject *s)
{
    struct str who = subject_text(v->l, b, s);
    struct str take_out = CONCAT(v->l->arena, STR("take the subject out of "),
                                 STR_C(rbac_kind_name(b->kind)), STR(" "), b->name);
    if (s->kind == RBAC_SUBJECT_UNKNOWN)
        return;
    if (is_gone(v, b, s))
        say(v, "L46", b, who, take_out);
    else if (s->kind == RBAC_GROUP && str_is(s->name, "system:masters"))
        say(v, "L02", b, who, take_out);
    else if (str_is(s->name, "system:unauthenticated") || str_is(s->name, "system:anonymous"))
        say(v, "L03", b, who, take_out);
    else if (is_broad(s) || (s->kind == RBAC_SERVICE_ACCOUNT && str_is(s->name, "default")))
        say(v, "L53", b, who, take_out);
    else if (s->kind == RBAC_USER && !str_starts(s->name, STR("system:")))
        say(v, "L47", b, who, take_out);
}

static void look_at_binding(struct live *v, const struct rbac_object *b)
{
    struct linter *l = v->l;
    bool any = false;
    for (size_t i = 0; i < b->n_subjects; i++)
        if (is_foreign(v, b, &b->subjects[i])) {
            any = true;
            look_at_subject(v, b, &b->subjects[i]);
        }
    if (any && !role_of(v, b))
        say(v, "L45", b, CONCAT(l->arena, b->role_kind, STR(" "), b->role_name),
            CONCAT(l->arena, STR("delete "), STR_C(rbac_kind_name(b->kind)), STR(" "), b->name));
}

static void count_bindings(struct linter *l)
{
    const struct rbac_set *live = l->site->live, *planned = l->site->planned->set;
    size_t n = 0;
    for (size_t i = 0; i < live->n; i++)
        n += live->items[i].kind == RBAC_CLUSTER_ROLE_BINDING && !rbac_is_managed(&live->items[i]);
    for (size_t i = 0; i < planned->n; i++)
        n += planned->items[i].kind == RBAC_CLUSTER_ROLE_BINDING;
    struct str who = CONCAT(l->arena, STR("site "), site_name(l));
    const struct acceptable what = {"L50", who, STR_NONE, STR_NONE};
    if (n <= 100 || accepted(l, &what))
        return;
    struct policy_finding *f =
        finding_plain(l, "L50", policy_site_at(l->p, l->site->site)->name.pos, who);
    finding_add_place(l, f, true, (struct strs){0});
    f->message = arena_fmt(l->arena, "%.*s: %zu ClusterRoleBindings, and every request walks all",
                           STR_F(who), n);
    f->mend = STR("bind in namespaces what is needed there alone");
}

void lint_live(struct linter *l)
{
    struct live v = {.l = l};
    index_roles(&v);
    count_bindings(l);
    for (size_t i = 0; i < l->site->live->n; i++) {
        const struct rbac_object *o = &l->site->live->items[i];
        if (is_binding(o) && !rbac_is_managed(o))
            look_at_binding(&v, o);
    }
}

/* --- its cells: foreign bindings, without Kubernetes' own subjects, and their roles */

static void copy_binding(struct live *v, const struct rbac_object *b, struct rbac_set *out,
                         bool *wanted)
{
    struct rbac_object copy = *b;
    copy.subjects = ARENA_ARRAY(v->l->arena, b->n_subjects, struct rbac_subject);
    copy.n_subjects = 0;
    for (size_t i = 0; i < b->n_subjects; i++)
        if (is_foreign(v, b, &b->subjects[i]))
            copy.subjects[copy.n_subjects++] = b->subjects[i];
    if (copy.n_subjects == 0)
        return;
    *ARENA_PUSH(v->l->arena, out) = copy;
    bool cluster = str_is(b->role_kind, "ClusterRole");
    uint32_t role = intern_find(
        &v->roles, role_key(v->l->arena, cluster ? STR_NONE : b->namespace, b->role_name));
    if (role != ID_NONE)
        wanted[role] = true;
}

const struct access *lint_foreign_access(struct linter *l)
{
    struct live v = {.l = l};
    struct rbac_set *set = ARENA_NEW(l->arena, struct rbac_set);
    const struct rbac_set **sets = ARENA_NEW(l->arena, const struct rbac_set *);
    index_roles(&v);
    bool *wanted = ARENA_ARRAY(l->arena, v.roles.n, bool);
    for (size_t i = 0; i < l->site->live->n; i++) {
        const struct rbac_object *o = &l->site->live->items[i];
        if (is_binding(o) && !rbac_is_managed(o))
            copy_binding(&v, o, set, wanted);
    }
    for (uint32_t i = 0; i < v.roles.n; i++)
        if (wanted[i])
            *ARENA_PUSH(l->arena, set) = *v.role_objects[i];
    *sets = set;
    const struct policy_resources none = {0};
    const struct universe *u = universe_new(
        l->arena, sets, 1, l->cluster && set->n ? &l->cluster->resources : &none, l->e);
    return u ? access_new(l->arena, u, set, l->e) : NULL;
}
