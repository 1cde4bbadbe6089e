#include "policy/rbac/selector_json.h"

static const struct {
    const char *name;
    enum selector_op op;
} operators[] = {{"In", SELECTOR_IN},
                 {"NotIn", SELECTOR_NOT_IN},
                 {"Exists", SELECTOR_EXISTS},
                 {"DoesNotExist", SELECTOR_NOT_EXISTS}};

static const char *operator_name(enum selector_op op)
{
    size_t i = 0;
    while (operators[i].op != op)
        i++;
    return operators[i].name;
}

static int read_labels(const json_t *labels, struct arena *a, struct selector *s, struct err *e)
{
    void *i = json_object_iter((json_t *)(uintptr_t)labels);
    if (labels && !json_is_null(labels) && !json_is_object(labels))
        return fail(e, ERR_INPUT, "selector: matchLabels is not a map");
    for (; i; i = json_object_iter_next((json_t *)(uintptr_t)labels, i)) {
        const char *key = json_object_iter_key(i);
        struct str *value = ARENA_NEW(a, struct str);
        if (!value || !json_get_str(labels, key, a, value))
            return fail(e, ERR_INPUT, "selector: matchLabels: '%s' is no text", key);
        struct selector_requirement r = {arena_str(a, STR_C(key)), SELECTOR_IN, {value, 1}};
        if (selector_add(s, &r, a, e) < 0)
            return -1;
    }
    return 0;
}

static int read_expression(const json_t *j, struct arena *a, struct selector *s, struct err *e)
{
    struct selector_requirement r = {0};
    struct str op = STR_NONE, *values = NULL;
    const json_t *list = json_object_get(j, "values");
    if (!json_get_str(j, "key", a, &r.key) || !json_get_str(j, "operator", a, &op))
        return fail(e, ERR_INPUT, "selector: an expression has no key or no operator");
    if (list && !json_is_null(list) && !json_get_strs(j, "values", a, &values, &r.values.n))
        return fail(e, ERR_INPUT, "selector: values of '%.*s' is not a list of texts",
                    STR_F(r.key));
    r.values.items = values;
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
        if (str_is(op, operators[i].name)) {
            r.op = operators[i].op;
            return selector_add(s, &r, a, e);
        }
    return fail(e, ERR_INPUT, "selector: no operator '%.*s': In, NotIn, Exists, DoesNotExist",
                STR_F(op));
}

int selector_read_value(const json_t *value, struct arena *a, struct selector *ret, struct err *e)
{
    const json_t *expressions = json_object_get(value, "matchExpressions"), *item;
    struct selector s = {0};
    size_t i;
    if (!json_is_object(value))
        return fail(e, ERR_INPUT, "selector: not a map");
    if (expressions && !json_is_null(expressions) && !json_is_array(expressions))
        return fail(e, ERR_INPUT, "selector: matchExpressions is not a list");
    if (read_labels(json_object_get(value, "matchLabels"), a, &s, e) < 0)
        return -1;
    json_array_foreach(expressions, i, item)
    {
        if (read_expression(item, a, &s, e) < 0)
            return -1;
    }
    *ret = s;
    return 0;
}

void selector_put(struct json_out *j, const struct selector *s)
{
    json_open_object(j);
    if (s->n > 0) {
        json_key(j, "matchExpressions");
        json_open_array(j);
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct selector_requirement *r = &s->items[i];
        json_open_object(j);
        json_put_str(j, "key", r->key);
        json_put_str(j, "operator", STR_C(operator_name(r->op)));
        if (r->values.n > 0)
            json_put_strs(j, "values", r->values.items, r->values.n);
        json_close_object(j);
    }
    if (s->n > 0)
        json_close_array(j);
    json_close_object(j);
}
