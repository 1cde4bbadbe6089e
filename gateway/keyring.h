#pragma once
/*
 * The signing keys of this gateway: made at the first start, kept in the store as one sealed record
 * (key "keys/signing"), loaded at every later one. Start-up thread.
 */
#include "gateway/store/store.h"
#include "jose/keyset.h"

/* A new key file: 32 random bytes as base64url, mode 0600. Refuses an existing file. */
must_check int keyring_generate_file(const char *path, struct err *e);
must_check int keyring_sealer(const char *key_file, struct sealer **ret_sealer, struct err *e);
/* *ret_created: there were none. A record that the key file does not open is left alone, and
 * refused. */
must_check int keyring_load(struct store *store, const struct sealer *sealer,
                            struct keyset **ret_keyset, bool *ret_created, struct err *e);
