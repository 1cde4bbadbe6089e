#include "tests/unit/json_reference.h"

#include "base/json.h"
#include "base/json_scan.h"

static bool differ(struct buf *why, const char *what, struct str at)
{
    buf_fmt(why, "%s: '%.*s'", what, STR_F(at));
    return false;
}

static bool same_value(struct json_scan *s, const json_t *j, struct buf *why);

static bool same_object(struct json_scan *s, const json_t *j, struct buf *why)
{
    struct str key;
    size_t n = 0;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key); n++) {
        const json_t *value = json_object_getn(j, key.p, key.n);
        if (!value)
            return differ(why, "a member that jansson does not see", key);
        if (!same_value(s, value, why))
            return false;
    }
    return n == json_object_size(j) || s->failed || differ(why, "members are missing", STR_NONE);
}

static bool same_list(struct json_scan *s, const json_t *j, struct buf *why)
{
    size_t n = 0;
    for (bool in = json_scan_array(s); in && json_scan_item(s); n++)
        if (n >= json_array_size(j) || !same_value(s, json_array_get(j, n), why))
            return n < json_array_size(j) ? false : differ(why, "too many items", STR_NONE);
    return n == json_array_size(j) || s->failed || differ(why, "items are missing", STR_NONE);
}

static bool same_scalar(struct json_scan *s, const json_t *j, struct buf *why)
{
    struct str text = STR_NONE;
    int64_t number = 0;
    bool flag = false;
    if (json_is_string(j) != json_scan_str(s, &text) ||
        !str_eq(text, (struct str){json_string_value(j), json_string_length(j)}))
        return differ(why, "another text", text);
    if (json_is_integer(j) != json_scan_i64(s, &number) || number != json_integer_value(j))
        return differ(why, "another number", text);
    if (json_is_boolean(j) != json_scan_bool(s, &flag) || flag != json_is_true(j))
        return differ(why, "another flag", text);
    return true;
}

static bool same_value(struct json_scan *s, const json_t *j, struct buf *why)
{
    static const enum json_scan_type types[] = {
        [JSON_OBJECT] = JSON_SCAN_OBJECT, [JSON_ARRAY] = JSON_SCAN_LIST,
        [JSON_STRING] = JSON_SCAN_STR,    [JSON_INTEGER] = JSON_SCAN_NUMBER,
        [JSON_REAL] = JSON_SCAN_NUMBER,   [JSON_TRUE] = JSON_SCAN_BOOL,
        [JSON_FALSE] = JSON_SCAN_BOOL,    [JSON_NULL] = JSON_SCAN_NULL};
    if (json_scan_type(s) != types[json_typeof(j)])
        return differ(why, "another type", STR_NONE);
    if (json_is_object(j))
        return same_object(s, j, why);
    return json_is_array(j) ? same_list(s, j, why) : same_scalar(s, j, why);
}

/* Members asked for by name, before the object is read. */
static bool same_peeks(struct json_scan *s, json_t *j, struct buf *why)
{
    const char *key;
    json_t *value;
    json_object_foreach(j, key, value)
    {
        struct str text = json_scan_peek(s, key);
        if (!str_eq(text, (struct str){json_string_value(value), json_string_length(value)}))
            return differ(why, "another text is peeked", STR_C(key));
    }
    return true;
}

static bool same_reading(struct str text, size_t max_bytes, json_t *j, struct buf *why)
{
    struct json_scan s;
    struct err e = {0};
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    json_scan_init(&s, text, max_bytes, &a, &e);
    struct json_scan again = json_scan_again(&s);
    bool few = !json_is_object(j) || json_object_size(j) < 64; /* a peek goes through all */
    if ((few && !same_peeks(&s, j, why)) || !same_value(&s, j, why) || !same_value(&again, j, why))
        return false;
    return json_scan_end(&s) == 0 || differ(why, "refused behind the value", STR_C(e.text));
}

bool json_reference_agrees(struct str text, size_t max_bytes, struct buf *why)
{
    struct err theirs = {0}, ours = {0};
    struct json_scan s;
    auto_arena a = {0};
    auto_json *j = json_read(text, max_bytes, &theirs);
    arena_init(&a, ARENA_NO_MAX);
    json_scan_init(&s, text, max_bytes, &a, &ours);
    bool taken = json_scan_end(&s) == 0;
    if (taken != (j != NULL))
        return differ(why, taken ? "jansson refuses what we take" : "we refuse what jansson takes",
                      STR_C(taken ? theirs.text : ours.text));
    return taken ? same_reading(text, max_bytes, j, why) : ours.text[0] != '\0';
}
