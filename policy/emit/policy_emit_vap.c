/*
 * ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1): four guards in CEL. They are
 * themselves outside of admission, so only RBAC protects them: whoever may write them is as good as
 * an administrator.
 */
#include "policy/emit/policy_emit_vap.h"

#include "base/json.h"
#include "policy/resolve/resolved.h"

#define TEXT_MAX ((size_t)4 << 20)
#define API      "admissionregistration.k8s.io/v1"
#define NAME_KEY "kubernetes.io/metadata.name" /* the API server sets it, nobody else can */

struct guard {
    const char *name;
    const char *operations; /* JSON list */
    const char *group, *resources;
};
static const struct guard guard_owned = {"lotse-owned-objects",
                                         "[\"CREATE\",\"UPDATE\",\"DELETE\"]", RBAC_GROUP_NAME,
                                         "[\"clusterrolebindings\",\"clusterroles\","
                                         "\"rolebindings\",\"roles\"]"};
static const struct guard guard_foreign = {"lotse-foreign-bindings", "[\"CREATE\",\"UPDATE\"]",
                                           RBAC_GROUP_NAME,
                                           "[\"clusterrolebindings\",\"rolebindings\"]"};
/* status and finalize take labels as well */
static const struct guard guard_labels = {
    "lotse-selector-labels", "[\"CREATE\",\"UPDATE\"]", "",
    "[\"namespaces\",\"namespaces/finalize\",\"namespaces/status\"]"};
static const struct guard guard_binder = {"lotse-binder-limits",
                                          "[\"CREATE\",\"UPDATE\",\"DELETE\"]", RBAC_GROUP_NAME,
                                          "[\"clusterrolebindings\",\"clusterroles\","
                                          "\"rolebindings\",\"roles\"]"};

/* --- CEL */

/* CEL strings take JSON's escapes: \uXXXX, \", \\ (cel-spec, langdef: string and bytes values) */
static void cel_list(struct buf *out, struct strs items)
{
    buf_char(out, '[');
    for (size_t i = 0; i < items.n; i++) {
        if (i)
            buf_lit(out, ", ");
        buf_json(out, items.items[i]);
    }
    buf_char(out, ']');
}

/* Is the request by one of ours? with_binder: it writes RoleBindings, and nothing else. */
static struct str cel_owner(const struct policy_owners *owners, bool with_binder, struct arena *a)
{
    static const struct str group_prefix = {"group:", 6};
    auto_buf out = BUF_INIT(TEXT_MAX);
    struct str *users = ARENA_ARRAY(a, owners->platform.n + 1, struct str),
               *groups = ARENA_ARRAY(a, owners->platform.n + 1, struct str);
    size_t n_users = 0, n_groups = 0;
    groups[n_groups++] = STR("system:masters");
    for (size_t i = 0; i < owners->platform.n; i++) {
        struct str who = owners->platform.items[i];
        if (str_starts(who, group_prefix))
            groups[n_groups++] = str_from_to(who, group_prefix.n, who.n);
        else
            users[n_users++] = who;
    }
    buf_lit(&out, "request.userInfo.groups.exists(g, g in ");
    cel_list(&out, strs_sorted(a, (struct strs){groups, n_groups}));
    buf_char(&out, ')');
    if (n_users) {
        buf_lit(&out, " || request.userInfo.username in ");
        cel_list(&out, strs_sorted(a, (struct strs){users, n_users}));
    }
    if (with_binder && owners->binder.n) {
        buf_lit(&out, " || (request.resource.resource == 'rolebindings' && "
                      "request.userInfo.username == ");
        buf_json(&out, owners->binder);
        buf_char(&out, ')');
    }
    return arena_str(a, buf_str(&out));
}

/* --- one policy and its binding as JSON */

struct draft {
    struct arena *arena;
    struct manifests *manifests;
    const struct guard *guard;
    struct json_out json;
};

static void open_object(struct json_out *j, const char *kind, const char *name)
{
    json_open_object(j);
    json_put_str(j, "apiVersion", STR(API));
    json_put_str(j, "kind", STR_C(kind));
    json_key(j, "metadata");
    json_open_object(j);
    json_put_str(j, "name", STR_C(name));
    json_key(j, "labels");
    json_open_object(j);
    json_put_str(j, RBAC_LABEL_MANAGED, STR("true"));
    json_close_object(j);
    json_close_object(j);
    json_key(j, "spec");
    json_open_object(j);
}

static void json_raw(struct json_out *j, const char *key, const char *value)
{
    json_key(j, key);
    buf_c(j->b, value);
    j->comma = true;
}

static void put_constraints(struct json_out *j, const struct guard *g)
{
    json_key(j, "matchConstraints");
    json_open_object(j);
    json_raw(j, "namespaceSelector", "{}");
    json_raw(j, "objectSelector", "{}");
    json_key(j, "resourceRules");
    json_open_array(j);
    json_open_object(j);
    json_key(j, "apiGroups");
    json_open_array(j);
    json_str(j, STR_C(g->group));
    json_close_array(j);
    json_raw(j, "apiVersions", "[\"*\"]");
    json_raw(j, "operations", g->operations);
    json_raw(j, "resources", g->resources);
    json_put_str(j, "scope", STR("*"));
    json_close_object(j);
    json_close_array(j);
    json_put_str(j, "matchPolicy", STR("Equivalent"));
    json_close_object(j);
}

static void add_manifest(struct draft *d, const char *kind, const char *path, struct buf *text)
{
    *ARENA_PUSH(d->arena, d->manifests) =
        (struct manifest){.kind = STR_C(kind),
                          .name = STR_C(d->guard->name),
                          .path = STR_C(path),
                          .text = arena_str(d->arena, buf_str(text))};
}

struct cel {
    const char *name; /* of a variable; of a condition; of a validation: what is wrong */
    struct str expression;
};
struct guard_body {
    const struct cel *conditions, *variables, *validations;
    size_t n_conditions, n_variables, n_validations;
};

static void put_named(struct json_out *j, const char *key, const struct cel *items, size_t n)
{
    if (n == 0)
        return;
    json_key(j, key);
    json_open_array(j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(j);
        json_put_str(j, "name", STR_C(items[i].name));
        json_put_str(j, "expression", items[i].expression);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_validations(struct json_out *j, const struct cel *items, size_t n)
{
    json_key(j, "validations");
    json_open_array(j);
    for (size_t i = 0; i < n; i++) {
        json_open_object(j);
        json_put_str(j, "expression", items[i].expression);
        json_put_str(j, "message", STR_C(items[i].name));
        json_put_str(j, "reason", STR("Forbidden"));
        json_close_object(j);
    }
    json_close_array(j);
}

static void add_guard(struct draft *d, const struct guard *g, const struct guard_body *body)
{
    auto_buf policy = BUF_INIT(TEXT_MAX);
    auto_buf binding = BUF_INIT(TEXT_MAX);
    d->guard = g;
    json_out_init(&d->json, &policy);
    open_object(&d->json, "ValidatingAdmissionPolicy", g->name);
    json_put_str(&d->json, "failurePolicy", STR("Fail"));
    put_constraints(&d->json, g);
    put_named(&d->json, "matchConditions", body->conditions, body->n_conditions);
    put_named(&d->json, "variables", body->variables, body->n_variables);
    put_validations(&d->json, body->validations, body->n_validations);
    json_close_object(&d->json);
    json_close_object(&d->json);
    add_manifest(d, "ValidatingAdmissionPolicy", "/apis/" API "/validatingadmissionpolicies",
                 &policy);

    json_out_init(&d->json, &binding);
    open_object(&d->json, "ValidatingAdmissionPolicyBinding", g->name);
    json_put_str(&d->json, "policyName", STR_C(g->name));
    json_raw(&d->json, "validationActions", "[\"Deny\"]");
    json_close_object(&d->json);
    json_close_object(&d->json);
    add_manifest(d, "ValidatingAdmissionPolicyBinding",
                 "/apis/" API "/validatingadmissionpolicybindings", &binding);
}

/* --- the four guards */

#define CEL(text)    {(text), sizeof(text) - 1}
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define IS_OURS(which) \
    which " != null && ((has(" which ".metadata.name) && " which \
          ".metadata.name.startsWith('" RBAC_PREFIX "')) || (has(" which \
          ".metadata.labels) && '" RBAC_LABEL_MANAGED "' in " which ".metadata.labels))"

static void add_owned(struct draft *d, const struct policy_owners *owners)
{
    const struct cel variables[] = {{"becomesOurs", CEL(IS_OURS("object"))},
                                    {"wasOurs", CEL(IS_OURS("oldObject"))},
                                    {"owner", cel_owner(owners, true, d->arena)}};
    /* the namespace controller empties a namespace that goes; what it takes away there, may go */
    const struct cel validations[] = {
        {"only lotse-policy writes objects called " RBAC_PREFIX "* or labelled " RBAC_LABEL_MANAGED
         ": change the policy instead",
         CEL("variables.owner || !(variables.becomesOurs || variables.wasOurs) || "
             "(request.operation == 'DELETE' && namespaceObject != null && "
             "has(namespaceObject.metadata.deletionTimestamp))")}};
    add_guard(d, &guard_owned,
              &(struct guard_body){.variables = variables,
                                   .n_variables = COUNT(variables),
                                   .validations = validations,
                                   .n_validations = COUNT(validations)});
}

static void add_foreign(struct draft *d)
{
    const struct policy_owners masters = {0}; /* alone: the platform writes by way of the policy */
    const struct cel variables[] = {
        {"exempt", cel_owner(&masters, false, d->arena)},
        {"ours", CEL(IS_OURS("object"))}, /* then lotse-owned-objects looks at who writes it */
        {"groups", CEL("has(object.subjects) ? object.subjects.filter(s, s.kind == 'Group' && "
                       "s.name.startsWith('" RBAC_PREFIX "')) : []")},
        {"before", CEL("oldObject != null && has(oldObject.subjects) ? "
                       "oldObject.subjects.filter(s, s.kind == 'Group').map(s, s.name) : []")}};
    /* what stood there before may stay, or nobody could take a finalizer off such a binding */
    const struct cel validations[] = {
        {"only the policy gives rights to groups called " RBAC_PREFIX
         "*: write a grant instead of a binding",
         CEL("variables.exempt || variables.ours || variables.groups.all(s, s.name in "
             "variables.before)")}};
    add_guard(d, &guard_foreign,
              &(struct guard_body){.variables = variables,
                                   .n_variables = COUNT(variables),
                                   .validations = validations,
                                   .n_validations = COUNT(validations)});
}

/* The labels that decide which space holds a namespace, on any site: a policy is one. */
static struct strs selector_keys(const struct policy *p, struct arena *a)
{
    struct intern keys = {.arena = a};
    for (size_t i = 0; i < p->tree->spaces.n; i++) {
        const struct policy_space *space = &p->tree->spaces.items[i];
        for (size_t k = 0; k < space->label.n; k++)
            if (!str_is(space->label.items[k].key, NAME_KEY))
                intern_add(&keys, space->label.items[k].key);
    }
    return strs_sorted(a, (struct strs){keys.items, keys.n});
}

static void add_labels(struct draft *d, const struct policy *p, const struct policy_owners *owners)
{
    struct strs keys = selector_keys(p, d->arena);
    auto_buf list = BUF_INIT(TEXT_MAX);
    if (keys.n == 0)
        return;
    cel_list(&list, keys);
    const struct cel variables[] = {
        {"owner", cel_owner(owners, false, d->arena)},
        {"keys", buf_str(&list)},
        {"now", CEL("has(object.metadata.labels) ? object.metadata.labels : {}")},
        {"before", CEL("oldObject != null && has(oldObject.metadata.labels) ? "
                       "oldObject.metadata.labels : {}")}};
    const struct cel validations[] = {
        {"this label decides who may do what in the namespace: only the platform sets, changes or "
         "removes it",
         CEL("variables.owner || variables.keys.all(k, (k in variables.now) == (k in "
             "variables.before) && (!(k in variables.now) || variables.now[k] == "
             "variables.before[k]))")}};
    add_guard(d, &guard_labels,
              &(struct guard_body){.variables = variables,
                                   .n_variables = COUNT(variables),
                                   .validations = validations,
                                   .n_validations = COUNT(validations)});
}

/* --- where the binder may bind, whom, and to what */

/* A pattern as RE2: * is any run of characters, all else is itself. */
static struct str glob_as_regex(struct arena *a, struct str glob)
{
    auto_buf out = BUF_INIT(TEXT_MAX);
    buf_char(&out, '^');
    for (size_t i = 0; i < glob.n; i++) {
        char c = glob.p[i];
        if (c == '*')
            buf_lit(&out, ".*");
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-')
            buf_char(&out, c);
        else
            buf_fmt(&out, "\\x{%02x}", (unsigned)(unsigned char)c);
    }
    buf_char(&out, '$');
    return arena_str(a, buf_str(&out));
}

static void cel_names(struct buf *out, const struct words *globs, struct arena *a)
{
    struct strs_list {
        struct str *items;
        size_t n, cap;
    } literal = {0};
    const char *or = "";
    buf_char(out, '(');
    for (size_t i = 0; i < globs->n; i++) {
        struct str glob = globs->items[i].text;
        if (!str_has(glob, '*')) {
            *ARENA_PUSH(a, &literal) = glob;
            continue;
        }
        buf_c(out, or);
        buf_lit(out, "request.namespace.matches(");
        buf_json(out, glob_as_regex(a, glob));
        buf_char(out, ')');
        or = " || ";
    }
    if (literal.n) {
        buf_c(out, or);
        buf_lit(out, "request.namespace in ");
        cel_list(out, strs_sorted(a, (struct strs){literal.items, literal.n}));
    }
    buf_char(out, ')');
}

static void cel_space(struct buf *out, const struct policy_space *space, struct arena *a)
{
    const char *and = "";
    buf_char(out, '(');
    if (space->names.n) {
        cel_names(out, &space->names, a);
        and = " && ";
    }
    for (size_t i = 0; i < space->label.n; i++) {
        const struct str_pair *l = &space->label.items[i];
        buf_c(out, and);
        buf_lit(out, "(");
        buf_json(out, l->key);
        buf_lit(out, " in variables.labels && variables.labels[");
        buf_json(out, l->key);
        buf_lit(out, "] == ");
        buf_json(out, l->value);
        buf_char(out, ')');
        and = " && ";
    }
    if (space->not.n) {
        buf_c(out, and);
        buf_char(out, '!');
        cel_names(out, &space->not, a);
    }
    buf_char(out, ')');
}

/* A parser of CEL takes 100,000 code points (cel-go), so the spaces of a large company are several
 * variables: covered1, covered2, ... */
#define CHUNK_BYTES  ((size_t)30000)
#define CHUNK_VALUES 500

struct chunks {
    struct arena *arena;
    struct {
        struct cel *items;
        size_t n, cap;
    } variables;
    struct buf text; /* of the one that is being filled */
};

static void chunk_close(struct chunks *c)
{
    if (c->text.n == 0)
        return;
    struct cel *one = ARENA_PUSH(c->arena, &c->variables);
    one->name = arena_fmt(c->arena, "covered%zu", c->variables.n - 1).p;
    one->expression = arena_str(c->arena, buf_str(&c->text));
    buf_reset(&c->text);
}

static void chunk_or(struct chunks *c)
{
    if (c->text.n > CHUNK_BYTES)
        chunk_close(c);
    if (c->text.n)
        buf_lit(&c->text, " || ");
}

static bool is_on(const struct policy *p, size_t space, size_t site)
{
    const struct policy_space *s = &p->tree->spaces.items[space];
    return (p->spaces[space].sites & site_bit(site)) && (s->names.n || s->label.n);
}

/* label: {team: x} and nothing else, as most spaces are: one list for all of a key */
static bool is_one_label(const struct policy_space *s)
{
    return s->label.n == 1 && s->names.n == 0 && s->not.n == 0;
}

static void put_one_labels(struct chunks *c, const struct policy *p, size_t site)
{
    struct intern keys = {.arena = c->arena};
    for (size_t i = 0; i < p->tree->spaces.n; i++)
        if (is_on(p, i, site) && is_one_label(&p->tree->spaces.items[i]))
            intern_add(&keys, p->tree->spaces.items[i].label.items[0].key);
    struct strs sorted = strs_sorted(c->arena, (struct strs){keys.items, keys.n});
    struct str *values = ARENA_ARRAY(c->arena, p->tree->spaces.n + 1, struct str);
    for (size_t k = 0; k < sorted.n; k++) {
        size_t n = 0;
        for (size_t i = 0; i < p->tree->spaces.n; i++) {
            const struct policy_space *s = &p->tree->spaces.items[i];
            if (is_on(p, i, site) && is_one_label(s) &&
                str_eq(s->label.items[0].key, sorted.items[k]))
                values[n++] = s->label.items[0].value;
        }
        struct strs all = strs_sorted(c->arena, (struct strs){values, n});
        for (size_t from = 0; from < all.n; from += CHUNK_VALUES) {
            size_t left = all.n - from;
            chunk_or(c);
            buf_char(&c->text, '(');
            buf_json(&c->text, sorted.items[k]);
            buf_lit(&c->text, " in variables.labels && variables.labels[");
            buf_json(&c->text, sorted.items[k]);
            buf_lit(&c->text, "] in ");
            cel_list(&c->text,
                     (struct strs){all.items + from, left < CHUNK_VALUES ? left : CHUNK_VALUES});
            buf_char(&c->text, ')');
        }
    }
}

static void put_covered(struct chunks *c, const struct policy *p, size_t site)
{
    buf_init(&c->text, TEXT_MAX);
    put_one_labels(c, p, site);
    for (size_t i = 0; i < p->tree->spaces.n; i++) {
        const struct policy_space *space = &p->tree->spaces.items[i];
        if (!is_on(p, i, site) || is_one_label(space))
            continue;
        chunk_or(c);
        cel_space(&c->text, space, c->arena);
    }
    chunk_close(c);
    buf_fini(&c->text);
}

static struct str cel_covered(const struct chunks *c)
{
    auto_buf out = BUF_INIT(TEXT_MAX);
    buf_lit(&out, "request.operation == 'DELETE'");
    for (size_t i = 1; i < c->variables.n; i++) /* the first is the labels */
        buf_fmt(&out, " || variables.%s", c->variables.items[i].name);
    return arena_str(c->arena, buf_str(&out));
}

static struct strs ci_accounts(const struct policy *p, struct arena *a)
{
    struct str *names = ARENA_ARRAY(a, p->tree->ci.n + 1, struct str);
    size_t n = 0;
    for (size_t i = 0; i < p->tree->ci.n; i++)
        if (p->tree->ci.items[i].sa.text.n)
            names[n++] = p->tree->ci.items[i].sa.text;
    return strs_sorted(a, (struct strs){names, n});
}

static struct str cel_subjects(const struct policy *p, struct arena *a)
{
    auto_buf out = BUF_INIT(TEXT_MAX);
    struct strs accounts = ci_accounts(p, a);
    buf_lit(&out, "request.operation == 'DELETE' || !has(object.subjects) || object.subjects.all(s,"
                  " (s.kind == 'Group' && s.name.startsWith('" RBAC_PREFIX "'))");
    if (accounts.n) {
        buf_lit(&out, " || (s.kind == 'ServiceAccount' && has(s.namespace) && (s.namespace + '/' + "
                      "s.name) in ");
        cel_list(&out, accounts);
        buf_char(&out, ')');
    }
    buf_char(&out, ')');
    return arena_str(a, buf_str(&out));
}

static struct str cel_roles(const struct policy *p, struct arena *a)
{
    auto_buf out = BUF_INIT(TEXT_MAX);
    buf_lit(&out, "request.operation == 'DELETE' || (object.roleRef.kind == 'ClusterRole' && "
                  "object.metadata.name == object.roleRef.name && object.roleRef.name in ");
    cel_list(&out, policy_bindable_roles(p, a));
    buf_char(&out, ')');
    return arena_str(a, buf_str(&out));
}

#define IS_MANAGED(which) \
    "(" which " == null || (has(" which ".metadata.labels) && '" RBAC_LABEL_MANAGED "' in " which \
    ".metadata.labels))"

static void add_binder(struct draft *d, const struct policy *p, size_t site,
                       const struct policy_owners *owners)
{
    auto_buf binder = BUF_INIT(TEXT_MAX);
    if (owners->binder.n == 0)
        return;
    buf_lit(&binder, "request.userInfo.username == ");
    buf_json(&binder, owners->binder);
    const struct cel conditions[] = {{"is-the-binder", buf_str(&binder)}};
    struct chunks chunks = {.arena = d->arena};
    *ARENA_PUSH(d->arena, &chunks.variables) =
        (struct cel){"labels", CEL("namespaceObject != null && has(namespaceObject.metadata.labels)"
                                   " ? namespaceObject.metadata.labels : {}")};
    put_covered(&chunks, p, site);
    const struct cel validations[] = {
        {"the binder writes RoleBindings and nothing else",
         CEL("request.resource.resource == 'rolebindings'")},
        {"the binder writes only bindings labelled " RBAC_LABEL_MANAGED,
         CEL(IS_MANAGED("object") " && " IS_MANAGED("oldObject"))},
        {"the binder binds only the policy's roles, each under the role's own name",
         cel_roles(p, d->arena)},
        {"the binder binds only groups called " RBAC_PREFIX "* and the policy's CI accounts",
         cel_subjects(p, d->arena)},
        {"no space of the policy holds this namespace", cel_covered(&chunks)}};
    add_guard(d, &guard_binder,
              &(struct guard_body){conditions, chunks.variables.items, validations,
                                   COUNT(conditions), chunks.variables.n, COUNT(validations)});
}

void policy_emit_vap(const struct policy *p, size_t site, const struct policy_owners *owners,
                     struct arena *a, struct manifests *ret)
{
    struct manifests manifests = {0};
    struct draft d = {.arena = a, .manifests = &manifests};
    add_owned(&d, owners);
    add_foreign(&d);
    add_labels(&d, p, owners);
    add_binder(&d, p, site, owners);
    *ret = manifests;
}

int policy_emit_guard_files(const struct policy_at *at, const struct policy_owners *owners,
                            struct policy_files *files, struct err *e)
{
    struct manifests manifests[2];
    static const char *const paths[] = {"20-vap.yaml", "50-binder.yaml"};
    policy_emit_vap(at->policy, at->site, owners, at->arena, &manifests[0]);
    policy_emit_binder(at->policy, owners, at->arena, &manifests[1]);
    for (size_t i = 0; i < 2; i++) {
        auto_buf text = BUF_INIT(TEXT_MAX);
        if (manifests_yaml(&manifests[i], &text, e) < 0)
            return -1;
        if (text.n)
            *ARENA_PUSH(at->arena, files) =
                (struct policy_file){STR_C(paths[i]), arena_str(at->arena, buf_str(&text))};
    }
    return 0;
}
