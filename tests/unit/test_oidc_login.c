/* The login form: who may finish a login, and what a try leads to. */
#include "tests/unit/oidc_asserts.h"

static struct reply *auth(const char *query)
{
    return rig_ask(&rig, &(struct ask){.path = "/auth", .query = query});
}

static void sec_014_credentials_are_answered_with_303(void **state)
{
    (void)state;
    assert_int_equal(rig_login(&rig, rig_query(&rig, "app", ""), "ada")->status, 303);
}

static void sec_017_018_a_form_belongs_to_its_browser(void **state)
{
    (void)state;
    struct str victim_form = rig_form_state(&rig, auth(rig_query(&rig, "app", "")));
    const char *form =
        rig_fmt(&rig, "state=%.*s&login=ada&password=correct+horse", STR_F(victim_form));
    const struct ask others[] = {
        {.method = HTTP_POST, .path = "/auth/login", .form = form, .foreign = true},
        {.method = HTTP_POST,
         .path = "/auth/login",
         .form = form,
         .cookie = STR("__Host-lotse-login=")},
        {.method = HTTP_POST,
         .path = "/auth/login",
         .form = form,
         .cookie = STR("__Host-lotse-login=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")},
        {.method = HTTP_POST,
         .path = "/auth/login",
         .form = form,
         .cookie = str_from(rig_fmt(&rig, "__Host-lotse-login=%.*s; __Host-lotse-login=x",
                                    STR_F(rig.login_cookie)))},
    };
    for (size_t i = 0; i < N_OF(others); i++) {
        struct reply *reply = rig_ask(&rig, &others[i]);
        assert_page(reply, 400); /* a fresh form, and nothing that was typed counted */
        assert_true(rig_form_state(&rig, reply).n > 0);
    }
    assert_int_equal(rig.directory.binds, 0);
    assert_int_equal(rig_count(&rig, EVENT_LOGIN_STALE_FORM), (int)N_OF(others));
    assert_int_equal(rig_submit(&rig, victim_form, "ada", "correct horse")->status, 303);
}

static void sec_019_sealed_forms_cannot_be_changed_or_mixed_up(void **state)
{
    (void)state;
    struct str form = rig_form_state(&rig, auth(rig_query(&rig, "app", "")));
    for (size_t at = 0; at < form.n; at += 7) {
        char *bent = arena_alloc(&rig.work, form.n);
        memcpy(bent, form.p, form.n);
        bent[at] = bent[at] == 'A' ? 'B' : 'A';
        assert_page(rig_submit(&rig, (struct str){bent, form.n}, "ada", "correct horse"), 400);
    }
    assert_page(rig_submit(&rig, str_from_to(form, 0, form.n - 1), "ada", "correct horse"), 400);
    assert_page(rig_submit(&rig, STR_NONE, "ada", "correct horse"), 400);
    struct str code = rig_code(&rig, "app", "", "ada");
    assert_page(rig_submit(&rig, code, "ada", "correct horse"), 400); /* a code is no form */
}

static void an_old_form_is_replaced(void **state)
{
    (void)state;
    struct str form = rig_form_state(&rig, auth(rig_query(&rig, "app", "")));
    rig_pass(&rig, rig.settings.login_ttl_ms);
    struct reply *fresh = rig_submit(&rig, form, "ada", "correct horse");
    assert_page(fresh, 400);
    assert_int_equal(rig.directory.binds, 0);
    assert_int_equal(rig_submit(&rig, rig_form_state(&rig, fresh), "ada", "correct horse")->status,
                     303);
}

static void a_second_tab_goes_on_after_the_first(void **state)
{
    (void)state;
    struct str one = rig_form_state(&rig, auth(rig_query(&rig, "app", "")));
    struct str two = rig_form_state(&rig, auth(rig_query(&rig, "spa", "")));
    assert_int_equal(rig_submit(&rig, one, "ada", "correct horse")->status, 303);
    struct reply *second = rig_submit(
        &rig, two, "ada", "correct horse"); /* the login cookie is gone, the session is there */
    assert_int_equal(second->status, 303);
    assert_true(str_starts(rig_header(second, "Location"), STR("https://spa.example/cb?code=")));
    assert_int_equal(rig.directory.binds, 1);
}

static void account_states_become_notices(void **state)
{
    (void)state;
    static const struct {
        enum connector_outcome outcome;
        int status;
        const char *text;
        enum event_kind event;
    } cases[] = {
        {CONNECTOR_WRONG_PASSWORD, 403, "not correct", EVENT_LOGIN_WRONG_PASSWORD},
        {CONNECTOR_DISABLED, 403, "disabled", EVENT_LOGIN_DISABLED},
        {CONNECTOR_LOCKED, 403, "locked", EVENT_LOGIN_LOCKED},
        {CONNECTOR_EXPIRED, 403, "expired", EVENT_LOGIN_EXPIRED},
        {CONNECTOR_MUST_CHANGE_PASSWORD, 403, "new password", EVENT_LOGIN_MUST_CHANGE},
        {CONNECTOR_REFUSED, 403, "not correct", EVENT_LOGIN_UNUSABLE},
        {CONNECTOR_UNAVAILABLE, 503, "does not answer", EVENT_LOGIN_UNAVAILABLE},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        rig.directory.login[ADA] = cases[i].outcome;
        rig_pass(&rig, 3600000);
        struct reply *reply = rig_login(&rig, rig_query(&rig, "app", ""), "ada");
        assert_page(reply, cases[i].status);
        assert_non_null(strstr(arena_cstr(&rig.work, reply->body), cases[i].text));
        assert_int_equal(rig_count(&rig, cases[i].event),
                         i == 0                                         ? 1
                         : cases[i].event == EVENT_LOGIN_WRONG_PASSWORD ? 2
                                                                        : 1);
        assert_int_equal(rig.session_cookie.n, 0);
    }
}

static void an_empty_password_never_reaches_the_directory(void **state)
{
    (void)state;
    static const char *const tries[][2] = {
        {"ada", ""}, {"", "x"}, {"", ""}, {"  ", "x"}, {"ada\x1b[2J", "x"}};
    for (size_t i = 0; i < N_OF(tries); i++) {
        struct str form = rig_form_state(&rig, auth(rig_query(&rig, "app", "")));
        struct reply *reply = rig_submit(&rig, form, tries[i][0], tries[i][1]);
        assert_page(reply, i < 4 ? 400 : 403);
    }
    assert_int_equal(rig.directory.binds, 0);
}

static void several_directories_can_be_chosen_from(void **state)
{
    (void)state;
    struct rig_connector second = rig.directory;
    second.connector.id = STR("partners");
    atomic_store(&second.binds, 0);
    rig.connectors[1] = &second.connector;
    rig.env.n_connectors = 2;
    struct reply *form = auth(rig_query(&rig, "app", ""));
    assert_non_null(strstr(arena_cstr(&rig.work, form->body), "<option value=\"partners\">"));
    const char *post =
        rig_fmt(&rig, "state=%.*s&login=ada&password=correct+horse&connector_id=partners",
                STR_F(rig_form_state(&rig, form)));
    struct reply *login =
        rig_ask(&rig, &(struct ask){.method = HTTP_POST, .path = "/auth/login", .form = post});
    assert_int_equal(login->status, 303);
    assert_int_equal(second.binds, 1);
    assert_int_equal(rig.directory.binds, 0);
    /* asked for in the request: no choice is offered, and a session of the other directory does not
     * do */
    form = auth(rig_query(&rig, "app", "connector_id=ldap"));
    assert_page(form, 200);
    assert_null(strstr(arena_cstr(&rig.work, form->body), "<select"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sec_014_credentials_are_answered_with_303),
        TEST(sec_017_018_a_form_belongs_to_its_browser),
        TEST(sec_019_sealed_forms_cannot_be_changed_or_mixed_up),
        TEST(an_old_form_is_replaced),
        TEST(a_second_tab_goes_on_after_the_first),
        TEST(account_states_become_notices),
        TEST(an_empty_password_never_reaches_the_directory),
        TEST(several_directories_can_be_chosen_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
