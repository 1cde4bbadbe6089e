#include "login/options.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/diag.h"
#include "login/exec_info.h"
#include "login/plain.h"

#define ON(command) (1U << COMMAND_##command)
enum {
    ALL = (1 << COMMAND_COUNT) - 1,
    LOGS_IN = ON(GET_TOKEN) | ON(LOGIN),
    NET = LOGS_IN | ON(SETUP) | ON(LOGOUT) | ON(STATUS) | ON(WHOAMI),
};

static const struct command_row {
    const char *word, *summary, *text;
} commands[COMMAND_COUNT] = {
#define X(name, word, summary, text) {word, summary, text},
#include "login/command.tbl.h"
#undef X
};

static const struct option_row {
    const char *word;
    char letter;
    const char *value, *environment;
    unsigned commands;
    const char *text;
} rows[OPTION_COUNT] = {
#define X(name, word, letter, value, environment, commands, text) \
    {word, letter, value, environment, (unsigned)(commands), text},
#include "login/option.tbl.h"
#undef X
};

const char *environment_get(char *const *environment, const char *name)
{
    size_t n = strlen(name);
    for (char *const *entry = environment; entry && *entry; entry++)
        if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=')
            return (*entry)[n + 1] ? *entry + n + 1 : NULL;
    return NULL;
}

struct str option_get(const struct options *o, enum option option)
{
    return str_from(o->value[option]);
}

static int unknown(struct str word, bool is_option, struct err *e)
{
    struct str names[COMMAND_COUNT + OPTION_COUNT];
    size_t n = 0;
    for (int i = 0; !is_option && i < COMMAND_COUNT; i++)
        names[n++] = str_from(commands[i].word);
    for (int i = 0; is_option && i < OPTION_COUNT; i++)
        names[n++] = str_from(rows[i].word);
    struct str near = nearest_name(word, names, n);
    const char *dashes = is_option ? "--" : "";
    if (near.n > 0)
        return fail(e, ERR_CONFIG, "%s%.*s is unknown; did you mean %s%.*s?", dashes, STR_F(word),
                    dashes, STR_F(near));
    return fail(e, ERR_CONFIG, "%s%.*s is unknown. See: lotse-login help", dashes, STR_F(word));
}

/* --name, --name=value or -x; *ret_value is what stands behind '=', or NULL. OPTION_COUNT: there is
 * no such option. */
static int find_option(const char *argument, const char **ret_value)
{
    *ret_value = NULL;
    if (argument[1] != '-') {
        for (int i = 0; i < OPTION_COUNT; i++)
            if (rows[i].letter && argument[1] == rows[i].letter && argument[2] == '\0')
                return i;
        return OPTION_COUNT;
    }
    struct str word = str_from(argument + 2), name, value;
    if (str_split(word, '=', &name, &value)) {
        word = name;
        *ret_value = name.p + name.n + 1;
    }
    for (int i = 0; i < OPTION_COUNT; i++)
        if (str_is(word, rows[i].word))
            return i;
    return OPTION_COUNT;
}

/* One option at argv[*at]; *at then stands on the last word used. */
static int take_option(struct options *o, int argc, char *const *argv, int *at, struct err *e)
{
    const char *value;
    int i = find_option(argv[*at], &value);
    if (i == OPTION_COUNT) {
        struct str word = str_from(argv[*at]);
        while (word.n > 0 && word.p[0] == '-')
            word = str_from_to(word, 1, word.n);
        (void)str_split(word, '=', &word, &(struct str){0});
        return unknown(word, true, e);
    }
    if (!rows[i].value && value)
        return fail(e, ERR_CONFIG, "--%s takes no value", rows[i].word);
    if (!rows[i].value)
        value = "1";
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value || value[0] == '\0')
        return fail(e, ERR_CONFIG, "--%s needs a value (%s)", rows[i].word, rows[i].value);
    o->value[i] = value;
    return 0;
}

static bool find_command(struct str word, enum command *ret)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (str_is(word, commands[i].word)) {
            *ret = (enum command)i;
            return true;
        }
    return false;
}

static int parse_words(struct options *o, int argc, char *const *argv, struct err *e)
{
    bool have_command = false;
    for (int at = 0; at < argc; at++) {
        if (strcmp(argv[at], "--version") == 0) { /* what everybody tries first */
            o->command = COMMAND_VERSION;
            have_command = true;
            continue;
        }
        if (argv[at][0] == '-' && argv[at][1] != '\0') {
            if (take_option(o, argc, argv, &at, e) != 0)
                return -1;
            continue;
        }
        if (have_command)
            return fail(e, ERR_CONFIG, "'%s' is one word too many. See: lotse-login help",
                        argv[at]);
        if (!find_command(str_from(argv[at]), &o->command))
            return unknown(str_from(argv[at]), false, e);
        have_command = true;
    }
    if (option_is_set(o, OPTION_HELP))
        o->command = COMMAND_HELP;
    for (int i = 0; i < OPTION_COUNT && o->command != COMMAND_HELP; i++)
        if (o->value[i] && !(rows[i].commands & (1U << o->command)))
            return fail(e, ERR_CONFIG, "--%s has no meaning for %s", rows[i].word,
                        commands[o->command].word);
    return 0;
}

static bool is_flag_off(const struct option_row *row, const char *value)
{
    return !row->value && (strcmp(value, "0") == 0 || strcmp(value, "false") == 0);
}

static void fill_from_environment(struct options *o, char *const *environment)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (o->value[i] || !rows[i].environment || !(rows[i].commands & (1U << o->command)))
            continue;
        const char *value = environment_get(environment, rows[i].environment);
        if (value && !is_flag_off(&rows[i], value))
            o->value[i] = rows[i].value ? value : "1";
    }
    const char *ci = environment_get(environment, "CI");
    if (ci && strcmp(ci, "true") == 0)
        o->value[OPTION_NO_INPUT] = "1";
}

static int parse_api_version(struct str text, enum api_version *ret, struct err *e)
{
    struct str group = STR("client.authentication.k8s.io/");
    struct str version = str_starts(text, group) ? str_from_to(text, group.n, text.n) : text;
    if (str_is(version, "v1")) {
        *ret = API_V1;
        return 0;
    }
    if (str_is(version, "v1beta1")) {
        *ret = API_V1BETA1;
        return 0;
    }
    return fail(e, ERR_CONFIG, "credential API version '%.*s' is not supported: v1 or v1beta1",
                STR_F(text));
}

/* What the caller says about version and cluster. The version it demands wins: with another one it
 * refuses the answer. */
static int fill_from_exec_info(struct options *o, struct str info, struct err *e)
{
    struct str version;
    if (exec_info_find(info, "apiVersion", &version) &&
        parse_api_version(version, &o->api_version, e) != 0)
        return -1;
    static const struct {
        enum option option;
        const char *path;
    } members[] = {
        {OPTION_ISSUER, "spec.cluster.config.issuer"},
        {OPTION_CLIENT_ID, "spec.cluster.config.clientID"},
        {OPTION_AUDIENCE, "spec.cluster.config.audience"},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct str value;
        if (o->value[members[i].option] || !exec_info_find(info, members[i].path, &value))
            continue;
        if (value.n == 0 || value.n >= sizeof(o->exec_info[i]))
            return fail(e, ERR_CONFIG, "KUBERNETES_EXEC_INFO: %s is empty or too long",
                        members[i].path);
        memcpy(o->exec_info[i], value.p, value.n);
        o->exec_info[i][value.n] = '\0';
        o->value[members[i].option] = o->exec_info[i];
    }
    return 0;
}

static int check_issuer(struct str issuer, struct err *e)
{
    /* OpenID Connect Discovery 1.0, 3: https, no query, no fragment */
    if (issuer.n > 0 && (!str_starts(issuer, STR("https://")) || issuer.n == strlen("https://")))
        return fail(e, ERR_CONFIG, "--issuer=%.*s must begin with https:// and name a host",
                    STR_F(issuer));
    if (issuer.n > 0 && !plain_is(issuer, "-._~:/[]%@!$&'()*+,;=", 400))
        return fail(e, ERR_CONFIG, "--issuer=%.*s is not an address without query and fragment",
                    STR_F(issuer));
    return 0;
}

static int check_names(const struct options *o, struct err *e)
{
    static const enum option names[] = {OPTION_AUDIENCE, OPTION_CLIENT_ID, OPTION_PROFILE};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (o->value[names[i]] && !plain_is(option_get(o, names[i]), "-._:/@", 200))
            return fail(e, ERR_CONFIG, "--%s='%s' may hold letters, digits and -._:/@ only",
                        rows[names[i]].word, o->value[names[i]]);
    return 0;
}

static int check_values(struct options *o, struct err *e)
{
    if (check_issuer(option_get(o, OPTION_ISSUER), e) != 0 || check_names(o, e) != 0)
        return -1;
    struct str output = option_get(o, OPTION_OUTPUT);
    bool manual = o->command == COMMAND_HELP && str_is(output, "man");
    if (output.n > 0 && !str_is(output, "json") && !str_is(output, "text") && !manual)
        return fail(e, ERR_CONFIG, "--output=%.*s: json or text", STR_F(output));
    if (o->value[OPTION_TIMEOUT] &&
        (!duration_parse(option_get(o, OPTION_TIMEOUT), &o->timeout_ms) ||
         o->timeout_ms > 3600000 || o->timeout_ms < 1000))
        return fail(e, ERR_CONFIG, "--timeout=%s: a time such as 90s or 5m, at most 1h",
                    o->value[OPTION_TIMEOUT]);
    if (o->command == COMMAND_GET_TOKEN && (!o->value[OPTION_ISSUER] || !o->value[OPTION_AUDIENCE]))
        return fail(
            e, ERR_CONFIG,
            "get-token needs --issuer and --audience; lotse-login setup writes a kubeconfig "
            "that has them");
    return 0;
}

int options_parse(struct options *o, int argc, char *const *argv, char *const *environment,
                  struct err *e)
{
    const char *info = environment_get(environment, "KUBERNETES_EXEC_INFO");
    *o = (struct options){.command = info ? COMMAND_GET_TOKEN : COMMAND_HELP, .timeout_ms = 120000};
    if (parse_words(o, argc, argv, e) != 0)
        return -1;
    fill_from_environment(o, environment);
    if (o->value[OPTION_API_VERSION] &&
        parse_api_version(option_get(o, OPTION_API_VERSION), &o->api_version, e) != 0)
        return -1;
    if (o->command == COMMAND_GET_TOKEN && info && fill_from_exec_info(o, str_from(info), e) != 0)
        return -1;
    if (!o->value[OPTION_CLIENT_ID])
        o->value[OPTION_CLIENT_ID] = CLIENT_ID_DEFAULT;
    if (!o->value[OPTION_PROFILE])
        o->value[OPTION_PROFILE] = PROFILE_DEFAULT;
    return check_values(o, e);
}

bool options_write(const struct options *o, const char *program, struct buf *text, char **ret_argv,
                   size_t most)
{
    size_t at[OPTION_COUNT + 2], n = 0;
    at[n++] = text->n;
    buf_bytes(text, program, strlen(program) + 1);
    at[n++] = text->n;
    buf_bytes(text, commands[o->command].word, strlen(commands[o->command].word) + 1);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!o->value[i])
            continue;
        at[n++] = text->n;
        buf_lit(text, "--");
        buf_c(text, rows[i].word);
        if (rows[i].value) {
            buf_char(text, '=');
            buf_c(text, o->value[i]);
        }
        buf_char(text, '\0');
    }
    if (buf_failed(text) || n > most)
        return false;
    for (size_t i = 0; i < n; i++)
        ret_argv[i] = text->p + at[i];
    ret_argv[n] = NULL;
    return true;
}

static void help_option(struct buf *out, const struct option_row *row)
{
    auto_buf left = BUF_INIT(80);
    if (row->letter)
        buf_fmt(&left, "-%c, ", row->letter);
    buf_fmt(&left, "--%s%s%s", row->word, row->value ? "=" : "", row->value ? row->value : "");
    buf_fmt(out, "  %-22s %s", buf_cstr(&left), row->text);
    if (row->environment)
        buf_fmt(out, " [%s]", row->environment);
    buf_char(out, '\n');
}

void options_help(struct buf *out)
{
    buf_lit(out, "lotse-login: logs kubectl in at a Lotse gateway.\n\n"
                 "Usage: lotse-login COMMAND [OPTION...]\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        buf_fmt(out, "  %-10s %s\n", commands[i].word, commands[i].summary);
    buf_lit(out, "\nOptions [and the environment variable that sets the same]:\n");
    for (int i = 0; i < OPTION_COUNT; i++)
        help_option(out, &rows[i]);
    buf_lit(out, "\nExit codes:\n");
#define X(name, number, text) buf_fmt(out, "  %-2d %s\n", number, text);
#include "login/exit_code.tbl.h"
#undef X
}

/* A leading dot or quote would be a roff request; '-' is a hyphen unless escaped. */
static void roff(struct buf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '-' || *c == '\\')
            buf_char(out, '\\');
        buf_char(out, *c);
    }
}

void options_manual(struct buf *out)
{
    buf_lit(out, ".\\\" made by: lotse-login help -o man\n.TH LOTSE\\-LOGIN 1\n.SH NAME\n"
                 "lotse\\-login \\- logs kubectl in at a Lotse gateway\n.SH SYNOPSIS\n"
                 ".B lotse\\-login\n.I COMMAND\n.RI [ OPTION ...]\n.SH COMMANDS\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        buf_lit(out, ".TP\n.B ");
        roff(out, commands[i].word);
        buf_fmt(out, "\n%c", commands[i].summary[0] & ~0x20);
        roff(out, commands[i].summary + 1);
        buf_lit(out, ".\n");
        roff(out, commands[i].text);
        buf_char(out, '\n');
    }
    buf_lit(out, ".SH OPTIONS\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        buf_lit(out, ".TP\n.B ");
        if (rows[i].letter)
            buf_fmt(out, "\\-%c, ", rows[i].letter);
        buf_lit(out, "\\-\\-");
        roff(out, rows[i].word);
        if (rows[i].value)
            buf_fmt(out, "=\\fI%s\\fR", rows[i].value);
        buf_char(out, '\n');
        roff(out, rows[i].text);
        if (rows[i].environment)
            buf_fmt(out, "\n.br\nEnvironment: %s", rows[i].environment);
        buf_char(out, '\n');
    }
    buf_lit(out, ".SH EXIT STATUS\n");
#define X(name, number, text) buf_fmt(out, ".TP\n.B %d\n%s\n", number, text);
#include "login/exit_code.tbl.h"
#undef X
    buf_lit(out, ".SH FILES\n"
                 "All below the state folder (mode 0700, files 0600): sessions, tokens, issuers, "
                 "locks, failures.\n");
}
