#pragma once
/*
 * The JSON edge. In: jansson with our limits, then typed getters that copy into an arena, so that
 * no json_t leaves the
 * *_json.c of its type. Out: a small writer on struct buf that cannot produce wrong syntax when
 * used in order.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

static inline void json_release_at(json_t **j)
{
    json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release_at))) json_t

/* One value, nothing behind it, no duplicate members, at most max_bytes and 64 levels; NULL and e
 * otherwise. */
json_t *json_read(struct str text, size_t max_bytes, struct err *e);
/* Typed getters: false when absent, null or of another type (outputs untouched). Strings are copied
 * into a. */
bool json_get_str(const json_t *object, const char *key, struct arena *a, struct str *ret);
bool json_get_i64(const json_t *object, const char *key,
                  int64_t *ret); /* integers only, never reals */
bool json_get_bool(const json_t *object, const char *key, bool *ret);
/* An array of strings; false when any member is something else. */
bool json_get_strs(const json_t *object, const char *key, struct arena *a, struct str **ret,
                   size_t *ret_n);

struct json_out {
    struct buf *b;
    bool comma;
};
void json_out_init(struct json_out *j, struct buf *b);
void json_open_object(struct json_out *j);
void json_close_object(struct json_out *j);
void json_open_array(struct json_out *j);
void json_close_array(struct json_out *j);
void json_key(struct json_out *j, const char *key);
void json_str(struct json_out *j, struct str value);
void json_i64(struct json_out *j, int64_t value);
void json_bool(struct json_out *j, bool value);
/* key and value in one; the _opt form writes nothing for an absent string. */
void json_put_str(struct json_out *j, const char *key, struct str value);
void json_put_str_opt(struct json_out *j, const char *key, struct str value);
void json_put_i64(struct json_out *j, const char *key, int64_t value);
void json_put_bool(struct json_out *j, const char *key, bool value);
void json_put_strs(struct json_out *j, const char *key, const struct str *values, size_t n);
