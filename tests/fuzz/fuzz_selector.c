/* Any text as a label selector, in both forms: what is read is written so that it means the same,
 * and a contradiction is one: it matches nothing. */
#include "policy/rbac/selector_json.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct selector *s, struct arena *a)
{
    struct err e;
    struct selector back = {0};
    auto_buf text = BUF_INIT((size_t)16 << 20), again = BUF_INIT((size_t)16 << 20);
    struct str_pairs labels = {0};
    selector_write(s, &text);
    MUST(selector_parse(buf_str(&text), a, &back, &e) == 0);
    selector_write(&back, &again);
    MUST(str_eq(buf_str(&text), buf_str(&again)));
    bool never = selector_contradiction(s, a).p != NULL;
    MUST(never == (selector_contradiction(&back, a).p != NULL));
    for (size_t i = 0; i < s->n; i++) { /* each key with its first value */
        struct str_pair *pair = ARENA_PUSH(a, &labels);
        *pair = (struct str_pair){s->items[i].key, STR("")};
        if (s->items[i].values.n)
            pair->value = s->items[i].values.items[0];
        bool matches = selector_matches(s, &labels);
        MUST(matches == selector_matches(&back, &labels));
        MUST(!matches || !never);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    arena_init(&a, ARENA_NO_MAX);
    struct err e;
    struct selector s = {0};
    if (n > 65536)
        return 0;
    if (selector_parse(input_of(data, n), &a, &s, &e) == 0)
        check(&s, &a);
    struct json_scan scan;
    struct selector object = {0};
    json_scan_init(&scan, input_of(data, n), 65536, &a, &e);
    if (selector_scan(&scan, &object) == 0 && json_scan_end(&scan) == 0)
        check(&object, &a);
    return 0;
}
