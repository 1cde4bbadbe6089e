/* RBAC objects as JSON: what the API server sends and takes. */
#include "policy/rbac/rbac_json.h"

#include "base/json.h"
#include "policy/rbac/selector_json.h"

#define JSON_MAX ((size_t)64 << 20) /* a list of a whole cluster */
#define FEW      8                  /* most lists are shorter */

static int too_many(struct json_scan *s)
{
    return json_scan_refuse(s, ERR_LIMIT, "too many RBAC objects");
}

/* --- rules */

static struct strs *rule_field(struct rbac_rule *rule, struct str key)
{
    return str_is(key, "verbs")             ? &rule->verbs
           : str_is(key, "apiGroups")       ? &rule->api_groups
           : str_is(key, "resources")       ? &rule->resources
           : str_is(key, "resourceNames")   ? &rule->resource_names
           : str_is(key, "nonResourceURLs") ? &rule->non_resource_urls
                                            : NULL;
}

static int read_rule(struct json_scan *s, struct rbac_rule *rule)
{
    struct str key, *items;
    if (!json_scan_object(s))
        return json_scan_refuse(s, ERR_INPUT, "rules: an entry is no object");
    while (json_scan_member(s, &key)) {
        struct strs *field = rule_field(rule, key);
        if (!field || json_scan_type(s) == JSON_SCAN_NULL)
            continue;
        /* a list we cannot read must not become an empty one: empty resourceNames mean every name
         */
        if (!json_scan_strs(s, &items, &field->n))
            return json_scan_refuse(s, ERR_INPUT, "rules: %.*s is not a list of strings",
                                    STR_F(key));
        field->items = items;
    }
    return s->failed ? -1 : 0;
}

int rbac_scan_rules(struct json_scan *s, struct rbac_rule **ret, size_t *ret_n)
{
    struct rbac_rule few[FEW] = {0};
    struct rbac_rules rules = {few, 0, FEW};
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(s))
        return json_scan_refuse(s, ERR_INPUT, "rules is not a list");
    while (json_scan_item(s)) {
        struct rbac_rule *rule = ARENA_PUSH(s->arena, &rules);
        if (!rule)
            return too_many(s);
        if (read_rule(s, rule) < 0)
            return -1;
    }
    if (rules.items == few)
        rules.items = arena_copy(s->arena, few, rules.n * sizeof(*few));
    if (!rules.items)
        return too_many(s);
    *ret = rules.items;
    *ret_n = rules.n;
    return s->failed ? -1 : 0;
}

/* --- bindings */

static enum rbac_subject_kind subject_kind_of(struct str kind)
{
    for (int k = RBAC_USER; k < RBAC_SUBJECT_UNKNOWN; k++)
        if (str_is(kind, rbac_subject_kind_name((enum rbac_subject_kind)k)))
            return (enum rbac_subject_kind)k;
    return RBAC_SUBJECT_UNKNOWN; /* matches nobody, as in the API server */
}

bool rbac_scan_subject(struct json_scan *s, struct rbac_subject *ret)
{
    struct str key, kind = STR_NONE;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "kind"))
            (void)json_scan_str(s, &kind);
        else if (str_is(key, "name"))
            (void)json_scan_str(s, &ret->name);
        else if (str_is(key, "namespace"))
            (void)json_scan_str(s, &ret->namespace);
    ret->kind = subject_kind_of(kind);
    return kind.p && ret->name.p;
}

static int read_subjects(struct json_scan *s, struct rbac_object *o)
{
    struct rbac_subject few[FEW] = {0};
    struct {
        struct rbac_subject *items;
        size_t n, cap;
    } subjects = {few, 0, FEW};
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(s))
        return json_scan_refuse(s, ERR_INPUT, "subjects is not a list");
    while (json_scan_item(s)) {
        struct rbac_subject *subject = ARENA_PUSH(s->arena, &subjects);
        if (!subject)
            return too_many(s);
        if (!rbac_scan_subject(s, subject))
            return json_scan_refuse(s, ERR_INPUT, "subjects: an entry has no kind or no name");
    }
    if (subjects.items == few)
        subjects.items = arena_copy(s->arena, few, subjects.n * sizeof(*few));
    if (!subjects.items)
        return too_many(s);
    o->subjects = subjects.items;
    o->n_subjects = subjects.n;
    return s->failed ? -1 : 0;
}

static void read_role_ref(struct json_scan *s, struct rbac_object *o)
{
    struct str key;
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key))
        if (str_is(key, "kind"))
            (void)json_scan_str(s, &o->role_kind);
        else if (str_is(key, "name"))
            (void)json_scan_str(s, &o->role_name);
}

/* --- any object */

void rbac_scan_pairs(struct json_scan *s, struct str_pairs *pairs)
{
    struct str key, value;
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key)) {
        if (!json_scan_str(s, &value))
            continue;
        struct str_pair *pair = ARENA_PUSH(s->arena, pairs);
        if (!pair)
            too_many(s);
        else
            *pair = (struct str_pair){json_scan_keep(s, key), value};
    }
}

static void read_metadata(struct json_scan *s, struct rbac_object *o)
{
    struct str key;
    if (!json_scan_object(s))
        return;
    while (json_scan_member(s, &key))
        if (str_is(key, "name"))
            (void)json_scan_str(s, &o->name);
        else if (str_is(key, "namespace"))
            (void)json_scan_str(s, &o->namespace);
        else if (str_is(key, "resourceVersion"))
            (void)json_scan_str(s, &o->resource_version);
        else if (str_is(key, "labels"))
            rbac_scan_pairs(s, &o->labels);
        else if (str_is(key, "annotations"))
            rbac_scan_pairs(s, &o->annotations);
    o->src = pairs_get(&o->annotations, STR(RBAC_SRC));
}

bool rbac_kind_of(struct str kind, enum rbac_kind *ret_kind)
{
    for (int k = RBAC_CLUSTER_ROLE; k <= RBAC_ROLE_BINDING; k++)
        if (str_is(kind, rbac_kind_name((enum rbac_kind)k))) {
            *ret_kind = (enum rbac_kind)k;
            return true;
        }
    return false;
}

/* A selector that cannot be read must not be left out: the role would lose rules it has. */
static int read_selectors(struct json_scan *s, struct rbac_object *o)
{
    struct {
        struct selector *items;
        size_t n, cap;
    } selectors = {0};
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(s))
        return json_scan_refuse(s, ERR_INPUT, "aggregationRule.clusterRoleSelectors is not a list");
    while (json_scan_item(s)) {
        struct selector *selector = ARENA_PUSH(s->arena, &selectors);
        if (!selector)
            return too_many(s);
        if (selector_scan(s, selector) < 0)
            return fail_within(s->err, "aggregationRule");
    }
    o->selectors = selectors.items;
    o->n_selectors = selectors.n;
    return s->failed ? -1 : 0;
}

static int read_aggregation(struct json_scan *s, struct rbac_object *o)
{
    struct str key;
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_object(s))
        return json_scan_refuse(s, ERR_INPUT, "aggregationRule is not a map");
    o->aggregated = true;
    while (json_scan_member(s, &key))
        if (str_is(key, "clusterRoleSelectors") && read_selectors(s, o) < 0)
            return -1;
    return s->failed ? -1 : 0;
}

/* One member of a role or of a binding; the other's are passed over. */
static int read_member(struct json_scan *s, struct str key, struct rbac_object *o)
{
    bool role = o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE;
    if (role && str_is(key, "rules"))
        return rbac_scan_rules(s, &o->rules, &o->n_rules);
    if (o->kind == RBAC_CLUSTER_ROLE && str_is(key, "aggregationRule"))
        return read_aggregation(s, o);
    if (!role && str_is(key, "subjects"))
        return read_subjects(s, o);
    if (!role && str_is(key, "roleRef"))
        read_role_ref(s, o);
    else if (str_is(key, "metadata"))
        read_metadata(s, o);
    return s->failed ? -1 : 0;
}

/* Its parts have it from the annotation, which may stand behind them. */
static void set_src(struct rbac_object *o)
{
    for (size_t i = 0; i < o->n_rules; i++)
        o->rules[i].src = o->src;
    for (size_t i = 0; i < o->n_subjects; i++)
        o->subjects[i].src = o->src;
}

static int read_object(struct json_scan *s, struct rbac_object *o)
{
    const char *kind = rbac_kind_name(o->kind);
    bool namespaced = o->kind == RBAC_ROLE || o->kind == RBAC_ROLE_BINDING;
    bool binding = o->kind == RBAC_CLUSTER_ROLE_BINDING || o->kind == RBAC_ROLE_BINDING;
    struct str key;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (read_member(s, key, o) < 0)
            return o->name.n ? fail_within(s->err, "%s %.*s", kind, STR_F(o->name)) : -1;
    if (o->name.n == 0)
        return json_scan_refuse(s, ERR_INPUT, "%s without metadata.name", kind);
    if (namespaced != (o->namespace.n > 0))
        return json_scan_refuse(s, ERR_INPUT, "%s %.*s: metadata.namespace is %s", kind,
                                STR_F(o->name), namespaced ? "missing" : "not allowed");
    if (binding && (!o->role_kind.p || !o->role_name.p))
        return json_scan_refuse(s, ERR_INPUT, "%s %.*s has no roleRef", kind, STR_F(o->name));
    set_src(o);
    return s->failed ? -1 : 0;
}

int rbac_scan_object(struct json_scan *s, enum rbac_kind kind, struct rbac_set *set)
{
    struct rbac_object o = {.kind = kind};
    if (read_object(s, &o) < 0)
        return -1;
    struct rbac_object *slot = ARENA_PUSH(s->arena, set);
    if (!slot)
        return too_many(s);
    *slot = o;
    return 0;
}

int rbac_scan_list(struct json_scan *s, struct str list_kind,
                   int (*read)(struct json_scan *s, struct str kind, void *context), void *context)
{
    struct str key, kind = str_from_to(list_kind, 0, list_kind.n - 4);
    if (!json_scan_object(s))
        return s->failed ? -1 : 0;
    while (json_scan_member(s, &key)) {
        if (!str_is(key, "items") || json_scan_type(s) == JSON_SCAN_NULL)
            continue;
        if (!json_scan_array(s))
            return json_scan_refuse(s, ERR_INPUT, "items is not a list");
        for (size_t i = 0; json_scan_item(s); i++) {
            /* the members of a RoleBindingList carry no kind of their own */
            struct str own = json_scan_peek(s, "kind");
            if (read(s, own.p ? own : kind, context) < 0)
                return fail_within(s->err, "item %zu", i);
        }
    }
    return s->failed ? -1 : 0;
}

static int read_one(struct json_scan *s, struct str name, void *set)
{
    enum rbac_kind kind;
    return rbac_kind_of(name, &kind) ? rbac_scan_object(s, kind, set) : 0;
}

int rbac_read_json(struct str text, struct arena *a, struct rbac_set *set, struct err *e)
{
    struct json_scan s;
    json_scan_init(&s, text, JSON_MAX, a, e);
    struct str kind = json_scan_peek(&s, "kind");
    if (str_ends(kind, STR("List")) ? rbac_scan_list(&s, kind, read_one, set) < 0
                                    : read_one(&s, kind, set) < 0)
        return -1;
    if (json_scan_end(&s) < 0)
        return -1;
    return kind.p ? 0 : fail(e, ERR_INPUT, "not a Kubernetes object: it has no kind");
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
