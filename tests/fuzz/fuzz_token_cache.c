/* The token file and KUBERNETES_EXEC_INFO: what the cached path reads. What it accepts it prints,
 * so that must be one line of ours. */
#include "login/exec_info.h"
#include "login/token_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct str text, struct str start)
{
    if (!str_starts(text, start) || memchr(text.p, '\n', text.n) != text.p + text.n - 1)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str bytes = {(const char *)data, n}, value;
    struct state_key key;
    struct token_view view;
    memset(&key, 'k', sizeof(key));
    if (token_file_read(bytes, &key, &view)) {
        for (int i = 0; i < API_VERSION_COUNT; i++)
            check(view.credential[i], STR("{\"kind\":\"ExecCredential\","));
        (void)token_age_at(&view.times, 0);
        (void)token_age_at(&view.times, INT64_MAX);
    }
    if (exec_info_find(bytes, "spec.cluster.config.issuer", &value) &&
        (value.p < bytes.p || value.p + value.n > bytes.p + bytes.n || str_has(value, '"')))
        __builtin_trap();
    return 0;
}
