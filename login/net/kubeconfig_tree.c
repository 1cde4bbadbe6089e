#include "login/net/kubeconfig.h"
#include "login/plain.h"

bool tree_has(const struct yaml *whole, const struct yaml *part)
{
    if (whole->kind != part->kind)
        return false;
    if (part->kind == YAML_SCALAR)
        return str_eq(whole->text, part->text);
    if (part->kind == YAML_LIST) {
        bool same = whole->n == part->n;
        for (size_t i = 0; i < part->n && same; i++)
            same = tree_has(&whole->items[i], &part->items[i]);
        return same;
    }
    for (size_t i = 0; i < part->n; i++) {
        const struct yaml *value = yaml_get(whole, part->pairs[i].key);
        if (!value || !tree_has(value, &part->pairs[i].value))
            return false;
    }
    return true;
}

bool tree_eq(const struct yaml *a, const struct yaml *b)
{
    return tree_has(a, b) && tree_has(b, a);
}

struct str tree_str(const struct yaml *map, const char *key)
{
    const struct yaml *value = map ? yaml_get(map, str_from(key)) : NULL;
    return value && value->kind == YAML_SCALAR ? value->text : STR_NONE;
}

const struct yaml *tree_named(const struct yaml *list, struct str name)
{
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++)
        if (str_eq(tree_str(&list->items[i], "name"), name))
            return &list->items[i];
    return NULL;
}

static bool is_word_of_yaml(struct str s)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_eq_nocase(s, str_from(words[i])))
            return true;
    return false;
}

/* Texts that any YAML reader takes for a text, without quotes. */
static bool is_plain(struct str s)
{
    bool begins = s.n > 0 && (s.p[0] == '/' || str_starts(s, STR("--")) ||
                              plain_is(str_from_to(s, 0, 1), "", 1));
    bool number = s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
    return begins && !number && plain_is(s, "-._:/@=+", SIZE_MAX) && s.p[s.n - 1] != ':' &&
           !is_word_of_yaml(s);
}

void tree_scalar(struct buf *out, struct str text)
{
    if (is_plain(text))
        buf_add(out, text);
    else
        buf_json(out, text); /* YAML 1.2: every JSON string is a double-quoted scalar */
}

static void spaces(struct buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_char(out, ' ');
}

/* Behind "key:" or "-". */
static void emit_value(struct buf *out, const struct yaml *y, int indent)
{
    if (y->kind == YAML_SCALAR) {
        buf_char(out, ' ');
        if (y->quoted)
            buf_json(out, y->text);
        else
            buf_add(out, y->text); /* numbers, true and null keep their meaning only unquoted */
        buf_char(out, '\n');
        return;
    }
    if (y->n == 0) {
        buf_c(out, y->kind == YAML_LIST ? " []\n" : " {}\n");
        return;
    }
    buf_char(out, '\n');
    tree_emit(out, y, indent);
}

void tree_emit(struct buf *out, const struct yaml *y, int indent)
{
    for (size_t i = 0; i < y->n && y->kind == YAML_LIST; i++) {
        spaces(out, indent);
        buf_char(out, '-');
        emit_value(out, &y->items[i], indent + 2);
    }
    for (size_t i = 0; i < y->n && y->kind == YAML_MAP; i++) {
        spaces(out, indent);
        tree_scalar(out, y->pairs[i].key);
        buf_char(out, ':');
        emit_value(out, &y->pairs[i].value,
                   y->pairs[i].value.kind == YAML_LIST ? indent : indent + 2);
    }
}

int tree_read(struct str text, struct arena *a, const struct yaml **ret, struct err *e)
{
    struct source *source = ARENA_NEW(a, struct source);
    struct diags d;
    if (!source)
        return fail(e, ERR_LIMIT, "larger than the memory set aside for it");
    *source = (struct source){"kubeconfig", text};
    diags_init(&d, a);
    struct yaml_limits limits = {(size_t)4 << 20, 32, 200000};
    *ret = yaml_read(a, source, &limits, &d);
    if (!*ret && d.n > 0)
        return fail(e, ERR_CONFIG, "line %u: %.*s", d.items[0].pos.line, STR_F(d.items[0].message));
    if (!*ret || (*ret)->kind != YAML_MAP)
        return fail(e, ERR_CONFIG, "not a kubeconfig");
    return 0;
}
