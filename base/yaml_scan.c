#include "base/yaml_scan.h"

#include "base/mem.h"

#define STEP 64

struct yaml_place {
    unsigned line,
        column; /* of the first character that begins at or behind the step's first byte */
};

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static void find_places(struct yaml_scan *scan)
{
    struct str text = scan->source->text;
    struct yaml_place at = {1, 1};
    scan->places = mem_array(text.n / STEP + 1, sizeof(*scan->places));
    for (size_t i = 0; i < text.n; i++) {
        if (i % STEP == 0)
            scan->places[i / STEP] = at;
        if (text.p[i] == '\n')
            at = (struct yaml_place){at.line + 1, 1};
        else if (i + 1 == text.n || begins_character(text.p[i + 1]))
            at.column++;
    }
    if (text.n % STEP == 0)
        scan->places[text.n / STEP] = at;
}

struct pos yaml_scan_pos(const struct yaml_scan *scan, size_t from, size_t to)
{
    struct str text = scan->source->text;
    if (from > text.n)
        from = text.n;
    struct yaml_place at = scan->places[from / STEP];
    for (size_t i = from / STEP * STEP; i < from; i++) {
        if (text.p[i] == '\n')
            at = (struct yaml_place){at.line + 1, 1};
        else if (i + 1 == text.n || begins_character(text.p[i + 1]))
            at.column++;
    }
    unsigned length = 0;
    for (size_t i = from; i < to && i < text.n && text.p[i] != '\n'; i++)
        length += begins_character(text.p[i]);
    return (struct pos){scan->source, at.line, at.column, length};
}

struct pos yaml_scan_clamp(const struct yaml_scan *scan, int line, int column)
{
    struct str text = scan->source->text;
    struct pos last = yaml_scan_pos(scan, text.n, text.n);
    if (last.column == 1 && last.line > 1) /* behind the last newline is no line to show */
        last = yaml_scan_pos(scan, text.n - 1, text.n);
    if (line < 1 || (unsigned)line > last.line ||
        ((unsigned)line == last.line && column > (int)last.column))
        return last;
    return (struct pos){scan->source, (unsigned)line, column > 0 ? (unsigned)column : 1, 1};
}

bool yaml_scan_stands(const struct yaml_scan *scan, struct pos pos, const char *characters)
{
    struct str rest = scan->source->text, line = STR_NONE;
    for (unsigned i = 0; i < pos.line; i++)
        if (!str_next(&rest, '\n', &line))
            return false;
    uint32_t code = 0;
    for (unsigned i = 0; i < pos.column && line.n > 0; i++)
        (void)utf8_take(&line, &code);
    return code > 0 && code < 0x80 && strchr(characters, (int)code) != NULL;
}

static struct pos pos_at(const struct yaml_scan *scan, struct str rest)
{
    struct str text = scan->source->text;
    size_t from = text.n - rest.n;
    return yaml_scan_pos(scan, from, from + 1);
}

/* One character; rest stands at it */
static bool check_character(const struct yaml_scan *scan, struct str rest, uint32_t code,
                            struct diags *d)
{
    if (code == '\n' || code == '\t')
        return true;
    if (code == '\r') {
        if (rest.n > 1 && rest.p[1] == '\n')
            return true;
        diag_error(d, pos_at(scan, rest), "a carriage return without a line feed");
        diag_hint(d, "end lines with LF, or with CR LF");
        return false;
    }
    if (code_point_is_control(code) || code == 0x2028 || code == 0x2029) {
        diag_error(d, pos_at(scan, rest), "the invisible control character U+%04X", (unsigned)code);
        diag_hint(d, "remove it, or write it in double quotes as an escape if it is meant");
        return false;
    }
    return true;
}

static bool check_characters(const struct yaml_scan *scan, struct diags *d)
{
    struct str rest = scan->source->text;
    if (str_starts(rest, STR("\xEF\xBB\xBF"))) {
        diag_error(d, pos_at(scan, rest), "the file begins with a byte order mark");
        diag_hint(d, "save it as UTF-8 without BOM");
        return false;
    }
    while (rest.n > 0) {
        struct str here = rest;
        uint32_t code;
        if (!utf8_take(&rest, &code)) {
            diag_error(d, pos_at(scan, here), "the byte 0x%02x is not UTF-8",
                       (unsigned)(unsigned char)here.p[0]);
            diag_hint(d, "save the file as UTF-8");
            return false;
        }
        if (!check_character(scan, here, code, d))
            return false;
    }
    return true;
}

/* Tabs as indentation and directives show at the beginning of a line. */
static bool check_lines(const struct yaml_scan *scan, struct diags *d)
{
    struct str text = scan->source->text, rest = text, line;
    bool content = false;
    while (str_next(&rest, '\n', &line)) {
        size_t from = (size_t)(line.p - text.p), i = 0;
        while (i < line.n && line.p[i] == ' ')
            i++;
        if (i < line.n && line.p[i] == '\t') {
            diag_error(d, yaml_scan_pos(scan, from + i, from + i + 1), "a tab as indentation");
            diag_hint(d, "indent with spaces");
            return false;
        }
        if (!content && line.n > 0 && line.p[0] == '%') {
            diag_error(d, yaml_scan_pos(scan, from, from + line.n),
                       "a YAML directive is not allowed here");
            diag_hint(d, "remove the line");
            return false;
        }
        content = content || (i < line.n && line.p[i] != '#' && line.p[i] != '\r');
    }
    return true;
}

bool yaml_scan_init(struct yaml_scan *scan, const struct source *source, struct diags *d)
{
    *scan = (struct yaml_scan){.source = source};
    find_places(scan);
    return check_characters(scan, d) && check_lines(scan, d);
}

void yaml_scan_fini(struct yaml_scan *scan)
{
    mem_free(scan->places);
    scan->places = NULL;
}
