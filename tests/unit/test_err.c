#include "tests/unit/unit.h"

#include "base/err.h"
#include "base/str.h"

static void a_failure_is_one_clean_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"uid=m\u00fcller is no person", "uid=m\u00fcller is no person"},
        {"a\r\nb\tc\x1b[2Jd\x7f", "a  b c [2Jd "},
        {"\xC2\x9B"
         "2J\xE2\x80\xAE"
         "x",
         " 2J x"},
        {"no \xFF utf-8 \xC3", "no \xFF utf-8 \xC3"}, /* whoever prints it shows what it is */
        {"", ""},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct err e = {0};
        assert_int_equal(fail(&e, ERR_BACKEND, "%s", cases[i][0]), -1);
        assert_string_equal(e.text, cases[i][1]);
        assert_int_equal(e.class, ERR_BACKEND);
    }
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char text[2000];
    struct err e = {0};
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\u00e4", 3);
    assert_int_equal(fail(&e, ERR_LIMIT, "x%s", text), -1);
    assert_true(strlen(e.text) < sizeof(e.text) && str_is_utf8(str_from(e.text)));
    assert_true(str_ends(str_from(e.text), STR("...")));
    assert_int_equal(fail_within(&e, "in\n%s", "there"), -1);
    assert_true(str_starts(str_from(e.text), STR("in there: x")));
    assert_true(str_ends(str_from(e.text), STR("...")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_one_clean_line),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
