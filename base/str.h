#pragma once
/*
 * struct str: a borrowed view of bytes. Not NUL-terminated, may hold any byte; {NULL, 0} is the
 * absent string, and an empty one equals it. Whoever made the bytes owns them. Any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_C(cstr)  str_from(cstr)
#define STR_NONE     ((struct str){NULL, 0})
/* printf("%.*s", STR_F(s)) */
#define STR_F(s) (int)(s).n, ((s).p ? (s).p : "")

static inline struct str str_from(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_from(cstr));
}
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);        /* byte-wise order, as memcmp, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has(struct str s, char c);
bool str_contains(struct str s, struct str part);
struct str str_trim(struct str s);                            /* space, tab, CR, LF at both ends */
struct str str_from_to(struct str s, size_t from, size_t to); /* clamped to s */
/* Cuts at the first separator: *ret_head is what stands before it, *rest what follows. False when
 * rest is used up. */
bool str_next(struct str *rest, char separator, struct str *ret_head);
/* Cuts s in two at the first c; false (both outputs untouched) when there is none. */
bool str_split(struct str s, char c, struct str *ret_before, struct str *ret_after);
/* Decimal, the whole of s, no sign but '-', no overflow. */
bool str_to_i64(struct str s, int64_t *ret_value);
bool str_is_utf8(struct str s); /* well-formed (RFC 3629), no NUL */
/* C0, DEL, C1, or bidi controls (U+202A-E, U+2066-9, U+200E/F, U+061C); malformed UTF-8 counts as
 * control. */
bool str_has_control(struct str s);
bool code_point_is_control(uint32_t code_point);
/* Takes one character off the front of a text that is not empty. False: malformed, one byte was
 * taken and U+FFFD given. */
bool utf8_take(struct str *rest, uint32_t *ret_code_point);
