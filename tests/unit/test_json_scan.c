/* A text is read as jansson reads it, or refused as jansson refuses it; and what only the scanner
 * has: places of mistakes, views, copies, peeks. */
#include "tests/unit/unit.h"

#include "base/json_scan.h"
#include "tests/unit/json_reference.h"

#define MAX ((size_t)1 << 20)

static const struct {
    struct str text;
    bool good;
} texts[] = {
    {STR("{\"a\": [1, true, false, null, \"x\"], \"b\": {}, \"c\": []}"), true},
    {STR(" [] \r\n\t"), true},
    {STR("5"), true},
    {STR("-0"), true},
    {STR("\"\""), true},
    {STR("null"), true},
    {STR("[9223372036854775807, -9223372036854775808]"), true},
    {STR("[9223372036854775808]"), false},
    {STR("[-9223372036854775809]"), false},
    {STR("[1.5, 1e5, 1E-5, -0.0, 1e-999, 1.7976931348623157e308]"), true},
    {STR("[1e309]"), false},
    {STR("[-1e309]"), false},
    {STR("[1.]"), false},
    {STR("[.5]"), false},
    {STR("[1e]"), false},
    {STR("[1e+]"), false},
    {STR("[+1]"), false},
    {STR("[01]"), false},
    {STR("[-]"), false},
    {STR("[0x1]"), false},
    {STR("[NaN]"), false},
    {STR("[Infinity]"), false},
    {STR("[True]"), false},
    {STR("[tru]"), false},
    {STR("[truex]"), false},
    {STR("[1 2]"), false},
    {STR("[1,]"), false},
    {STR("[,1]"), false},
    {STR("[,]"), false},
    {STR("[1"), false},
    {STR("[1}"), false},
    {STR("{\"a\":1]"), false},
    {STR("["), false},
    {STR("{"), false},
    {STR("{\"a\""), false},
    {STR("{\"a\":"), false},
    {STR("{\"a\":}"), false},
    {STR("{\"a\" 1}"), false},
    {STR("{\"a\":1,}"), false},
    {STR("{,\"a\":1}"), false},
    {STR("{a:1}"), false},
    {STR("{'a':1}"), false},
    {STR("{1:1}"), false},
    {STR("[/* */]"), false},
    /* RFC 8259 4: which one counts nobody knows */
    {STR("{\"a\":1,\"a\":2}"), false},
    {STR("{\"a\":1,\"\\u0061\":2}"), false},
    {STR("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), true},
    {STR("{\"\":1}"), true},
    {STR("{\"\":1,\"\":2}"), false},
    {STR("[{\"a\":1},{\"a\":1}]"), true},
    {STR("{\"a\":1} x"), false},
    {STR("{\"a\":1}{"), false},
    {STR("{\"a\":1}\0"), false},
    {STR("\0"), false},
    {STR("[1\0]"), false},
    {STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""), true},
    {STR("\"0123456789 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 0123456789\""), true},
    {STR("\"\x7f\""), true},
    {STR("\"\\ufffe\\uffff\\ud7ff\\ue000\""), true},
    {STR("\"\\x\""), false},
    {STR("\"\\u12\""), false},
    {STR("\"\\u12g4\""), false},
    {STR("\"\\U0041\""), false},
    {STR("\"\\u0000\""), false},
    {STR("{\"\\u0000\":1}"), false},
    {STR("\"\\ud800\""), false},
    {STR("\"\\ud800\\u0041\""), false},
    {STR("\"\\ud800\\ud800\""), false},
    {STR("\"\\udc00\""), false},
    {STR("\"\\udc00\\ud800\""), false},
    {STR("\"a\nb\""), false},
    {STR("\"a\tb\""), false},
    {STR("\"01234567\x01\""), false},
    {STR("\"a\0b\""), false},
    {STR("\"\xff\""), false},
    {STR("\"\xc0\x80\""), false},
    {STR("\"\xc3\""), false},
    {STR("\"\xed\xa0\x80\""), false},
    {STR("\"\xf4\x90\x80\x80\""), false},
    {STR("\"\xe0\x80\xaf\""), false},
    {STR("\"a"), false},
    {STR("\"a\\"), false},
    {STR("\"a\\\""), false},
    {STR(""), false},
    {STR("   "), false},
    {STR_NONE, false},
    {STR("\xef\xbb\xbf{}"), false},
};

static void texts_are_read_as_jansson_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(texts); i++) {
        auto_buf why = BUF_INIT(4096);
        auto_arena a = {0};
        struct json_scan s;
        struct err e = {0};
        arena_init(&a, MAX);
        json_scan_init(&s, texts[i].text, MAX, &a, &e);
        if ((json_scan_end(&s) == 0) != texts[i].good || (e.text[0] == '\0') != texts[i].good)
            fail_msg("%.*s: %s", STR_F(texts[i].text), e.text);
        if (!json_reference_agrees(texts[i].text, MAX, &why))
            fail_msg("%.*s: %s", STR_F(texts[i].text), buf_cstr(&why));
    }
}

/* Every text of the table, with every byte left out, doubled, or made another one. */
static void mutated_texts_are_read_as_jansson_reads_them(void **state)
{
    static const char others[] = "\"\\{}[]:,u0eE-+. \n\t\x80\xc3";
    (void)state;
    for (size_t i = 0; i < N_OF(texts); i++)
        for (size_t at = 0; at < texts[i].text.n; at++)
            for (size_t k = 0; k <= sizeof(others); k++) {
                auto_buf text = BUF_INIT(4096), why = BUF_INIT(4096);
                buf_add(&text, str_from_to(texts[i].text, 0, at));
                if (k < sizeof(others)) /* its NUL, too */
                    buf_char(&text, others[k]);
                buf_add(&text, str_from_to(texts[i].text, k % 2 ? at : at + 1, texts[i].text.n));
                if (!json_reference_agrees(buf_str(&text), MAX, &why))
                    fail_msg("%.*s: %s", STR_F(buf_str(&text)), buf_cstr(&why));
            }
}

/* Wherever in a word of eight bytes the one stands that counts. */
static void every_byte_of_a_text_is_looked_at(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t at = 0; at < 24; at++) {
            auto_buf text = BUF_INIT(100), why = BUF_INIT(4096);
            char inside[25] = "abcdefghijklmnopqrstuvwx";
            inside[at] = (char)byte;
            buf_char(&text, '"');
            buf_bytes(&text, inside, 24);
            buf_char(&text, '"');
            if (!json_reference_agrees(buf_str(&text), MAX, &why))
                fail_msg("byte %d at %zu: %s", byte, at, buf_cstr(&why));
        }
}

static void the_depth_ends_at_64(void **state)
{
    (void)state;
    for (int depth = 63; depth <= 66; depth++) {
        auto_buf b = BUF_INIT(100000), why = BUF_INIT(4096);
        auto_arena a = {0};
        struct json_scan s;
        struct err e = {0};
        arena_init(&a, MAX);
        for (int i = 0; i < depth; i++)
            buf_c(&b, i % 2 ? "{\"[\\\"[\":" : "[");
        buf_c(&b, "1");
        for (int i = depth - 1; i >= 0; i--)
            buf_c(&b, i % 2 ? "}" : "]");
        json_scan_init(&s, buf_str(&b), 100000, &a, &e);
        assert_int_equal(json_scan_end(&s), depth <= 64 ? 0 : -1);
        assert_int_equal(e.class, depth <= 64 ? ERR_NONE : ERR_LIMIT);
        assert_true(json_reference_agrees(buf_str(&b), 100000, &why));
    }
}

static void a_member_that_stands_twice_is_found_among_many(void **state)
{
    (void)state;
    for (size_t n = 1; n < 40; n++)
        for (size_t twice = 0; twice <= n; twice++) {
            auto_buf b = BUF_INIT(10000), why = BUF_INIT(4096);
            auto_arena a = {0};
            struct json_scan s;
            struct err e = {0};
            arena_init(&a, MAX);
            buf_c(&b, "{\"o\":{\"k0\":0},\"l\":[{\"k0\":0}]");
            for (size_t i = 0; i < n; i++)
                buf_fmt(&b, ",\"k%zu\":{\"k%zu\":[]}", i, i);
            if (twice < n)
                buf_fmt(&b, ",\"k%zu\":0", twice);
            buf_c(&b, "}");
            json_scan_init(&s, buf_str(&b), 10000, &a, &e);
            assert_int_equal(json_scan_end(&s), twice < n ? -1 : 0);
            if (twice < n)
                assert_non_null(strstr(e.text, "stands twice"));
            assert_true(json_reference_agrees(buf_str(&b), 10000, &why));
        }
}

static void a_mistake_has_its_place(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {{"{\"a\": tru}", "line 1, column 7: "},
                 {"{\n  \"a\": 1,\n  \"a\": 2\n}", "line 3, column 6: the member 'a'"},
                 {"[1,\n2 3]", "line 2, column 3: neither a comma nor"},
                 {"[\"\xc3\xa9\", \"\xff\"]", "line 1, column 9: not valid UTF-8"},
                 {"[]\n\n x", "line 3, column 2: something stands behind"},
                 {"\"abc", "line 1, column 1: a text without its last quote"},
                 {"", "line 1, column 1: the text ends"}};
    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_arena a = {0};
        struct json_scan s;
        struct err e = {0};
        arena_init(&a, MAX);
        json_scan_init(&s, STR_C(cases[i].text), MAX, &a, &e);
        assert_int_equal(json_scan_end(&s), -1);
        assert_int_equal(e.class, ERR_INPUT);
        if (!strstr(e.text, cases[i].place))
            fail_msg("%s: %s", cases[i].text, e.text);
    }
}

static void getters_take_their_type_and_nothing_else(void **state)
{
    static const char text[] = "{\"s\":\"x\",\"e\":\"\\u0078\",\"i\":5,\"r\":5.0,\"b\":true,"
                               "\"n\":null,\"l\":[\"a\",\"b\"],\"m\":[\"a\",1,{}],\"z\":[]}";
    (void)state;
    for (int copies = 0; copies < 2; copies++) {
        auto_arena a = {0};
        struct json_scan s;
        struct err e = {0};
        struct str key;
        size_t n_str = 0, n_i64 = 0, n_bool = 0, n_strs = 0;
        arena_init(&a, MAX);
        json_scan_init(&s, STR(text), MAX, &a, &e);
        s.copies = copies;
        assert_true(str_is(json_scan_peek(&s, "e"), "x"));
        assert_null(json_scan_peek(&s, "i").p);
        assert_null(json_scan_peek(&s, "none").p);
        for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);) {
            struct str value = STR("before"), *strs = NULL;
            int64_t i = 7;
            bool b = false;
            size_t n = 9;
            struct json_scan again = json_scan_again(&s);
            n_i64 += json_scan_i64(&again, &i);
            again = s;
            n_bool += json_scan_bool(&again, &b);
            again = s;
            n_strs += json_scan_strs(&again, &strs, &n);
            bool view = str_is(key, "s") && !copies;
            n_str += json_scan_str(&s, &value);
            assert_true(str_is(value, str_is(key, "s") || str_is(key, "e") ? "x" : "before"));
            assert_int_equal(
                value.p >= text && value.p < text + sizeof(text) && !str_is(value, "before"), view);
            assert_int_equal(i, str_is(key, "i") ? 5 : 7);
            assert_int_equal(b, str_is(key, "b"));
            assert_int_equal(n, str_is(key, "l") ? 2 : str_is(key, "z") ? 0 : 9);
            assert_false(json_scan_str(&s, &value)); /* it is read already, or of another type */
        }
        assert_int_equal(json_scan_end(&s), 0);
        assert_true(n_str == 2 && n_i64 == 1 && n_bool == 1 && n_strs == 2);
    }
}

static void a_long_list_of_texts_is_whole(void **state)
{
    (void)state;
    auto_arena a = {0};
    auto_buf b = BUF_INIT(MAX);
    struct json_scan s;
    struct err e = {0};
    struct str *strs = NULL;
    size_t n = 0;
    arena_init(&a, MAX);
    buf_char(&b, '[');
    for (int i = 0; i < 1000; i++)
        buf_fmt(&b, "%s\"%d\\u0021\"", i ? "," : "", i);
    buf_char(&b, ']');
    json_scan_init(&s, buf_str(&b), MAX, &a, &e);
    assert_true(json_scan_strs(&s, &strs, &n));
    assert_int_equal(json_scan_end(&s), 0);
    assert_int_equal(n, 1000);
    assert_true(str_is(strs[0], "0!") && str_is(strs[999], "999!"));
}

static void limits_end_a_text(void **state)
{
    (void)state;
    auto_arena a = {0};
    auto_arena none = {0};
    struct json_scan s;
    struct err e = {0};
    struct str text, *strs = NULL;
    size_t n = 0;
    arena_init(&a, MAX);
    arena_init(&none, 0);
    json_scan_init(&s, STR("[1,2]"), 4, &a, &e);
    assert_int_equal(json_scan_end(&s), -1);
    assert_int_equal(e.class, ERR_LIMIT);
    static const struct str needy[] = {STR("\"\\n\""), STR("{\"a\":1}"), STR("[1e300]")};
    for (size_t i = 0; i < N_OF(needy); i++) { /* no room is a refusal, never less */
        arena_reset(&none);
        json_scan_init(&s, needy[i], 100, &none, &e);
        (void)json_scan_str(&s, &text);
        assert_int_equal(json_scan_end(&s), -1);
    }
    arena_reset(&none);
    json_scan_init(&s, STR("[\"a\"]"), 100, &none, &e);
    assert_false(json_scan_strs(&s, &strs, &n));
    assert_int_equal(json_scan_end(&s), -1);
}

static void what_was_read_as_something_else_is_refused(void **state)
{
    (void)state;
    auto_arena a = {0};
    struct json_scan s;
    struct err e = {0};
    struct str key;
    arena_init(&a, MAX);
    json_scan_init(&s, STR("[{\"a\":1}]"), 100, &a, &e);
    assert_true(json_scan_array(&s));
    assert_false(json_scan_member(&s, &key));
    assert_int_equal(json_scan_end(&s), -1);
    assert_int_equal(e.class, ERR_BUG);
    json_scan_init(&s, STR("[1]"), 100, &a, &e);
    assert_true(json_scan_array(&s));
    assert_int_equal(json_scan_end(&s), -1); /* left in the middle */
    assert_int_equal(e.class, ERR_BUG);
    json_scan_init(&s, STR("[tru"), 100, &a, &e);
    assert_true(json_scan_array(&s) && json_scan_item(&s));
    json_scan_skip(&s);
    assert_int_equal(json_scan_refuse(&s, ERR_INPUT, "a later one"), -1);
    assert_null(strstr(e.text, "a later one")); /* the first mistake stays */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_as_jansson_reads_them),
        cmocka_unit_test(mutated_texts_are_read_as_jansson_reads_them),
        cmocka_unit_test(every_byte_of_a_text_is_looked_at),
        cmocka_unit_test(the_depth_ends_at_64),
        cmocka_unit_test(a_member_that_stands_twice_is_found_among_many),
        cmocka_unit_test(a_mistake_has_its_place),
        cmocka_unit_test(getters_take_their_type_and_nothing_else),
        cmocka_unit_test(a_long_list_of_texts_is_whole),
        cmocka_unit_test(limits_end_a_text),
        cmocka_unit_test(what_was_read_as_something_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
