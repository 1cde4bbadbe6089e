/* Editing a kubeconfig that somebody else wrote: whatever comes out is readable, and a second run
 * changes nothing. */
#include "login/net/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libfyaml 0.7 loses a block of 4 KiB when a long quoted key turns out to be none. One file, one
 * process: it does not matter. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static const struct kubeconfig_site site = {
    {"fra", 3}, {"lotse-fra", 9}, {"https://fra", 11}, {"k8s-fra", 7}, {"", 0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct kubeconfig_plan plan = {.issuer = STR("https://l.example"),
                                   .command = STR("lotse-login"),
                                   .sites = &site,
                                   .n_sites = 1};
    auto_arena a = {0};
    auto_buf once = BUF_INIT((size_t)1 << 20), twice = BUF_INIT((size_t)1 << 20);
    struct err e;
    arena_init(&a, (size_t)8 << 20);
    if (n > 4096 ||
        kubeconfig_merge((struct str){(const char *)data, n}, &plan, &a, &once, &e) != 0)
        return 0;
    if (kubeconfig_merge(buf_str(&once), &plan, &a, &twice, &e) != 0 ||
        !str_eq(buf_str(&once), buf_str(&twice)))
        __builtin_trap();
    return 0;
}
