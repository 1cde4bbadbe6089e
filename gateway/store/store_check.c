#include "gateway/store/store_check.h"

int store_check_key(struct str key, struct err *e)
{
    if (key.n == 0 || key.n > STORE_KEY_MAX)
        return fail(e, ERR_LIMIT, "a store key of %zu bytes; wanted are 1 to %d", key.n,
                    STORE_KEY_MAX);
    return 0;
}

int store_check_write(const struct write *w, struct err *e)
{
    if (store_check_key(w->key, e) < 0)
        return -1;
    if (w->value.n > STORE_VALUE_MAX)
        return fail(e, ERR_LIMIT, "a store value of %zu bytes; at most %d", w->value.n,
                    STORE_VALUE_MAX);
    if (w->expires_ms < 0)
        return fail(e, ERR_BUG, "a store record that expires before 1970");
    return 0;
}

int store_check_range(const struct store_range *range, struct err *e)
{
    if (range->prefix.n > STORE_KEY_MAX || range->after.n > STORE_KEY_MAX)
        return fail(e, ERR_LIMIT, "a store range over keys of more than %d bytes", STORE_KEY_MAX);
    return 0;
}
