#pragma once
/* Inside gateway/store: what every back end refuses in the same words. Any thread. */
#include "gateway/store/store.h"

/* 0, or -1 for a key that is empty or over STORE_KEY_MAX, a value over STORE_VALUE_MAX, an expiry
 * before 1970. */
must_check int store_check_key(struct str key, struct err *e);
must_check int store_check_write(const struct write *w, struct err *e);
must_check int store_check_range(const struct store_range *range, struct err *e);

static inline bool store_is_expired(int64_t expires_ms, int64_t now_ms)
{
    return expires_ms != 0 && expires_ms <= now_ms;
}
