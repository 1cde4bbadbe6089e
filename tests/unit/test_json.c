#include "tests/unit/unit.h"

#include "base/json.h"

static void texts_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool good;
    } cases[] = {
        {STR("{\"a\": [1, true, null, \"x\"]}"), true},
        {STR(" [] \n"), true},
        {STR("5"), true},
        {STR("{\"a\":1,\"a\":2}"),
         false}, /* RFC 7519 4, RFC 8259 4: which one counts nobody knows */
        {STR("{\"a\":1} x"), false},
        {STR("{\"a\":1}{"), false},
        {STR("{\"a\":1}\0"), false},
        {STR("[1\0]"), false},
        {STR("[1\0, 2]"), false},
        {STR("{'a':1}"), false},
        {STR("{\"a\":1,}"), false},
        {STR("[1e999]"), false},
        {STR("[99999999999999999999]"), false},
        {STR("[01]"), false},
        {STR("[NaN]"), false},
        {STR("\"\xff\""), false},
        {STR("\"\\u0000\""), false},
        {STR("\"\\ud800\""), false},
        {STR("\"a\nb\""), false},
        {STR(""), false},
        {STR_NONE, false},
        {STR("\xef\xbb\xbf{}"), false},
        {STR("{\"a\": \"0123456789012345678901234567890123456789012345678901234567890123456789\"}"),
         false},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct err e = {0};
        auto_json *j = json_read(cases[i].text, 60, &e);
        assert_int_equal(j != NULL, cases[i].good);
        assert_int_equal(e.text[0] != '\0', !cases[i].good);
    }
}

static void depth_ends_at_64(void **state)
{
    (void)state;
    for (int depth = 63; depth <= 66; depth++) {
        auto_buf b = BUF_INIT(100000);
        for (int i = 0; i < depth; i++)
            buf_c(&b, i % 2 ? "{\"[\\\"[\":" : "["); /* brackets in strings do not count */
        buf_c(&b, "1");
        for (int i = depth - 1; i >= 0; i--)
            buf_c(&b, i % 2 ? "}" : "]");
        struct err e = {0};
        auto_json *j = json_read(buf_str(&b), 100000, &e);
        assert_int_equal(j != NULL, depth <= 64);
    }
    auto_buf deep = BUF_INIT((size_t)1 << 20);
    for (int i = 0; i < 500000; i++)
        buf_char(&deep, '[');
    struct err e = {0};
    assert_null(json_read(buf_str(&deep), (size_t)1 << 20, &e));
}

static void getters_take_their_type_and_nothing_else(void **state)
{
    (void)state;
    struct err e = {0};
    auto_json *j =
        json_read(STR("{\"s\":\"x\",\"i\":5,\"r\":5.0,\"b\":true,\"n\":null,\"l\":[\"a\",\"b\"],"
                      "\"m\":[\"a\",1],\"e\":[]}"),
                  1000, &e);
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct str s = STR("before"), *strs = NULL;
    int64_t i = 7;
    bool b = false;
    size_t n = 9;
    static const char *const not_str[] = {"i", "b", "n", "l", "zz"};
    for (size_t k = 0; k < N_OF(not_str); k++)
        assert_false(json_get_str(j, not_str[k], &a, &s));
    assert_true(str_is(s, "before"));
    assert_true(json_get_str(j, "s", &a, &s) && str_is(s, "x"));
    assert_false(json_get_i64(j, "r", &i)); /* a real is no integer */
    assert_false(json_get_i64(j, "s", &i));
    assert_int_equal(i, 7);
    assert_true(json_get_i64(j, "i", &i) && i == 5);
    assert_false(json_get_bool(j, "i", &b));
    assert_true(json_get_bool(j, "b", &b) && b);
    assert_false(json_get_strs(j, "m", &a, &strs, &n));
    assert_false(json_get_strs(j, "s", &a, &strs, &n));
    assert_int_equal(n, 9);
    assert_true(json_get_strs(j, "l", &a, &strs, &n) && n == 2 && str_is(strs[1], "b"));
    assert_true(json_get_strs(j, "e", &a, &strs, &n) && n == 0);
    assert_false(json_get_str(NULL, "s", &a, &s));
    auto_json *list = json_read(STR("[1]"), 100, &e);
    assert_false(json_get_i64(list, "i", &i));
    arena_fini(&a);
    arena_init(&a, 0);
    assert_false(json_get_str(j, "s", &a, &s)); /* no room is a refusal */
    assert_false(json_get_strs(j, "l", &a, &strs, &n));
}

static void the_writer_sets_its_commas(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(1000);
    struct json_out j;
    json_out_init(&j, &b);
    json_open_object(&j);
    json_put_str(&j, "s", STR("a\"b"));
    json_put_str_opt(&j, "absent", STR_NONE);
    json_put_i64(&j, "i", -5);
    json_put_bool(&j, "b", true);
    json_put_strs(&j, "l", (struct str[]){STR("x"), STR("y")}, 2);
    json_put_strs(&j, "none", NULL, 0);
    json_key(&j, "o");
    json_open_object(&j);
    json_close_object(&j);
    json_key(&j, "m");
    json_open_array(&j);
    json_i64(&j, 1);
    json_bool(&j, false);
    json_open_array(&j);
    json_close_array(&j);
    json_str(&j, STR("z"));
    json_close_array(&j);
    json_close_object(&j);
    assert_string_equal(buf_cstr(&b),
                        "{\"s\":\"a\\\"b\",\"i\":-5,\"b\":true,\"l\":[\"x\",\"y\"],\"none\":[],"
                        "\"o\":{},\"m\":[1,false,[],\"z\"]}");
    struct err e = {0};
    auto_json *back = json_read(buf_str(&b), 1000, &e);
    assert_non_null(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_strictly),
        cmocka_unit_test(depth_ends_at_64),
        cmocka_unit_test(getters_take_their_type_and_nothing_else),
        cmocka_unit_test(the_writer_sets_its_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
