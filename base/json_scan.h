#pragma once
/*
 * JSON without a tree: a text is read once, from its beginning to its end, and its values go
 * straight into the structs of the caller. As strict as json_read (RFC 8259, no member twice, valid
 * UTF-8, no NUL in a text, integers of 64 bits, nothing behind the value, at most max_bytes and 64
 * levels); nothing is allocated for a value, but for a text that has escapes in it. Texts are views
 * of what is read, so that must outlive them. Any thread, one at a time.
 *
 *     struct json_scan s;
 *     struct str key;
 *     json_scan_init(&s, text, MAX, arena, e);
 *     for (bool in = json_scan_object(&s); in && json_scan_member(&s, &key);)
 *         if (str_is(key, "name"))
 *             (void)json_scan_str(&s, &name);
 *     return json_scan_end(&s);
 *
 * The first mistake is kept in e and ends every loop; json_scan_end gives it. What is not read of a
 * member or an item is passed over, and checked all the same. Who enters an object or a list goes
 * through its loop to the end, or gives up the whole text.
 */
#include "base/arena.h"
#include "base/err.h"

#define JSON_SCAN_DEPTH 64

enum json_scan_type {
    JSON_SCAN_NOTHING, /* after a mistake, or where no value begins */
    JSON_SCAN_NULL,
    JSON_SCAN_BOOL,
    JSON_SCAN_NUMBER,
    JSON_SCAN_STR,
    JSON_SCAN_LIST,
    JSON_SCAN_OBJECT,
};

struct json_scan {
    struct arena *arena;
    struct err *err;
    bool failed;
    bool copies; /* set it after json_scan_init: texts are copied into the arena, so that the text
                    that is read need not stay */
    /* --- its own */
    bool pending; /* a value stands at `at` that was not read */
    bool first;   /* an object or a list was entered just now: no comma */
    bool again;   /* members were compared with each other before */
    unsigned depth;
    const char *text, *at, *end;
    uint64_t objects; /* bit d: level d is an object */
    struct {
        struct str *items;
        size_t n, cap;
    } keys;                              /* of all objects that are open */
    uint32_t keys_from[JSON_SCAN_DEPTH]; /* where those of a level begin */
};

void json_scan_init(struct json_scan *s, struct str text, size_t max_bytes, struct arena *a,
                    struct err *e);
/* What the value is that comes next. */
enum json_scan_type json_scan_type(const struct json_scan *s);
/* Enters; false: something else. */
bool json_scan_object(struct json_scan *s);
bool json_scan_array(struct json_scan *s);
/* The next one, and false behind the last, which leaves the object or list. */
bool json_scan_member(struct json_scan *s, struct str *ret_key);
bool json_scan_item(struct json_scan *s);
/* One value. False, output untouched: it is of another type, and passed over. */
bool json_scan_str(struct json_scan *s, struct str *ret);
bool json_scan_i64(struct json_scan *s, int64_t *ret); /* integers only, never reals */
bool json_scan_bool(struct json_scan *s, bool *ret);
bool json_scan_strs(struct json_scan *s, struct str **ret, size_t *ret_n); /* a list of them */
void json_scan_skip(struct json_scan *s);
/* A key that is kept: itself, or its copy. */
struct str json_scan_keep(struct json_scan *s, struct str key);
/* For what depends on a member that may stand further behind: a reader of its own for the value
 * that comes next (of an object: all of its members). Taken before, it may be used after s went
 * on, also to read once more what s passed over; s has to read the value as well, because only s
 * finds a member that stands twice. */
struct json_scan json_scan_again(const struct json_scan *s);
/* In the object that comes next, the text of this member, at any place; STR_NONE: it has none. The
 * object is still to be read. */
struct str json_scan_peek(const struct json_scan *s, const char *key);
/* fail() for who reads: an earlier mistake of the text stays, and the text is given up. */
int json_scan_refuse(struct json_scan *s, enum err_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/* 0: one value, and nothing behind it. */
must_check int json_scan_end(struct json_scan *s);
