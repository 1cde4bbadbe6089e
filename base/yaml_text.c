/* Reading: texts. Plain, in quotes, and blocks behind | and >. YAML 1.2.2, 7.3 and 8.1. */
#include "base/yaml_reader.h"

/* Where a text is built: over the copy of what it is read from. */
struct writer {
    char *start, *end;
    char *floor; /* blanks before it stay: they were escaped */
    long indent; /* of what the text is in: its further lines have more */
};

static struct writer writer_at(const struct yaml_reader *r, size_t at)
{
    char *p = r->copy + at;
    return (struct writer){p, p, p, -1};
}

static void put(struct writer *w, const char *p, size_t n)
{
    memmove(w->end, p, n);
    w->end += n;
}

static void put_breaks(struct writer *w, size_t n)
{
    memset(w->end, '\n', n);
    w->end += n;
}

/* Lines are joined by a space; what lies between them is kept, but for one line feed. */
static void put_fold(struct writer *w, size_t n_breaks)
{
    if (n_breaks == 1)
        *w->end++ = ' ';
    else
        put_breaks(w, n_breaks - 1);
}

static struct str text_of(const struct writer *w)
{
    *w->end = '\0';
    return (struct str){w->start, (size_t)(w->end - w->start)};
}

/* Over the end of this line and the empty ones behind it, to what the next one begins with. */
static size_t next_lines(struct yaml_reader *r)
{
    size_t n_breaks = 0;
    while (r->at < r->n && yaml_is_end(r->p[r->at])) {
        yaml_next_line(r);
        n_breaks++;
        if (yaml_at_marker(r))
            break;
        while (yaml_is_blank(yaml_peek(r, 0)))
            r->at++;
    }
    return n_breaks;
}

/* --- plain */

static bool check_first(struct yaml_reader *r, bool flow)
{
    char c = yaml_peek(r, 0), next = yaml_peek(r, 1);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    bool lonely = yaml_is_gap(next) || (flow && yaml_is_flow(next));
    if (c == '#')
        return yaml_wrong(r, "a comment needs a space before it");
    if ((c == '-' || c == '?' || c == ':') ? lonely : strchr(",[]{}&*!|>'\"%@`", c) != NULL) {
        (void)yaml_wrong(r, "'%c' cannot start a text without quotes", c);
        diag_hint(r->d, "put the text in quotes");
        return false;
    }
    return true;
}

/* To the character that ends the text in this line; gives the end of the text. */
static size_t plain_line(struct yaml_reader *r, bool flow)
{
    static const char block_stops[256] = {['\n'] = 1, ['\r'] = 1, [':'] = 1, ['#'] = 1};
    static const char flow_stops[256] = {['\n'] = 1, ['\r'] = 1, [':'] = 1, ['#'] = 1, [','] = 1,
                                         ['['] = 1,  [']'] = 1,  ['{'] = 1, ['}'] = 1};
    const char *stops = flow ? flow_stops : block_stops, *p = r->p;
    size_t i = r->at, start = i;
    for (; i < r->n; i++) {
        if (!stops[(unsigned char)p[i]])
            continue;
        if (p[i] == ':') {
            char next = i + 1 < r->n ? p[i + 1] : '\0';
            if (!yaml_is_gap(next) && !(flow && yaml_is_flow(next)))
                continue;
        }
        if (p[i] == '#' && !yaml_is_blank(p[i - 1]))
            continue;
        break;
    }
    r->at = i;
    while (i > start && yaml_is_blank(p[i - 1]))
        i--;
    return i;
}

/* Does the text go on in the line that begins here? */
static bool goes_on(const struct yaml_reader *r, bool flow, long indent)
{
    char c = yaml_peek(r, 0);
    if (r->at >= r->n || c == '#' || yaml_at_marker(r) || (long)yaml_column(r) <= indent)
        return false;
    if (!flow)
        return true;
    char next = yaml_peek(r, 1);
    return !yaml_is_flow(c) && !(c == ':' && (yaml_is_gap(next) || yaml_is_flow(next)));
}

bool yaml_plain(struct yaml_reader *r, enum yaml_context context, long indent,
                struct yaml_scalar *ret)
{
    bool flow = context == YAML_FLOW;
    size_t start = r->at;
    if (!check_first(r, flow))
        return false;
    size_t end = plain_line(r, flow);
    *ret = (struct yaml_scalar){.pos = yaml_pos(r, start, end)};
    struct writer w = writer_at(r, start);
    w.end += end - start;
    while (context != YAML_BLOCK_KEY && r->at < r->n && yaml_is_end(r->p[r->at])) {
        struct yaml_reader here = *r;
        size_t n_breaks = next_lines(r);
        if (!goes_on(r, flow, indent)) {
            r->at = here.at;
            r->line = here.line;
            r->line_start = here.line_start;
            break;
        }
        size_t from = r->at;
        put_fold(&w, n_breaks);
        end = plain_line(r, flow);
        put(&w, r->p + from, end - from);
        ret->many_lines = true;
    }
    ret->key = yaml_peek(r, 0) == ':';
    ret->text = text_of(&w);
    return true;
}

/* --- in quotes */

static bool not_a_character(struct yaml_reader *r, const struct yaml_scalar *s, uint32_t code)
{
    diag_error(r->d, s->pos, "the text contains the control character U+%04X", (unsigned)code);
    return false;
}

static void put_code(struct writer *w, uint32_t code)
{
    if (code < 0x80) {
        *w->end++ = (char)code;
    } else if (code < 0x800) {
        *w->end++ = (char)(0xC0 | code >> 6);
        *w->end++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *w->end++ = (char)(0xE0 | code >> 12);
        *w->end++ = (char)(0x80 | (code >> 6 & 0x3F));
        *w->end++ = (char)(0x80 | (code & 0x3F));
    } else {
        *w->end++ = (char)(0xF0 | code >> 18);
        *w->end++ = (char)(0x80 | (code >> 12 & 0x3F));
        *w->end++ = (char)(0x80 | (code >> 6 & 0x3F));
        *w->end++ = (char)(0x80 | (code & 0x3F));
    }
}

static bool hex_digits(const struct yaml_reader *r, size_t ahead, size_t n, uint32_t *ret_code)
{
    uint32_t code = 0;
    for (size_t i = 0; i < n; i++) {
        char c = yaml_peek(r, ahead + i);
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit > 15 || code > UINT32_MAX >> 4)
            return false;
        code = code << 4 | digit;
    }
    *ret_code = code;
    return true;
}

/* Behind "\x", "\u", "\U"; JSON writes two halves of four digits for what lies above U+FFFF. */
static bool hex_code(const struct yaml_reader *r, size_t *n_digits, uint32_t *ret_code)
{
    uint32_t code = 0, low = 0;
    if (!hex_digits(r, 2, *n_digits, &code))
        return false;
    if (*n_digits == 4 && code >= 0xD800 && code <= 0xDBFF) {
        if (yaml_peek(r, 6) != '\\' || yaml_peek(r, 7) != 'u' || !hex_digits(r, 8, 4, &low) ||
            low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        *n_digits += 6;
    }
    *ret_code = code;
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

/* r stands at the backslash. */
static bool escape(struct yaml_reader *r, struct writer *w, const struct yaml_scalar *s)
{
    static const struct {
        char written, meant;
    } rows[] = {{'0', 0},    {'a', 7},   {'b', 8},   {'t', '\t'}, {'\t', '\t'},
                {'n', '\n'}, {'v', 11},  {'f', 12},  {'r', '\r'}, {'e', 27},
                {' ', ' '},  {'"', '"'}, {'/', '/'}, {'\\', '\\'}};
    char c = yaml_peek(r, 1);
    size_t n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0, i = 0;
    uint32_t code = c == 'N' ? 0x85 : 0xA0;
    bool good = n_digits ? hex_code(r, &n_digits, &code) : c == 'N' || c == '_';
    for (; !good && !n_digits && i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].written == c) {
            code = (unsigned char)rows[i].meant;
            good = true;
        }
    if (!good) {
        (void)yaml_wrong(r, "an escape that double quotes do not know");
        diag_hint(r->d, "a backslash is written \\\\, or the text in single quotes");
        return false;
    }
    if (code_point_is_control(code) && code != '\n' && code != '\t')
        return not_a_character(r, s, code);
    r->at += 2 + n_digits;
    put_code(w, code);
    w->floor = w->end;
    return true;
}

static bool not_closed(struct yaml_reader *r, const struct yaml_scalar *s)
{
    struct pos pos = s->pos; /* behind the quote: there begins what is not closed */
    pos.column++;
    pos.length = pos.length > 1 ? pos.length - 1 : 1;
    diag_error(r->d, pos, "a text without closing quote");
    return false;
}

/* The line ends inside of the quotes. */
static bool fold_line(struct yaml_reader *r, struct writer *w, const struct yaml_scalar *s,
                      bool escaped)
{
    while (!escaped && w->end > w->floor && yaml_is_blank(w->end[-1]))
        w->end--;
    size_t n_breaks = next_lines(r);
    if (r->at >= r->n || yaml_at_marker(r))
        return not_closed(r, s);
    if ((long)yaml_column(r) <= w->indent)
        return yaml_wrong(r, "this line of the text must be indented more than what it is in");
    if (escaped)
        put_breaks(w, n_breaks - 1);
    else
        put_fold(w, n_breaks);
    w->floor = w->end;
    return true;
}

/* One step at a character that is not itself. False: an error, or *ret_closed. */
static bool quoted_step(struct yaml_reader *r, struct writer *w, struct yaml_scalar *s,
                        bool *ret_closed)
{
    char c = yaml_peek(r, 0);
    if (r->at >= r->n)
        return not_closed(r, s);
    if (c == '\'' && yaml_peek(r, 1) == '\'') {
        *w->end++ = '\'';
        r->at += 2;
        return true;
    }
    if (c == '\'' || c == '"') {
        r->at++;
        *ret_closed = true;
        return false;
    }
    bool escaped = c == '\\' && yaml_is_end(yaml_peek(r, 1));
    if (c == '\\' && !escaped)
        return escape(r, w, s);
    r->at += escaped;
    s->many_lines = true;
    return fold_line(r, w, s, escaped);
}

bool yaml_quoted(struct yaml_reader *r, enum yaml_context context, long indent,
                 struct yaml_scalar *ret)
{
    static const char single_stops[256] = {['\n'] = 1, ['\r'] = 1, ['\''] = 1};
    static const char double_stops[256] = {['\n'] = 1, ['\r'] = 1, ['"'] = 1, ['\\'] = 1};
    const char *stops = yaml_peek(r, 0) == '"' ? double_stops : single_stops;
    size_t start = r->at++;
    struct writer w = writer_at(r, start + 1);
    w.indent = indent;
    bool closed = false;
    *ret = (struct yaml_scalar){.pos = yaml_pos(r, start, start + 1), .quoted = true};
    do {
        size_t from = r->at;
        while (r->at < r->n && !stops[(unsigned char)r->p[r->at]])
            r->at++;
        if (!ret->many_lines) {
            size_t end = r->at + (yaml_peek(r, 0) == '"' || yaml_peek(r, 0) == '\'');
            ret->pos.length = r->ascii ? (unsigned)(end - start) : yaml_pos(r, start, end).length;
        }
        if (w.end != r->copy + from)
            put(&w, r->p + from, r->at - from);
        else
            w.end += r->at - from;
    } while (quoted_step(r, &w, ret, &closed));
    if (!closed)
        return false;
    ret->text = text_of(&w);
    size_t ahead = 0;
    while (yaml_is_blank(yaml_peek(r, ahead)))
        ahead++;
    ret->key = yaml_peek(r, ahead) == ':' &&
               (context == YAML_FLOW || yaml_is_gap(yaml_peek(r, ahead + 1)));
    r->at += ret->key ? ahead : 0;
    return true;
}

/* --- blocks */

struct block {
    bool folded;
    char chomp;    /* '-' strip, '+' keep, else one line feed */
    size_t indent; /* of the content */
    bool known;    /* indent is */
};

static bool read_header(struct yaml_reader *r, long indent, struct block *b)
{
    b->folded = yaml_peek(r, 0) == '>';
    r->at++;
    for (int i = 0; i < 2; i++) {
        char c = yaml_peek(r, 0);
        if (c >= '1' && c <= '9' && !b->known) {
            b->indent = (size_t)(indent + (c - '0'));
            b->known = true;
            r->at++;
        } else if ((c == '-' || c == '+') && !b->chomp) {
            b->chomp = c;
            r->at++;
        }
    }
    bool blank = yaml_is_blank(yaml_peek(r, 0));
    while (yaml_is_blank(yaml_peek(r, 0)))
        r->at++;
    if (blank && yaml_peek(r, 0) == '#')
        while (!yaml_is_end(yaml_peek(r, 0)))
            r->at++;
    if (!yaml_is_end(yaml_peek(r, 0)))
        return yaml_wrong(r, "the text of a block begins in the next line");
    if (r->at < r->n)
        yaml_next_line(r);
    return true;
}

/* The indentation is that of the first line that is not empty. */
static bool find_indent(struct yaml_reader *r, long indent, struct block *b)
{
    size_t at = r->at, most = 0;
    while (!b->known && at < r->n) {
        size_t from = at;
        while (at < r->n && r->p[at] == ' ')
            at++;
        if (at < r->n && !yaml_is_end(r->p[at])) {
            b->indent = at - from;
            b->known = (long)b->indent > indent;
            break;
        }
        most = at - from > most ? at - from : most;
        at += at < r->n && r->p[at] == '\r';
        at += at < r->n;
    }
    if (b->known && most > b->indent)
        return yaml_wrong(r, "an empty line begins with more spaces than the text of this block");
    return true;
}

/* In this line: content? Then r stands at it. */
static bool block_line(struct yaml_reader *r, const struct block *b)
{
    size_t n = 0;
    while (n < b->indent && yaml_peek(r, n) == ' ')
        n++;
    if (n < b->indent || yaml_at_marker(r))
        return false;
    r->at += n;
    return r->at < r->n;
}

static bool empty_line(const struct yaml_reader *r, const struct block *b)
{
    size_t n = 0;
    while (yaml_peek(r, n) == ' ' && (!b->known || n < b->indent))
        n++;
    return yaml_is_end(yaml_peek(r, n));
}

static void skip_line(struct yaml_reader *r)
{
    while (!yaml_is_end(yaml_peek(r, 0)))
        r->at++;
}

static void put_between(struct writer *w, const struct block *b, size_t n_breaks, bool indented)
{
    if (w->end > w->start && b->folded && !indented && n_breaks > 0)
        put_fold(w, n_breaks);
    else
        put_breaks(w, n_breaks);
}

bool yaml_block_text(struct yaml_reader *r, long indent, struct yaml_scalar *ret)
{
    struct block b = {0};
    struct writer w = writer_at(r, r->at);
    size_t n_breaks = 0;
    bool indented = false, any = false;
    *ret = (struct yaml_scalar){.pos = yaml_pos(r, r->at, r->at + 1), .quoted = true};
    if (indent < 0)
        return yaml_wrong(r, "a block of text cannot be the whole file");
    if (!read_header(r, indent, &b) || !find_indent(r, indent, &b))
        return false;
    while (r->at < r->n) {
        if (empty_line(r, &b)) {
            skip_line(r);
            n_breaks += r->at < r->n;
            if (r->at < r->n)
                yaml_next_line(r);
            continue;
        }
        if (!b.known || !block_line(r, &b))
            break;
        size_t from = r->at;
        bool now = yaml_is_blank(yaml_peek(r, 0));
        skip_line(r);
        put_between(&w, &b, n_breaks, indented || now || !any);
        put(&w, r->p + from, r->at - from);
        indented = now;
        any = true;
        n_breaks = r->at < r->n;
        if (r->at < r->n)
            yaml_next_line(r);
    }
    if (!any) {
        diag_error(r->d, ret->pos, "a block without a text");
        diag_hint(r->d, "an empty text is written ''");
        return false;
    }
    put_breaks(&w, b.chomp == '+' ? n_breaks : b.chomp == '-' ? 0 : 1);
    ret->text = text_of(&w);
    return true;
}
