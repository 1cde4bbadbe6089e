/*
 * Line by line: where a line belongs is told by its column, as in YAML; inside of a line only the
 * space between its parts changes. Afterwards both texts are read and compared, so that whatever
 * this does not understand is left alone instead of changed.
 */
#include "policy/language/policy_format.h"

#include "base/yaml.h"
#include "policy/language/policy_reader.h"

#define TEXT_MAX   ((size_t)128 << 20)
#define LEVELS_MAX 64
#define ALIGN_MAX  32 /* keys longer than this are not aligned with others */
#define STEP       2

struct level {
    size_t from, to; /* the column in the text, and in what is written */
    bool list;
};
struct line {
    struct str comment;
    size_t comment_at; /* its column in the text */
    size_t indent;     /* in what is written */
    size_t key;        /* an entry with {...} in one line: the bytes before its value; else 0 */
    struct str code;
    bool verbatim; /* as it is, with the indent in it */
};
struct lines {
    struct line *items;
    size_t n, cap;
};
struct format {
    struct arena *arena;
    struct lines lines;
    struct level levels[LEVELS_MAX];
    size_t n_levels;
    size_t flow;        /* brackets that are open */
    char quote;         /* the one that is open */
    size_t from, to;    /* of the line that began it: what follows moves as it did */
    bool block;         /* a text after | or > runs on */
    size_t block_above; /* as long as lines stand further in than this */
    bool too_deep;
};

/* --- where a line belongs */

static void push_level(struct format *f, size_t from, size_t to, bool list)
{
    if (f->n_levels == LEVELS_MAX) {
        f->too_deep = true;
        return;
    }
    f->levels[f->n_levels++] = (struct level){from, to, list};
}

static size_t place(struct format *f, size_t from, bool list)
{
    struct level *top;
    while (f->n_levels > 0 && f->levels[f->n_levels - 1].from > from)
        f->n_levels--;
    top = f->n_levels ? &f->levels[f->n_levels - 1] : NULL;
    if (top && top->from == from && top->list && !list) {
        /* the end of a list that stands no further in than its key */
        f->n_levels--;
        top = f->n_levels ? &f->levels[f->n_levels - 1] : NULL;
    }
    if (top && top->from == from && top->list == list)
        return top->to;
    push_level(f, from, top ? top->to + STEP : 0, list);
    return top ? top->to + STEP : 0;
}

/* --- inside of a line */

struct scan {
    struct format *f;
    struct str in;
    size_t at;
    struct buf *out;
    bool begin; /* a value may begin here: a quote or a bracket means something */
    bool keyed; /* the key of a block entry has passed */
    size_t key; /* bytes up to its value */
    bool plain; /* a plain text outside of brackets: nothing in it means anything */
};

static void trim_out(struct scan *s)
{
    while (s->out->n > 0 && s->out->p[s->out->n - 1] == ' ')
        s->out->n--;
}

static void skip_spaces(struct scan *s)
{
    while (s->at < s->in.n && s->in.p[s->at] == ' ')
        s->at++;
}

/* Up to the end of the quoted text, or of the line. */
static void copy_quoted(struct scan *s)
{
    char quote = s->f->quote;
    while (s->at < s->in.n) {
        char c = s->in.p[s->at++];
        buf_char(s->out, c);
        bool escape = quote == '"' && c == '\\';
        bool twice = quote == '\'' && c == '\'' && s->at < s->in.n && s->in.p[s->at] == '\'';
        if ((escape || twice) && s->at < s->in.n) {
            buf_char(s->out, s->in.p[s->at++]);
            continue;
        }
        if (c == quote) {
            s->f->quote = 0;
            return;
        }
    }
}

static bool ends_key(const struct scan *s)
{
    char next = s->at + 1 < s->in.n ? s->in.p[s->at + 1] : ' ';
    char before = s->out->n ? s->out->p[s->out->n - 1] : 0;
    bool after_quote = s->f->flow && (before == '"' || before == '\'');
    return next == ' ' || (s->f->flow && (strchr(",]}", next) || after_quote));
}

static void put_colon(struct scan *s)
{
    trim_out(s);
    s->at++;
    skip_spaces(s);
    buf_lit(s->out, ": ");
    s->begin = true;
    if (s->f->flow == 0 && !s->keyed) {
        s->keyed = true;
        s->key = s->out->n;
    }
}

/* The brackets and commas of {...} and [...]. */
static void put_flow(struct scan *s, char c)
{
    s->at++;
    skip_spaces(s);
    if (c == '{' || c == '[') {
        s->f->flow++;
        buf_char(s->out, c);
        s->begin = true;
        return;
    }
    trim_out(s);
    if (s->out->n && s->out->p[s->out->n - 1] == ':')
        buf_char(s->out, ' ');
    buf_char(s->out, c);
    if (c == ',') {
        buf_char(s->out, ' ');
        s->begin = true;
        return;
    }
    s->f->flow -= s->f->flow > 0;
    s->begin = false;
}

static bool is_flow(const struct scan *s, char c)
{
    if (c == '{' || c == '[')
        return s->f->flow || s->begin;
    return s->f->flow && (c == ',' || c == '}' || c == ']');
}

/* One part of the line; false: a comment begins. */
static bool put_part(struct scan *s)
{
    char c = s->in.p[s->at];
    bool after_space = s->at == 0 || s->in.p[s->at - 1] == ' ';
    if (c == '#' && after_space)
        return false;
    if (s->plain) {
        buf_char(s->out, c);
        s->at++;
    } else if (is_flow(s, c)) {
        put_flow(s, c);
    } else if (c == ':' && ends_key(s) && (s->f->flow || !s->keyed)) {
        put_colon(s);
    } else if ((c == '"' || c == '\'') && s->begin) {
        s->f->quote = c;
        buf_char(s->out, c);
        s->at++;
        copy_quoted(s);
        s->begin = false;
    } else {
        s->plain = s->f->flow == 0 && s->keyed && s->begin;
        s->begin = false;
        buf_char(s->out, c);
        s->at++;
    }
    return true;
}

/* The parts of a line up to its comment. */
static struct line put_line(struct format *f, struct str in, struct buf *out)
{
    struct scan s = {.f = f, .in = in, .out = out, .begin = true, .keyed = false};
    struct line line = {0};
    if (f->quote)
        copy_quoted(&s);
    while (s.at < in.n && put_part(&s))
        continue;
    trim_out(&s);
    if (s.at < in.n) {
        line.comment = str_trim(str_from_to(in, s.at, in.n));
        line.comment_at = s.at;
    }
    struct str code = buf_str(out);
    bool whole = s.key > 0 && f->flow == 0 && !f->quote && s.key < code.n && code.p[s.key] == '{';
    line.key = whole ? s.key : 0;
    line.code = arena_str(f->arena, code);
    return line;
}

static size_t spaces_of(struct str text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] == ' ')
        n++;
    return n;
}

static struct line *add_line(struct format *f, struct line line)
{
    struct line *out = ARENA_PUSH(f->arena, &f->lines);
    *out = line;
    return out;
}

/* A text after | or >: its end tells where it ends. */
static bool opens_block(struct str code)
{
    size_t at = code.n;
    while (at > 0 && strchr("|>+-123456789", code.p[at - 1]))
        at--;
    return at < code.n && (code.p[at] == '|' || code.p[at] == '>') && at > 0 &&
           code.p[at - 1] == ' ';
}

/* "- - key: value": each dash is a level of its own. */
static void block_line(struct format *f, struct str text)
{
    size_t from = spaces_of(text), first = from;
    auto_buf out = BUF_INIT(TEXT_MAX), dashes = BUF_INIT(TEXT_MAX);
    bool dash = text.p[from] == '-' && (from + 1 == text.n || text.p[from + 1] == ' ');
    size_t to = place(f, from, dash), indent = to;
    while (dash) {
        struct str rest = str_from_to(text, from + 1, text.n);
        buf_lit(&dashes, "- ");
        from += 1 + spaces_of(rest);
        if (from >= text.n || text.p[from] == '#')
            break;
        dash = text.p[from] == '-' && (from + 1 == text.n || text.p[from + 1] == ' ');
        to += STEP;
        push_level(f, from, to, dash);
    }
    f->from = first;
    f->to = indent;
    struct line line = put_line(f, str_from_to(text, from, text.n), &out);
    struct str before = str_trim(buf_str(&dashes));
    if (before.n > 0) {
        line.code = line.code.n ? CONCAT(f->arena, buf_str(&dashes), line.code) : before;
        line.code = arena_str(f->arena, line.code);
        line.key = 0;
    }
    line.comment_at += from;
    line.indent = indent;
    if (f->flow == 0 && !f->quote && opens_block(line.code)) {
        f->block = true;
        f->block_above = f->n_levels ? f->levels[f->n_levels - 1].from : 0;
    }
    add_line(f, line);
}

static void running_line(struct format *f, struct str text)
{
    size_t from = f->quote ? 0 : spaces_of(text);
    auto_buf out = BUF_INIT(TEXT_MAX);
    bool verbatim = f->quote != 0;
    struct line line = put_line(f, str_from_to(text, from, text.n), &out);
    line.key = 0;
    line.comment_at += from;
    line.indent = from + f->to > f->from ? from + f->to - f->from : 0;
    if (verbatim || f->quote) { /* space at the ends of a text in quotes may be part of it */
        line = (struct line){.code = text, .verbatim = true};
    }
    add_line(f, line);
}

static void block_text(struct format *f, struct str text)
{
    size_t from = spaces_of(text), to = f->to + from > f->from ? f->to + from - f->from : 0;
    struct line line = {.code = str_from_to(text, from, text.n), .indent = to};
    if (from == text.n)
        line.indent = 0;
    add_line(f, line);
}

static void format_line(struct format *f, struct str text)
{
    if (text.n > 0 && text.p[text.n - 1] == '\r')
        text.n--;
    if (f->block && (spaces_of(text) == text.n || spaces_of(text) > f->block_above)) {
        block_text(f, text);
        return;
    }
    f->block = false;
    struct str bare = str_trim(text);
    if (f->flow || f->quote) {
        running_line(f, text);
        return;
    }
    if (bare.n == 0)
        add_line(f, (struct line){0});
    else if (bare.p[0] == '#') /* its place is that of the next line */
        add_line(f, (struct line){.comment = bare, .comment_at = spaces_of(text)});
    else
        block_line(f, text);
}

/* --- writing */

static size_t characters(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

static bool is_blank(const struct line *line)
{
    return line->code.n == 0 && line->comment.n == 0;
}

/* Comments of their own line stand where the next line does. */
static void place_comments(struct format *f)
{
    size_t indent = 0;
    for (size_t i = f->lines.n; i > 0; i--) {
        struct line *line = &f->lines.items[i - 1];
        if (line->code.n > 0)
            indent = line->indent;
        else
            line->indent = indent;
    }
}

/* How far the values of the entries from `first` on are aligned; *ret_end: behind the last one. */
static size_t widest(const struct format *f, size_t first, size_t *ret_end)
{
    size_t width = 0, i = first;
    for (; i < f->lines.n; i++) {
        const struct line *line = &f->lines.items[i];
        if (line->key == 0 || line->key > ALIGN_MAX || line->indent != f->lines.items[first].indent)
            break;
        width = line->key > width ? line->key : width;
    }
    *ret_end = i > first ? i : first + 1;
    return width;
}

static void put_spaces(struct buf *out, size_t n)
{
    while (n-- > 0)
        buf_char(out, ' ');
}

static void write_line(const struct line *line, size_t width, struct buf *out)
{
    size_t column = line->verbatim ? 0 : line->indent;
    if (is_blank(line)) {
        buf_char(out, '\n');
        return;
    }
    put_spaces(out, column);
    if (line->key > 0 && width > line->key) {
        buf_add(out, str_from_to(line->code, 0, line->key));
        put_spaces(out, width - line->key);
        buf_add(out, str_from_to(line->code, line->key, line->code.n));
        column += width - line->key;
    } else {
        buf_add(out, line->code);
    }
    column += characters(line->code);
    if (line->comment.n > 0 && line->code.n > 0)
        put_spaces(out, line->comment_at > column + STEP ? line->comment_at - column : STEP);
    buf_add(out, line->comment);
    buf_char(out, '\n');
}

static void write_lines(const struct format *f, struct buf *out)
{
    size_t end = 0, width = 0;
    bool blank = true; /* none at the beginning */
    for (size_t i = 0; i < f->lines.n; i++) {
        const struct line *line = &f->lines.items[i];
        if (i >= end)
            width = widest(f, i, &end);
        if (is_blank(line) && !line->verbatim && blank)
            continue;
        blank = is_blank(line) && !line->verbatim;
        write_line(line, width, out);
    }
    while (out->n > 1 && out->p[out->n - 1] == '\n' && out->p[out->n - 2] == '\n')
        out->n--;
}

/* --- the same afterwards */

static bool same_tree(const struct yaml *a, const struct yaml *b);

static bool same_pair(const struct yaml_pair *a, const struct yaml_pair *b)
{
    return str_eq(a->key, b->key) && same_tree(&a->value, &b->value);
}

/* As deep as the reader allows. */
static bool same_tree(const struct yaml *a, const struct yaml *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == YAML_SCALAR)
        return a->quoted == b->quoted && str_eq(a->text, b->text);
    for (size_t i = 0; i < a->n; i++)
        if (a->kind == YAML_MAP ? !same_pair(&a->pairs[i], &b->pairs[i])
                                : !same_tree(&a->items[i], &b->items[i]))
            return false;
    return true;
}

bool policy_format(struct arena *a, const struct source *source, struct diags *d, struct str *ret)
{
    struct format f = {.arena = a};
    auto_buf out = BUF_INIT(TEXT_MAX);
    struct str rest = source->text, line;
    struct diags ignored;
    diags_init(&ignored, a);
    const struct yaml *before = yaml_read(a, source, &POLICY_LIMITS, d);
    if (!before)
        return false;
    while (str_next(&rest, '\n', &line))
        format_line(&f, line);
    place_comments(&f);
    write_lines(&f, &out);
    struct source *formatted = ARENA_NEW(a, struct source);
    formatted->name = source->name;
    formatted->text = arena_str(a, buf_str(&out));
    const struct yaml *after = yaml_read(a, formatted, &POLICY_LIMITS, &ignored);
    if (f.too_deep || buf_failed(&out) || !after || !same_tree(before, after)) {
        diag_error(d, (struct pos){.source = source},
                   "it is written in a way that cannot be laid out without changing what it says");
        return false;
    }
    *ret = formatted->text;
    return true;
}
