#include "login/net/kubeconfig.h"

#define FILE_MAX ((size_t)8 << 20)

struct line {
    struct str text; /* without the newline */
    bool gone;
    struct str behind; /* lines put in after it, each with its newline */
};
struct editor {
    struct arena *a;
    const struct kubeconfig_plan *plan;
    const struct yaml *root;
    struct {
        struct line *items;
        size_t n, cap;
    } lines;
    struct buf back; /* behind the last line */
};

static void editor_fini(struct editor *ed)
{
    buf_fini(&ed->back);
}
#define auto_editor struct editor __attribute__((cleanup(editor_fini)))

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static bool begins_item(struct str line)
{
    struct str s = str_trim(line);
    return str_is(s, "-") || str_starts(s, STR("- "));
}

static size_t line_of(const struct yaml *item)
{
    return (item->kind == YAML_MAP && item->n > 0 ? item->pairs[0].key_pos.line : item->pos.line) -
           1;
}

/* The line an item's dash stands on, counted from 0; SIZE_MAX: there is none, the list is not in
 * block style. */
static size_t dash_line(const struct editor *ed, const struct yaml_pair *list, size_t i)
{
    size_t first = i == 0 ? list->key_pos.line : line_of(&list->value.items[i - 1]) + 1;
    for (size_t at = line_of(&list->value.items[i]); at >= first && at < ed->lines.n; at--)
        if (begins_item(ed->lines.items[at].text))
            return at;
    return SIZE_MAX;
}

static const struct yaml_pair *find_list(const struct editor *ed, enum kubeconfig_kind kind)
{
    for (size_t i = 0; i < ed->root->n; i++)
        if (str_is(ed->root->pairs[i].key, kubeconfig_lists[kind]))
            return &ed->root->pairs[i];
    return NULL;
}

/* Lines can be cut out and put in: the map stands at the margin, the lists in block style, one item
 * after the other. */
static bool is_editable(const struct editor *ed)
{
    for (size_t i = 0; i < ed->root->n; i++)
        if (ed->root->pairs[i].key_pos.column != 1)
            return false;
    for (size_t i = 0; i < ed->lines.n && ed->root->n == 0; i++)
        if (str_starts(str_trim(ed->lines.items[i].text), STR("{"))) /* an empty map, written out */
            return false;
    for (int kind = 0; kind < KUBECONFIG_KINDS; kind++) {
        const struct yaml_pair *list = find_list(ed, (enum kubeconfig_kind)kind);
        if (!list || list->value.kind != YAML_LIST)
            continue;
        for (size_t i = 0; i < list->value.n; i++) {
            size_t at = dash_line(ed, list, i);
            if (at == SIZE_MAX || indent_of(ed->lines.items[at].text) !=
                                      indent_of(ed->lines.items[dash_line(ed, list, 0)].text))
                return false;
        }
    }
    return true;
}

static int open_text(struct editor *ed, struct str text, struct err *e)
{
    struct str rest = text, line;
    ed->lines.n = 0;
    if (tree_read(text, ed->a, &ed->root, e) != 0)
        return -1;
    while (str_next(&rest, '\n', &line)) {
        if (!rest.p && line.n == 0)
            break; /* behind the last newline */
        struct line *l = ARENA_PUSH(ed->a, &ed->lines);
        if (!l)
            return fail(e, ERR_LIMIT, "larger than the memory set aside for it");
        l->text = line;
    }
    return 0;
}

/* The line behind the last one of the section that begins at a key of the root. */
static size_t section_end(const struct editor *ed, const struct yaml_pair *section)
{
    size_t end = ed->lines.n;
    for (size_t i = 0; i < ed->root->n; i++) {
        size_t at = ed->root->pairs[i].key_pos.line - 1;
        if (at >= section->key_pos.line && at < end)
            end = at;
    }
    return end;
}

/* The last line in [from, to) that is more than white space, a comment at the items' level, or an
   end of document. A '#' further in may be text of a block scalar. */
static size_t last_content(const struct editor *ed, size_t from, size_t to, size_t indent)
{
    for (size_t at = to; at > from; at--) {
        struct str line = ed->lines.items[at - 1].text, text = str_trim(line);
        bool comment = str_starts(text, STR("#")) && indent_of(line) <= indent;
        if (text.n > 0 && !comment && !str_is(line, "...") && !str_is(line, "---"))
            return at - 1;
    }
    return from;
}

static void remove_item(struct editor *ed, const struct yaml_pair *list, size_t i)
{
    size_t from = dash_line(ed, list, i), indent = indent_of(ed->lines.items[from].text);
    size_t to = i + 1 < list->value.n ? dash_line(ed, list, i + 1) : section_end(ed, list);
    size_t last = last_content(ed, from, to, indent);
    for (size_t at = from; at <= last; at++)
        ed->lines.items[at].gone = true;
}

static const struct kubeconfig_site *planned(const struct kubeconfig_plan *plan,
                                             enum kubeconfig_kind kind, struct str name)
{
    for (size_t i = 0; i < plan->n_sites; i++)
        if (str_eq(kubeconfig_entry_name(kind, &plan->sites[i]), name))
            return &plan->sites[i];
    return NULL;
}

/* A context that is not ours leans on it. */
static bool is_used_by_others(const struct editor *ed, enum kubeconfig_kind kind, struct str name)
{
    const struct yaml *list = yaml_get(ed->root, STR("contexts"));
    const char *key = kind == KUBECONFIG_USER ? "user" : "cluster";
    for (size_t i = 0; kind != KUBECONFIG_CONTEXT && list && list->kind == YAML_LIST && i < list->n;
         i++)
        if (!kubeconfig_entry_is_ours(KUBECONFIG_CONTEXT, ed->plan, &list->items[i]) &&
            str_eq(tree_str(yaml_get(&list->items[i], STR("context")), key), name))
            return true;
    return false;
}

/* Is the entry as it should be? What people added to it does not count. */
static bool is_current(struct editor *ed, enum kubeconfig_kind kind,
                       const struct kubeconfig_site *site, const struct yaml *entry)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    struct err e;
    const struct yaml *wanted;
    buf_lit(&text, "list:\n");
    kubeconfig_entry_write(&text, kind, ed->plan, site, NULL);
    if (tree_read(arena_str(ed->a, buf_str(&text)), ed->a, &wanted, &e) != 0)
        return false;
    return tree_has(entry, &wanted->pairs[0].value.items[0]);
}

static void indent_lines(struct buf *out, struct str text, size_t indent)
{
    struct str line;
    while (str_next(&text, '\n', &line) && (text.p || line.n > 0)) {
        for (size_t i = 0; i < indent; i++)
            buf_char(out, ' ');
        buf_add(out, line);
        buf_char(out, '\n');
    }
}

struct list_edit {
    enum kubeconfig_kind kind;
    const struct yaml_pair *list; /* NULL: the file has no such key */
    size_t indent;
    struct buf added;
};

/* What happens to the entries that are there. */
static int edit_present(struct editor *ed, struct list_edit *edit, struct err *e)
{
    const struct yaml *list = edit->list ? &edit->list->value : NULL;
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        const struct yaml *entry = &list->items[i];
        struct str name = tree_str(entry, "name");
        const struct kubeconfig_site *site = planned(ed->plan, edit->kind, name);
        bool ours = kubeconfig_entry_is_ours(edit->kind, ed->plan, entry);
        if (site && !ours)
            return fail(
                e, ERR_CONFIG,
                "%s '%.*s' is there already and is not of %.*s; choose other names with --prefix",
                kubeconfig_lists[edit->kind], STR_F(name), STR_F(ed->plan->issuer));
        if (!ours || (site && is_current(ed, edit->kind, site, entry)) ||
            (!site && is_used_by_others(ed, edit->kind, name)))
            continue;
        remove_item(ed, edit->list, i);
        if (site)
            kubeconfig_entry_write(&edit->added, edit->kind, ed->plan, site, entry);
    }
    return 0;
}

static void put_in(struct editor *ed, const struct list_edit *edit)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    indent_lines(&text, buf_str(&edit->added), edit->indent);
    if (!edit->list) {
        buf_fmt(&ed->back, "%s:\n", kubeconfig_lists[edit->kind]);
        buf_add(&ed->back, buf_str(&text));
        return;
    }
    struct line *key = &ed->lines.items[edit->list->key_pos.line - 1], *after = key;
    if (edit->list->value.kind == YAML_LIST && edit->list->value.n > 0)
        after = &ed->lines.items[last_content(ed, edit->list->key_pos.line - 1,
                                              section_end(ed, edit->list), edit->indent)];
    else
        key->text =
            arena_fmt(ed->a, "%s:", kubeconfig_lists[edit->kind]); /* was null, ~, [] or nothing */
    after->behind = arena_str(ed->a, buf_str(&text));
}

static int edit_list(struct editor *ed, enum kubeconfig_kind kind, struct err *e)
{
    struct list_edit edit = {
        .kind = kind, .list = find_list(ed, kind), .added = BUF_INIT(FILE_MAX)};
    const struct yaml *list = edit.list ? &edit.list->value : NULL;
    if (list && list->kind != YAML_LIST && !yaml_is_null(list))
        return fail(e, ERR_CONFIG, "%s is not a list", kubeconfig_lists[kind]);
    if (list && list->kind == YAML_LIST && list->n > 0)
        edit.indent = indent_of(ed->lines.items[dash_line(ed, edit.list, 0)].text);
    int result = edit_present(ed, &edit, e);
    for (size_t i = 0; i < ed->plan->n_sites && result == 0; i++)
        if (!tree_named(list, kubeconfig_entry_name(kind, &ed->plan->sites[i])))
            kubeconfig_entry_write(&edit.added, kind, ed->plan, &ed->plan->sites[i], NULL);
    if (result == 0 && edit.added.n > 0)
        put_in(ed, &edit);
    buf_fini(&edit.added);
    return result;
}

static void edit_head(struct editor *ed)
{
    if (!yaml_get(ed->root, STR("apiVersion")))
        buf_lit(&ed->back, "apiVersion: v1\n");
    if (!yaml_get(ed->root, STR("kind")))
        buf_lit(&ed->back, "kind: Config\n");
}

static void edit_current(struct editor *ed)
{
    const struct yaml *current = yaml_get(ed->root, STR("current-context"));
    if (current && !yaml_is_null(current) && (current->kind != YAML_SCALAR || current->text.n > 0))
        return; /* somebody chose */
    auto_buf line = BUF_INIT(1024);
    buf_lit(&line, "current-context: ");
    tree_scalar(&line, ed->plan->sites[0].name);
    for (size_t i = 0; i < ed->root->n; i++)
        if (str_is(ed->root->pairs[i].key, "current-context")) {
            ed->lines.items[ed->root->pairs[i].key_pos.line - 1].text =
                arena_str(ed->a, buf_str(&line));
            return;
        }
    buf_add(&ed->back, buf_str(&line));
    buf_char(&ed->back, '\n');
}

static void write_text(const struct editor *ed, struct buf *out)
{
    size_t end = ed->lines.n;
    while (end > 0 && str_is(ed->lines.items[end - 1].text, "..."))
        end--; /* what we append belongs to the document */
    for (size_t i = 0; i < end; i++) {
        if (!ed->lines.items[i].gone) {
            buf_add(out, ed->lines.items[i].text);
            buf_char(out, '\n');
        }
        buf_add(out, ed->lines.items[i].behind);
    }
    buf_add(out, buf_str(&ed->back));
}

static bool is_edited(struct str key)
{
    bool edited = str_is(key, "current-context");
    for (int kind = 0; kind < KUBECONFIG_KINDS; kind++)
        edited = edited || str_is(key, kubeconfig_lists[kind]);
    return edited;
}

static int verify_list(const struct editor *ed, enum kubeconfig_kind kind, const struct yaml *after,
                       struct err *e)
{
    const struct yaml *before = yaml_get(ed->root, str_from(kubeconfig_lists[kind]));
    const struct yaml *now = yaml_get(after, str_from(kubeconfig_lists[kind]));
    for (size_t i = 0; before && before->kind == YAML_LIST && i < before->n; i++) {
        const struct yaml *entry = &before->items[i];
        const struct yaml *same = tree_named(now, tree_str(entry, "name"));
        if (!kubeconfig_entry_is_ours(kind, ed->plan, entry) && (!same || !tree_eq(same, entry)))
            return fail(e, ERR_BUG, "the foreign entry %zu of %s would change", i + 1,
                        kubeconfig_lists[kind]);
    }
    for (size_t i = 0; i < ed->plan->n_sites; i++)
        if (!tree_named(now, kubeconfig_entry_name(kind, &ed->plan->sites[i])))
            return fail(e, ERR_BUG, "an entry of %s would be missing", kubeconfig_lists[kind]);
    return 0;
}

/* Every foreign entry and setting is there as before, and every planned one is there. */
static int verify(const struct editor *ed, struct str text, struct err *e)
{
    const struct yaml *after;
    if (tree_read(text, ed->a, &after, e) != 0)
        return fail_within(e, "the result would not be readable");
    for (size_t i = 0; i < ed->root->n; i++) {
        const struct yaml_pair *pair = &ed->root->pairs[i];
        const struct yaml *now = yaml_get(after, pair->key);
        if (!is_edited(pair->key) && (!now || !tree_eq(now, &pair->value)))
            return fail(e, ERR_BUG, "'%.*s' would change", STR_F(pair->key));
    }
    for (int kind = 0; kind < KUBECONFIG_KINDS; kind++)
        if (verify_list(ed, (enum kubeconfig_kind)kind, after, e) != 0)
            return -1;
    return 0;
}

int kubeconfig_merge(struct str text, const struct kubeconfig_plan *plan, struct arena *a,
                     struct buf *out, struct err *e)
{
    auto_editor ed = {.a = a, .plan = plan, .back = BUF_INIT(FILE_MAX)};
    if (open_text(&ed, text, e) != 0)
        return -1;
    if (!is_editable(&ed)) { /* JSON, or lists in brackets: the same in block style first */
        auto_buf block = BUF_INIT(FILE_MAX);
        tree_emit(&block, ed.root, 0);
        if (open_text(&ed, arena_str(a, buf_str(&block)), e) != 0)
            return -1;
        if (!is_editable(&ed))
            return fail(
                e, ERR_CONFIG,
                "its style cannot be edited; let kubectl rewrite it: kubectl config view --raw");
    }
    edit_head(&ed);
    for (int kind = 0; kind < KUBECONFIG_KINDS; kind++)
        if (edit_list(&ed, (enum kubeconfig_kind)kind, e) != 0)
            return -1;
    edit_current(&ed);
    size_t before = out->n;
    write_text(&ed, out);
    if (buf_failed(out) || buf_failed(&ed.back))
        return fail(e, ERR_LIMIT, "larger than %zu bytes", FILE_MAX);
    return verify(&ed, str_from_to(buf_str(out), before, out->n), e);
}
