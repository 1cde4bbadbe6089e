#include "tests/unit/unit.h"

#include "login/exec_info.h"
#include "login/message.h"
#include "login/options.h"

#define MOST 12
#define EXEC_INFO(version, config) \
    "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication." \
    "k8s.io/" version "\",\"spec\":{\"cluster\":{\"server\":\"https://a\",\"config\":" config \
    "},\"interactive\":false}}\n"

/* options_parse keeps pointers into its words, as into argv: they live here. */
static char storage[16384];

static size_t copy(const char *const *words, size_t at, char **ret)
{
    size_t n = 0;
    for (; words && words[n]; n++) {
        size_t length = strlen(words[n]) + 1;
        assert_true(at + length <= sizeof(storage));
        ret[n] = memcpy(storage + at, words[n], length);
        at += length;
    }
    ret[n] = NULL;
    return at;
}

static int parse(struct options *o, const char *const *words, const char *const *environment,
                 struct err *e)
{
    char *argv[MOST + 1], *env[MOST + 1];
    int n = 0;
    copy(environment, copy(words, 0, argv), env);
    while (argv[n])
        n++;
    return options_parse(o, n, argv, env, e);
}

static void what_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *words[MOST], *environment[MOST];
        enum command command;
        const char *issuer, *audience, *profile, *client;
        enum api_version version;
    } cases[] = {
        {.words = {"get-token", "--issuer=https://l.example", "--audience=k8s-fra"},
         .command = COMMAND_GET_TOKEN,
         .issuer = "https://l.example",
         .audience = "k8s-fra",
         .profile = "default",
         .client = "lotse-login"},
        {.words = {"get-token", "--issuer", "https://l.example/dex", "--audience", "k8s-fra",
                   "--profile=work", "--api-version=v1beta1"},
         .command = COMMAND_GET_TOKEN,
         .issuer = "https://l.example/dex",
         .audience = "k8s-fra",
         .profile = "work",
         .client = "lotse-login",
         .version = API_V1BETA1},
        {.words = {"--issuer=https://l.example", "get-token", "--audience=x"},
         .environment = {"LOTSE_PROFILE=env", "LOTSE_ISSUER=https://other.example"},
         .command = COMMAND_GET_TOKEN,
         .issuer = "https://l.example",
         .audience = "x",
         .profile = "env",
         .client = "lotse-login"},
        {.words = {NULL},
         .environment = {EXEC_INFO(
             "v1beta1", "{\"issuer\":\"https://"
                        "l.example\",\"clientID\":\"kubectl\",\"audience\":\"k8s-ber\"}")},
         .command = COMMAND_GET_TOKEN,
         .issuer = "https://l.example",
         .audience = "k8s-ber",
         .profile = "default",
         .client = "kubectl",
         .version = API_V1BETA1},
        {.words = {"get-token", "--audience=mine"}, /* the line wins over the cluster's extension,
                                                       the version of the caller over the line */
         .environment = {EXEC_INFO("v1",
                                   "{\"issuer\":\"https://l.example\",\"audience\":\"k8s-ber\"}")},
         .command = COMMAND_GET_TOKEN,
         .issuer = "https://l.example",
         .audience = "mine",
         .profile = "default",
         .client = "lotse-login"},
        {.words = {NULL}, .command = COMMAND_HELP, .profile = "default", .client = "lotse-login"},
        {.words = {"status", "--help"},
         .command = COMMAND_HELP,
         .profile = "default",
         .client = "lotse-login"},
        {.words = {"status", "-o", "json"},
         .environment = {"LOTSE_AUDIENCE=not for status"},
         .command = COMMAND_STATUS,
         .profile = "default",
         .client = "lotse-login"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct options o;
        struct err e = {0};
        assert_int_equal(parse(&o, cases[i].words, cases[i].environment, &e), 0);
        assert_int_equal(o.command, cases[i].command);
        assert_int_equal(o.api_version, cases[i].version);
        assert_true(str_is(option_get(&o, OPTION_ISSUER), cases[i].issuer ? cases[i].issuer : ""));
        assert_true(
            str_is(option_get(&o, OPTION_AUDIENCE), cases[i].audience ? cases[i].audience : ""));
        assert_string_equal(o.value[OPTION_PROFILE], cases[i].profile);
        assert_string_equal(o.value[OPTION_CLIENT_ID], cases[i].client);
    }
}

static void what_is_refused_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *words[MOST], *environment[MOST], *why;
    } cases[] = {
        {{"get-tokn"}, {NULL}, "did you mean get-token?"},
        {{"get-token", "--isuer=https://x"}, {NULL}, "did you mean --issuer?"},
        {{"get-token", "--audience=x"}, {NULL}, "needs --issuer and --audience"},
        {{"get-token", "--issuer=https://l.example"}, {NULL}, "needs --issuer and --audience"},
        {{"get-token", "--issuer=http://l.example", "--audience=x"},
         {NULL},
         "must begin with https://"},
        {{"get-token", "--issuer=https://", "--audience=x"}, {NULL}, "and name a host"},
        {{"get-token", "--issuer=https://l.example?a=b", "--audience=x"},
         {NULL},
         "without query and fragment"},
        {{"get-token", "--issuer=https://l.example#a", "--audience=x"},
         {NULL},
         "without query and fragment"},
        {{"get-token", "--issuer=https://l.example\n", "--audience=x"},
         {NULL},
         "without query and fragment"},
        {{"get-token", "--issuer=https://l.example", "--audience=a b"}, {NULL}, "letters, digits"},
        {{"get-token", "--issuer=https://l.example", "--audience=a", "--profile=../../x y"},
         {NULL},
         "letters, digits"},
        {{"get-token", "--issuer"}, {NULL}, "--issuer needs a value (URL)"},
        {{"get-token", "--issuer="}, {NULL}, "--issuer needs a value (URL)"},
        {{"login", "--no-browser=yes"}, {NULL}, "takes no value"},
        {{"status", "--audience=x"}, {NULL}, "has no meaning for status"},
        {{"status", "-o", "yaml"}, {NULL}, "json or text"},
        {{"status", "-x"}, {NULL}, "--x is unknown"},
        {{"login", "--timeout=2h"}, {NULL}, "at most 1h"},
        {{"login", "--timeout=-1s"}, {NULL}, "at most 1h"},
        {{"login", "now"}, {NULL}, "one word too many"},
        {{"get-token"}, {EXEC_INFO("v1alpha1", "{}")}, "v1 or v1beta1"},
        {{"get-token"},
         {EXEC_INFO("v1", "{\"issuer\":\"http://x\",\"audience\":\"a\"}")},
         "must begin with https://"},
        {{"get-token"},
         {EXEC_INFO("v1", "{\"issuer\":\"\",\"audience\":\"a\"}")},
         "empty or too long"},
        {{"get-token", "--api-version=v2", "--issuer=https://l.example", "--audience=a"},
         {NULL},
         "v1 or v1beta1"},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct options o;
        struct err e = {0};
        assert_int_equal(parse(&o, cases[i].words, cases[i].environment, &e), -1);
        if (!strstr(e.text, cases[i].why))
            print_error("case %zu: %s\n", i, e.text);
        assert_non_null(strstr(e.text, cases[i].why));
    }
}

static void flags_and_ci(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        bool set;
    } cases[] = {{"LOTSE_NO_INPUT=1", true},
                 {"LOTSE_NO_INPUT=true", true},
                 {"LOTSE_NO_INPUT=0", false},
                 {"LOTSE_NO_INPUT=false", false},
                 {"LOTSE_NO_INPUT=", false},
                 {"CI=true", true},
                 {"CI=", false}};
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct options o;
        struct err e;
        assert_int_equal(parse(&o, (const char *const[]){"login", NULL},
                               (const char *const[]){cases[i].entry, NULL}, &e),
                         0);
        assert_int_equal(option_is_set(&o, OPTION_NO_INPUT), cases[i].set);
    }
}

static void members_of_the_exec_info_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path, *value; /* NULL: not found */
    } cases[] = {
        {"{\"a\":\"1\"}", "a", "1"},
        {" { \"x\" : [1,{\"a\":\"no\"},\"}\"] , \"a\" : \"1\" } ", "a", "1"},
        {"{\"b\":{\"a\":\"deep\"},\"a\":\"1\"}", "a", "1"},
        {"{\"b\":{\"a\":\"deep\"},\"a\":\"1\"}", "b.a", "deep"},
        {"{\"b\":\"\\\"a\\\":\\\"x\",\"a\":\"1\"}", "a", "1"},
        {"{\"b\":true,\"c\":null,\"d\":-1.5e3,\"a\":\"1\"}", "a", "1"},
        {"{\"a\":\"\"}", "a", ""},
        {"{\"a\":\"x\\u0041\"}", "a", NULL}, /* escapes: none of ours needs one */
        {"{\"a\":1}", "a", NULL},
        {"{\"a\":{}}", "a", NULL},
        {"{\"b\":{\"a\":\"deep\"}}", "a", NULL},
        {"[\"a\",\"1\"]", "a", NULL},
        {"{\"a\"", "a", NULL},
        {"{\"a\":\"1", "a", NULL},
        {"{\"b\":", "a", NULL},
        {"{\"b\":}", "a", NULL},
        {"{\"b\":],\"a\":\"1\"}", "a", NULL},
        {"", "a", NULL},
        {"\"a\"", "a", NULL},
        {"{\"b\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
         "]]]]]]],\"a\":\"1\"}",
         "a", NULL},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct str value = STR("untouched");
        bool found = exec_info_find(str_from(cases[i].json), cases[i].path, &value);
        assert_int_equal(found, cases[i].value != NULL);
        assert_true(str_is(value, found ? cases[i].value : "untouched"));
    }
}

static void help_and_manual_name_every_option(void **state)
{
    (void)state;
    static const char *const words[] = {
#define X(name, word, letter, value, environment, commands, text) word,
#include "login/option.tbl.h"
#undef X
    };
    auto_buf help = BUF_INIT(1 << 16), manual = BUF_INIT(1 << 16);
    options_help(&help);
    options_manual(&manual);
    for (size_t i = 0; i < N_OF(words); i++)
        assert_non_null(strstr(buf_cstr(&help), words[i]));
    assert_non_null(strstr(buf_cstr(&manual), "\\-\\-ca\\-file"));
    assert_false(buf_failed(&help) || buf_failed(&manual));
}

/* What a gateway says is shown to a person at a terminal. */
static void sec_107_foreign_text_moves_no_cursor(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"account locked, gr\u00fc\u00dfe \u2014 \u6e2f",
         "account locked, gr\u00fc\u00dfe \u2014 \u6e2f"},
        {"a\r\nb\x1b[2Jc\x7f", "a  b [2Jc "},
        {"a\xC2\x9B"
         "2Jb",
         "a 2Jb"}, /* CSI as one code point */
        {"a\xE2\x80\xAE"
         "b",
         "a b"},                     /* right-to-left override */
        {"a\x9B\xFFz\xC2", "a  z "}, /* no UTF-8 */
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        auto_buf out = BUF_INIT(256);
        message_clean(&out, str_from(cases[i][0]));
        assert_string_equal(buf_cstr(&out), cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_accepted),
        cmocka_unit_test(what_is_refused_and_why),
        cmocka_unit_test(flags_and_ci),
        cmocka_unit_test(members_of_the_exec_info_are_found),
        cmocka_unit_test(help_and_manual_name_every_option),
        cmocka_unit_test(sec_107_foreign_text_moves_no_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
