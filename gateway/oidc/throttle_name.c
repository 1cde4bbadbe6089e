#include <utf8proc.h>

#include "base/buf.h"
#include "gateway/oidc/throttle.h"

#define DECOMPOSED 32 /* no code point decomposes into more (Unicode: at most 18) */
#define FOLD \
    (UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | \
     UTF8PROC_IGNORE | UTF8PROC_STRIPMARK)

static bool is_space(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static bool is_invisible(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CC;
}

static void put(struct buf *out, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4];
    if (is_space(c)) {
        if (out->n && !str_ends(buf_str(out), STR(" ")))
            buf_char(out, ' ');
        return;
    }
    if (!is_invisible(c))
        buf_bytes(out, (const char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
}

void throttle_name_fold(struct str typed, struct buf *out)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)typed.p;
    size_t left = typed.n;
    while (left > 0) {
        utf8proc_int32_t c, parts[DECOMPOSED];
        int boundary = 0;
        utf8proc_ssize_t n_bytes = utf8proc_iterate(at, (utf8proc_ssize_t)left, &c);
        if (n_bytes <= 0) /* no UTF-8: nobody's name, and never the name of an account */
            return;
        at += n_bytes;
        left -= (size_t)n_bytes;
        utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, DECOMPOSED, FOLD, &boundary);
        for (utf8proc_ssize_t i = 0; i < n && n <= DECOMPOSED; i++)
            put(out, parts[i]);
    }
    if (str_ends(buf_str(out), STR(" ")))
        out->n--;
}
