/* The authorization endpoint: what it refuses, and how it says so. */
#include "tests/unit/oidc_asserts.h"

#include "gateway/oidc/redirect_uri.h"

#define PKCE "&code_challenge=" RIG_CHALLENGE "&code_challenge_method=S256"

static struct reply *auth(const char *query)
{
    return rig_ask(&rig, &(struct ask){.path = "/auth", .query = query});
}

static void assert_refused(struct reply *reply, const char *error)
{
    assert_int_equal(reply->status, 303);
    assert_str(rig_location(&rig, reply, "error"), error);
    assert_true(rig_location(&rig, reply, "error_description").n > 0);
    assert_str(rig_location(&rig, reply, "iss"), RIG_ISSUER); /* SEC-008 */
    assert_int_equal(rig_location(&rig, reply, "code").n, 0);
    assert_str(rig_header(reply, "Cache-Control"), "no-store"); /* SEC-025 */
    assert_str(rig_header(reply, "Referrer-Policy"), "no-referrer");
}

static void sec_001_004_a_bad_redirect_uri_shows_a_page(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "https://app.example/CB",
        "https://app.example/cb/",
        "https://app.example/cb?x=2",
        "https://app.example/cb?",
        "https://app.example/cb#f",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example/%63b",
        "https://app.example/x/../cb",
        "https://app.example/x/%2e%2e/cb",
        "https://app.example@evil.example/cb",
        "https://evil.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.example\\@evil.example/cb",
        "https://app.example/cb\t",
        "https://app.example/cb\n",
        " https://app.example/cb",
        "http://app.example/cb",
        "//app.example/cb",
        "/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://xn--app-example/cb",
        "https://app.example/cb?x=1&y=2",
        "https://app\xc3\xa9.example/cb",
    };
    for (size_t i = 0; i < N_OF(bad); i++) {
        struct str uri = rig_url(&rig, str_from(bad[i]));
        assert_page(
            auth(rig_fmt(&rig,
                         "client_id=app&redirect_uri=%.*s&response_type=code&scope=openid&state=s",
                         STR_F(uri))),
            400);
    }
    assert_int_equal(rig_count(&rig, EVENT_AUTHORIZE_BAD_REDIRECT), (int)N_OF(bad));
}

static void sec_002_003_only_loopback_literals_take_any_port(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool good;
    } cases[] = {
        {"http://127.0.0.1/callback", true},
        {"http://127.0.0.1:1/callback", true},
        {"http://127.0.0.1:65535/callback", true},
        {"http://[::1]:8000/callback", true},
        {"http://127.0.0.1:65536/callback", false},
        {"http://127.0.0.1:0/callback", false},
        {"http://127.0.0.1:/callback", false},
        {"http://127.0.0.1:-1/callback", false},
        {"http://127.0.0.1:8000/callback/", false},
        {"http://127.0.0.1:8000/callback?x", false},
        {"http://127.0.0.1:8000", false},
        {"http://127.0.0.1:8000@evil.example/callback", false},
        {"http://127.0.0.1.evil.example/callback", false},
        {"http://127.0.0.1@evil.example/callback", false},
        {"http://127.0.0.2:8000/callback", false},
        {"http://localhost:8000/callback", false},
        {"http://localhost.evil/callback", false},
        {"https://127.0.0.1:8000/callback", false},
        {"http://[::1]8000/callback", false},
        {"http://[::2]:8000/callback", false},
        {"http://127.1/callback", false},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_int_equal(
            redirect_uri_is_registered(rig_client(&rig, "lotse-login"), str_from(cases[i].uri)),
            cases[i].good);
}

static void sec_005_what_may_be_registered(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool good;
    } cases[] = {
        {"https://app.example/cb", true},
        {"https://app.example:8443/cb?a=b", true},
        {"http://localhost:8000", true},
        {"http://127.0.0.1/callback", true},
        {"http://[::1]/callback", true},
        {"com.example.app:/callback", true},
        {"", false},
        {"/cb", false},
        {"https:/cb", false},
        {"https://", false},
        {"https:///cb", false},
        {"https://:443/cb", false},
        {"https://user@app.example/cb", false},
        {"https://*.app.example/cb", false},
        {"https://app.example/cb#f", false},
        {"https://app.example/c b", false},
        {"https://app.example\\cb", false},
        {"http://app.example/cb", false},
        {"http://localhost.evil/cb", false},
        {"http://127.0.0.1.evil/cb", false},
        {"javascript:alert(1)", false},
        {"data:text/html,x", false},
        {"HTTPS://app.example/cb", false},
        {"urn:ietf:wg:oauth:2.0:oob", false},
        {"file:///etc/passwd", false},
        {"https://a;script-src/cb", false}, /* it will stand in a Content-Security-Policy */
        {"https://a,b/cb", false},
        {"https://a'b/cb", false},
        {"https://xn--hfen-6qa.example:8443/cb;v=1", true},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_int_equal(redirect_uri_problem(str_from(cases[i].uri)) == NULL, cases[i].good);
    assert_str(redirect_uri_origin(STR("http://127.0.0.1:8000/callback?x")),
               "http://127.0.0.1:8000");
    assert_str(redirect_uri_origin(STR("https://app.example?x")), "https://app.example");
    assert_str(redirect_uri_origin(STR("com.example.app:/cb")), "com.example.app:");
}

static void sec_004_an_unknown_client_shows_a_page_without_markup_of_its_own(void **state)
{
    (void)state;
    assert_page(auth("response_type=code&scope=openid"), 400);
    struct reply *reply = auth(
        "client_id=%3Cscript%3Ealert(1)%3C/script%3E&redirect_uri=https%3A%2F%2Fapp.example%2Fcb");
    assert_page(reply, 400);
    assert_null(strstr(arena_cstr(&rig.work, reply->body), "<script"));
    assert_page(auth("client_id=app&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"),
                400);
    assert_page(auth("client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&redirect_uri=https%"
                     "3A%2F%2Fapp.example%2Fcb"),
                400);
}

static void errors_go_to_the_client(void **state)
{
    (void)state;
    static const struct {
        const char *client, *more, *error;
    } cases[] = {
        {"app", "scope=openid", "invalid_request"},                /* no response_type */
        {"app", "scope=openid&response_type=", "invalid_request"}, /* SEC-011: empty is absent */
        {"app", "scope=openid&response_type=token", "unsupported_response_type"}, /* SEC-006 */
        {"app", "scope=openid&response_type=id_token%20token", "unsupported_response_type"},
        {"app", "scope=openid&response_type=code%20id_token", "unsupported_response_type"},
        {"app", "scope=openid&response_type=none", "unsupported_response_type"},
        {"app", "scope=openid&response_type=code&response_mode=fragment", "invalid_request"},
        {"app", "scope=openid&response_type=code&response_mode=form_post", "invalid_request"},
        {"app", "scope=openid&response_type=code&nonce=a&nonce=b", "invalid_request"}, /* SEC-009 */
        {"app", "scope=openid&response_type=code&odd=a&odd=a", "invalid_request"},
        {"app", "response_type=code", "invalid_scope"},
        {"app", "scope=profile&response_type=code", "invalid_scope"},
        {"app", "scope=openid&response_type=code&request=eyJ",
         "request_not_supported"}, /* SEC-023 */
        {"app", "scope=openid&response_type=code&request_uri=https://evil/x",
         "request_uri_not_supported"}, /* SEC-024 */
        {"app", "scope=openid&response_type=code&registration=%7B%7D",
         "registration_not_supported"},
        {"app", "scope=openid&response_type=code&prompt=none%20login", "invalid_request"},
        {"app", "scope=openid&response_type=code&prompt=create", "invalid_request"},
        {"app", "scope=openid&response_type=code&prompt=none", "login_required"}, /* SEC-020 */
        {"app", "scope=openid&response_type=code&max_age=-1", "invalid_request"},
        {"app", "scope=openid&response_type=code&max_age=soon", "invalid_request"},
        {"app", "scope=openid&response_type=code&max_age=99999999999999999999", "invalid_request"},
        {"app", "scope=openid&response_type=code&claims=x", "invalid_request"},
        {"app", "scope=openid&response_type=code&claims=%5B%5D", "invalid_request"},
        {"app", "scope=openid&response_type=code&claims=%7B%22id_token%22%3A1%7D",
         "invalid_request"},
        {"app",
         "scope=openid&response_type=code&claims=%7B%22id_token%22%3A%7B%22name%22%3A1%7D%7D",
         "invalid_request"},
        {"app", "scope=openid&response_type=code&id_token_hint=a.b.c",
         "invalid_request"}, /* SEC-064 */
        {"app", "scope=openid&response_type=code&connector_id=nowhere", "invalid_request"},
        /* SEC-027, SEC-028 */
        {"spa", "scope=openid&response_type=code", "invalid_request"},
        {"strict", "scope=openid&response_type=code", "invalid_request"},
        {"app", "scope=openid&response_type=code&code_challenge_method=S256", "invalid_request"},
        {"app", "scope=openid&response_type=code&code_challenge=" RIG_CHALLENGE, "invalid_request"},
        {"app",
         "scope=openid&response_type=code&code_challenge_method=plain&code_"
         "challenge=" RIG_CHALLENGE,
         "invalid_request"},
        {"app",
         "scope=openid&response_type=code&code_challenge_method=s256&code_challenge=" RIG_CHALLENGE,
         "invalid_request"},
        {"app", "scope=openid&response_type=code&code_challenge_method=S256&code_challenge=short",
         "invalid_request"},
        {"app",
         "scope=openid&response_type=code&code_challenge_method=S256&code_challenge=" RIG_CHALLENGE
         "A",
         "invalid_request"},
        /* SEC-044 */
        {"strict", "scope=openid%20unheard&response_type=code" PKCE, "invalid_scope"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct str uri = rig_url(&rig, rig_client(&rig, cases[i].client)->redirect_uris[0]);
        struct reply *reply = auth(rig_fmt(&rig, "client_id=%s&redirect_uri=%.*s&state=a%%26b&%s",
                                           cases[i].client, STR_F(uri), cases[i].more));
        assert_refused(reply, cases[i].error);
        assert_str(rig_location(&rig, reply, "state"), "a&b");
    }
    struct str long_nonce = {memset(arena_alloc(&rig.work, 1025), 'n', 1025), 1025};
    assert_refused(auth(rig_fmt(&rig,
                                "client_id=app&redirect_uri=https%%3A%%2F%%2Fapp.example%%2Fcb"
                                "&scope=openid&response_type=code&nonce=%.*s",
                                STR_F(long_nonce))),
                   "invalid_request");
}

static void a_good_request_shows_the_form(void **state)
{
    (void)state;
    static const char *const more[] = {
        "",
        "unheard_of=1&another=x", /* SEC-010 */
        "display=popup&acr_values=1%202&login_hint=ada",
        "prompt=login",
        "prompt=consent",
        "prompt=select_account",
        "prompt=login%20consent",
        "max_age=10",
        "response_mode=query",
        "scope=openid+profile+email+address+phone+offline_access+whatever",
    };
    for (size_t i = 0; i < N_OF(more); i++) {
        struct reply *form = auth(rig_query(&rig, "app", more[i]));
        assert_page(form, 200);
        assert_true(rig_form_state(&rig, form).n > 0);
        assert_true(str_contains(rig_header(form, "Content-Security-Policy"),
                                 STR("form-action 'self' https: https://app.example")));
    }
}

static void sec_012_state_comes_back_byte_for_byte(void **state)
{
    (void)state;
    char all[95 * 11 + 1];
    size_t n = 0;
    while (n < sizeof(all) - 1) { /* every VSCHAR, 1 KiB of them */
        all[n] = (char)(0x20 + n % 95);
        n++;
    }
    struct str given = {all, n}, encoded = rig_url(&rig, given);
    struct str uri = rig_url(&rig, rig_client(&rig, "app")->redirect_uris[0]);
    const char *query =
        rig_fmt(&rig, "client_id=app&redirect_uri=%.*s&response_type=code&scope=openid&state=%.*s",
                STR_F(uri), STR_F(encoded));
    struct str back = rig_location(&rig, rig_login(&rig, query, "ada"), "state");
    assert_true(str_eq(back, given));
    struct str too_long = {memset(arena_alloc(&rig.work, 4097), 's', 4097), 4097};
    assert_page(
        auth(rig_fmt(&rig,
                     "client_id=app&redirect_uri=%.*s&response_type=code&scope=openid&state=%.*s",
                     STR_F(uri), STR_F(too_long))),
        400);
    /* twice: none of the two */
    struct reply *twice =
        auth(rig_fmt(&rig, "client_id=app&redirect_uri=%.*s&state=a&state=b", STR_F(uri)));
    assert_refused(twice, "invalid_request");
    assert_int_equal(rig_location(&rig, twice, "state").n, 0);
}

static void sec_013_get_and_post_are_served_a_post_only_as_form(void **state)
{
    (void)state;
    const char *query = rig_query(&rig, "app", "");
    struct reply *form =
        rig_ask(&rig, &(struct ask){.method = HTTP_POST, .path = "/auth", .form = query});
    assert_page(form, 200);
    struct reply *json = rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                                     .path = "/auth",
                                                     .form = "{}",
                                                     .content_type = "application/json"});
    assert_page(json, 415);
    /* a POST takes nothing from its URL */
    assert_page(rig_ask(&rig, &(struct ask){.method = HTTP_POST, .path = "/auth", .query = query}),
                400);
    assert_page(rig_submit(&rig, rig_form_state(&rig, form), "ada", "wrong"), 403);
}

static void a_redirect_uri_keeps_its_query(void **state)
{
    (void)state;
    struct reply *login = rig_login(
        &rig,
        "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1&response_type=code"
        "&scope=openid",
        "ada");
    assert_int_equal(login->status, 303);
    assert_true(str_starts(rig_header(login, "Location"), STR("https://app.example/cb?x=1&code=")));
    assert_str(rig_location(&rig, login, "x"), "1");
}

static void sec_021_prompt_login_and_max_age_ask_again(void **state)
{
    (void)state;
    assert_true(rig_code(&rig, "app", "", "ada").n > 0);
    rig_pass(&rig, 30000);
    assert_int_equal(auth(rig_query(&rig, "app", "max_age=31"))->status, 303);
    assert_page(auth(rig_query(&rig, "app", "max_age=29")), 200);
    assert_page(auth(rig_query(&rig, "app", "max_age=0")), 200);
    assert_page(auth(rig_query(&rig, "app", "prompt=login")), 200);
    struct str first_session = rig.session_cookie;
    struct str code = rig_code(&rig, "app", "prompt=login", "ada");
    struct reply *tokens = rig_redeem(&rig, "app", code);
    assert_str(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "auth_time"), "1700000030");
    assert_false(str_eq(first_session,
                        rig.session_cookie)); /* SEC-093: a new secret at every authentication */
    const char *old = rig_fmt(&rig, "__Host-lotse-session=%.*s", STR_F(first_session));
    assert_page(rig_ask(&rig, &(struct ask){.path = "/auth",
                                            .query = rig_query(&rig, "app", ""),
                                            .cookie = str_from(old)}),
                200);
}

static void sec_021_another_person_ends_the_session_of_the_first(void **state)
{
    (void)state;
    struct reply *ada =
        rig_redeem(&rig, "app", rig_code(&rig, "app", "scope=openid+profile", "ada"));
    struct str ada_cookie = rig.session_cookie;
    struct reply *ben =
        rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login&scope=openid+profile", "ben"));
    assert_str(rig_claim(&rig, rig_json(&rig, ben, "id_token"), "preferred_username"), "ben");
    assert_int_equal(rig_count(&rig, EVENT_SESSION_REPLACED), 1);
    const char *old = rig_fmt(&rig, "__Host-lotse-session=%.*s", STR_F(ada_cookie));
    assert_page(rig_ask(&rig, &(struct ask){.path = "/auth",
                                            .query = rig_query(&rig, "app", ""),
                                            .cookie = str_from(old)}),
                200);
    /* what hung on Ada's session ends with it */
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, ada, "access_token"))->status, 401);
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, ben, "access_token"))->status, 200);
}

static void a_hint_names_the_only_person_who_will_do(void **state)
{
    (void)state;
    struct str ada =
        rig_json(&rig, rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada")), "id_token");
    const char *hint = rig_fmt(&rig, "id_token_hint=%.*s", STR_F(ada));
    assert_int_equal(auth(rig_query(&rig, "app", rig_fmt(&rig, "%s&prompt=none", hint)))->status,
                     303);
    assert_true(rig_location(&rig,
                             auth(rig_query(&rig, "app", rig_fmt(&rig, "%s&prompt=none", hint))),
                             "code")
                    .n > 0);
    /* Ben is logged in, Ada is wanted */
    assert_true(rig_code(&rig, "app", "prompt=login", "ben").n > 0);
    assert_refused(auth(rig_query(&rig, "app", rig_fmt(&rig, "%s&prompt=none", hint))),
                   "login_required");
    struct str cookie = rig.session_cookie;
    assert_refused(rig_login(&rig, rig_query(&rig, "app", hint), "ben"), "login_required");
    assert_true(str_eq(cookie, rig.session_cookie));
    struct reply *reply = rig_login(&rig, rig_query(&rig, "app", hint), "ada");
    assert_true(rig_location(&rig, reply, "code").n > 0);
    /* a sub in the claims parameter says the same */
    struct str sub = rig_claim(&rig, ada, "sub");
    const char *claims = rig_fmt(&rig, "{\"id_token\":{\"sub\":{\"value\":\"%.*s\"}}}", STR_F(sub));
    const char *more = rig_fmt(&rig, "claims=%.*s", STR_F(rig_url(&rig, str_from(claims))));
    assert_refused(
        rig_login(&rig, rig_query(&rig, "app", rig_fmt(&rig, "%s&prompt=login", more)), "ben"),
        "login_required");
    /* expired, it says nothing any more (SEC-064) */
    rig_pass(&rig, 601000);
    assert_refused(auth(rig_query(&rig, "app", rig_fmt(&rig, "%s&prompt=none", hint))),
                   "login_required");
    /* an access token is no hint */
    struct str access =
        rig_json(&rig, rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ada")),
                 "access_token");
    assert_refused(auth(rig_query(&rig, "app", rig_fmt(&rig, "id_token_hint=%.*s", STR_F(access)))),
                   "invalid_request");
}

static void an_essential_acr_is_met_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        bool met;
    } cases[] = {
        {"{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:x\",\"urn:lotse:acr:"
         "password\"]}}}",
         true},
        {"{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:x\"]}}}", false},
        {"{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"urn:x\"}}}", false},
        {"{\"id_token\":{\"acr\":{\"values\":[\"urn:x\"]}}}", true},
        {"{\"id_token\":null,\"userinfo\":{}}", true},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct str claims = rig_url(&rig, str_from(cases[i].claims));
        struct reply *reply =
            auth(rig_query(&rig, "app", rig_fmt(&rig, "claims=%.*s", STR_F(claims))));
        if (cases[i].met)
            assert_page(reply, 200);
        else
            assert_refused(reply, "unmet_authentication_requirements");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sec_001_004_a_bad_redirect_uri_shows_a_page),
        TEST(sec_002_003_only_loopback_literals_take_any_port),
        TEST(sec_005_what_may_be_registered),
        TEST(sec_004_an_unknown_client_shows_a_page_without_markup_of_its_own),
        TEST(errors_go_to_the_client),
        TEST(a_good_request_shows_the_form),
        TEST(sec_012_state_comes_back_byte_for_byte),
        TEST(sec_013_get_and_post_are_served_a_post_only_as_form),
        TEST(a_redirect_uri_keeps_its_query),
        TEST(sec_021_prompt_login_and_max_age_ask_again),
        TEST(sec_021_another_person_ends_the_session_of_the_first),
        TEST(a_hint_names_the_only_person_who_will_do),
        TEST(an_essential_acr_is_met_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
