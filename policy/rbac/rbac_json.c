/* RBAC objects as JSON: what the API server sends and takes. */
#include "policy/rbac/rbac_json.h"
#include "policy/rbac/selector_json.h"

#define JSON_MAX ((size_t)64 << 20) /* a list of a whole cluster */

static struct strs get_strs(const json_t *object, const char *key, struct arena *a)
{
    struct str *items = NULL;
    size_t n = 0;
    if (!json_get_strs(object, key, a, &items, &n))
        return (struct strs){0};
    return (struct strs){items, n};
}

static bool bad_strs(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return false;
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) if (!json_is_string(item)) return true;
    return !json_is_array(value);
}

static int read_rule(const json_t *j, struct arena *a, struct rbac_rule *rule, struct err *e)
{
    static const char *const keys[] = {"verbs", "apiGroups", "resources", "resourceNames",
                                       "nonResourceURLs"};
    struct strs *fields[] = {&rule->verbs, &rule->api_groups, &rule->resources,
                             &rule->resource_names, &rule->non_resource_urls};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        /* a list we cannot read must not become an empty one: empty resourceNames mean every name
         */
        if (!json_is_object(j) || bad_strs(j, keys[i]))
            return fail(e, ERR_INPUT, "rules: %s is not a list of strings", keys[i]);
        *fields[i] = get_strs(j, keys[i], a);
    }
    return 0;
}

static int read_rules(const json_t *j, struct arena *a, struct rbac_object *o, struct err *e)
{
    const json_t *rules = json_object_get(j, "rules");
    if (!rules || json_is_null(rules))
        return 0;
    if (!json_is_array(rules))
        return fail(e, ERR_INPUT, "rules is not a list");
    o->n_rules = json_array_size(rules);
    o->rules = ARENA_ARRAY(a, o->n_rules, struct rbac_rule);
    for (size_t i = 0; i < o->n_rules; i++) {
        if (read_rule(json_array_get(rules, i), a, &o->rules[i], e) < 0)
            return -1;
        o->rules[i].src = o->src;
    }
    return 0;
}

static enum rbac_subject_kind subject_kind_of(struct str kind)
{
    for (int k = RBAC_USER; k < RBAC_SUBJECT_UNKNOWN; k++)
        if (str_is(kind, rbac_subject_kind_name((enum rbac_subject_kind)k)))
            return (enum rbac_subject_kind)k;
    return RBAC_SUBJECT_UNKNOWN; /* matches nobody, as in the API server */
}

static int read_subjects(const json_t *j, struct arena *a, struct rbac_object *o, struct err *e)
{
    const json_t *subjects = json_object_get(j, "subjects");
    if (!subjects || json_is_null(subjects))
        return 0;
    if (!json_is_array(subjects))
        return fail(e, ERR_INPUT, "subjects is not a list");
    o->n_subjects = json_array_size(subjects);
    o->subjects = ARENA_ARRAY(a, o->n_subjects, struct rbac_subject);
    for (size_t i = 0; i < o->n_subjects; i++) {
        const json_t *item = json_array_get(subjects, i);
        struct str kind = STR_NONE;
        if (!json_is_object(item) || !json_get_str(item, "kind", a, &kind) ||
            !json_get_str(item, "name", a, &o->subjects[i].name))
            return fail(e, ERR_INPUT, "subjects: an entry has no kind or no name");
        o->subjects[i].kind = subject_kind_of(kind);
        json_get_str(item, "namespace", a, &o->subjects[i].namespace);
        o->subjects[i].src = o->src;
    }
    return 0;
}

static void read_pairs(const json_t *metadata, const char *key, struct arena *a,
                       struct str_pairs *pairs)
{
    json_t *object = json_object_get(metadata, key);
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        struct str text;
        if (!json_get_str(object, name, a, &text))
            continue;
        struct str_pair *pair = ARENA_PUSH(a, pairs);
        *pair = (struct str_pair){arena_str(a, STR_C(name)), text};
    }
}

static bool kind_of(struct str kind, enum rbac_kind *ret_kind)
{
    for (int k = RBAC_CLUSTER_ROLE; k <= RBAC_ROLE_BINDING; k++)
        if (str_is(kind, rbac_kind_name((enum rbac_kind)k))) {
            *ret_kind = (enum rbac_kind)k;
            return true;
        }
    return false;
}

/* A selector that cannot be read must not be left out: the role would lose rules it has. */
static int read_aggregation(const json_t *j, struct arena *a, struct rbac_object *o, struct err *e)
{
    const json_t *aggregation = json_object_get(j, "aggregationRule");
    const json_t *selectors = json_object_get(aggregation, "clusterRoleSelectors");
    if (!aggregation || json_is_null(aggregation))
        return 0;
    if (!json_is_object(aggregation) ||
        (selectors && !json_is_null(selectors) && !json_is_array(selectors)))
        return fail(e, ERR_INPUT, "aggregationRule.clusterRoleSelectors is not a list");
    o->aggregated = true;
    o->n_selectors = json_array_size(selectors);
    o->selectors = ARENA_ARRAY(a, o->n_selectors, struct selector);
    for (size_t i = 0; i < o->n_selectors; i++)
        if (selector_read_value(json_array_get(selectors, i), a, &o->selectors[i], e) < 0)
            return fail_within(e, "ClusterRole %.*s: aggregationRule", STR_F(o->name));
    return 0;
}

static int read_object(const json_t *j, enum rbac_kind kind, struct arena *a, struct rbac_object *o,
                       struct err *e)
{
    const json_t *metadata = json_object_get(j, "metadata");
    *o = (struct rbac_object){.kind = kind};
    if (!json_get_str(metadata, "name", a, &o->name) || o->name.n == 0)
        return fail(e, ERR_INPUT, "%s without metadata.name", rbac_kind_name(kind));
    json_get_str(metadata, "namespace", a, &o->namespace);
    json_get_str(metadata, "resourceVersion", a, &o->resource_version);
    read_pairs(metadata, "labels", a, &o->labels);
    read_pairs(metadata, "annotations", a, &o->annotations);
    o->src = pairs_get(&o->annotations, STR(RBAC_SRC));
    bool namespaced = kind == RBAC_ROLE || kind == RBAC_ROLE_BINDING;
    if (namespaced != (o->namespace.n > 0))
        return fail(e, ERR_INPUT, "%s %.*s: metadata.namespace is %s", rbac_kind_name(kind),
                    STR_F(o->name), namespaced ? "missing" : "not allowed");
    if (kind == RBAC_CLUSTER_ROLE && read_aggregation(j, a, o, e) < 0)
        return -1;
    if (kind == RBAC_CLUSTER_ROLE || kind == RBAC_ROLE)
        return read_rules(j, a, o, e);
    const json_t *ref = json_object_get(j, "roleRef");
    if (!json_get_str(ref, "kind", a, &o->role_kind) ||
        !json_get_str(ref, "name", a, &o->role_name))
        return fail(e, ERR_INPUT, "%s %.*s has no roleRef", rbac_kind_name(kind), STR_F(o->name));
    return read_subjects(j, a, o, e);
}

static int add_object(const json_t *j, enum rbac_kind kind, struct arena *a, struct rbac_set *set,
                      struct err *e)
{
    struct rbac_object o;
    if (read_object(j, kind, a, &o, e) < 0)
        return -1;
    struct rbac_object *slot = ARENA_PUSH(a, set);
    if (!slot)
        return fail(e, ERR_LIMIT, "too many RBAC objects");
    *slot = o;
    return 0;
}

static int add_list(const json_t *items, struct str list_kind, struct arena *a,
                    struct rbac_set *set, struct err *e)
{
    /* the members of a RoleBindingList carry no kind of their own */
    enum rbac_kind kind = RBAC_ROLE;
    bool typed = kind_of(str_from_to(list_kind, 0, list_kind.n - 4), &kind);
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item)
    {
        struct str own = STR_NONE;
        bool known = json_get_str(item, "kind", a, &own) ? kind_of(own, &kind) : typed;
        if (known && add_object(item, kind, a, set, e) < 0)
            return fail_within(e, "item %zu", i);
    }
    return 0;
}

int rbac_read_value(const json_t *root, struct arena *a, struct rbac_set *set, struct err *e)
{
    struct str name = STR_NONE;
    if (!json_is_object(root) || !json_get_str(root, "kind", a, &name))
        return fail(e, ERR_INPUT, "not a Kubernetes object: it has no kind");
    enum rbac_kind kind;
    if (kind_of(name, &kind))
        return add_object(root, kind, a, set, e);
    if (!str_ends(name, STR("List")))
        return 0;
    const json_t *items = json_object_get(root, "items");
    if (items && !json_is_null(items) && !json_is_array(items))
        return fail(e, ERR_INPUT, "items is not a list");
    return add_list(items, name, a, set, e);
}

int rbac_read_json(struct str text, struct arena *a, struct rbac_set *set, struct err *e)
{
    auto_json *root = json_read(text, JSON_MAX, e);
    return root ? rbac_read_value(root, a, set, e) : -1;
}

/* --- out */

static void put_pairs(struct json_out *j, const char *key, const struct str_pairs *pairs)
{
    if (pairs->n == 0)
        return;
    json_key(j, key);
    json_open_object(j);
    for (size_t i = 0; i < pairs->n; i++) {
        char name[320];
        snprintf(name, sizeof(name), "%.*s",
                 STR_F(pairs->items[i].key)); /* Kubernetes: 253 + 1 + 63 */
        json_put_str(j, name, pairs->items[i].value);
    }
    json_close_object(j);
}

static void put_strs_opt(struct json_out *j, const char *key, struct strs set)
{
    if (set.n > 0)
        json_put_strs(j, key, set.items, set.n);
}

static void put_aggregation(struct json_out *j, const struct rbac_object *o)
{
    json_key(j, "aggregationRule");
    json_open_object(j);
    json_key(j, "clusterRoleSelectors");
    json_open_array(j);
    for (size_t i = 0; i < o->n_selectors; i++)
        selector_put(j, &o->selectors[i]);
    json_close_array(j);
    json_close_object(j);
}

static void put_rules(struct json_out *j, const struct rbac_object *o)
{
    if (o->aggregated)
        put_aggregation(j, o);
    json_key(j, "rules");
    json_open_array(j);
    for (size_t i = 0; i < o->n_rules; i++) {
        const struct rbac_rule *rule = &o->rules[i];
        json_open_object(j);
        put_strs_opt(j, "apiGroups", rule->api_groups);
        put_strs_opt(j, "resources", rule->resources);
        put_strs_opt(j, "resourceNames", rule->resource_names);
        put_strs_opt(j, "nonResourceURLs", rule->non_resource_urls);
        json_put_strs(j, "verbs", rule->verbs.items, rule->verbs.n);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_binding(struct json_out *j, const struct rbac_object *o)
{
    json_key(j, "roleRef");
    json_open_object(j);
    json_put_str(j, "apiGroup", STR(RBAC_GROUP_NAME));
    json_put_str(j, "kind", o->role_kind);
    json_put_str(j, "name", o->role_name);
    json_close_object(j);
    json_key(j, "subjects");
    json_open_array(j);
    for (size_t i = 0; i < o->n_subjects; i++) {
        const struct rbac_subject *s = &o->subjects[i];
        json_open_object(j);
        if (s->kind != RBAC_SERVICE_ACCOUNT)
            json_put_str(j, "apiGroup", STR(RBAC_GROUP_NAME));
        json_put_str(j, "kind", STR_C(rbac_subject_kind_name(s->kind)));
        json_put_str(j, "name", s->name);
        json_put_str_opt(j, "namespace", s->namespace);
        json_close_object(j);
    }
    json_close_array(j);
}

void rbac_write_json(const struct rbac_object *o, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "apiVersion", STR(RBAC_GROUP_NAME "/v1"));
    json_put_str(&j, "kind", STR_C(rbac_kind_name(o->kind)));
    json_key(&j, "metadata");
    json_open_object(&j);
    json_put_str(&j, "name", o->name);
    json_put_str_opt(&j, "namespace", o->namespace);
    json_put_str_opt(&j, "resourceVersion", o->resource_version);
    put_pairs(&j, "labels", &o->labels);
    put_pairs(&j, "annotations", &o->annotations);
    json_close_object(&j);
    if (o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE)
        put_rules(&j, o);
    else
        put_binding(&j, o);
    json_close_object(&j);
}
