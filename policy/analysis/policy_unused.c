#include "policy/analysis/policy_unused.h"

#include <stdlib.h>

#include "policy/resolve/resolved.h"

struct right { /* one verb on one resource of the site */
    struct str verb, target;
    struct rbac_question question;
    bool namespaced;
};
struct row_right {         /* of a role */
    uint64_t *any, *named; /* bits: with any name; only with some names */
    size_t n;              /* those that count in a namespace, or in the whole cluster */
    bool made;
};
struct unused {
    const struct policy_at *at;
    const struct rbac_set *set;
    struct arena *arena;
    struct {
        struct right *items;
        size_t n, cap;
    } rights;
    struct intern right_ids; /* "get apps/deployments" */
    size_t words;
    struct intern objects;     /* of set: "RoleBinding ns/name" */
    uint32_t *object_at;       /* by id */
    struct row_right *granted; /* by object of set, twice: in a namespace, in the whole cluster */
    struct {
        struct row_right rights[2];
        const struct rbac_object *object;
    } *roles;            /* of the policy, by role: what the compiled ClusterRole allows */
    struct ids *uses_of; /* by object of set: indices in log->uses */
    const struct audit_log *log;
    struct unused_report *out;
};

/* --- the rights that there are */

static struct str right_key(struct arena *a, struct str verb, struct str group, struct str resource,
                            struct str sub)
{
    return CONCAT(a, verb, STR(" "), group, STR("/"), resource, sub.n ? STR("/") : STR(""), sub);
}

static void list_rights(struct unused *u, const struct policy_resources *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct policy_resource *r = &rows->items[i];
        for (size_t v = 0; v < r->verbs.n; v++) {
            struct str key =
                right_key(u->arena, r->verbs.items[v], r->group, r->resource, r->subresource);
            size_t before = u->right_ids.n;
            intern_add(&u->right_ids, key);
            if (u->right_ids.n == before)
                continue; /* another version of the same group */
            *ARENA_PUSH(u->arena, &u->rights) =
                (struct right){.verb = r->verbs.items[v],
                               .target = str_from_to(key, r->verbs.items[v].n + 1, key.n),
                               .namespaced = r->namespaced,
                               .question = {.verb = r->verbs.items[v],
                                            .api_group = r->group,
                                            .resource = r->resource,
                                            .subresource = r->subresource}};
        }
    }
    u->words = u->rights.n / 64 + 1;
}

static bool has_bit(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static void add_rule(struct unused *u, const struct rbac_rule *rule, bool wide,
                     struct row_right *out)
{
    struct rbac_rule nameless = *rule;
    nameless.resource_names = (struct strs){0};
    for (size_t i = 0; i < u->rights.n; i++) {
        const struct right *r = &u->rights.items[i];
        /* a role in a namespace gives nothing on what is in none */
        if ((r->namespaced || wide) && !has_bit(out->any, i) &&
            rbac_rule_allows(&nameless, &r->question))
            set_bit(rule->resource_names.n ? out->named : out->any, i);
    }
}

static void count_rights(const struct unused *u, struct row_right *r)
{
    for (size_t w = 0; w < u->words; w++) {
        r->named[w] &= ~r->any[w];
        r->n += (size_t)__builtin_popcountll(r->any[w] | r->named[w]);
    }
}

static void make_rights(struct unused *u, const struct rbac_object *role, bool wide,
                        struct row_right *out)
{
    out->any = ARENA_ARRAY(u->arena, u->words, uint64_t);
    out->named = ARENA_ARRAY(u->arena, u->words, uint64_t);
    out->made = true;
    for (size_t i = 0; role && i < role->n_rules; i++)
        add_rule(u, &role->rules[i], wide, out);
    count_rights(u, out);
}

static const struct row_right *rights_of_object(struct unused *u, uint32_t object, bool wide)
{
    struct row_right *r = &u->granted[object * 2 + wide];
    if (!r->made)
        make_rights(u, &u->set->items[object], wide, r);
    return r;
}

static const struct row_right *rights_of_role(struct unused *u, uint32_t role, bool wide)
{
    struct row_right *r = &u->roles[role].rights[wide];
    if (!r->made)
        make_rights(u, u->roles[role].object, wide, r);
    return r;
}

/* --- indexes */

static struct str object_key(struct arena *a, enum rbac_kind kind, struct str namespace,
                             struct str name)
{
    return CONCAT(a, STR_C(rbac_kind_name(kind)), STR(" "), namespace, STR("/"), name);
}

static uint32_t object_find(const struct unused *u, enum rbac_kind kind, struct str namespace,
                            struct str name)
{
    uint32_t id = intern_find(&u->objects, object_key(u->arena, kind, namespace, name));
    return id == ID_NONE ? ID_NONE : u->object_at[id];
}

static void index_objects(struct unused *u)
{
    u->object_at = ARENA_ARRAY(u->arena, u->set->n, uint32_t);
    for (uint32_t i = 0; i < u->set->n; i++) {
        const struct rbac_object *o = &u->set->items[i];
        size_t before = u->objects.n;
        uint32_t id = intern_add(&u->objects, object_key(u->arena, o->kind, o->namespace, o->name));
        if (u->objects.n > before)
            u->object_at[id] = i;
    }
    u->granted = ARENA_ARRAY(u->arena, u->set->n * 2, struct row_right);
    u->uses_of = ARENA_ARRAY(u->arena, u->set->n, struct ids);
    for (uint32_t i = 0; i < u->log->uses.n; i++) {
        const struct audit_use *use = &u->log->uses.items[i];
        uint32_t binding = object_find(u, use->binding_kind, use->binding_namespace, use->binding);
        if (binding == ID_NONE)
            u->out->n_unknown += use->n;
        else
            *ARENA_PUSH(u->arena, &u->uses_of[binding]) = i;
    }
}

static void index_roles(struct unused *u, const struct rbac_set *own)
{
    const struct policy *p = u->at->policy;
    u->roles = arena_array(u->arena, p->tree->roles.n, sizeof(*u->roles));
    for (size_t i = 0; i < own->n; i++) {
        struct str name = own->items[i].name;
        uint32_t role =
            intern_find(&p->role_ids, str_from_to(name, sizeof(RBAC_PREFIX) - 1, name.n));
        if (own->items[i].kind == RBAC_CLUSTER_ROLE && str_starts(name, STR(RBAC_PREFIX)) &&
            role != ID_NONE)
            u->roles[role].object = &own->items[i];
    }
}

/* --- one unit: the bindings that one entry of the report is about */

struct counting {
    struct unused_unit *unit;
    uint64_t *used; /* bits */
    struct row_right granted;
    uint32_t policy_role; /* ID_NONE: not ours */
    bool wide;
};

static bool is_subject(const struct rbac_subject *used, const struct rbac_subject *s,
                       struct str binding_namespace)
{
    if (used->kind != s->kind || !str_eq(used->name, s->name))
        return false;
    return s->kind != RBAC_SERVICE_ACCOUNT ||
           str_eq(used->namespace, s->namespace.n ? s->namespace : binding_namespace);
}

static void add_uses(struct unused *u, struct counting *c, uint32_t binding)
{
    const struct ids *uses = &u->uses_of[binding];
    bool any = false;
    for (size_t i = 0; i < uses->n; i++) {
        const struct audit_use *use = &u->log->uses.items[uses->items[i]];
        const struct rbac_question *q = &use->question;
        if (!is_subject(&use->subject, &c->unit->subject, u->set->items[binding].namespace))
            continue;
        any = true;
        c->unit->n_requests += use->n;
        c->unit->last_ms = use->last_ms > c->unit->last_ms ? use->last_ms : c->unit->last_ms;
        uint32_t right = intern_find(
            &u->right_ids, right_key(u->arena, q->verb, q->api_group, q->resource, q->subresource));
        if (right != ID_NONE)
            set_bit(c->used, right);
    }
    struct str namespace = u->set->items[binding].namespace;
    if (namespace.n == 0)
        return;
    if (!any)
        c->unit->unused_namespaces[c->unit->n_unused_namespaces++] = namespace;
    c->unit->n_namespaces++;
}

/* --- saying permissions */

struct said {
    struct str verbs, target, names;
};

static int said_order(const void *a, const void *b)
{
    const struct said *x = a, *y = b;
    int order = str_cmp(x->names, y->names);
    if (order == 0)
        order = str_cmp(x->verbs, y->verbs);
    return order ? order : str_cmp(x->target, y->target);
}

/* The names that the role allows a right with. */
static struct str names_of(struct unused *u, const struct rbac_object *role, const struct right *r)
{
    struct strs all = {0};
    for (size_t i = 0; role && i < role->n_rules; i++) {
        struct rbac_rule rule = role->rules[i];
        rule.resource_names = (struct strs){0};
        if (role->rules[i].resource_names.n && rbac_rule_allows(&rule, &r->question)) {
            struct str *joined =
                ARENA_ARRAY(u->arena, all.n + role->rules[i].resource_names.n, struct str);
            for (size_t k = 0; k < all.n; k++)
                joined[k] = all.items[k];
            for (size_t k = 0; k < role->rules[i].resource_names.n; k++)
                joined[all.n + k] = role->rules[i].resource_names.items[k];
            all = (struct strs){joined, all.n + role->rules[i].resource_names.n};
        }
    }
    return strs_join(u->arena, strs_sorted(u->arena, all), ',');
}

/* Rights of one resource stand together in the list of rights; resources with equal verbs share a
 * line. */
static void say_rights(struct unused *u, const uint64_t *bits, const uint64_t *named,
                       const struct rbac_object *role, struct unused_lines *out)
{
    struct {
        struct said *items;
        size_t n, cap;
    } said = {0};
    for (size_t i = 0; i < u->rights.n; i++) {
        const struct right *r = &u->rights.items[i];
        if (!has_bit(bits, i))
            continue;
        struct str names = has_bit(named, i) ? names_of(u, role, r) : STR_NONE;
        struct said *last = said.n ? &said.items[said.n - 1] : NULL;
        if (last && str_eq(last->target, r->target) && str_eq(last->names, names))
            last->verbs = CONCAT(u->arena, last->verbs, STR(","), r->verb);
        else
            *ARENA_PUSH(u->arena, &said) = (struct said){r->verb, r->target, names};
    }
    if (said.n > 1)
        qsort(said.items, said.n, sizeof(*said.items), said_order);
    for (size_t i = 0, end; i < said.n; i = end) {
        struct str line = CONCAT(u->arena, said.items[i].verbs, STR(" "), said.items[i].target);
        for (end = i + 1; end < said.n && str_eq(said.items[end].verbs, said.items[i].verbs) &&
                          str_eq(said.items[end].names, said.items[i].names);
             end++)
            line = CONCAT(u->arena, line, STR(","), said.items[end].target);
        if (said.items[i].names.n)
            line = CONCAT(u->arena, line, STR(" names "), said.items[i].names);
        *ARENA_PUSH(u->arena, out) = line;
    }
}

/* --- a smaller role */

static bool covers(const struct unused *u, const struct row_right *role, const uint64_t *used)
{
    for (size_t w = 0; w < u->words; w++)
        if (used[w] & ~role->any[w])
            return false;
    return true;
}

static void find_smaller(struct unused *u, struct counting *c)
{
    const struct policy *p = u->at->policy;
    for (uint32_t i = 0; i < p->tree->roles.n; i++) {
        const struct row_right *r = rights_of_role(u, i, c->wide);
        bool fits = u->roles[i].object && i != c->policy_role && p->roles[i].cluster == c->wide;
        if (!fits || r->n >= c->granted.n || !covers(u, r, c->used) ||
            (c->unit->smaller.n && r->n >= c->unit->n_smaller))
            continue;
        c->unit->smaller = p->tree->roles.items[i].name.text;
        c->unit->n_smaller = r->n;
    }
}

static void finish_unit(struct unused *u, struct counting *c, const struct rbac_object *role)
{
    uint64_t *unused = ARENA_ARRAY(u->arena, u->words, uint64_t);
    for (size_t w = 0; w < u->words; w++) {
        uint64_t granted = c->granted.any[w] | c->granted.named[w];
        c->used[w] &= granted; /* the role may have changed since */
        unused[w] = granted & ~c->used[w];
        c->unit->n_used += (size_t)__builtin_popcountll(c->used[w]);
    }
    c->unit->n_granted = c->granted.n;
    say_rights(u, unused, c->granted.named, role, &c->unit->unused);
    if (c->unit->n_requests == 0 || c->unit->n_used == c->unit->n_granted)
        return;
    find_smaller(u, c);
    if (c->unit->smaller.n == 0)
        say_rights(u, c->used, c->granted.named, role, &c->unit->proposal);
}

static struct counting begin_unit(struct unused *u, size_t n_namespaces)
{
    struct counting c = {.policy_role = ID_NONE};
    c.unit = ARENA_PUSH(u->arena, &u->out->units);
    c.used = ARENA_ARRAY(u->arena, u->words, uint64_t);
    c.unit->unused_namespaces = ARENA_ARRAY(u->arena, n_namespaces, struct str);
    return c;
}

/* --- the grants of the policy, each with each of its spaces */

static bool binds(const struct rbac_object *binding, const struct rbac_subject *subject)
{
    for (size_t i = 0; i < binding->n_subjects; i++)
        if (binding->subjects[i].kind == subject->kind &&
            str_eq(binding->subjects[i].name, subject->name))
            return true;
    return false;
}

static void grant_unit(struct unused *u, uint32_t grant, uint32_t space)
{
    const struct policy *p = u->at->policy;
    const struct grant *g = &p->grants[grant];
    const struct policy_grant *written = &p->tree->grants.items[grant];
    const struct policy_cluster *cluster = p->sites[u->at->site].cluster;
    const struct ids none = {0},
                     *in = space == ID_NONE ? &none : &p->spaces[space].namespaces[u->at->site];
    bool boxed = written->until.ms != TIME_NONE;
    struct str group =
        boxed ? jit_group(p, space, g->role, u->arena) : team_group(p, g->team, u->arena);
    struct str name = CONCAT(u->arena, STR(RBAC_PREFIX), written->role.text);
    if (space != ID_NONE && in->n == 0)
        return;
    struct counting c = begin_unit(u, in->n);
    c.policy_role = g->role;
    c.wide = space == ID_NONE;
    c.granted = *rights_of_role(u, g->role, c.wide);
    c.unit->subject = (struct rbac_subject){.kind = RBAC_GROUP,
                                            .name = CONCAT(u->arena, STR(RBAC_PREFIX), group)};
    c.unit->team = written->team.text;
    c.unit->role = written->role.text;
    c.unit->space = space == ID_NONE ? STR_NONE : p->tree->spaces.items[space].name.text;
    c.unit->src = src_of(u->arena, &written->pos);
    for (size_t i = 0; i < in->n; i++) {
        uint32_t binding =
            object_find(u, RBAC_ROLE_BINDING, cluster->namespaces[in->items[i]].name, name);
        if (binding != ID_NONE && binds(&u->set->items[binding], &c.unit->subject))
            add_uses(u, &c, binding);
    }
    uint32_t binding = object_find(u, RBAC_CLUSTER_ROLE_BINDING, STR_NONE, name);
    if (c.wide && binding != ID_NONE && binds(&u->set->items[binding], &c.unit->subject))
        add_uses(u, &c, binding);
    finish_unit(u, &c, u->roles[g->role].object);
}

static void grant_units(struct unused *u)
{
    const struct policy *p = u->at->policy;
    for (uint32_t i = 0; i < p->tree->grants.n; i++) {
        const struct grant *g = &p->grants[i];
        if (!g->usable || !(g->sites & site_bit(u->at->site)))
            continue;
        if (p->roles[g->role].cluster)
            grant_unit(u, i, ID_NONE);
        for (size_t k = 0; !p->roles[g->role].cluster && k < g->spaces.n; k++)
            grant_unit(u, i, g->spaces.items[k]);
    }
}

/* --- everything else that is bound */

static void binding_unit(struct unused *u, uint32_t binding, const struct rbac_subject *subject)
{
    const struct rbac_object *b = &u->set->items[binding];
    bool cluster_role = str_is(b->role_kind, "ClusterRole");
    uint32_t role = object_find(u, cluster_role ? RBAC_CLUSTER_ROLE : RBAC_ROLE,
                                cluster_role ? STR_NONE : b->namespace, b->role_name);
    struct counting c = begin_unit(u, 1);
    c.wide = b->kind == RBAC_CLUSTER_ROLE_BINDING;
    if (role != ID_NONE)
        c.granted = *rights_of_object(u, role, c.wide);
    else
        make_rights(u, NULL, c.wide, &c.granted);
    c.unit->subject = *subject;
    c.unit->binding = b;
    c.unit->role = b->role_name;
    add_uses(u, &c, binding);
    finish_unit(u, &c, role == ID_NONE ? NULL : &u->set->items[role]);
}

static bool is_kubernetes_own(const struct rbac_object *b, const struct rbac_subject *s)
{
    return str_starts(s->name, STR("system:")) ||
           str_is(pairs_get(&b->labels, STR("kubernetes.io/bootstrapping")), "rbac-defaults");
}

static void binding_units(struct unused *u)
{
    for (uint32_t i = 0; i < u->set->n; i++) {
        const struct rbac_object *b = &u->set->items[i];
        bool is_binding = b->kind == RBAC_ROLE_BINDING || b->kind == RBAC_CLUSTER_ROLE_BINDING;
        for (size_t k = 0; is_binding && !rbac_is_managed(b) && k < b->n_subjects; k++)
            if (!is_kubernetes_own(b, &b->subjects[k]))
                binding_unit(u, i, &b->subjects[k]);
    }
}

struct unused_report policy_unused(const struct policy_at *at, const struct rbac_set *set,
                                   const struct rbac_set *own, const struct audit_log *log)
{
    struct unused_report out = {0};
    struct unused u = {.at = at, .set = set, .arena = at->arena, .log = log, .out = &out};
    u.right_ids.arena = u.objects.arena = at->arena;
    list_rights(&u, &at->policy->sites[at->site].cluster->resources);
    index_objects(&u);
    index_roles(&u, own);
    grant_units(&u);
    binding_units(&u);
    return out;
}
