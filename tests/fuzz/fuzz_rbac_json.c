/* Any text as the answer of an API server: what is read can be written, read again, and evaluated,
 * and stays the same. */
#include <stdlib.h>

#include "policy/rbac/access.h"

static void must(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct policy_resources nothing;
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct err e;
    struct rbac_set set = {0};
    if (rbac_read_json((struct str){(const char *)data, n}, &a, &set, &e) < 0)
        return 0;
    for (size_t i = 0; i < set.n; i++) {
        auto_buf json = BUF_INIT((size_t)64 << 20);
        auto_buf yaml = BUF_INIT((size_t)64 << 20);
        struct rbac_set back = {0};
        rbac_write_json(&set.items[i], &json);
        rbac_write_yaml(&set.items[i], &yaml);
        bool unknown = false; /* a subject of an unknown kind is read, matches nobody and cannot be
                                 written as it was */
        for (size_t k = 0; k < set.items[i].n_subjects; k++)
            unknown = unknown || set.items[i].subjects[k].kind == RBAC_SUBJECT_UNKNOWN;
        must(rbac_read_json(buf_str(&json), &a, &back, &e) == 0 && back.n == 1);
        must(unknown || rbac_object_cmp(&set.items[i], &back.items[0]) == 0);
    }
    const struct rbac_set *sets[] = {&set};
    const struct universe *u = universe_new(&a, sets, 1, &nothing, &e);
    const struct access *x = u ? access_new(&a, u, &set, &e) : NULL;
    for (size_t i = 0; x && i < set.n; i++)
        for (size_t k = 0; k < set.items[i].n_subjects; k++) {
            struct str name = set.items[i].subjects[k].name;
            struct rbac_user user = {name, {&name, 1}};
            struct rbac_question q = {
                .verb = {"get", 3}, .resource = {"pods", 4}, .namespace = set.items[i].namespace};
            must(rbac_allows(&set, &user, &q, NULL) == access_allows(x, &user, &q));
        }
    return 0;
}
