/* Any text as a line of a watch, a page of a list, or an object that a write was answered with: it
 * is read or refused, and what was read can be kept and dropped. */
#include "policy/cluster/feed.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = input_of(data, n);
    for (int kind = FEED_NAMESPACES; kind <= FEED_BINDINGS; kind++) {
        auto_arena a = {0};
        struct err e;
        struct feed f;
        struct feed_event ev;
        struct feed_page page = {0};
        arena_init(&a, ARENA_NO_MAX);
        feed_init(&f, (enum feed_kind)kind);
        f.keys.arena = &f.arena;
        if (feed_read_event((enum feed_kind)kind, text, &a, &ev, &e) == 0 && ev.type == EVENT_PUT)
            MUST(ev.name.n > 0);
        if (feed_read_page((enum feed_kind)kind, text, &a, &page, &e) == 0)
            for (size_t i = 0; i < page.n; i++)
                MUST(page.items[i].name.n > 0);
        if (feed_put(&f, text, &e) == 0) {
            MUST(f.items.n == 1);
            feed_drop(&f, f.items.items[0].binding.namespace, f.items.items[0].binding.name);
        }
        feed_fini(&f);
    }
    return 0;
}
