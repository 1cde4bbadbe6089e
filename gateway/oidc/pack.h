#pragma once
/* Numbers inside sealed values: 8 bytes, big endian. */
#include "base/buf.h"

static inline void pack_i64(struct buf *b, int64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_char(b, (char)((uint64_t)value >> shift));
}

/* s holds at least at + 8 bytes. */
static inline int64_t unpack_i64(struct str s, size_t at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | (unsigned char)s.p[at + i];
    return (int64_t)value;
}
