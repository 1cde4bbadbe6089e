/* The token endpoint and what hangs on it: client authentication, codes, userinfo, revocation. */
#include "tests/unit/oidc_asserts.h"

static struct reply *post(const char *authorization, const char *form)
{
    return rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                       .path = "/token",
                                       .form = form,
                                       .authorization = authorization,
                                       .foreign = true});
}

static const char *basic(const char *id, const char *secret)
{
    auto_buf text = BUF_INIT(4096);
    buf_base64(&text, str_from(rig_fmt(&rig, "%s:%s", id, secret)));
    return rig_fmt(&rig, "Basic %s", buf_cstr(&text));
}

static void sec_038_046_the_shape_of_a_request(void **state)
{
    (void)state;
    const char *good = "grant_type=authorization_code&code=x&redirect_uri=https://app.example/"
                       "cb&client_id=app&client_secret=s3cret";
    assert_error(rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                             .path = "/token",
                                             .form = "{}",
                                             .content_type = "application/json"}),
                 400, "invalid_request");
    assert_error(
        rig_ask(&rig,
                &(struct ask){.method = HTTP_POST, .path = "/token", .query = good, .form = good}),
        400, "invalid_request");
    assert_error(
        rig_ask(&rig,
                &(struct ask){.method = HTTP_POST, .path = "/token", .query = "x=1", .form = good}),
        400, "invalid_request");
    assert_error(post(NULL, rig_fmt(&rig, "%s&code=y", good)), 400, "invalid_request");
    assert_error(post(NULL, "client_id=app&client_secret=s3cret"), 400, "invalid_request");
    assert_error(post(NULL, "client_id=app&client_secret=s3cret&grant_type="), 400,
                 "invalid_request");
    /* SEC-007, SEC-044 */
    assert_error(
        post(NULL,
             "client_id=app&client_secret=s3cret&grant_type=password&username=ada&password=x"),
        400, "unsupported_grant_type");
    assert_error(rig_token(&rig, "strict", "grant_type=refresh_token&refresh_token=x"), 400,
                 "unauthorized_client");
    assert_error(post(NULL, "client_id=app&client_secret=s3cret&grant_type=authorization_code"),
                 400, "invalid_request");
    assert_error(post(NULL, "client_id=app&client_secret=s3cret&grant_type=refresh_token"), 400,
                 "invalid_request");
    assert_error(post(NULL, good), 400, "invalid_grant");
}

static void sec_039_042_clients_prove_who_they_are(void **state)
{
    (void)state;
    const char *rest = "grant_type=authorization_code&code=x&redirect_uri=y";
    const struct {
        const char *authorization, *form;
        int status;
        const char *error;
    } cases[] = {
        /* right: the next complaint is about the code */
        {basic("app", "s3cret"), rest, 400, "invalid_grant"},
        {basic("app", "s3cret"), rig_fmt(&rig, "client_id=app&%s", rest), 400, "invalid_grant"},
        {NULL, rig_fmt(&rig, "client_id=app&client_secret=s3cret&%s", rest), 400, "invalid_grant"},
        {NULL, rig_fmt(&rig, "client_id=spa&%s", rest), 400, "invalid_grant"},
        {NULL, rig_fmt(&rig, "client_id=spa&client_secret=&%s", rest), 400, "invalid_grant"},
        {basic("spa", ""), rest, 400, "invalid_grant"}, /* x/oauth2 tries this first */
        /* SEC-041: percent-decoded */
        {basic("strict", "p%25s%3A+%2Bs%2Fw%26%3D%C3%BC"), rest, 400, "invalid_grant"},
        {basic("strict", "p%25s%3A%20%2Bs%2Fw%26%3D%C3%BC"), rest, 400, "invalid_grant"},
        {basic("strict", "p%s: +s/w&=\xc3\xbc"), rest, 401, "invalid_client"},
        /* wrong */
        {NULL, rest, 401, "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=app&%s", rest), 401, "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=app&client_secret=&%s", rest), 401, "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=app&client_secret=s3cre&%s", rest), 401, "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=app&client_secret=s3crett&%s", rest), 401,
         "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=nobody&client_secret=s3cret&%s", rest), 401,
         "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=spa&client_secret=x&%s", rest), 401, "invalid_client"},
        {basic("app", "wrong"), rest, 401, "invalid_client"},
        {basic("", ""), rest, 401, "invalid_client"},
        {"Basic !!!", rest, 401, "invalid_client"},
        {"Basic", rest, 401, "invalid_client"},
        {"Basic YXBw", rest, 401, "invalid_client"}, /* no colon */
        {"Basic YXBwOnMzY3JldAo", rest, 401, "invalid_client"},
        {"Bearer abc", rest, 401, "invalid_client"},
        {NULL, rig_fmt(&rig, "client_id=app&client_assertion=x&client_assertion_type=y&%s", rest),
         401, "invalid_client"},
        /* SEC-040 */
        {basic("app", "s3cret"), rig_fmt(&rig, "client_secret=s3cret&%s", rest), 400,
         "invalid_request"},
        {basic("app", "s3cret"), rig_fmt(&rig, "client_id=spa&%s", rest), 400, "invalid_request"},
        {basic("app", "s3cret"), rig_fmt(&rig, "client_assertion=x&%s", rest), 400,
         "invalid_request"},
        {NULL, rig_fmt(&rig, "client_id=app&client_secret=s3cret&client_assertion=x&%s", rest), 400,
         "invalid_request"},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_error(post(cases[i].authorization, cases[i].form), cases[i].status, cases[i].error);
}

static void sec_029_031_the_verifier_must_fit(void **state)
{
    (void)state;
    static const struct {
        const char *verifier;
        bool good;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX", false},    /* 42 */
        {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", false},   /* another */
        {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEj%2Bk", false}, /* + */
        {RIG_CHALLENGE, false},                                   /* plain */
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         false},
        {RIG_VERIFIER, true},
    };
    struct str code = rig_code(&rig, "app", "", "ada");
    for (size_t i = 0; i < N_OF(cases); i++) { /* SEC-035: none of the failures burns the code */
        const char *verifier =
            cases[i].verifier ? rig_fmt(&rig, "&code_verifier=%s", cases[i].verifier) : "";
        struct reply *reply = rig_token(
            &rig, "app",
            rig_fmt(&rig,
                    "grant_type=authorization_code&code=%.*s&redirect_uri=https://app.example/cb%s",
                    STR_F(code), verifier));
        if (cases[i].good)
            assert_int_equal(reply->status, 200);
        else
            assert_error(reply, 400, "invalid_grant");
    }
}

static void sec_030_a_verifier_without_challenge_is_refused(void **state)
{
    (void)state;
    struct reply *login = rig_login(
        &rig,
        "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&scope=openid",
        "ada");
    struct str code = rig_location(&rig, login, "code");
    assert_error(rig_redeem(&rig, "app", code), 400, "invalid_grant");
    struct reply *reply = rig_token(
        &rig, "app",
        rig_fmt(&rig, "grant_type=authorization_code&code=%.*s&redirect_uri=https://app.example/cb",
                STR_F(code)));
    assert_int_equal(reply->status, 200);
    assert_int_equal(rig_claim(&rig, rig_json(&rig, reply, "id_token"), "nonce").n, 0);
}

static void sec_035_a_code_is_bound_and_a_failure_does_not_burn_it(void **state)
{
    (void)state;
    struct str code = rig_code(&rig, "app", "", "ada");
    assert_error(rig_redeem(&rig, "spa", code), 400, "invalid_grant");
    assert_error(rig_redeem(&rig, "strict", code), 400, "invalid_grant");
    static const char *const uris[] = {"", "&redirect_uri=https://app.example/cb?x=1",
                                       "&redirect_uri=https://app.example/CB"};
    for (size_t i = 0; i < N_OF(uris); i++) {
        struct reply *reply = rig_token(
            &rig, "app",
            rig_fmt(&rig,
                    "grant_type=authorization_code&code=%.*s&code_verifier=" RIG_VERIFIER "%s",
                    STR_F(code), uris[i]));
        assert_error(reply, 400, i == 0 ? "invalid_request" : "invalid_grant");
    }
    assert_int_equal(rig_redeem(&rig, "app", code)->status, 200);
    /* SEC-047, advisory 37: every truncation, extension, bit flip */
    for (size_t i = 0; i < code.n; i += 11) {
        char *bent = arena_alloc(&rig.work, code.n);
        memcpy(bent, code.p, code.n);
        bent[i] = bent[i] == 'x' ? 'y' : 'x';
        assert_error(rig_redeem(&rig, "app", (struct str){bent, code.n}), 400, "invalid_grant");
    }
    assert_error(rig_redeem(&rig, "app", str_from_to(code, 0, code.n - 1)), 400, "invalid_grant");
    assert_error(rig_redeem(&rig, "app", str_from(rig_fmt(&rig, "%.*sAA", STR_F(code)))), 400,
                 "invalid_grant");
    assert_error(rig_redeem(&rig, "app", STR("code")), 400, "invalid_grant");
}

static void sec_034_a_code_lives_60_seconds_at_most(void **state)
{
    (void)state;
    rig.settings.code_ttl_ms = 3600000;
    struct str one = rig_code(&rig, "app", "", "ada"), two = rig_code(&rig, "app", "", "ada");
    rig_pass(&rig, 59999);
    assert_int_equal(rig_redeem(&rig, "app", one)->status, 200);
    rig_pass(&rig, 1);
    assert_error(rig_redeem(&rig, "app", two), 400, "invalid_grant");
}

static void sec_033_a_replayed_code_ends_what_came_of_it(void **state)
{
    (void)state;
    static const char *const scopes[] = {"scope=openid", "scope=openid+offline_access"};
    for (size_t i = 0; i < N_OF(scopes); i++) {
        struct str code = rig_code(&rig, "app", scopes[i], "ada");
        struct reply *first = rig_redeem(&rig, "app", code);
        assert_int_equal(first->status, 200);
        struct str access = rig_json(&rig, first, "access_token"),
                   refresh = rig_json(&rig, first, "refresh_token");
        assert_int_equal(rig_userinfo(&rig, access)->status, 200);
        assert_error(rig_redeem(&rig, "app", code), 400, "invalid_grant");
        assert_int_equal(rig_userinfo(&rig, access)->status, 401);
        if (refresh.n)
            assert_error(rig_refresh(&rig, "app", refresh, ""), 400, "invalid_grant");
        assert_error(rig_redeem(&rig, "app", code), 400, "invalid_grant");
        assert_int_equal(rig_count(&rig, EVENT_CODE_REPLAYED), 2 * (int)(i + 1));
        assert_int_equal(rig_count(&rig, EVENT_FAMILY_REVOKED), (int)(i + 1));
    }
}

static void a_code_dies_with_its_session(void **state)
{
    (void)state;
    struct str code = rig_code(&rig, "app", "", "ada");
    rig_ask(&rig, &(struct ask){.path = "/logout"});
    struct reply *ask = rig_ask(&rig, &(struct ask){.path = "/logout"});
    const char *form = rig_fmt(&rig, "state=%.*s&confirm=yes", STR_F(rig_form_state(&rig, ask)));
    assert_int_equal(
        rig_ask(&rig, &(struct ask){.method = HTTP_POST, .path = "/logout/confirm", .form = form})
            ->status,
        200);
    assert_error(rig_redeem(&rig, "app", code), 400, "invalid_grant");
}

static void a_client_taken_out_of_the_configuration_is_out(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access", "ada");
    rig_client(&rig, "spa")->id = STR("spa-gone"); /* SEC-045 */
    const char *form = rig_fmt(&rig, "client_id=spa&grant_type=refresh_token&refresh_token=%.*s",
                               STR_F(rig_json(&rig, tokens, "refresh_token")));
    assert_error(post(NULL, form), 401, "invalid_client");
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 401);
}

static void large_tokens_are_told_of_and_then_refused(void **state)
{
    (void)state;
    static const struct {
        size_t n_groups;
        int status, large;
    } cases[] = {{30, 200, 0}, {120, 200, 1}, {600, 400, 1}};
    for (size_t i = 0; i < N_OF(cases); i++) {
        rig.session_cookie = STR_NONE;
        rig.directory.n_groups[ADA] = cases[i].n_groups;
        struct reply *reply = rig_tokens(&rig, "spa", "openid groups", "ada");
        assert_int_equal(reply->status, cases[i].status);
        assert_int_equal(rig_count(&rig, EVENT_TOKEN_LARGE), cases[i].large);
        if (cases[i].status == 400) {
            assert_str(rig_json(&rig, reply, "error"), "invalid_scope");
            assert_true(
                str_contains(rig_json(&rig, reply, "error_description"), STR("600 groups")));
        }
    }
}

static void userinfo_refuses_what_is_no_access_token(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "app", "openid", "ada");
    struct str access = rig_json(&rig, tokens, "access_token");
    const struct {
        struct ask ask;
        int status;
        const char *challenge;
    } cases[] = {
        {{.path = "/userinfo"}, 401, "Bearer realm=\"lotse\""},
        {{.path = "/userinfo", .authorization = "Basic YXBwOnMzY3JldA=="},
         401,
         "Bearer realm=\"lotse\""},
        {{.path = "/userinfo", .authorization = "Bearer "}, 401, "Bearer realm=\"lotse\""},
        {{.path = "/userinfo", .authorization = "Bearer x"}, 401, "error=\"invalid_token\""},
        {{.path = "/userinfo",
          .authorization = rig_fmt(&rig, "Bearer %.*s", STR_F(rig_json(&rig, tokens, "id_token")))},
         401,
         "error=\"invalid_token\""},
        {{.path = "/userinfo", .authorization = rig_fmt(&rig, "Bearer %.*sA", STR_F(access))},
         401,
         "error=\"invalid_token\""},
        {{.path = "/userinfo", .query = rig_fmt(&rig, "access_token=%.*s", STR_F(access))},
         400,
         "error=\"invalid_request\""},
        {{.method = HTTP_POST,
          .path = "/userinfo",
          .authorization = rig_fmt(&rig, "Bearer %.*s", STR_F(access)),
          .form = rig_fmt(&rig, "access_token=%.*s", STR_F(access))},
         400,
         "error=\"invalid_request\""},
        {{.path = "/userinfo", .authorization = rig_fmt(&rig, "bearer %.*s", STR_F(access))},
         200,
         ""},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct reply *reply = rig_ask(&rig, &cases[i].ask);
        assert_int_equal(reply->status, cases[i].status);
        assert_true(
            str_contains(rig_header(reply, "WWW-Authenticate"), str_from(cases[i].challenge)));
    }
    rig_pass(&rig, 600000);
    assert_int_equal(rig_userinfo(&rig, access)->status, 401);
}

static void sec_080_082_revocation(void **state)
{
    (void)state;
    static const char *const hints[] = {"", "&token_type_hint=access_token",
                                        "&token_type_hint=refresh_token",
                                        "&token_type_hint=nonsense"};
    static const char *const kinds[] = {"refresh_token", "access_token"};
    for (size_t i = 0; i < N_OF(hints) * N_OF(kinds); i++) {
        struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access", "ada");
        struct str token = rig_json(&rig, tokens, kinds[i % 2]);
        const struct ask foreign = {
            .method = HTTP_POST,
            .path = "/token/revoke",
            .foreign = true,
            .form = rig_fmt(&rig, "client_id=lotse-login&token=%.*s", STR_F(token))};
        assert_int_equal(rig_ask(&rig, &foreign)->status, 400);
        const struct ask own = {
            .method = HTTP_POST,
            .path = "/token/revoke",
            .foreign = true,
            .form = rig_fmt(&rig, "client_id=spa&token=%.*s%s", STR_F(token), hints[i / 2])};
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 200);
        assert_int_equal(rig_ask(&rig, &own)->status, 200);
        assert_int_equal(rig_ask(&rig, &own)->status, 200); /* again: as good as revoked */
        assert_error(rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), ""), 400,
                     "invalid_grant");
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 401);
    }
    const struct ask unknown = {
        .method = HTTP_POST, .path = "/token/revoke", .form = "client_id=spa&token=unknown"};
    assert_int_equal(rig_ask(&rig, &unknown)->status, 200);
    assert_error(rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                             .path = "/token/revoke",
                                             .form = "client_id=spa"}),
                 400, "invalid_request");
    assert_error(rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                             .path = "/token/revoke",
                                             .form = "client_id=app&token=x"}),
                 401, "invalid_client");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sec_038_046_the_shape_of_a_request),
        TEST(sec_039_042_clients_prove_who_they_are),
        TEST(sec_029_031_the_verifier_must_fit),
        TEST(sec_030_a_verifier_without_challenge_is_refused),
        TEST(sec_035_a_code_is_bound_and_a_failure_does_not_burn_it),
        TEST(sec_034_a_code_lives_60_seconds_at_most),
        TEST(sec_033_a_replayed_code_ends_what_came_of_it),
        TEST(a_code_dies_with_its_session),
        TEST(a_client_taken_out_of_the_configuration_is_out),
        TEST(large_tokens_are_told_of_and_then_refused),
        TEST(userinfo_refuses_what_is_no_access_token),
        TEST(sec_080_082_revocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
