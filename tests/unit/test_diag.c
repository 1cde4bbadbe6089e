#include "tests/unit/unit.h"

#include "base/diag.h"

static const struct source POLICY = {
    "policy.yaml", {"teams:\n  - {team: paymnts, role: view}\nl\xc3\xb6s: m\xc3\xbcller\r\n", 52}};

static void assert_printed(const struct diags *d, const char *expected)
{
    auto_buf out = BUF_INIT((size_t)1 << 20);
    diags_print(d, &out);
    assert_string_equal(buf_cstr(&out), expected);
}

static void the_caret_stands_under_the_characters(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){&POLICY, 2, 12, 7}, "team '%s' does not exist", "paymnts");
    diag_hint_nearest(&d, STR("paymnts"), (struct str[]){STR("billing"), STR("payments")}, 2);
    diag_warn(&d, (struct pos){&POLICY, 3, 6, 6}, "a name");
    assert_int_equal(d.n_errors, 1);
    assert_printed(&d, "policy.yaml:2:12: error: team 'paymnts' does not exist\n"
                       "      2 |   - {team: paymnts, role: view}\n"
                       "        |            ^^^^^^^\n"
                       "        = did you mean 'payments'?\n"
                       "policy.yaml:3:6: warning: a name\n"
                       "      3 | l\xc3\xb6s: m\xc3\xbcller\n"
                       "        |      ^^^^^^\n");
}

static void they_are_printed_by_file_and_position(void **state)
{
    (void)state;
    static const struct source other = {"a.yaml", {"x\n", 2}};
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){&POLICY, 1, 2, 0}, "third");
    diag_error(&d, (struct pos){&POLICY, 1, 1, 0}, "second");
    diag_error(&d, (struct pos){.source = &other}, "the file as a whole");
    diag_error(&d, (struct pos){0}, "nowhere");
    assert_printed(&d, "error: nowhere\n"
                       "a.yaml: error: the file as a whole\n"
                       "policy.yaml:1:1: error: second\n"
                       "      1 | teams:\n"
                       "        | ^\n"
                       "policy.yaml:1:2: error: third\n"
                       "      1 | teams:\n"
                       "        |  ^\n");
}

static void positions_outside_of_the_text_do_no_harm(void **state)
{
    (void)state;
    static const struct source empty = {"e", {NULL, 0}};
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){&empty, 1, 1, 1}, "empty");
    diag_error(&d, (struct pos){&POLICY, 9, 9, 900}, "far away");
    diag_error(&d, (struct pos){&POLICY, 1, 500, 9}, "far right");
    diag_error(&d, (struct pos){&POLICY, 1, 1, 500}, "too long");
    auto_buf out = BUF_INIT((size_t)1 << 20);
    diags_print(&d, &out);
    assert_true(str_contains(buf_str(&out), STR("| ^^^^^^\n"))); /* not longer than the line */
}

static void of_a_long_line_the_part_around_the_caret_is_shown(void **state)
{
    (void)state;
    auto_buf text = BUF_INIT(100000);
    for (int i = 0; i < 5000; i++)
        buf_lit(&text, "0123456789");
    struct source source = {"l", buf_str(&text)};
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){&source, 1, 20001, 3}, "here");
    auto_buf out = BUF_INIT(2000);
    diags_print(&d, &out);
    assert_false(buf_failed(&out));
    struct str rest = buf_str(&out), first, line, caret;
    assert_true(str_next(&rest, '\n', &first) && str_next(&rest, '\n', &line) &&
                str_next(&rest, '\n', &caret));
    assert_true(line.n < 130);
    size_t at = 0;
    while (caret.p[at] != '^')
        at++;
    assert_int_equal(line.p[at], '0'); /* column 20001 */
}

static void nothing_in_a_text_reaches_the_terminal_as_a_command(void **state)
{
    (void)state;
    static const struct source evil = {"\x1b]0;x", {"a\x1b[31m\xe2\x80\xae\tb\xff", 12}};
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){&evil, 1, 1, 1}, "saw %s", "\x1b[2J\nfake: error");
    diag_hint(&d, "not %s", "\x9b");
    auto_buf out = BUF_INIT((size_t)1 << 20);
    diags_print(&d, &out);
    struct str rest = buf_str(&out), line;
    while (str_next(&rest, '\n', &line))
        assert_false(str_has_control(line));
    assert_false(str_contains(buf_str(&out), STR("\nfake")));
}

static void after_the_maximum_they_are_only_counted(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct diags d;
    diags_init(&d, &a);
    d.max = 2;
    for (int i = 0; i < 5; i++) {
        diag_error(&d, (struct pos){0}, "number %d", i);
        diag_hint(&d, "hint %d", i);
    }
    assert_int_equal(d.n_errors, 5);
    assert_printed(&d, "error: number 0\n        = hint 0\n"
                       "error: number 1\n        = hint 1\n" /* not hint 4 */
                       "and 3 more\n");
}

static void an_exhausted_arena_still_counts_errors(void **state)
{
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 32);
    struct diags d;
    diags_init(&d, &a);
    diag_error(&d, (struct pos){0}, "x");
    diag_hint(&d, "y");
    assert_int_equal(d.n_errors, 1);
    assert_int_equal(d.n_dropped, 1);
}

static void the_nearest_name_is_within_a_third(void **state)
{
    (void)state;
    static const struct str names[] = {STR("payments"), STR("platform"), STR("view"), STR("fra"),
                                       STR("B\xc3\xbcro")};
    static const struct {
        struct str wrong;
        const char *nearest;
    } cases[] = {
        {STR("paymnts"), "payments"},
        {STR("paymenst"), "payments"}, /* a swap counts once */
        {STR("Payments"), "payments"},
        {STR("payxxxxs"), NULL},
        {STR("veiw"), "view"},
        {STR("vw"), NULL},
        {STR("frb"), "fra"},
        {STR("xyz"), NULL},
        {STR("B\xc3\xb6ro"), "B\xc3\xbcro"},
        {STR("FRA"), "fra"},
        {STR(""), NULL},
        {STR("platfrom"), "platform"},
    };
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_true(
            str_eq(nearest_name(cases[i].wrong, names, N_OF(names)), str_from(cases[i].nearest)));
    char longer[300];
    memset(longer, 'a', sizeof(longer));
    struct str self = {longer, sizeof(longer)};
    assert_null(nearest_name(self, &self, 1).p);
    assert_null(nearest_name(STR("x"), NULL, 0).p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caret_stands_under_the_characters),
        cmocka_unit_test(they_are_printed_by_file_and_position),
        cmocka_unit_test(positions_outside_of_the_text_do_no_harm),
        cmocka_unit_test(of_a_long_line_the_part_around_the_caret_is_shown),
        cmocka_unit_test(nothing_in_a_text_reaches_the_terminal_as_a_command),
        cmocka_unit_test(after_the_maximum_they_are_only_counted),
        cmocka_unit_test(an_exhausted_arena_still_counts_errors),
        cmocka_unit_test(the_nearest_name_is_within_a_third),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
