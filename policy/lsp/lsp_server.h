#pragma once
/* Inside of the language server. Only lsp*.c include this. */
#include "policy/lsp/lsp.h"
#include "policy/resolve/policy_resolve.h"

/* --- the protocol's shapes (lsp_json.c) */

struct lsp_position { /* 0-based; character counts UTF-16 code units */
    int64_t line, character;
};
struct lsp_range {
    struct lsp_position start, end;
};
enum lsp_error { /* JSON-RPC 2.0, 5.1; LSP 3.17 */
                 LSP_PARSE_ERROR = -32700,
                 LSP_INVALID_REQUEST = -32600,
                 LSP_METHOD_NOT_FOUND = -32601,
                 LSP_INVALID_PARAMS = -32602,
                 LSP_NOT_INITIALIZED = -32002,
};
struct lsp_call {
    struct str id; /* as JSON; STR_NONE: a notification */
    struct str method;
    struct str uri, text; /* of the document */
    struct lsp_position at;
    bool has_document, has_text, has_position;
};
/* False: no JSON, or no message; *ret_code says which. */
bool lsp_read_call(struct str message, struct arena *a, struct lsp_call *ret,
                   enum lsp_error *ret_code);

struct lsp_item { /* of a completion */
    struct str label, detail;
    int kind; /* CompletionItemKind */
};
struct lsp_items {
    struct lsp_item *items;
    size_t n, cap;
};
void lsp_answer_initialize(struct str id, struct buf *out);
void lsp_answer_null(struct str id, struct buf *out);
void lsp_answer_error(struct str id, enum lsp_error code, const char *message, struct buf *out);
void lsp_answer_hover(struct str id, struct str markdown, const struct lsp_range *range,
                      struct buf *out);
void lsp_answer_location(struct str id, struct str uri, const struct lsp_range *range,
                         struct buf *out);
void lsp_answer_items(struct str id, const struct lsp_items *items, struct buf *out);
/* Those of the diagnostics whose place is in the source. */
void lsp_publish(struct str uri, const struct source *source, const struct diags *d,
                 struct buf *out);

/* --- text (lsp_text.c) */

struct str lsp_line(struct str text, int64_t line); /* without its end; STR_NONE beyond the text */
/* code points in front of a place of so many UTF-16 units, and back; clamped to the line */
size_t lsp_column_of(struct str line, int64_t character);
int64_t lsp_character_of(struct str line, size_t column);
struct lsp_range lsp_range_of(const struct pos *pos);
struct str lsp_path_of(struct str uri, struct arena *a); /* STR_NONE: not a file */
struct str lsp_uri_of(struct str path, struct arena *a);

/* --- names of the policy, where they stand (lsp_names.c) */

enum lsp_name_kind {
    LSP_TEAM,
    LSP_ROLE,
    LSP_SPACE,
    LSP_SITE,
    LSP_PERSON,
    LSP_GROUP,
    LSP_REQUEST,
    LSP_CI,
};
struct lsp_name {
    enum lsp_name_kind kind;
    struct word word;
};
/* The name under a place of a source (1-based line and column). False: there is none. */
bool lsp_name_at(const struct policy_tree *tree, const struct source *source, struct pos at,
                 struct lsp_name *ret);
/* Where the name is defined; NULL: not in the policy (people, groups). */
const struct word *lsp_definition(const struct policy_tree *tree, const struct lsp_name *name);

/* --- what is said about them */

struct lsp_compiled { /* the policy as last read */
    struct arena arena;
    const struct policy_tree *tree;
    const struct policy *policy; /* NULL: it has errors */
    int64_t now_ms;
};
/* Adds to the diagnostics what the lints and the policy's own tests say. */
void lsp_lint(struct lsp_compiled *c, struct diags *d);
struct str lsp_hover(const struct lsp_compiled *c, const struct lsp_world *world,
                     const struct lsp_name *name, struct arena *a);
/* What may stand at the end of the text before the cursor. */
void lsp_complete(const struct lsp_compiled *c, const struct lsp_world *world, struct str before,
                  struct arena *a, struct lsp_items *ret);
