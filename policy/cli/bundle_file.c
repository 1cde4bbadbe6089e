#include "policy/cli/bundle_file.h"

#include "base/file.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

int bundle_file_keeper(struct run *s, struct bundle_keeper *ret, struct err *e)
{
    const struct cli_options *o = s->options;
    struct str *keys = ARENA_ARRAY(s->arena, o->trust.n, struct str);
    if (o->trust.n == 0)
        return fail(e, ERR_CONFIG, "a bundle counts by its signatures: name the keys with --trust");
    for (size_t i = 0; i < o->trust.n; i++) {
        auto_buf pem = BUF_INIT(KEY_FILE_MAX);
        if (file_read(arena_cstr(s->arena, o->trust.items[i]), KEY_FILE_MAX, &pem, e) < 0)
            return -1;
        keys[i] = arena_str(s->arena, buf_str(&pem));
    }
    *ret = (struct bundle_keeper){.keys = keys,
                                  .n_keys = o->trust.n,
                                  .wanted = (size_t)o->signatures,
                                  .last_good =
                                      o->last_good.n ? arena_cstr(s->arena, o->last_good) : NULL};
    return 0;
}
