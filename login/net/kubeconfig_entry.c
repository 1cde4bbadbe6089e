#include <stdio.h>

#include "login/net/kubeconfig.h"

const char *const kubeconfig_lists[KUBECONFIG_KINDS] = {"clusters", "contexts", "users"};
static const char *const bodies[KUBECONFIG_KINDS] = {"cluster", "context", "user"};

struct str kubeconfig_entry_name(enum kubeconfig_kind kind, const struct kubeconfig_site *site)
{
    return kind == KUBECONFIG_USER ? site->user : site->name;
}

static void member(struct buf *out, const char *indented_key, struct str value)
{
    buf_c(out, indented_key);
    buf_lit(out, ": ");
    tree_scalar(out, value);
    buf_char(out, '\n');
}

/* What people set on our entries themselves: kubectl config set-context --current --namespace=...,
 * a proxy. */
static void keep(struct buf *out, enum kubeconfig_kind kind, const struct yaml *before)
{
    static const struct {
        enum kubeconfig_kind kind;
        const char *key;
    } kept[] = {
        {KUBECONFIG_CONTEXT, "namespace"},
        {KUBECONFIG_CLUSTER, "proxy-url"},
        {KUBECONFIG_CLUSTER, "tls-server-name"},
    };
    const struct yaml *body = before ? yaml_get(before, str_from(bodies[kind])) : NULL;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        struct str value = kept[i].kind == kind ? tree_str(body, kept[i].key) : STR_NONE;
        char key[32];
        snprintf(key, sizeof(key), "    %s", kept[i].key);
        if (value.n > 0)
            member(out, key, value);
    }
}

static void mark(struct buf *out, const struct kubeconfig_plan *plan)
{
    buf_lit(out, "    extensions:\n    - name: lotse\n      extension:\n");
    member(out, "        issuer", plan->issuer);
    if (plan->profile.n > 0)
        member(out, "        profile", plan->profile);
}

static void argument(struct buf *out, const char *option, struct str value)
{
    auto_buf text = BUF_INIT(4096);
    buf_c(&text, option);
    buf_add(&text, value);
    buf_lit(out, "      - ");
    tree_scalar(out, buf_str(&text));
    buf_char(out, '\n');
}

static void write_user(struct buf *out, const struct kubeconfig_plan *plan,
                       const struct kubeconfig_site *site)
{
    buf_lit(out, "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n");
    member(out, "      command", plan->command);
    buf_lit(out, "      args:\n      - get-token\n");
    argument(out, "--issuer=", plan->issuer);
    argument(out, "--audience=", site->audience);
    if (plan->client_id.n > 0)
        argument(out, "--client-id=", plan->client_id);
    if (plan->profile.n > 0)
        argument(out, "--profile=", plan->profile);
    if (plan->ca_file.n > 0)
        argument(out, "--ca-file=", plan->ca_file);
    /* client-go demands interactiveMode for v1; the cluster's data in the environment would only
     * cost (exec args suffice) */
    buf_lit(
        out,
        "      interactiveMode: IfAvailable\n      provideClusterInfo: false\n      installHint: ");
    auto_buf hint = BUF_INIT(4096);
    buf_lit(&hint, "lotse-login is missing. How to install it: ");
    buf_add(&hint, plan->issuer);
    tree_scalar(out, buf_str(&hint));
    buf_char(out, '\n');
}

void kubeconfig_entry_write(struct buf *out, enum kubeconfig_kind kind,
                            const struct kubeconfig_plan *plan, const struct kubeconfig_site *site,
                            const struct yaml *before)
{
    member(out, "- name", kubeconfig_entry_name(kind, site));
    buf_fmt(out, "  %s:\n", bodies[kind]);
    switch (kind) {
    case KUBECONFIG_CLUSTER:
        member(out, "    server", site->server);
        if (site->certificate_authority_data.n > 0)
            member(out, "    certificate-authority-data", site->certificate_authority_data);
        break;
    case KUBECONFIG_CONTEXT:
        member(out, "    cluster", site->name);
        member(out, "    user", site->user);
        break;
    case KUBECONFIG_USER: write_user(out, plan, site); return;
    case KUBECONFIG_KINDS: return;
    }
    keep(out, kind, before);
    mark(out, plan);
}

static bool has_argument(const struct yaml *arguments, const char *option, struct str value)
{
    size_t n = strlen(option);
    bool found = false;
    for (size_t i = 0; arguments && arguments->kind == YAML_LIST && i < arguments->n; i++) {
        struct str text = arguments->items[i].text;
        if (!str_starts(text, (struct str){option, n}))
            continue;
        if (!str_eq(str_from_to(text, n, text.n), value))
            return false;
        found = true;
    }
    return found || value.n == 0;
}

static bool is_our_user(const struct kubeconfig_plan *plan, const struct yaml *entry)
{
    const struct yaml *user = yaml_get(entry, STR("user")),
                      *exec = user ? yaml_get(user, STR("exec")) : NULL;
    struct str command = tree_str(exec, "command");
    if (!str_is(command, "lotse-login") && !str_ends(command, STR("/lotse-login")))
        return false;
    const struct yaml *arguments = yaml_get(exec, STR("args"));
    return has_argument(arguments, "--issuer=", plan->issuer) &&
           has_argument(arguments, "--profile=", plan->profile);
}

bool kubeconfig_entry_is_ours(enum kubeconfig_kind kind, const struct kubeconfig_plan *plan,
                              const struct yaml *entry)
{
    if (kind == KUBECONFIG_USER)
        return is_our_user(plan, entry);
    const struct yaml *body = yaml_get(entry, str_from(bodies[kind]));
    const struct yaml *marked =
        tree_named(body ? yaml_get(body, STR("extensions")) : NULL, STR("lotse"));
    const struct yaml *extension = marked ? yaml_get(marked, STR("extension")) : NULL;
    return extension && str_eq(tree_str(extension, "issuer"), plan->issuer) &&
           str_eq(tree_str(extension, "profile"), plan->profile);
}
