/* The policy of the configuration: a file with those it includes, or a signed bundle of them. */
#include "base/file.h"
#include "gateway/config_internal.h"
#include "policy/bundle/bundle_keep.h"

#define POLICY_BYTES_MAX ((size_t)16 << 20)
#define BUNDLE_BYTES_MAX ((size_t)96 << 20)
#define KEY_BYTES_MAX    ((size_t)64 * 1024)

const struct source *config_policy_file(void *config, struct str path, struct err *e)
{
    struct config *c = config;
    auto_buf text = BUF_INIT(POLICY_BYTES_MAX);
    const char *name = arena_cstr(&c->arena, path);
    struct source *source = ARENA_NEW(&c->arena, struct source);
    if (c->policy_bundle) {
        const struct bundle_file *file = bundle_find(c->policy_bundle, path);
        *source = (struct source){name, file ? file->text : STR_NONE};
        if (!file)
            (void)fail(e, ERR_CONFIG, "the bundle has no such file");
        return file ? source : NULL;
    }
    if (file_read(name, POLICY_BYTES_MAX, &text, e) < 0)
        return NULL;
    *source = (struct source){name, arena_str(&c->arena, buf_str(&text))};
    return source;
}

static int read_keys(struct config *c, struct bundle_keeper *k, struct err *e)
{
    struct str *keys = ARENA_ARRAY(&c->arena, c->policy_trust.n, struct str);
    for (size_t i = 0; i < c->policy_trust.n; i++) {
        auto_buf pem = BUF_INIT(KEY_BYTES_MAX);
        struct str path = path_resolve(&c->arena, c->folder, c->policy_trust.items[i]);
        if (file_read(arena_cstr(&c->arena, path), KEY_BYTES_MAX, &pem, e) < 0)
            return -1;
        keys[i] = arena_str(&c->arena, buf_str(&pem));
    }
    *k = (struct bundle_keeper){
        .keys = keys,
        .n_keys = c->policy_trust.n,
        .wanted = (size_t)c->policy_signatures,
        .last_good = c->policy_last_good.n ? arena_cstr(&c->arena, c->policy_last_good) : NULL};
    return 0;
}

static int open_bundle(struct config_reader *r, struct str text, struct err *e)
{
    struct config *c = r->c;
    struct bundle_keeper keeper;
    struct bundle_judgement good;
    struct bundle *bundle = ARENA_NEW(&c->arena, struct bundle);
    if (read_keys(c, &keeper, e) < 0)
        return -1;
    int status = bundle_open(&keeper, text, &c->arena, &good, e);
    if (status < 0)
        return -1;
    if (status > 0)
        diag_warn(r->d, config_pos(c, "policy", "file"),
                  "%s; the last good one, %lld, stays in force", e->text,
                  (long long)good.bundle.serial);
    *bundle = good.bundle;
    c->policy_bundle = bundle;
    c->policy_source =
        (struct source){arena_cstr(&c->arena, bundle->files[0].name), bundle->files[0].text};
    return 0;
}

void config_read_policy(struct config_reader *r)
{
    struct config *c = r->c;
    struct err e = {0};
    struct pos pos = config_pos(c, "policy", "file");
    if (c->policy_file.n == 0)
        return;
    auto_buf text = BUF_INIT(BUNDLE_BYTES_MAX);
    const char *path = arena_cstr(&c->arena, c->policy_file);
    if (file_read(path, c->policy_trust.n ? BUNDLE_BYTES_MAX : POLICY_BYTES_MAX, &text, &e) < 0) {
        diag_error(r->d, pos, "%s", e.text);
        return;
    }
    struct str kept = arena_str(&c->arena, buf_str(&text));
    if (c->policy_trust.n == 0 && bundle_is_signed(kept))
        diag_error(r->d, pos,
                   "%s is a bundle: it counts by its signatures, name the keys in "
                   "policy.trust",
                   path);
    else if (c->policy_trust.n == 0)
        c->policy_source = (struct source){path, kept};
    else if (open_bundle(r, kept, &e) < 0) /* with keys a plain file is refused, too: fail closed */
        diag_error(r->d, pos, "%s: %s", path, e.text);
}
