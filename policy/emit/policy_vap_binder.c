/* Where the binder may bind, whom, and to what. */
#include "policy/emit/policy_vap.h"

static const struct vap_guard guard_binder = {"lotse-binder-limits",
                                              "[\"CREATE\",\"UPDATE\",\"DELETE\"]", RBAC_GROUP_NAME,
                                              "[\"clusterrolebindings\",\"clusterroles\","
                                              "\"rolebindings\",\"roles\"]"};

/* A pattern as RE2: * is any run of characters, all else is itself. */
static struct str glob_as_regex(struct arena *a, struct str glob)
{
    auto_buf out = BUF_INIT(VAP_TEXT_MAX);
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
        vap_list(out, strs_sorted(a, (struct strs){literal.items, literal.n}));
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
        struct vap_cel *items;
        size_t n, cap;
    } variables;
    struct buf text; /* of the one that is being filled */
};

static void chunk_close(struct chunks *c)
{
    if (c->text.n == 0)
        return;
    struct vap_cel *one = ARENA_PUSH(c->arena, &c->variables);
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
            vap_list(&c->text,
                     (struct strs){all.items + from, left < CHUNK_VALUES ? left : CHUNK_VALUES});
            buf_char(&c->text, ')');
        }
    }
}

static void put_covered(struct chunks *c, const struct policy *p, size_t site)
{
    buf_init(&c->text, VAP_TEXT_MAX);
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
    auto_buf out = BUF_INIT(VAP_TEXT_MAX);
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
    auto_buf out = BUF_INIT(VAP_TEXT_MAX);
    struct strs accounts = ci_accounts(p, a);
    buf_lit(&out, "request.operation == 'DELETE' || !has(object.subjects) || object.subjects.all(s,"
                  " (s.kind == 'Group' && s.name.startsWith('" RBAC_PREFIX "'))");
    if (accounts.n) {
        buf_lit(&out, " || (s.kind == 'ServiceAccount' && has(s.namespace) && (s.namespace + '/' + "
                      "s.name) in ");
        vap_list(&out, accounts);
        buf_char(&out, ')');
    }
    buf_char(&out, ')');
    return arena_str(a, buf_str(&out));
}

static struct str cel_roles(const struct policy *p, struct arena *a)
{
    auto_buf out = BUF_INIT(VAP_TEXT_MAX);
    buf_lit(&out, "request.operation == 'DELETE' || (object.roleRef.kind == 'ClusterRole' && "
                  "object.metadata.name == object.roleRef.name && object.roleRef.name in ");
    vap_list(&out, policy_bindable_roles(p, a));
    buf_char(&out, ')');
    return arena_str(a, buf_str(&out));
}

#define IS_MANAGED(which) \
    "(" which " == null || (has(" which ".metadata.labels) && '" RBAC_LABEL_MANAGED "' in " which \
    ".metadata.labels))"

void vap_add_binder(struct vap_draft *d, const struct policy *p, size_t site,
                    const struct policy_owners *owners)
{
    auto_buf binder = BUF_INIT(VAP_TEXT_MAX);
    if (owners->binder.n == 0)
        return;
    buf_lit(&binder, "request.userInfo.username == ");
    buf_json(&binder, owners->binder);
    const struct vap_cel conditions[] = {{"is-the-binder", buf_str(&binder)}};
    struct chunks chunks = {.arena = d->arena};
    *ARENA_PUSH(d->arena, &chunks.variables) = (struct vap_cel){
        "labels", CEL("namespaceObject != null && has(namespaceObject.metadata.labels)"
                      " ? namespaceObject.metadata.labels : {}")};
    put_covered(&chunks, p, site);
    const struct vap_cel validations[] = {
        {"the binder writes RoleBindings and nothing else",
         CEL("request.resource.resource == 'rolebindings'")},
        {"the binder writes only bindings labelled " RBAC_LABEL_MANAGED,
         CEL(IS_MANAGED("object") " && " IS_MANAGED("oldObject"))},
        {"the binder binds only the policy's roles, each under the role's own name",
         cel_roles(p, d->arena)},
        {"the binder binds only groups called " RBAC_PREFIX "* and the policy's CI accounts",
         cel_subjects(p, d->arena)},
        {"no space of the policy holds this namespace", cel_covered(&chunks)}};
    vap_add(d, &guard_binder,
            &(struct vap_body){conditions, chunks.variables.items, validations, COUNT(conditions),
                               chunks.variables.n, COUNT(validations)});
}
