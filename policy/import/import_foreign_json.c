/*
 * Fields as in rbac-manager pkg/apis/rbacmanager/v1beta1/rbacdefinition_types.go and
 * pkg/reconciler/parser.go, and Rancher pkg/apis/management.cattle.io/v3/authz_types.go.
 */
#include "policy/import/import_foreign.h"
#include "policy/rbac/rbac_json.h"
#include "policy/rbac/selector_json.h"

#define JSON_MAX ((size_t)256 << 20)

struct reader {
    struct arena *arena;
    struct import_foreign *out;
    struct str site;
};

static struct str get(const struct reader *r, const json_t *object, const char *key)
{
    struct str value = STR_NONE;
    (void)json_get_str(object, key, r->arena, &value);
    return value;
}

static struct str name_of(const struct reader *r, const json_t *j)
{
    return get(r, json_object_get(j, "metadata"), "name");
}

static int too_many(struct err *e)
{
    return fail(e, ERR_LIMIT, "too many objects");
}

static enum rbac_subject_kind subject_kind(struct str kind)
{
    for (int k = RBAC_USER; k < RBAC_SUBJECT_UNKNOWN; k++)
        if (str_is(kind, rbac_subject_kind_name((enum rbac_subject_kind)k)))
            return (enum rbac_subject_kind)k;
    return RBAC_SUBJECT_UNKNOWN;
}

/* --- rbac-manager */

static int read_subjects(const struct reader *r, const json_t *list, struct foreign_grant *g,
                         struct err *e)
{
    size_t i;
    const json_t *item;
    g->subjects = ARENA_ARRAY(r->arena, json_array_size(list), struct rbac_subject);
    if (list && !json_is_null(list) && !json_is_array(list))
        return fail(e, ERR_INPUT, "%.*s: subjects is not a list", STR_F(g->object));
    json_array_foreach(list, i, item)
    {
        struct rbac_subject *s = &g->subjects[g->n_subjects++];
        s->kind = subject_kind(get(r, item, "kind"));
        s->name = get(r, item, "name");
        s->namespace = get(r, item, "namespace");
        if (s->name.n == 0)
            return fail(e, ERR_INPUT, "%.*s: a subject without a name", STR_F(g->object));
    }
    return 0;
}

static bool has_selector(const json_t *selector)
{
    const json_t *labels = json_object_get(selector, "matchLabels"),
                 *expressions = json_object_get(selector, "matchExpressions");
    return (labels && !json_is_null(labels)) ||
           (expressions && !json_is_null(expressions) &&
            (!json_is_array(expressions) || json_array_size(expressions) > 0));
}

/* parser.go: a cluster role before a role, a selector before a namespace */
static void read_role_binding(const struct reader *r, const json_t *j, struct foreign_grant *g)
{
    const json_t *selector = json_object_get(j, "namespaceSelector");
    struct err e;
    g->role = get(r, j, "clusterRole");
    g->role_kind = STR("ClusterRole");
    if (g->role.n == 0) {
        g->role = get(r, j, "role");
        g->role_kind = STR("Role");
    }
    g->where = get(r, j, "namespace");
    g->scope = has_selector(selector) ? FOREIGN_SELECTOR : FOREIGN_NAMESPACE;
    if (g->role.n == 0 || (g->scope == FOREIGN_NAMESPACE && g->where.n == 0))
        g->wrong = IMPORT_FOREIGN_NOWHERE;
    if (g->scope != FOREIGN_SELECTOR)
        return;
    if (selector_read_value(selector, r->arena, &g->selector, &e) < 0) {
        g->wrong = IMPORT_FOREIGN_SELECTOR;
        g->detail = arena_str(r->arena, STR_C(e.text));
        return;
    }
    struct str key = selector_contradiction(&g->selector, r->arena);
    if (key.p) {
        g->wrong = IMPORT_FOREIGN_SELECTOR;
        g->detail = arena_fmt(r->arena, "label '%.*s' contradicts itself", STR_F(key));
    }
}

static int add_bindings(const struct reader *r, const json_t *list, bool wide,
                        const struct foreign_grant *common, struct err *e)
{
    size_t i;
    const json_t *item;
    if (list && !json_is_null(list) && !json_is_array(list))
        return fail(e, ERR_INPUT, "%.*s: its bindings are not a list", STR_F(common->object));
    json_array_foreach(list, i, item)
    {
        struct foreign_grant *g = ARENA_PUSH(r->arena, &r->out->grants);
        if (!g)
            return too_many(e);
        *g = *common;
        if (!wide) {
            read_role_binding(r, item, g);
        } else {
            g->role = get(r, item, "clusterRole");
            g->role_kind = STR("ClusterRole");
            g->wrong = g->role.n ? N_IMPORT_REASONS : IMPORT_FOREIGN_NOWHERE;
        }
        g->name = CONCAT(r->arena, common->name, STR("-"), g->role);
    }
    return 0;
}

static int read_definition(const struct reader *r, const json_t *j, struct err *e)
{
    const json_t *bindings = json_object_get(j, "rbacBindings"), *item;
    struct str name = name_of(r, j);
    size_t i;
    if (name.n == 0)
        return fail(e, ERR_INPUT, "RBACDefinition without metadata.name");
    if (bindings && !json_is_null(bindings) && !json_is_array(bindings))
        return fail(e, ERR_INPUT, "RBACDefinition %.*s: rbacBindings is not a list", STR_F(name));
    json_array_foreach(bindings, i, item)
    {
        struct str own = get(r, item, "name");
        struct foreign_grant g = {.object =
                                      CONCAT(r->arena, STR("RBACDefinition "), name, STR("/"), own),
                                  .name = CONCAT(r->arena, name, STR("-"), own),
                                  .site = r->site,
                                  .wrong = N_IMPORT_REASONS};
        if (!json_is_object(item))
            return fail(e, ERR_INPUT, "%.*s: an entry is no object", STR_F(g.object));
        if (read_subjects(r, json_object_get(item, "subjects"), &g, e) < 0 ||
            add_bindings(r, json_object_get(item, "clusterRoleBindings"), true, &g, e) < 0 ||
            add_bindings(r, json_object_get(item, "roleBindings"), false, &g, e) < 0)
            return -1;
    }
    return 0;
}

/* --- Rancher */

/* BuildSubjectFromRTB: exactly one of them. The user's name is Rancher's id, which is what the
 * bindings it makes name. */
static void rancher_subject(const struct reader *r, const json_t *j, struct foreign_grant *g)
{
    static const struct {
        const char *key;
        enum rbac_subject_kind kind;
    } fields[] = {{"userName", RBAC_USER},
                  {"groupPrincipalName", RBAC_GROUP},
                  {"groupName", RBAC_GROUP},
                  {"serviceAccount", RBAC_SERVICE_ACCOUNT}};
    g->subjects = ARENA_NEW(r->arena, struct rbac_subject);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct str value = get(r, j, fields[i].key);
        if (value.n == 0)
            continue;
        g->n_subjects++;
        *g->subjects = (struct rbac_subject){.kind = fields[i].kind, .name = value};
        if (fields[i].kind == RBAC_SERVICE_ACCOUNT)
            (void)str_split(value, ':', &g->subjects->namespace, &g->subjects->name);
    }
    struct str principal = get(r, j, "userPrincipalName");
    if (g->n_subjects == 0 && principal.n) { /* Rancher looks up the user later */
        g->n_subjects = 1;
        *g->subjects = (struct rbac_subject){.kind = RBAC_USER, .name = principal};
    }
    if (g->n_subjects != 1)
        g->wrong = IMPORT_FOREIGN_SUBJECTS;
}

static int read_template_binding(const struct reader *r, const json_t *j, struct str kind,
                                 struct err *e)
{
    struct str name = name_of(r, j),
               namespace = get(r, json_object_get(j, "metadata"), "namespace");
    bool project = str_is(kind, "ProjectRoleTemplateBinding");
    struct foreign_grant g = {.object = CONCAT(r->arena, kind, STR(" "), namespace,
                                               namespace.n ? STR("/") : STR(""), name),
                              .name = name,
                              .site = r->site,
                              .scope = project ? FOREIGN_RANCHER_PROJECT : FOREIGN_RANCHER_CLUSTER,
                              .role_kind = STR("ClusterRole"),
                              .wrong = N_IMPORT_REASONS};
    if (name.n == 0)
        return fail(e, ERR_INPUT, "%.*s without metadata.name", STR_F(kind));
    g.where = get(r, j, project ? "projectName" : "clusterName");
    g.template = get(r, j, "roleTemplateName");
    rancher_subject(r, j, &g);
    if (str_is(kind, "GlobalRoleBinding"))
        g.wrong = IMPORT_FOREIGN_GLOBAL;
    else if (g.where.n == 0 || g.template.n == 0)
        g.wrong = IMPORT_FOREIGN_NOWHERE;
    struct foreign_grant *slot = ARENA_PUSH(r->arena, &r->out->grants);
    if (!slot)
        return too_many(e);
    *slot = g;
    return 0;
}

static struct strs lowered(struct arena *a, struct strs set)
{
    struct str *items = ARENA_ARRAY(a, set.n, struct str);
    for (size_t i = 0; i < set.n; i++) {
        char *text = arena_alloc(a, set.items[i].n + 1);
        for (size_t k = 0; k < set.items[i].n; k++) {
            char c = set.items[i].p[k];
            text[k] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        items[i] = (struct str){text, set.items[i].n};
    }
    return (struct strs){items, set.n};
}

static int read_template(const struct reader *r, const json_t *j, struct err *e)
{
    struct rbac_set set = {0};
    struct foreign_template t = {.name = name_of(r, j)};
    struct str *inherits = NULL;
    const json_t *rules = json_object_get(j, "rules"),
                 *list = json_object_get(j, "roleTemplateNames");
    /* its rules are read as those of the ClusterRole that Rancher makes of it */
    auto_json *role =
        json_pack("{s:s, s:O}", "kind", "ClusterRole", "metadata", json_object_get(j, "metadata"));
    if (!role || t.name.n == 0)
        return fail(e, ERR_INPUT, "RoleTemplate without metadata.name");
    if (rules && json_object_set(role, "rules", (json_t *)(uintptr_t)rules) < 0)
        return too_many(e);
    json_object_del(json_object_get(role, "metadata"), "namespace");
    if (rbac_read_value(role, r->arena, &set, e) < 0)
        return fail_within(e, "RoleTemplate %.*s", STR_F(t.name));
    if (list && !json_is_null(list) &&
        !json_get_strs(j, "roleTemplateNames", r->arena, &inherits, &t.inherits.n))
        return fail(e, ERR_INPUT, "RoleTemplate %.*s: roleTemplateNames is not a list of names",
                    STR_F(t.name));
    t.inherits.items = inherits;
    (void)json_get_bool(j, "external", &t.external);
    t.rules = set.items[0].rules;
    t.n_rules = set.items[0].n_rules;
    for (size_t i = 0; i < t.n_rules; i++) { /* handler_base.go: ToLowerRoleTemplates */
        t.rules[i].resources = lowered(r->arena, t.rules[i].resources);
        t.rules[i].verbs = lowered(r->arena, t.rules[i].verbs);
    }
    struct foreign_template *slot = ARENA_PUSH(r->arena, &r->out->templates);
    if (!slot)
        return too_many(e);
    *slot = t;
    return 0;
}

/* --- any document */

static int read_item(const struct reader *r, const json_t *j, struct str kind, struct err *e)
{
    if (str_is(kind, "RBACDefinition"))
        return read_definition(r, j, e);
    if (str_is(kind, "RoleTemplate"))
        return read_template(r, j, e);
    if (str_is(kind, "ProjectRoleTemplateBinding") || str_is(kind, "ClusterRoleTemplateBinding") ||
        str_is(kind, "GlobalRoleBinding"))
        return read_template_binding(r, j, kind, e);
    return 0;
}

int import_foreign_read(struct str text, struct str site, struct arena *a,
                        struct import_foreign *out, struct err *e)
{
    const struct reader r = {a, out, site};
    auto_json *root = json_read(text, JSON_MAX, e);
    const json_t *item, *items = json_object_get(root, "items");
    size_t i;
    if (!root)
        return -1;
    struct str kind = get(&r, root, "kind");
    if (!str_ends(kind, STR("List")))
        return read_item(&r, root, kind, e);
    kind.n -= 4;
    json_array_foreach(items, i, item)
    {
        struct str own = get(&r, item, "kind");
        if (read_item(&r, item, own.n ? own : kind, e) < 0)
            return -1;
    }
    return 0;
}
