/* The language server: messages one after another, separated by a NUL byte, to a server that has
 * been initialised. Whatever comes, it answers and goes on. */
#include "policy/lsp/lsp.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct policy_input nothing = {0};
    const struct lsp_world world = {&nothing, NULL, STR_NONE};
    struct str rest = {(const char *)data, n}, message;
    auto_buf out = BUF_INIT(OUT_MAX);
    auto_lsp *server = lsp_new(&world);
    lsp_handle(server, STR("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}"), &out);
    while (str_next(&rest, 0, &message)) {
        buf_reset(&out);
        if (lsp_handle(server, message, &out) != LSP_GO_ON)
            return 0;
        if (out.n > 0 && !str_starts(buf_str(&out), STR("Content-Length: ")))
            abort();
    }
    return 0;
}
