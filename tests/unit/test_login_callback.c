#include "tests/unit/unit.h"

#include "login/net/callback.h"

#define HOST "Host: 127.0.0.1:4711\r\n\r\n"

static enum callback_result parse(const char *text, struct callback *ret, struct arena *a)
{
    return callback_parse(str_from(text), 4711, a, ret);
}

static void requests_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum callback_result result;
    } cases[] = {
        {"", CALLBACK_MORE},
        {"GET /callback?code=a&state=b HTTP/1.1\r\n", CALLBACK_MORE},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n", CALLBACK_MORE},
        {"GET /callback?code=a&state=b HTTP/1.1\r\n" HOST, CALLBACK_ANSWER},
        {"GET /callback?code=a&state=b HTTP/1.0\r\nAccept: */*\r\nhost:localhost:4711\r\n\r\n",
         CALLBACK_ANSWER},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: [::1]:4711\r\n\r\n", CALLBACK_ANSWER},
        {"GET /callback?error=access_denied&state=b HTTP/1.1\r\n" HOST, CALLBACK_ANSWER},
        {"GET /favicon.ico HTTP/1.1\r\n" HOST, CALLBACK_NOT_FOUND},
        {"GET / HTTP/1.1\r\n" HOST, CALLBACK_NOT_FOUND},
        {"GET /callback/ HTTP/1.1\r\n" HOST, CALLBACK_NOT_FOUND},
        {"GET /callback%3fcode=a HTTP/1.1\r\n" HOST, CALLBACK_NOT_FOUND},
        {"POST /callback?code=a&state=b HTTP/1.1\r\n" HOST, CALLBACK_METHOD},
        {"HEAD /callback?code=a&state=b HTTP/1.1\r\n" HOST, CALLBACK_METHOD},
        {"get /callback?code=a&state=b HTTP/1.1\r\n" HOST, CALLBACK_METHOD},
        /* a page elsewhere that points a name of its own at us (DNS rebinding) */
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: evil.example:4711\r\n\r\n", CALLBACK_BAD},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1:4712\r\n\r\n", CALLBACK_BAD},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", CALLBACK_BAD},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nX: y\r\n\r\n", CALLBACK_BAD},
        {"GET /callback?code=a&state=b HTTP/1.1\r\n\r\n", CALLBACK_BAD},
        {"GET /callback?code=a&state=b HTTP/1.1\r\nHost: 127.0.0.1:4711\r\nHost: evil\r\n\r\n",
         CALLBACK_BAD},
        /* not what RFC 6749 4.1.2 sends */
        {"GET /callback HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=a HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=a&error=x&state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=a&code=c&state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=%zz&state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=%00&state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        /* not HTTP */
        {"GET /callback?code=a&state=b HTTP/2.0\r\n" HOST, CALLBACK_BAD},
        {"GET /callback?code=a&state=b\r\n" HOST, CALLBACK_BAD},
        {"GET  /callback?code=a&state=b HTTP/1.1\r\n" HOST, CALLBACK_BAD},
        {"\r\n\r\n", CALLBACK_BAD},
        {"\x16\x03\x01\r\n\r\n", CALLBACK_BAD},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct callback c;
        arena_init(&a, 1 << 20);
        if (parse(cases[i].text, &c, &a) != cases[i].result)
            print_error("case %zu: %s\n", i, cases[i].text);
        assert_int_equal(parse(cases[i].text, &c, &a), cases[i].result);
    }
}

static void values_are_decoded(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct callback c;
    arena_init(&a, 1 << 20);
    assert_int_equal(
        parse(
            "GET /callback?code=a%2Fb%3D&state=s&iss=https%3A%2F%2Fl.example&x=y HTTP/1.1\r\n" HOST,
            &c, &a),
        CALLBACK_ANSWER);
    assert_true(str_is(c.code, "a/b="));
    assert_true(str_is(c.state, "s"));
    assert_true(str_is(c.issuer, "https://l.example"));
    assert_int_equal(c.error.n, 0);
    assert_int_equal(
        parse(
            "GET /callback?error=access_denied&error_description=not+now&state=s HTTP/1.1\r\n" HOST,
            &c, &a),
        CALLBACK_ANSWER);
    assert_true(str_is(c.error_description, "not now"));
    assert_int_equal(c.code.n, 0);
}

static void a_head_without_end_is_given_up(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct callback c;
    auto_buf long_head = BUF_INIT(2 * CALLBACK_BYTES_MAX);
    arena_init(&a, 1 << 20);
    while (long_head.n < CALLBACK_BYTES_MAX - 1)
        buf_char(&long_head, 'x');
    assert_int_equal(callback_parse(buf_str(&long_head), 4711, &a, &c), CALLBACK_MORE);
    buf_char(&long_head, 'x');
    assert_int_equal(callback_parse(buf_str(&long_head), 4711, &a, &c), CALLBACK_BAD);
}

static void pasted_addresses_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool good;
    } cases[] = {
        {"http://127.0.0.1:4711/callback?code=a&state=b", true},
        {"  http://127.0.0.1:4711/callback?code=a&state=b#  \r", true},
        {"code=a&state=b", true},
        {"?code=a&state=b", true},
        {"127.0.0.1:4711/callback?state=b&error=access_denied", true},
        {"", false},
        {"http://127.0.0.1:4711/callback", false},
        {"http://127.0.0.1:4711/callback?code=a", false},
        {"https://l.example/auth?response_type=code&state=b", false},
        {"?code=a&code=b&state=b", false},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct callback c;
        arena_init(&a, 1 << 20);
        assert_int_equal(callback_parse_pasted(str_from(cases[i].line), &a, &c), cases[i].good);
    }
}

static void pages_forbid_everything_and_are_not_kept(void **state)
{
    (void)state;
    static const char *const headers[] = {"\r\nCache-Control: no-store\r\n",
                                          "\r\nReferrer-Policy: no-referrer\r\n",
                                          "default-src 'none'", "\r\nConnection: close\r\n"};
    static const enum callback_page pages[] = {CALLBACK_PAGE_DONE, CALLBACK_PAGE_REFUSED,
                                               CALLBACK_PAGE_NOT_FOUND, CALLBACK_PAGE_BAD};
    for (size_t i = 0; i < N_OF(pages); i++)
        for (int german = 0; german < 2; german++) {
            auto_buf out = BUF_INIT(16384);
            callback_page(&out, pages[i], german);
            assert_false(buf_failed(&out));
            for (size_t k = 0; k < N_OF(headers); k++)
                assert_non_null(strstr(buf_cstr(&out), headers[k]));
            assert_non_null(strstr(buf_cstr(&out), german ? "lang=\"de\"" : "lang=\"en\""));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_judged),
        cmocka_unit_test(values_are_decoded),
        cmocka_unit_test(a_head_without_end_is_given_up),
        cmocka_unit_test(pasted_addresses_are_understood),
        cmocka_unit_test(pages_forbid_everything_and_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
