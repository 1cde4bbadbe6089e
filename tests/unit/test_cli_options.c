/* The command line: what is not understood is an error with the nearest name, and help comes from
 * the same rows. */
#include "tests/unit/unit.h"

#include "policy/cli/cli_options.h"

static int read(struct cli_options *o, struct arena *a, struct err *e, char *const *argv)
{
    int n = 0;
    while (argv[n])
        n++;
    return cli_options_read(n, argv, a, o, e);
}
#define ARGV(...) ((char *const[]){(char[]){"lotse-policy"}, __VA_ARGS__, NULL})
#define W(text)   ((char[]){text})

static void reads_what_was_said(void **state)
{
    (void)state;
    struct arena a;
    struct cli_options o;
    struct err e;
    arena_init(&a, (size_t)1 << 20);
    assert_int_equal(read(&o, &a, &e,
                          ARGV(W("apply"), W("a.yaml"), W("--timeout=5s"), W("-s"), W("fra"),
                               W("--dry-run"), W("b.yaml"), W("--output"), W("json"))),
                     0);
    assert_int_equal(o.command, COMMAND_APPLY);
    assert_int_equal(o.policy.n, 2);
    assert_int_equal(o.timeout_ms, 5000);
    assert_true(o.dry_run && o.json && str_is(o.sites.items[0], "fra"));
    assert_int_equal(read(&o, &a, &e, ARGV(W("who-can"), W("get"), W("/secrets"), W("-n"), W("a"))),
                     0);
    assert_true(str_is(o.policy.items[0], "policy.yaml") && o.arguments.n == 2);
    assert_int_equal(read(&o, &a, &e, ARGV(W("check"), W("--"), W("--odd.yaml"))), 0);
    assert_true(str_is(o.policy.items[0], "--odd.yaml"));
    assert_int_equal(read(&o, &a, &e, ARGV(W("test"), W("--at"), W("2026-12-31T18:00:00Z"))), 0);
    assert_true(o.now_ms == 1798740000000);
    assert_int_equal(read(&o, &a, &e, ARGV(W("--version"))), 0);
    assert_true(o.version);
    arena_fini(&a);
}

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    struct arena a;
    struct cli_options o;
    struct err e;
    const struct {
        char *const *argv;
        const char *text;
    } cases[] = {
        {(char *const[]){W("x"), NULL}, "which command?"},
        {ARGV(W("aply")), "did you mean 'apply'?"},
        {ARGV(W("check"), W("--directry"), W("x")), "did you mean 'directory'?"},
        {ARGV(W("check"), W("--dry-run")), "check has no option --dry-run"},
        {ARGV(W("apply"), W("--dry-run=yes")), "takes no value"},
        {ARGV(W("apply"), W("--site")), "needs a value"},
        {ARGV(W("apply"), W("--timeout"), W("fast")), "expected DURATION"},
        {ARGV(W("apply"), W("--max-prune"), W("101")),
         "expected PERCENT (0 to 100): refuse to remove more"},
        {ARGV(W("check"), W("--at"), W("yesterday")), "2026-12-31T18:00:00Z"},
        {ARGV(W("apply"), W("--output"), W("xml")), "expected text|json"},
        {ARGV(W("apply"), W("--objects"), W("x")), "apply writes to clusters"},
        {ARGV(W("check"), W("--objects"), W("x"), W("--kubeconfig"), W("y")), "exclude each other"},
        {ARGV(W("check"), W("--directory"), W("x"), W("--directory-config"), W("y")),
         "exclude each other"},
        {ARGV(W("who-can"), W("get")), "needs a verb and a target"},
        {ARGV(W("can"), W("x"), W("get")), "a person, a verb and a target"},
        {ARGV(W("check"), W("-dry")), "one letter"},
    };
    arena_init(&a, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(read(&o, &a, &e, cases[i].argv), -1);
        if (!strstr(e.text, cases[i].text))
            fail_msg("'%s' does not say '%s'", e.text, cases[i].text);
    }
    arena_fini(&a);
}

static void no_line_is_longer_than_100(const struct buf *text)
{
    struct str rest = buf_str(text), line;
    assert_true(rest.n > 0);
    while (str_next(&rest, '\n', &line))
        if (line.n > 100)
            fail_msg("%zu columns: %.*s", line.n, STR_F(line));
}

static void help_and_manual_name_every_command(void **state)
{
    static const char *const names[] = {"check", "compile", "diff", "apply", "test", "snapshot"};
    (void)state;
    struct cli_options o = {.command = N_COMMANDS};
    auto_buf help = BUF_INIT((size_t)1 << 20), manual = BUF_INIT((size_t)1 << 20);
    cli_options_help(&o, false, &help);
    cli_options_manual(&manual);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_non_null(strstr(buf_cstr(&help), names[i]));
        assert_non_null(strstr(buf_cstr(&manual), names[i]));
    }
    assert_non_null(strstr(buf_cstr(&manual), "\\-\\-max\\-prune \\fIPERCENT\\fR"));
    assert_non_null(strstr(buf_cstr(&help), "Write a policy:\n  check "));
    assert_non_null(strstr(buf_cstr(&manual), ".SS Prove and test\n"));
    no_line_is_longer_than_100(&help);
    o.command = COMMAND_DIFF;
    buf_reset(&help);
    cli_options_help(&o, true, &help);
    assert_non_null(strstr(buf_cstr(&help), "--from FILE"));
    assert_null(strstr(buf_cstr(&help), "--dry-run"));
    for (size_t i = 0; i < N_COMMANDS; i++) {
        o.command = (enum command)i;
        buf_reset(&help);
        cli_options_help(&o, true, &help);
        no_line_is_longer_than_100(&help);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_said),
        cmocka_unit_test(what_is_not_understood_is_named),
        cmocka_unit_test(help_and_manual_name_every_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
