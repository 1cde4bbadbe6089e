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

static int add(struct json_scan *s, struct selector *to, const struct selector_requirement *r)
{
    struct err e = {0};
    return selector_add(to, r, s->arena, &e) < 0 ? json_scan_refuse(s, e.class, "%s", e.text) : 0;
}

static int read_labels(struct json_scan *s, struct selector *to)
{
    struct str key;
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_object(s))
        return json_scan_refuse(s, ERR_INPUT, "selector: matchLabels is not a map");
    while (json_scan_member(s, &key)) {
        struct str *value = ARENA_NEW(s->arena, struct str);
        if (!value || !json_scan_str(s, value))
            return json_scan_refuse(s, ERR_INPUT, "selector: matchLabels: '%.*s' is no text",
                                    STR_F(key));
        struct selector_requirement r = {json_scan_keep(s, key), SELECTOR_IN, {value, 1}};
        if (add(s, to, &r) < 0)
            return -1;
    }
    return s->failed ? -1 : 0;
}

static int read_expression(struct json_scan *s, struct selector *to)
{
    struct selector_requirement r = {0};
    struct str key, op = STR_NONE, *values = NULL;
    bool wrong = false;
    for (bool in = json_scan_object(s); in && json_scan_member(s, &key);)
        if (str_is(key, "key"))
            (void)json_scan_str(s, &r.key);
        else if (str_is(key, "operator"))
            (void)json_scan_str(s, &op);
        else if (str_is(key, "values") && json_scan_type(s) != JSON_SCAN_NULL)
            wrong = !json_scan_strs(s, &values, &r.values.n);
    if (!r.key.p || !op.p)
        return json_scan_refuse(s, ERR_INPUT, "selector: an expression has no key or no operator");
    if (wrong)
        return json_scan_refuse(s, ERR_INPUT, "selector: values of '%.*s' is not a list of texts",
                                STR_F(r.key));
    r.values.items = values;
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
        if (str_is(op, operators[i].name)) {
            r.op = operators[i].op;
            return add(s, to, &r);
        }
    return json_scan_refuse(
        s, ERR_INPUT, "selector: no operator '%.*s': In, NotIn, Exists, DoesNotExist", STR_F(op));
}

static int read_expressions(struct json_scan *s, struct selector *to)
{
    if (json_scan_type(s) == JSON_SCAN_NULL)
        return 0;
    if (!json_scan_array(s))
        return json_scan_refuse(s, ERR_INPUT, "selector: matchExpressions is not a list");
    while (json_scan_item(s))
        if (read_expression(s, to) < 0)
            return -1;
    return s->failed ? -1 : 0;
}

int selector_scan(struct json_scan *s, struct selector *ret)
{
    struct selector labels = {0}, expressions = {0};
    struct str key;
    if (!json_scan_object(s))
        return json_scan_refuse(s, ERR_INPUT, "selector: not a map");
    while (json_scan_member(s, &key))
        if ((str_is(key, "matchLabels") && read_labels(s, &labels) < 0) ||
            (str_is(key, "matchExpressions") && read_expressions(s, &expressions) < 0))
            return -1;
    /* labels first, wherever they stand */
    for (size_t i = 0; i < expressions.n; i++)
        if (add(s, &labels, &expressions.items[i]) < 0)
            return -1;
    if (s->failed)
        return -1;
    *ret = labels;
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
