/* The files of a site: what a person reviews and another tool may apply. */
#include "policy/emit/policy_emit.h"
#include "policy/resolve/resolved.h"

#define FILE_MAX ((size_t)256 << 20)

static void add_file(struct policy_files *files, struct arena *a, struct str path,
                     const struct buf *text)
{
    *ARENA_PUSH(a, files) = (struct policy_file){path, arena_str(a, buf_str(text))};
}

static void kind_file(struct policy_files *files, struct arena *a, const struct rbac_set *set,
                      enum rbac_kind kind, const char *path)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == kind)
            rbac_write_yaml(&set->items[i], &text);
    if (text.n > 0)
        add_file(files, a, STR_C(path), &text);
}

/* One file per namespace; the set is sorted by namespace. */
static void namespace_files(struct policy_files *files, struct arena *a, const struct rbac_set *set)
{
    for (size_t i = 0, end; i < set->n; i = end) {
        end = i + 1;
        if (set->items[i].kind != RBAC_ROLE_BINDING)
            continue;
        auto_buf text = BUF_INIT(FILE_MAX);
        rbac_write_yaml(&set->items[i], &text);
        for (; end < set->n && str_eq(set->items[end].namespace, set->items[i].namespace); end++)
            rbac_write_yaml(&set->items[end], &text);
        add_file(files, a, arena_fmt(a, "10-rb/%.*s.yaml", STR_F(set->items[i].namespace)), &text);
    }
}

static void put_indented(struct buf *out, struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line))
        if (line.n > 0)
            buf_fmt(out, "      %.*s\n", STR_F(str_trim(line)));
}

/* Structured authentication (KEP-3331), Kubernetes 1.32 and later. The prefixes are added by the
 * API server: not even a stolen signing key makes a system: name. */
void policy_emit_authn(const struct policy *p, size_t site, const struct policy_issuer *issuer,
                       struct buf *out)
{
    buf_lit(out, "apiVersion: apiserver.config.k8s.io/v1beta1\n"
                 "kind: AuthenticationConfiguration\n"
                 "jwt:\n"
                 "- issuer:\n"
                 "    url: ");
    buf_json(out, issuer->url);
    if (issuer->discovery_url.n > 0) {
        buf_lit(out, "\n    discoveryURL: ");
        buf_json(out, issuer->discovery_url);
    }
    if (issuer->ca_pem.n > 0) {
        buf_lit(out, "\n    certificateAuthority: |\n");
        put_indented(out, issuer->ca_pem);
    } else {
        buf_char(out, '\n');
    }
    buf_lit(out, "    audiences: [");
    buf_json(out, p->tree->sites.items[site].audience.text);
    buf_lit(out, "]\n"
                 "    audienceMatchPolicy: MatchAny\n"
                 "  claimMappings:\n"
                 "    username: {claim: preferred_username, prefix: \"lotse:\"}\n"
                 "    groups: {claim: groups, prefix: \"lotse:\"}\n"
                 "    uid: {claim: sub}\n"
                 "  claimValidationRules:\n"
                 "  - {expression: \"claims.exp - claims.iat <= 3600\", message: \"the token lives "
                 "too long\"}\n"
                 "  userValidationRules:\n"
                 "  - {expression: \"user.username.size() > 6\", message: \"empty username\"}\n"
                 "  - {expression: \"!user.username.startsWith('system:')\", message: \"reserved "
                 "username\"}\n"
                 "  - {expression: \"user.groups.all(g, g.startsWith('lotse:'))\", message: "
                 "\"foreign group\"}\n");
}

struct policy_files policy_emit_files(const struct policy *p, size_t site,
                                      const struct rbac_set *set,
                                      const struct policy_issuer *issuer, struct arena *a)
{
    struct policy_files files = {0};
    kind_file(&files, a, set, RBAC_CLUSTER_ROLE, "00-clusterroles.yaml");
    namespace_files(&files, a, set);
    kind_file(&files, a, set, RBAC_CLUSTER_ROLE_BINDING, "11-crb.yaml");
    if (issuer->url.n > 0) {
        auto_buf text = BUF_INIT((size_t)1 << 20);
        policy_emit_authn(p, site, issuer, &text);
        add_file(&files, a, STR("30-authn.yaml"), &text);
    }
    return files;
}
