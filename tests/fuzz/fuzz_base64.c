/* Any bytes as base64url, base64 and hex: what decodes has one spelling, so encoding gives the
 * input back. */
#include "base/base64.h"
#include "tests/fuzz/fuzz.h"

static void check(struct str text, bool (*decode)(struct str, struct buf *),
                  void (*encode)(struct buf *, struct str))
{
    auto_buf bytes = BUF_INIT((size_t)4 << 20), back = BUF_INIT((size_t)4 << 20);
    if (!decode(text, &bytes)) {
        MUST(bytes.n == 0);
        return;
    }
    encode(&back, buf_str(&bytes));
    MUST(encode == buf_hex ? str_eq_nocase(buf_str(&back), text) : str_eq(buf_str(&back), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = input_of(data, n);
    check(text, base64url_decode, buf_base64url);
    check(text, base64_decode, buf_base64);
    check(text, hex_decode, buf_hex);
    return 0;
}
