/* The token endpoint and what hangs on it: client authentication, codes, refresh tokens, userinfo,
 * revocation. */
#include "tests/unit/unit.h"

#include "gateway/jose/jws.h"
#include "gateway/oidc/mint.h"
#include "tests/unit/oidc_rig.h"

#define assert_str(actual, expected) \
    assert_string_equal(rig_fmt(&rig, "%.*s", STR_F(actual)), (expected))

static struct rig rig;

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    rig_fini(&rig);
    return 0;
}

static void assert_error(struct reply *reply, int status, const char *error)
{
    assert_str(rig_json(&rig, reply, "error"), error);
    assert_int_equal(reply->status, status);
    assert_true(rig_json(&rig, reply, "error_description").n > 0);
    assert_string_equal(reply->content_type, "application/json");
    assert_str(rig_header(reply, "Cache-Control"), "no-store");
    assert_true((status == 401) ==
                str_starts(rig_header(reply, "WWW-Authenticate"), STR("Basic ")));
    assert_int_equal(rig_json(&rig, reply, "access_token").n, 0);
}

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

static void refresh_rotates_and_keeps_the_login(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access profile", "ada");
    struct str first_sub = rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "sub");
    struct str sid = rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "sid");
    for (int i = 0; i < 5; i++) {
        rig_pass(&rig, 600000);
        struct str before = rig_json(&rig, tokens, "refresh_token");
        tokens = rig_refresh(&rig, "spa", before, "");
        assert_int_equal(tokens->status, 200);
        assert_false(str_eq(before, rig_json(&rig, tokens, "refresh_token"))); /* SEC-048 */
        struct str id_token = rig_json(&rig, tokens, "id_token");
        assert_true(str_eq(rig_claim(&rig, id_token, "sub"), first_sub));
        assert_true(str_eq(rig_claim(&rig, id_token, "sid"), sid));
        assert_str(rig_claim(&rig, id_token, "auth_time"), "1700000000"); /* Core 12.2 */
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 200);
    }
    assert_int_equal(rig.directory.lookups, 5);
}

static void sec_049_a_reused_refresh_token_ends_the_family(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access", "ada");
    struct str one = rig_json(&rig, tokens, "refresh_token");
    struct str two = rig_json(&rig, rig_refresh(&rig, "spa", one, ""), "refresh_token");
    struct reply *third = rig_refresh(&rig, "spa", two, "");
    assert_int_equal(third->status, 200);
    assert_error(rig_refresh(&rig, "spa", one, ""), 400,
                 "invalid_grant"); /* its successor was used */
    assert_int_equal(rig_count(&rig, EVENT_REFRESH_REUSED), 1);
    assert_error(rig_refresh(&rig, "spa", rig_json(&rig, third, "refresh_token"), ""), 400,
                 "invalid_grant");
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, third, "access_token"))->status, 401);
}

static void sec_050_a_lost_answer_costs_no_login(void **state)
{
    (void)state;
    struct str one =
        rig_json(&rig, rig_tokens(&rig, "spa", "openid offline_access", "ada"), "refresh_token");
    struct str lost = rig_json(&rig, rig_refresh(&rig, "spa", one, ""), "refresh_token");
    struct str again = rig_json(&rig, rig_refresh(&rig, "spa", one, ""), "refresh_token");
    assert_true(again.n > 0);
    assert_int_equal(rig_count(&rig, EVENT_REFRESH_REPEATED), 1);
    struct str next = rig_json(&rig, rig_refresh(&rig, "spa", again, ""), "refresh_token");
    assert_true(next.n > 0);
    /* the replaced successor is a copy nobody honest uses */
    assert_error(rig_refresh(&rig, "spa", lost, ""), 400, "invalid_grant");
    assert_error(rig_refresh(&rig, "spa", next, ""), 400, "invalid_grant");
}

static void thief_and_owner_never_both_live_on(void **state)
{
    (void)state;
    for (int thief_first = 0; thief_first < 2; thief_first++) {
        rig.session_cookie = STR_NONE;
        struct str stolen = rig_json(&rig, rig_tokens(&rig, "spa", "openid offline_access", "ada"),
                                     "refresh_token");
        struct str a = rig_json(&rig, rig_refresh(&rig, "spa", stolen, ""), "refresh_token");
        if (thief_first)
            a = rig_json(&rig, rig_refresh(&rig, "spa", a, ""), "refresh_token");
        struct str b = rig_json(&rig, rig_refresh(&rig, "spa", stolen, ""), "refresh_token");
        int alive = rig_refresh(&rig, "spa", a, "")->status == 200;
        alive += b.n && rig_refresh(&rig, "spa", b, "")->status == 200;
        assert_true(alive <= 1);
        assert_int_equal(rig_refresh(&rig, "spa", a, "")->status, 400);
    }
}

static void sec_047_all_bad_refresh_tokens_read_alike(void **state)
{
    (void)state;
    struct str token =
        rig_json(&rig, rig_tokens(&rig, "spa", "openid offline_access", "ada"), "refresh_token");
    struct reply *foreign = rig_refresh(&rig, "app", token, "");
    assert_error(foreign, 400, "invalid_grant");
    struct reply *invented = rig_refresh(&rig, "app", STR("invented"), "");
    assert_true(str_eq(foreign->body, invented->body));
    struct str code = rig_code(&rig, "spa", "", "ada");
    assert_true(str_eq(rig_refresh(&rig, "spa", code, "")->body, foreign->body));
    /* SEC-051, advisory 35: the other client's try did no harm */
    struct reply *next = rig_refresh(&rig, "spa", token, "");
    assert_int_equal(next->status, 200);
    rig_pass(&rig, rig.settings.refresh_idle_ms);
    struct reply *expired = rig_refresh(&rig, "spa", rig_json(&rig, next, "refresh_token"), "");
    assert_int_equal(expired->status, 400);
    assert_true(str_eq(expired->body, foreign->body));
}

static void sec_051_scope_may_shrink_never_grow(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access profile", "ada");
    tokens = rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), "scope=openid");
    assert_int_equal(tokens->status, 200);
    assert_str(rig_json(&rig, tokens, "scope"), "openid");
    assert_int_equal(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "name").n, 0);
    struct str token = rig_json(&rig, tokens, "refresh_token");
    assert_error(rig_refresh(&rig, "spa", token, "scope=openid+email"), 400, "invalid_scope");
    assert_error(rig_refresh(&rig, "spa", token, "scope=openid+audience:server:client_id:k8s-fra"),
                 400, "invalid_scope");
    tokens = rig_refresh(&rig, "spa", token,
                         ""); /* a refusal used nothing up; without scope all that was granted */
    assert_str(rig_json(&rig, tokens, "scope"), "openid profile offline_access");
    /* without openid there is no ID token, and userinfo says so */
    tokens = rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), "scope=profile");
    assert_int_equal(tokens->status, 200);
    assert_int_equal(rig_json(&rig, tokens, "id_token").n, 0);
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 403);
}

static void sec_052_absolute_and_idle_expiry(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access", "ada");
    int64_t step = rig.settings.refresh_idle_ms - 1000, passed = 0;
    while (passed + step < rig.settings.refresh_max_ms) {
        rig_pass(&rig, step);
        passed += step;
        tokens = rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), "");
        assert_int_equal(tokens->status, 200);
    }
    rig_pass(&rig, rig.settings.refresh_max_ms - passed);
    assert_error(rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), ""), 400,
                 "invalid_grant");
}

static void sec_053_the_directory_has_a_say_at_every_refresh(void **state)
{
    (void)state;
    static const struct {
        enum connector_outcome outcome;
        int status;
        const char *error;
        bool revoked;
        enum event_kind event;
    } cases[] = {
        {CONNECTOR_GONE, 400, "invalid_grant", true, EVENT_REFRESH_PERSON_GONE},
        {CONNECTOR_DISABLED, 400, "invalid_grant", true, EVENT_REFRESH_PERSON_DISABLED},
        {CONNECTOR_LOCKED, 503, "temporarily_unavailable", false, EVENT_REFRESH_PERSON_LOCKED},
        {CONNECTOR_EXPIRED, 400, "invalid_grant", false, EVENT_REFRESH_PERSON_EXPIRED},
        {CONNECTOR_MUST_CHANGE_PASSWORD, 400, "invalid_grant", false, EVENT_REFRESH_PERSON_EXPIRED},
        {CONNECTOR_REFUSED, 400, "invalid_grant", false, EVENT_REFRESH_PERSON_UNUSABLE},
        {CONNECTOR_UNAVAILABLE, 503, "temporarily_unavailable", false, EVENT_REFRESH_UNAVAILABLE},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        rig.session_cookie = STR_NONE;
        rig.directory.lookup[ADA] = CONNECTOR_OK;
        struct str token = rig_json(&rig, rig_tokens(&rig, "spa", "openid offline_access", "ada"),
                                    "refresh_token");
        int before = rig_count(&rig, cases[i].event);
        rig.directory.lookup[ADA] = cases[i].outcome;
        assert_error(rig_refresh(&rig, "spa", token, ""), cases[i].status, cases[i].error);
        assert_int_equal(rig_count(&rig, cases[i].event), before + 1);
        rig.directory.lookup[ADA] =
            CONNECTOR_OK; /* back again: alive unless the family was revoked */
        assert_int_equal(rig_refresh(&rig, "spa", token, "")->status, cases[i].revoked ? 400 : 200);
    }
}

static void groups_are_fresh_at_every_refresh(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access groups", "ada");
    rig.directory.n_groups[ADA] = 1;
    tokens = rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), "");
    assert_str(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "groups"), "[\"group-000\"]");
    struct reply *info = rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"));
    assert_str(rig_json(&rig, info, "groups"), "[\"group-000\"]");
}

static void an_unreachable_directory_is_forgiven_as_configured(void **state)
{
    (void)state;
    rig.settings.directory_grace_ms = 900000;
    struct reply *tokens = rig_tokens(&rig, "spa", "openid offline_access groups", "ada");
    rig.directory.lookup[ADA] = CONNECTOR_UNAVAILABLE;
    rig_pass(&rig, 899999);
    tokens = rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), "");
    assert_int_equal(tokens->status, 200);
    assert_int_equal(rig_count(&rig, EVENT_REFRESH_GRACE), 1);
    rig_pass(&rig, 1); /* the grace counts from the last time the directory answered, not from the
                          last refresh */
    assert_error(rig_refresh(&rig, "spa", rig_json(&rig, tokens, "refresh_token"), ""), 503,
                 "temporarily_unavailable");
}

static void a_client_that_may_not_refresh_gets_no_refresh_token(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "strict", "openid offline_access", "ada");
    assert_int_equal(tokens->status, 200);
    assert_int_equal(rig_json(&rig, tokens, "refresh_token").n, 0);
    assert_str(rig_json(&rig, tokens, "scope"), "openid");
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

/* --- a store that fails */

static struct store *whole;
static int fail_at; /* the n-th call fails, counted down; 0: none */

static bool fails(struct err *e)
{
    if (fail_at == 0 || --fail_at > 0)
        return false;
    fail_at = 0;
    fail(e, ERR_BACKEND, "disk full");
    return true;
}
static enum store_outcome f_get(struct store *s, struct arena *a, struct str key,
                                struct record *ret, struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->get(whole, a, key, ret, e);
}
static enum store_outcome f_put(struct store *s, const struct write *w, uint64_t *ret,
                                struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->put(whole, w, ret, e);
}
static enum store_outcome f_put_if_absent(struct store *s, const struct write *w, uint64_t *ret,
                                          struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->put_if_absent(whole, w, ret, e);
}
static enum store_outcome f_swap(struct store *s, const struct write *w, uint64_t revision,
                                 uint64_t *ret, struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->compare_and_swap(whole, w, revision, ret, e);
}
static enum store_outcome f_delete(struct store *s, struct str key, uint64_t revision,
                                   struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->delete_if(whole, key, revision, e);
}
static const struct store_ops failing_ops = {.get = f_get,
                                             .put = f_put,
                                             .put_if_absent = f_put_if_absent,
                                             .compare_and_swap = f_swap,
                                             .delete_if = f_delete};

/* SEC-081: whichever call fails, the answer is 503, nothing is lost, and the next try works. */
static void a_failing_store_is_said_and_nothing_is_lost(void **state)
{
    (void)state;
    struct store failing = {&failing_ops};
    whole = rig.env.store;
    rig.env.store = &failing;
    for (int n = 1; n <= 2; n++) { /* redemption: session, family */
        struct str code = rig_code(&rig, "spa", "scope=openid+offline_access&prompt=login", "ada");
        fail_at = n;
        assert_error(rig_redeem(&rig, "spa", code), 503, "temporarily_unavailable");
        struct reply *tokens = rig_redeem(&rig, "spa", code);
        assert_int_equal(tokens->status, 200);
        struct str refresh = rig_json(&rig, tokens, "refresh_token");
        fail_at = n; /* refresh: read, swap */
        assert_error(rig_refresh(&rig, "spa", refresh, ""), 503, "temporarily_unavailable");
        tokens = rig_refresh(&rig, "spa", refresh, "");
        assert_int_equal(tokens->status, 200);
        fail_at = n; /* userinfo reads once */
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status,
                         n == 1 ? 503 : 200);
        const struct ask revoke = {.method = HTTP_POST,
                                   .path = "/token/revoke",
                                   .foreign = true,
                                   .form = rig_fmt(&rig, "client_id=spa&token=%.*s",
                                                   STR_F(rig_json(&rig, tokens, "refresh_token")))};
        fail_at = n;
        assert_error(rig_ask(&rig, &revoke), 503, "temporarily_unavailable");
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 200);
        assert_int_equal(rig_ask(&rig, &revoke)->status, 200);
        fail_at = 0;
    }
    fail_at = 1;
    struct reply *reply =
        rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", "")});
    assert_str(rig_location(&rig, reply, "error"), "temporarily_unavailable");
    rig.env.store = whole;
}

static void sec_037_a_dump_of_the_store_cannot_be_replayed(void **state)
{
    (void)state;
    struct str code = rig_code(&rig, "spa", "scope=openid+offline_access", "ada");
    struct reply *tokens = rig_redeem(&rig, "spa", code);
    struct record *records;
    size_t n;
    struct err e;
    const struct store_range all = {.prefix = STR(""), .limit = 100};
    assert_int_equal(rig.env.store->ops->list(rig.env.store, &rig.work, &all, &records, &n, &e),
                     STORE_OK);
    assert_int_equal(n, 2); /* one session, one family: nothing else was written */
    struct str sid, secret;
    assert_true(str_split(rig.session_cookie, '.', &sid, &secret));
    for (size_t i = 0; i < n; i++) {
        assert_false(str_contains(records[i].value, code));
        assert_false(str_contains(records[i].value, secret));
        assert_false(str_contains(records[i].value, rig_json(&rig, tokens, "refresh_token")));
        assert_false(str_contains(records[i].value, rig_json(&rig, tokens, "access_token")));
        assert_false(str_contains(records[i].value, STR("correct horse")));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sec_038_046_the_shape_of_a_request),
        TEST(sec_039_042_clients_prove_who_they_are),
        TEST(sec_029_031_the_verifier_must_fit),
        TEST(sec_030_a_verifier_without_challenge_is_refused),
        TEST(sec_035_a_code_is_bound_and_a_failure_does_not_burn_it),
        TEST(sec_034_a_code_lives_60_seconds_at_most),
        TEST(sec_033_a_replayed_code_ends_what_came_of_it),
        TEST(a_code_dies_with_its_session),
        TEST(refresh_rotates_and_keeps_the_login),
        TEST(sec_049_a_reused_refresh_token_ends_the_family),
        TEST(sec_050_a_lost_answer_costs_no_login),
        TEST(thief_and_owner_never_both_live_on),
        TEST(sec_047_all_bad_refresh_tokens_read_alike),
        TEST(sec_051_scope_may_shrink_never_grow),
        TEST(sec_052_absolute_and_idle_expiry),
        TEST(sec_053_the_directory_has_a_say_at_every_refresh),
        TEST(groups_are_fresh_at_every_refresh),
        TEST(an_unreachable_directory_is_forgiven_as_configured),
        TEST(a_client_that_may_not_refresh_gets_no_refresh_token),
        TEST(a_client_taken_out_of_the_configuration_is_out),
        TEST(large_tokens_are_told_of_and_then_refused),
        TEST(userinfo_refuses_what_is_no_access_token),
        TEST(sec_080_082_revocation),
        TEST(a_failing_store_is_said_and_nothing_is_lost),
        TEST(sec_037_a_dump_of_the_store_cannot_be_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
