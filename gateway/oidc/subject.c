#include "gateway/oidc/subject.h"

#include "base/buf.h"

/* One length-delimited field (protobuf wire type 2); an empty one is left out. */
static void put_field(struct buf *b, unsigned number, struct str value)
{
    if (value.n == 0)
        return;
    buf_char(b, (char)(number << 3 | 2));
    size_t n = value.n;
    for (; n >= 0x80; n >>= 7)
        buf_char(b, (char)(0x80 | (n & 0x7f)));
    buf_char(b, (char)n);
    buf_add(b, value);
}

struct str subject_encode(struct str user_id, struct str connector_id, struct arena *a)
{
    auto_buf message = BUF_INIT(2048);
    auto_buf text = BUF_INIT(4096);
    put_field(&message, 1, user_id);
    put_field(&message, 2, connector_id);
    if (buf_failed(&message))
        return STR_NONE;
    buf_base64url(&text, buf_str(&message));
    return arena_str(a, buf_str(&text));
}
