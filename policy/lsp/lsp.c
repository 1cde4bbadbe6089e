/* The server: open documents, the policy as last read, and what a message asks for. */
#include "policy/lsp/lsp.h"

#include "base/mem.h"
#include "policy/lsp/lsp_server.h"

struct document {
    struct str uri, text; /* on the heap */
    const char *path;
    bool open;
};
struct lsp {
    const struct lsp_world *world;
    struct document *documents;
    size_t n, cap;
    struct lsp_compiled now, good; /* good: the last one that has a tree */
    bool initialized, shut_down;
};

struct lsp *lsp_new(const struct lsp_world *world)
{
    struct lsp *l = MEM_NEW(struct lsp);
    l->world = world;
    arena_init(&l->now.arena, ARENA_NO_MAX);
    arena_init(&l->good.arena, ARENA_NO_MAX);
    return l;
}

static struct str heap_str(struct str s)
{
    char *p = mem_alloc(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (struct str){p, s.n};
}

static void heap_free(struct str s)
{
    mem_free((void *)(uintptr_t)s.p);
}

void lsp_free(struct lsp *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++) {
        heap_free(l->documents[i].uri);
        heap_free(l->documents[i].text);
        mem_free((void *)(uintptr_t)l->documents[i].path);
    }
    mem_free(l->documents);
    arena_fini(&l->now.arena);
    arena_fini(&l->good.arena);
    mem_free(l);
}

/* --- documents */

static struct document *document_find(struct lsp *l, struct str uri)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->documents[i].uri, uri))
            return &l->documents[i];
    return NULL;
}

static const struct document *document_at(const struct lsp *l, struct str path)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->documents[i].open && str_is(path, l->documents[i].path))
            return &l->documents[i];
    return NULL;
}

static struct document *document_set(struct lsp *l, const struct lsp_call *c, struct arena *a)
{
    struct document *d = document_find(l, c->uri);
    if (!d) {
        struct str path = lsp_path_of(c->uri, a);
        if (l->n == l->cap) {
            l->cap = l->cap ? 2 * l->cap : 8;
            l->documents = mem_realloc(l->documents, l->cap * sizeof(*l->documents));
        }
        d = &l->documents[l->n++];
        *d = (struct document){.uri = heap_str(c->uri), .path = heap_str(path.n ? path : c->uri).p};
    }
    heap_free(d->text);
    d->text = heap_str(c->text);
    d->open = true;
    return d;
}

/* --- compiling: what is open in the editor comes before what is on the disk */

struct files {
    struct lsp *l;
    struct arena *arena;
};

static const struct source *read_file(void *context, struct str path, struct err *e)
{
    const struct files *f = context;
    const struct document *d = document_at(f->l, path);
    const struct policy_loader *disk = f->l->world->loader;
    if (!d)
        return disk ? disk->read(disk->context, path, e)
                    : (fail(e, ERR_CONFIG, "the file is not open") < 0 ? NULL : NULL);
    struct source *source = ARENA_NEW(f->arena, struct source);
    *source = (struct source){arena_cstr(f->arena, path), arena_str(f->arena, d->text)};
    return source;
}

static bool is_part(const struct policy_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->n_sources; i++)
        if (strcmp(tree->sources[i]->name, path) == 0)
            return true;
    for (size_t i = 0; i < tree->includes.n; i++)
        if (tree->includes.items[i].source &&
            strcmp(tree->includes.items[i].source->name, path) == 0)
            return true;
    return false;
}

static void compile(struct lsp *l, struct str root, struct diags *d)
{
    struct lsp_compiled *c = &l->now;
    struct files files = {l, &c->arena};
    const struct policy_loader loader = {read_file, &files};
    const struct source **sources = ARENA_NEW(&c->arena, const struct source *);
    struct err e;
    c->tree = NULL;
    c->policy = NULL;
    c->now_ms = l->world->input->now_ms;
    sources[0] = read_file(&files, root, &e);
    if (!sources[0])
        return;
    c->tree = policy_read(&c->arena, sources, 1, &loader, d);
    if (c->tree)
        c->policy = policy_resolve(&c->arena, c->tree, l->world->input, d);
    if (c->policy)
        lsp_lint(c, d);
}

/* The policy of the workspace; a document that is none of its files is a policy of its own. */
static void recompile(struct lsp *l, const struct document *changed, struct buf *out)
{
    struct lsp_compiled *c = &l->now;
    struct diags d;
    struct str root = l->world->policy.n ? l->world->policy : STR_C(changed->path);
    arena_reset(&c->arena);
    diags_init(&d, &c->arena);
    compile(l, root, &d);
    bool part = str_is(root, changed->path) || (c->tree && is_part(c->tree, changed->path));
    if (!part) {
        diags_init(&d, &c->arena);
        compile(l, STR_C(changed->path), &d);
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct document *one = &l->documents[i];
        struct source source = {one->path, one->text};
        bool mine = one == changed || (c->tree && is_part(c->tree, one->path));
        if (one->open && mine)
            lsp_publish(one->uri, &source, &d, out);
    }
    if (c->tree) { /* swapped: the one before goes at the next turn */
        struct lsp_compiled before = l->good;
        l->good = l->now;
        l->now = before;
    }
}

/* --- requests */

struct turn {
    struct lsp *l;
    const struct lsp_call *call;
    struct arena *arena;
    struct buf *out;
};

static void on_open_or_change(const struct turn *t)
{
    if (!t->call->has_document || !t->call->has_text)
        return;
    recompile(t->l, document_set(t->l, t->call, t->arena), t->out);
}

static void on_close(const struct turn *t)
{
    struct document *d = document_find(t->l, t->call->uri);
    struct diags none;
    if (!d)
        return;
    d->open = false;
    diags_init(&none, t->arena);
    lsp_publish(d->uri, NULL, &none, t->out);
}

/* The document and the place in it; an error answer otherwise. */
static const struct document *document_of(const struct turn *t)
{
    const struct document *d = document_find(t->l, t->call->uri);
    if (d && d->open && t->call->has_position)
        return d;
    lsp_answer_error(t->call->id, LSP_INVALID_PARAMS, "no such document, or no position", t->out);
    return NULL;
}

static bool name_of(const struct turn *t, const struct document *d, struct lsp_name *ret)
{
    const struct lsp_position *at = &t->call->at;
    struct source source = {d->path, d->text};
    struct pos pos = {.line = (unsigned)at->line + 1};
    pos.column = (unsigned)lsp_column_of(lsp_line(d->text, at->line), at->character) + 1;
    return t->l->good.tree && lsp_name_at(t->l->good.tree, &source, pos, ret);
}

static void on_hover(const struct turn *t)
{
    struct lsp_name name;
    const struct document *d = document_of(t);
    if (!d)
        return;
    if (!name_of(t, d, &name)) {
        lsp_answer_null(t->call->id, t->out);
        return;
    }
    struct lsp_range range = lsp_range_of(&name.word.pos);
    lsp_answer_hover(t->call->id, lsp_hover(&t->l->good, t->l->world, &name, t->arena), &range,
                     t->out);
}

static void on_definition(const struct turn *t)
{
    struct lsp_name name;
    const struct document *d = document_of(t);
    if (!d)
        return;
    const struct word *word = name_of(t, d, &name) ? lsp_definition(t->l->good.tree, &name) : NULL;
    if (!word) {
        lsp_answer_null(t->call->id, t->out);
        return;
    }
    struct lsp_range range = lsp_range_of(&word->pos);
    lsp_answer_location(t->call->id, lsp_uri_of(STR_C(word->pos.source->name), t->arena), &range,
                        t->out);
}

static void on_completion(const struct turn *t)
{
    struct lsp_items items = {0};
    const struct document *d = document_of(t);
    if (!d)
        return;
    struct str line = lsp_line(d->text, t->call->at.line), rest = line;
    size_t column = lsp_column_of(line, t->call->at.character);
    uint32_t ignored;
    for (size_t i = 0; i < column && rest.n; i++)
        utf8_take(&rest, &ignored);
    size_t end = line.p ? (size_t)(rest.p - d->text.p) : d->text.n;
    lsp_complete(&t->l->good, t->l->world, str_from_to(d->text, 0, end), t->arena, &items);
    lsp_answer_items(t->call->id, &items, t->out);
}

static void on_initialize(const struct turn *t)
{
    t->l->initialized = true;
    lsp_answer_initialize(t->call->id, t->out);
}

static void on_shutdown(const struct turn *t)
{
    t->l->shut_down = true;
    lsp_answer_null(t->call->id, t->out);
}

static const struct {
    const char *method;
    void (*run)(const struct turn *);
} methods[] = {
    {"initialize", on_initialize},
    {"shutdown", on_shutdown},
    {"textDocument/didOpen", on_open_or_change},
    {"textDocument/didChange", on_open_or_change},
    {"textDocument/didClose", on_close},
    {"textDocument/hover", on_hover},
    {"textDocument/definition", on_definition},
    {"textDocument/completion", on_completion},
};

static void dispatch(const struct turn *t)
{
    bool request = t->call->id.n > 0;
    if (!t->l->initialized && !str_is(t->call->method, "initialize")) {
        if (request)
            lsp_answer_error(t->call->id, LSP_NOT_INITIALIZED, "initialize comes first", t->out);
        return;
    }
    if (t->l->shut_down) {
        if (request)
            lsp_answer_error(t->call->id, LSP_INVALID_REQUEST, "after shutdown", t->out);
        return;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if (str_is(t->call->method, methods[i].method)) {
            methods[i].run(t);
            return;
        }
    if (request) /* notifications that are not known are passed over (3.17, $ Notifications) */
        lsp_answer_error(t->call->id, LSP_METHOD_NOT_FOUND, "no such method", t->out);
}

enum lsp_state lsp_handle(struct lsp *l, struct str message, struct buf *out)
{
    auto_arena arena = {0};
    struct lsp_call call;
    enum lsp_error code;
    arena_init(&arena, ARENA_NO_MAX);
    if (!lsp_read_call(message, &arena, &call, &code)) {
        lsp_answer_error(STR_NONE, code, "not a message", out);
        return LSP_GO_ON;
    }
    if (str_is(call.method, "exit"))
        return l->shut_down ? LSP_EXIT : LSP_EXIT_EARLY;
    const struct turn turn = {l, &call, &arena, out};
    dispatch(&turn);
    return LSP_GO_ON;
}
