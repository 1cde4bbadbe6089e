#include "base/yaml_scan.h"

#define STEP 32

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

unsigned yaml_scan_characters(const char *p, size_t n)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += begins_character(p[i]);
    return count;
}

/* Only asked once a text is refused. */
static struct pos pos_of(const struct source *source, size_t from, size_t to)
{
    struct pos pos = {source, 1, 1, 0};
    size_t line = 0;
    for (size_t i = 0; i < from; i++)
        if (source->text.p[i] == '\n') {
            pos.line++;
            line = i + 1;
        }
    pos.column = 1 + yaml_scan_characters(source->text.p + line, from - line);
    while (to > from && source->text.p[to - 1] == '\n')
        to--;
    pos.length = yaml_scan_characters(source->text.p + from, to - from);
    return pos;
}

static struct pos pos_at(const struct source *source, struct str rest)
{
    size_t from = source->text.n - rest.n;
    return pos_of(source, from, from + 1);
}

/* Bytes at the front that need no second look: printable ASCII and line feeds, a step at a time
 * without a branch in it. */
static size_t plain_bytes(struct str rest)
{
    size_t n = 0;
    for (; n + STEP <= rest.n; n += STEP) {
        unsigned odd = 0;
        for (size_t i = 0; i < STEP; i++) {
            unsigned char c = (unsigned char)rest.p[n + i];
            odd |= (unsigned)(c < 0x20 && c != '\n') | (unsigned)(c >= 0x7F);
        }
        if (odd)
            break;
    }
    return n;
}

/* One character; rest stands at it */
static bool check_character(const struct source *source, struct str rest, uint32_t code,
                            struct diags *d)
{
    if (code == '\n' || code == '\t')
        return true;
    if (code == '\r') {
        if (rest.n > 1 && rest.p[1] == '\n')
            return true;
        diag_error(d, pos_at(source, rest), "a carriage return without a line feed");
        diag_hint(d, "end lines with LF, or with CR LF");
        return false;
    }
    if (code_point_is_control(code) || code == 0x2028 || code == 0x2029 || code == 0xFEFF) {
        diag_error(d, pos_at(source, rest), "the invisible control character U+%04X",
                   (unsigned)code);
        diag_hint(d, "remove it, or write it in double quotes as an escape if it is meant");
        return false;
    }
    return true;
}

static bool check_characters(const struct source *source, struct diags *d, bool *ret_ascii,
                             bool *ret_tabs)
{
    struct str rest = source->text;
    if (str_starts(rest, STR("\xEF\xBB\xBF"))) {
        diag_error(d, pos_at(source, rest), "the file begins with a byte order mark");
        diag_hint(d, "save it as UTF-8 without BOM");
        return false;
    }
    *ret_ascii = true;
    *ret_tabs = false;
    while (rest.n > 0) {
        size_t n = plain_bytes(rest);
        rest = str_from_to(rest, n, rest.n);
        for (size_t end = rest.n > STEP ? rest.n - STEP : 0; rest.n > end;) {
            struct str here = rest;
            uint32_t code;
            if (!utf8_take(&rest, &code)) {
                diag_error(d, pos_at(source, here), "the byte 0x%02x is not UTF-8",
                           (unsigned)(unsigned char)here.p[0]);
                diag_hint(d, "save the file as UTF-8");
                return false;
            }
            if (code >= 0x20 && code < 0x7F)
                continue;
            if (!check_character(source, here, code, d))
                return false;
            *ret_ascii = *ret_ascii && code < 0x80;
            *ret_tabs = *ret_tabs || code == '\t';
        }
    }
    return true;
}

/* Directives, and where there are tabs those that indent, show at the beginning of a line. */
static bool check_lines(const struct source *source, bool tabs, struct diags *d)
{
    struct str text = source->text, rest = text, line;
    bool content = false;
    while ((tabs || !content) && str_next(&rest, '\n', &line)) {
        size_t from = (size_t)(line.p - text.p), i = 0;
        while (i < line.n && line.p[i] == ' ')
            i++;
        if (i < line.n && line.p[i] == '\t') {
            diag_error(d, pos_of(source, from + i, from + i + 1), "a tab as indentation");
            diag_hint(d, "indent with spaces");
            return false;
        }
        if (!content && line.n > 0 && line.p[0] == '%') {
            diag_error(d, pos_of(source, from, from + line.n),
                       "a YAML directive is not allowed here");
            diag_hint(d, "remove the line");
            return false;
        }
        content = content || (i < line.n && line.p[i] != '#' && line.p[i] != '\r');
    }
    return true;
}

bool yaml_scan(const struct source *source, struct diags *d, bool *ret_ascii)
{
    bool tabs;
    return check_characters(source, d, ret_ascii, &tabs) && check_lines(source, tabs, d);
}
