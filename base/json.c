#include "base/json.h"

#define DEPTH_MAX 64

/* jansson allows 2048 levels and has no setting for it: brackets outside of strings are counted
 * first. */
static bool too_deep(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            depth++;
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

json_t *json_read(struct str text, size_t max_bytes, struct err *e)
{
    if (text.n > max_bytes) {
        fail(e, ERR_LIMIT, "JSON text of %zu bytes: more than the %zu allowed", text.n, max_bytes);
        return NULL;
    }
    if (str_has(text, '\0')) { /* jansson loses one that stands behind a number */
        fail(e, ERR_INPUT, "JSON text: a NUL byte, which no JSON has");
        return NULL;
    }
    if (too_deep(text)) {
        fail(e, ERR_LIMIT, "JSON text: nested more than %d levels deep", DEPTH_MAX);
        return NULL;
    }
    json_error_t error;
    json_t *value =
        json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        fail(e, ERR_INPUT, "JSON text: line %d, column %d: %s", error.line, error.column,
             error.text);
    return value;
}

static bool copy_string(const json_t *value, struct arena *a, struct str *ret)
{
    struct str s = {json_string_value(value), json_string_length(value)};
    struct str copied = arena_str(a, s);
    if (!copied.p)
        return false;
    *ret = copied;
    return true;
}

bool json_get_str(const json_t *object, const char *key, struct arena *a, struct str *ret)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) && copy_string(value, a, ret);
}

bool json_get_i64(const json_t *object, const char *key, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return false;
    *ret = json_integer_value(value);
    return true;
}

bool json_get_bool(const json_t *object, const char *key, bool *ret)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        return false;
    *ret = json_is_true(value);
    return true;
}

bool json_get_strs(const json_t *object, const char *key, struct arena *a, struct str **ret,
                   size_t *ret_n)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value))
        return false;
    size_t n = json_array_size(value);
    struct str *strs = ARENA_ARRAY(a, n, struct str);
    if (!strs)
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_string(item) || !copy_string(item, a, &strs[i]))
            return false;
    }
    *ret = strs;
    *ret_n = n;
    return true;
}
