/* The writing half of base/json.h, by itself: who only writes needs no JSON library. */
#include "base/json.h"

void json_out_init(struct json_out *j, struct buf *b)
{
    *j = (struct json_out){.b = b};
}

static void before_value(struct json_out *j)
{
    if (j->comma)
        buf_char(j->b, ',');
    j->comma = true;
}

static void open(struct json_out *j, char bracket)
{
    before_value(j);
    buf_char(j->b, bracket);
    j->comma = false;
}

static void close(struct json_out *j, char bracket)
{
    buf_char(j->b, bracket);
    j->comma = true;
}

void json_open_object(struct json_out *j)
{
    open(j, '{');
}

void json_close_object(struct json_out *j)
{
    close(j, '}');
}

void json_open_array(struct json_out *j)
{
    open(j, '[');
}

void json_close_array(struct json_out *j)
{
    close(j, ']');
}

void json_key(struct json_out *j, const char *key)
{
    before_value(j);
    buf_json(j->b, str_from(key));
    buf_char(j->b, ':');
    j->comma = false;
}

void json_str(struct json_out *j, struct str value)
{
    before_value(j);
    buf_json(j->b, value);
}

void json_i64(struct json_out *j, int64_t value)
{
    before_value(j);
    buf_i64(j->b, value);
}

void json_bool(struct json_out *j, bool value)
{
    before_value(j);
    buf_c(j->b, value ? "true" : "false");
}

void json_put_str(struct json_out *j, const char *key, struct str value)
{
    json_key(j, key);
    json_str(j, value);
}

void json_put_str_opt(struct json_out *j, const char *key, struct str value)
{
    if (value.p)
        json_put_str(j, key, value);
}

void json_put_i64(struct json_out *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_i64(j, value);
}

void json_put_bool(struct json_out *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

void json_put_strs(struct json_out *j, const char *key, const struct str *values, size_t n)
{
    json_key(j, key);
    json_open_array(j);
    for (size_t i = 0; i < n; i++)
        json_str(j, values[i]);
    json_close_array(j);
}
