#include "tests/unit/unit.h"

#include "gateway/http/guard.h"

static const struct guard_limits limits = {16384, 65536};

#define HOST "Host: a\r\n"
static const struct {
    const char *name;
    struct str bytes;
    int status; /* 0: complete */
    bool close;
} cases[] = {
    {"get", STR("GET /a HTTP/1.1\r\n" HOST "\r\n"), 0, false},
    {"1.0", STR("GET /a HTTP/1.0\r\n\r\n"), 0, true},
    {"asked to close", STR("GET /a HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n"), 0, true},
    {"body", STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na=b"), 0, false},
    {"length with zeros", STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 003\r\n\r\na=b"), 0,
     false},
    {"pipelined", STR("GET /a HTTP/1.1\r\n" HOST "\r\nGET /b HTTP/1.1\r\n" HOST "\r\n"), 0, true},
    {"bytes behind a body", STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nab"), 0,
     true},
    {"an empty line first", STR("\r\nGET /a HTTP/1.1\r\n" HOST "\r\n"), 0, false},
    {"empty value", STR("GET /a HTTP/1.1\r\n" HOST "X:\r\n\r\n"), 0, false},
    {"bytes over 0x7f in a value", STR("GET /a HTTP/1.1\r\n" HOST "X: \xc3\xa4\r\n\r\n"), 0, false},
    {"two empty lines first", STR("\r\n\r\n"), 400, true},
    {"lone LF first", STR("\n"), 400, true},
    {"lone CR", STR("GET /a\r "), 400, true},
    {"NUL", STR("GET /a\0"), 400, true},
    {"request line at once", STR("SSH-2.0-OpenSSH\r\n"), 400, true},
    {"no host", STR("GET /a HTTP/1.1\r\n\r\n"), 400, true},
    {"two hosts", STR("GET /a HTTP/1.1\r\n" HOST HOST "\r\n"), 400, true},
    {"both framings",
     STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400, true},
    {"chunked", STR("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), 411, true},
    {"coding", STR("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"), 501, true},
    {"coding and a fault", STR("POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\nX\r\n\r\n"),
     400, true},
    {"large", STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n"), 413, true},
    {"folded", STR("GET /a HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), 400, true},
    {"space before colon", STR("GET /a HTTP/1.1\r\n" HOST "X : a\r\n\r\n"), 400, true},
    {"absolute", STR("GET http://b/a HTTP/1.1\r\n" HOST "\r\n"), 0, false},
    {"absolute without host field", STR("GET http://a/a HTTP/1.1\r\n\r\n"), 400, true},
    {"absolute, two hosts", STR("GET http://a/a HTTP/1.1\r\n" HOST HOST "\r\n"), 400, true},
    {"absolute, no authority", STR("GET http:///a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"absolute, port alone", STR("GET http://:80/a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"absolute, user", STR("GET http://u@a/a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"absolute, backslash", STR("GET http://a\\b/a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"absolute, other scheme", STR("GET ftp://a/a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"authority", STR("GET a:443 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
    {"asterisk", STR("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 400, true},
};
#define N_CASES (sizeof(cases) / sizeof(*cases))

/* Feeds in pieces of so many bytes, and what a 413 still swallows behind them. */
static void feed(struct guard *g, struct str bytes, size_t piece)
{
    guard_init(g, limits);
    for (size_t at = 0; at < bytes.n; at += piece)
        guard_feed(g, str_from_to(bytes, at, at + piece));
}

static void each_request_ends_in_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct guard g;
        feed(&g, cases[i].bytes, cases[i].bytes.n);
        if (g.refusal.status != cases[i].status || g.head.close != cases[i].close ||
            g.state != (cases[i].status ? GUARD_REFUSED : GUARD_COMPLETE))
            fail_msg("%s: status %d (%s), close %d", cases[i].name, g.refusal.status,
                     g.refusal.reason ? g.refusal.reason : "", g.head.close);
        guard_fini(&g);
    }
}

static void pieces_of_any_size_end_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        for (size_t piece = 1; piece < 9; piece++) {
            struct guard g;
            feed(&g, cases[i].bytes, piece);
            if (g.refusal.status != cases[i].status)
                fail_msg("%s in pieces of %zu: %d", cases[i].name, piece, g.refusal.status);
            guard_fini(&g);
        }
    }
}

static void a_line_or_header_without_end_is_refused_at_its_limit(void **state)
{
    (void)state;
    struct guard g;
    size_t fed = 0;
    guard_init(&g, limits);
    for (; g.state != GUARD_REFUSED && fed < 100000; fed++)
        guard_feed(&g, STR("a"));
    assert_int_equal(g.refusal.status, 414);
    assert_true(fed < HEAD_TARGET_MAX + 100);
    guard_reset(&g);
    guard_feed(&g, STR("GET /a HTTP/1.1\r\n"));
    for (fed = 0; g.state != GUARD_REFUSED && fed < 100000; fed++)
        guard_feed(&g, STR("a"));
    assert_int_equal(g.refusal.status, 431);
    assert_true(fed < limits.header_bytes + 2);
    guard_fini(&g);
}

static void the_head_points_at_what_was_said(void **state)
{
    (void)state;
    struct guard g;
    feed(&g,
         STR("POST /a/b?c=d&e=%20 HTTP/1.1\r\nhost: login.example:443\r\nContent-Type:  text/x "
             "\r\nCOOKIE: a=b; c=d\r\n"
             "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8, 9.9.9.9\r\nContent-Length: "
             "2\r\n\r\nhi"),
         7);
    assert_int_equal(g.state, GUARD_COMPLETE);
    assert_true(str_is(g.head.path, "/a/b"));
    assert_true(str_is(g.head.query, "c=d&e=%20"));
    assert_true(str_is(g.head.host, "login.example:443"));
    assert_true(str_is(g.head.content_type, "text/x"));
    assert_true(str_is(g.head.cookie, "a=b; c=d"));
    assert_int_equal(g.head.n_forwarded, 2);
    assert_true(str_is(g.head.forwarded[1], "5.6.7.8, 9.9.9.9"));
    assert_true(str_is(buf_str(&g.body), "hi"));
    guard_fini(&g);
}

static void of_an_absolute_target_the_path_counts(void **state)
{
    static const struct {
        const char *line, *path, *query;
    } targets[] = {
        {"GET http://b/a HTTP/1.1", "/a", ""},
        {"GET HTTPS://login.example:8443/a/b?c=d HTTP/1.1", "/a/b", "c=d"},
        {"GET http://[::1]:80/a?b=http://c/d HTTP/1.1", "/a", "b=http://c/d"},
        {"GET http://b//a HTTP/1.1", "//a", ""},
        {"GET http://b/ HTTP/1.1", "/", ""},
        {"GET http://b HTTP/1.1", "/", ""},
        {"GET http://b?c=d HTTP/1.1", "/", "c=d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
        struct guard g;
        auto_buf request = BUF_INIT(4096);
        buf_fmt(&request, "%s\r\n" HOST "\r\n", targets[i].line);
        feed(&g, buf_str(&request), 5);
        if (g.state != GUARD_COMPLETE || !str_is(g.head.path, targets[i].path) ||
            !str_is(g.head.query, targets[i].query) || !str_is(g.head.host, "a"))
            fail_msg("%s: %.*s ? %.*s", targets[i].line, STR_F(g.head.path), STR_F(g.head.query));
        guard_fini(&g);
    }
}

static void a_body_that_is_too_large_is_swallowed_up_to_a_bound(void **state)
{
    (void)state;
    struct guard g;
    guard_init(&g, limits);
    guard_feed(&g, STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 70000\r\n\r\nabc"));
    assert_int_equal(g.refusal.status, 413);
    assert_int_equal(g.n_swallow, 69997);
    guard_reset(&g);
    assert_int_equal(g.n_swallow, 0);
    guard_feed(&g, STR("POST /a HTTP/1.1\r\n" HOST "Content-Length: 3000000000\r\n\r\nabc"));
    assert_int_equal(g.refusal.status, 413);
    assert_int_equal(g.n_swallow, 0);
    guard_fini(&g);
}

static void a_reset_guard_knows_nothing_of_the_last_request(void **state)
{
    (void)state;
    struct guard g;
    feed(&g, STR("GET /a HTTP/1.1\r\n" HOST "Authorization: Basic c2VjcmV0\r\n\r\n"), 100);
    const char *old = g.head_bytes.p;
    guard_reset(&g);
    assert_null(memmem(old, 16, "GET", 3));
    assert_int_equal(g.state, GUARD_EMPTY);
    guard_feed(&g, STR("GET /b HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(g.state, GUARD_COMPLETE);
    assert_true(str_is(g.head.path, "/b"));
    assert_int_equal(g.head.authorization.n, 0);
    guard_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_ends_in_its_status),
        cmocka_unit_test(pieces_of_any_size_end_the_same),
        cmocka_unit_test(a_line_or_header_without_end_is_refused_at_its_limit),
        cmocka_unit_test(the_head_points_at_what_was_said),
        cmocka_unit_test(of_an_absolute_target_the_path_counts),
        cmocka_unit_test(a_body_that_is_too_large_is_swallowed_up_to_a_bound),
        cmocka_unit_test(a_reset_guard_knows_nothing_of_the_last_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
