/* Whole flows through the provider, as relying parties and browsers run them. */
#include "tests/unit/oidc_asserts.h"

#include "gateway/oidc/subject.h"
#include "jose/jws.h"

static void a_login_gives_tokens_that_verify(void **state)
{
    (void)state;
    struct reply *login =
        rig_login(&rig, rig_query(&rig, "app", "scope=openid%20profile%20email%20groups"), "ada");
    assert_int_equal(login->status, 303);
    assert_str(rig_location(&rig, login, "state"), "xyz");
    assert_str(rig_location(&rig, login, "iss"), RIG_ISSUER);
    struct reply *tokens = rig_redeem(&rig, "app", rig_location(&rig, login, "code"));
    assert_int_equal(tokens->status, 200);
    assert_str(rig_header(tokens, "Cache-Control"), "no-store");
    assert_str(rig_json(&rig, tokens, "token_type"), "Bearer");
    assert_str(rig_json(&rig, tokens, "expires_in"), "600");
    assert_int_equal(rig_json(&rig, tokens, "refresh_token").n, 0);
    struct claims claims;
    struct str id_token = rig_json(&rig, tokens, "id_token"),
               access_token = rig_json(&rig, tokens, "access_token");
    assert_int_equal(jws_verify(rig.env.keyset, id_token, TOKEN_ID, &rig.work, &claims), JWS_OK);
    assert_str(claims.iss, RIG_ISSUER);
    assert_str(claims.sub, "Cg0xMTExMTExMS1hYWFhEgRsZGFw");
    assert_int_equal(claims.n_aud, 1);
    assert_str(claims.aud[0], "app");
    assert_str(claims.nonce, "n-0S6");
    assert_str(claims.preferred_username, "ada");
    assert_str(claims.name, "Ada Müller");
    assert_str(claims.email, "ada@corp.example");
    assert_true(claims.email_verified);
    assert_int_equal(claims.n_groups, 3);
    assert_int_equal(claims.exp - claims.iat, 600);
    assert_int_equal(claims.auth_time, RIG_START_MS / 1000);
    assert_str(claims.azp, "");
    assert_true(str_eq(claims.at_hash, jws_at_hash(access_token, &rig.work)));
    assert_true(claims.jti.n >= 22 && claims.sid.n == 22);
    /* SEC-061: an access token is no ID token, and the other way round */
    assert_int_equal(jws_verify(rig.env.keyset, access_token, TOKEN_ACCESS, &rig.work, &claims),
                     JWS_OK);
    assert_str(claims.client_id, "app");
    assert_str(claims.aud[0], RIG_ISSUER);
    assert_int_equal(jws_verify(rig.env.keyset, access_token, TOKEN_ID, &rig.work, &claims),
                     JWS_WRONG_TYPE);
    assert_int_equal(jws_verify(rig.env.keyset, id_token, TOKEN_ACCESS, &rig.work, &claims),
                     JWS_WRONG_TYPE);
}

static void claims_follow_scopes(void **state)
{
    (void)state;
    struct str token = rig_json(&rig, rig_tokens(&rig, "app", "openid", "ada"), "id_token");
    assert_true(token.n > 0);
    static const char *const absent[] = {
        "name", "preferred_username", "email", "email_verified", "groups", "acr",
        "azp",  "federated_claims"};
    for (size_t i = 0; i < N_OF(absent); i++)
        assert_int_equal(rig_claim(&rig, token, absent[i]).n, 0);
    rig.session_cookie = STR_NONE;
    token = rig_json(&rig, rig_tokens(&rig, "app", "openid federated:id", "ada"), "id_token");
    assert_str(rig_claim(&rig, token, "federated_claims"),
               "{\"connector_id\":\"ldap\",\"user_id\":\"11111111-aaaa\"}");
}

static void userinfo_answers_by_get_and_post(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "app", "openid profile email groups", "ada");
    struct str access = rig_json(&rig, tokens, "access_token");
    const char *bearer = rig_fmt(&rig, "Bearer %.*s", STR_F(access));
    const struct ask asks[] = {
        {.path = "/userinfo", .authorization = bearer},
        {.method = HTTP_POST, .path = "/userinfo", .authorization = bearer},
        {.method = HTTP_POST, .path = "/userinfo", .authorization = bearer, .form = ""},
        {.method = HTTP_POST,
         .path = "/userinfo",
         .form = rig_fmt(&rig, "access_token=%.*s", STR_F(access))},
    };
    for (size_t i = 0; i < N_OF(asks); i++) {
        struct reply *info = rig_ask(&rig, &asks[i]);
        assert_int_equal(info->status, 200);
        assert_true(str_eq(rig_json(&rig, info, "sub"),
                           rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "sub")));
        assert_str(rig_json(&rig, info, "preferred_username"), "ada");
        assert_str(rig_json(&rig, info, "email_verified"), "true");
        assert_str(rig_json(&rig, info, "groups"), "[\"group-000\",\"group-001\",\"group-002\"]");
    }
}

static void the_claims_parameter_is_honoured(void **state)
{
    (void)state;
    const char *claims =
        "{\"id_token\":{\"email\":null,\"acr\":{\"essential\":true},\"auth_time\":{\"essential\":"
        "true},"
        "\"unheard_of\":null},\"userinfo\":{\"name\":{\"essential\":true},\"groups\":null}}";
    const char *more = rig_fmt(&rig, "claims=%.*s", STR_F(rig_url(&rig, str_from(claims))));
    struct reply *tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", more, "ada"));
    struct str id_token = rig_json(&rig, tokens, "id_token");
    assert_str(rig_claim(&rig, id_token, "email"), "ada@corp.example");
    assert_str(rig_claim(&rig, id_token, "acr"), "urn:lotse:acr:password");
    assert_str(rig_claim(&rig, id_token, "auth_time"), "1700000000");
    assert_int_equal(rig_claim(&rig, id_token, "name").n, 0);
    struct reply *info = rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"));
    assert_str(rig_json(&rig, info, "name"), "Ada Müller");
    assert_str(rig_json(&rig, info, "groups"), "[\"group-000\",\"group-001\",\"group-002\"]");
    assert_int_equal(rig_json(&rig, info, "email").n, 0);
}

static void the_second_client_needs_no_form(void **state)
{
    (void)state;
    assert_true(rig_code(&rig, "app", "", "ada").n > 0);
    struct reply *second =
        rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "spa", "")});
    assert_int_equal(second->status, 303);
    struct reply *tokens = rig_redeem(&rig, "spa", rig_location(&rig, second, "code"));
    assert_int_equal(tokens->status, 200);
    assert_int_equal(rig.directory.binds, 1);
    assert_int_equal(rig_count(&rig, EVENT_SESSION_USED), 1);
}

static void one_login_serves_three_clusters(void **state)
{
    (void)state;
    rig.settings.sites = NULL;
    struct reply *tokens =
        rig_tokens(&rig, "lotse-login",
                   "openid offline_access profile email groups audience:server:client_id:k8s-fra "
                   "audience:server:client_id:k8s-muc",
                   "ada");
    assert_int_equal(tokens->status, 200);
    /* asked for several audiences at once: the token is for the helper itself */
    struct str id_token = rig_json(&rig, tokens, "id_token");
    assert_str(rig_claim(&rig, id_token, "aud"), "lotse-login");
    assert_int_equal(rig_claim(&rig, id_token, "azp").n, 0);
    static const char *const audiences[] = {"k8s-fra", "k8s-muc"};
    static const int lifetimes[] = {300, 600};
    for (size_t i = 0; i < N_OF(audiences); i++) {
        tokens =
            rig_refresh(&rig, "lotse-login", rig_json(&rig, tokens, "refresh_token"),
                        rig_fmt(&rig, "scope=openid+audience:server:client_id:%s", audiences[i]));
        assert_int_equal(tokens->status, 200);
        id_token = rig_json(&rig, tokens, "id_token");
        assert_str(rig_claim(&rig, id_token, "aud"), audiences[i]);
        assert_str(rig_claim(&rig, id_token, "azp"), "lotse-login");
        assert_str(rig_claim(&rig, id_token, "preferred_username"),
                   "ada"); /* no scope asked for it */
        assert_str(rig_claim(&rig, id_token, "groups"),
                   "[\"group-000\",\"group-001\",\"group-002\"]");
        assert_int_equal(rig_claim(&rig, id_token, "nonce").n, 0);
        struct claims claims;
        assert_int_equal(jws_verify(rig.env.keyset, id_token, TOKEN_ID, &rig.work, &claims),
                         JWS_OK);
        assert_int_equal(claims.exp - claims.iat, lifetimes[i]);
    }
}

static void an_audience_needs_its_trust(void **state)
{
    (void)state;
    static const struct {
        const char *client, *scope;
    } cases[] = {
        {"lotse-login", "openid audience:server:client_id:closed"},
        {"lotse-login", "openid audience:server:client_id:nobody"},
        {"lotse-login", "openid audience:server:client_id:"},
        {"app",
         "openid audience:server:client_id:k8s-fra"}, /* also where unknown scopes are ignored */
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct str scope = rig_url(&rig, str_from(cases[i].scope));
        struct reply *reply = rig_ask(
            &rig, &(struct ask){.path = "/auth",
                                .query = rig_query(&rig, cases[i].client,
                                                   rig_fmt(&rig, "scope=%.*s", STR_F(scope)))});
        assert_int_equal(reply->status, 303);
        assert_str(rig_location(&rig, reply, "error"), "invalid_scope");
    }
}

static void teams_of_the_policy_become_groups(void **state)
{
    (void)state;
    const struct source source = {
        "policy.yaml",
        STR("lotse: 1\n"
            "sites:\n  fra: {audience: k8s-fra}\n"
            "ldap: {base: \"ou=groups,dc=corp,dc=example\"}\n"
            "teams:\n"
            "  payments: {from: [cn=group-001]}\n"
            "  other: {from: [cn=group-777]}\n"
            "roles:\n  view: {base: k8s/view}\n"
            "spaces:\n  everything: {names: [\"*\"]}\n"
            "grants:\n  - {team: payments, role: view, in: everything}\n"),
    };
    struct diags diags;
    diags_init(&diags, &rig.settled);
    rig.env.policy = policy_snapshot_new(&source, NULL, &diags);
    auto_buf text = BUF_INIT(65536);
    diags_print(&diags, &text);
    assert_string_equal(buf_cstr(&text), "");
    assert_non_null(rig.env.policy);
    struct reply *tokens = rig_tokens(&rig, "app", "openid groups", "ada");
    assert_str(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "groups"),
               "[\"team:payments\"]");
    struct reply *info = rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"));
    assert_str(rig_json(&rig, info, "groups"), "[\"team:payments\"]");
    struct reply *home = rig_ask(&rig, &(struct ask){.path = "/"});
    assert_int_equal(home->status, 200);
    assert_non_null(strstr(arena_cstr(&rig.work, home->body), "<li>payments</li>"));
    /* Ben is in no team: the claim is left out */
    rig.session_cookie = STR_NONE;
    tokens = rig_tokens(&rig, "app", "openid groups", "ben");
    assert_int_equal(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "groups").n, 0);
    policy_snapshot_unref(rig.env.policy);
    rig.env.policy = NULL;
}

static void groups_no_token_may_name_are_left_out(void **state)
{
    (void)state;
    rig.directory.hostile = true;
    struct reply *tokens = rig_tokens(&rig, "app", "openid groups", "ben");
    assert_int_equal(tokens->status, 200);
    assert_str(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "groups"), "[\"fine\"]");
    struct reply *info = rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"));
    assert_str(rig_json(&rig, info, "groups"), "[\"fine\"]");
}

static void the_home_page_logs_in_and_comes_back(void **state)
{
    (void)state;
    struct reply *form = rig_ask(&rig, &(struct ask){.path = "/"});
    assert_int_equal(form->status, 200);
    struct reply *login = rig_submit(&rig, rig_form_state(&rig, form), "ada", "correct horse");
    assert_int_equal(login->status, 303);
    assert_str(rig_header(login, "Location"), RIG_ISSUER "/");
    struct reply *home = rig_ask(&rig, &(struct ask){.path = "/"});
    assert_int_equal(home->status, 200);
    const char *html = arena_cstr(&rig.work, home->body);
    assert_non_null(strstr(html, "Ada Müller"));
    assert_non_null(strstr(html, "https://api.fra.example:6443"));
    assert_int_equal(rig_count(&rig, EVENT_CODE_ISSUED), 0);
}

static void discovery_says_what_works(void **state)
{
    (void)state;
    static const char *const paths[] = {"/.well-known/openid-configuration",
                                        "/.well-known/oauth-authorization-server"};
    for (size_t i = 0; i < N_OF(paths); i++) {
        struct reply *doc = rig_ask(&rig, &(struct ask){.path = paths[i]});
        assert_int_equal(doc->status, 200);
        assert_string_equal(doc->content_type, "application/json");
        static const char *const members[][2] = {
            {"issuer", RIG_ISSUER},
            {"authorization_endpoint", RIG_ISSUER "/auth"},
            {"token_endpoint", RIG_ISSUER "/token"},
            {"jwks_uri", RIG_ISSUER "/keys"},
            {"userinfo_endpoint", RIG_ISSUER "/userinfo"},
            {"end_session_endpoint", RIG_ISSUER "/logout"},
            {"revocation_endpoint", RIG_ISSUER "/token/revoke"},
            {"response_types_supported", "[\"code\"]"},
            {"response_modes_supported", "[\"query\"]"},
            {"grant_types_supported", "[\"authorization_code\",\"refresh_token\"]"},
            {"subject_types_supported", "[\"public\"]"},
            {"id_token_signing_alg_values_supported", "[\"RS256\",\"ES256\"]"},
            {"code_challenge_methods_supported", "[\"S256\"]"},
            {"claims_parameter_supported", "true"},
            {"request_parameter_supported", "false"},
            {"request_uri_parameter_supported", "false"},
            {"authorization_response_iss_parameter_supported", "true"},
        };
        for (size_t k = 0; k < N_OF(members); k++)
            assert_str(rig_json(&rig, doc, members[k][0]), members[k][1]);
    }
}

/* SEC-069: every endpoint the document names has a route, and every advertised scope is accepted.
 */
static void sec_069_everything_advertised_works(void **state)
{
    (void)state;
    struct reply *doc = rig_ask(&rig, &(struct ask){.path = "/.well-known/openid-configuration"});
    static const char *const endpoints[] = {
        "authorization_endpoint", "token_endpoint",       "jwks_uri",
        "userinfo_endpoint",      "end_session_endpoint", "revocation_endpoint"};
    for (size_t i = 0; i < N_OF(endpoints); i++) {
        struct str url = rig_json(&rig, doc, endpoints[i]);
        assert_non_null(oidc_route_find(str_from_to(url, sizeof(RIG_ISSUER) - 1, url.n)));
    }
    rig_client(&rig, "app")->unknown_scopes_ignored = false;
    assert_true(rig_code(&rig, "app",
                         "scope=openid+profile+email+groups+offline_access+federated:id", "ada")
                    .n > 0);
}

static void the_jwks_is_public_and_short_lived(void **state)
{
    (void)state;
    struct reply *keys = rig_ask(&rig, &(struct ask){.path = "/keys"});
    assert_int_equal(keys->status, 200);
    assert_str(rig_header(keys, "Cache-Control"), "public, max-age=30");
    /* SEC-058 */
    const char *text = arena_cstr(&rig.work, keys->body);
    static const char *const private[] = {"\"d\"",  "\"p\"",  "\"q\"", "\"dp\"",
                                          "\"dq\"", "\"qi\"", "\"k\""};
    for (size_t i = 0; i < N_OF(private); i++)
        assert_null(strstr(text, private[i]));
    assert_non_null(strstr(text, "\"kid\""));
}

static void the_sites_are_offered_for_setup(void **state)
{
    (void)state;
    struct reply *doc = rig_ask(&rig, &(struct ask){.path = "/kubernetes/sites"});
    assert_str(rig_json(&rig, doc, "client_id"), "lotse-login");
    assert_str(
        rig_json(&rig, doc, "sites"),
        "[{\"name\":\"fra\",\"server\":\"https://api.fra.example:6443\",\"audience\":\"k8s-fra\","
        "\"certificate_authority_data\":\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==\"}]");
}

static void other_methods_are_refused_with_allow(void **state)
{
    (void)state;
    static const struct {
        const char *path, *allow;
        enum http_method method;
    } cases[] = {
        {"/token", "POST", HTTP_GET},      {"/token", "POST", HTTP_PUT},
        {"/auth/login", "POST", HTTP_GET}, {"/auth", "GET, HEAD, POST", HTTP_DELETE},
        {"/keys", "GET, HEAD", HTTP_POST},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct reply *reply =
            rig_ask(&rig, &(struct ask){.method = cases[i].method, .path = cases[i].path});
        assert_int_equal(reply->status, 405);
        assert_str(rig_header(reply, "Allow"), cases[i].allow);
    }
    assert_int_equal(rig_ask(&rig, &(struct ask){.path = "/nowhere"})->status, 404);
}

static void below_a_path_names_and_cookies_follow(void **state)
{
    (void)state;
    static const struct {
        const char *issuer, *path, *cookie, *attributes, *token;
    } cases[] = {
        {"https://sso.example", "", "__Host-lotse-session",
         "; Path=/; HttpOnly; SameSite=Lax; Secure", "https://sso.example/token"},
        {"https://sso.example/", "/", "__Host-lotse-session",
         "; Path=/; HttpOnly; SameSite=Lax; Secure", "https://sso.example/token"},
        {"https://sso.example/dex", "/dex", "__Secure-lotse-session",
         "; Path=/dex; HttpOnly; SameSite=Lax; Secure", "https://sso.example/dex/token"},
        {"http://127.0.0.1:5556/dex", "/dex", "lotse-session",
         "; Path=/dex; HttpOnly; SameSite=Lax", "http://127.0.0.1:5556/dex/token"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct err e;
        rig.settings.issuer = str_from(cases[i].issuer);
        rig.settings.issuer_path = str_from(cases[i].path);
        assert_int_equal(oidc_prepare(&rig.env, &rig.settled, &e), 0);
        struct reply *doc =
            rig_ask(&rig, &(struct ask){.path = "/.well-known/openid-configuration"});
        assert_str(rig_json(&rig, doc, "token_endpoint"), cases[i].token);
        assert_str(rig_json(&rig, doc, "issuer"), cases[i].issuer);
        struct reply *form = rig_ask(
            &rig,
            &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", ""), .foreign = true});
        const char *cookie = arena_cstr(&rig.work, rig_header(form, "Set-Cookie"));
        assert_non_null(strstr(cookie, cases[i].attributes));
    }
}

static void subjects_are_encoded_as_dex_does(void **state)
{
    (void)state;
    static const struct {
        const char *user, *connector, *sub;
    } cases[] = {
        {"2342749", "github", "CgcyMzQyNzQ5EgZnaXRodWI"},
        {"08a8684b-db88-4b73-90a9-3cd1661f5466", "local",
         "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"},
        {"jane", "ldap", "CgRqYW5lEgRsZGFw"},
        {"cn=jane,ou=People,dc=example,dc=org", "ldap",
         "CiNjbj1qYW5lLG91PVBlb3BsZSxkYz1leGFtcGxlLGRjPW9yZxIEbGRhcA"},
        {"müller", "ldap", "Cgdtw7xsbGVyEgRsZGFw"},
        {"my-client", "", "CglteS1jbGllbnQ"},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_str(subject_encode(str_from(cases[i].user), str_from(cases[i].connector), &rig.work),
                   cases[i].sub);
    struct str longer =
        subject_encode((struct str){arena_alloc(&rig.work, 130), 130}, STR("l"), &rig.work);
    assert_true(str_starts(longer, STR("CoIB")));
}

static void a_page_speaks_the_language_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *more, *accept, *expected;
    } cases[] = {
        {"", "de-DE,de;q=0.9", "Anmelden"},        {"", "en", "Sign in"},
        {"ui_locales=de-AT+en", "en", "Anmelden"}, {"ui_locales=fr+en", "de", "Sign in"},
        {"ui_locales=deu", "en", "Sign in"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct reply *form =
            rig_ask(&rig, &(struct ask){.path = "/auth",
                                        .query = rig_query(&rig, "app", cases[i].more),
                                        .accept_language = cases[i].accept});
        assert_non_null(strstr(arena_cstr(&rig.work, form->body), cases[i].expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_login_gives_tokens_that_verify),
        TEST(claims_follow_scopes),
        TEST(userinfo_answers_by_get_and_post),
        TEST(the_claims_parameter_is_honoured),
        TEST(the_second_client_needs_no_form),
        TEST(one_login_serves_three_clusters),
        TEST(an_audience_needs_its_trust),
        TEST(teams_of_the_policy_become_groups),
        TEST(groups_no_token_may_name_are_left_out),
        TEST(the_home_page_logs_in_and_comes_back),
        TEST(discovery_says_what_works),
        TEST(sec_069_everything_advertised_works),
        TEST(the_jwks_is_public_and_short_lived),
        TEST(the_sites_are_offered_for_setup),
        TEST(other_methods_are_refused_with_allow),
        TEST(below_a_path_names_and_cookies_follow),
        TEST(subjects_are_encoded_as_dex_does),
        TEST(a_page_speaks_the_language_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
