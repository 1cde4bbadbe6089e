#include "tests/unit/unit.h"

#include "base/exchange.h"

static void forms_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        struct str in;
        const char *shown; /* name=value| for each; NULL: refused */
    } cases[] = {
        {STR(""), ""},
        {STR_NONE, ""},
        {STR("a=1&b=2"), "a=1|b=2|"},
        {STR("a&b="), "a=|b=|"},
        {STR("&&a=1&"), "a=1|"},
        {STR("a=b=c"), "a=b=c|"},
        {STR("a+b=c+d%20e%2Bf"), "a b=c d e+f|"},
        {STR("n=andr%C3%A9"), "n=andr\xc3\xa9|"},
        {STR("a=1&a=2"), "a=1|a=2|"},
        {STR("a=%"), NULL},
        {STR("a=%4"), NULL},
        {STR("a=%4g"), NULL},
        {STR("a=%00"), NULL},
        {STR("a=\0"), NULL},
        {STR("a=%ff"), NULL},
        {STR("a=%C3"), NULL},
        {STR("a=\xff"), NULL},
        {STR("a=%c0%af"), NULL},
        {STR("=x"), NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        arena_init(&a, ARENA_REQUEST_MAX);
        struct params p = {0};
        assert_int_equal(params_parse(cases[i].in, &a, &p), cases[i].shown != NULL);
        auto_buf shown = BUF_INIT(1000);
        for (size_t k = 0; k < p.n; k++)
            buf_fmt(&shown, "%.*s=%.*s|", STR_F(p.items[k].name), STR_F(p.items[k].value));
        assert_string_equal(buf_cstr(&shown), cases[i].shown ? cases[i].shown : "");
    }
}

static void more_than_64_pairs_are_refused(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    auto_buf b = BUF_INIT(10000);
    struct params p;
    for (int i = 0; i < 64; i++)
        buf_fmt(&b, "p%d=x&&", i);
    assert_true(params_parse(buf_str(&b), &a, &p));
    assert_int_equal(p.n, 64);
    buf_c(&b, "q");
    assert_false(params_parse(buf_str(&b), &a, &p));
}

static void a_small_arena_refuses_and_does_not_crash(void **state)
{
    (void)state;
    for (size_t max = 0; max < 200; max += 16) {
        auto_arena a = {0};
        arena_init(&a, max);
        struct params p;
        assert_int_equal(params_parse(STR("a=1&b=22222222222222222222"), &a, &p), max >= 144);
    }
}

static void absent_and_empty_are_the_same(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct params p;
    assert_true(params_parse(STR("a=&b=x&c=1&c=2"), &a, &p));
    assert_null(params_get(p, STR("a")).p);
    assert_null(params_get(p, STR("z")).p);
    assert_true(str_is(params_get(p, STR("b")), "x"));
    assert_true(str_is(params_repeated(p), "c"));
    assert_true(params_parse(STR("a=1&b=1&A=1"), &a, &p));
    assert_null(params_repeated(p).p);
}

static void cookies_that_stand_twice_are_nobodys(void **state)
{
    (void)state;
    static const struct {
        struct str cookies;
        const char *sid; /* NULL: none */
    } cases[] = {
        {STR("sid=abc"), "abc"},
        {STR("a=1; sid=abc; b=2"), "abc"},
        {STR("a=1;sid=abc"), "abc"},
        {STR("sid=a=b"), "a=b"},
        {STR("sid=abc; sid=def"), NULL},
        {STR("sid=abc; sid=abc"), NULL},
        {STR("sid=; sid=abc"), NULL},
        {STR("sid="), NULL},
        {STR("sid"), NULL},
        {STR("xsid=1"), NULL},
        {STR("SID=1"), NULL},
        {STR_NONE, NULL},
        {STR(";;;=;"), NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct request r = {.cookie = cases[i].cookies};
        struct str got = cookie_get(&r, STR("sid"));
        assert_true(str_eq(got, str_from(cases[i].sid)));
        assert_int_equal(got.p != NULL, cases[i].sid != NULL);
    }
}

static void no_header_can_split_a_reply(void **state)
{
    (void)state;
    static const struct str bad[] = {STR("a\r\nSet-Cookie: x=y"), STR("a\nb"), STR("a\0b"),
                                     STR("\x7f"), STR("\t")};
    for (size_t i = 0; i < N_OF(bad); i++) {
        struct reply r = {0};
        reply_redirect(&r, bad[i]);
        assert_int_equal(r.status, 500);
        assert_int_equal(r.n_headers, 0);
        reply_body(&r, 200, "text/html", STR("late")); /* does not heal it */
        assert_int_equal(r.status, 500);
        assert_int_equal(r.body.n, 0);
    }
}

static void replies_are_filled(void **state)
{
    (void)state;
    struct reply r = {0};
    reply_redirect(&r, STR("https://a.example/cb?x=y"));
    reply_no_store(&r);
    assert_int_equal(r.status, 303);
    assert_string_equal(r.headers[0].name, "Location");
    assert_int_equal(r.n_headers, 3);
    for (int i = 0; i < REPLY_HEADERS_MAX; i++)
        reply_header(&r, "X", STR("y"));
    assert_int_equal(r.n_headers, REPLY_HEADERS_MAX);
    assert_int_equal(r.status, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_read_strictly),
        cmocka_unit_test(more_than_64_pairs_are_refused),
        cmocka_unit_test(a_small_arena_refuses_and_does_not_crash),
        cmocka_unit_test(absent_and_empty_are_the_same),
        cmocka_unit_test(cookies_that_stand_twice_are_nobodys),
        cmocka_unit_test(no_header_can_split_a_reply),
        cmocka_unit_test(replies_are_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
