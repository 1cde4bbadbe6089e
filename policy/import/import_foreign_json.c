/*
 * Fields as in rbac-manager pkg/apis/rbacmanager/v1beta1/rbacdefinition_types.go and
 * pkg/reconciler/parser.go, and Rancher pkg/apis/management.cattle.io/v3/authz_types.go.
 */
#include "base/json_scan.h"
#include "policy/import/import_foreign.h"
#include "policy/rbac/rbac_json.h"
#include "policy/rbac/selector_json.h"

#define JSON_MAX ((size_t)256 << 20)

struct reader {
    struct json_scan *scan;
    struct arena *arena;
    struct import_foreign *out;
    struct str site;
};

static int too_many(const struct reader *r)
{
    return json_scan_refuse(r->scan, ERR_LIMIT, "too many objects");
}

struct metadata {
    struct str name, namespace;
};

static struct metadata metadata_of(const struct json_scan *object)
{
    struct json_scan again = json_scan_again(object);
    struct metadata m = {0};
    struct str key;
    for (bool in = json_scan_object(&again); in && !m.name.p && json_scan_member(&again, &key);)
        if (str_is(key, "metadata")) {
            m.name = json_scan_peek(&again, "name");
            m.namespace = json_scan_peek(&again, "namespace");
        }
    return m;
}

/* --- rbac-manager */

static int read_subjects(const struct reader *r, struct foreign_grant *g)
{
    struct json_scan *s = r->scan;
    struct {
        struct rbac_subject *items;
        size_t n, cap;
    } list = {0};
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(s))
        return json_scan_refuse(s, ERR_INPUT, "%.*s: subjects is not a list", STR_F(g->object));
    while (json_scan_item(s)) {
        struct rbac_subject *subject = ARENA_PUSH(r->arena, &list);
        if (!subject)
            return too_many(r);
        if (!rbac_scan_subject(s, subject))
            return json_scan_refuse(s, ERR_INPUT, "%.*s: a subject without a kind or a name",
                                    STR_F(g->object));
    }
    g->subjects = list.items;
    g->n_subjects = list.n;
    return s->failed ? -1 : 0;
}

/* matchLabels, or matchExpressions with something in them */
static bool has_selector(const struct json_scan *selector)
{
    struct json_scan s = json_scan_again(selector);
    struct str key;
    bool found = false;
    for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);) {
        bool labels = str_is(key, "matchLabels");
        if (json_scan_type(&s) == JSON_SCAN_NULL || (!labels && !str_is(key, "matchExpressions")))
            continue;
        if (labels || !json_scan_array(&s)) {
            found = true;
            continue;
        }
        while (json_scan_item(&s))
            found = true;
    }
    return found;
}

/* A selector that is wrong is said of this grant alone. */
static void read_selector(const struct reader *r, struct foreign_grant *g)
{
    struct json_scan again = json_scan_again(r->scan);
    struct err e = {0};
    again.err = &e;
    if (!has_selector(r->scan))
        return;
    g->scope = FOREIGN_SELECTOR;
    if (selector_scan(&again, &g->selector) < 0) {
        g->wrong = IMPORT_FOREIGN_SELECTOR;
        g->detail = arena_str(r->arena, STR_C(e.text));
        return;
    }
    struct str contradiction = selector_contradiction(&g->selector, r->arena);
    if (contradiction.p) {
        g->wrong = IMPORT_FOREIGN_SELECTOR;
        g->detail = arena_fmt(r->arena, "label '%.*s' contradicts itself", STR_F(contradiction));
    }
}

/* parser.go: a cluster role before a role, a selector before a namespace */
static void read_role_binding(const struct reader *r, struct foreign_grant *g)
{
    struct str key, role = STR_NONE;
    g->scope = FOREIGN_NAMESPACE;
    for (bool in = json_scan_object(r->scan); in && json_scan_member(r->scan, &key);)
        if (str_is(key, "clusterRole"))
            (void)json_scan_str(r->scan, &g->role);
        else if (str_is(key, "role"))
            (void)json_scan_str(r->scan, &role);
        else if (str_is(key, "namespace"))
            (void)json_scan_str(r->scan, &g->where);
        else if (str_is(key, "namespaceSelector"))
            read_selector(r, g);
    g->role_kind = g->role.n ? STR("ClusterRole") : STR("Role");
    g->role = g->role.n ? g->role : role;
    if (g->wrong == N_IMPORT_REASONS &&
        (g->role.n == 0 || (g->scope == FOREIGN_NAMESPACE && g->where.n == 0)))
        g->wrong = IMPORT_FOREIGN_NOWHERE;
}

static int add_bindings(const struct reader *r, bool wide, const struct foreign_grant *common)
{
    if (json_scan_type(r->scan) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(r->scan))
        return json_scan_refuse(r->scan, ERR_INPUT, "%.*s: its bindings are not a list",
                                STR_F(common->object));
    while (json_scan_item(r->scan)) {
        struct foreign_grant *g = ARENA_PUSH(r->arena, &r->out->grants);
        if (!g)
            return too_many(r);
        *g = *common;
        if (wide) {
            g->role = json_scan_peek(r->scan, "clusterRole");
            g->role_kind = STR("ClusterRole");
            g->wrong = g->role.n ? N_IMPORT_REASONS : IMPORT_FOREIGN_NOWHERE;
        } else {
            read_role_binding(r, g);
        }
        g->name = CONCAT(r->arena, common->name, STR("-"), g->role);
    }
    return r->scan->failed ? -1 : 0;
}

/* The subjects stand before or behind the bindings that they are of. */
static int read_entry(const struct reader *r, struct foreign_grant *g)
{
    struct json_scan again = json_scan_again(r->scan);
    const struct reader before = {&again, r->arena, r->out, r->site};
    struct str key;
    for (bool in = json_scan_object(&again); in && json_scan_member(&again, &key);)
        if (str_is(key, "subjects") && read_subjects(&before, g) < 0)
            return -1;
    for (bool in = json_scan_object(r->scan); in && json_scan_member(r->scan, &key);)
        if ((str_is(key, "clusterRoleBindings") && add_bindings(r, true, g) < 0) ||
            (str_is(key, "roleBindings") && add_bindings(r, false, g) < 0))
            return -1;
    return r->scan->failed ? -1 : 0;
}

static int read_entries(const struct reader *r, struct str name)
{
    if (json_scan_type(r->scan) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(r->scan))
        return json_scan_refuse(r->scan, ERR_INPUT,
                                "RBACDefinition %.*s: rbacBindings is not a list", STR_F(name));
    while (json_scan_item(r->scan)) {
        struct str own = json_scan_peek(r->scan, "name");
        struct foreign_grant g = {.object =
                                      CONCAT(r->arena, STR("RBACDefinition "), name, STR("/"), own),
                                  .name = CONCAT(r->arena, name, STR("-"), own),
                                  .site = r->site,
                                  .wrong = N_IMPORT_REASONS};
        if (json_scan_type(r->scan) != JSON_SCAN_OBJECT)
            return json_scan_refuse(r->scan, ERR_INPUT, "%.*s: an entry is no object",
                                    STR_F(g.object));
        if (read_entry(r, &g) < 0)
            return -1;
    }
    return r->scan->failed ? -1 : 0;
}

static int read_definition(const struct reader *r)
{
    struct str key, name = metadata_of(r->scan).name;
    if (name.n == 0)
        return json_scan_refuse(r->scan, ERR_INPUT, "RBACDefinition without metadata.name");
    for (bool in = json_scan_object(r->scan); in && json_scan_member(r->scan, &key);)
        if (str_is(key, "rbacBindings") && read_entries(r, name) < 0)
            return -1;
    return r->scan->failed ? -1 : 0;
}

/* --- Rancher */

/* BuildSubjectFromRTB: exactly one of them. The user's name is Rancher's id, which is what the
 * bindings it makes name. */
static void rancher_subject(const struct reader *r, struct foreign_grant *g)
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
        struct str value = json_scan_peek(r->scan, fields[i].key);
        if (value.n == 0)
            continue;
        g->n_subjects++;
        *g->subjects = (struct rbac_subject){.kind = fields[i].kind, .name = value};
        if (fields[i].kind == RBAC_SERVICE_ACCOUNT)
            (void)str_split(value, ':', &g->subjects->namespace, &g->subjects->name);
    }
    struct str principal = json_scan_peek(r->scan, "userPrincipalName");
    if (g->n_subjects == 0 && principal.n) { /* Rancher looks up the user later */
        g->n_subjects = 1;
        *g->subjects = (struct rbac_subject){.kind = RBAC_USER, .name = principal};
    }
    if (g->n_subjects != 1)
        g->wrong = IMPORT_FOREIGN_SUBJECTS;
}

static int read_template_binding(const struct reader *r, struct str kind)
{
    struct metadata m = metadata_of(r->scan);
    bool project = str_is(kind, "ProjectRoleTemplateBinding");
    struct foreign_grant g = {.object = CONCAT(r->arena, kind, STR(" "), m.namespace,
                                               m.namespace.n ? STR("/") : STR(""), m.name),
                              .name = m.name,
                              .site = r->site,
                              .scope = project ? FOREIGN_RANCHER_PROJECT : FOREIGN_RANCHER_CLUSTER,
                              .role_kind = STR("ClusterRole"),
                              .wrong = N_IMPORT_REASONS};
    if (m.name.n == 0)
        return json_scan_refuse(r->scan, ERR_INPUT, "%.*s without metadata.name", STR_F(kind));
    g.where = json_scan_peek(r->scan, project ? "projectName" : "clusterName");
    g.template = json_scan_peek(r->scan, "roleTemplateName");
    rancher_subject(r, &g);
    if (str_is(kind, "GlobalRoleBinding"))
        g.wrong = IMPORT_FOREIGN_GLOBAL;
    else if (g.where.n == 0 || g.template.n == 0)
        g.wrong = IMPORT_FOREIGN_NOWHERE;
    struct foreign_grant *slot = ARENA_PUSH(r->arena, &r->out->grants);
    if (!slot)
        return too_many(r);
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

static int read_template_member(struct json_scan *s, struct str key, struct foreign_template *t)
{
    struct str *inherits;
    if (str_is(key, "rules"))
        return rbac_scan_rules(s, &t->rules, &t->n_rules);
    if (str_is(key, "external"))
        (void)json_scan_bool(s, &t->external);
    if (!str_is(key, "roleTemplateNames") || json_scan_type(s) == JSON_SCAN_NULL)
        return s->failed ? -1 : 0;
    if (!json_scan_strs(s, &inherits, &t->inherits.n))
        return json_scan_refuse(s, ERR_INPUT, "roleTemplateNames is not a list of names");
    t->inherits.items = inherits;
    return 0;
}

static int read_template(const struct reader *r)
{
    struct foreign_template t = {.name = metadata_of(r->scan).name};
    struct str key;
    if (t.name.n == 0)
        return json_scan_refuse(r->scan, ERR_INPUT, "RoleTemplate without metadata.name");
    for (bool in = json_scan_object(r->scan); in && json_scan_member(r->scan, &key);)
        if (read_template_member(r->scan, key, &t) < 0)
            return fail_within(r->scan->err, "RoleTemplate %.*s", STR_F(t.name));
    for (size_t i = 0; i < t.n_rules; i++) { /* handler_base.go: ToLowerRoleTemplates */
        t.rules[i].resources = lowered(r->arena, t.rules[i].resources);
        t.rules[i].verbs = lowered(r->arena, t.rules[i].verbs);
    }
    struct foreign_template *slot = ARENA_PUSH(r->arena, &r->out->templates);
    if (!slot)
        return too_many(r);
    *slot = t;
    return r->scan->failed ? -1 : 0;
}

/* --- any document */

static int read_item(struct json_scan *s, struct str kind, void *context)
{
    const struct reader *r = context;
    (void)s;
    if (str_is(kind, "RBACDefinition"))
        return read_definition(r);
    if (str_is(kind, "RoleTemplate"))
        return read_template(r);
    if (str_is(kind, "ProjectRoleTemplateBinding") || str_is(kind, "ClusterRoleTemplateBinding") ||
        str_is(kind, "GlobalRoleBinding"))
        return read_template_binding(r, kind);
    return 0;
}

int import_foreign_read(struct str text, struct str site, struct arena *a,
                        struct import_foreign *out, struct err *e)
{
    struct json_scan s;
    struct reader r = {&s, a, out, site};
    json_scan_init(&s, text, JSON_MAX, a, e);
    struct str kind = json_scan_peek(&s, "kind");
    if ((str_ends(kind, STR("List")) ? rbac_scan_list(&s, kind, read_item, &r)
                                     : read_item(&s, kind, &r)) < 0)
        return -1;
    return json_scan_end(&s);
}
