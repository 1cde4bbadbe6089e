/* One admission policy and its binding as JSON, with every default that the API server fills in. */
#include "policy/emit/policy_vap.h"

#define API "admissionregistration.k8s.io/v1"

/* CEL strings take JSON's escapes: \uXXXX, \", \\ (cel-spec, langdef: string and bytes values) */
void vap_list(struct buf *out, struct strs items)
{
    buf_char(out, '[');
    for (size_t i = 0; i < items.n; i++) {
        if (i)
            buf_lit(out, ", ");
        buf_json(out, items.items[i]);
    }
    buf_char(out, ']');
}

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

static void put_constraints(struct json_out *j, const struct vap_guard *g)
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

static void add_manifest(struct vap_draft *d, const char *kind, const char *path, struct buf *text)
{
    *ARENA_PUSH(d->arena, d->manifests) =
        (struct manifest){.kind = STR_C(kind),
                          .name = STR_C(d->guard->name),
                          .path = STR_C(path),
                          .text = arena_str(d->arena, buf_str(text))};
}

static void put_named(struct json_out *j, const char *key, const struct vap_cel *items, size_t n)
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

static void put_validations(struct json_out *j, const struct vap_cel *items, size_t n)
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

void vap_add(struct vap_draft *d, const struct vap_guard *g, const struct vap_body *body)
{
    auto_buf policy = BUF_INIT(VAP_TEXT_MAX);
    auto_buf binding = BUF_INIT(VAP_TEXT_MAX);
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
