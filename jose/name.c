#include <utf8proc.h>

#include "jose/signer_local.h"

#define RESERVED   "system:"
#define N_RESERVED (sizeof(RESERVED) - 1)
#define DECOMPOSED 32 /* no code point decomposes into more (Unicode: at most 18) */
#define NORMALISE \
    (UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

static bool is_space(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CC;
}

/* Characters that leave no ink and that IGNORE does not drop: format characters such as the
 * interlinear marks. */
static bool is_invisible(utf8proc_int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_CF;
}

/* One code point after another, so that no name is too long to be looked at: normalise it, compare
 * with what is due next. */
bool name_is_reserved(struct str name)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name.p;
    size_t left = name.n, matched = 0;

    while (left > 0 && matched < N_RESERVED) {
        utf8proc_int32_t c, parts[DECOMPOSED];
        int boundary = 0;
        utf8proc_ssize_t n_bytes = utf8proc_iterate(at, (utf8proc_ssize_t)left, &c);
        if (n_bytes <= 0)
            return true; /* no UTF-8, so no name */
        at += n_bytes;
        left -= (size_t)n_bytes;
        utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, DECOMPOSED, NORMALISE, &boundary);
        if (n < 0 || n > DECOMPOSED)
            return true;
        for (utf8proc_ssize_t i = 0; i < n && matched < N_RESERVED; i++) {
            if (is_invisible(parts[i]) || (matched == 0 && is_space(parts[i])))
                continue;
            if (parts[i] != RESERVED[matched])
                return false;
            matched++;
        }
    }
    return matched == N_RESERVED;
}
