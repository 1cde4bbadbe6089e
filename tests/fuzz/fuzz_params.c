/* Any bytes as query or form: what is accepted is clean UTF-8 and survives being written and read
 * again. */
#include "base/exchange.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_REQUEST_MAX);
    struct params p, again;
    if (!params_parse(input_of(data, n), &a, &p))
        return 0;
    MUST(p.n <= 64);
    auto_buf text = BUF_INIT((size_t)8 << 20);
    for (size_t i = 0; i < p.n; i++) {
        MUST(str_is_utf8(p.items[i].name) && str_is_utf8(p.items[i].value));
        MUST(p.items[i].name.n > 0);
        buf_c(&text, i ? "&" : "");
        buf_url(&text, p.items[i].name);
        buf_char(&text, '=');
        buf_url(&text, p.items[i].value);
    }
    auto_arena b = {0};
    arena_init(&b, (size_t)64 << 20);
    MUST(params_parse(buf_str(&text), &b, &again) && again.n == p.n);
    for (size_t i = 0; i < p.n; i++) {
        MUST(str_eq(p.items[i].name, again.items[i].name));
        MUST(str_eq(p.items[i].value, again.items[i].value));
        struct str first = params_get(p, p.items[i].name);
        MUST(params_repeated(p).p || str_eq(first, p.items[i].value));
    }
    return 0;
}
