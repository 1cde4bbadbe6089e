/* Refresh tokens: rotation, reuse, what the directory says, what scope may do. */
#include "tests/unit/oidc_asserts.h"

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

static void a_site_taken_down_ends_nobodys_login_at_the_others(void **state)
{
    (void)state;
    struct reply *tokens = rig_tokens(&rig, "lotse-login",
                                      "openid offline_access audience:server:client_id:k8s-fra "
                                      "audience:server:client_id:k8s-muc",
                                      "ada");
    rig_client(&rig, "k8s-muc")->n_trusted_peers = 0;
    struct str token = rig_json(&rig, tokens, "refresh_token");
    assert_error(
        rig_refresh(&rig, "lotse-login", token, "scope=openid+audience:server:client_id:k8s-muc"),
        400, "invalid_scope");
    tokens =
        rig_refresh(&rig, "lotse-login", token, "scope=openid+audience:server:client_id:k8s-fra");
    assert_str(rig_claim(&rig, rig_json(&rig, tokens, "id_token"), "aud"), "k8s-fra");
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 200);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refresh_rotates_and_keeps_the_login),
        TEST(sec_049_a_reused_refresh_token_ends_the_family),
        TEST(sec_050_a_lost_answer_costs_no_login),
        TEST(thief_and_owner_never_both_live_on),
        TEST(sec_047_all_bad_refresh_tokens_read_alike),
        TEST(sec_051_scope_may_shrink_never_grow),
        TEST(a_site_taken_down_ends_nobodys_login_at_the_others),
        TEST(sec_052_absolute_and_idle_expiry),
        TEST(sec_053_the_directory_has_a_say_at_every_refresh),
        TEST(groups_are_fresh_at_every_refresh),
        TEST(an_unreachable_directory_is_forgiven_as_configured),
        TEST(a_client_that_may_not_refresh_gets_no_refresh_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
