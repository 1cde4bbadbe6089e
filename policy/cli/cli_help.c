/* --help and the manual page, from the rows of commands and options. */
#include "policy/cli/cli_options.h"

#define COLUMNS 100

#define ALL      UINT64_MAX
#define ONLY(id) ((uint64_t)1 << COMMAND_##id)
#define READS    (ALL & ~(ONLY(EXPLAIN) | ONLY(FMT) | ONLY(SCHEMA) | ONLY(SIGN))) /* policies */
#define OPTION(name, letter, value, kind, field, commands, help) \
    {name, letter, value, commands, help},
static const struct {
    const char *name;
    char letter;
    const char *value;
    uint64_t commands;
    const char *help;
} rows[] = {
#include "policy/cli/cli_options.tbl.h"
};
#undef OPTION
#define N_ROWS (sizeof(rows) / sizeof(*rows))

enum group {
#define COMMAND(id, name, group, arguments, does, more)
#define GROUP(id, title) GROUP_##id,
#include "policy/cli/commands.tbl.h"
#undef GROUP
};
static const char *const groups[] = {
#define GROUP(id, title) title,
#include "policy/cli/commands.tbl.h"
#undef GROUP
#undef COMMAND
};
#define GROUP(id, title)
#define COMMAND(id, name, group, arguments, does, more) \
    {name, GROUP_##group, arguments, does, more},
static const struct {
    const char *name;
    enum group group;
    const char *arguments, *does, *more;
} commands[N_COMMANDS] = {
#include "policy/cli/commands.tbl.h"
};
#undef COMMAND
#undef GROUP

static bool begins_group(size_t i)
{
    return i == 0 || commands[i].group != commands[i - 1].group;
}

/* --- help */

/* Words up to the last column; further lines begin at `indent`, where we are now. */
static void wrapped(struct buf *out, const char *text, size_t indent)
{
    struct str rest = STR_C(text), word;
    size_t column = indent;
    for (bool first = true; str_next(&rest, ' ', &word); first = false) {
        bool fits = first || column + 1 + word.n <= COLUMNS;
        if (!fits)
            buf_fmt(out, "\n%*s", (int)indent, "");
        else if (!first)
            buf_char(out, ' ');
        column = (fits ? column + !first : indent) + word.n;
        buf_add(out, word);
    }
    buf_char(out, '\n');
}

static void help_options(enum command command, struct buf *out)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!(rows[i].commands & (uint64_t)1 << command))
            continue;
        size_t before = out->n;
        if (rows[i].letter)
            buf_fmt(out, "  -%c, --%s", rows[i].letter, rows[i].name);
        else
            buf_fmt(out, "      --%s", rows[i].name);
        if (rows[i].value)
            buf_fmt(out, " %s", rows[i].value);
        size_t width = out->n - before;
        if (width >= 30) {
            buf_char(out, '\n');
            width = 0;
        }
        buf_fmt(out, "%*s", (int)(30 - width), "");
        wrapped(out, rows[i].help, 30);
    }
}

static void help_commands(struct buf *out)
{
    buf_c(out, "lotse-policy COMMAND [options]: who may do what on which cluster, from one text\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (begins_group(i))
            buf_fmt(out, "\n%s:\n", groups[commands[i].group]);
        buf_fmt(out, "  %-10s%s\n", commands[i].name, commands[i].does);
    }
    buf_c(out, "\nlotse-policy COMMAND --help says more; lotse-policy(1) everything.\n"
               "Exit status: 0 done, 1 findings or a difference, 2 usage or configuration,\n"
               "3 a cluster or the directory failed.\n");
}

void cli_options_help(const struct cli_options *o, bool has_command, struct buf *out)
{
    if (!has_command || o->command == N_COMMANDS) {
        help_commands(out);
        return;
    }
    const char *arguments = commands[o->command].arguments;
    buf_fmt(out, "lotse-policy %s [options]%s%s\n", commands[o->command].name,
            *arguments ? " " : "", arguments);
    wrapped(out, commands[o->command].does, 0);
    wrapped(out, commands[o->command].more, 0);
    buf_char(out, '\n');
    help_options(o->command, out);
}

/* --- the manual page */

/* troff: a leading dot or quote would be a request, a backslash an escape, a bare hyphen a
 * typographic one */
static void man_text(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_c(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_c(out, "\\e");
        else if (*text == '-')
            buf_c(out, "\\-");
        else
            buf_char(out, *text);
    }
}

static void man_commands_of(struct buf *out, uint64_t set)
{
    bool most = (set & READS) == READS;
    const char *separator = most ? " Not with " : " Only with ";
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!(set & (uint64_t)1 << i) == most) {
            buf_c(out, separator);
            man_text(out, commands[i].name);
            separator = ", ";
        }
    buf_c(out, ".");
}

void cli_options_manual(struct buf *out)
{
    buf_c(out,
          ".\\\" Made by `lotse-policy --manual` from policy/cli/*.tbl.h.\n"
          ".TH LOTSE\\-POLICY 1\n.SH NAME\nlotse\\-policy \\- compile and apply an access policy "
          "for Kubernetes clusters\n"
          ".SH SYNOPSIS\n.B lotse\\-policy\n.I COMMAND\n[options] [arguments]\n.SH DESCRIPTION\n"
          "A policy says which team may do what in which namespaces of which cluster, for how long "
          "and why.\n"
          "Teams are groups of the corporate directory; clusters get ordinary RBAC objects that "
          "bind teams, never persons.\n"
          "Every command says in one line what it looked at.\n.SH COMMANDS\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (begins_group(i))
            buf_fmt(out, ".SS %s\n", groups[commands[i].group]);
        buf_c(out, ".TP\n.B ");
        man_text(out, commands[i].name);
        buf_fmt(out, " \\fI%s\\fR\n", commands[i].arguments);
        man_text(out, commands[i].does);
        buf_char(out, '\n');
        man_text(out, commands[i].more);
        buf_char(out, '\n');
    }
    buf_c(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        buf_c(out, ".TP\n.B ");
        if (rows[i].letter)
            buf_fmt(out, "\\-%c, ", rows[i].letter);
        buf_c(out, "\\-\\-");
        man_text(out, rows[i].name);
        if (rows[i].value)
            buf_fmt(out, " \\fI%s\\fR", rows[i].value);
        buf_char(out, '\n');
        man_text(out, rows[i].help);
        buf_char(out, '.');
        if (rows[i].commands != ALL)
            man_commands_of(out, rows[i].commands);
        buf_char(out, '\n');
    }
    buf_c(out, ".SH EXIT STATUS\n.TP\n.B 0\ndone, nothing to report\n.TP\n.B 1\nfindings, a "
               "difference, or a failed test\n"
               ".TP\n.B 2\nusage or configuration\n.TP\n.B 3\na cluster or the directory failed\n"
               ".SH ENVIRONMENT\n.TP\n.B KUBECONFIG\nfiles separated by colons, as for kubectl\n"
               ".SH SEE ALSO\n.BR lotse\\-gateway (8),\n.BR lotse\\-login (1)\n");
}
