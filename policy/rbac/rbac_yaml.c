/* RBAC objects as YAML for people and for review. One spelling per object: JSON's double-quoted
 * strings are valid YAML, so what needs quotes gets those; what is plain in every YAML version
 * stays plain. */
#include "base/buf.h"
#include "policy/rbac/rbac.h"

/* Words that some YAML 1.1 reader takes for something else than a text. */
static bool is_special_word(struct str s)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (str_eq_nocase(s, STR_C(words[i])))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain(struct str s)
{
    if (s.n == 0 || !is_letter(s.p[0]) || is_special_word(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '/' &&
            c != '_')
            return false;
    }
    return true;
}

static void put_text(struct buf *out, struct str s)
{
    if (is_plain(s))
        buf_add(out, s);
    else
        buf_json(out, s);
}

static void put_field(struct buf *out, const char *name, struct str value)
{
    buf_c(out, name);
    buf_lit(out, ": ");
    put_text(out, value);
    buf_char(out, '\n');
}

static void put_list(struct buf *out, const char *name, struct strs set)
{
    if (set.n == 0)
        return;
    buf_c(out, name);
    buf_lit(out, ": [");
    for (size_t i = 0; i < set.n; i++) {
        if (i > 0)
            buf_lit(out, ", ");
        put_text(out, set.items[i]);
    }
    buf_lit(out, "]\n");
}

static void put_pairs(struct buf *out, const char *name, const struct str_pairs *pairs)
{
    if (pairs->n == 0)
        return;
    buf_fmt(out, "  %s: {", name);
    for (size_t i = 0; i < pairs->n; i++) {
        if (i > 0)
            buf_lit(out, ", ");
        put_text(out, pairs->items[i].key);
        buf_lit(out, ": ");
        put_text(out, pairs->items[i].value);
    }
    buf_lit(out, "}\n");
}

static void put_selector(struct buf *out, const struct selector *s)
{
    static const char *const operators[] = {[SELECTOR_IN] = "In",
                                            [SELECTOR_NOT_IN] = "NotIn",
                                            [SELECTOR_EXISTS] = "Exists",
                                            [SELECTOR_NOT_EXISTS] = "DoesNotExist"};
    buf_c(out, s->n ? "  - matchExpressions:\n" : "  - {}\n");
    for (size_t i = 0; i < s->n; i++) {
        buf_lit(out, "    - key: ");
        put_text(out, s->items[i].key);
        buf_fmt(out, "\n      operator: %s\n", operators[s->items[i].op]);
        put_list(out, "      values", s->items[i].values);
    }
}

static void put_aggregation(struct buf *out, const struct rbac_object *o)
{
    buf_c(out, o->n_selectors ? "aggregationRule:\n  clusterRoleSelectors:\n"
                              : "aggregationRule: {clusterRoleSelectors: []}\n");
    for (size_t i = 0; i < o->n_selectors; i++)
        put_selector(out, &o->selectors[i]);
}

static void put_rules(struct buf *out, const struct rbac_object *o)
{
    if (o->aggregated)
        put_aggregation(out, o);
    buf_c(out, o->n_rules ? "rules:\n" : "rules: []\n");
    for (size_t i = 0; i < o->n_rules; i++) {
        const struct rbac_rule *rule = &o->rules[i];
        put_list(out, "- verbs", rule->verbs);
        put_list(out, "  apiGroups", rule->api_groups);
        put_list(out, "  resources", rule->resources);
        put_list(out, "  resourceNames", rule->resource_names);
        put_list(out, "  nonResourceURLs", rule->non_resource_urls);
    }
}

static void put_binding(struct buf *out, const struct rbac_object *o)
{
    buf_lit(out, "roleRef: {apiGroup: " RBAC_GROUP_NAME ", kind: ");
    put_text(out, o->role_kind);
    buf_lit(out, ", name: ");
    put_text(out, o->role_name);
    buf_c(out, o->n_subjects ? "}\nsubjects:\n" : "}\nsubjects: []\n");
    for (size_t i = 0; i < o->n_subjects; i++) {
        const struct rbac_subject *s = &o->subjects[i];
        buf_lit(out, "- {");
        if (s->kind != RBAC_SERVICE_ACCOUNT)
            buf_lit(out, "apiGroup: " RBAC_GROUP_NAME ", ");
        buf_fmt(out, "kind: %s, name: ", rbac_subject_kind_name(s->kind));
        put_text(out, s->name);
        if (s->namespace.n > 0) {
            buf_lit(out, ", namespace: ");
            put_text(out, s->namespace);
        }
        buf_lit(out, "}\n");
    }
}

void rbac_write_yaml(const struct rbac_object *o, struct buf *out)
{
    buf_lit(out, "---\napiVersion: " RBAC_GROUP_NAME "/v1\n");
    put_field(out, "kind", STR_C(rbac_kind_name(o->kind)));
    buf_lit(out, "metadata:\n");
    put_field(out, "  name", o->name);
    if (o->namespace.n > 0)
        put_field(out, "  namespace", o->namespace);
    put_pairs(out, "labels", &o->labels);
    put_pairs(out, "annotations", &o->annotations);
    if (o->kind == RBAC_CLUSTER_ROLE || o->kind == RBAC_ROLE)
        put_rules(out, o);
    else
        put_binding(out, o);
}
