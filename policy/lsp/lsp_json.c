/* The messages of the protocol as JSON (LSP 3.17; JSON-RPC 2.0). */
#include "base/json.h"
#include "policy/lsp/lsp_server.h"

#define MESSAGE_MAX ((size_t)64 << 20)

/* --- in */

static bool read_id(const json_t *root, struct arena *a, struct str *ret)
{
    const json_t *id = json_object_get(root, "id");
    auto_buf text = BUF_INIT((size_t)64 * 1024);
    if (!id)
        return true;
    if (json_is_integer(id))
        buf_i64(&text, json_integer_value(id));
    else if (json_is_string(id))
        buf_json(&text, (struct str){json_string_value(id), json_string_length(id)});
    else
        return false;
    *ret = arena_str(a, buf_str(&text));
    return true;
}

/* didOpen has the text in the document, didChange (full synchronisation) in its last change. */
static void read_text(const json_t *params, const json_t *document, struct arena *a,
                      struct lsp_call *c)
{
    const json_t *changes = json_object_get(params, "contentChanges");
    size_t n = json_array_size(changes);
    c->has_text = json_get_str(document, "text", a, &c->text) ||
                  (n > 0 && json_get_str(json_array_get(changes, n - 1), "text", a, &c->text));
}

bool lsp_read_call(struct str message, struct arena *a, struct lsp_call *ret,
                   enum lsp_error *ret_code)
{
    struct err e;
    struct lsp_call c = {0};
    auto_json *root = json_read(message, MESSAGE_MAX, &e);
    *ret_code = root ? LSP_INVALID_REQUEST : LSP_PARSE_ERROR;
    if (!json_is_object(root) || !read_id(root, a, &c.id) ||
        !json_get_str(root, "method", a, &c.method))
        return false;
    const json_t *params = json_object_get(root, "params");
    const json_t *document = json_object_get(params, "textDocument");
    const json_t *position = json_object_get(params, "position");
    c.has_document = json_get_str(document, "uri", a, &c.uri);
    c.has_position = json_get_i64(position, "line", &c.at.line) &&
                     json_get_i64(position, "character", &c.at.character) && c.at.line >= 0 &&
                     c.at.character >= 0;
    read_text(params, document, a, &c);
    *ret = c;
    return true;
}

/* --- out */

static void send(const struct buf *message, struct buf *out)
{
    buf_fmt(out, "Content-Length: %zu\r\n\r\n", message->n);
    buf_add(out, buf_str(message));
}

static void begin(struct json_out *j, struct buf *b)
{
    json_out_init(j, b);
    json_open_object(j);
    json_put_str(j, "jsonrpc", STR("2.0"));
}

static void begin_answer(struct json_out *j, struct buf *b, struct str id)
{
    begin(j, b);
    json_key(j, "id");
    buf_add(b, id.n ? id : STR("null"));
    j->comma = true;
}

static void put_raw(struct json_out *j, const char *key, const char *value)
{
    json_key(j, key);
    buf_c(j->b, value);
    j->comma = true;
}

static void finish(struct json_out *j, struct buf *out)
{
    json_close_object(j);
    send(j->b, out);
}

void lsp_answer_initialize(struct str id, struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT(4096);
    begin_answer(&j, &b, id);
    put_raw(&j, "result",
            "{\"capabilities\":{\"positionEncoding\":\"utf-16\","
            "\"textDocumentSync\":{\"openClose\":true,\"change\":1},\"hoverProvider\":true,"
            "\"definitionProvider\":true,"
            "\"completionProvider\":{\"triggerCharacters\":[\" \",\"[\",\",\",\"/\"]}},"
            "\"serverInfo\":{\"name\":\"lotse-policy\"}}");
    finish(&j, out);
}

void lsp_answer_null(struct str id, struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)128 * 1024);
    begin_answer(&j, &b, id);
    put_raw(&j, "result", "null");
    finish(&j, out);
}

void lsp_answer_error(struct str id, enum lsp_error code, const char *message, struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)128 * 1024);
    begin_answer(&j, &b, id);
    json_key(&j, "error");
    json_open_object(&j);
    json_put_i64(&j, "code", code);
    json_put_str(&j, "message", STR_C(message));
    json_close_object(&j);
    finish(&j, out);
}

static void put_position(struct json_out *j, const char *key, const struct lsp_position *p)
{
    json_key(j, key);
    json_open_object(j);
    json_put_i64(j, "line", p->line);
    json_put_i64(j, "character", p->character);
    json_close_object(j);
}

static void put_range(struct json_out *j, const struct lsp_range *range)
{
    json_key(j, "range");
    json_open_object(j);
    put_position(j, "start", &range->start);
    put_position(j, "end", &range->end);
    json_close_object(j);
}

void lsp_answer_hover(struct str id, struct str markdown, const struct lsp_range *range,
                      struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)1 << 20);
    begin_answer(&j, &b, id);
    json_key(&j, "result");
    json_open_object(&j);
    json_key(&j, "contents");
    json_open_object(&j);
    json_put_str(&j, "kind", STR("markdown"));
    json_put_str(&j, "value", markdown);
    json_close_object(&j);
    put_range(&j, range);
    json_close_object(&j);
    finish(&j, out);
}

void lsp_answer_location(struct str id, struct str uri, const struct lsp_range *range,
                         struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)1 << 20);
    begin_answer(&j, &b, id);
    json_key(&j, "result");
    json_open_object(&j);
    json_put_str(&j, "uri", uri);
    put_range(&j, range);
    json_close_object(&j);
    finish(&j, out);
}

void lsp_answer_items(struct str id, const struct lsp_items *items, struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)16 << 20);
    begin_answer(&j, &b, id);
    json_key(&j, "result");
    json_open_array(&j);
    for (size_t i = 0; i < items->n; i++) {
        json_open_object(&j);
        json_put_str(&j, "label", items->items[i].label);
        json_put_i64(&j, "kind", items->items[i].kind);
        json_put_str_opt(&j, "detail", items->items[i].detail);
        json_close_object(&j);
    }
    json_close_array(&j);
    finish(&j, out);
}

static void put_diagnostic(struct json_out *j, const struct diag *d, struct arena *a)
{
    static const int severities[] = {
        [SEVERITY_ERROR] = 1, [SEVERITY_WARNING] = 2, [SEVERITY_NOTE] = 3};
    struct lsp_range range = lsp_range_of(&d->pos);
    struct str text = d->message;
    if (d->hint.n)
        text = arena_fmt(a, "%.*s\n%.*s", STR_F(d->message), STR_F(d->hint));
    json_open_object(j);
    put_range(j, &range);
    json_put_i64(j, "severity", severities[d->severity]);
    json_put_str(j, "source", STR("lotse-policy"));
    json_put_str(j, "message", text);
    json_close_object(j);
}

void lsp_publish(struct str uri, const struct source *source, const struct diags *d,
                 struct buf *out)
{
    struct json_out j;
    auto_buf b = BUF_INIT((size_t)16 << 20);
    begin(&j, &b);
    json_put_str(&j, "method", STR("textDocument/publishDiagnostics"));
    json_key(&j, "params");
    json_open_object(&j);
    json_put_str(&j, "uri", uri);
    json_key(&j, "diagnostics");
    json_open_array(&j);
    for (size_t i = 0; source && i < d->n; i++)
        if (d->items[i].pos.source && strcmp(d->items[i].pos.source->name, source->name) == 0)
            put_diagnostic(&j, &d->items[i], d->arena);
    json_close_array(&j);
    json_close_object(&j);
    finish(&j, out);
}
