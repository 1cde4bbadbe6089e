#pragma once
/*
 * struct buf: a builder of bytes with a mandatory maximum and a sticky error. Whoever appends does
 * not look at every step; who uses the result asks buf_failed() once. Always NUL-terminated (not
 * counted). Any thread, one at a time.
 */
#include <stdarg.h>

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap, max;
    bool failed; /* the maximum was reached; nothing is appended any more */
    bool wipe;   /* overwrite before freeing */
};

#define BUF_INIT(maximum) {.max = (maximum)}
#define auto_buf          struct buf __attribute__((cleanup(buf_fini)))

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
void buf_reset(struct buf *b);
static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}
const char *buf_cstr(const struct buf *b); /* never NULL */
/* Hands the bytes over (malloc'd, NUL-terminated; free with mem_free); the buf is empty afterwards.
 */
char *buf_take(struct buf *b, size_t *ret_n);
/* Room for n more bytes; NULL when over the maximum. Commit what was written with buf_commit. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

void buf_add(struct buf *b, struct str s);
void buf_bytes(struct buf *b, const void *p, size_t n);
void buf_c(struct buf *b, const char *cstr);
#define buf_lit(b, literal) buf_bytes((b), (literal), sizeof(literal) - 1)
void buf_char(struct buf *b, char c);
void buf_i64(struct buf *b, int64_t value);
void buf_fmt(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* The escapers. */
void buf_json(struct buf *b, struct str s);  /* "quoted", RFC 8259; invalid UTF-8 becomes U+FFFD */
void buf_html(struct buf *b, struct str s);  /* & < > " ' */
void buf_shell(struct buf *b, struct str s); /* one word for sh, quoted where it has to be */
/* For a terminal: line ends and tabs stay, other control and direction characters, and what is no
 * UTF-8, are written out: \u001b */
void buf_shown(struct buf *b, struct str s);
void buf_url(struct buf *b, struct str s);       /* RFC 3986: all but unreserved is %XX */
void buf_base64url(struct buf *b, struct str s); /* RFC 4648 5, no padding */
void buf_base64(struct buf *b, struct str s);    /* RFC 4648 4, padded */
void buf_hex(struct buf *b, struct str s);       /* lower case */
