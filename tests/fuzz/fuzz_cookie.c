/* Any bytes as a Cookie header: a value is a piece of the header, and never one of two. */
#include "base/exchange.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct request r = {.cookie = input_of(data, n)};
    struct str value = cookie_get(&r, STR("sid"));
    if (!value.p)
        return 0;
    MUST(value.n > 0 && !str_has(value, ';'));
    MUST(value.p >= r.cookie.p && value.p + value.n <= r.cookie.p + r.cookie.n);
    auto_buf twice = BUF_INIT((size_t)8 << 20);
    buf_add(&twice, r.cookie);
    buf_lit(&twice, "; sid=x");
    struct request second = {.cookie = buf_str(&twice)};
    MUST(!cookie_get(&second, STR("sid")).p);
    return 0;
}
