#include "gateway/oidc/discovery.h"

#include "base/json.h"
#include "gateway/oidc/claim.h"
#include "gateway/oidc/endpoints.h"

#define LIST(j, key, ...) \
    json_put_strs((j), (key), (const struct str[]){__VA_ARGS__}, \
                  sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

static void put_url(struct json_out *j, const char *key, const struct oidc_settings *settings,
                    const char *path)
{
    auto_buf url = BUF_INIT(4096);
    struct str issuer = settings->issuer;
    if (str_ends(issuer, STR("/")))
        issuer.n--;
    buf_add(&url, issuer);
    buf_c(&url, path);
    json_put_str(j, key, buf_str(&url));
}

static void put_scopes(struct json_out *j)
{
    size_t n = 0;
    const struct str *names = scope_names();
    while (names[n].p)
        n++;
    json_put_strs(j, "scopes_supported", names, n);
}

static void put_endpoints(struct json_out *j, const struct oidc_settings *settings)
{
    put_url(j, "authorization_endpoint", settings, "/auth");
    put_url(j, "token_endpoint", settings, "/token");
    put_url(j, "jwks_uri", settings, "/keys");
    put_url(j, "userinfo_endpoint", settings, "/userinfo");
    put_url(j, "end_session_endpoint", settings, "/logout");
    put_url(j, "revocation_endpoint", settings, "/token/revoke");
}

/* Exactly what works: everything named here does, nothing else does (Discovery 3). */
void discovery_write(struct buf *out, const struct oidc_settings *settings)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "issuer", settings->issuer);
    put_endpoints(&j, settings);
    put_scopes(&j);
    LIST(&j, "response_types_supported", STR("code"));
    LIST(&j, "response_modes_supported", STR("query"));
    LIST(&j, "grant_types_supported", STR("authorization_code"), STR("refresh_token"));
    LIST(&j, "subject_types_supported", STR("public"));
    LIST(&j, "id_token_signing_alg_values_supported", STR("RS256"), STR("ES256"));
    LIST(&j, "token_endpoint_auth_methods_supported", STR("client_secret_basic"),
         STR("client_secret_post"), STR("none"));
    LIST(&j, "revocation_endpoint_auth_methods_supported", STR("client_secret_basic"),
         STR("client_secret_post"), STR("none"));
    LIST(&j, "code_challenge_methods_supported", STR("S256"));
    LIST(&j, "claim_types_supported", STR("normal"));
    LIST(&j, "claims_supported", STR("iss"), STR("sub"), STR("aud"), STR("exp"), STR("iat"),
         STR("auth_time"), STR("nonce"), STR("azp"), STR("at_hash"), STR("jti"), STR("sid"),
         STR("acr"), STR("name"), STR("preferred_username"), STR("email"), STR("email_verified"),
         STR("groups"), STR("federated_claims"));
    LIST(&j, "acr_values_supported", STR(ACR_PASSWORD));
    LIST(&j, "prompt_values_supported", STR("none"), STR("login"), STR("consent"),
         STR("select_account"));
    LIST(&j, "ui_locales_supported", STR("en"), STR("de"));
    LIST(&j, "display_values_supported", STR("page"));
    json_put_bool(&j, "claims_parameter_supported", true);
    json_put_bool(&j, "request_parameter_supported", false);
    json_put_bool(&j, "request_uri_parameter_supported",
                  false); /* Discovery 3: true when omitted */
    json_put_bool(&j, "require_request_uri_registration", false);
    json_put_bool(&j, "authorization_response_iss_parameter_supported", true); /* RFC 9207 3 */
    json_close_object(&j);
}

void discovery_endpoint(void *env, const struct request *request, struct reply *reply)
{
    const struct oidc_call call = {env, request, reply};
    reply_body(reply, 200, "application/json", call.env->prepared->discovery);
    reply_header(reply, "Cache-Control", STR("public, max-age=60"));
}

/* RFC 8414 3: the same facts under the name OAuth gives them. */
void discovery_metadata_endpoint(void *env, const struct request *request, struct reply *reply)
{
    discovery_endpoint(env, request, reply);
}
