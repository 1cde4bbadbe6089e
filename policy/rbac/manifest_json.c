/* Manifests as YAML for people: block style, in the order of the JSON. Texts are double-quoted,
 * which is the same in every version of YAML; numbers and flags stay as they are. */
#include "base/json.h"
#include "policy/rbac/manifest.h"

#define JSON_MAX ((size_t)4 << 20)

static void indent(struct buf *out, int depth)
{
    for (int i = 0; i < depth; i++)
        buf_lit(out, "  ");
}

static struct str text_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void put_scalar(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        buf_json(out, text_of(value));
    else if (json_is_integer(value))
        buf_i64(out, (int64_t)json_integer_value(value));
    else if (json_is_object(value))
        buf_lit(out, "{}");
    else if (json_is_array(value))
        buf_lit(out, "[]");
    else
        buf_c(out, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
}

static bool is_scalar(const json_t *value)
{
    return !(json_is_object(value) && json_object_size(value)) &&
           !(json_is_array(value) && json_array_size(value));
}

static bool all_strings(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (!json_is_string(item)) return false;
    return true;
}

/* ["a", "b"] in one line */
static void put_strings(struct buf *out, const json_t *list)
{
    size_t i;
    const json_t *item;
    buf_char(out, '[');
    json_array_foreach(list, i, item)
    {
        buf_c(out, i ? ", " : "");
        put_scalar(out, item);
    }
    buf_char(out, ']');
}

static void put_value(struct buf *out, const json_t *value, int depth);

/* first: the indentation stands there already ("- ") */
static void put_map(struct buf *out, const json_t *map, int depth, bool first)
{
    const char *key;
    const json_t *value;
    json_t *members = (json_t *)(uintptr_t)map;
    json_object_foreach(members, key, value)
    {
        if (!first)
            indent(out, depth);
        first = false;
        buf_c(out, key);
        buf_char(out, ':');
        put_value(out, value, depth);
    }
}

/* What stands behind "key:" at that depth, with the end of the line. */
static void put_value(struct buf *out, const json_t *value, int depth)
{
    size_t i;
    const json_t *item;
    if (is_scalar(value) || (json_is_array(value) && all_strings(value))) {
        buf_char(out, ' ');
        if (is_scalar(value))
            put_scalar(out, value);
        else
            put_strings(out, value);
        buf_char(out, '\n');
        return;
    }
    buf_char(out, '\n');
    if (json_is_object(value)) {
        put_map(out, value, depth + 1, false);
        return;
    }
    json_array_foreach(value, i, item)
    {
        indent(out, depth);
        buf_lit(out, "- ");
        put_map(out, item, depth + 1, true);
    }
}

int manifests_yaml(const struct manifests *m, struct buf *out, struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        auto_json *j = json_read(m->items[i].text, JSON_MAX, e);
        if (!j)
            return fail_within(e, "%.*s", STR_F(m->items[i].name));
        buf_lit(out, "---\n");
        put_map(out, j, 0, false);
    }
    return buf_failed(out) ? fail(e, ERR_LIMIT, "the manifests are too large") : 0;
}
