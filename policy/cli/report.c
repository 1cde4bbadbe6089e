/* How a run speaks: text line by line, JSON as one object at the end. */
#include <stdio.h>

#include "policy/cli/run.h"

void run_init(struct run *s, const struct cli_options *options, struct arena *a)
{
    *s = (struct run){.options = options, .clock = &clock_system, .arena = a};
    s->now_ms = options->now_ms ? options->now_ms : clock_now_ms(s->clock);
    diags_init(&s->diags, a);
    buf_init(&s->out, (size_t)256 << 20);
    json_out_init(&s->json, &s->out);
    if (options->json)
        json_open_object(&s->json);
}

static void diag_json(struct json_out *j, const struct diag *one)
{
    static const char *const names[] = {
        [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_NOTE] = "note"};
    json_open_object(j);
    json_put_str(j, "severity", STR_C(names[one->severity]));
    if (one->pos.line) {
        json_put_str(j, "file", STR_C(one->pos.source->name));
        json_put_i64(j, "line", one->pos.line);
        json_put_i64(j, "column", one->pos.column);
    }
    json_put_str(j, "message", one->message);
    json_put_str_opt(j, "hint", one->hint);
    json_close_object(j);
}

/* All policies of the run together: a key stands once in an object. */
static void diags_json(struct run *s)
{
    json_key(&s->json, "diagnostics");
    json_open_array(&s->json);
    for (size_t i = 0; i < s->said.n; i++)
        for (size_t k = 0; k < s->said.items[i].n; k++)
            diag_json(&s->json, &s->said.items[i].items[k]);
    json_close_array(&s->json);
}

void run_fini(struct run *s)
{
    if (s->options->json) {
        if (s->said.n)
            diags_json(s);
        json_put_strs(&s->json, "errors", s->errors.items, s->errors.n);
        json_close_object(&s->json);
        buf_char(&s->out, '\n');
        fwrite(buf_cstr(&s->out), 1, s->out.n, stdout);
    }
    for (size_t i = 0; s->apis && i < s->n_clusters; i++)
        api_free(s->apis[i]);
    buf_fini(&s->out);
}

/* Names that stand on a cluster are anybody's, and a terminal obeys what is in them. */
static void show(struct str text, FILE *to)
{
    auto_buf shown = BUF_INIT(6 * text.n + 1);
    buf_shown(&shown, text);
    fwrite(buf_cstr(&shown), 1, shown.n, to);
}

void run_show(struct str text)
{
    show(text, stdout);
}

void run_print(const struct buf *line)
{
    show(buf_str(line), stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

void run_say_buf(struct run *s, const struct buf *line)
{
    if (!s->options->json && s->options->report.n == 0)
        run_print(line);
}

void run_say(struct run *s, const char *format, ...)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    va_list args;
    va_start(args, format);
    buf_vfmt(&line, format, args);
    va_end(args);
    run_say_buf(s, &line);
}

static enum cli_exit exit_of(enum err_class class)
{
    switch (class) {
    case ERR_BACKEND:
    case ERR_LIMIT:
    case ERR_BUG: return CLI_BACKEND;
    case ERR_NONE:
    case ERR_SYSTEM:
    case ERR_CONFIG:
    case ERR_INPUT: break;
    }
    return CLI_USAGE;
}

enum cli_exit run_fail(struct run *s)
{
    struct str *kept = s->options->json ? ARENA_PUSH(s->arena, &s->errors) : NULL;
    if (kept)
        *kept = arena_str(s->arena, STR_C(s->err.text));
    else {
        fputs("lotse-policy: ", stderr);
        show(STR_C(s->err.text), stderr);
        fputc('\n', stderr);
    }
    enum cli_exit status = exit_of(s->err.class);
    if (status > s->worst)
        s->worst = status;
    return status;
}

void run_diags(struct run *s, const struct diags *d)
{
    if (s->options->json) {
        struct diags *kept = ARENA_PUSH(s->arena, &s->said);
        *kept = *d;
        return;
    }
    if (d->n == 0)
        return;
    auto_buf text = BUF_INIT((size_t)16 << 20);
    diags_print(d, &text);
    fwrite(buf_cstr(&text), 1, text.n, stderr);
}

void buf_count(struct buf *b, size_t n)
{
    if (n >= 1000) {
        buf_count(b, n / 1000);
        buf_fmt(b, ",%03zu", n % 1000);
        return;
    }
    buf_fmt(b, "%zu", n);
}
