#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/mem.h"

static void the_maximum_is_never_passed_and_sticks(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(5);
    buf_c(&b, "abc");
    buf_c(&b, "defg"); /* does not fit: nothing of it is taken */
    assert_true(buf_failed(&b));
    buf_c(&b, "x");
    assert_string_equal(buf_cstr(&b), "abc");
    buf_reset(&b);
    assert_false(buf_failed(&b));
    buf_c(&b, "12345");
    assert_false(buf_failed(&b));
    buf_char(&b, '6');
    assert_true(buf_failed(&b));
    assert_string_equal(buf_cstr(&b), "12345");
}

static void a_huge_request_fails_without_overflow(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT((size_t)-1);
    buf_c(&b, "abc");
    assert_null(buf_reserve(&b, (size_t)-2));
    assert_true(buf_failed(&b));
    assert_string_equal(buf_cstr(&b), "abc");
}

static void an_empty_one_is_a_string(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(0);
    assert_string_equal(buf_cstr(&b), "");
    assert_int_equal(buf_str(&b).n, 0);
    buf_bytes(&b, NULL, 0);
    assert_false(buf_failed(&b));
    size_t n = 9;
    char *p = buf_take(&b, &n);
    assert_string_equal(p, "");
    assert_int_equal(n, 0);
    mem_free(p);
}

static void taken_bytes_belong_to_the_taker(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(100);
    buf_c(&b, "first");
    auto_free char *p = buf_take(&b, NULL);
    buf_c(&b, "second");
    assert_string_equal(p, "first");
    assert_string_equal(buf_cstr(&b), "second");
}

static void a_wiping_one_grows_with_its_content(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(10000);
    b.wipe = true;
    for (int i = 0; i < 1000; i++)
        buf_lit(&b, "0123456789");
    assert_false(buf_failed(&b));
    assert_int_equal(b.n, 10000);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.p[i], '0' + (int)(i % 10));
}

static void numbers_and_formats(void **state)
{
    (void)state;
    auto_buf b = BUF_INIT(200);
    buf_i64(&b, 0);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MAX);
    buf_fmt(&b, " %s-%03d", "x", 7);
    assert_string_equal(buf_cstr(&b), "0 -9223372036854775808 9223372036854775807 x-007");
    auto_buf small = BUF_INIT(3);
    buf_fmt(&small, "%d", 12345);
    assert_true(buf_failed(&small));
    assert_string_equal(buf_cstr(&small), "");
}

typedef void escaper(struct buf *b, struct str s);

static void escapers_write_what_their_standards_say(void **state)
{
    (void)state;
    static const struct {
        escaper *escape;
        struct str in;
        const char *out;
    } cases[] = {
        {buf_json, STR_NONE, "\"\""},
        {buf_json, STR("a\"b\\c\n\r\t\b\f\x01\x1f"),
         "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\""},
        {buf_json, STR("\xc3\xbc\x7f\xf0\x9f\x98\x80"), "\"\xc3\xbc\x7f\xf0\x9f\x98\x80\""},
        {buf_json, STR("a\xff\xc3("), "\"a\xef\xbf\xbd\xef\xbf\xbd(\""},
        {buf_json, STR("a\0b"), "\"a\\u0000b\""},
        {buf_html, STR("<a href='x'>\"&amp;\xc3\xbc"),
         "&lt;a href=&#39;x&#39;&gt;&#34;&amp;amp;\xc3\xbc"},
        {buf_html, STR_NONE, ""},
        {buf_url, STR("aZ09-._~ /?&=+%\xc3\xbc"), "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%BC"},
        {buf_base64url, STR(""), ""},
        {buf_base64url, STR("f"), "Zg"},
        {buf_base64url, STR("fo"), "Zm8"},
        {buf_base64url, STR("foo"), "Zm9v"},
        {buf_base64url, STR("\xff\xfe\xfd\xfc"), "__79_A"},
        {buf_base64, STR("f"), "Zg=="},
        {buf_base64, STR("fo"), "Zm8="},
        {buf_base64, STR("foob"), "Zm9vYg=="},
        {buf_base64, STR("\xff\xfe\xfd"), "//79"},
        {buf_hex, STR("\x00\xaf\xff"), "00afff"},
        {buf_hex, STR_NONE, ""},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf b = BUF_INIT(1000);
        cases[i].escape(&b, cases[i].in);
        assert_string_equal(buf_cstr(&b), cases[i].out);
        assert_int_equal(b.n, strlen(cases[i].out));
        auto_buf tight = BUF_INIT(b.n ? b.n - 1 : 0);
        cases[i].escape(&tight, cases[i].in);
        assert_int_equal(buf_failed(&tight), b.n > 0);
        assert_true(tight.n <= tight.max);
    }
}

static void hostile_names_are_words_for_a_shell_and_plain_on_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *name, *shell, *shown;
    } cases[] = {
        {"lotse:team:a", "lotse:team:a", "lotse:team:a"},
        {"", "''", ""},
        {"x;id", "'x;id'", "x;id"},
        {"a'b", "'a'\\''b'", "a'b"},
        {"$(id)`id`", "'$(id)`id`'", "$(id)`id`"},
        {"-rf ~", "'-rf ~'", "-rf ~"},
        {"\x1b[2J", "'\x1b[2J'", "\\u001b[2J"},
        {"a\rb\tc\nd", "'a\rb\tc\nd'", "a\\u000db\tc\nd"},
        {"\xe2\x80\xae"
         "gpj",
         "'\xe2\x80\xae"
         "gpj'",
         "\\u202egpj"},
        {"\xc2\x9b"
         "2J",
         "'\xc2\x9b"
         "2J'",
         "\\u009b2J"},
        {"\xc3\xbc\x9b", "'\xc3\xbc\x9b'", "\xc3\xbc\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        auto_buf shell = BUF_INIT(100), shown = BUF_INIT(100);
        buf_shell(&shell, STR_C(cases[i].name));
        buf_shown(&shown, STR_C(cases[i].name));
        assert_string_equal(buf_cstr(&shell), cases[i].shell);
        assert_string_equal(buf_cstr(&shown), cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_maximum_is_never_passed_and_sticks),
        cmocka_unit_test(a_huge_request_fails_without_overflow),
        cmocka_unit_test(an_empty_one_is_a_string),
        cmocka_unit_test(taken_bytes_belong_to_the_taker),
        cmocka_unit_test(a_wiping_one_grows_with_its_content),
        cmocka_unit_test(numbers_and_formats),
        cmocka_unit_test(escapers_write_what_their_standards_say),
        cmocka_unit_test(hostile_names_are_words_for_a_shell_and_plain_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
