/* The reading half of base/yaml.h: from a tree to values. Needs no YAML library. */
#include "base/clock.h"
#include "base/yaml.h"

const struct yaml *yaml_get(const struct yaml *map, struct str key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->pairs[i].key, key))
            return &map->pairs[i].value;
    return NULL;
}

bool yaml_is_null(const struct yaml *y)
{
    if (!y)
        return true;
    if (y->kind != YAML_SCALAR || y->quoted)
        return false;
    return y->text.n == 0 || str_is(y->text, "~") || str_is(y->text, "null");
}

/* "expected X, found Y" at the node; always false */
static bool wrong(const struct yaml *y, const char *expected, struct diags *d)
{
    if (yaml_is_null(y))
        diag_error(d, y->pos, "expected %s, found nothing", expected);
    else if (y->kind == YAML_SCALAR)
        diag_error(d, y->pos, "expected %s, found %s'%.*s'", expected, y->quoted ? "the text " : "",
                   STR_F(y->text));
    else
        diag_error(d, y->pos, "expected %s, found a %s", expected,
                   y->kind == YAML_LIST ? "list" : "map");
    return false;
}

bool yaml_to_str(const struct yaml *y, struct str *ret, struct diags *d)
{
    if (y->kind != YAML_SCALAR || yaml_is_null(y))
        return wrong(y, "a text", d);
    *ret = y->text;
    return true;
}

bool yaml_to_bool(const struct yaml *y, bool *ret, struct diags *d)
{
    bool is_true = str_is(y->text, "true");
    if (y->kind != YAML_SCALAR || y->quoted || (!is_true && !str_is(y->text, "false")))
        return wrong(y, "true or false", d);
    *ret = is_true;
    return true;
}

/* YAML 1.1 readers take 010 for eight: nobody shall have to know which one we are. */
static bool has_leading_zero(struct str digits)
{
    if (digits.n > 0 && digits.p[0] == '-')
        digits = str_from_to(digits, 1, digits.n);
    return digits.n > 1 && digits.p[0] == '0';
}

bool yaml_to_i64(const struct yaml *y, int64_t least, int64_t most, int64_t *ret, struct diags *d)
{
    int64_t value;
    bool number = y->kind == YAML_SCALAR && !y->quoted && !has_leading_zero(y->text) &&
                  str_to_i64(y->text, &value);
    if (number && value >= least && value <= most) {
        *ret = value;
        return true;
    }
    auto_buf b = BUF_INIT((size_t)96);
    buf_fmt(&b, "a whole number from %lld to %lld", (long long)least, (long long)most);
    return wrong(y, buf_cstr(&b), d);
}

bool yaml_to_duration(const struct yaml *y, int64_t *ret_ms, struct diags *d)
{
    if (y->kind == YAML_SCALAR && duration_parse(y->text, ret_ms))
        return true;
    wrong(y, "a duration", d);
    diag_hint(d, "for example 90s, 15m, 12h or 7d");
    return false;
}

static bool is_one_of(struct str s, const struct str *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        if (str_eq(s, names[i]))
            return true;
    return false;
}

bool yaml_check_keys(const struct yaml *map, const struct str *names, size_t n_names,
                     struct diags *d)
{
    if (map->kind != YAML_MAP)
        return wrong(map, "a map", d);
    bool good = true;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        if (is_one_of(pair->key, names, n_names))
            continue;
        diag_error(d, pair->key_pos, "unknown key '%.*s'", STR_F(pair->key));
        diag_hint_nearest(d, pair->key, names, n_names);
        good = false;
    }
    return good;
}
