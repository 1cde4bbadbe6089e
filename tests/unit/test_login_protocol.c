/* What lotse-login makes of the gateway's answers: discovery, clusters, tokens, claims. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "login/net/authorize.h"
#include "login/net/id_token.h"

static void discovery_is_believed_only_when_it_is_ours(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why; /* NULL: accepted */
    } cases[] = {
        {"{\"issuer\":\"https://l.example\",\"authorization_endpoint\":\"https://l.example/"
         "auth\",\"token_endpoint\":\"https://l.example/token\"}",
         NULL},
        {"{\"issuer\":\"https://l.example/\",\"authorization_endpoint\":\"https://l.example/"
         "auth\",\"token_endpoint\":\"https://l.example/token\"}",
         "is for issuer"},
        {"{\"issuer\":\"https://evil.example\",\"authorization_endpoint\":\"https://l.example/"
         "auth\",\"token_endpoint\":\"https://l.example/token\"}",
         "is for issuer"},
        {"{\"authorization_endpoint\":\"https://l.example/auth\",\"token_endpoint\":\"https://"
         "l.example/token\"}",
         "is for issuer"},
        {"{\"issuer\":\"https://l.example\",\"authorization_endpoint\":\"http://l.example/"
         "auth\",\"token_endpoint\":\"https://l.example/token\"}",
         "https"},
        {"{\"issuer\":\"https://l.example\",\"authorization_endpoint\":\"https://l.example/"
         "auth\",\"token_endpoint\":\"http://l.example/token\"}",
         "https"},
        {"{\"issuer\":\"https://l.example\",\"authorization_endpoint\":\"https://l.example/auth\"}",
         "missing"},
        {"{\"issuer\":\"https://"
         "l.example\",\"authorization_endpoint\":7,\"token_endpoint\":\"https://l.example/token\"}",
         "missing"},
        {"{\"issuer\":\"https://l.example\",\"authorization_endpoint\":\"https://l.example/"
         "auth\",\"token_endpoint\":\"https://l.example/token\",\"revocation_endpoint\":\"ftp://"
         "x\"}",
         "https"},
        {"<html>", "discovery document"},
        {"", "discovery document"},
        {"[]", "is for issuer"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct err e = {0};
        struct gateway g = {.issuer = STR("https://l.example")};
        arena_init(&a, 1 << 20);
        assert_int_equal(gateway_read_discovery(str_from(cases[i].text), &a, &g, &e),
                         cases[i].why ? -1 : 0);
        if (cases[i].why)
            assert_non_null(strstr(e.text, cases[i].why));
    }
}

static void clusters_are_checked_before_they_reach_a_kubeconfig(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n; /* -1: refused */
    } cases[] = {
        {"{\"sites\":[]}", 0},
        {"{\"issuer\":\"https://l.example\",\"sites\":[{\"name\":\"fra\",\"server\":\"https://"
         "a:6443\",\"audience\":\"k8s-fra\"}]}",
         1},
        {"{\"issuer\":\"https://evil.example\",\"sites\":[]}", -1},
        {"{\"sites\":[{\"name\":\"fra\",\"server\":\"http://a\",\"audience\":\"k8s-fra\"}]}", -1},
        {"{\"sites\":[{\"name\":\"fra\\nx: "
         "y\",\"server\":\"https://a\",\"audience\":\"k8s-fra\"}]}",
         -1},
        {"{\"sites\":[{\"name\":\"--fra\",\"server\":\"https://a\",\"audience\":\"k8s-fra\"}]}",
         -1},
        {"{\"sites\":[{\"name\":\"fra\",\"server\":\"https://a\",\"audience\":\"a b\"}]}", -1},
        {"{\"sites\":[{\"name\":\"fra\",\"server\":\"https://a b\",\"audience\":\"a\"}]}", -1},
        {"{\"sites\":[{\"name\":\"\",\"server\":\"https://a\",\"audience\":\"a\"}]}", -1},
        {"{\"sites\":[{\"server\":\"https://a\",\"audience\":\"a\"}]}", -1},
        {"{\"sites\":{}}", -1},
        {"{\"sites\":[7]}", -1},
        {"{}", -1},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct err e;
        struct gateway g = {.issuer = STR("https://l.example")};
        arena_init(&a, 1 << 20);
        assert_int_equal(gateway_read_sites(str_from(cases[i].text), &a, &g, &e),
                         cases[i].n < 0 ? -1 : 0);
        assert_int_equal(g.n_sites, cases[i].n < 0 ? 0 : cases[i].n);
    }
}

static void what_was_saved_is_read(void **state)
{
    (void)state;
    auto_arena a = {0};
    auto_buf text = BUF_INIT(65536), scopes = BUF_INIT(4096);
    struct err e;
    struct site sites[] = {{STR("fra"), STR("https://a"), STR("k8s-fra"), STR("Q0E=")},
                           {STR("ber"), STR("https://b"), STR("k8s-ber"), STR_NONE}};
    struct gateway g = {.issuer = STR("https://l.example"),
                        .client_id = STR("lotse-login"),
                        .profile = STR("work"),
                        .ca_file = STR("/ca \"x\".pem"),
                        .authorization_endpoint = STR("https://l.example/auth"),
                        .token_endpoint = STR("https://l.example/token"),
                        .sends_issuer = true,
                        .sites = sites,
                        .n_sites = 2},
                   back;
    arena_init(&a, 1 << 20);
    gateway_write_saved(&text, &g);
    assert_int_equal(gateway_read_saved(buf_str(&text), &a, &back, &e), 0);
    assert_true(str_is(back.profile, "work") && str_is(back.ca_file, "/ca \"x\".pem") &&
                back.sends_issuer);
    assert_int_equal(back.n_sites, 2);
    gateway_audience_scopes(&scopes, &back, STR("k8s-ber"));
    assert_string_equal(buf_cstr(&scopes),
                        "audience:server:client_id:k8s-fra audience:server:client_id:k8s-ber");
    buf_reset(&scopes);
    gateway_audience_scopes(&scopes, &back, STR("vault"));
    assert_string_equal(buf_cstr(&scopes),
                        "audience:server:client_id:k8s-fra audience:server:client_id:k8s-ber "
                        "audience:server:client_id:vault");
}

static void sessions_are_read_back_and_nothing_less(void **state)
{
    (void)state;
    auto_arena a = {0};
    auto_buf text = BUF_INIT(65536);
    struct session s = {.issuer = STR("https://l.example"),
                        .client_id = STR("lotse-login"),
                        .profile = STR("default"),
                        .refresh_token = STR("r\"\n"),
                        .subject = STR("s"),
                        .username = STR("J\xc3\xb6rg"),
                        .device = STR("d"),
                        .logged_in_ms = 5,
                        .refreshed_ms = 6},
                   back;
    arena_init(&a, 1 << 20);
    saved_session_write(&text, &s);
    assert_true(saved_session_read(buf_str(&text), &a, &back));
    assert_true(str_eq(back.refresh_token, s.refresh_token) && str_eq(back.username, s.username) &&
                back.refreshed_ms == 6);
    static const char *const bad[] = {
        "", "{}", "[]", "{\"format\":2}", "{\"format\":1,\"issuer\":\"x\"}", "{\"format\":\"1\"}"};
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_false(saved_session_read(str_from(bad[i]), &a, &back));
    for (size_t n = 0; n + 2 < text.n; n++)
        assert_false(saved_session_read((struct str){text.p, n}, &a, &back));
}

static void answers_of_the_token_endpoint_are_classified(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum grant_result result;
        const char *why;
    } cases[] = {
        {200, "{\"id_token\":\"a.b.c\",\"expires_in\":600,\"refresh_token\":\"r\"}", GRANT_OK, ""},
        {200, "{\"id_token\":\"a.b.c\"}", GRANT_OK, ""},
        {200, "{\"access_token\":\"x\"}", GRANT_UNREACHABLE, "no id_token"},
        {200, "<html>", GRANT_UNREACHABLE, "no JSON"},
        {200, "", GRANT_UNREACHABLE, "no JSON"},
        {200, "[]", GRANT_UNREACHABLE, "no JSON"},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"your account is disabled\"}",
         GRANT_ENDED, "your account is disabled"},
        {400, "{\"error\":\"invalid_scope\"}", GRANT_SCOPE, "invalid_scope"},
        {400, "{\"error\":\"invalid_target\"}", GRANT_SCOPE, "invalid_target"},
        {401, "{\"error\":\"invalid_client\"}", GRANT_REFUSED, "invalid_client"},
        {400, "{\"error\":\"unauthorized_client\"}", GRANT_REFUSED, "unauthorized_client"},
        {400, "{\"error\":\"temporarily_unavailable\"}", GRANT_UNREACHABLE, "temporarily"},
        {400, "{}", GRANT_UNREACHABLE, "status 400"},
        {404, "not here", GRANT_UNREACHABLE, "status 404"},
        {302, "", GRANT_UNREACHABLE,
         "status 302"}, /* never followed: the token would go elsewhere */
        {429, "{\"error\":\"invalid_grant\"}", GRANT_UNREACHABLE, "status 429"},
        {500, "{\"error\":\"invalid_grant\"}", GRANT_UNREACHABLE,
         "status 500"}, /* a broken gateway ends no session */
        {503, "", GRANT_UNREACHABLE, "status 503"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct grant g = {0};
        struct str why = STR("");
        arena_init(&a, 1 << 20);
        assert_int_equal(grant_read(cases[i].status, str_from(cases[i].body), &a, &g, &why),
                         cases[i].result);
        assert_true(str_contains(why, str_from(cases[i].why)) || cases[i].why[0] == '\0');
    }
}

static struct str jws(struct arena *a, const char *claims)
{
    auto_buf out = BUF_INIT(65536);
    buf_lit(&out, "e30.");
    buf_base64url(&out, str_from(claims));
    buf_lit(&out, ".c2ln");
    return arena_str(a, buf_str(&out));
}

#define TIMES "\"exp\":1600,\"iat\":1000"
static void id_tokens_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *audience, *nonce, *subject, *why; /* why NULL: good */
    } cases[] = {
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"nonce\":\"n\"," TIMES "}",
         "lotse-login", "n", "", NULL},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":[\"lotse-login\"],\"nonce\":\"n\"," TIMES "}",
         "lotse-login", "n", "", NULL},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"k8s-fra\",\"azp\":\"lotse-login\"," TIMES "}",
         "k8s-fra", "", "s", NULL},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":[\"k8s-fra\",\"lotse-login\"],\"azp\":\"lotse-"
         "login\"," TIMES "}",
         "k8s-fra", "", "s", NULL},
        {"{\"iss\":\"https://l.example\",\"sub\":\"s\",\"aud\":\"k8s-fra\"," TIMES "}", "k8s-fra",
         "", "s", "azp"},
        {"{\"iss\":\"https://l.example\",\"sub\":\"s\",\"aud\":\"k8s-fra\",\"azp\":\"other\"," TIMES
         "}",
         "k8s-fra", "", "s", "given to other"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"k8s-ber\",\"azp\":\"lotse-login\"," TIMES "}",
         "k8s-fra", "", "s", "not for k8s-fra"},
        {"{\"iss\":\"https://"
         "evil.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"nonce\":\"n\"," TIMES "}",
         "lotse-login", "n", "", "not from"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"nonce\":\"m\"," TIMES "}",
         "lotse-login", "n", "", "nonce"},
        {"{\"iss\":\"https://l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\"," TIMES "}",
         "lotse-login", "n", "", "nonce"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"t\",\"aud\":\"k8s-fra\",\"azp\":\"lotse-login\"," TIMES "}",
         "k8s-fra", "", "s", "another person"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"nonce\":\"n\",\"exp\":1000,\"iat\":"
         "1000}",
         "lotse-login", "n", "", "lifetime"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"nonce\":\"n\",\"exp\":99999999999,"
         "\"iat\":1000}",
         "lotse-login", "n", "", "lifetime"},
        {"{\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\",\"exp\":1.5,\"iat\":1}",
         "lotse-login", "", "", "lacks"},
        {"{\"sub\":\"s\",\"aud\":\"lotse-login\"," TIMES "}", "lotse-login", "", "", "lacks"},
        {"{\"iss\":\"https://l.example\",\"sub\":\"s\",\"aud\":[]," TIMES "}", "lotse-login", "",
         "", "lacks"},
        {"{\"iss\":\"https://l.example\",\"iss\":\"https://"
         "l.example\",\"sub\":\"s\",\"aud\":\"lotse-login\"," TIMES "}",
         "lotse-login", "", "", "ID token"},
        {"7", "lotse-login", "", "", "ID token"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct err e = {0};
        struct id_token t;
        struct id_token_expected expected = {STR("https://l.example"), STR("lotse-login"),
                                             str_from(cases[i].audience), str_from(cases[i].nonce),
                                             str_from(cases[i].subject)};
        arena_init(&a, 1 << 20);
        int result = id_token_read(jws(&a, cases[i].claims), &a, &t, &e);
        if (result == 0)
            result = id_token_check(&t, &expected, &e);
        assert_int_equal(result, cases[i].why ? -1 : 0);
        if (cases[i].why && !strstr(e.text, cases[i].why))
            print_error("case %zu: %s\n", i, e.text);
        assert_true(!cases[i].why || strstr(e.text, cases[i].why));
    }
}

static void texts_that_are_no_jws_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",         "a",          "a.b",        "a.b.c.d", ".e30.c",
                                        "e30.e30.", "e30.e3 0.c", "e30.e30=.c", "e30.!.c"};
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct err e;
        struct id_token t;
        arena_init(&a, 1 << 20);
        assert_int_equal(id_token_read(str_from(cases[i]), &a, &t, &e), -1);
    }
}

/* Our clock may be wrong by a day: the lifetime comes from differences of the server's own. */
static void lifetime_needs_no_common_clock(void **state)
{
    (void)state;
    struct id_token t = {.iat_s = 4000000000, .exp_s = 4000000600};
    assert_int_equal(id_token_lifetime_ms(&t, 0), 600000);
    assert_int_equal(id_token_lifetime_ms(&t, 300), 300000);
    assert_int_equal(id_token_lifetime_ms(&t, 3600), 600000);
    assert_int_equal(id_token_lifetime_ms(&t, -5), 600000);
}

static void the_request_carries_pkce_state_and_nonce(void **state)
{
    (void)state;
    auto_buf url = BUF_INIT(8192);
    struct site sites[] = {{STR("fra"), STR("https://a"), STR("k8s-fra"), STR_NONE}};
    struct gateway g = {.authorization_endpoint = STR("https://l.example/auth?x=1"),
                        .client_id = STR("lotse-login"),
                        .sites = sites,
                        .n_sites = 1};
    /* the verifier of RFC 7636 B */
    struct authorization_request r = {STR("http://127.0.0.1:4711/callback"), STR("s&"), STR("n"),
                                      STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), STR_NONE};
    authorization_url(&url, &g, &r);
    assert_string_equal(
        buf_cstr(&url),
        "https://l.example/"
        "auth?x=1&response_type=code&client_id=lotse-login&redirect_uri=http%3A%2F%2F127.0.0.1%"
        "3A4711%2Fcallback"
        "&scope=openid%20offline_access%20profile%20email%20groups%20audience%3Aserver%3Aclient_id%"
        "3Ak8s-fra&state=s%26&nonce=n"
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_is_believed_only_when_it_is_ours),
        cmocka_unit_test(clusters_are_checked_before_they_reach_a_kubeconfig),
        cmocka_unit_test(what_was_saved_is_read),
        cmocka_unit_test(sessions_are_read_back_and_nothing_less),
        cmocka_unit_test(answers_of_the_token_endpoint_are_classified),
        cmocka_unit_test(id_tokens_are_checked),
        cmocka_unit_test(texts_that_are_no_jws_are_refused),
        cmocka_unit_test(lifetime_needs_no_common_clock),
        cmocka_unit_test(the_request_carries_pkce_state_and_nonce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
