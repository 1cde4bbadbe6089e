#include "gateway/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/mem.h"

#define KEY_BYTES  32
#define RECORD_KEY "keys/signing"

int keyring_generate_file(const char *path, struct err *e)
{
    uint8_t bytes[KEY_BYTES];
    auto_buf text = {.max = 64, .wipe = true};
    random_fill(&random_system, bytes, sizeof(bytes));
    buf_base64url(&text, (struct str){(const char *)bytes, sizeof(bytes)});
    buf_lit(&text, "\n");
    bytes_wipe(bytes, sizeof(bytes));
    auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(e, ERR_CONFIG,
                    "%s exists already; a new key would lock out everything sealed with it", path);
    if (fd < 0)
        return fail_errno(e, "cannot create %s", path);
    if (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) < 0) {
        unlink(path);
        return fail_errno(e, "cannot write %s", path);
    }
    return 0;
}

int keyring_sealer(const char *key_file, struct sealer **ret_sealer, struct err *e)
{
    auto_secret text = {0}, key = {0};
    if (secret_read_file(&text, key_file, e) < 0)
        return -1;
    auto_buf bytes = {.max = 1024, .wipe = true};
    if (!base64url_decode(secret_reveal(&text), &bytes) || bytes.n < KEY_BYTES)
        return fail(e, ERR_CONFIG, "%s is no key file: it must hold at least 32 bytes as base64url",
                    key_file);
    secret_set(&key, buf_str(&bytes));
    return sealer_new(&key, &random_system, ret_sealer, e);
}

static int open_record(struct str value, const struct sealer *sealer, struct keyset **ret,
                       struct err *e)
{
    if (keyset_unseal(value, sealer, ret, e) == 0)
        return 0;
    fail_within(e, "the signing keys in the store cannot be opened with this key_file; it belongs "
                   "to another store, "
                   "or was replaced. Nothing was changed");
    e->class = ERR_CONFIG;
    return -1;
}

static int create(struct store *store, const struct sealer *sealer, struct keyset **ret,
                  struct err *e)
{
    auto_keyset *ks = NULL;
    auto_arena a = {0};
    uint64_t revision;
    struct write w = {.key = STR(RECORD_KEY), .durability = STORE_DURABLE};
    arena_init(&a, ARENA_REQUEST_MAX);
    if (keyset_generate(clock_now_ms(&clock_system), &ks, e) < 0 ||
        keyset_seal(ks, sealer, &a, &w.value, e) < 0)
        return -1;
    switch (store->ops->put_if_absent(store, &w, &revision, e)) {
    case STORE_OK: *ret = take(ks); return 0;
    case STORE_CONFLICT:
        return fail(e, ERR_BACKEND, "another gateway made the signing keys just now; start again");
    case STORE_NOT_FOUND:
    case STORE_FAILED: break;
    }
    return fail_within(e, "the new signing keys cannot be kept");
}

int keyring_load(struct store *store, const struct sealer *sealer, struct keyset **ret_keyset,
                 bool *ret_created, struct err *e)
{
    auto_arena a = {0};
    struct record record;
    arena_init(&a, ARENA_REQUEST_MAX);
    *ret_created = false;
    switch (store->ops->get(store, &a, STR(RECORD_KEY), &record, e)) {
    case STORE_OK: return open_record(record.value, sealer, ret_keyset, e);
    case STORE_NOT_FOUND: *ret_created = true; return create(store, sealer, ret_keyset, e);
    case STORE_CONFLICT:
    case STORE_FAILED: break;
    }
    return fail_within(e, "the signing keys cannot be read");
}
