/* The HTTP request at the loopback listener, and the line a person pastes. */
#include "login/net/callback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str bytes = {(const char *)data, n};
    struct callback c;
    auto_arena a = {0};
    arena_init(&a, 8 * CALLBACK_BYTES_MAX);
    if (callback_parse(bytes, 4711, &a, &c) == CALLBACK_ANSWER &&
        (c.state.n == 0 || (c.code.n > 0) == (c.error.n > 0) || n > 2 * CALLBACK_BYTES_MAX + 65536))
        __builtin_trap();
    if (callback_parse_pasted(bytes, &a, &c) && !str_is_utf8(c.state))
        __builtin_trap();
    return 0;
}
