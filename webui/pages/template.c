#include "webui/pages/template.h"

#define DEPTH_MAX 8

struct frame { /* the variables in sight: the innermost row first */
    const struct template_var *vars;
    const struct frame *outer;
    const struct template_words *words;
    int depth;
};

struct tag {
    char sigil; /* 0, '#', '^', '/', '>' */
    struct str name;
};

static const struct template_var *find(const struct frame *f, struct str name)
{
    for (; f; f = f->outer)
        for (const struct template_var *v = f->vars; v && v->name; v++)
            if (str_is(name, v->name))
                return v;
    return NULL;
}

/* Copies what stands before the next tag, takes the tag off the front of *rest. False at the end.
 */
static bool next_tag(struct str *rest, struct buf *out, struct tag *ret)
{
    const char *open = rest->n ? memmem(rest->p, rest->n, "{{", 2) : NULL;
    const char *close = open ? memmem(open, (size_t)(rest->p + rest->n - open), "}}", 2) : NULL;
    if (!close) {
        if (out)
            buf_add(out, *rest);
        *rest = STR_NONE;
        return false;
    }
    if (out)
        buf_bytes(out, rest->p, (size_t)(open - rest->p));
    struct str name = {open + 2, (size_t)(close - open - 2)};
    *ret = (struct tag){.sigil = 0, .name = name};
    if (name.n && strchr("#^/>", name.p[0]))
        *ret = (struct tag){.sigil = name.p[0], .name = {name.p + 1, name.n - 1}};
    *rest = (struct str){close + 2, (size_t)(rest->p + rest->n - close - 2)};
    return true;
}

/* Takes a section's inside off the front of *rest, up to its closing tag (sections of the same name
 * do not nest). */
static struct str section_take(struct str *rest, struct str name)
{
    const char *start = rest->p;
    for (;;) {
        const char *before = rest->p;
        struct tag t;
        if (!next_tag(rest, NULL, &t))
            return (struct str){start, 0};
        if (t.sigil == '/' && str_eq(t.name, name)) {
            const char *tag = memmem(before, (size_t)(rest->p - before), "{{/", 3);
            return (struct str){start, (size_t)(tag - start)};
        }
    }
}

static bool is_set(const struct template_var *v)
{
    if (!v)
        return false;
    switch (v->type) {
    case VAR_FLAG: return v->flag;
    case VAR_LIST: return v->n_rows > 0;
    case VAR_TEXT:
    case VAR_STATIC: return v->text.n > 0;
    }
    return false;
}

static void fill(struct buf *out, struct str html, const struct frame *f);

static void fill_section(struct buf *out, struct str inside, const struct template_var *v,
                         const struct frame *f)
{
    struct frame inner = {.outer = f, .words = f->words, .depth = f->depth + 1};
    if (inner.depth > DEPTH_MAX)
        return;
    if (!v || v->type != VAR_LIST) {
        fill(out, inside, &inner);
        return;
    }
    for (size_t i = 0; i < v->n_rows; i++) {
        inner.vars = v->rows[i].vars;
        fill(out, inside, &inner);
    }
}

static void fill_value(struct buf *out, struct tag t, const struct frame *f)
{
    const struct template_var *v = find(f, t.name);
    if (t.sigil == '>' && v && v->type == VAR_STATIC)
        buf_add(out, v->text);
    else if (t.sigil == 0 && str_starts(t.name, STR("t.")))
        buf_html(out, f->words->word(f->words, str_from_to(t.name, 2, t.name.n)));
    else if (t.sigil == 0 && v && v->type == VAR_TEXT)
        buf_html(out, v->text);
}

static void fill(struct buf *out, struct str html, const struct frame *f)
{
    struct tag t;
    while (next_tag(&html, out, &t)) {
        if (t.sigil != '#' && t.sigil != '^') {
            fill_value(out, t, f);
            continue;
        }
        struct str inside = section_take(&html, t.name);
        const struct template_var *v = find(f, t.name);
        if (is_set(v) == (t.sigil == '#'))
            fill_section(out, inside, t.sigil == '#' ? v : NULL, f);
    }
}

void template_fill(struct buf *out, struct str html, const struct template_var *vars,
                   const struct template_words *words)
{
    struct frame f = {.vars = vars, .words = words};
    fill(out, html, &f);
}
