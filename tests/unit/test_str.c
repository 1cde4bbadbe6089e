#include "tests/unit/unit.h"

#include <errno.h>

#include "base/err.h"
#include "base/str.h"

static void order_is_bytewise_and_shorter_first(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        int sign;
    } cases[] = {
        {STR("a"), STR("b"), -1},       {STR("a"), STR("ab"), -1}, {STR("ab"), STR("a"), 1},
        {STR(""), STR(""), 0},          {STR_NONE, STR(""), 0},    {STR("\xff"), STR("a"), 1},
        {STR("a\0b"), STR("a\0c"), -1},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        int order = str_cmp(cases[i].a, cases[i].b);
        assert_int_equal((order > 0) - (order < 0), cases[i].sign);
        assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].sign == 0);
    }
}

static void searches_know_the_edges(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR_NONE));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_has(STR("a\0b"), 'b'));
    assert_false(str_has(STR_NONE, 'a'));
    assert_true(str_contains(STR("hello"), STR("ell")));
    assert_true(str_contains(STR_NONE, STR_NONE));
    assert_false(str_contains(STR("he"), STR("hel")));
    assert_true(str_eq_nocase(STR("Bearer"), STR("bEARER")));
    assert_false(str_eq_nocase(STR("[x"), STR("{x"))); /* only letters fold */
    assert_true(str_is(str_trim(STR(" \t\r\n a b \n")), "a b"));
    assert_int_equal(str_trim(STR(" \n ")).n, 0);
    assert_true(str_is(str_from_to(STR("hello"), 1, 3), "el"));
    assert_true(str_is(str_from_to(STR("hello"), 3, 99), "lo"));
    assert_int_equal(str_from_to(STR("hello"), 4, 2).n, 0);
}

static void next_gives_every_piece_also_empty_ones(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), piece;
    const char *expected[] = {"a", "", "b", ""};
    size_t n = 0;
    while (str_next(&rest, ',', &piece))
        assert_true(n < 4 && str_is(piece, expected[n++]));
    assert_int_equal(n, 4);
    rest = STR_NONE;
    assert_false(str_next(&rest, ',', &piece));
}

static void split_leaves_outputs_alone_without_separator(void **state)
{
    (void)state;
    struct str before = STR("x"), after = STR("y");
    assert_false(str_split(STR("abc"), '=', &before, &after));
    assert_true(str_is(before, "x") && str_is(after, "y"));
    assert_true(str_split(STR("k=v=w"), '=', &before, &after));
    assert_true(str_is(before, "k") && str_is(after, "v=w"));
}

static void numbers_are_whole_and_never_overflow(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int64_t value;
        bool good;
    } cases[] = {
        {STR("0"), 0, true},
        {STR("-1"), -1, true},
        {STR("9223372036854775807"), INT64_MAX, true},
        {STR("-9223372036854775808"), INT64_MIN, true},
        {STR("9223372036854775808"), 7, false},
        {STR("-9223372036854775809"), 7, false},
        {STR("99999999999999999999999"), 7, false},
        {STR(""), 7, false},
        {STR_NONE, 7, false},
        {STR("-"), 7, false},
        {STR("+1"), 7, false},
        {STR(" 1"), 7, false},
        {STR("1 "), 7, false},
        {STR("1.0"), 7, false},
        {STR("0x1"), 7, false},
        {STR("1\0"), 7, false},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        int64_t value = 7;
        assert_int_equal(str_to_i64(cases[i].text, &value), cases[i].good);
        assert_int_equal(value, cases[i].value);
    }
}

static void utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool good;
    } cases[] = {
        {STR("andr\xc3\xa9"), true},
        {STR_NONE, true},
        {STR("\xf4\x8f\xbf\xbf"), true},
        {STR("\xef\xbf\xbf"), true},
        {STR("a\0b"), false},             /* NUL */
        {STR("\xc0\xaf"), false},         /* overlong / */
        {STR("\xe0\x80\xaf"), false},     /* overlong */
        {STR("\xf0\x80\x80\xaf"), false}, /* overlong */
        {STR("\xed\xa0\x80"), false},     /* surrogate */
        {STR("\xf4\x90\x80\x80"), false}, /* above U+10FFFF */
        {STR("\xf8\x88\x80\x80\x80"), false},
        {STR("\x80"), false},
        {STR("\xc3"), false}, /* cut */
        {STR("\xe2\x82"), false},
        {STR("\xff"), false},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_int_equal(str_is_utf8(cases[i].text), cases[i].good);
}

static void control_characters_are_seen(void **state)
{
    (void)state;
    static const struct str bad[] = {STR("a\nb"),         STR("\x1b[31m"),     STR("\x7f"),
                                     STR("\xc2\x85"),     STR("\xe2\x80\xae"), STR("\xe2\x81\xa6"),
                                     STR("\xe2\x80\x8f"), STR("\xd8\x9c"),     STR("a\0"),
                                     STR("\xc3("),        STR("\x9b")};
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_true(str_has_control(bad[i]));
    static const struct str good[] = {STR("J\xc3\xbcrgen M\xc3\xbcller"), STR_NONE,
                                      STR("\xe2\x82\xac 5"), STR("\xf0\x9f\x98\x80")};
    for (size_t i = 0; i < N_OF(good); i++)
        assert_false(str_has_control(good[i]));
}

static void failures_carry_their_sentence(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(fail(&e, ERR_BACKEND, "search %s: %d", "x", 5), -1);
    assert_string_equal(e.text, "search x: 5");
    assert_int_equal(e.class, ERR_BACKEND);
    assert_int_equal(fail_within(&e, "server %s", "a"), -1);
    assert_string_equal(e.text, "server a: search x: 5");
    assert_int_equal(e.class, ERR_BACKEND);
    errno = ENOENT;
    assert_int_equal(fail_errno(&e, "open %s", "f"), -1);
    assert_string_equal(e.text, "open f: No such file or directory");
    assert_int_equal(e.class, ERR_SYSTEM);
}

static void failures_too_long_are_cut_between_characters(void **state)
{
    (void)state;
    struct err e = {0};
    char umlauts[2001];
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(umlauts + i, "\xc3\xbc", 2);
    umlauts[2000] = '\0';
    for (int lead = 0; lead < 2; lead++) {
        fail(&e, ERR_INPUT, "%s%s", lead ? "x" : "", umlauts);
        assert_true(str_is_utf8(str_from(e.text)));
        assert_true(str_ends(str_from(e.text), STR("...")));
        fail_within(&e, "%s", lead ? "outer" : umlauts);
        assert_true(str_is_utf8(str_from(e.text)));
        errno = EIO;
        fail_errno(&e, "%s%s", lead ? "x" : "", umlauts);
        assert_true(str_is_utf8(str_from(e.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_bytewise_and_shorter_first),
        cmocka_unit_test(searches_know_the_edges),
        cmocka_unit_test(next_gives_every_piece_also_empty_ones),
        cmocka_unit_test(split_leaves_outputs_alone_without_separator),
        cmocka_unit_test(numbers_are_whole_and_never_overflow),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(control_characters_are_seen),
        cmocka_unit_test(failures_carry_their_sentence),
        cmocka_unit_test(failures_too_long_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
