/* Browser sessions, logging out of them, and the throttle in front of the directory. */
#include "tests/unit/oidc_asserts.h"

#include "gateway/oidc/throttle.h"

static struct reply *get(const char *path, const char *query)
{
    return rig_ask(&rig, &(struct ask){.path = path, .query = query});
}
static struct reply *post(const char *path, const char *form)
{
    return rig_ask(&rig, &(struct ask){.method = HTTP_POST, .path = path, .form = form});
}
static struct reply *auth(void)
{
    return get("/auth", rig_query(&rig, "app", ""));
}

static void sec_093_cookies_are_host_only_and_locked_down(void **state)
{
    (void)state;
    struct reply *login = rig_login(&rig, rig_query(&rig, "app", ""), "ada");
    size_t n = 0;
    for (size_t i = 0; i < login->n_headers; i++) {
        if (strcmp(login->headers[i].name, "Set-Cookie") != 0)
            continue;
        n++;
        assert_true(str_starts(login->headers[i].value, STR("__Host-lotse-")));
        assert_true(
            str_ends(login->headers[i].value, STR("; Path=/; HttpOnly; SameSite=Lax; Secure")));
        assert_false(str_contains(login->headers[i].value, STR("Domain")));
    }
    assert_int_equal(n, 2); /* the session, and the end of the login cookie */
    assert_int_equal(rig.session_cookie.n, 22 + 1 + 43);
    assert_int_equal(rig.login_cookie.n, 0);
}

static void sec_094_sessions_end_by_idleness_and_by_age(void **state)
{
    (void)state;
    rig_code(&rig, "app", "", "ada");
    rig_pass(&rig, rig.settings.session_idle_ms);
    assert_page(auth(), 200);
    rig_code(&rig, "app", "", "ada");
    int64_t passed = 0, step = rig.settings.session_idle_ms - 1000;
    while (passed + step < rig.settings.session_max_ms) {
        rig_pass(&rig, step);
        passed += step;
        assert_int_equal(auth()->status, 303);
    }
    rig_pass(&rig, rig.settings.session_max_ms - passed);
    assert_page(auth(), 200);
}

static void sec_094_a_session_ends_when_its_person_does(void **state)
{
    (void)state;
    static const struct {
        enum connector_outcome outcome;
        bool ended;
        const char *none_error;
    } cases[] = {
        {CONNECTOR_DISABLED, true, "login_required"},
        {CONNECTOR_GONE, true, "login_required"},
        {CONNECTOR_LOCKED, false, "login_required"},
        {CONNECTOR_UNAVAILABLE, false, "temporarily_unavailable"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        rig.directory.lookup[ADA] = CONNECTOR_OK;
        struct reply *tokens =
            rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ada"));
        rig.directory.lookup[ADA] = cases[i].outcome;
        assert_int_equal(auth()->status, 303); /* the directory said yes less than a minute ago */
        rig_pass(&rig, 60000);
        struct reply *none = get("/auth", rig_query(&rig, "app", "prompt=none"));
        assert_str(rig_location(&rig, none, "error"), cases[i].none_error);
        assert_int_equal(rig_form_state(&rig, auth()).n > 0, 1);
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status,
                         cases[i].ended ? 401 : 200);
        rig.directory.lookup[ADA] = CONNECTOR_OK;
        assert_int_equal(auth()->status, cases[i].ended ? 200 : 303);
    }
}

static void wrong_session_cookies_are_nobody(void **state)
{
    (void)state;
    rig_code(&rig, "app", "", "ada");
    struct str good = rig.session_cookie, sid, secret;
    assert_true(str_split(good, '.', &sid, &secret));
    const char *const bad[] = {
        "x",
        ".",
        "",
        rig_fmt(&rig, "%.*s", STR_F(sid)),
        rig_fmt(&rig, "%.*s.", STR_F(sid)),
        rig_fmt(&rig, "%.*s.%.*sA", STR_F(sid), STR_F(secret)),
        rig_fmt(&rig, "%.*s.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", STR_F(sid)),
        rig_fmt(&rig, "AAAAAAAAAAAAAAAAAAAAAA.%.*s", STR_F(secret)),
        rig_fmt(&rig, "../family/AAAAAAAAAAAAA.%.*s", STR_F(secret)),
        rig_fmt(&rig, "%.*s; __Host-lotse-session=%.*s", STR_F(good), STR_F(good)), /* twice */
    };
    for (size_t i = 0; i < N_OF(bad); i++) {
        const char *cookie = rig_fmt(&rig, "__Host-lotse-session=%s", bad[i]);
        assert_page(rig_ask(&rig, &(struct ask){.path = "/auth",
                                                .query = rig_query(&rig, "app", ""),
                                                .cookie = str_from(cookie)}),
                    200);
    }
    assert_int_equal(auth()->status, 303);
}

static const char *hint_of(struct reply *tokens, const char *more)
{
    return rig_fmt(&rig, "id_token_hint=%.*s%s", STR_F(rig_json(&rig, tokens, "id_token")), more);
}

#define BYE "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye"

static void sec_096_a_logout_with_a_hint_goes_straight_through(void **state)
{
    (void)state;
    for (int by_post = 0; by_post < 2; by_post++)
        for (int expired = 0; expired < 2; expired++) {
            struct reply *tokens =
                rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ada"));
            if (expired) /* RPL 2: the OP SHOULD accept ID Tokens when the RP has a current session,
                            even when exp has passed */
                rig_pass(&rig, 700000);
            const char *query = hint_of(tokens, BYE "&state=a%26%3Db&client_id=app");
            struct reply *bye = by_post ? post("/logout", query) : get("/logout", query);
            assert_int_equal(bye->status, 303);
            assert_str(rig_header(bye, "Location"), "https://app.example/bye?state=a%26%3Db");
            assert_int_equal(rig.session_cookie.n, 0);
            assert_page(auth(), 200);
            if (!expired)
                assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status,
                                 401);
        }
    assert_int_equal(rig_count(&rig, EVENT_LOGOUT_OK), 4);
}

/* A browser sends no SameSite=Lax cookie with a POST from another site. */
static void sec_096_a_logout_posted_from_another_site_ends_the_session(void **state)
{
    (void)state;
    struct reply *tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada"));
    const char *form = hint_of(tokens, BYE "&state=a%26%3Db");
    const struct ask from_elsewhere = {
        .method = HTTP_POST, .path = "/logout", .form = form, .foreign = true};
    struct reply *again = rig_ask(&rig, &from_elsewhere);
    assert_int_equal(again->status, 303);
    struct str where = rig_header(again, "Location"), query;
    assert_true(str_starts(where, STR("/logout?id_token_hint=")));
    query = str_from_to(where, sizeof("/logout?") - 1, where.n);
    assert_int_equal(auth()->status, 303); /* not yet */
    struct reply *bye = get("/logout", rig_fmt(&rig, "%.*s", STR_F(query)));
    assert_str(rig_header(bye, "Location"), "https://app.example/bye?state=a%26%3Db");
    assert_int_equal(rig.session_cookie.n, 0);
    assert_page(auth(), 200);
    const struct ask too_long = {.method = HTTP_POST,
                                 .path = "/logout",
                                 .form = rig_fmt(&rig, "x=%08000d", 1),
                                 .foreign = true};
    assert_page(rig_ask(&rig, &too_long), 400);
}

static void logout_answers_by_what_it_was_given(void **state)
{
    (void)state;
    struct reply *tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada"));
    /* no state: none comes back */
    assert_str(rig_header(get("/logout", hint_of(tokens, BYE)), "Location"),
               "https://app.example/bye");
    /* no redirect asked for: our own page */
    tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ada"));
    assert_page(get("/logout", hint_of(tokens, "&state=x")), 200);
    /* nobody is logged in: nothing to ask */
    assert_page(get("/logout", ""), 200);
    assert_page(get("/logout", BYE "&client_id=app"), 200);
    assert_int_equal(get("/logout", hint_of(tokens, BYE))->status, 303);
}

static void sec_096_only_a_registered_uri_is_redirected_to(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "https%3A%2F%2Fapp.example%2Fbye%3Fx%3D1",
        "https%3A%2F%2Fapp.example%2Fbye%2F",
        "https%3A%2F%2Fapp.example%2Fcb",
        "https%3A%2F%2Fevil.example%2F",
        "javascript%3Aalert(1)",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
    };
    for (size_t i = 0; i < N_OF(bad); i++) {
        struct reply *tokens =
            rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ada"));
        assert_page(
            get("/logout", hint_of(tokens, rig_fmt(&rig, "&post_logout_redirect_uri=%s", bad[i]))),
            400);
        assert_int_equal(rig.session_cookie.n, 0); /* logged out all the same */
    }
}

static void sec_097_without_a_good_hint_the_person_is_asked(void **state)
{
    (void)state;
    struct reply *tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada"));
    struct str ben_hint = rig_json(&rig, tokens, "id_token");
    struct str access = rig_json(&rig, tokens, "access_token");
    tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "prompt=login", "ben"));
    struct str good = rig_json(&rig, tokens, "id_token");
    const char *const asks[] = {
        "",
        "x=1",
        "client_id=app" BYE,
        rig_fmt(&rig, "id_token_hint=%.*s%s", STR_F(ben_hint), BYE), /* of another person */
        rig_fmt(&rig, "id_token_hint=%.*sA%s", STR_F(good), BYE),    /* forged */
        rig_fmt(&rig, "id_token_hint=%.*s%s", STR_F(access), BYE),   /* no ID token */
        "id_token_hint=x" BYE,
        "logout_hint=ben&ui_locales=de",
    };
    for (size_t i = 0; i < N_OF(asks); i++) {
        struct reply *ask = get("/logout", asks[i]);
        assert_page(ask, 200);
        assert_true(rig_form_state(&rig, ask).n > 0);
        assert_int_equal(auth()->status, 303); /* still logged in */
    }
    /* saying no */
    struct str form = rig_form_state(&rig, get("/logout", "client_id=app" BYE "&state=s"));
    struct reply *stay =
        post("/logout/confirm", rig_fmt(&rig, "state=%.*s&confirm=no", STR_F(form)));
    assert_str(rig_header(stay, "Location"), RIG_ISSUER "/");
    assert_int_equal(auth()->status, 303);
    /* a form of nobody's making, or of another session */
    assert_page(post("/logout/confirm", "confirm=yes"), 400);
    assert_page(post("/logout/confirm", "state=x&confirm=yes"), 400);
    rig_code(&rig, "app", "prompt=login", "ada");
    assert_page(post("/logout/confirm", rig_fmt(&rig, "state=%.*s&confirm=yes", STR_F(form))), 400);
    assert_int_equal(auth()->status, 303);
    /* saying yes: to where the named client registered */
    form = rig_form_state(&rig, get("/logout", "client_id=app" BYE "&state=s"));
    struct reply *bye =
        post("/logout/confirm", rig_fmt(&rig, "state=%.*s&confirm=yes", STR_F(form)));
    assert_str(rig_header(bye, "Location"), "https://app.example/bye?state=s");
    assert_page(auth(), 200);
}

/* The form's policy names where it leads: a text nobody registered does not get into a header. */
static void sec_015_the_logout_form_leads_to_registered_places_only(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "https%3A%2F%2Fa%3Bscript-src%20*%3B%2F",
        "https%3A%2F%2Fa%0D%0ASet-Cookie%3A%20x%3Dy%2F",
        "https%3A%2F%2Fevil.example%2F",
        "javascript%3Aalert(1)",
    };
    rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada"));
    for (size_t i = 0; i < N_OF(bad); i++) {
        struct reply *ask =
            get("/logout", rig_fmt(&rig, "client_id=app&post_logout_redirect_uri=%s", bad[i]));
        assert_page(ask, 200);
        assert_true(
            str_ends(rig_header(ask, "Content-Security-Policy"), STR("form-action 'self'")));
    }
    assert_true(str_ends(rig_header(get("/logout", "client_id=app" BYE), "Content-Security-Policy"),
                         STR("form-action 'self' https: https://app.example")));
}

static void a_logout_of_strangers_is_refused(void **state)
{
    (void)state;
    struct reply *tokens = rig_redeem(&rig, "app", rig_code(&rig, "app", "", "ada"));
    assert_page(get("/logout", "client_id=nobody"), 400);
    assert_page(get("/logout", hint_of(tokens, "&client_id=spa")), 400);
    assert_page(get("/logout", "state=a&state=b"), 400);
    assert_page(rig_ask(&rig, &(struct ask){.method = HTTP_POST,
                                            .path = "/logout",
                                            .form = "{}",
                                            .content_type = "text/json"}),
                415);
    assert_int_equal(auth()->status, 303);
}

/* SEC-099: what has offline_access is a device, and outlives the browser. */
static void sec_099_logout_leaves_devices_logged_in(void **state)
{
    (void)state;
    struct reply *device = rig_tokens(&rig, "spa", "openid offline_access", "ada");
    struct reply *browser = rig_redeem(&rig, "app", rig_location(&rig, auth(), "code"));
    get("/logout", hint_of(browser, ""));
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, browser, "access_token"))->status, 401);
    assert_int_equal(rig_userinfo(&rig, rig_json(&rig, device, "access_token"))->status, 200);
    assert_int_equal(rig_refresh(&rig, "spa", rig_json(&rig, device, "refresh_token"), "")->status,
                     200);
}

/* --- the throttle */

static struct str person_of_tries; /* whose name it is, as the directory says */

static enum throttle_verdict try(const char *name, const char *password, const char *peer,
                                 enum throttle_result result)
{
    struct throttle_try t;
    const struct throttle_end end = {result, STR("ldap"), person_of_tries};
    const struct throttle_login login = {STR("ldap"), str_from(name), str_from(password),
                                         str_from(peer)};
    enum throttle_verdict verdict =
        login_throttle_begin(rig.env.throttle, &login, rig.clock.ms, &t);
    if (verdict == THROTTLE_GO)
        login_throttle_end(rig.env.throttle, &t, &end, rig.clock.ms);
    return verdict;
}

static void a_known_wrong_password_is_answered_without_the_directory(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct reply *form =
            rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", "")});
        assert_page(
            rig_submit(&rig, rig_form_state(&rig, form), i % 2 ? "ada" : "ADA", "old password"),
            403);
    }
    assert_int_equal(rig.directory.binds, 1);
    assert_int_equal(rig_count(&rig, EVENT_LOGIN_KNOWN_WRONG), 19);
    assert_int_equal(rig_login(&rig, rig_query(&rig, "app", ""), "ada")->status, 303);
    /* another person's same password, and the same one ten minutes later, are tried again */
    assert_int_equal(try("ben", "old password", "192.0.2.1", THROTTLE_WRONG), THROTTLE_GO);
    rig_pass(&rig, 600000);
    assert_int_equal(try("ada", "old password", "192.0.2.1", THROTTLE_WRONG), THROTTLE_GO);
}

static void guesses_at_an_account_become_slow_and_a_right_one_clears_that(void **state)
{
    (void)state;
    int tried = 0;
    for (int i = 0; i < 600; i++, rig_pass(&rig, 100)) /* a minute of guessing from everywhere */
        tried += try("ada", rig_fmt(&rig, "guess %d", i), rig_fmt(&rig, "192.0.2.%d", i),
                     THROTTLE_WRONG) == THROTTLE_GO;
    assert_int_equal(tried, 5 + 6); /* five free, then after 0, 1, 2, 4 ... s */
    assert_int_equal(try("ben", "x", "198.51.100.1", THROTTLE_WRONG), THROTTLE_GO);
    rig_pass(&rig, 60000);
    assert_int_equal(try("ada", "right", "198.51.100.1", THROTTLE_RIGHT), THROTTLE_GO);
    for (int i = 0; i < 5; i++)
        assert_int_equal(try("ada", rig_fmt(&rig, "slip %d", i), "198.51.100.1", THROTTLE_WRONG),
                         THROTTLE_GO);
}

static void one_peer_cannot_try_everybody(void **state)
{
    (void)state;
    int tried = 0;
    for (int i = 0; i < 500; i++)
        tried += try(rig_fmt(&rig, "user%d", i), "Summer2026", "203.0.113.9", THROTTLE_WRONG) ==
                 THROTTLE_GO;
    assert_int_equal(tried, 50);
    assert_int_equal(try("ada", "x", "203.0.113.8", THROTTLE_WRONG), THROTTLE_GO);
    rig_pass(&rig, 2000);
    assert_int_equal(try("one", "more", "203.0.113.9", THROTTLE_WRONG), THROTTLE_GO);
    assert_int_equal(try("two", "more", "203.0.113.9", THROTTLE_WRONG), THROTTLE_WAIT);
}

static void a_directory_that_is_down_throttles_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(try("ada", "right", "203.0.113.9", THROTTLE_NEITHER), THROTTLE_GO);
}

static void an_unusable_account_is_throttled_too(void **state)
{
    (void)state;
    int tried = 0;
    for (int i = 0; i < 200; i++)
        tried += try("ada", rig_fmt(&rig, "guess %d", i), rig_fmt(&rig, "192.0.2.%d", i),
                     THROTTLE_COUNTED) == THROTTLE_GO;
    assert_int_equal(tried, 6);
}

/* Authelia CVE-2025-24806, GHSA-hjj4-hfjm-fmrj: a counter for each way of writing the name. */
static void sec_110_every_spelling_of_a_name_is_one_account(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "ada lovelace",
        "ADA LOVELACE",
        "  Ada   Lovelace ",
        "\xEF\xBD\x81\xEF\xBD\x84\xEF\xBD\x81 lovelace", /* full-width */
        "a\xC2\xAD"
        "da lovelace", /* soft hyphen */
        "a\xE2\x80\x8B"
        "da lovelace",         /* zero-width space */
        "ada\xC2\xA0lovelace", /* no-break space */
        "\xC3\x81"
        "da lovelace", /* A with acute: equal in AD */
        "\xF0\x9D\x93\xAA"
        "da lovelace", /* mathematical a */
    };
    int tried = 0;
    for (size_t i = 0; i < 40; i++)
        tried += try(spellings[i % N_OF(spellings)], rig_fmt(&rig, "guess %zu", i),
                     rig_fmt(&rig, "192.0.2.%zu", i), THROTTLE_WRONG) == THROTTLE_GO;
    assert_int_equal(tried, 6);
}

static void sec_110_mail_address_and_login_name_are_one_account(void **state)
{
    (void)state;
    static const char *const names[] = {"ada", "ada@example.com", "a.lovelace", "S-1-5-21-7"};
    int tried = 0;
    person_of_tries = STR("id-of-ada");
    for (size_t i = 0; i < 200; i++)
        tried += try(names[i % N_OF(names)], rig_fmt(&rig, "guess %zu", i),
                     rig_fmt(&rig, "192.0.2.%zu", i), THROTTLE_WRONG) == THROTTLE_GO;
    assert_in_range(tried, 6, 6 + N_OF(names)); /* a name costs one try to be known */
    person_of_tries = STR("id-of-ben");
    assert_int_equal(try("ben", "x", "192.0.2.1", THROTTLE_WRONG), THROTTLE_GO);
    rig_pass(&rig, 60000);
    person_of_tries = STR("id-of-ada");
    assert_int_equal(try("a.lovelace", "right", "192.0.2.1", THROTTLE_RIGHT), THROTTLE_GO);
    assert_int_equal(try("ada", "slip", "192.0.2.1", THROTTLE_WRONG), THROTTLE_GO);
    person_of_tries = STR_NONE;
}

static void sec_110_a_network_of_ipv6_is_one_peer(void **state)
{
    (void)state;
    int tried = 0;
    for (int i = 0; i < 200; i++)
        tried += try(rig_fmt(&rig, "user%d", i), "x", rig_fmt(&rig, "2001:db8:0:7::%x", i),
                     THROTTLE_WRONG) == THROTTLE_GO;
    assert_int_equal(tried, 50);
    assert_int_equal(try("ada", "x", "2001:db8:0:8::1", THROTTLE_WRONG), THROTTLE_GO);
}

static void sec_110_a_flood_of_names_does_not_wash_an_account_clean(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        try("ada", rig_fmt(&rig, "guess %d", i), "192.0.2.1", THROTTLE_WRONG);
    assert_int_equal(try("ada", "one more", "192.0.2.1", THROTTLE_WRONG), THROTTLE_WAIT);
    for (int i = 0; i < 20000; i++)
        try(rig_fmt(&rig, "user%d", i), "x", rig_fmt(&rig, "10.%d.%d.1", i >> 8, i & 255),
            THROTTLE_WRONG);
    assert_int_equal(try("ada", "one more", "192.0.2.1", THROTTLE_WRONG), THROTTLE_WAIT);
}

static void a_changed_password_is_tried_again_after_a_minute(void **state)
{
    (void)state;
    assert_int_equal(try("ada", "new", "192.0.2.1", THROTTLE_WRONG),
                     THROTTLE_GO); /* a replica lags */
    assert_int_equal(try("ada", "new", "192.0.2.1", THROTTLE_WRONG), THROTTLE_KNOWN_WRONG);
    rig_pass(&rig, 60000);
    assert_int_equal(try("ada", "new", "192.0.2.1", THROTTLE_WRONG), THROTTLE_GO);
    rig_pass(&rig, 599999);
    assert_int_equal(try("ada", "new", "192.0.2.1", THROTTLE_WRONG), THROTTLE_KNOWN_WRONG);
    rig_pass(&rig, 1);
    assert_int_equal(try("ada", "new", "192.0.2.1", THROTTLE_RIGHT), THROTTLE_GO);
}

static void many_names_stay_within_the_table(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++)
        try(rig_fmt(&rig, "user%d", i), "x", rig_fmt(&rig, "2001:db8::%x", i), THROTTLE_WRONG);
    assert_int_equal(try("ada", "x", "203.0.113.9", THROTTLE_WRONG), THROTTLE_GO);
}

static void a_throttled_login_says_so(void **state)
{
    (void)state;
    struct reply *reply = NULL;
    for (int i = 0; i < 7; i++) {
        struct reply *form =
            rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", "")});
        reply = rig_submit(&rig, rig_form_state(&rig, form), "ada", rig_fmt(&rig, "guess %d", i));
    }
    assert_page(reply, 429);
    assert_str(rig_header(reply, "Retry-After"), "60");
    assert_int_equal(rig.directory.binds, 6);
    assert_int_equal(rig_count(&rig, EVENT_LOGIN_THROTTLED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sec_093_cookies_are_host_only_and_locked_down),
        TEST(sec_094_sessions_end_by_idleness_and_by_age),
        TEST(sec_094_a_session_ends_when_its_person_does),
        TEST(wrong_session_cookies_are_nobody),
        TEST(sec_096_a_logout_with_a_hint_goes_straight_through),
        TEST(sec_096_a_logout_posted_from_another_site_ends_the_session),
        TEST(logout_answers_by_what_it_was_given),
        TEST(sec_096_only_a_registered_uri_is_redirected_to),
        TEST(sec_097_without_a_good_hint_the_person_is_asked),
        TEST(sec_015_the_logout_form_leads_to_registered_places_only),
        TEST(a_logout_of_strangers_is_refused),
        TEST(sec_099_logout_leaves_devices_logged_in),
        TEST(a_known_wrong_password_is_answered_without_the_directory),
        TEST(guesses_at_an_account_become_slow_and_a_right_one_clears_that),
        TEST(one_peer_cannot_try_everybody),
        TEST(a_directory_that_is_down_throttles_nobody),
        TEST(an_unusable_account_is_throttled_too),
        TEST(sec_110_every_spelling_of_a_name_is_one_account),
        TEST(sec_110_mail_address_and_login_name_are_one_account),
        TEST(sec_110_a_network_of_ipv6_is_one_peer),
        TEST(sec_110_a_flood_of_names_does_not_wash_an_account_clean),
        TEST(a_changed_password_is_tried_again_after_a_minute),
        TEST(many_names_stay_within_the_table),
        TEST(a_throttled_login_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
