/* The second opinion about YAML: the same strict subset, read by libfyaml. base/yaml.c reads for
 * itself; whatever it accepts must give the same tree here. */
#include "tests/unit/yaml_reference.h"

#include <libfyaml.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/yaml_scan.h"

#define STEP 64

struct places {
    const struct source *source;
    struct place *places; /* of every 64th byte */
};
struct place {
    unsigned line,
        column; /* of the first character that begins at the step's first byte or later */
};

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static void find_places(struct places *scan)
{
    struct str text = scan->source->text;
    struct place at = {1, 1};
    scan->places = mem_array(text.n / STEP + 1, sizeof(*scan->places));
    for (size_t i = 0; i < text.n; i++) {
        if (i % STEP == 0)
            scan->places[i / STEP] = at;
        if (text.p[i] == '\n')
            at = (struct place){at.line + 1, 1};
        else if (i + 1 == text.n || begins_character(text.p[i + 1]))
            at.column++;
    }
    if (text.n % STEP == 0)
        scan->places[text.n / STEP] = at;
}

static struct pos place_pos(const struct places *scan, size_t from, size_t to)
{
    struct str text = scan->source->text;
    if (from > text.n)
        from = text.n;
    struct place at = scan->places[from / STEP];
    for (size_t i = from / STEP * STEP; i < from; i++) {
        if (text.p[i] == '\n')
            at = (struct place){at.line + 1, 1};
        else if (i + 1 == text.n || begins_character(text.p[i + 1]))
            at.column++;
    }
    unsigned length = 0;
    for (size_t i = from; i < to && i < text.n && text.p[i] != '\n'; i++)
        length += begins_character(text.p[i]);
    return (struct pos){scan->source, at.line, at.column, length};
}

static struct pos place_clamp(const struct places *scan, int line, int column)
{
    struct str text = scan->source->text;
    struct pos last = place_pos(scan, text.n, text.n);
    if (last.column == 1 && last.line > 1) /* behind the last newline is no line to show */
        last = place_pos(scan, text.n - 1, text.n);
    if (line < 1 || (unsigned)line > last.line ||
        ((unsigned)line == last.line && column > (int)last.column))
        return last;
    return (struct pos){scan->source, (unsigned)line, column > 0 ? (unsigned)column : 1, 1};
}

static bool stands(const struct places *scan, struct pos pos, const char *characters)
{
    struct str rest = scan->source->text, line = STR_NONE;
    for (unsigned i = 0; i < pos.line; i++)
        if (!str_next(&rest, '\n', &line))
            return false;
    uint32_t code = 0;
    for (unsigned i = 0; i < pos.column && line.n > 0; i++)
        (void)utf8_take(&line, &code);
    return code > 0 && code < 0x80 && strchr(characters, (int)code) != NULL;
}

struct reader {
    struct arena *arena;
    const struct yaml_limits *limits;
    struct diags *d;
    struct places scan;
    struct fy_diag *fy_diag;
    struct fy_parser *parser;
    size_t n_nodes;
};

/* An event belongs to its parser and goes back there. */
struct event {
    struct fy_parser *parser;
    struct fy_event *fy;
};

static void event_release(struct event *event)
{
    if (event->fy)
        fy_parser_event_free(event->parser, event->fy);
}
#define auto_event struct event __attribute__((cleanup(event_release)))

static void reader_fini(struct reader *r)
{
    if (r->parser)
        fy_parser_destroy(r->parser);
    if (r->fy_diag)
        fy_diag_destroy(r->fy_diag);
    mem_free(r->scan.places);
}
#define auto_reader struct reader __attribute__((cleanup(reader_fini)))

static struct pos token_pos(const struct reader *r, struct fy_token *token, struct pos otherwise)
{
    const struct fy_mark *from = token ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *to = token ? fy_token_end_mark(token) : NULL;
    return from && to ? place_pos(&r->scan, from->input_pos, to->input_pos) : otherwise;
}

/* The library's marks of a quoted text stand inside of its quotes; ours include them. */
static bool is_inside_quotes(const struct reader *r, struct fy_event *event, size_t from, size_t to)
{
    struct str text = r->scan.source->text;
    if (event->type != FYET_SCALAR || !event->scalar.value || from == 0 || to >= text.n)
        return false;
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    char quote = style == FYSS_SINGLE_QUOTED ? '\'' : '"';
    return (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) &&
           text.p[from - 1] == quote && text.p[to] == quote;
}

/* libfyaml 0.7 gives a value that was left out no mark, 0.8 an empty one. */
static bool is_nowhere(struct fy_event *event, const struct fy_mark *from, const struct fy_mark *to)
{
    if (!from || !to)
        return true;
    return event->type == FYET_SCALAR && from->input_pos == to->input_pos &&
           fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
}

/* What stands nowhere stands where `otherwise` says. */
static struct pos event_pos(const struct reader *r, struct fy_event *event, struct pos otherwise)
{
    const struct fy_mark *from = fy_event_start_mark(event), *to = fy_event_end_mark(event);
    if (is_nowhere(event, from, to))
        return otherwise;
    if (is_inside_quotes(r, event, from->input_pos, to->input_pos))
        return place_pos(&r->scan, from->input_pos - 1, to->input_pos + 1);
    return place_pos(&r->scan, from->input_pos, to->input_pos);
}

/* The library stopped: its first message becomes ours. */
static bool syntax_error(struct reader *r)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(r->fy_diag, &iterator);
    if (error && error->msg)
        diag_error(r->d, place_clamp(&r->scan, error->line, error->column), "%s", error->msg);
    else
        diag_error(r->d, place_clamp(&r->scan, 0, 0), "not YAML");
    return false;
}

static bool next_event(struct reader *r, struct event *event)
{
    event_release(event);
    *event = (struct event){r->parser, fy_parser_parse(r->parser)};
    return event->fy || syntax_error(r);
}

static bool too_large(struct reader *r, struct pos pos)
{
    diag_error(r->d, pos, "the file is larger than the memory set aside for it");
    return false;
}

/* The library's mark of an anchor or alias stands behind its & or *; ours stands on it. */
static struct pos sigil_pos(const struct reader *r, struct pos pos)
{
    if (pos.column < 2)
        return pos;
    struct pos before = pos;
    before.column--;
    before.length++;
    return stands(&r->scan, before, "&*") ? before : pos;
}

static bool check_node(struct reader *r, struct fy_event *event, struct pos pos, size_t depth)
{
    struct fy_token *anchor = fy_event_get_anchor_token(event),
                    *tag = fy_event_get_tag_token(event);
    if (event->type == FYET_ALIAS || anchor) {
        diag_error(r->d, sigil_pos(r, anchor ? token_pos(r, anchor, pos) : pos),
                   "anchors (&) and aliases (*) are not allowed");
        diag_hint(r->d, "write the value out, or in quotes if it begins with & or *");
        return false;
    }
    if (tag) {
        diag_error(r->d, token_pos(r, tag, pos), "tags (!) are not allowed");
        diag_hint(r->d, "remove it, or put the value in quotes if it begins with !");
        return false;
    }
    if (depth > r->limits->max_depth) {
        diag_error(r->d, pos, "nested more than %zu levels deep", r->limits->max_depth);
        return false;
    }
    if (++r->n_nodes > r->limits->max_nodes) {
        diag_error(r->d, pos, "more than %zu values in one file", r->limits->max_nodes);
        return false;
    }
    return true;
}

/* What an escape in double quotes may have made. */
static bool check_text(struct reader *r, struct str text, struct pos pos)
{
    while (text.n > 0) {
        uint32_t code;
        if (utf8_take(&text, &code) &&
            (code == '\n' || code == '\t' || !code_point_is_control(code)))
            continue;
        diag_error(r->d, pos, "the text contains the control character U+%04X", (unsigned)code);
        return false;
    }
    return true;
}

static bool read_scalar(struct reader *r, struct fy_event *event, struct yaml *ret)
{
    struct fy_token *token = event->scalar.value;
    struct str text = STR_NONE;
    if (token) {
        text.p = fy_token_get_text(token, &text.n);
        ret->quoted = fy_token_scalar_style(token) != FYSS_PLAIN;
    }
    if (!check_text(r, text, ret->pos))
        return false;
    ret->text = arena_str(r->arena, text);
    return ret->text.p || too_large(r, ret->pos);
}

static bool read_node(struct reader *r, struct fy_event *event, struct pos otherwise, size_t depth,
                      struct yaml *ret);

/* A list or map grows outside of the arena and is copied into it once its size is known. */
static void *room_for_one(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = n ? n * 2 : 8;
    return mem_realloc(items, *cap * size);
}

static bool keep(struct reader *r, const void *items, size_t n, size_t size, void **ret_kept)
{
    *ret_kept = arena_array(r->arena, n, size);
    if (*ret_kept && n)
        memcpy(*ret_kept, items, n * size);
    return *ret_kept != NULL;
}

static bool read_list(struct reader *r, size_t depth, struct yaml *ret)
{
    auto_free struct yaml *items = NULL;
    void *kept;
    size_t n = 0, cap = 0;
    auto_event event = {0};
    while (next_event(r, &event)) {
        if (event.fy->type == FYET_SEQUENCE_END) {
            if (!keep(r, items, n, sizeof(*items), &kept))
                return too_large(r, ret->pos);
            ret->items = kept;
            ret->n = n;
            return true;
        }
        items = room_for_one(items, n, &cap, sizeof(*items));
        if (!read_node(r, event.fy, ret->pos, depth + 1, &items[n]))
            return false;
        n++;
    }
    return false;
}

static bool read_key(struct reader *r, struct fy_event *event, struct pos otherwise, size_t depth,
                     struct yaml_pair *ret)
{
    ret->key_pos = event_pos(r, event, otherwise);
    if (event->type != FYET_SCALAR && event->type != FYET_ALIAS) {
        diag_error(r->d, ret->key_pos, "a key must be a text, not a list or a map");
        if (event->type == FYET_MAPPING_START)
            diag_hint(r->d, "a value that begins with { needs quotes if it is meant as text");
        return false;
    }
    struct yaml key = {0};
    if (!read_node(r, event, otherwise, depth, &key))
        return false;
    const struct fy_mark *from = fy_event_start_mark(event), *to = fy_event_end_mark(event);
    if (key.text.n == 0) {
        diag_error(r->d, ret->key_pos, "a key is missing before ':'");
        return false;
    }
    if (from && to && from->line != to->line) {
        diag_error(r->d, ret->key_pos, "a key must stand on one line");
        diag_hint(r->d, "is a comma or a closing bracket missing before it?");
        return false;
    }
    if (!key.quoted && str_is(key.text, "<<")) {
        diag_error(r->d, ret->key_pos, "merge keys (<<) are not allowed");
        diag_hint(r->d, "write the values out");
        return false;
    }
    ret->key = key.text;
    return true;
}

static int pair_order(const void *a, const void *b)
{
    const struct yaml_pair *x = *(const struct yaml_pair *const *)a;
    const struct yaml_pair *y = *(const struct yaml_pair *const *)b;
    int order = str_cmp(x->key, y->key);
    return order ? order : (x > y) - (x < y);
}

static bool check_duplicates(struct reader *r, const struct yaml *map)
{
    auto_free const struct yaml_pair **sorted = mem_array(map->n, sizeof(*sorted));
    for (size_t i = 0; i < map->n; i++)
        sorted[i] = &map->pairs[i];
    if (map->n > 1)
        qsort(sorted, map->n, sizeof(*sorted), pair_order);
    bool good = true;
    for (size_t i = 1; i < map->n; i++) {
        if (!str_eq(sorted[i - 1]->key, sorted[i]->key))
            continue;
        diag_error(r->d, sorted[i]->key_pos, "the key '%.*s' stands twice", STR_F(sorted[i]->key));
        diag_hint(r->d, "it is already in line %u", sorted[i - 1]->key_pos.line);
        good = false;
    }
    return good;
}

static bool read_map(struct reader *r, size_t depth, struct yaml *ret)
{
    auto_free struct yaml_pair *pairs = NULL;
    void *kept;
    size_t n = 0, cap = 0;
    auto_event event = {0};
    while (next_event(r, &event)) {
        if (event.fy->type == FYET_MAPPING_END) {
            if (!keep(r, pairs, n, sizeof(*pairs), &kept))
                return too_large(r, ret->pos);
            ret->pairs = kept;
            ret->n = n;
            return check_duplicates(r, ret);
        }
        pairs = room_for_one(pairs, n, &cap, sizeof(*pairs));
        if (!read_key(r, event.fy, ret->pos, depth + 1, &pairs[n]) || !next_event(r, &event) ||
            !read_node(r, event.fy, pairs[n].key_pos, depth + 1, &pairs[n].value))
            return false;
        n++;
    }
    return false;
}

static bool read_node(struct reader *r, struct fy_event *event, struct pos otherwise, size_t depth,
                      struct yaml *ret)
{
    *ret = (struct yaml){.pos = event_pos(r, event, otherwise)};
    if (!check_node(r, event, ret->pos, depth))
        return false;
    if (event->type == FYET_SEQUENCE_START) {
        ret->kind = YAML_LIST;
        return read_list(r, depth, ret);
    }
    if (event->type == FYET_MAPPING_START) {
        ret->kind = YAML_MAP;
        return read_map(r, depth, ret);
    }
    return read_scalar(r, event, ret);
}

static bool is_left_out(const struct yaml *y)
{
    return y->kind == YAML_SCALAR && !y->quoted && y->text.n == 0;
}

static bool read_second_document(struct reader *r, struct event *event)
{
    struct pos pos = place_clamp(&r->scan, 0, 0);
    pos = event_pos(r, event->fy, pos);
    if (!fy_event_start_mark(event->fy) && next_event(r, event))
        pos = event_pos(r, event->fy, pos);
    diag_error(r->d, pos, "a second document begins here; one file is one document");
    return false;
}

static bool read_document(struct reader *r, struct yaml *ret)
{
    struct pos start = {r->scan.source, 1, 1, 1};
    *ret = (struct yaml){.kind = YAML_MAP, .pos = start};
    auto_event event = {0};
    if (!next_event(r, &event) ||
        !next_event(r, &event)) /* the stream's start, and what is in it */
        return false;
    if (event.fy->type == FYET_STREAM_END)
        return true;
    if (!next_event(r, &event) || !read_node(r, event.fy, start, 1, ret))
        return false;
    if (is_left_out(ret))
        *ret = (struct yaml){.kind = YAML_MAP, .pos = start};
    if (!next_event(r, &event) || !next_event(r, &event)) /* the document's end, and what follows */
        return false;
    return event.fy->type == FYET_STREAM_END || read_second_document(r, &event);
}

static bool open_parser(struct reader *r, struct str text)
{
    struct fy_diag_cfg diag;
    fy_diag_cfg_default(&diag);
    diag.fp = NULL;
    diag.colorize = false;
    r->fy_diag = fy_diag_create(&diag);
    if (!r->fy_diag)
        return false;
    fy_diag_set_collect_errors(r->fy_diag, true);
    struct fy_parse_cfg parse = {.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
                                 .diag = r->fy_diag};
    r->parser = fy_parser_create(&parse);
    return r->parser && fy_parser_set_string(r->parser, text.p, text.n) == 0;
}

const struct yaml *yaml_reference_read(struct arena *a, const struct source *source,
                                       const struct yaml_limits *limits, struct diags *d)
{
    struct str text = source->text;
    if (text.n > limits->max_bytes) {
        diag_error(d, (struct pos){.source = source}, "%zu bytes: more than the %zu allowed",
                   text.n, limits->max_bytes);
        return NULL;
    }
    struct yaml *root = ARENA_NEW(a, struct yaml);
    auto_reader r = {.arena = a, .limits = limits, .d = d};
    if (!root) {
        (void)too_large(&r, (struct pos){.source = source});
        return NULL;
    }
    bool ascii;
    if (!yaml_scan(source, d, &ascii))
        return NULL;
    r.scan.source = source;
    find_places(&r.scan);
    if (text.n == 0) { /* the library takes no empty string */
        *root = (struct yaml){.kind = YAML_MAP, .pos = {source, 1, 1, 1}};
        return root;
    }
    if (!open_parser(&r, text)) {
        diag_error(d, (struct pos){.source = source}, "the YAML library does not start");
        return NULL;
    }
    return read_document(&r, root) ? root : NULL;
}

/* --- do both agree? */

/* What we refuse and libfyaml takes: by what our message says. */
static const char *const stricter[] = {
    "complex keys (?)",
    "a tab behind '-'",
    "the document ends before it begins",
    "a block of text cannot be the whole file",
    "a block without a text",
    "cannot start a text without quotes",
    "the indentation fits nothing above",
    "a ':' is missing behind this key",
    "a key must be a text",
    "this line must be indented more", /* libfyaml lets plain texts in brackets go on anywhere */
    "a second document begins here",   /* libfyaml takes directives behind "..." for none */
};

static bool is_stricter(const struct diags *d)
{
    for (size_t i = 0; i < sizeof(stricter) / sizeof(*stricter); i++)
        if (d->n > 0 && str_contains(d->items[0].message, STR_C(stricter[i])))
            return true;
    return false;
}

/* libfyaml 0.7 misses a node that nothing but a comment or a line with less indentation stands for,
 * puts a NUL behind some escaped line feeds, and minds a key ":d" behind a text of two lines. */
static bool is_stumble(const struct diags *d)
{
    struct str message = d->n > 0 ? d->items[0].message : STR_NONE;
    return str_contains(message, STR("did not find expected node content")) ||
           str_contains(message, STR("control character U+0000")) ||
           (str_contains(message, STR("invalid multiline plain key")) &&
            str_contains(d->items[0].pos.source->text, STR("\n:")));
}

static bool same_place(struct pos a, struct pos b)
{
    return a.line == b.line && a.column == b.column;
}

/* We say where its | or > is, libfyaml where its first line is. */
static bool is_block_text(const struct yaml *y)
{
    struct str rest = y->pos.source->text, line = STR_NONE;
    for (unsigned i = 0; i < y->pos.line; i++)
        str_next(&rest, '\n', &line);
    uint32_t code = 0;
    for (unsigned i = 0; i < y->pos.column && line.n > 0; i++)
        (void)utf8_take(&line, &code);
    return y->quoted && (code == '|' || code == '>');
}

/* "[a: b]": we say where the key is, libfyaml where the colon is. */
static bool is_one_pair(const struct yaml *y)
{
    return y->kind == YAML_MAP && y->n == 1 && same_place(y->pos, y->pairs[0].key_pos);
}

static bool differs(struct buf *why, const struct yaml *y, const char *what)
{
    buf_fmt(why, "line %u, column %u: %s", y->pos.line, y->pos.column, what);
    return false;
}

/* libfyaml 0.7 folds lines that end in CR LF to a line feed where a space belongs, and loses
 * characters of texts with many escapes. */
static bool is_mangled(const struct yaml *y)
{
    struct str text = y->pos.source->text;
    size_t n_escapes = 0;
    for (size_t i = 0; i < text.n; i++)
        n_escapes += text.p[i] == '\'' || text.p[i] == '\\';
    return (y->quoted && n_escapes > 16) ||
           (str_has(text, '\r') && (str_has(y->text, ' ') || str_has(y->text, '\n')));
}

static bool another_text(struct buf *why, const struct yaml *a, const struct yaml *b)
{
    (void)differs(why, a, "the text is ");
    buf_json(why, a->text);
    buf_c(why, " to us, ");
    buf_json(why, b->text);
    buf_c(why, " to libfyaml");
    return false;
}

static bool same_tree(const struct yaml *a, const struct yaml *b, struct buf *why);

static bool same_pair(const struct yaml_pair *a, const struct yaml_pair *b, struct buf *why)
{
    if (!str_eq(a->key, b->key) || !same_place(a->key_pos, b->key_pos))
        return differs(why, &a->value, "another key");
    return same_tree(&a->value, &b->value, why);
}

static bool same_tree(const struct yaml *a, const struct yaml *b, struct buf *why)
{
    if (a->kind != b->kind || a->quoted != b->quoted)
        return differs(why, a, "another kind");
    if (!is_block_text(a) && !is_one_pair(a) && !same_place(a->pos, b->pos))
        return differs(why, b, "another place");
    if (a->kind == YAML_SCALAR)
        return str_eq(a->text, b->text) || is_mangled(a) || another_text(why, a, b);
    bool same = a->n == b->n || differs(why, a, "another number of items");
    for (size_t i = 0; same && i < a->n; i++)
        same = a->kind == YAML_LIST ? same_tree(&a->items[i], &b->items[i], why)
                                    : same_pair(&a->pairs[i], &b->pairs[i], why);
    return same;
}

bool yaml_reference_agrees(const struct source *source, struct buf *why)
{
    auto_arena a = {0};
    struct diags ours, theirs;
    const struct yaml_limits limits = {(size_t)1 << 20, 32, 200000};
    arena_init(&a, (size_t)256 << 20);
    diags_init(&ours, &a);
    diags_init(&theirs, &a);
    const struct yaml *x = yaml_read(&a, source, &limits, &ours);
    if (!x && is_stricter(&ours)) /* libfyaml 0.7 crashes over some complex keys */
        return true;
    const struct yaml *y = yaml_reference_read(&a, source, &limits, &theirs);
    if (x && y)
        return same_tree(x, y, why);
    if (x ? is_stumble(&theirs) : !y)
        return true;
    buf_c(why, x ? "we take it, libfyaml does not:\n" : "libfyaml takes it, we do not:\n");
    diags_print(x ? &theirs : &ours, why);
    return false;
}
