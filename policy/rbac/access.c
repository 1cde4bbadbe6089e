#include "policy/rbac/access_cells.h"
#include "policy/rbac/service_account.h"

#include <stdlib.h>

#define WORDS_MAX ((size_t)64 << 20) /* of all permission sets together: 512 MB */

/* --- permission sets, each distinct one once */

static uint64_t hash_words(const uint64_t *w, size_t n)
{
    uint64_t h = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < n; i++) {
        h = (h ^ w[i]) * UINT64_C(0xBF58476D1CE4E5B9);
        h ^= h >> 29;
    }
    return h;
}

static size_t permset_slot(const struct access *x, uint64_t hash, const uint64_t *w)
{
    size_t mask = x->n_slots - 1;
    size_t i = (size_t)hash & mask;
    while (x->slots[i]) {
        const struct permset *set = &x->items[x->slots[i] - 1];
        if (set->hash == hash && memcmp(set->w, w, x->n_words * sizeof(*w)) == 0)
            break; /* the whole key is compared: an equal hash alone proves nothing */
        i = (i + 1) & mask;
    }
    return i;
}

static void permset_grow(struct access *x)
{
    x->n_slots = x->n_slots ? x->n_slots * 2 : 256;
    x->slots = ARENA_ARRAY(x->arena, x->n_slots, uint32_t);
    for (size_t i = 0; i < x->n; i++)
        x->slots[permset_slot(x, x->items[i].hash, x->items[i].w)] = (uint32_t)i + 1;
}

uint32_t permset_find(const struct access *x, const uint64_t *w)
{
    return x->slots[permset_slot(x, hash_words(w, x->n_words), w)] - 1; /* 0 - 1 is ID_NONE */
}

/* The id of these words; they are copied when new. ID_NONE: too much memory. */
static uint32_t permset_intern(struct access *x, const uint64_t *w)
{
    uint64_t hash = hash_words(w, x->n_words);
    if ((x->n + 1) * 2 > x->n_slots)
        permset_grow(x);
    size_t slot = permset_slot(x, hash, w);
    if (x->slots[slot])
        return x->slots[slot] - 1;
    if ((x->n + 1) * x->n_words > WORDS_MAX)
        return ID_NONE;
    struct permset *set = ARENA_PUSH(x->arena, x);
    set->w = ARENA_ARRAY(x->arena, x->n_words, uint64_t);
    set->hash = hash;
    memcpy(set->w, w, x->n_words * sizeof(*w));
    x->slots[slot] = (uint32_t)x->n;
    return (uint32_t)x->n - 1;
}

/* --- a role's permission set */

struct painter {
    const struct universe *u;
    const struct rbac_rule *rule;
    uint64_t *out, *verbs;
};

static void paint_class(const struct painter *p, uint32_t class)
{
    for (size_t i = 0; i < p->u->words; i++)
        p->out[class * p->u->words + i] |= p->verbs[i];
}

static void paint_target(void *context, uint32_t target)
{
    const struct painter *p = context;
    const struct target *t = &p->u->items[target];
    for (uint32_t i = 0; i < t->n_names; i++)
        if (p->rule->resource_names.n == 0 ||
            strs_has(p->rule->resource_names, p->u->names.items[t->names[i]]))
            paint_class(p, t->first + i);
    if (p->rule->resource_names.n == 0)
        paint_class(p, t->first + (uint32_t)t->n_names);
}

static bool url_holds_prefix(struct strs urls, struct str prefix)
{
    for (size_t i = 0; i < urls.n; i++) {
        struct str url = urls.items[i];
        if (!str_ends(url, STR("*")))
            continue;
        while (url.n > 0 && url.p[url.n - 1] == '*')
            url.n--;
        if (str_starts(prefix, url))
            return true;
    }
    return false;
}

static void paint_urls(const struct painter *p)
{
    static const struct str star = {"*", 1};
    const struct rbac_rule as_rule = {.verbs = {&star, 1},
                                      .non_resource_urls = p->rule->non_resource_urls};
    const struct universe *u = p->u;
    for (uint32_t i = 0; i < u->urls.n; i++) {
        struct rbac_question q = {.path = u->urls.items[i], .non_resource = true};
        if (rbac_rule_allows(&as_rule, &q))
            paint_class(p, u->first_url + i);
    }
    for (uint32_t i = 0; i <= u->url_prefixes.n; i++) {
        struct str prefix = i < u->url_prefixes.n ? u->url_prefixes.items[i] : STR_NONE;
        if (url_holds_prefix(p->rule->non_resource_urls, prefix))
            paint_class(p, u->first_url + (uint32_t)u->urls.n + i);
    }
}

static void paint_rule(const struct universe *u, const struct rbac_rule *rule, uint64_t *verbs,
                       uint64_t *out)
{
    struct painter p = {u, rule, out, verbs};
    memset(verbs, 0, u->words * sizeof(*verbs));
    for (size_t i = 0; i < rule->verbs.n; i++) {
        if (str_is(rule->verbs.items[i], "*")) {
            for (size_t v = 0; v <= u->verbs.n; v++)
                verbs[v / 64] |= (uint64_t)1 << (v % 64);
            continue;
        }
        uint32_t verb = universe_verb(u, rule->verbs.items[i]);
        verbs[verb / 64] |= (uint64_t)1 << (verb % 64);
    }
    universe_visit(u, rule, paint_target, &p);
    if (rule->non_resource_urls.n > 0)
        paint_urls(&p);
}

static bool paint_roles(struct access *x)
{
    const struct universe *u = x->u;
    uint64_t *words = ARENA_ARRAY(x->arena, x->n_words, uint64_t);
    uint64_t *verbs = ARENA_ARRAY(x->arena, u->words, uint64_t);
    x->role_sets = ARENA_ARRAY(x->arena, x->set->n, uint32_t);
    permset_intern(x, words); /* 0: nothing */
    for (size_t i = 0; i < x->set->n; i++) {
        const struct rbac_object *o = &x->set->items[i];
        if (o->kind != RBAC_CLUSTER_ROLE && o->kind != RBAC_ROLE)
            continue;
        memset(words, 0, x->n_words * sizeof(*words));
        for (size_t r = 0; r < o->n_rules; r++)
            paint_rule(u, &o->rules[r], verbs, words);
        x->role_sets[i] = permset_intern(x, words);
        if (x->role_sets[i] == ID_NONE)
            return false;
    }
    return true;
}

/* --- bindings and their roles */

static struct str role_key(struct arena *a, struct str namespace, struct str name)
{
    return CONCAT(a, namespace, STR("/"), name);
}

struct role_index {
    struct intern cluster, namespaced;
    uint32_t *cluster_objects, *namespaced_objects;
};

/* Two roles of one name cannot be in a cluster; in a set of files the first counts, as rbac_role_of
 * does. */
static void index_roles(struct access *x, struct role_index *out)
{
    out->cluster.arena = out->namespaced.arena = x->arena;
    out->cluster_objects = ARENA_ARRAY(x->arena, x->set->n, uint32_t);
    out->namespaced_objects = ARENA_ARRAY(x->arena, x->set->n, uint32_t);
    for (uint32_t i = 0; i < x->set->n; i++) {
        const struct rbac_object *o = &x->set->items[i];
        size_t n_cluster = out->cluster.n, n_namespaced = out->namespaced.n;
        if (o->kind == RBAC_CLUSTER_ROLE)
            intern_add(&out->cluster, o->name);
        else if (o->kind == RBAC_ROLE)
            intern_add(&out->namespaced, role_key(x->arena, o->namespace, o->name));
        if (out->cluster.n > n_cluster)
            out->cluster_objects[n_cluster] = i;
        if (out->namespaced.n > n_namespaced)
            out->namespaced_objects[n_namespaced] = i;
    }
}

static uint32_t role_object(struct access *x, const struct role_index *roles,
                            const struct rbac_object *binding)
{
    uint32_t id = ID_NONE;
    if (str_is(binding->role_kind, "ClusterRole")) {
        id = intern_find(&roles->cluster, binding->role_name);
        return id == ID_NONE ? ID_NONE : roles->cluster_objects[id];
    }
    if (str_is(binding->role_kind, "Role") && binding->kind == RBAC_ROLE_BINDING)
        id = intern_find(&roles->namespaced,
                         role_key(x->arena, binding->namespace, binding->role_name));
    return id == ID_NONE ? ID_NONE : roles->namespaced_objects[id];
}

uint32_t access_n_subjects(const struct universe *u)
{
    return (uint32_t)(u->subject_groups.n + u->subject_users.n + u->subject_accounts.n);
}

uint32_t access_subject(const struct universe *u, const struct rbac_subject *s,
                        struct str namespace, struct arena *scratch)
{
    uint32_t id;
    switch (s->kind) {
    case RBAC_GROUP: return intern_find(&u->subject_groups, s->name);
    case RBAC_USER:
        id = intern_find(&u->subject_users, s->name);
        return id == ID_NONE ? ID_NONE : (uint32_t)u->subject_groups.n + id;
    case RBAC_SERVICE_ACCOUNT:
        if (s->namespace.n > 0)
        namespace
        = s->namespace;
        id = namespace.n ? intern_find(&u->subject_accounts,
                                       service_account_user(scratch, namespace, s->name))
                         : ID_NONE;
        return id == ID_NONE ? ID_NONE : (uint32_t)(u->subject_groups.n + u->subject_users.n) + id;
    case RBAC_SUBJECT_UNKNOWN: return ID_NONE;
    }
    return ID_NONE;
}

struct cell_list {
    struct keyed *items;
    size_t n, cap;
    bool by_namespace; /* they came in this order */
};

static void add_cells(struct access *x, uint32_t object, uint32_t namespace, uint32_t set,
                      struct cell_list *cells)
{
    const uint32_t *codes = x->subjects[object];
    cells->by_namespace = cells->by_namespace &&
                          (cells->n == 0 || (uint32_t)cells->items[cells->n - 1].key <= namespace);
    for (size_t i = 0; i < x->set->items[object].n_subjects; i++)
        if (codes[i] != ID_NONE)
            cells->items[cells->n++] =
                (struct keyed){(uint64_t)access_coded(x->u, codes[i]) << 32 | namespace, set};
}

static void find_subjects(struct access *x)
{
    for (size_t i = 0; i < x->u->n_sets; i++)
        if (x->u->sets[i] == x->set)
            x->subjects = x->u->subjects[i];
}

/* Names at the same address are the same: bindings name few roles and namespaces, often. */
struct last_role {
    const char *name;
    uint32_t role;
};
#define LAST_ROLES 64

static uint32_t role_again(struct access *x, const struct role_index *roles, struct last_role *last,
                           const struct rbac_object *o)
{
    struct last_role *slot = &last[((uintptr_t)o->role_name.p >> 4) % LAST_ROLES];
    bool cluster = str_is(o->role_kind, "ClusterRole");
    if (cluster && slot->name == o->role_name.p && slot->name)
        return slot->role;
    uint32_t role = role_object(x, roles, o);
    if (cluster)
        *slot = (struct last_role){o->role_name.p, role};
    return role;
}

static void walk_bindings(struct access *x, struct arena *scratch, struct cell_list *cells)
{
    struct role_index roles = {0};
    struct last_role *last = ARENA_ARRAY(scratch, LAST_ROLES, struct last_role);
    struct str in = STR_NONE;
    uint32_t namespace = 0;
    size_t n = 0;
    index_roles(x, &roles);
    find_subjects(x);
    for (size_t i = 0; i < x->set->n; i++)
        n += x->set->items[i].n_subjects;
    cells->items = ARENA_ARRAY(scratch, n, struct keyed);
    cells->by_namespace = true;
    x->roles = ARENA_ARRAY(x->arena, x->set->n, const struct rbac_object *);
    x->bindings = ARENA_ARRAY(x->arena, x->u->namespaces.n, struct target_list);
    for (uint32_t i = 0; i < x->set->n; i++) {
        const struct rbac_object *o = &x->set->items[i];
        bool inside = o->kind == RBAC_ROLE_BINDING;
        if ((!inside && o->kind != RBAC_CLUSTER_ROLE_BINDING) || inside != (o->namespace.n > 0))
            continue; /* a RoleBinding without namespace must never count as a cluster-wide one */
        uint32_t role = role_again(x, &roles, last, o);
        if (role == ID_NONE) /* grants nothing */
            continue;
        if (o->namespace.p != in.p || o->namespace.n != in.n)
        namespace = intern_find(&x->u->namespaces, o->namespace);
        in = o->namespace;
        x->roles[i] = &x->set->items[role];
        *ARENA_PUSH(x->arena, &x->bindings[namespace]) = i;
        add_cells(x, i, namespace, x->role_sets[role], cells);
    }
}

/* --- cells: what has the same subject and namespace is united; each pair of sets once */

struct unions {
    uint64_t *words;
    struct { /* a cache, one entry per slot: the last pair that fell there */
        uint32_t a, b, both;
    } slots[1024];
};

static uint32_t unite(struct access *x, struct unions *unions, uint32_t a, uint32_t b)
{
    if (a == b || b == 0)
        return a;
    size_t slot = (a * 2654435761u ^ b * 2246822519u) >> 7 & 1023;
    if (unions->slots[slot].a == a && unions->slots[slot].b == b)
        return unions->slots[slot].both;
    for (size_t i = 0; i < x->n_words; i++)
        unions->words[i] = x->items[a].w[i] | x->items[b].w[i];
    uint32_t both = permset_intern(x, unions->words);
    unions->slots[slot].a = a;
    unions->slots[slot].b = b;
    unions->slots[slot].both = both;
    return both;
}

/* By subject and namespace. In the order of namespaces they need only be dealt out to subjects. */
static struct keyed *sort_cells(struct access *x, struct arena *scratch,
                                const struct cell_list *cells)
{
    uint32_t n_subjects = access_n_subjects(x->u);
    struct keyed *sorted = ARENA_ARRAY(x->arena, cells->n, struct keyed);
    if (!cells->by_namespace) {
        const struct keyed *by_key = keyed_sort(scratch, cells->items, cells->n);
        if (cells->n > 0)
            memcpy(sorted, by_key, cells->n * sizeof(*sorted));
        return sorted;
    }
    uint32_t *starts = ARENA_ARRAY(scratch, (size_t)n_subjects + 1, uint32_t);
    for (size_t i = 0; i < cells->n; i++)
        starts[(cells->items[i].key >> 32) + 1]++;
    for (size_t i = 0; i < n_subjects; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < cells->n; i++)
        sorted[starts[cells->items[i].key >> 32]++] = cells->items[i];
    return sorted;
}

static bool merge_cells(struct access *x, struct arena *scratch, const struct cell_list *cells)
{
    struct unions *unions = ARENA_NEW(scratch, struct unions);
    unions->words = ARENA_ARRAY(scratch, x->n_words, uint64_t);
    x->cells = sort_cells(x, scratch, cells);
    for (size_t i = 0; i < cells->n; i++) {
        struct keyed *last = x->n_cells ? &x->cells[x->n_cells - 1] : NULL;
        if (!last || last->key != x->cells[i].key) {
            x->cells[x->n_cells++] = x->cells[i];
            continue;
        }
        last->value = unite(x, unions, last->value, x->cells[i].value);
        if (last->value == ID_NONE)
            return false;
    }
    uint32_t n_subjects = access_n_subjects(x->u);
    x->first_cell = ARENA_ARRAY(x->arena, (size_t)n_subjects + 1, uint32_t);
    for (size_t i = 0; i < x->n_cells; i++)
        x->first_cell[(x->cells[i].key >> 32) + 1]++;
    for (size_t i = 0; i < n_subjects; i++)
        x->first_cell[i + 1] += x->first_cell[i];
    return true;
}

const struct access *access_new(struct arena *a, const struct universe *u,
                                const struct rbac_set *set, struct err *e)
{
    struct access *x = ARENA_NEW(a, struct access);
    auto_arena scratch = {0};
    struct cell_list cells = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    *x = (struct access){.u = u, .set = set, .arena = a, .n_words = u->n_classes * u->words};
    if (paint_roles(x)) {
        walk_bindings(x, &scratch, &cells);
        if (merge_cells(x, &scratch, &cells))
            return x;
    }
    fail(e, ERR_LIMIT, "the permission sets of these objects need more than %zu MB",
         WORDS_MAX >> 17);
    return NULL;
}

const struct rbac_set *access_set(const struct access *x)
{
    return x->set;
}

struct access_size access_size(const struct access *x)
{
    return (struct access_size){access_n_subjects(x->u), x->u->namespaces.n - 1, x->n_cells, x->n};
}

/* --- asking */

uint32_t access_cell(const struct access *x, uint32_t subject, uint32_t namespace)
{
    uint64_t key = (uint64_t)subject << 32 | namespace;
    uint32_t from = x->first_cell[subject], to = x->first_cell[subject + 1], end = to;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (x->cells[middle].key < key)
            from = middle + 1;
        else
            to = middle;
    }
    return from < end && x->cells[from].key == key ? x->cells[from].value : 0;
}

struct asked {
    uint32_t class, verb, namespace; /* namespace ID_NONE: only what holds cluster-wide */
};

static struct asked asked_of(const struct access *x, const struct rbac_question *q)
{
    bool inside = !rbac_is_url(q) && q->namespace.n > 0;
    return (struct asked){universe_class(x->u, q), universe_verb(x->u, q->verb),
                          inside ? intern_find(&x->u->namespaces, q->namespace) : ID_NONE};
}

static bool subject_may(const struct access *x, uint32_t subject, const struct asked *q)
{
    return permset_has(x, access_cell(x, subject, 0), q->class, q->verb) ||
           (q->namespace != ID_NONE &&
            permset_has(x, access_cell(x, subject, q->namespace), q->class, q->verb));
}

bool access_allows(const struct access *x, const struct rbac_user *user,
                   const struct rbac_question *q)
{
    struct asked asked = asked_of(x, q);
    const struct universe *u = x->u;
    uint32_t id = intern_find(&u->subject_users, user->name);
    if (id != ID_NONE && subject_may(x, (uint32_t)u->subject_groups.n + id, &asked))
        return true;
    id = intern_find(&u->subject_accounts, user->name);
    if (id != ID_NONE &&
        subject_may(x, (uint32_t)(u->subject_groups.n + u->subject_users.n) + id, &asked))
        return true;
    for (size_t i = 0; i < user->groups.n; i++) {
        id = intern_find(&u->subject_groups, user->groups.items[i]);
        if (id != ID_NONE && subject_may(x, id, &asked))
            return true;
    }
    return false;
}

/* --- who can */

static void add_holders(const struct access *x, uint32_t object, const struct rbac_question *q,
                        struct arena *a, struct access_holders *out)
{
    const struct rbac_object *binding = &x->set->items[object], *role = x->roles[object];
    const struct rbac_rule *rule = NULL;
    for (size_t i = 0; i < role->n_rules && !rule; i++)
        if (rbac_rule_allows(&role->rules[i], q))
            rule = &role->rules[i];
    for (size_t i = 0; rule && i < binding->n_subjects; i++)
        *ARENA_PUSH(a, out) = (struct access_holder){{binding, &binding->subjects[i], role, rule}};
}

struct access_holders access_who_can(const struct access *x, const struct rbac_question *q,
                                     struct arena *a)
{
    struct access_holders out = {0};
    struct asked asked = asked_of(x, q);
    const uint32_t places[] = {0, asked.namespace};
    for (size_t k = 0; k < 2; k++) {
        const struct target_list *bindings = places[k] == ID_NONE ? NULL : &x->bindings[places[k]];
        for (size_t i = 0; bindings && i < bindings->n; i++) {
            uint32_t object = bindings->items[i];
            uint32_t set = x->role_sets[x->roles[object] - x->set->items];
            if (permset_has(x, set, asked.class, asked.verb))
                add_holders(x, object, q, a, &out);
        }
    }
    return out;
}
