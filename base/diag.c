#include "base/diag.h"

#include <stdlib.h>

#include "base/mem.h"

#define KEEP_DEFAULT   100
#define NAME_MAX_CHARS 64  /* longer names are not compared */
#define WINDOW_CHARS   100 /* how much of a long line is shown */

void diags_init(struct diags *d, struct arena *arena)
{
    *d = (struct diags){.arena = arena, .max = KEEP_DEFAULT};
}

static void add(struct diags *d, enum severity severity, struct pos pos, const char *format,
                va_list args) __attribute__((format(printf, 4, 0)));
static void add(struct diags *d, enum severity severity, struct pos pos, const char *format,
                va_list args)
{
    d->n_errors += severity == SEVERITY_ERROR;
    struct diag *diag = d->n < d->max ? ARENA_PUSH(d->arena, d) : NULL;
    d->last_kept = diag != NULL;
    if (!diag) {
        d->n_dropped++;
        return;
    }
    auto_buf text = BUF_INIT((size_t)4096);
    buf_vfmt(&text, format, args);
    *diag = (struct diag){severity, pos, arena_str(d->arena, buf_str(&text)), STR_NONE};
    if (!diag->message.p)
        diag->message = STR("wrong (no room for the reason)");
}

void diag_error(struct diags *d, struct pos pos, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, SEVERITY_ERROR, pos, format, args);
    va_end(args);
}

void diag_warn(struct diags *d, struct pos pos, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(d, SEVERITY_WARNING, pos, format, args);
    va_end(args);
}

void diag_hint(struct diags *d, const char *format, ...)
{
    if (!d->last_kept)
        return;
    auto_buf text = BUF_INIT((size_t)4096);
    va_list args;
    va_start(args, format);
    buf_vfmt(&text, format, args);
    va_end(args);
    d->items[d->n - 1].hint = arena_str(d->arena, buf_str(&text));
}

/* --- the nearest name --- */

struct word {
    uint32_t chars[NAME_MAX_CHARS];
    size_t n;
};

static bool word_from(struct str s, struct word *w)
{
    for (w->n = 0; s.n > 0 && w->n < NAME_MAX_CHARS; w->n++) {
        (void)utf8_take(&s, &w->chars[w->n]);
        if (w->chars[w->n] >= 'A' && w->chars[w->n] <= 'Z')
            w->chars[w->n] += 'a' - 'A';
    }
    return s.n == 0;
}

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein in its restricted form (a swap counts once, nothing inside it changes) */
static unsigned distance(const struct word *a, const struct word *b)
{
    unsigned rows[3][NAME_MAX_CHARS + 1];
    for (unsigned k = 0; k <= b->n; k++)
        rows[0][k] = k;
    for (unsigned i = 1; i <= a->n; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned k = 1; k <= b->n; k++) {
            unsigned change = above[k - 1] + (a->chars[i - 1] != b->chars[k - 1]);
            row[k] = least_of(change, least_of(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a->chars[i - 1] == b->chars[k - 2] &&
                a->chars[i - 2] == b->chars[k - 1])
                row[k] = least_of(row[k], above2[k - 2] + 1);
        }
    }
    return rows[a->n % 3][b->n];
}

struct str nearest_name(struct str wrong, const struct str *names, size_t n_names)
{
    struct word a, b;
    if (wrong.n == 0 || !word_from(wrong, &a))
        return STR_NONE;
    unsigned best = (unsigned)a.n / 3 + 1; /* strictly better than that */
    struct str nearest = STR_NONE;
    for (size_t i = 0; i < n_names; i++) {
        if (!word_from(names[i], &b) || b.n + best <= a.n || a.n + best <= b.n)
            continue;
        unsigned steps = distance(&a, &b);
        if (steps < best) {
            best = steps;
            nearest = names[i];
        }
    }
    return nearest;
}

void diag_hint_nearest(struct diags *d, struct str wrong, const struct str *names, size_t n_names)
{
    struct str nearest = nearest_name(wrong, names, n_names);
    if (nearest.p)
        diag_hint(d, "did you mean '%.*s'?", STR_F(nearest));
}

/* --- printing --- */

static int source_order(const struct source *a, const struct source *b)
{
    if (a == b || !a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a->name, b->name);
}

static int pos_order(const struct diag *a, const struct diag *b)
{
    int order = source_order(a->pos.source, b->pos.source);
    if (order != 0)
        return order;
    if (a->pos.line != b->pos.line)
        return a->pos.line < b->pos.line ? -1 : 1;
    if (a->pos.column != b->pos.column)
        return a->pos.column < b->pos.column ? -1 : 1;
    return (a > b) - (a < b); /* as they were found */
}

static int compare(const void *a, const void *b)
{
    return pos_order(*(const struct diag *const *)a, *(const struct diag *const *)b);
}

/* Texts of others reach a terminal: control and bidi characters become U+FFFD, a tab one space. */
static void put_char(struct buf *out, struct str *s)
{
    struct str from = *s;
    uint32_t code;
    bool good = utf8_take(s, &code);
    if (code == '\t')
        buf_char(out, ' ');
    else if (!good || code_point_is_control(code) || code == 0xFEFF)
        buf_lit(out, "\xEF\xBF\xBD");
    else
        buf_bytes(out, from.p, from.n - s->n);
}

static void put_clean(struct buf *out, struct str s)
{
    while (s.n > 0)
        put_char(out, &s);
}

static struct str line_of(struct str text, unsigned number)
{
    struct str line = STR_NONE;
    for (unsigned i = 0; i < number; i++)
        if (!str_next(&text, '\n', &line))
            return STR_NONE;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* The line with its caret; of a long line the part around the caret */
static void put_source(struct buf *out, struct pos pos)
{
    struct str line = line_of(pos.source->text, pos.line);
    unsigned column = pos.column ? pos.column : 1;
    unsigned skip = column > WINDOW_CHARS * 3 / 4 ? column - WINDOW_CHARS / 2 : 0;
    uint32_t code;
    for (unsigned i = 0; i < skip && line.n > 0; i++)
        (void)utf8_take(&line, &code);
    buf_fmt(out, "%7u | %s", pos.line, skip ? "..." : "");
    unsigned shown = 0;
    for (; shown < WINDOW_CHARS && line.n > 0; shown++)
        put_char(out, &line);
    buf_c(out, line.n > 0 ? "...\n" : "\n");
    buf_fmt(out, "        | %*s", (int)(column - 1 - skip + (skip ? 3 : 0)), "");
    unsigned at = column - 1 - skip;
    unsigned carets = pos.length ? pos.length : 1;
    if (at + carets > shown)
        carets = at < shown ? shown - at : 1;
    for (unsigned i = 0; i < carets; i++)
        buf_char(out, '^');
    buf_char(out, '\n');
}

static void put_diag(struct buf *out, const struct diag *d)
{
    static const char *const names[] = {"error", "warning", "note"};
    if (d->pos.source) {
        put_clean(out, str_from(d->pos.source->name));
        if (d->pos.line)
            buf_fmt(out, ":%u:%u", d->pos.line, d->pos.column ? d->pos.column : 1);
        buf_lit(out, ": ");
    }
    buf_fmt(out, "%s: ", names[d->severity]);
    put_clean(out, d->message);
    buf_char(out, '\n');
    if (d->pos.source && d->pos.line)
        put_source(out, d->pos);
    if (d->hint.p) {
        buf_lit(out, "        = ");
        put_clean(out, d->hint);
        buf_char(out, '\n');
    }
}

void diags_print(const struct diags *d, struct buf *out)
{
    auto_free const struct diag **sorted = mem_array(d->n, sizeof(*sorted));
    for (size_t i = 0; i < d->n; i++)
        sorted[i] = &d->items[i];
    qsort(sorted, d->n, sizeof(*sorted), compare);
    for (size_t i = 0; i < d->n; i++)
        put_diag(out, sorted[i]);
    if (d->n_dropped)
        buf_fmt(out, "and %zu more\n", d->n_dropped);
}
