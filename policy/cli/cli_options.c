#include "policy/cli/cli_options.h"

#include "base/clock.h"
#include "policy/emit/policy_emit_vap.h"

#include <ctype.h>

enum option_kind {
    KIND_FLAG,
    KIND_TEXT,
    KIND_LIST,
    KIND_PERCENT,
    KIND_COUNT,
    KIND_TIME,
    KIND_DURATION,
    KIND_FORMAT
};

struct option_row {
    const char *name;
    char letter;
    const char *value;
    enum option_kind kind;
    size_t offset;
    uint64_t commands; /* a bit for each command that knows it */
    const char *help;
};
#define ALL      UINT64_MAX
#define ONLY(id) ((uint64_t)1 << COMMAND_##id)
#define READS    (ALL & ~(ONLY(EXPLAIN) | ONLY(FMT) | ONLY(SCHEMA) | ONLY(SIGN))) /* policies */
#define OPTION(name, letter, value, kind, field, commands, help) \
    {name, letter, value, KIND_##kind, offsetof(struct cli_options, field), commands, help},
static const struct option_row rows[] = {
#include "policy/cli/cli_options.tbl.h"
};
#undef OPTION
#define N_ROWS (sizeof(rows) / sizeof(*rows))

#define GROUP(id, title)
#define COMMAND(id, name, group, arguments, does, more) {name},
static const struct {
    const char *name;
} commands[N_COMMANDS] = {
#include "policy/cli/commands.tbl.h"
};
#undef COMMAND
#undef GROUP

static int unknown(struct err *e, const char *what, struct str name, const struct str *names,
                   size_t n)
{
    struct str near = nearest_name(name, names, n);
    if (near.n)
        return fail(e, ERR_CONFIG, "no %s '%.*s': did you mean '%.*s'?", what, STR_F(name),
                    STR_F(near));
    return fail(e, ERR_CONFIG, "no %s '%.*s': see lotse-policy --help", what, STR_F(name));
}

static int read_command(struct str word, enum command *ret, struct err *e)
{
    struct str names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = STR_C(commands[i].name);
        if (str_eq(names[i], word)) {
            *ret = (enum command)i;
            return 0;
        }
    }
    return unknown(e, "command", word, names, N_COMMANDS);
}

static const struct option_row *find(struct str name, const struct cli_options *o, struct err *e)
{
    struct str names[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++) {
        bool same = name.n == 1 ? rows[i].letter == name.p[0] : str_is(name, rows[i].name);
        names[i] = STR_C(rows[i].name);
        if (same && (rows[i].commands & (uint64_t)1 << o->command))
            return &rows[i];
        if (same) {
            (void)fail(e, ERR_CONFIG, "%s has no option --%s", commands[o->command].name,
                       rows[i].name);
            return NULL;
        }
    }
    (void)unknown(e, "option", name, names, N_ROWS);
    return NULL;
}

static int push(struct arena *a, struct strs_vec *list, struct str value, struct err *e)
{
    struct str *item = ARENA_PUSH(a, list);
    if (!item)
        return fail(e, ERR_LIMIT, "too many arguments");
    *item = value;
    return 0;
}

static bool read_number(enum option_kind kind, struct str value, int64_t *ret)
{
    switch (kind) {
    case KIND_PERCENT: return str_to_i64(value, ret) && *ret >= 0 && *ret <= 100;
    case KIND_COUNT: return str_to_i64(value, ret) && *ret >= 1;
    case KIND_TIME: return time_parse(value, ret);
    case KIND_DURATION: return duration_parse(value, ret);
    case KIND_FLAG:
    case KIND_TEXT:
    case KIND_LIST:
    case KIND_FORMAT: break;
    }
    return false;
}

static bool read_format(struct cli_options *o, struct str value)
{
    bool report = str_is(value, "sarif") || str_is(value, "junit");
    o->report = report ? value : STR_NONE;
    return str_is(value, "json") || str_is(value, "text") ||
           (report && o->command == COMMAND_CHECK);
}

static const char *may_be(enum option_kind kind)
{
    switch (kind) {
    case KIND_PERCENT: return " (0 to 100)";
    case KIND_COUNT: return " (a whole number from 1)";
    case KIND_DURATION: return " (30s, 10m, 2h, 7d)";
    case KIND_TIME:
    case KIND_FLAG:
    case KIND_TEXT:
    case KIND_LIST:
    case KIND_FORMAT: break;
    }
    return "";
}

static int store(struct cli_options *o, const struct option_row *row, struct str value,
                 struct arena *a, struct err *e)
{
    void *field = (char *)o + row->offset;
    int64_t number = 0;
    bool good = true;
    switch (row->kind) {
    case KIND_FLAG: *(bool *)field = true; break;
    case KIND_TEXT: *(struct str *)field = value; break;
    case KIND_LIST: return push(a, field, value, e);
    case KIND_FORMAT:
        good = read_format(o, value);
        *(bool *)field = str_is(value, "json");
        break;
    case KIND_PERCENT:
    case KIND_COUNT:
    case KIND_TIME:
    case KIND_DURATION:
        good = read_number(row->kind, value, &number);
        if (good)
            *(int64_t *)field = number;
        break;
    }
    if (!good)
        return fail(e, ERR_CONFIG, "--%s %.*s: expected %s%s: %s", row->name, STR_F(value),
                    row->value, may_be(row->kind), row->help);
    return 0;
}

struct words_left { /* the command line, and where we are */
    int n, at;
    char *const *items;
};

/* One option: --name value, --name=value, -x value. */
static int read_option(struct words_left *w, struct cli_options *o, struct arena *a, struct err *e)
{
    const char *text = w->items[w->at];
    struct str word = STR_C(text), name = word, value = STR_NONE;
    bool is_long = word.n > 2 && word.p[1] == '-';
    bool has_value = is_long && str_split(word, '=', &name, &value);
    name = str_from_to(name, is_long ? 2 : 1, name.n);
    if (!is_long && name.n != 1)
        return fail(e, ERR_CONFIG, "'%s': a short option is one letter", text);
    const struct option_row *row = find(name, o, e);
    if (!row)
        return -1;
    if (!row->value && has_value)
        return fail(e, ERR_CONFIG, "--%s takes no value", row->name);
    if (row->value && !has_value) {
        if (w->at + 1 >= w->n)
            return fail(e, ERR_CONFIG, "--%s needs a value: %s", row->name, row->value);
        value = STR_C(w->items[++w->at]);
    }
    return store(o, row, value, a, e);
}

static int read_words(struct words_left *w, struct cli_options *o, struct arena *a, struct err *e)
{
    bool only_arguments = false;
    for (; w->at < w->n; w->at++) {
        struct str word = STR_C(w->items[w->at]);
        if (!only_arguments && str_is(word, "--")) {
            only_arguments = true;
            continue;
        }
        bool option = !only_arguments && word.n > 1 && word.p[0] == '-';
        if ((option ? read_option(w, o, a, e) : push(a, &o->arguments, word, e)) < 0)
            return -1;
    }
    return 0;
}

/* What stands behind a command and is no file of the policy. */
static const struct own_arguments {
    enum command command;
    size_t least, most;
    const char *text;
} own_arguments[] = {
    {COMMAND_EXPLAIN, 0, SIZE_MAX, "findings"},
    {COMMAND_WHO_CAN, 2, 2, "a verb and a target, for example: who-can get /secrets"},
    {COMMAND_REACH, 1, 1, "to know who begins, for example: reach team:payments"},
    {COMMAND_SOD, 2, 2,
     "two things, for example: sod \"patch apps/deployments in payments\" \"approve debug-prod\""},
    {COMMAND_CAN, 0, SIZE_MAX, ""},
    {COMMAND_WHY_NOT, 3, 3,
     "a person, a verb and a target, for example: why-not m.sommer get /secrets -n pay-api"},
    {COMMAND_BLAST, 1, 1, "a group of the directory, for example: blast cn=pay-qa"},
    {COMMAND_LEAVER, 1, 1, "a person, for example: leaver m.sommer"},
    {COMMAND_UNTIL, 1, 1, "a moment, for example: until 2031-12-31"},
    {COMMAND_UNUSED, 1, 1, "an audit log (- for standard input)"},
};

static int check_own(const struct cli_options *o, size_t *ret_n, struct err *e)
{
    *ret_n = 0;
    for (size_t i = 0; i < sizeof(own_arguments) / sizeof(*own_arguments); i++) {
        const struct own_arguments *own = &own_arguments[i];
        if (own->command != o->command)
            continue;
        if (o->arguments.n < own->least)
            return fail(e, ERR_CONFIG, "%s needs %s", commands[o->command].name, own->text);
        *ret_n = o->arguments.n < own->most ? o->arguments.n : own->most;
    }
    return 0;
}

/* diff BEFORE AFTER */
static int take_before(struct cli_options *o, struct arena *a, struct err *e)
{
    if (o->command != COMMAND_DIFF || o->arguments.n < 2)
        return 0;
    if (o->arguments.n > 2 || o->from.n)
        return fail(e, ERR_CONFIG,
                    "diff takes one policy, or one before and one after; policies of several "
                    "files: --from FILE --from FILE --policy FILE --policy FILE");
    if (push(a, &o->from, o->arguments.items[0], e) < 0)
        return -1;
    o->arguments.items++;
    o->arguments.n--;
    return 0;
}

/* Arguments are files of the policy, but for a command's own before them. */
static int read_arguments(struct cli_options *o, struct arena *a, struct err *e)
{
    size_t n_own = 0;
    if (check_own(o, &n_own, e) < 0 || take_before(o, a, e) < 0)
        return -1;
    if (o->command == COMMAND_CAN && o->arguments.n > 0 && o->arguments.n != 1 &&
        o->arguments.n != 3)
        return fail(e, ERR_CONFIG,
                    "can takes a person, or a person, a verb and a target; the policy's files "
                    "stand in --policy");
    for (size_t i = n_own; i < o->arguments.n; i++)
        if (push(a, &o->policy, o->arguments.items[i], e) < 0)
            return -1;
    return o->policy.n ? 0 : push(a, &o->policy, STR("policy.yaml"), e);
}

static int check_combination(const struct cli_options *o, struct err *e)
{
    if (o->directory.n && o->directory_config.n)
        return fail(e, ERR_CONFIG, "--directory and --directory-config exclude each other");
    if (o->objects.n && o->kubeconfig.n)
        return fail(e, ERR_CONFIG, "--objects and --kubeconfig exclude each other");
    if (o->objects.n && (o->command == COMMAND_APPLY || o->command == COMMAND_WATCH))
        return fail(e, ERR_CONFIG, "%s writes to clusters: --objects makes no sense with it",
                    commands[o->command].name);
    return 0;
}

int cli_options_read(int argc, char *const *argv, struct arena *a, struct cli_options *ret,
                     struct err *e)
{
    struct cli_options o = {.command = N_COMMANDS,
                            .max_prune = 20,
                            .timeout_ms = 60000,
                            .seed = 1,
                            .binder = STR(POLICY_BINDER),
                            .out = STR("compiled"),
                            .save = STR("snapshot")};
    struct words_left w = {.n = argc, .at = 2, .items = argv};
    struct str first = STR_C(argc > 1 ? argv[1] : NULL);
    o.help = str_is(first, "--help") || str_is(first, "-h");
    o.manual = str_is(first, "--manual");
    o.version = str_is(first, "--version");
    if (!o.help && !o.manual && !o.version) {
        if (first.n == 0)
            return fail(e, ERR_CONFIG, "which command? see lotse-policy --help");
        if (read_command(first, &o.command, e) < 0 || read_words(&w, &o, a, e) < 0)
            return -1;
        bool asks = o.help || o.manual || o.version;
        if (!asks && (read_arguments(&o, a, e) < 0 || check_combination(&o, e) < 0))
            return -1;
    }
    *ret = o;
    return 0;
}
