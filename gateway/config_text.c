/* Sample, manual page and reference: the same rows in three dresses. */
#include "gateway/config_internal.h"

#define SAMPLE_WIDTH 96

/* --- sample */

static void comment(struct buf *out, const char *indent, const char *text)
{
    struct str rest = str_from(text), word;
    size_t column = strlen(indent) + 1;
    buf_fmt(out, "%s#", indent);
    while (str_next(&rest, ' ', &word)) {
        if (column + word.n + 1 > SAMPLE_WIDTH) {
            buf_fmt(out, "\n%s#", indent);
            column = strlen(indent) + 1;
        }
        buf_fmt(out, " %.*s", STR_F(word));
        column += word.n + 1;
    }
    buf_lit(out, "\n");
}

static void example_lines(struct buf *out, const char *indent, const char *text)
{
    struct str rest = str_from(text), line;
    while (str_next(&rest, '\n', &line))
        buf_fmt(out, "%s  %.*s\n", indent, STR_F(line));
}

/* Keys an operator has to think about are written out, the others stand there with their default,
 * commented. */
static bool is_active(const struct config_row *row)
{
    return row->need == MUST || row->kind == ROW_LATER || (row->example && row->section[0]);
}

static bool section_is_active(const struct row_table *t, const char *section)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->rows[i].section, section) == 0 && is_active(&t->rows[i]))
            return true;
    return false;
}

static void sample_row(struct buf *out, const struct config_row *row, bool section_active)
{
    const char *indent = row->section[0] ? "  " : "";
    const char *hash = is_active(row) ? "" : section_active || !row->section[0] ? "# " : "#";
    const char *none = row->kind == ROW_TEXTS ? "[]" : "";
    const char *value = row->example ? row->example : row->fallback ? row->fallback : none;
    bool quoted = row->kind == ROW_TEXT || (row->kind == ROW_TEXTS && value[0] != '[');
    comment(out, indent, row->help);
    if (row->choices)
        buf_fmt(out, "%s# one of: %s\n", indent, row->choices);
    if (row->kind == ROW_LATER) {
        buf_fmt(out, "%s%s:\n", indent, row->name);
        example_lines(out, indent, value);
    } else {
        buf_fmt(out, "%s%s%s: %s%s%s\n", indent, hash, row->name, quoted ? "\"" : "", value,
                quoted ? "\"" : "");
    }
}

void config_sample(struct buf *out)
{
    const char *section = "";
    bool active = true;
    buf_lit(out, "# Configuration of lotse-gateway. `lotse-gateway --check FILE` says what is "
                 "wrong with it;\n"
                 "# paths are relative to this file; SIGHUP reads it again (issuer, listen, "
                 "metrics, key_file,\n"
                 "# store and limits need a restart). Commented keys show their defaults.\n");
    for (size_t i = 0; i < config_table.n; i++) {
        const struct config_row *row = &config_table.rows[i];
        buf_lit(out, "\n");
        if (strcmp(section, row->section) != 0 && row->section[0]) {
            active = section_is_active(&config_table, row->section);
            buf_fmt(out, "%s%s:\n", active ? "" : "#", row->section);
        }
        section = row->section;
        sample_row(out, row, active);
    }
}

/* --- manual page (man-pages(7)): options and configuration */

/* roff reads a dot or quote at the start of a line, and backslashes anywhere. */
static void roff(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\\' || *p == '-')
            buf_char(out, '\\');
        if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
            buf_lit(out, "\\&");
        buf_char(out, *p);
    }
}

static void manual_key(struct buf *out, const struct config_row *row)
{
    buf_lit(out, ".TP\n.B ");
    roff(out, row->section);
    roff(out, row->section[0] ? "." : "");
    roff(out, row->name);
    buf_lit(out, "\n");
    roff(out, row->help);
    if (row->choices) {
        buf_lit(out, "\nOne of: ");
        roff(out, row->choices);
        buf_lit(out, ".");
    }
    if (row->need == MUST)
        buf_lit(out, "\nRequired.");
    if (row->fallback) {
        buf_lit(out, "\nDefault: ");
        roff(out, row->fallback);
        buf_lit(out, ".");
    }
    buf_lit(out, "\n");
}

static void manual_table(struct buf *out, const char *title, const struct row_table *t)
{
    buf_fmt(out, ".SS %s\n", title);
    for (size_t i = 0; i < t->n; i++)
        manual_key(out, &t->rows[i]);
}

static void manual_connectors(struct buf *out)
{
    buf_lit(out, ".SS connectors (list)\n");
    for (size_t i = 0; i < n_connector_keys; i++) {
        const struct connector_key *k = &connector_keys[i];
        buf_lit(out, ".TP\n.B ");
        roff(out, k->section);
        roff(out, k->section[0] ? "." : "");
        roff(out, k->name);
        buf_lit(out, "\n");
        roff(out, k->help);
        buf_lit(out, " (");
        roff(out, k->value);
        buf_lit(out, ").\n");
    }
}

static void manual_option(struct buf *out, const char *name, const char *argument, const char *help)
{
    buf_lit(out, ".TP\n.B \\-\\-");
    roff(out, name);
    if (argument)
        buf_fmt(out, " \\fI%s\\fR", argument);
    buf_lit(out, "\n");
    roff(out, help);
    buf_lit(out, "\n");
}

void config_manual(struct buf *out)
{
    buf_lit(out, ".TH LOTSE-GATEWAY 8 \"\" \"Lotse\" \"System Administration\"\n"
                 ".SH NAME\nlotse-gateway \\- authentication gateway in front of Kubernetes\n"
                 ".SH SYNOPSIS\n.B lotse-gateway\n\\fIOPTION\\fR\n"
                 ".SH OPTIONS\n");
#define OPTION(symbol, name, argument, help) manual_option(out, name, argument, help);
#include "gateway/option.tbl.h"
#undef OPTION
    buf_lit(out,
            ".SH SIGNALS\nSIGHUP reads the configuration, the policy and the certificate again; "
            "SIGTERM and SIGINT end cleanly.\n"
            ".SH EXIT STATUS\n0 fine, 1 failed, 2 wrong usage or configuration, 3 the store is "
            "in use by another gateway or not usable.\n"
            ".SH CONFIGURATION\nA YAML file without anchors, tags and duplicate keys. Paths are "
            "relative to it. "
            "Every mistake is reported with its line and column by\n.BR \"lotse-gateway "
            "\\-\\-check FILE\" .\n");
    manual_table(out, "top level and sections", &config_table);
    manual_table(out, "clients (list)", &config_client_table);
    manual_table(out, "kubernetes.sites (list)", &config_site_table);
    manual_connectors(out);
    buf_lit(out, ".SH SEE ALSO\n.BR lotse-login (1),\n.BR lotse-policy (1)\n");
}

/* --- reference in Markdown */

static void cell(struct buf *out, const char *text)
{
    for (const char *p = text ? text : ""; *p; p++) {
        if (*p == '|')
            buf_char(out, '\\');
        buf_char(out, *p == '\n' ? ' ' : *p);
    }
}

static void reference_table(struct buf *out, const char *title, const struct row_table *t)
{
    buf_fmt(out, "\n## %s\n\n| key | default | meaning |\n|---|---|---|\n", title);
    for (size_t i = 0; i < t->n; i++) {
        const struct config_row *row = &t->rows[i];
        buf_fmt(out, "| `%s%s%s` | ", row->section, row->section[0] ? "." : "", row->name);
        if (row->fallback)
            buf_fmt(out, "`%s`", row->fallback);
        else
            buf_c(out, row->need == MUST ? "required" : "");
        buf_lit(out, " | ");
        cell(out, row->help);
        if (row->choices) {
            buf_lit(out, " One of `");
            cell(out, row->choices);
            buf_lit(out, "`.");
        }
        buf_lit(out, " |\n");
    }
}

void config_reference(struct buf *out)
{
    buf_lit(out, "# Configuration of lotse-gateway\n\nMade by `lotse-gateway --reference` from the "
                 "tables the reader "
                 "itself uses; a test compares the two.\n");
    reference_table(out, "Top level and sections", &config_table);
    reference_table(out, "Entries of `clients`", &config_client_table);
    reference_table(out, "Entries of `kubernetes.sites`", &config_site_table);
    buf_lit(out,
            "\n## Entries of `connectors`\n\n| key | for | value | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < n_connector_keys; i++) {
        const struct connector_key *k = &connector_keys[i];
        buf_fmt(out, "| `%s%s%s` | %s | `", k->section, k->section[0] ? "." : "", k->name, k->type);
        cell(out, k->value);
        buf_lit(out, "` | ");
        cell(out, k->help);
        buf_lit(out, " |\n");
    }
}
