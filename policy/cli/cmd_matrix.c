/* matrix: team x space, as text, JSON, CSV or a page. */
#include <stdio.h>

#include "policy/analysis/policy_matrix.h"
#include "policy/cli/run.h"

#define MATRIX_MAX ((size_t)256 << 20)

static void cell_json(struct run *s, const struct policy_matrix *m, size_t team, size_t space)
{
    const struct policy_matrix_cell *cell = &m->cells[team * m->spaces.n + space];
    for (size_t i = 0; i < cell->n; i++) {
        const struct policy_matrix_entry *e = &cell->items[i];
        auto_buf until = BUF_INIT(64);
        json_open_object(&s->json);
        json_put_str(&s->json, "team", m->teams.items[team]);
        if (space)
            json_put_str(&s->json, "space", m->spaces.items[space]);
        json_put_str(&s->json, "role", e->role);
        json_put_str_opt(&s->json, "at", e->sites);
        if (e->until_ms != TIME_NONE) {
            time_format(&until, e->until_ms, false);
            json_put_str(&s->json, "until", buf_str(&until));
        }
        json_put_bool(&s->json, "on_request", e->on_request);
        json_put_str(&s->json, "src", e->src);
        json_close_object(&s->json);
    }
}

static void say_json(struct run *s, const struct policy_matrix *m)
{
    json_key(&s->json, "matrix");
    json_open_array(&s->json);
    for (size_t t = 0; t < m->teams.n; t++)
        for (size_t k = 0; k < m->spaces.n; k++)
            cell_json(s, m, t, k);
    json_close_array(&s->json);
}

static void say_text(struct run *s, const struct policy_matrix *m)
{
    for (size_t t = 0; t < m->teams.n; t++) {
        bool any = false;
        run_say(s, "%.*s", STR_F(m->teams.items[t]));
        for (size_t k = 0; k < m->spaces.n; k++) {
            const struct policy_matrix_cell *cell = &m->cells[t * m->spaces.n + k];
            auto_buf line = BUF_INIT((size_t)1 << 20);
            if (cell->n == 0)
                continue;
            buf_fmt(&line, "  %.*s: ", STR_F(m->spaces.items[k]));
            policy_matrix_write(cell, &line);
            run_say_buf(s, &line);
            any = true;
        }
        if (!any)
            run_say(s, "  nothing");
    }
}

enum cli_exit cmd_matrix(struct run *s)
{
    struct str format = s->options->format;
    struct policy_matrix m = policy_matrix(s->policy, s->now_ms, s->arena);
    auto_buf out = BUF_INIT(MATRIX_MAX);
    if (format.n && !str_is(format, "csv") && !str_is(format, "html")) {
        (void)fail(&s->err, ERR_CONFIG, "--format %.*s: expected csv or html", STR_F(format));
        return run_fail(s);
    }
    if (str_is(format, "csv"))
        policy_matrix_csv(&m, &out);
    else if (str_is(format, "html"))
        policy_matrix_html(&m, STR("Which team may do what where"), &out);
    else if (s->options->json)
        say_json(s, &m);
    else
        say_text(s, &m);
    if (buf_failed(&out)) {
        (void)fail(&s->err, ERR_LIMIT, "the matrix is larger than %zu MB", MATRIX_MAX >> 20);
        return run_fail(s);
    }
    fwrite(buf_cstr(&out), 1, out.n, stdout);
    return CLI_OK;
}
