/* Places: the protocol counts lines from 0 and UTF-16 code units (3.17, Position); diagnostics
 * count from 1 and code points. */
#include "base/base64.h"
#include "policy/lsp/lsp_server.h"

struct str lsp_line(struct str text, int64_t line)
{
    struct str one;
    for (int64_t i = 0; str_next(&text, '\n', &one); i++)
        if (i == line)
            return str_ends(one, STR("\r")) ? str_from_to(one, 0, one.n - 1) : one;
    return STR_NONE;
}

static int64_t units_of(uint32_t code_point)
{
    return code_point > 0xFFFF ? 2 : 1;
}

size_t lsp_column_of(struct str line, int64_t character)
{
    size_t column = 0;
    uint32_t code_point;
    while (line.n > 0 && character > 0) {
        utf8_take(&line, &code_point);
        character -= units_of(code_point);
        column++;
    }
    return column;
}

int64_t lsp_character_of(struct str line, size_t column)
{
    int64_t character = 0;
    uint32_t code_point;
    for (size_t i = 0; i < column && line.n > 0; i++) {
        utf8_take(&line, &code_point);
        character += units_of(code_point);
    }
    return character;
}

struct lsp_range lsp_range_of(const struct pos *pos)
{
    if (pos->line == 0)
        return (struct lsp_range){0};
    int64_t at = pos->line - 1;
    size_t column = pos->column ? pos->column - 1 : 0, length = pos->length ? pos->length : 1;
    struct str line = lsp_line(pos->source->text, at);
    return (struct lsp_range){{at, lsp_character_of(line, column)},
                              {at, lsp_character_of(line, column + length)}};
}

struct str lsp_path_of(struct str uri, struct arena *a)
{
    struct str scheme = STR("file://");
    if (!str_starts(uri, scheme))
        return STR_NONE;
    struct str rest = str_from_to(uri, scheme.n, uri.n);
    char *path = arena_alloc(a, rest.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < rest.n; i++) {
        bool escaped = rest.p[i] == '%' && i + 2 < rest.n && hex_digit(rest.p[i + 1]) >= 0 &&
                       hex_digit(rest.p[i + 2]) >= 0;
        path[n++] =
            escaped ? (char)(hex_digit(rest.p[i + 1]) * 16 + hex_digit(rest.p[i + 2])) : rest.p[i];
        i += escaped ? 2 : 0;
    }
    return (struct str){path, n};
}

struct str lsp_uri_of(struct str path, struct arena *a)
{
    auto_buf uri = BUF_INIT((size_t)64 * 1024);
    struct str part;
    bool first = true;
    buf_lit(&uri, "file://");
    while (str_next(&path, '/', &part)) {
        if (!first)
            buf_char(&uri, '/');
        first = false;
        buf_url(&uri, part);
    }
    return arena_str(a, buf_str(&uri));
}
