#include "policy/analysis/policy_matrix.h"

#include "base/clock.h"
#include "policy/resolve/resolved.h"

static struct str at_text(const struct words *at, struct arena *a)
{
    struct str *texts = ARENA_ARRAY(a, at->n, struct str);
    for (size_t i = 0; i < at->n; i++)
        texts[i] = at->items[i].text;
    return at->n ? strs_join(a, (struct strs){texts, at->n}, ',') : STR_NONE;
}

static void add(const struct policy *p, struct policy_matrix *m, uint32_t team,
                const struct ids *spaces, const struct policy_matrix_entry *entry)
{
    for (size_t i = 0; i < (spaces->n ? spaces->n : 1); i++) {
        size_t column = spaces->n ? spaces->items[i] + 1 : 0;
        *ARENA_PUSH(p->arena, &m->cells[team * m->spaces.n + column]) = *entry;
    }
}

static void add_grants(const struct policy *p, int64_t now_ms, struct policy_matrix *m,
                       struct arena *a)
{
    for (size_t i = 0; i < p->tree->grants.n; i++) {
        const struct policy_grant *g = &p->tree->grants.items[i];
        bool over = g->until.ms != TIME_NONE && g->until.ms <= now_ms;
        const struct policy_matrix_entry entry = {g->role.text, at_text(&g->at, a), g->until.ms,
                                                  false, src_of(a, &g->pos)};
        if (p->grants[i].usable && !over)
            add(p, m, p->grants[i].team, &p->grants[i].spaces, &entry);
    }
}

static void add_requests(const struct policy *p, struct policy_matrix *m, struct arena *a)
{
    for (size_t i = 0; i < p->tree->requests.n; i++) {
        const struct policy_request *r = &p->tree->requests.items[i];
        const struct policy_matrix_entry entry = {r->role.text, at_text(&r->at, a), TIME_NONE, true,
                                                  src_of(a, &r->name.pos)};
        if (p->requests[i].usable)
            add(p, m, p->requests[i].team, &p->requests[i].spaces, &entry);
    }
}

struct policy_matrix policy_matrix(const struct policy *p, int64_t now_ms, struct arena *a)
{
    const struct policy_tree *t = p->tree;
    struct str *teams = ARENA_ARRAY(a, t->teams.n, struct str);
    struct str *spaces = ARENA_ARRAY(a, t->spaces.n + 1, struct str);
    struct policy_matrix m = {.teams = {teams, t->teams.n}, .spaces = {spaces, t->spaces.n + 1}};
    for (size_t i = 0; i < t->teams.n; i++)
        teams[i] = t->teams.items[i].name.text;
    spaces[0] = STR("the whole cluster");
    for (size_t i = 0; i < t->spaces.n; i++)
        spaces[i + 1] = t->spaces.items[i].name.text;
    m.cells = ARENA_ARRAY(a, m.teams.n * m.spaces.n, struct policy_matrix_cell);
    add_grants(p, now_ms, &m, a);
    add_requests(p, &m, a);
    return m;
}

void policy_matrix_write(const struct policy_matrix_cell *cell, struct buf *out)
{
    for (size_t i = 0; i < cell->n; i++) {
        const struct policy_matrix_entry *e = &cell->items[i];
        buf_fmt(out, "%s%.*s", i ? ", " : "", STR_F(e->role));
        if (e->until_ms != TIME_NONE) {
            buf_c(out, " until ");
            time_format(out, e->until_ms, false);
        }
        if (e->sites.n)
            buf_fmt(out, " at %.*s", STR_F(e->sites));
        if (e->on_request)
            buf_c(out, " on request");
    }
}

/* --- CSV */

static void csv_field(struct buf *out, struct str text)
{
    static const char risky[] = "=+-@\t\r";
    buf_char(out, '"');
    if (text.n && strchr(risky, text.p[0]))
        buf_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_char(out, '"');
        buf_char(out, text.p[i]);
    }
    buf_char(out, '"');
}

void policy_matrix_csv(const struct policy_matrix *m, struct buf *out)
{
    csv_field(out, STR("team"));
    for (size_t s = 0; s < m->spaces.n; s++) {
        buf_char(out, ',');
        csv_field(out, m->spaces.items[s]);
    }
    buf_c(out, "\r\n");
    for (size_t t = 0; t < m->teams.n; t++) {
        csv_field(out, m->teams.items[t]);
        for (size_t s = 0; s < m->spaces.n; s++) {
            auto_buf text = BUF_INIT((size_t)1 << 20);
            policy_matrix_write(&m->cells[t * m->spaces.n + s], &text);
            buf_char(out, ',');
            csv_field(out, buf_str(&text));
        }
        buf_c(out, "\r\n");
    }
}

/* --- HTML */

/* A real table with headers for rows and columns; on a narrow screen every team is a block of its
 * own and the empty cells go. */
static const char style[] =
    "body{font:16px/1.45 system-ui,sans-serif;margin:1rem;color:#1b1b1b;background:#fff}"
    "h1{font-size:1.3rem}table{border-collapse:collapse}"
    "th,td{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    "thead th{position:sticky;top:0;background:#f0f0f0}"
    ".wide{overflow-x:auto}td p{margin:0}"
    "@media(max-width:40rem){thead{position:absolute;left:-100vw}table,tbody,tr,th,td{display:"
    "block}"
    "tr{margin:0 0 1rem}td.none{display:none}td::before{content:attr(data-space)': ';font-weight:"
    "600}td p{display:inline}td p+p::before{content:', '}}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}thead "
    "th{background:#2a2a2a}}";

static void html_cell(const struct policy_matrix *m, size_t team, size_t space, struct buf *out)
{
    const struct policy_matrix_cell *cell = &m->cells[team * m->spaces.n + space];
    if (cell->n == 0) {
        buf_c(out, "<td class=\"none\"></td>");
        return;
    }
    buf_c(out, "<td data-space=\"");
    buf_html(out, m->spaces.items[space]);
    buf_c(out, "\">");
    for (size_t i = 0; i < cell->n; i++) {
        auto_buf text = BUF_INIT(65536);
        policy_matrix_write(&(struct policy_matrix_cell){&cell->items[i], 1, 1}, &text);
        buf_c(out, "<p title=\"");
        buf_html(out, cell->items[i].src);
        buf_c(out, "\">");
        buf_html(out, buf_str(&text));
        buf_c(out, "</p>");
    }
    buf_c(out, "</td>");
}

void policy_matrix_html(const struct policy_matrix *m, struct str title, struct buf *out)
{
    buf_c(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">\n<title>");
    buf_html(out, title);
    buf_fmt(out, "</title>\n<style>%s</style></head>\n<body><h1>", style);
    buf_html(out, title);
    buf_c(out, "</h1>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">team</th>");
    for (size_t s = 0; s < m->spaces.n; s++) {
        buf_c(out, "<th scope=\"col\">");
        buf_html(out, m->spaces.items[s]);
        buf_c(out, "</th>");
    }
    buf_c(out, "</tr></thead>\n<tbody>\n");
    for (size_t t = 0; t < m->teams.n; t++) {
        buf_c(out, "<tr><th scope=\"row\">");
        buf_html(out, m->teams.items[t]);
        buf_c(out, "</th>");
        for (size_t s = 0; s < m->spaces.n; s++)
            html_cell(m, t, s, out);
        buf_c(out, "</tr>\n");
    }
    buf_c(out, "</tbody></table></div></body></html>\n");
}
