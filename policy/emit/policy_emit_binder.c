/*
 * The binder: who writes RoleBindings, with the least rights that this takes. No escalate, no write
 * of roles, nothing cluster-wide; `bind` for each role of the policy by its name. What RBAC cannot
 * say (only our bindings, only in namespaces that a space holds) says lotse-binder-limits.
 */
#include "base/json.h"
#include "policy/emit/policy_emit_vap.h"
#include "policy/resolve/resolved.h"

#define TEXT_MAX ((size_t)4 << 20)

struct strs policy_bindable_roles(const struct policy *p, struct arena *a)
{
    struct str *names = ARENA_ARRAY(a, p->tree->roles.n + 1, struct str);
    size_t n = 0;
    for (size_t i = 0; i < p->tree->roles.n; i++)
        if (!p->roles[i].cluster)
            names[n++] = CONCAT(a, STR(RBAC_PREFIX), p->tree->roles.items[i].name.text);
    return strs_sorted(a, (struct strs){names, n});
}

struct binder {
    struct arena *arena;
    struct manifests *manifests;
    struct str namespace, account; /* when it is a service account */
    struct str user;
};

static void open_plain(struct json_out *j, const char *version, const char *kind, struct str name,
                       struct str namespace)
{
    json_open_object(j);
    json_put_str(j, "apiVersion", STR_C(version));
    json_put_str(j, "kind", STR_C(kind));
    json_key(j, "metadata");
    json_open_object(j);
    json_put_str(j, "name", name);
    json_put_str_opt(j, "namespace", namespace);
    json_key(j, "labels");
    json_open_object(j);
    json_put_str(j, RBAC_LABEL_MANAGED, STR("true"));
    json_close_object(j);
    json_close_object(j);
}

static void json_raw(struct json_out *j, const char *key, const char *value)
{
    json_key(j, key);
    buf_c(j->b, value);
    j->comma = true;
}

static void push_plain(struct binder *b, struct manifest about, struct json_out *j)
{
    json_close_object(j);
    about.text = arena_str(b->arena, buf_str(j->b));
    *ARENA_PUSH(b->arena, b->manifests) = about;
}

static void add_account(struct binder *b)
{
    auto_buf namespace = BUF_INIT(TEXT_MAX);
    auto_buf account = BUF_INIT(TEXT_MAX);
    struct json_out j;
    if (b->account.n == 0)
        return;
    json_out_init(&j, &namespace);
    open_plain(&j, "v1", "Namespace", b->namespace, STR_NONE);
    push_plain(b,
               (struct manifest){.kind = STR("Namespace"),
                                 .name = b->namespace,
                                 .path = STR("/api/v1/namespaces")},
               &j);
    json_out_init(&j, &account);
    open_plain(&j, "v1", "ServiceAccount", b->account, b->namespace);
    push_plain(
        b,
        (struct manifest){.kind = STR("ServiceAccount"),
                          .name = b->account,
                          .namespace = b->namespace,
                          .path = arena_fmt(b->arena, "/api/v1/namespaces/%.*s/serviceaccounts",
                                            STR_F(b->namespace))},
        &j);
}

/* names: of which objects; empty: of all */
static void put_rule(struct json_out *j, const char *group, const char *resource, const char *verbs,
                     struct strs names)
{
    json_open_object(j);
    json_key(j, "apiGroups");
    json_open_array(j);
    json_str(j, STR_C(group));
    json_close_array(j);
    if (names.n)
        json_put_strs(j, "resourceNames", names.items, names.n);
    json_key(j, "resources");
    json_open_array(j);
    json_str(j, STR_C(resource));
    json_close_array(j);
    json_raw(j, "verbs", verbs);
    json_close_object(j);
}

static void add_binder_role(struct binder *b, struct strs roles)
{
    auto_buf text = BUF_INIT(TEXT_MAX);
    struct json_out j;
    json_out_init(&j, &text);
    open_plain(&j, RBAC_GROUP_NAME "/v1", "ClusterRole", STR("lotse-binder"), STR_NONE);
    json_key(&j, "rules");
    json_open_array(&j);
    put_rule(&j, "", "namespaces", "[\"get\",\"list\",\"watch\"]", (struct strs){0});
    put_rule(&j, RBAC_GROUP_NAME, "rolebindings",
             "[\"get\",\"list\",\"watch\",\"create\",\"patch\",\"delete\"]", (struct strs){0});
    if (roles.n) /* RBAC knows no prefixes: each by its name, and none that is cluster-wide */
        put_rule(&j, RBAC_GROUP_NAME, "clusterroles", "[\"bind\"]", roles);
    json_close_array(&j);
    push_plain(b,
               (struct manifest){.kind = STR("ClusterRole"),
                                 .name = STR("lotse-binder"),
                                 .path = STR("/apis/" RBAC_GROUP_NAME "/v1/clusterroles")},
               &j);
}

static void add_binder_binding(struct binder *b)
{
    auto_buf text = BUF_INIT(TEXT_MAX);
    struct json_out j;
    bool account = b->account.n > 0;
    json_out_init(&j, &text);
    open_plain(&j, RBAC_GROUP_NAME "/v1", "ClusterRoleBinding", STR("lotse-binder"), STR_NONE);
    json_raw(&j, "roleRef",
             "{\"apiGroup\":\"" RBAC_GROUP_NAME
             "\",\"kind\":\"ClusterRole\",\"name\":\"lotse-binder\"}");
    json_key(&j, "subjects");
    json_open_array(&j);
    json_open_object(&j);
    if (!account)
        json_put_str(&j, "apiGroup", STR(RBAC_GROUP_NAME));
    json_put_str(&j, "kind", account ? STR("ServiceAccount") : STR("User"));
    json_put_str(&j, "name", account ? b->account : b->user);
    json_put_str_opt(&j, "namespace", b->namespace);
    json_close_object(&j);
    json_close_array(&j);
    push_plain(b,
               (struct manifest){.kind = STR("ClusterRoleBinding"),
                                 .name = STR("lotse-binder"),
                                 .path = STR("/apis/" RBAC_GROUP_NAME "/v1/clusterrolebindings")},
               &j);
}

void policy_emit_binder(const struct policy *p, const struct policy_owners *owners, struct arena *a,
                        struct manifests *ret)
{
    static const struct str prefix = {"system:serviceaccount:", 22};
    struct manifests manifests = {0};
    struct binder b = {.arena = a, .manifests = &manifests, .user = owners->binder};
    if (str_starts(owners->binder, prefix))
        (void)str_split(str_from_to(owners->binder, prefix.n, owners->binder.n), ':', &b.namespace,
                        &b.account);
    if (owners->binder.n > 0) {
        add_account(&b);
        add_binder_role(&b, policy_bindable_roles(p, a));
        add_binder_binding(&b);
    }
    *ret = manifests;
}

/* --- the accounts of machines, for apply */

static bool is_account(const struct policy *p, size_t i, size_t site)
{
    return p->ci[i].usable && (p->ci[i].sites & site_bit(site)) && p->ci[i].sa_name.n;
}

void policy_emit_ci_accounts(const struct policy *p, size_t site, struct arena *a,
                             struct manifests *ret)
{
    struct manifests manifests = {0};
    struct binder b = {.arena = a, .manifests = &manifests};
    struct intern written = {.arena = a};
    for (size_t i = 0; i < p->tree->ci.n; i++) {
        auto_buf text = BUF_INIT(TEXT_MAX);
        struct json_out j;
        size_t before = written.n;
        if (!is_account(p, i, site))
            continue;
        intern_add(&written, p->tree->ci.items[i].sa.text);
        if (written.n == before)
            continue;
        struct str namespace = p->ci[i].sa_namespace, name = p->ci[i].sa_name;
        json_out_init(&j, &text);
        open_plain(&j, "v1", "ServiceAccount", name, namespace);
        json_put_bool(&j, "automountServiceAccountToken", false);
        push_plain(&b,
                   (struct manifest){.kind = STR("ServiceAccount"),
                                     .name = name,
                                     .namespace = namespace,
                                     .path = arena_fmt(a, "/api/v1/namespaces/%.*s/serviceaccounts",
                                                       STR_F(namespace))},
                   &j);
    }
    *ret = manifests;
}
