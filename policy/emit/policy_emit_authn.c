/* 30-authn.yaml: whose tokens an API server takes, and what it makes of them. */
#include "policy/emit/policy_emit.h"
#include "policy/emit/policy_emit_ci.h"
#include "policy/resolve/resolved.h"

static void put_indented(struct buf *out, struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line))
        if (line.n > 0)
            buf_fmt(out, "      %.*s\n", STR_F(str_trim(line)));
}

static void put_gateway(const struct policy *p, size_t site, const struct policy_issuer *issuer,
                        struct buf *out)
{
    buf_lit(out, "- issuer:\n"
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
                 /* break-glass: only where the gateway says that it was given, and for 30 min */
                 "  - {expression: \"!has(claims.groups) || (type(claims.groups) == list && "
                 "!dyn(claims.groups).exists(g, g.startsWith('bg:'))) || (has(claims.grant) && "
                 "claims.exp - claims.iat <= 1800)\", message: \"break-glass without a grant\"}\n"
                 "  userValidationRules:\n"
                 "  - {expression: \"user.username.size() > 6\", message: \"empty username\"}\n"
                 "  - {expression: \"!user.username.startsWith('system:')\", message: \"reserved "
                 "username\"}\n"
                 "  - {expression: \"user.groups.all(g, g.startsWith('lotse:'))\", message: "
                 "\"foreign group\"}\n"
                 "  - {expression: \"user.groups.all(g, !g.startsWith('lotse:ci:'))\", message: "
                 "\"a person is no machine\"}\n");
}

/* Structured authentication (KEP-3331), Kubernetes 1.32 and later. The prefixes are added by the
 * API server: not even a stolen signing key makes a system: name. */
void policy_emit_authn(const struct policy *p, size_t site, const struct policy_issuer *issuer,
                       struct arena *a, struct buf *out)
{
    buf_lit(out, "apiVersion: apiserver.config.k8s.io/v1beta1\n"
                 "kind: AuthenticationConfiguration\n"
                 "jwt:\n");
    put_gateway(p, site, issuer, out);
    policy_emit_ci_issuers(p, site, a, out);
}
